"""What key management does, told to the world through ports: no I/O of its own."""
