from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.runtime.build import noise, op, program

from interlace.circuit import NO_BIT, Op, OpTable
from interlace.runtime.aer_backend import AerSimulator
from interlace.runtime.deferral import deferred
from interlace.runtime.narrowing import narrow_order
from interlace.runtime.ports import SimulationJob

ANGLE = 0.7


def chain(qubits: int) -> list[Op]:
    """A rotation copied along a chain, measured at the end: all bits are equal."""
    return [
        op("ry", 0, params=[ANGLE]),
        *(op("cx", k, k + 1) for k in range(qubits - 1)),
        *(op("measure", k, clbit=k) for k in range(qubits)),
    ]


@st.composite
def tables(draw: st.DrawFn) -> OpTable:
    """Programs with resets, measurements of shared bits and conditioned gates."""
    rows: list[Op] = []
    written: list[int] = []
    for _ in range(draw(st.integers(0, 25))):
        kind = draw(st.sampled_from(["h", "cx", "reset", "ebit", "measure", "x"]))
        a, b = draw(st.permutations(range(5)))[:2]
        if kind in ("cx", "ebit"):
            rows.append(op(kind, a, b))
        elif kind == "measure":
            written.append(draw(st.integers(0, 2)))
            rows.append(op(kind, a, clbit=written[-1]))
        elif kind == "x" and written:
            rows.append(op(kind, a, condition=draw(st.sampled_from(written))))
        else:
            rows.append(op(kind if kind == "reset" else "h", a))
    return OpTable.of(rows)


def touches(ops: OpTable) -> dict[str, list[tuple[int, bool]]]:
    """Rows by the qubit or bit that they use, and whether they change it."""
    found: dict[str, list[tuple[int, bool]]] = {}
    for row, one in enumerate(ops):
        for qubit in one.operands:
            found.setdefault(f"q{qubit}", []).append((row, True))
        if one.condition != NO_BIT:
            found.setdefault(f"c{one.condition}", []).append((row, False))
        if one.clbit != NO_BIT:
            found.setdefault(f"c{one.clbit}", []).append((row, True))
    return found


@given(tables(), st.data())
def test_a_narrow_order_keeps_the_order_of_what_touches_the_same_qubit_or_bit(
    ops: OpTable, data: st.DataObject
) -> None:
    flags = st.lists(st.booleans(), min_size=len(ops.operands), max_size=len(ops.operands))
    begins = np.array(data.draw(flags), dtype=bool)
    order = narrow_order(ops, begins=begins, frees=np.zeros(len(ops), dtype=np.int64))
    assert sorted(order.tolist()) == list(range(len(ops)))
    place = np.argsort(order)
    for users in touches(ops).values():
        for k, (first, changes) in enumerate(users):
            for second, changes_too in users[k + 1 :]:
                if changes or changes_too:
                    assert place[first] < place[second]


@pytest.mark.parametrize("qubits", [2, 3, 10, 30])
def test_a_chain_measured_at_its_end_needs_few_slots_whatever_its_length(qubits: int) -> None:
    made = program(*chain(qubits), bits=qubits)
    assert deferred(made, hold=False).slots == min(2, qubits)
    assert deferred(made, hold=True).slots == qubits


def test_a_pair_keeps_its_own_state_when_the_order_changes() -> None:
    rows = [op("ebit", 0, 1), op("ebit", 2, 3)]
    rows += [op("measure", q, clbit=q) for q in (2, 3, 0, 1)]
    made = program(*rows, bits=4)
    flipped = noise(made, pairs=[(1.0, 0, 0, 0), (0.0, 1.0, 0, 0)])
    job = SimulationJob(program=made, noise=flipped, shots=200, seed=5)
    bits = AerSimulator("aer-statevector").sample(job).bits
    assert (bits[:, 0] == bits[:, 1]).all()
    assert (bits[:, 2] != bits[:, 3]).all()


@pytest.mark.parametrize("noisy", [False, True])
def test_a_long_chain_of_other_than_clifford_gates_runs_shot_by_shot(noisy: bool) -> None:
    """P(1) = sin^2(0.35) = 0.1176; 2,000 shots, 5 standard deviations: false alarm 6e-7."""
    made = program(*chain(40), bits=40)
    channels = noise(made, readout=(1e-9, 1e-9)) if noisy else None
    job = SimulationJob(program=made, noise=channels, shots=2000, seed=11)
    simulator = AerSimulator("aer-statevector")
    assert simulator.refusal(made) is None
    bits = simulator.sample(job).bits
    assert (bits == bits[:, :1]).all()
    p = np.sin(ANGLE / 2) ** 2
    assert abs(bits[:, 0].mean() - p) < 5 * np.sqrt(p * (1 - p) / 2000)
