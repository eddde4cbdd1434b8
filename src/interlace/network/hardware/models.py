"""A catalogue's values as the defaults of an element that names it: `model: hollow-core`."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from interlace.descriptions import below
from interlace.errors import SpecError
from interlace.network.hardware.shelf import catalogue_entry, hardware_values

__all__ = ["filled"]

S = TypeVar("S", bound=msgspec.Struct)

_INSTEAD = {"mean_pairs": "pair_probability", "pair_probability": "mean_pairs"}
"""Of a pair source one of the two is written, and the catalogue's other one gives way."""


def filled(written: S | str, kind: type[S], *, element: str, path: str) -> S:
    """The element as written, with the catalogue's values where nothing is written.

    Args:
        written: a spec struct, every key of which may be missing (`None`), or a catalogue name.
        kind: the spec struct.
        element: the key of a chain, which is the kind of hardware.
        path: where it was written.

    Raises:
        SpecError: no such hardware, or hardware of another kind; names the nearest.
    """
    name = written if isinstance(written, str) else getattr(written, "model", None)
    spec = kind() if isinstance(written, str) else written
    if name is None:
        return spec
    place = path if isinstance(written, str) else below(path, "model")
    if not isinstance(name, str):
        raise SpecError("must be a name of the catalogue", value=name, path=place)
    keys = spec.__struct_fields__
    values = {
        key: value
        for key, value in hardware_values(catalogue_entry(name, kind=element, path=place))
        if key in keys
        and getattr(spec, key) is None
        and (key not in _INSTEAD or getattr(spec, _INSTEAD[key]) is None)
    }
    return msgspec.structs.replace(spec, model=None, **values)
