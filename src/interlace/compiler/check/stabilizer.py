"""Clifford programs compared through all their stabilizer flows, by stim.

Theory of operation
-------------------
A Clifford program with recorded measurements is, as a channel from its input
qubits to its output qubits and record, a (mixed) stabilizer state on input,
output and record: it is fixed by the group of its stabilizer flows (McEwen,
Bacon, Gidney, arXiv:2302.02192, appendix A). Two programs are the same channel
if and only if the two groups are equal, signs included.

1. Every generator of the circuit's group is a flow of the joint program
   (`has_all_flows`, signs checked by 256 random tests: a wrong sign passes
   with probability 2^-256).
2. The joint program has no further flow on the circuit's qubits and record: the
   dimensions of the two groups are equal. Without this, a program that does
   not scramble a bit that the circuit scrambles would pass.

A reset of the circuit is taken with its outcome recorded, in both programs:
then what it destroys is compared too. Inputs are arbitrary; nothing is assumed
about the state in which the data cells start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interlace.circuit import NO_BIT, Op
from interlace.compiler.check.failure import refuse
from interlace.compiler.check.unitary import ComplexArray, gate_tensor, same_up_to_phase
from interlace.compiler.plan import NONE, Plan, StepKind
from interlace.compiler.program import JointProgram
from interlace.kernel import BoolArray

if TYPE_CHECKING:
    import stim

__all__ = ["MOST_QUBITS", "compare_flows", "is_clifford"]

MOST_QUBITS = 128
"""Circuits on more qubits are left to the contraction: the groups grow with the square."""

_MOST_MEASUREMENTS = 6000
_SINGLE = 1e-4


@dataclass(slots=True)
class _Lowered:
    """A stim circuit, and the measurement record of each operation of the input."""

    circuit: stim.Circuit
    record: dict[int, int]


def is_clifford(plan: Plan) -> bool:
    """Whether every unitary operation of the circuit, and of the plan, is Clifford."""
    steps = plan.steps
    gates = {(op.name, op.params) for op in plan.circuit.ops if op.name not in {"measure", "reset"}}
    for step in np.flatnonzero(steps.kind == StepKind.GATE).tolist():
        name = steps.names[steps.gate[step]]
        if name != "reset":
            gates.add((name, steps.params_of(step)))
    return all(_tableau(name, params) is not None for name, params in gates)


def compare_flows(
    plan: Plan, joint: JointProgram, *, start: tuple[int, ...], end: tuple[int, ...]
) -> float | None:
    """Show that circuit and joint program are the same channel.

    Args:
        plan: Clifford.
        joint: its joint program.
        start: cell of each circuit qubit at the beginning.
        end: cell of each circuit qubit at the end.

    Returns:
        a bound on the probability that a wrong program passes; `None` if the program is too
        large and nothing was compared.

    Raises:
        CheckFailure: they differ.
    """
    import stim

    qubits = plan.circuit.num_qubits
    measurements = sum(op.name == "measure" for op in joint.ops)
    if qubits > MOST_QUBITS or measurements > _MOST_MEASUREMENTS:
        return None
    wanted = _lower_circuit(plan)
    found = _lower_joint(plan, joint)
    if not wanted.record.keys() <= found.record.keys():
        refuse("joint program", "lacks a measurement or a reset of the circuit")
    record = {wanted.record[source]: found.record[source] for source in wanted.record}
    size = plan.num_cells
    flows = wanted.circuit.flow_generators()
    mapped = [
        stim.Flow(
            input=_mapped(flow.input_copy(), start, size),
            output=_mapped(flow.output_copy(), end, size),
            measurements=[record[m] for m in flow.measurements_copy()],
        )
        for flow in flows
    ]
    if not found.circuit.has_all_flows(mapped):
        wrong = next(f for f, m in zip(flows, mapped, strict=True) if not found.circuit.has_flow(m))
        refuse("joint program", f"lacks the circuit's stabilizer flow {wrong}")
    visible = _dimension(
        found.circuit.flow_generators(),
        start,
        end,
        size=size,
        measurements=found.circuit.num_measurements,
        record=set(record.values()),
    )
    if visible != len(flows):
        refuse(
            "joint program",
            f"has {visible} independent stabilizer flows on the circuit's "
            f"qubits and bits, the circuit {len(flows)}",
        )
    return len(flows) * 2.0**-256


def _lower_circuit(plan: Plan) -> _Lowered:
    import stim

    circuit = stim.Circuit()
    if plan.circuit.num_qubits:
        circuit.append("I", [plan.circuit.num_qubits - 1])
    record: dict[int, int] = {}
    for row, op in enumerate(plan.circuit.ops):
        if op.name in {"measure", "reset"}:
            record[row] = circuit.num_measurements
        _append(circuit, op, keeps_record=True)
    return _Lowered(circuit, record)


def _lower_joint(plan: Plan, joint: JointProgram) -> _Lowered:
    import stim

    circuit = stim.Circuit()
    circuit.append("I", [plan.num_cells - 1])
    record: dict[int, int] = {}
    latest: dict[int, int] = {}
    sources = plan.steps.source.tolist()
    kinds = plan.steps.kind.tolist()
    for row, (op, step) in enumerate(zip(joint.ops, joint.step.tolist(), strict=True)):
        source = sources[step] if kinds[step] in {StepKind.GATE, StepKind.MEASURE} else NONE
        if op.name in {"measure", "reset"} and source != NONE:
            record[source] = circuit.num_measurements
        if op.name == "measure":
            latest[op.clbit] = circuit.num_measurements
        if op.condition != NO_BIT and op.condition not in latest:
            refuse(f"joint op {row} ({op.name})", f"bit {op.condition} was not written before")
        if op.condition != NO_BIT:
            back = latest[op.condition] - circuit.num_measurements
            gate = {"x": "CX", "z": "CZ"}[op.name]
            circuit.append(gate, [stim.target_rec(back), op.operands[0]])
        else:
            _append(circuit, op, keeps_record=source != NONE)
    return _Lowered(circuit, record)


def _append(circuit: stim.Circuit, op: Op, *, keeps_record: bool) -> None:
    if op.name == "measure":
        circuit.append("M", op.operands)
    elif op.name == "reset":
        circuit.append("MR" if keeps_record else "R", op.operands)
    elif op.name == "ebit":
        circuit.append("H", op.operands[:1])
        circuit.append("CX", op.operands)
    else:
        tableau = _tableau(op.name, op.params)
        for part in tableau.to_circuit("elimination"):
            targets = [op.operands[target.value] for target in part.targets_copy()]
            circuit.append(part.name, targets)


def _tableau(name: str, params: tuple[float, ...]) -> Any:  # noqa: ANN401 -- stim.Tableau or None
    import stim

    tensor = gate_tensor(name, params)
    size = 2 ** (tensor.ndim // 2)
    matrix = tensor.reshape(size, size)
    try:
        tableau = stim.Tableau.from_unitary_matrix(matrix, endian="big")
    except ValueError:
        return None
    # stim tells Clifford gates within single precision: look again, more closely.
    exact = _sharpened(np.array(tableau.to_unitary_matrix(endian="big"), dtype=np.complex128))
    return tableau if same_up_to_phase(exact, matrix) else None


def _sharpened(matrix: ComplexArray) -> ComplexArray:
    """A Clifford unitary to double precision: entries of one size, phases a quarter turn apart."""
    nonzero = np.abs(matrix) > _SINGLE
    reference = matrix[nonzero][0]
    turns = np.round(np.angle(matrix / reference) / (np.pi / 2))
    return np.where(nonzero, 1j**turns, 0) / np.sqrt(nonzero.sum(axis=0))


def _mapped(pauli: stim.PauliString, cells: tuple[int, ...], size: int) -> stim.PauliString:
    import stim

    spread = stim.PauliString(size)
    for qubit, cell in enumerate(cells):
        if qubit < len(pauli):
            spread[cell] = pauli[qubit]
    return spread * pauli.sign


def _dimension(
    flows: list[stim.Flow],
    start: tuple[int, ...],
    end: tuple[int, ...],
    *,
    size: int,
    measurements: int,
    record: set[int],
) -> int:
    """How many independent flows touch only the given cells and measurements.

    Gaussian elimination over two elements, the coordinates that must vanish leading.
    """
    visible = np.zeros(4 * size + measurements, dtype=np.bool_)
    for offset, cells in ((0, start), (1, start), (2, end), (3, end)):
        visible[[offset * size + cell for cell in cells]] = True
    visible[[4 * size + index for index in record]] = True
    order = np.concatenate([np.flatnonzero(visible), np.flatnonzero(~visible)])
    rows: dict[int, int] = {}
    for flow in flows:
        rest = _as_integer(_coordinates(flow, size, measurements)[order])
        while rest and (lead := rest.bit_length() - 1) in rows:
            rest ^= rows[lead]
        if rest:
            rows[rest.bit_length() - 1] = rest
    return sum(lead < int(visible.sum()) for lead in rows)


def _coordinates(flow: stim.Flow, size: int, measurements: int) -> BoolArray:
    found = np.zeros(4 * size + measurements, dtype=np.bool_)
    for offset, pauli in ((0, flow.input_copy()), (2, flow.output_copy())):
        for i, bits in enumerate(pauli.to_numpy()):
            found[(offset + i) * size : (offset + i) * size + len(bits)] = bits
    found[[4 * size + index for index in flow.measurements_copy()]] = True
    return found


def _as_integer(bits: BoolArray) -> int:
    return int.from_bytes(np.packbits(bits, bitorder="little").tobytes(), "little")
