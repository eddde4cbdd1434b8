"""Services: rooms on the platform. No room imports another."""
