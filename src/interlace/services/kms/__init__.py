"""Key management: from QKD links to keys that applications fetch, each exactly once."""
