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
from types import MappingProxyType
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from interlace.loops import machine_code

__all__ = [
    "COUNTS_IF_SET",
    "BoolArray",
    "ByteArray",
    "FloatArray",
    "IntArray",
    "compiled",
    "content_id",
    "derived_seed",
    "in_place",
    "spans",
    "stream",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
ByteArray = NDArray[np.uint8]

COUNTS_IF_SET: Mapping[str, bool] = MappingProxyType({"counts_if_set": True})
"""Metadata of a dataclass's field that enters a `content_id` only where it is not `None`.

For a field that a type got later: values without it stay what they were.
"""

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """A loop over arrays as machine code: what it does is what its Python says.

    Compiled at the first call and kept on disk for the next process, until its source changes or
    that of anything it uses (`interlace.loops`). It takes and gives numbers and arrays only. numba
    is loaded where this is used, so never by `import interlace`.
    """
    return machine_code(function, counts_references=True)


def in_place(function: Callable[P, R]) -> Callable[P, R]:
    """As `compiled`, for a loop that makes no array but only changes those given.

    It counts no references to them: with some thirty arrays handed from loop to loop, counting
    takes several times as long as the work. Their owner is whoever calls the first loop.
    """
    return machine_code(function, counts_references=False)


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


def spans(start: IntArray, size: IntArray) -> IntArray:
    """The numbers start[i], start[i] + 1, ... of each of n runs, run after run.

    Args:
        start: where each run begins, shape (n,).
        size: how long it is, at least 0, shape (n,).

    Example:
        >>> spans(np.array([5, 0]), np.array([2, 3])).tolist()
        [5, 6, 0, 1, 2]
    """
    ends = np.cumsum(size)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(start - ends + size, size) + np.arange(total, dtype=np.int64)


def content_id(value: object) -> str:
    """SHA-256 (hex) of the canonical form of a value made of frozen types.

    Dataclasses, mappings, sequences, enums, numpy arrays, text, numbers, `None`. Fields of a
    dataclass that do not count for `==` (`compare=False`) do not count here; those with
    `COUNTS_IF_SET` do where they are not `None`.
    Floats enter by their shortest repr, so 20000.0 and 2e4 are the same thing. Arrays enter by the
    SHA-256 of their numbers in eight bytes each, little-endian, with kind and shape: integers of
    every width are the same thing, and so on every machine. 0.0 and -0.0 are the same thing, and
    so are all that are not a number.

    Example:
        >>> content_id({"a": 1, "b": 2}) == content_id({"b": 2, "a": 1})
        True
    """
    text = json.dumps(_canonical(value), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _counts(field: dataclasses.Field[Any], value: object) -> bool:
    is_later = field.metadata.get("counts_if_set", False)
    return field.compare and not (is_later and getattr(value, field.name) is None)


def _canonical(value: object) -> object:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        number = float(value) + 0.0
        return repr(number) if math.isfinite(number) else str(number)
    if isinstance(value, np.ndarray):
        return _canonical_array(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {
            "type": type(value).__name__,
            **{f.name: _canonical(getattr(value, f.name)) for f in fields if _counts(f, value)},
        }
    if isinstance(value, Mapping):
        return {str(key): _canonical(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        if value and set(map(type, value)) == {float}:  # such as a figure of each of many qubits
            return [repr(x + 0.0) if math.isfinite(x) else str(x) for x in value]
        return [_canonical(item) for item in value]
    msg = f"no canonical form for {type(value).__name__}"
    raise TypeError(msg)


_STORED = {"b": "|u1", "i": "<i8", "u": "<u8", "f": "<f8"}
"""How the numbers of an array enter a hash, by numpy's letter for their kind."""


_BLOCK = 65536
"""Numbers hashed at a time: what a cache holds."""


def _canonical_array(array: NDArray[Any]) -> object:
    """Kind, shape and the hash of the numbers; text and objects as a list."""
    kind, shape = str(array.dtype.kind), list(array.shape)
    stored = _STORED.get(kind)
    if stored is None:
        return [kind, shape, _canonical(array.ravel().tolist())]
    flat, digest = array.reshape(-1), hashlib.sha256()
    for start in range(0, flat.size, _BLOCK):
        numbers = flat[start : start + _BLOCK]
        if kind == "f":
            numbers = numbers.astype(np.float64) + 0.0
            numbers[np.isnan(numbers)] = np.nan
        digest.update(np.ascontiguousarray(numbers, dtype=stored).data)
    return {"array": [kind, shape, digest.hexdigest()]}
