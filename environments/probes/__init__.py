"""How health is asked for: over the network, without the database."""
