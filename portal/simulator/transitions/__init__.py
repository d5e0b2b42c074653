"""Services whose things take their time to change state, where moto changes them at once.

Each is a layer in a file of its own: it refuses what AWS refuses and moto does not, lets moto act, puts what has
changed into its state on the way, and the agenda brings it to the state moto gave it. The time is `transition_seconds`
of the settings; at 0 moto's answer stands. What AWS does by itself later (a restart after seven days, a replacement, a
count brought into its range) is on the agenda, too.
"""
