"""Chains of hardware as data: what each scheme wants, what each element is made of.

Reading a file and writing one go through the same two tables, so that neither
knows a scheme or an element by name.
"""

# ruff: noqa: ANN401 - one reader and one writer for values of any element's fields

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from types import MappingProxyType
from typing import Any

import msgspec

from interlace.descriptions import below, item
from interlace.errors import SpecError
from interlace.network.bounds import number
from interlace.network.elements import (
    BellStation,
    Cable,
    Element,
    Fibre,
    HardwareSource,
    HeraldedSource,
    Memory,
    MicrowaveSource,
    MidpointSource,
    PairSource,
    Switch,
    Transducer,
    TransductionSource,
)
from interlace.network.hardware import filled
from interlace.network.spec import (
    CableSpec,
    ChainSpec,
    DetectorSpec,
    FibreSpec,
    MemorySpec,
    PairSourceSpec,
    StationSpec,
    SwitchSpec,
    TransducerSpec,
)

__all__ = ["PATTERNS", "Pattern", "Slot", "checked_chain", "elements_of", "written_chain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One place of a chain.

    Attributes:
        field: of the family's dataclass.
        kinds: elements that may stand there.
        repeats: `""` for one of them, `*` for any number, `+` for one or more, of which one is of
            the first kind.
    """

    field: str
    kinds: tuple[str, ...]
    repeats: str = ""

    @property
    def words(self) -> str:
        """As an error message has it."""
        one = " or ".join(self.kinds)
        several = f"any number of {one}"
        return {"": one, "*": several, "+": f"{several}, at least one {self.kinds[0]}"}[
            self.repeats
        ]

    def takes(self, kinds: Sequence[str]) -> bool:
        """Whether elements of its kinds are enough of them."""
        return self.repeats != "+" or self.kinds[0] in kinds


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """What a scheme wants: the order of its chain and the link's keys that it uses.

    Attributes:
        family: the dataclass that holds such a chain.
        slots: from the first end to the second.
        needs: keys of the link that must be written for it.
        takes: keys of the link that may be written for it, besides.
    """

    family: type[Any]
    slots: tuple[Slot, ...]
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """As an error message has it."""
        return ", then ".join(slot.words for slot in self.slots)


_END = ("transducer", "memory")
_PATH = ("fibre", "switch")
_STATION = (
    Slot(field="left", kinds=_END),
    Slot(field="left_path", kinds=_PATH, repeats="*"),
    Slot(field="station", kinds=("bsm",)),
    Slot(field="right_path", kinds=_PATH, repeats="*"),
    Slot(field="right", kinds=_END),
)

PATTERNS: Mapping[str, Pattern] = MappingProxyType(
    {
        "single-click": Pattern(
            family=HeraldedSource,
            slots=_STATION,
            needs=("bright_state",),
            takes=("phase_noise",),
        ),
        "double-click": Pattern(family=HeraldedSource, slots=_STATION),
        "midpoint-source": Pattern(
            family=MidpointSource,
            slots=(
                Slot(field="left", kinds=_END),
                Slot(field="left_station", kinds=("bsm",)),
                Slot(field="left_path", kinds=_PATH, repeats="*"),
                Slot(field="pairs", kinds=("source",)),
                Slot(field="right_path", kinds=_PATH, repeats="*"),
                Slot(field="right_station", kinds=("bsm",)),
                Slot(field="right", kinds=_END),
            ),
        ),
        "direct-transduction": Pattern(
            family=TransductionSource,
            slots=(
                Slot(field="left", kinds=("transducer",)),
                Slot(field="path", kinds=_PATH, repeats="*"),
                Slot(field="right", kinds=("transducer",)),
            ),
        ),
        "microwave-transfer": Pattern(
            family=MicrowaveSource,
            slots=(Slot(field="path", kinds=("cable", "switch"), repeats="+"),),
            takes=("heralded",),
        ),
    }
)
"""Scheme to what it wants."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A key of an element: the field that it fills and the kind of number, `None` for a flag."""

    key: str
    field: str
    bound: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    spec: type[msgspec.Struct]
    element: type[Element]
    parts: tuple[_Part, ...]


def _parts(*rows: tuple[str, str, str | None]) -> tuple[_Part, ...]:
    return tuple(_Part(key=key, field=field, bound=bound) for key, field, bound in rows)


_EMITTER = _parts(
    ("efficiency", "efficiency", "positive share"),
    ("added_noise", "added_noise", "added noise"),
    ("bandwidth", "bandwidth_hz", "bandwidth"),
    ("duty_cycle", "duty_cycle", "positive share"),
)
_LINE = (
    ("length", "length_m", "length"),
    ("loss", "loss_db_per_m", "attenuation"),
    ("insertion_loss", "loss_db", "loss"),
)

_KINDS: Mapping[str, _Kind] = MappingProxyType(
    {
        "transducer": _Kind(spec=TransducerSpec, element=Transducer, parts=_EMITTER),
        "memory": _Kind(spec=MemorySpec, element=Memory, parts=_EMITTER),
        "fibre": _Kind(spec=FibreSpec, element=Fibre, parts=_parts(*_LINE)),
        "switch": _Kind(
            spec=SwitchSpec,
            element=Switch,
            parts=_parts(
                ("insertion_loss", "loss_db", "loss"),
                ("fidelity_loss", "fidelity_loss", "fidelity loss"),
            ),
        ),
        "bsm": _Kind(
            spec=StationSpec,
            element=BellStation,
            parts=_parts(
                ("efficiency", "efficiency", "positive share"),
                ("dark_counts", "dark_counts_hz", "dark counts"),
                ("visibility", "visibility", "share"),
                ("number_resolving", "number_resolving", None),
            ),
        ),
        "source": _Kind(
            spec=PairSourceSpec,
            element=PairSource,
            parts=_parts(
                ("mean_pairs", "mean_pairs", "mean pairs"),
                ("pair_probability", "pair_probability", "positive share"),
                ("rate", "rate_hz", "rate"),
                ("fidelity", "fidelity", "Werner fidelity"),
                ("efficiency", "efficiency", "positive share"),
            ),
        ),
        "cable": _Kind(
            spec=CableSpec,
            element=Cable,
            parts=_parts(
                *_LINE,
                ("thermal_photons", "thermal_photons", "added noise"),
                ("efficiency", "efficiency", "positive share"),
                ("bandwidth", "bandwidth_hz", "bandwidth"),
                ("duty_cycle", "duty_cycle", "positive share"),
            ),
        ),
    }
)


def checked_chain(chain: Sequence[ChainSpec], scheme: str, *, path: str) -> dict[str, Any]:
    """The chain's elements under the fields of the scheme's family.

    Raises:
        SpecError: an element that is none, a number out of range, an order that the scheme does
            not take.
    """
    pattern = PATTERNS[scheme]
    written = [_written(spec, item(path, index)) for index, spec in enumerate(chain)]
    kinds = [kind for kind, _, _, _ in written]
    counts = _match(kinds, pattern)
    if counts is None:
        rule = f"{scheme} wants, from end to end: {pattern.words}"
        raise SpecError(rule, value=", ".join(kinds) or "an empty list", path=path)
    elements = [_element(*one) for one in written]
    found: dict[str, Any] = {}
    for slot, count in zip(pattern.slots, counts, strict=True):
        taken, elements = elements[:count], elements[count:]
        found[slot.field] = tuple(taken) if slot.repeats else taken[0]
    return found


def elements_of(source: HardwareSource) -> tuple[Element, ...]:
    """The chain from the first end to the second."""
    found: list[Element] = []
    for slot in PATTERNS[source.scheme].slots:
        value: Any = getattr(source, slot.field)
        found.extend(value if slot.repeats else [value])
    return tuple(found)


def written_chain(source: HardwareSource) -> list[ChainSpec]:
    """The chain as a description; a value equal to its default is not written."""
    return [_description(element) for element in elements_of(source)]


def _match(kinds: Sequence[str], pattern: Pattern) -> list[int] | None:
    """How many elements each slot takes, or `None` where the order does not fit."""
    groups = "".join(f"((?:(?:{'|'.join(slot.kinds)}) ){slot.repeats})" for slot in pattern.slots)
    match = re.fullmatch(groups, "".join(f"{kind} " for kind in kinds))
    if match is None:
        return None
    found = [group.split() for group in match.groups()]
    are_enough = all(slot.takes(of) for slot, of in zip(pattern.slots, found, strict=True))
    return [len(of) for of in found] if are_enough else None


def _written(spec: ChainSpec, path: str) -> tuple[str, Any, Any, str]:
    """Kind, description with the catalogue's values, description as written, and path."""
    kinds = [kind for kind in _KINDS if getattr(spec, kind) is not None]
    if len(kinds) != 1:
        rule = f"must be one element: {', '.join(_KINDS)}"
        raise SpecError(rule, value=kinds or "nothing", path=path)
    kind, here = kinds[0], below(path, kinds[0])
    written = getattr(spec, kind)
    return kind, filled(written, _KINDS[kind].spec, element=kind, path=here), written, here


def _element(kind: str, spec: Any, written: Any, path: str) -> Element:
    row = _KINDS[kind]
    values: dict[str, Any] = {
        part.field: value if part.bound is None else number(value, part.bound, path=here)
        for part in row.parts
        if (value := getattr(spec, part.key)) is not None
        for here in [below(path, part.key)]
    }
    if isinstance(spec, StationSpec) and spec.detector is not None:
        _fill_in(values, spec, written, path)
    if isinstance(spec, PairSourceSpec) and (spec.mean_pairs is None) == (
        spec.pair_probability is None
    ):
        rule = "needs one of 'mean_pairs' (squeezed light) and 'pair_probability' (never two)"
        raise SpecError(rule, value=_keys(spec), path=path)
    for part in row.parts:
        if part.field in _required(row.element) and part.field not in values:
            raise SpecError(f"needs the key {part.key!r}", value=_keys(spec), path=path)
    return row.element(**values)


def _fill_in(values: dict[str, Any], spec: StationSpec, written: StationSpec, path: str) -> None:
    """Put the detectors' figures into the station's.

    A `model` is a station with its detectors: each figure of detectors that are written takes the
    place of the model's. An efficiency that is written is the rest's and multiplies theirs.
    """
    here = below(path, "detector")
    detector = filled(spec.detector or "", DetectorSpec, element="detector", path=here)
    for part in _KINDS["bsm"].parts:
        value = getattr(detector, part.key, None)
        if value is None:
            continue
        place = below(here, part.key)
        read = value if part.bound is None else number(value, part.bound, path=place)
        if part.key == "efficiency":
            rest = values[part.field] if written.efficiency is not None else 1.0
            values[part.field] = rest * read
        elif getattr(written, part.key, None) is not None:
            raise SpecError("is written for the station too: write one", value=value, path=place)
        else:
            values[part.field] = read


def _required(element: type[Element]) -> set[str]:
    return {field.name for field in fields(element) if field.default is MISSING}


def _keys(spec: msgspec.Struct) -> str:
    keys = [key for key in spec.__struct_fields__ if getattr(spec, key) is not None]
    return ", ".join(keys) or "no keys"


def _description(element: Element) -> ChainSpec:
    kind, row = next((k, r) for k, r in _KINDS.items() if type(element) is r.element)
    defaults = {field.name: field.default for field in fields(element)}
    values = {
        part.key: getattr(element, part.field)
        for part in row.parts
        if getattr(element, part.field) != defaults[part.field]
    }
    spec: Any = row.spec(**values)
    return ChainSpec(**{kind: spec})
