"""What the services of key management need from the world, as protocols."""

from __future__ import annotations

from interlace.services.kms.ports.keys import Assembler, Binding, KeyStore

__all__ = ["Assembler", "Binding", "KeyStore"]
