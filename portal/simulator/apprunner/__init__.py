"""AWS App Runner, which moto does not have: services that run, pause, resume, are updated and go, each in its time."""
