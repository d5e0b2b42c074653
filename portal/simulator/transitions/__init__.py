"""Services whose things take their time to change state, where moto changes them at once.

Each is a layer in a file of its own: it lets moto act, puts what has changed into its state on the way, and the agenda
brings it to the state moto gave it. The time is `transition_seconds` of the settings; at 0 moto's answer stands.
"""
