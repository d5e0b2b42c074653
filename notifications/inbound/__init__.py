"""Doors by which messages come in from outside: each authenticates, hands over to the intake, and answers."""
