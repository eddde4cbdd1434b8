"""Exactly once, proved by force: collectors, kills, and a checker of the whole history."""
