"""What key management says to applications and to other entities, byte by byte."""
