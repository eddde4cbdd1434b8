"""Paulis pulled back by the compiled loop and by stim: gates, probes, measurements, resets."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import stim
from hypothesis import given, settings
from hypothesis import strategies as st

from interlace.circuit import GATES, clifford
from interlace.compiler.check.actions import actions_of, clifford_action
from interlace.compiler.check.pullback import (
    EVENT_MEASURE,
    EVENT_RESET,
    GATE,
    PROBED,
    Drawn,
    Rows,
    pull,
)

QUBITS = 4
_QUARTER = np.pi / 2
CLIFFORDS = [
    (name, (angle,) * gate.params)
    for name, gate in GATES.items()
    for angle in ((0.0,) if gate.params == 0 else (_QUARTER, 2 * _QUARTER, -_QUARTER))
    if clifford(name, (angle,) * gate.params) is not None and gate.qubits < 3
]
_PLACES = st.permutations(range(QUBITS))
ITEMS = st.tuples(st.sampled_from(CLIFFORDS), _PLACES) | st.tuples(
    st.sampled_from(["probe X", "probe Y", "probe Z", "probe XZ", "measure", "reset"]), _PLACES
)
_AXES = {"probe X": 1, "probe Z": 2, "probe Y": 4, "probe XZ": 0}


@dataclasses.dataclass
class _Both:
    """One program as rows, and as stim has it with a further qubit for each thing that is kept."""

    kind: list[int] = dataclasses.field(default_factory=list)
    operands: list[tuple[int, ...]] = dataclasses.field(default_factory=list)
    gates: list[tuple[str, tuple[float, ...]]] = dataclasses.field(default_factory=list)
    action: list[int] = dataclasses.field(default_factory=list)
    event: list[int] = dataclasses.field(default_factory=list)
    probe: list[int] = dataclasses.field(default_factory=list)
    axes: list[int] = dataclasses.field(default_factory=list)
    kept: list[int] = dataclasses.field(default_factory=list)
    controls: list[tuple[int, int]] = dataclasses.field(default_factory=list)
    circuit: stim.Circuit = dataclasses.field(default_factory=stim.Circuit)
    size: int = QUBITS

    def fresh(self) -> int:
        self.size += 1
        return self.size - 1

    def add(self, what, places) -> None:
        row = {"kind": GATE, "action": -1, "event": -1, "probe": 0}
        operands = tuple(places[:1])
        if isinstance(what, tuple):
            operands = tuple(places[: GATES[what[0]].qubits])
            row["action"] = len(self.gates)
            self.gates.append(what)
            for name, targets in clifford(*what):
                self.circuit.append(name, [operands[t] for t in targets])
        elif what.startswith("probe"):
            row |= {"kind": PROBED, "probe": len(self.axes)}
            self.axes.append(_AXES[what])
            for letter in what.removeprefix("probe "):
                control = self.fresh()
                self.circuit.append("C" + letter, [control, operands[0]])
                self.controls.append((2 * row["probe"] + (letter == "Z"), control))
        else:
            row |= {"kind": EVENT_MEASURE if what == "measure" else EVENT_RESET}
            row["event"] = len(self.kept)
            self.kept.append(self.fresh())
            name = "CX" if what == "measure" else "SWAP"
            self.circuit.append(name, [operands[0], self.kept[-1]])
        self.operands.append(operands)
        for name, value in row.items():
            getattr(self, name).append(value)

    def rows(self) -> Rows:
        def ints(values) -> np.ndarray:
            return np.array(values, dtype=np.int64)

        ends = np.cumsum([0, *(len(o) for o in self.operands)]).astype(np.int64)
        actions = actions_of(self.gates)
        assert actions is not None
        return Rows(
            kind=ints(self.kind),
            begin=ends[:-1],
            end=ends[1:],
            operands=ints([q for o in self.operands for q in o]),
            action=ints(self.action),
            linear=actions.linear,
            sign=actions.sign,
            bit=ints([max(event, 0) for event in self.event]),
            event=ints(self.event),
            probe=ints(self.probe),
            axes=ints(self.axes),
        )


def observable(x: list[int], z: list[int]) -> stim.PauliString:
    return stim.PauliString("".join("_XZY"[a + 2 * b] for a, b in zip(x, z, strict=True)))


@settings(max_examples=60)
@given(st.lists(ITEMS, min_size=1, max_size=12), st.integers(0, 2**32))
def test_every_lane_is_pulled_back_as_stim_pulls_it(program, seed: int) -> None:
    both = _Both()
    for what, places in program:
        both.add(what, places)
    both.circuit.append("I", [both.size - 1])
    events = len(both.kept)
    drawn = Drawn.of(
        seed,
        "lanes",
        qubits=QUBITS,
        bits=events,
        events=events,
        operands=len(both.axes),
    )
    image = pull(both.rows(), drawn, places=np.arange(QUBITS), size=QUBITS, bits=max(1, events))
    last = _last_writers(both)
    for lane in (0, 1, 63):

        def bit(words, i: int) -> int:
            return int(words[i]) >> lane & 1  # noqa: B023

        x, z = [0] * both.size, [0] * both.size
        for q in range(QUBITS):
            x[q], z[q] = bit(drawn.x, q), bit(drawn.z, q)
        for event, qubit in enumerate(both.kept):
            x[qubit] = bit(drawn.kept_x, event)
            z[qubit] = bit(drawn.kept_z, event) ^ (last[event] and bit(drawn.bits, event))
        for number, qubit in both.controls:
            x[qubit] = bit(drawn.controls, number)
        before = observable(x, z).before(both.circuit)
        bx, bz = before.to_numpy()
        assert [bit(image.x, q) for q in range(QUBITS)] == bx[:QUBITS].tolist()
        assert [bit(image.z, q) for q in range(QUBITS)] == bz[:QUBITS].tolist()
        for event, qubit in enumerate(both.kept):
            assert (bit(image.event_x, event), bit(image.event_z, event)) == (bx[qubit], bz[qubit])
        for number, qubit in both.controls:
            assert bit(image.control_z, number) == bz[qubit]
        assert (image.sign >> lane & 1) == (before.sign == -1)


def _last_writers(both: _Both) -> list[bool]:
    """Whether an event writes a bit (each its own)."""
    kinds = {event: kind for event, kind in zip(both.event, both.kind, strict=True) if event >= 0}
    return [kinds[event] == EVENT_MEASURE for event in range(len(both.kept))]


@pytest.mark.parametrize("name", [name for name, gate in GATES.items() if gate.qubits < 3])
def test_a_gate_has_an_action_if_and_only_if_it_is_clifford(name: str) -> None:
    for angle in (0.0, _QUARTER, 0.4, _QUARTER + 1e-6):
        params = (angle,) * GATES[name].params
        assert (clifford_action(name, params) is None) == (clifford(name, params) is None)
