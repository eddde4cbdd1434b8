"""Key management: from QKD links to keys that applications fetch, each at most once at each end."""
