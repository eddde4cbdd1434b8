"""Chance, identity, arrays and compiled loops: what every stage may lean on.

Chance comes from named streams of one seed, so that a result depends on its
arguments and never on the order in which things ran. Identity is the SHA-256
of a canonical form.
"""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import json
import math
from collections.abc import Callable, Mapping
from typing import ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "BoolArray",
    "ByteArray",
    "FloatArray",
    "IntArray",
    "compiled",
    "content_id",
    "derived_seed",
    "stream",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
ByteArray = NDArray[np.uint8]

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """A loop over arrays as machine code: what it does is what its Python says.

    Compiled at the first call and kept on disk for the next process. It takes and gives numbers
    and arrays only. numba is loaded where this is used, so never by `import interlace`.
    """
    from numba import njit

    return njit(cache=True)(function)


def derived_seed(seed: int, *names: str | int) -> int:
    """A 63-bit seed for one named purpose, independent of every other name.

    Example:
        >>> derived_seed(7, "link", "isar--pegnitz") == derived_seed(7, "link", "isar--pegnitz")
        True
    """
    text = json.dumps([seed, *names])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """The random stream of one name: same seed and names, same numbers."""
    return np.random.Generator(np.random.PCG64(derived_seed(seed, *names)))


def content_id(value: object) -> str:
    """SHA-256 (hex) of the canonical form of a value made of frozen types.

    Dataclasses, mappings, sequences, enums, numpy arrays, text, numbers, `None`.
    Floats enter by their shortest repr, so 20000.0 and 2e4 are the same thing.

    Example:
        >>> content_id({"a": 1, "b": 2}) == content_id({"b": 2, "a": 1})
        True
    """
    text = json.dumps(_canonical(value), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(value: object) -> object:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        number = float(value)
        return repr(number) if math.isfinite(number) else str(number)
    if isinstance(value, np.ndarray):
        return [str(value.dtype.kind), list(value.shape), _canonical(value.ravel().tolist())]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {
            "type": type(value).__name__,
            **{f.name: _canonical(getattr(value, f.name)) for f in fields},
        }
    if isinstance(value, Mapping):
        return {str(key): _canonical(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(item) for item in value]
    msg = f"no canonical form for {type(value).__name__}"
    raise TypeError(msg)
