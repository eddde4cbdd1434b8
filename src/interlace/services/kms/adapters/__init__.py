"""The ports of key management on databases, networks and simulated modules."""
