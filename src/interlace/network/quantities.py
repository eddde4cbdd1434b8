"""Quantities as a file has them."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

__all__ = [
    "Angle",
    "Attenuation",
    "DarkCounts",
    "Frequency",
    "Length",
    "Loss",
    "Number",
    "Quantity",
    "Time",
]

Quantity = str | float | int
"""A number, or text made of a number and a unit."""

_NUMBER = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*"


def _written_in(units: str) -> Meta:
    """What an editor is told of text that is a number and one of some units.

    As extra schema: msgspec 0.22 corrupts memory over a text `pattern` in a union with a list.
    """
    return Meta(extra_json_schema={"pattern": rf"{_NUMBER}({units})?\s*$"})


Time = Annotated[str, _written_in("s|ms|us|µs|μs|ns|ps")] | float | int
Frequency = Annotated[str, _written_in("Hz|kHz|MHz|GHz|/s")] | float | int
Length = Annotated[str, _written_in("m|km|cm|mm")] | float | int
Attenuation = Annotated[str, _written_in("dB/km|dB/m")] | float | int
Loss = Annotated[str, _written_in("dB")] | float | int
Angle = Annotated[str, _written_in("rad|mrad|deg")] | float | int
Number = Annotated[str, _written_in("%")] | float | int
DarkCounts = Annotated[str, _written_in("Hz|kHz|MHz|GHz|/s|%")] | float | int
