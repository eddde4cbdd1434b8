"""The small stabilizer codes against stim: gates, measurements, signs that depend on outcomes."""

from __future__ import annotations

import numpy as np
import stim
from hypothesis import given, settings
from hypothesis import strategies as st

from interlace.compiler.check.pauli import Cluster, Pauli, Sign

CELLS = 4
_SINGLE = st.tuples(st.sampled_from(["h", "x", "z"]), st.integers(0, CELLS - 1))
_PAIR = st.tuples(st.just("cx"), st.permutations(range(CELLS)).map(lambda p: (p[0], p[1])))
_MEASURE = st.tuples(st.just("measure"), st.integers(0, CELLS - 1))
PROGRAMS = st.lists(_SINGLE | _PAIR, min_size=15, max_size=40)
MEASURED = st.lists(_SINGLE | _PAIR | _MEASURE, min_size=12, max_size=40)


def as_stim(pauli: Pauli, slot: dict[int, int], values: dict[int, int]) -> stim.PauliString:
    """The operator on all cells, its symbols replaced by values."""
    letters = ["_"] * CELLS
    turns = pauli.phase
    for cell, at in slot.items():
        x, z = pauli.x >> at & 1, pauli.z >> at & 1
        letters[cell] = "_XZY"[x + 2 * z]
        turns -= x & z  # XZ = -iY
    assert turns % 2 == 0
    sign = turns // 2 + sum(values[symbol] for symbol in pauli.symbols)
    return stim.PauliString("".join(letters)) * (-1) ** sign


def apply(cluster: Cluster, name: str, at: int | tuple[int, int]) -> None:
    if name == "h":
        cluster.hadamard(at)
    elif name == "cx":
        cluster.cx(*at)
    else:
        cluster.pauli(name.upper(), at, Sign(1))


def targets(at: int | tuple[int, int]) -> list[int]:
    return [at] if isinstance(at, int) else list(at)


@settings(max_examples=50)
@given(PROGRAMS)
def test_operators_move_through_gates_as_in_stim(program) -> None:
    fields = [(Pauli.single("X", i), Pauli.single("Z", i)) for i in range(CELLS)]
    cluster = Cluster({i: i for i in range(CELLS)}, [], dict(enumerate(fields)))
    circuit = stim.Circuit()
    for name, at in program:
        apply(cluster, name, at)
        circuit.append(name.upper(), targets(at))
    for qubit, (x, z) in cluster.logical.items():
        for letter, found in (("X", x), ("Z", z)):
            before = stim.PauliString("_" * qubit + letter + "_" * (CELLS - 1 - qubit))
            assert as_stim(found, cluster.slot, {}) == before.after(circuit)


@settings(max_examples=50)
@given(MEASURED, st.integers(0, 2**32))
def test_measured_bits_and_signs_are_those_of_a_run(program, seed: int) -> None:
    cluster = Cluster({i: i for i in range(CELLS)}, [Pauli.single("Z", i) for i in range(CELLS)])
    run = stim.TableauSimulator(seed=seed)
    run.set_num_qubits(CELLS)
    values: dict[int, int] = {}
    for name, at in program:
        if any(cell not in cluster.slot for cell in targets(at)):
            continue  # measured before: it has left the code
        if name == "measure":
            symbol = len(values)
            outcome = cluster.measure(at, symbol)
            values[symbol] = int(run.measure(at))
            assert outcome is not None
            known = outcome.constant + sum(values[s] for s in outcome.symbols)
            assert known % 2 == values[symbol]
        else:
            apply(cluster, name, at)
            run.do(stim.CircuitInstruction(name.upper(), targets(at)))
        assert len(cluster.stabilizers) == len(cluster.slot)
        for stabilizer in cluster.stabilizers:
            seen = as_stim(stabilizer, cluster.slot, values)
            assert run.peek_observable_expectation(seen) == 1


@settings(max_examples=50)
@given(PROGRAMS)
def test_an_operator_has_a_sign_if_and_only_if_the_state_fixes_it(program) -> None:
    cluster = Cluster({i: i for i in range(CELLS)}, [Pauli.single("Z", i) for i in range(CELLS)])
    run = stim.TableauSimulator()
    run.set_num_qubits(CELLS)
    for name, at in program:
        apply(cluster, name, at)
        run.do(stim.CircuitInstruction(name.upper(), targets(at)))
    for letter in "XYZ":
        for cell in range(CELLS):
            operator = Pauli.single(letter, cell)
            sign = cluster.sign_of(operator)
            if not all(operator.commutes_with(p) for p in cluster.stabilizers):
                sign = None
            seen = run.peek_observable_expectation(as_stim(operator, cluster.slot, {}))
            assert (0 if sign is None else 1 - 2 * sign.constant) == seen


def test_slots_that_became_free_do_not_grow_without_end() -> None:
    x, z = Pauli.single("X", 0), Pauli.single("Z", 0)
    cluster = Cluster({0: 0}, [], {7: (x, z)})
    for hop in range(400):
        pair = Cluster({2 * hop + 1: 0, 2 * hop + 2: 1}, [Pauli(3, 0), Pauli(0, 3)])
        cluster.absorb(pair)
        cluster.cx(2 * hop, 2 * hop + 1)
        cluster.hadamard(2 * hop)
        bits = [cluster.measure(2 * hop, 2 * hop), cluster.measure(2 * hop + 1, 2 * hop + 1)]
        cluster.pauli("X", 2 * hop + 2, bits[1])
        cluster.pauli("Z", 2 * hop + 2, bits[0])
        assert cluster.access(2 * hop + 2) == (7, "XYZ")
    assert max(cluster.slot.values()) < 300
    assert np.all([sign.symbols for sign in bits])
