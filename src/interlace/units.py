"""Physical units: the floor's vocabulary of dimensioned numbers.

Inside interlace every number is an SI float whose unit stands in its name
(`length_m`, `rate_hz`) and in its type (`Metres`, `Hertz`). The aliases are
`Annotated[float, Unit(...)]`: plain floats at run time, data for tools.
People write `"20 km"`; `parse_quantity` turns that into SI once, at the edge.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from interlace.errors import SpecError

__all__ = [
    "UNITS",
    "Decibels",
    "DecibelsPerMetre",
    "Degrees",
    "Fidelity",
    "Hertz",
    "Metres",
    "Probability",
    "Quanta",
    "Radians",
    "Ratio",
    "Seconds",
    "Unit",
    "fidelity_figure",
    "parse_quantity",
]


@dataclass(frozen=True, slots=True)
class Unit:
    """The unit of an annotated float: its symbol and the suffix that names carry."""

    symbol: str
    suffix: str


Seconds = Annotated[float, Unit("s", "_s")]
Hertz = Annotated[float, Unit("Hz", "_hz")]
Metres = Annotated[float, Unit("m", "_m")]
Decibels = Annotated[float, Unit("dB", "_db")]
DecibelsPerMetre = Annotated[float, Unit("dB/m", "_db_per_m")]
Degrees = Annotated[float, Unit("deg", "_deg")]
Radians = Annotated[float, Unit("rad", "_rad")]
Quanta = Annotated[float, Unit("quanta per mode", "")]
Probability = Annotated[float, Unit("", "")]
Fidelity = Annotated[float, Unit("", "")]
Ratio = Annotated[float, Unit("", "")]

UNITS: dict[str, dict[str, float]] = {
    "time": {"s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9, "ps": 1e-12},
    "frequency": {"Hz": 1.0, "kHz": 1e3, "MHz": 1e6, "GHz": 1e9, "/s": 1.0},
    "length": {"m": 1.0, "km": 1e3, "cm": 1e-2, "mm": 1e-3},
    "attenuation": {"dB/m": 1.0, "dB/km": 1e-3},
    "loss": {"dB": 1.0},
    "angle": {"rad": 1.0, "mrad": 1e-3, "deg": math.pi / 180},
    "number": {"": 1.0, "%": 1e-2},
}
"""Dimension to unit symbol to factor that turns it into the SI unit."""

_QUANTITY = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(\S*)\s*")


def parse_quantity(value: object, dimension: str) -> float:
    """Read one written value, `"20 km"`, `"1kHz"`, `0.98`, as an SI float.

    A bare number is taken to be in SI units. NaN and infinity are refused.

    Args:
        value: a number, or text made of a number and a unit of the dimension.
        dimension: a key of `UNITS`.

    Raises:
        SpecError: the text is no number, or its unit is not of the dimension.

    Example:
        >>> parse_quantity("20 km", "length")
        20000.0
    """
    units = UNITS[dimension]
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise SpecError(rule=f"must be {_needed(dimension)}", value=value)
    if isinstance(value, str):
        match = _QUANTITY.fullmatch(value)
        if match is None:
            raise SpecError(rule=f"must be {_needed(dimension)}", value=value)
        number, unit = float(match[1]), match[2]
        if unit and unit not in units:
            raise SpecError(rule=f"wrong unit {unit!r}: needs {_unit(dimension)}", value=value)
        if unit and math.isfinite(number):  # in decimals: "100 us" is 1e-4 to the last bit
            number = float(Decimal(repr(number)) * Decimal(repr(units[unit])))
    else:
        number = float(value)
    if not math.isfinite(number):
        raise SpecError(rule="must be finite", value=value)
    return number


def _needed(dimension: str) -> str:
    """What a written value of the dimension is, for an error."""
    if "" in UNITS[dimension]:
        return "a number, plain or in %"
    return f"a number with a unit of {dimension} ({', '.join(UNITS[dimension])})"


def _unit(dimension: str) -> str:
    """The units of a dimension, for an error."""
    if "" in UNITS[dimension]:
        return "no unit, or %"
    article = "an" if dimension.startswith("a") else "a"
    return f"{article} {dimension} ({', '.join(UNITS[dimension])})"


def fidelity_figure(value: float, *, decimals: int = 4) -> str:
    """A fidelity with that many decimals; more where it would read as 1 and is not.

    Example:
        >>> fidelity_figure(0.98), fidelity_figure(0.9999987), fidelity_figure(1.0)
        ('0.9800', '0.9999987', '1.0000')
    """
    said = f"{value:.{decimals}f}"
    if value >= 1 or float(said) < 1:
        return said
    digits = 1 - math.floor(math.log10(1 - value))
    short = f"{value:.{digits}f}".rstrip("0")
    return short if float(short) < 1 else repr(value)
