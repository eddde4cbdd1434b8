"""Tests of the runtime, and the programs that they share."""
