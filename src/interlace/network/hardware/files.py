"""The data files of the catalogue, one an entry: the one place that opens them."""

from __future__ import annotations

from functools import cache
from importlib import resources

__all__ = ["entry_files", "entry_text"]

_END = ".yaml"


@cache
def entry_files() -> tuple[str, ...]:
    """The names of all entries, sorted."""
    files = resources.files("interlace.network.hardware").joinpath("entries").iterdir()
    return tuple(sorted(f.name.removesuffix(_END) for f in files if f.name.endswith(_END)))


def entry_text(name: str) -> str:
    """The text of one entry's file; `name` is one of `entry_files()`."""
    place = resources.files("interlace.network.hardware").joinpath("entries", name + _END)
    return place.read_text(encoding="utf-8")
