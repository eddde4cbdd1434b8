"""One hop, compiled from its hardware to a table of numbers."""

from interlace.link.model import Link
from interlace.link.schemes import SCHEMES, Scheme
from interlace.link.table import compile_link, compile_links

__all__ = ["SCHEMES", "Link", "Scheme", "compile_link", "compile_links"]
