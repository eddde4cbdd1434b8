"""What an entity of key management answers over HTTP."""
