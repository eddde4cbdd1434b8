"""What a caller gave, checked at the door: a function's arguments and a command's options.

Every check takes the argument's name and the value, returns the value as the code behind it
wants it (a plain `int`, a path as text), and otherwise raises a `SpecError` whose path is that
name. The command line uses the same checks with the option's name, so that `shots: ...` and
`--shots: ...` are one rule.
"""

from __future__ import annotations

import math
import numbers
import operator
import os
import re
from dataclasses import dataclass

from interlace.errors import SpecError

__all__ = [
    "SEEDS",
    "SHOTS",
    "TIMELINES",
    "Whole",
    "flag",
    "path_text",
    "share",
    "whole",
    "written_share",
    "written_whole",
    "wrong",
]


@dataclass(frozen=True, slots=True)
class Whole:
    """The whole numbers from `least` to `most`, both included."""

    least: int
    most: int

    def __str__(self) -> str:
        return f"a whole number from {self.least} to {self.most}"


SEEDS = Whole(0, 2**63 - 1)
SHOTS = Whole(1, 10**9)
TIMELINES = Whole(1, 10**6)

_DIGITS = re.compile(r"\s*[+-]?[0-9]+(?:_[0-9]+)*\s*")
_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*")
_MOST_DIGITS = 1000
_SHARE = "must be a number above 0 and at most 1"


def wrong(name: str, needed: str, value: object, *, hint: str = "") -> SpecError:
    """The error of a value that is of no use.

    Args:
        name: of the argument, or the option.
        needed: what was needed, "must be a Plan".
        value: what was seen. Text and numbers are shown, anything else by its kind.
        hint: what to do.

    Example:
        >>> print(wrong("plan", "must be a Plan", None, hint="`interlace.distribute` makes one"))
        plan: must be a Plan, not None: `interlace.distribute` makes one
    """
    tail = f": {hint}" if hint else ""
    for plain in (bool, str, int, float):
        if isinstance(value, plain):
            return SpecError(needed + tail, value=plain(value), path=name)
    return SpecError(f"{needed}, not {_kind(value)}{tail}", path=name)


def whole(name: str, value: object, allowed: Whole) -> int:
    """A whole number as a plain `int`; numpy's integers are whole numbers, `True` and 1.0 are not.

    Raises:
        SpecError: something else, or out of range.

    Example:
        >>> whole("shots", 4096, SHOTS)
        4096
    """
    number = None
    if not isinstance(value, bool):
        try:
            number = operator.index(value)  # pyright: ignore[reportArgumentType]
        except TypeError:
            number = None
    if number is None or not allowed.least <= number <= allowed.most:
        raise wrong(name, f"must be {allowed}", value if number is None else number)
    return number


def written_whole(name: str, text: str, allowed: Whole) -> int:
    """A whole number written in digits: no fraction, no exponent.

    Raises:
        SpecError: something else is written, or it is out of range.

    Example:
        >>> written_whole("--shots", "4_096", SHOTS)
        4096
    """
    if _DIGITS.fullmatch(text) is None or len(text) > _MOST_DIGITS:
        raise wrong(name, f"must be {allowed}, in digits", text)
    return whole(name, int(text), allowed)


def share(name: str, value: object) -> float:
    """A number above 0 and at most 1 as a plain `float`.

    Raises:
        SpecError: something else; NaN is none.

    Example:
        >>> share("min_fidelity", 0.9)
        0.9
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise wrong(name, _SHARE, value)
    number = float(value)
    if math.isnan(number) or not 0.0 < number <= 1.0:
        raise wrong(name, _SHARE, number)
    return number


def written_share(name: str, text: str) -> float:
    """A number above 0 and at most 1, as it is written.

    Raises:
        SpecError: something else is written.
    """
    if _NUMBER.fullmatch(text) is None:
        raise wrong(name, _SHARE, text)
    number = float(text)
    if 2.0 <= number <= 100.0:
        raise wrong(name, _SHARE, text, hint=f"write {number:.15g}% or {number / 100:.15g}")
    return share(name, number)


def flag(name: str, value: object) -> bool:
    """`True` or `False`, also numpy's.

    Raises:
        SpecError: something else, even if it counts as true.
    """
    is_numpy = getattr(getattr(value, "dtype", None), "kind", "") == "b"
    if isinstance(value, bool) or (is_numpy and getattr(value, "ndim", 1) == 0):
        return bool(value)
    raise wrong(name, "must be True or False", value)


def path_text(name: str, value: object, *, of: str, hint: str = "") -> str:
    """A path as text: text itself, or a `pathlib.Path`.

    Args:
        name: of the argument, or the option.
        value: what was given.
        of: what is at the path, "a network file".
        hint: what to do if it is no path.

    Raises:
        SpecError: no path, an empty one, or one that no file can have.

    Example:
        >>> path_text("path", "net.yaml", of="a network file")
        'net.yaml'
    """
    path = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if not isinstance(path, str):
        raise wrong(name, f"must be the path of {of}", value, hint=hint)
    if not path.strip():
        raise SpecError(f"is empty: needs the path of {of}", path=name)
    if "\0" in path:
        raise SpecError("holds a NUL character: no path does", value=path, path=name)
    return path


def _kind(value: object) -> str:
    if value is None:
        return "None"
    if isinstance(value, os.PathLike):
        return repr(os.fspath(value))
    name = type(value).__name__
    return f"{'an' if name[:1] in 'AEIOUaeiou' else 'a'} {name}"
