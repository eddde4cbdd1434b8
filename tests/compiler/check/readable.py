"""A readable simulator and what it takes for two programs to be the same: no code of the check."""

from __future__ import annotations

import itertools

import numpy as np

from interlace.circuit import NO_BIT, Circuit, Op
from interlace.circuit import matrix as gate_matrix
from interlace.compiler import NONE, JointProgram, Plan, StepKind

Sourced = list[tuple[Op, int]]
"""Operations, each with the row of the circuit that it carries out, or `NONE`."""


def sourced(plan: Plan, joint: JointProgram) -> Sourced:
    claims = np.isin(plan.steps.kind, [StepKind.GATE, StepKind.MEASURE])
    source = np.where(claims, plan.steps.source, NONE)
    return list(zip(joint.ops, source[joint.step].tolist(), strict=True))


def start_and_end(plan: Plan) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The first and the last cell of each qubit, from the placement."""
    rows = sorted(
        zip(
            plan.placement.qubit.tolist(),
            plan.placement.from_step.tolist(),
            plan.placement.cell.tolist(),
            strict=True,
        )
    )
    start, end = {}, {}
    for qubit, _, cell in rows:
        start.setdefault(qubit, cell)
        end[qubit] = cell
    return tuple(start.values()), tuple(end.values())


def applied(state: np.ndarray, gate: np.ndarray, cells: tuple[int, ...]) -> np.ndarray:
    k = len(cells)
    gate = np.asarray(gate).reshape((2,) * 2 * k)
    order = tuple(reversed(cells))  # Qiskit: the last operand is the most significant
    moved = np.tensordot(gate, state, axes=(tuple(range(k, 2 * k)), order))
    return np.moveaxis(moved, tuple(range(k)), order)


def choi(cells: int, start: tuple[int, ...]) -> np.ndarray:
    """Every input at once: axes are cells, then inputs; all other cells in |0>."""
    state = np.zeros((2,) * (cells + len(start)), dtype=complex)
    for values in itertools.product((0, 1), repeat=len(start)):
        place = [0] * cells
        for cell, value in zip(start, values, strict=True):
            place[cell] = value
        state[(*place, *values)] = 1.0
    return state


def product(cells: int, start: tuple[int, ...], inputs: np.ndarray) -> np.ndarray:
    """One product state on the starting cells, all others in |0>."""
    vectors = [np.array([1.0, 0.0], dtype=complex)] * cells
    for cell, vector in zip(start, inputs, strict=True):
        vectors[cell] = vector
    state = np.ones((), dtype=complex)
    for vector in vectors:
        state = np.multiply.outer(state, vector)
    return state


def run(ops: Sourced, state: np.ndarray, choose) -> np.ndarray:
    """Run on one branch; nothing is normalised.

    Args:
        ops: the program.
        state: its axes from 0 on are the operands.
        choose: called as (op, source, weight of 0, weight of 1), returns the outcome.
    """
    bits: dict[int, int] = {}
    for item, source in ops:
        if item.condition != NO_BIT and not bits.get(item.condition, 0):
            continue
        if item.name == "ebit":
            state = applied(state, gate_matrix("h"), item.operands[:1])
            state = applied(state, gate_matrix("cx"), item.operands)
        elif item.name in {"measure", "reset"}:
            parts = np.moveaxis(state, item.operands[0], 0)
            weights = [float(np.sum(np.abs(part) ** 2)) for part in parts]
            outcome = choose(item, source, *weights)
            kraus = np.zeros((2, 2))
            kraus[0 if item.name == "reset" else outcome, outcome] = 1
            state = applied(state, kraus, item.operands)
            if item.name == "measure":
                bits[item.clbit] = outcome
        else:
            state = applied(state, gate_matrix(item.name, item.params), item.operands)
    return state


def same_on_every_branch(circuit: Circuit, ops: Sourced, cells: int, ends) -> bool:
    """Whether a program is its circuit as an operator, on all branches of every measurement.

    For each choice of the circuit's own outcomes there is one operator K. The program's
    operator, for any internal outcomes and whatever the other cells then hold, must be c K,
    and the |c|^2 must sum to one. Resets that serve entanglement must find what is certain.
    """
    start, end = ends
    own = [(item, row) for row, item in enumerate(circuit.ops) if item.name in {"measure", "reset"}]
    inner = [item for item, source in ops if item.name == "measure" and source == NONE]
    listed = [(item, row) for row, item in enumerate(circuit.ops)]
    for values in itertools.product((0, 1), repeat=len(own)):
        forced = {row: value for (_, row), value in zip(own, values, strict=True)}
        size = circuit.num_qubits
        wanted = run(listed, choi(size, tuple(range(size))), lambda i, s, a, b: forced[s])  # noqa: B023
        wanted = wanted.reshape(-1)
        norm = np.linalg.norm(wanted)
        total = 0.0
        for choice in itertools.product((0, 1), repeat=len(inner)):
            left = list(choice)
            uncertain = False

            def choose(item: Op, source: int, zero: float, one: float) -> int:
                nonlocal uncertain
                if source != NONE:
                    return forced[source]  # noqa: B023
                if item.name == "measure":
                    return left.pop(0)  # noqa: B023
                uncertain |= min(zero, one) > 1e-9
                return int(one > zero)

            found = run(ops, choi(cells, start), choose)
            if uncertain:
                return False
            found = np.moveaxis(found, end, range(size))
            rest = cells - size
            found = np.moveaxis(found, range(size, size + rest), range(rest))
            found = found.reshape(2**rest, -1)
            factors = found @ wanted.conj() / max(norm**2, 1e-12)
            if np.abs(found - np.outer(factors, wanted)).max() > 1e-9:
                return False
            total += float(np.sum(np.abs(factors) ** 2))
        if norm > 1e-9 and abs(total - 1) > 1e-9:
            return False
    return True


def same_on_random_branches(
    circuit: Circuit, ops: Sourced, cells: int, ends, *, branches: int, seed: int
) -> bool:
    """The like on branches drawn as nature draws them, from one random product state each.

    Internal outcomes must be certain or as likely as a fair coin: so they are in every correct
    program of this kind, and the probabilities of the circuit's own outcomes follow.
    """
    rng = np.random.default_rng(seed)
    start, end = ends
    size = circuit.num_qubits
    for _ in range(branches):
        parts = rng.normal(size=(size, 2, 2))
        inputs = parts[..., 0] + 1j * parts[..., 1]
        inputs /= np.linalg.norm(inputs, axis=1, keepdims=True)
        drawn: dict[int, int] = {}
        coins = 0

        def choose(item: Op, source: int, zero: float, one: float) -> int:
            nonlocal coins
            outcome = int(rng.random() * (zero + one) < one)
            if source != NONE:
                drawn[source] = outcome  # noqa: B023
            elif min(zero, one) > 1e-9 * (zero + one):
                coins += 1
            return outcome

        found = run(ops, product(cells, start, inputs), choose)
        listed = [(item, row) for row, item in enumerate(circuit.ops)]
        wanted = run(
            listed,
            product(size, tuple(range(size)), inputs),
            lambda i, s, a, b: drawn[s],  # noqa: B023
        ).reshape(-1)
        found = np.moveaxis(found, end, range(size)).reshape(len(wanted), -1)
        rest = wanted.conj() @ found
        weight = float(np.vdot(wanted, wanted).real)
        if weight < 1e-15:
            return False
        if np.abs(found - np.outer(wanted, rest / weight)).max() > 1e-9 * np.abs(found).max():
            return False
        if abs(float(np.sum(np.abs(found) ** 2)) * 2.0**coins - weight) > 1e-9:
            return False
    return True
