"""Descriptions that people write: YAML into plain data with its lines, plain data into structs.

Network files and configurations of services are read by the same two steps, so that whatever is
wrong in them is said in one way: file, line, path, value, rule.
"""

from __future__ import annotations

from interlace.descriptions.marks import NO_KEYS, MarkedDocument, read_marked
from interlace.descriptions.shape import below, did_you_mean, item, shaped

__all__ = [
    "NO_KEYS",
    "MarkedDocument",
    "below",
    "did_you_mean",
    "item",
    "read_marked",
    "shaped",
]
