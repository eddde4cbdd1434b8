"""The range of every number in a description, as a table, and the one reader that applies it.

The outer limits are there to catch slips (metres for kilometres, dB/m for dB/km); what is
physically impossible is refused by the same table.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from interlace.errors import SpecError
from interlace.units import parse_quantity

__all__ = ["BOUNDS", "Bound", "number", "whole"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What one number may be.

    Attributes:
        dimension: a key of `units.UNITS`.
        limits: smallest and largest value in SI.
        rule: the range in words; a sentence fragment after "must be".
        is_open: whether the smallest value itself is refused.
    """

    dimension: str
    limits: tuple[float, float]
    rule: str
    is_open: bool = False


def _share(rule: str = "between 0 and 1") -> Bound:
    return Bound(dimension="number", limits=(0, 1), rule=rule)


def _positive_share() -> Bound:
    rule = "above 0 and at most 1"
    return Bound(dimension="number", limits=(0, 1), rule=rule, is_open=True)


BOUNDS: Mapping[str, Bound] = MappingProxyType(
    {
        "share": _share(),
        "positive share": _positive_share(),
        "success probability": Bound(
            dimension="number", limits=(1e-15, 1), rule="between 1e-15 and 1"
        ),
        "bright state": Bound(
            dimension="number", limits=(1e-9, 1 - 1e-9), rule="between 0 and 1, both excluded"
        ),
        "Werner fidelity": Bound(
            dimension="number", limits=(0.25, 1), rule="between 0.25 (completely mixed) and 1"
        ),
        "one-qubit error": Bound(
            dimension="number",
            limits=(0, 2 / 3),
            rule="between 0 and 2/3 (no one-qubit operation has a larger average infidelity)",
        ),
        "two-qubit error": Bound(
            dimension="number",
            limits=(0, 4 / 5),
            rule="between 0 and 4/5 (no two-qubit operation has a larger average infidelity)",
        ),
        "added noise": Bound(
            dimension="number", limits=(0, 1000), rule="between 0 and 1000 quanta"
        ),
        "mean pairs": Bound(
            dimension="number", limits=(0, 10), rule="above 0 and at most 10", is_open=True
        ),
        "fidelity loss": Bound(
            dimension="number",
            limits=(0, 0.75),
            rule="between 0 and 0.75 (completely mixed)",
        ),
        "length": Bound(
            dimension="length", limits=(0, 4e7), rule="between 0 and 40000 km (round the Earth)"
        ),
        "attenuation": Bound(
            dimension="attenuation",
            limits=(0, 0.1),
            rule="between 0 and 100 dB/km",
        ),
        "loss": Bound(dimension="loss", limits=(0, 300), rule="between 0 and 300 dB"),
        "bandwidth": Bound(
            dimension="frequency", limits=(1e-3, 1e13), rule="above 0: between 1 mHz and 10 THz"
        ),
        "dark counts": Bound(dimension="frequency", limits=(0, 1e9), rule="between 0 and 1 GHz"),
        "rate": Bound(
            dimension="frequency",
            limits=(1e-9, 1e12),
            rule="above 0: between 1e-9 Hz (one in 32 years) and 1000 GHz",
        ),
        "period": Bound(
            dimension="time",
            limits=(1e-12, 1e7),
            rule="above 0: between 1 ps and 10,000,000 s (116 days)",
        ),
        "duration": Bound(
            dimension="time", limits=(0, 1e5), rule="between 0 s and 100,000 s (28 hours)"
        ),
        "lifetime": Bound(
            dimension="time",
            limits=(1e-12, 1e10),
            rule="above 0: between 1 ps and 10,000,000,000 s (317 years)",
        ),
        "phase": Bound(dimension="angle", limits=(0, 10), rule="between 0 and 10 rad"),
        "pulse clock": Bound(
            dimension="frequency", limits=(1, 1e12), rule="between 1 Hz and 1000 GHz"
        ),
        "detector efficiency": Bound(
            dimension="number", limits=(1e-6, 1), rule="between 1e-6 and 1"
        ),
        "half": Bound(dimension="number", limits=(0, 0.5), rule="between 0 and 0.5"),
        "inefficiency": Bound(
            dimension="number", limits=(1, 10), rule="between 1 (Shannon's limit) and 10"
        ),
        "failure": Bound(dimension="number", limits=(1e-100, 0.1), rule="between 1e-100 and 0.1"),
        "block": Bound(
            dimension="number", limits=(1e3, 1e15), rule="a whole number from 1e3 to 1e15"
        ),
        "any frequency": Bound(dimension="frequency", limits=(0, 1e300), rule="not negative"),
        "any number": Bound(dimension="number", limits=(0, 1e300), rule="not negative"),
        "latitude": Bound(
            dimension="number", limits=(-90, 90), rule="a latitude between -90 and 90 degrees"
        ),
        "longitude": Bound(
            dimension="number", limits=(-180, 180), rule="a longitude between -180 and 180 degrees"
        ),
    }
)
"""Kind of number to its range."""

_WRITTEN: Mapping[str, str] = MappingProxyType(
    {
        "time": '; a bare number is in seconds: write "68 ns"',
        "frequency": '; a bare number is in hertz: write "1 MHz"',
        "length": '; a bare number is in metres: write "20 km"',
        "attenuation": '; a bare number is in dB/m: write "0.2 dB/km"',
    }
)
"""Dimension to how a number of it is written; said where one without a unit is out of range."""


def number(value: object, kind: str, *, path: str) -> float:
    """Read one written value as an SI float in the range of its kind.

    Args:
        value: a number, or text made of a number and a unit.
        kind: a key of `BOUNDS`.
        path: where it was written.

    Raises:
        SpecError: no number, a wrong unit, not finite, or out of range.

    Example:
        >>> number("80 km", "length", path="links.a--b.length")
        80000.0
    """
    bound = BOUNDS[kind]
    low, high = bound.limits
    read = _read(value, bound, path)
    if not low <= read <= high or (bound.is_open and read == low):
        raise SpecError(f"must be {bound.rule}{_hint(value, bound)}", value=value, path=path)
    return read + 0.0  # -0.0 becomes 0.0


def _hint(value: object, bound: Bound) -> str:
    """How a number that was written without a unit may have been meant."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    if isinstance(value, float) and not math.isfinite(value):
        return ""
    low, high = bound.limits
    if bound.dimension == "number" and high == 1 < value <= 100 and value >= 100 * low:
        return f"; for per cent write {value:g} %"
    return _WRITTEN.get(bound.dimension, "")


def _read(value: object, bound: Bound, path: str) -> float:
    """The number in SI; NaN, which no range holds, where it is not finite."""
    if isinstance(value, float) and not math.isfinite(value):
        return math.nan
    try:
        return parse_quantity(value, bound.dimension)
    except SpecError as error:
        rule = error.rule
        if bound.dimension == "number":  # no unit to look up: the range says what is missing
            rule += f", {bound.rule}"
        raise SpecError(rule, value=error.value, path=path) from error.__cause__
    except OverflowError:
        return math.nan


def whole(value: int, *, low: int, high: int, path: str) -> int:
    """Refuse a whole number outside its range.

    Raises:
        SpecError: out of range.
    """
    if not low <= value <= high:
        raise SpecError(f"must be between {low} and {high}", value=value, path=path)
    return value
