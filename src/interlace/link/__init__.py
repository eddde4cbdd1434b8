"""One hop, compiled from its hardware to a table of numbers."""

from interlace.link.model import Link

__all__ = ["Link"]
