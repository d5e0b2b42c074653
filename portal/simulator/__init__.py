"""The simulated AWS that the demo and all tests talk to: moto's services, over HTTP, with what moto lacks.

Run it with `python -m portal.simulator --port N`; point botocore at it with `AWS_ENDPOINT_URL`. It knows nothing of
Django and opens no connection to anything but this machine.
"""
