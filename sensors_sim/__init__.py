"""What we pretend: residents, devices and gateways, and the replay of recorded homes."""
