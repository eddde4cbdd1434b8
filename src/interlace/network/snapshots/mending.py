"""The one rule for outliers of a snapshot, and what it did.

Theory of operation
-------------------
A calibration has holes: a coupler that could not be calibrated stands there with an error of 1, a
lifetime that could not be fitted is missing. The rule, in its order:

1. *Two-qubit gates.* A coupler does not work if its error is missing or above 4/5, more than any
   two-qubit operation can have. It leaves the coupling map as long as the map stays in one piece;
   a coupler that holds the map together stays, with the worst working figures of the device.
2. *One-qubit gates.* An error that is missing or above 2/3 becomes the worst working one of that
   gate.
3. *Lifetimes.* A missing T1 or T2 becomes the device's median; a T2 above 2 T1, which physics
   does not allow, becomes 2 T1.
4. *Readout.* A missing probability, or one of 1, becomes the worst working one.
5. *Durations.* A missing one becomes the median of that gate; where a gate has none at all, 0.
   A reset without any takes as long as a readout; no package gives a reset's error: 0.

Couplers that have another two-qubit gate than most of the device take part with the figures of
their own gate under the name of the others': the two differ by one-qubit gates. A gate given for
one direction of a coupler costs the same in the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from statistics import median

from interlace.circuit import GATES
from interlace.errors import SpecError
from interlace.network.devices import checked_device
from interlace.network.model import Device
from interlace.network.snapshots.raw import Figures, RawDevice
from interlace.network.spec import DeviceSpec, GateExceptionSpec, GateSpec, ReadoutSpec

__all__ = ["mended"]

_SHOWN = 12
_WORST_PAIR, _WORST_QUBIT = 4 / 5, 2 / 3

Places = dict[tuple[int, ...], tuple[float, float]]
"""Device qubits to duration and error, none missing."""


def mended(raw: RawDevice) -> tuple[Device, tuple[str, ...]]:
    """A device that keeps every rule of a description, and what was done for that.

    Raises:
        SpecError: no two-qubit gate works, or nothing joins all qubits.
    """
    notes: list[str] = []
    gates: dict[str, GateSpec] = {}
    coupling: list[tuple[int, int]] = []
    pairwise = {name: raw.gates[name] for name in sorted(raw.gates) if _size(name) == 2}
    if raw.qubits > 1:
        places, main = _joined(pairwise, notes)
        found, coupling = _couplers(raw, main, places, notes)
        gates[main] = _gate(found)
        gates |= _further(pairwise, main, coupling, notes)
    for name in sorted(raw.gates):
        if _size(name) == 1 and (name != "reset" or _has_durations(raw.gates[name])):
            gates[name] = _gate(_one_qubit(raw, name, notes))
    t1 = _lifetimes("T1", raw.t1_s, notes)
    t2 = _clipped(t1, _lifetimes("T2", raw.t2_s, notes), notes)
    spec = DeviceSpec(
        name=raw.name,
        qubits=raw.qubits,
        coupling=coupling if raw.qubits > 1 else "all",
        gates=gates,
        t1=t1,
        t2=t2,
        readout=_readout(raw, notes),
    )
    return checked_device(spec, name=raw.name), tuple(notes)


def _has_durations(at: Mapping[tuple[int, ...], Figures]) -> bool:
    """Without them a reset is left out: it then takes as long as a readout."""
    return any(time is not None for time, _ in at.values())


def _size(name: str) -> int:
    return GATES[name].qubits if name in GATES else 1


def _joined(
    pairwise: Mapping[str, Mapping[tuple[int, ...], Figures]], notes: list[str]
) -> tuple[dict[tuple[int, ...], Figures], str]:
    """The main two-qubit gate, and for each coupler its figures or those of what it has instead."""
    counts = {name: len({frozenset(q) for q in at}) for name, at in pairwise.items()}
    main = max(counts, key=lambda name: (counts[name], name), default="")
    if not main:
        raise SpecError("has no two-qubit gate: choose another device")
    places = _both_ways(pairwise[main])
    for name, at in pairwise.items():
        others = {q: figures for q, figures in _both_ways(at).items() if q not in places}
        if others:
            pairs = sorted({(min(q), max(q)) for q in others})
            notes.append(
                f"{_couplers_with(pairs)} {name} where the device has {main}: "
                f"taken as {main} with their own figures: {_listed(pairs)}"
            )
            places |= others
    return places, main


def _both_ways(at: Mapping[tuple[int, ...], Figures]) -> dict[tuple[int, ...], Figures]:
    return {q[::-1]: figures for q, figures in at.items()} | dict(at)


def _couplers(
    raw: RawDevice, main: str, places: dict[tuple[int, ...], Figures], notes: list[str]
) -> tuple[Places, list[tuple[int, int]]]:
    """The working figures of the main gate, and the couplers that are left."""
    pairs = sorted({(min(q), max(q)) for q in places})
    broken = [
        pair
        for pair in pairs
        if not all(_works(places[q][1], _WORST_PAIR) for q in (pair, pair[::-1]))
    ]
    working = [places[q] for q in places if (min(q), max(q)) not in broken]
    if not working:
        rule = f"no coupler works: every {main} has an error of 1 or none: choose another snapshot"
        raise SpecError(rule)
    kept = set(pairs)
    for pair in broken:
        if _in_one_piece(raw.qubits, kept - {pair}):
            kept.discard(pair)
    if not _in_one_piece(raw.qubits, kept):
        raise SpecError("its couplers do not join all qubits: choose another snapshot")
    worst = max(error for _, error in working if error is not None)
    usual = _median([time for time, _ in working]) or 0.0
    held = [pair for pair in broken if pair in kept]
    gone = [pair for pair in broken if pair not in kept]
    if gone:
        notes.append(
            f"{_counted(gone, 'coupler')} of {len(pairs)} left out, {main} has an error of 1 or "
            f"none there: {_listed(gone)}"
        )
    if held:
        notes.append(
            f"{_counted(held, 'coupler')} of {len(pairs)} kept, for the map would fall apart: "
            f"{main} gets the worst working error {worst:.3g}: {_listed(held)}"
        )
    found: Places = {}
    for q, (time, error) in places.items():
        pair = (min(q), max(q))
        if pair in kept:
            found[q] = (
                usual if time is None else time,
                worst if pair in held or error is None else error,
            )
    _note_durations(main, [q for q in found if places[q][0] is None], usual, notes)
    return found, sorted(kept)


def _further(
    pairwise: Mapping[str, Mapping[tuple[int, ...], Figures]],
    main: str,
    coupling: list[tuple[int, int]],
    notes: list[str],
) -> dict[str, GateSpec]:
    """Other two-qubit gates that every coupler has and that work everywhere."""
    found: dict[str, GateSpec] = {}
    for name, at in pairwise.items():
        places = _both_ways(at)
        if name == main or not all(pair in places for pair in coupling):
            continue
        kept = {q: places[q] for pair in coupling for q in (pair, pair[::-1])}
        if not all(_works(error, _WORST_PAIR) for _, error in kept.values()):
            notes.append(f"{name} left out: it does not work on every coupler, and {main} does")
            continue
        usual = _median([time for time, _ in kept.values()]) or 0.0
        found[name] = _gate(
            {q: (usual if t is None else t, e or 0.0) for q, (t, e) in kept.items()}
        )
    return found


def _one_qubit(raw: RawDevice, name: str, notes: list[str]) -> Places:
    at = {(q,): raw.gates[name].get((q,), (None, None)) for q in range(raw.qubits)}
    working = [error for _, error in at.values() if error is not None and error <= _WORST_QUBIT]
    usual = _median([time for time, _ in at.values()]) or 0.0
    worst = max(working, default=0.0)
    bad = [q for (q,), (_, error) in at.items() if not _works(error, _WORST_QUBIT)]
    if not working and name != "reset":  # packages give a reset's time only
        notes.append(f"{name} has no error anywhere: 0 is taken")
    elif working and bad:
        notes.append(
            f"{name} gets the worst working error {worst:.3g} on {_counted(bad, 'qubit')} with an "
            f"error of 1 or none: {_listed(bad)}"
        )
    _note_durations(name, [q for q, (time, _) in at.items() if time is None], usual, notes)
    return {
        q: (
            usual if time is None else time,
            error if error is not None and _works(error, _WORST_QUBIT) else worst,
        )
        for q, (time, error) in at.items()
    }


def _works(error: float | None, worst: float) -> bool:
    return error is not None and error <= worst


def _note_durations(
    name: str, missing: list[tuple[int, ...]], usual: float, notes: list[str]
) -> None:
    if missing:
        what = f"the median {usual:.3g} s" if usual else "0 s"
        notes.append(f"{name} has no duration in {len(missing)} places: {what} is taken")


def _gate(places: Places) -> GateSpec:
    """Medians, and exceptions where a figure differs."""
    time = median(t for t, _ in places.values())
    error = median(e for _, e in places.values())
    return GateSpec(
        time=time,
        error=error,
        at=[
            GateExceptionSpec(
                qubits=list(q), time=None if t == time else t, error=None if e == error else e
            )
            for q, (t, e) in sorted(places.items())
            if (t, e) != (time, error)
        ],
    )


def _lifetimes(
    what: str, written: tuple[float | None, ...], notes: list[str]
) -> list[float | str | int | None] | None:
    known = [value for value in written if _is_positive(value)]
    if not known:
        notes.append(f"{what} is given for no qubit: no such decay")
        return None
    usual = median(value for value in known if value is not None)
    missing = [q for q, value in enumerate(written) if not _is_positive(value)]
    if missing:
        notes.append(
            f"{what} is missing on {_counted(missing, 'qubit')}: the median {usual:.4g} s is "
            f"taken: {_listed(missing)}"
        )
    return [value if _is_positive(value) else usual for value in written]


def _is_positive(value: float | None) -> bool:
    return value is not None and value > 0


def _clipped(
    t1: list[float | str | int | None] | None,
    t2: list[float | str | int | None] | None,
    notes: list[str],
) -> list[float | str | int | None] | None:
    if t1 is None or t2 is None:
        return t2
    limits = [2 * value if isinstance(value, float) else None for value in t1]
    clipped = [
        min(value, limit) if isinstance(value, float) and limit is not None else value
        for value, limit in zip(t2, limits, strict=True)
    ]
    long = [q for q, (value, was) in enumerate(zip(clipped, t2, strict=True)) if value != was]
    if long:
        notes.append(f"T2 above 2 T1 becomes 2 T1 on {_counted(long, 'qubit')}: {_listed(long)}")
    return [*clipped]


def _readout(raw: RawDevice, notes: list[str]) -> ReadoutSpec:
    times = [time for time in raw.readout_s if time is not None]
    usual = _median(times) or 0.0
    if len(set(times)) > 1:
        notes.append(
            f"readout takes {min(times):.3g} s to {max(times):.3g} s: the median {usual:.3g} s is "
            "taken for all qubits"
        )
    elif not times:
        notes.append("readout has no duration: 0 s is taken")
    return ReadoutSpec(
        time=usual,
        error_0=_chances("to read 1 for 0", raw.error_0, notes),
        error_1=_chances("to read 0 for 1", raw.error_1, notes),
    )


def _chances(
    what: str, written: tuple[float | None, ...], notes: list[str]
) -> list[float | str | int]:
    working = [value for value in written if value is not None and value < 1]
    worst = max(working, default=0.0)
    bad = [q for q, value in enumerate(written) if value is None or value >= 1]
    if bad:
        notes.append(
            f"the chance {what} is 1 or missing on {_counted(bad, 'qubit')}: the worst working one "
            f"{worst:.3g} is taken: {_listed(bad)}"
        )
    return [worst if value is None or value >= 1 else value for value in written]


def _in_one_piece(count: int, pairs: Iterable[tuple[int, int]]) -> bool:
    neighbours: dict[int, list[int]] = {q: [] for q in range(count)}
    for a, b in pairs:
        neighbours[a].append(b)
        neighbours[b].append(a)
    reached, todo = {0}, [0]
    while todo:
        fresh = [q for q in neighbours[todo.pop()] if q not in reached]
        reached.update(fresh)
        todo.extend(fresh)
    return len(reached) == count


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _counted(places: list[int] | list[tuple[int, int]], noun: str) -> str:
    return f"{len(places)} {noun}{'' if len(places) == 1 else 's'}"


def _couplers_with(pairs: list[tuple[int, int]]) -> str:
    return f"{_counted(pairs, 'coupler')} {'has' if len(pairs) == 1 else 'have'}"


def _listed(places: list[int] | list[tuple[int, int]]) -> str:
    show: Callable[[object], str] = lambda p: f"{p[0]}-{p[1]}" if isinstance(p, tuple) else str(p)  # noqa: E731
    more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
    return ", ".join(map(show, places[:_SHOWN])) + more
