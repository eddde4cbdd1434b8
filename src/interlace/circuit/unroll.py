"""Qiskit instructions, taken apart until only gates of `GATES`, `measure` and `reset` are left.

A gate is kept if it is Qiskit's own gate of that name, or a defined gate of
that name whose matrix agrees with it (OpenQASM 3 files define `rzz` and others
themselves). Every other one is replaced by its definition, again and again.
Definitions are exact: nothing is transpiled, optimised or rounded. Global
phases are dropped, since no measurement sees them; Qiskit's controlled gates
carry the phase of what they control inside their definitions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from interlace.circuit.gates import GATES
from interlace.circuit.matrices import matrix, phase_distance
from interlace.circuit.ops import NO_BIT, Op
from interlace.circuit.sizes import LARGEST_NESTING
from interlace.errors import SpecError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.circuit import AnnotatedOperation, CircuitInstruction, Operation
    from qiskit.circuit.library import UnitaryGate

__all__ = ["BARRIER", "unrolled"]

BARRIER = "barrier"
"""The name of what is no operation but a mark between them."""

_EXACT = 1e-12
_CONTROL_FLOW = {
    "if_else": "if",
    "for_loop": "for",
    "while_loop": "while",
    "switch_case": "switch",
    "break_loop": "break",
    "continue_loop": "continue",
}
_TIMING = ("box", "delay")


def unrolled(
    instruction: CircuitInstruction,  # pyright: ignore[reportInvalidTypeForm]  (a class of Rust)
    qubits: tuple[int, ...],
    clbits: tuple[int, ...],
) -> Iterator[Op]:
    """The operations of one instruction, in order, and a `BARRIER` where one stands.

    Args:
        instruction: any Qiskit instruction.
        qubits: the indices of its qubits.
        clbits: the indices of its classical bits.

    Raises:
        SpecError: it has no definition by gates, measurements and resets.
    """
    from qiskit.circuit import Barrier, Measure, Reset
    from qiskit.circuit.library import GlobalPhaseGate

    stack = [(instruction, qubits, clbits, 0)]
    while stack:
        inner, qubits, clbits, depth = stack.pop()
        name = inner.name
        if inner.is_standard_gate() and name in GATES:
            params = _numbers(inner.params, instruction.name)
            yield Op(name=name, operands=qubits, params=params)
            continue
        operation = inner.operation
        if isinstance(operation, Measure | Reset):
            yield Op(name=name, operands=qubits, clbit=clbits[0] if clbits else NO_BIT)
            continue
        if isinstance(operation, Barrier):
            yield Op(name=BARRIER, operands=qubits)
            continue
        if isinstance(operation, GlobalPhaseGate):
            continue
        definition = _definition(operation, instruction.name)
        if name in GATES and _is_table_gate(operation, definition):
            params = _numbers(inner.params, instruction.name)
            yield Op(name=name, operands=qubits, params=params)
            continue
        if depth == LARGEST_NESTING:
            rule = f"'{name}' is nested more than {LARGEST_NESTING} definitions deep: flatten it"
            raise SpecError(rule)
        stack.extend(
            (
                part,
                tuple(qubits[definition.find_bit(bit).index] for bit in part.qubits),
                tuple(clbits[definition.find_bit(bit).index] for bit in part.clbits),
                depth + 1,
            )
            for part in reversed(definition.data)
        )


def _numbers(params: Sequence[Any], head: str) -> tuple[float, ...]:
    try:
        return tuple(float(param) for param in params)
    except (TypeError, ValueError) as error:
        rule = f"'{head}' has a parameter that is no real number: {error}"
        raise SpecError(rule) from error


def _definition(operation: Operation, head: str) -> QuantumCircuit:
    from qiskit.circuit import AnnotatedOperation, Gate
    from qiskit.circuit.library import UnitaryGate
    from qiskit.exceptions import QiskitError

    name = operation.name
    if not isinstance(operation, Gate):
        _refuse_by_name(name)
    try:
        if isinstance(operation, AnnotatedOperation):
            operation = _without_annotations(operation)
        if isinstance(operation, UnitaryGate) and operation.num_qubits == 2:
            return _unitary_definition(operation)
        if not hasattr(operation, "definition") and hasattr(operation, "to_instruction"):
            operation = operation.to_instruction()  # pyright: ignore[reportAttributeAccessIssue]
        definition = getattr(operation, "definition", None)
        if definition is None:  # an empty one is false, and a definition
            definition = _synthesised(operation)
    except QiskitError as error:
        rule = f"the definition of '{name}' cannot be computed: {error.message}"
        raise SpecError(rule) from error
    if definition is None:
        inside = "" if name == head else f" (inside '{head}')"
        rule = f"'{name}'{inside} has no definition: define it by gates, or replace it"
        raise SpecError(rule)
    return definition


def _synthesised(operation: Operation) -> QuantumCircuit | None:
    """What Qiskit makes of an operation without definition (a permutation); `None`: nothing."""
    from qiskit import QuantumCircuit
    from qiskit.transpiler.passes import HighLevelSynthesis

    alone = QuantumCircuit(operation.num_qubits, operation.num_clbits)
    alone.append(operation, alone.qubits, alone.clbits)
    made = HighLevelSynthesis()(alone)
    return None if operation.name in made.count_ops() else made


def _refuse_by_name(name: str) -> None:
    if name in _CONTROL_FLOW:
        rule = (
            f"control flow (`{_CONTROL_FLOW[name]}`) cannot be distributed: "
            "unroll it, or measure at the end and decide afterwards"
        )
        raise SpecError(rule)
    if name in _TIMING:
        rule = f"timing (`{name}`) cannot be distributed, the plan sets the times: remove it"
        raise SpecError(rule)
    if name == "store":
        rule = "classical computation (`store`) cannot be distributed: compute it beforehand"
        raise SpecError(rule)


def _without_annotations(operation: AnnotatedOperation) -> Operation:
    """The operation with its inverse, power and control modifiers carried out, one by one."""
    from qiskit.circuit.annotated_operation import ControlModifier, InverseModifier, PowerModifier

    gate: Any = operation.base_op
    if not hasattr(gate, "control"):
        gate = gate.to_instruction()
    for modifier in operation.modifiers:
        match modifier:
            case InverseModifier():
                gate = gate.inverse()
            case PowerModifier():
                gate = gate.power(modifier.power)
            case ControlModifier():
                gate = gate.control(
                    modifier.num_ctrl_qubits, ctrl_state=modifier.ctrl_state, annotated=False
                )
            case _:
                raise SpecError(f"the modifier {modifier} is unknown here: write the gate without")
    return gate


def _unitary_definition(gate: UnitaryGate) -> QuantumCircuit:
    """A matrix on two qubits as gates. Qiskit's own definition drops weak interactions."""
    from qiskit import QuantumCircuit
    from qiskit.circuit.library import UnitaryGate
    from qiskit.quantum_info import Operator
    from qiskit.synthesis import TwoQubitWeylDecomposition

    target = np.asarray(gate.to_matrix())
    usual = gate.definition
    if usual is not None and phase_distance(np.asarray(Operator(usual).data), target) < _EXACT:
        return usual
    weyl = TwoQubitWeylDecomposition(target, fidelity=None)
    exact = QuantumCircuit(2)
    exact.append(UnitaryGate(weyl.K2r), [0])
    exact.append(UnitaryGate(weyl.K2l), [1])
    exact.rxx(-2 * weyl.a, 0, 1)
    exact.ryy(-2 * weyl.b, 0, 1)
    exact.rzz(-2 * weyl.c, 0, 1)
    exact.append(UnitaryGate(weyl.K1r), [0])
    exact.append(UnitaryGate(weyl.K1l), [1])
    return exact


def _is_table_gate(operation: Operation, definition: QuantumCircuit) -> bool:
    """Whether a defined gate is, as a matrix, the gate of `GATES` that it is named like."""
    from qiskit.exceptions import QiskitError
    from qiskit.quantum_info import Operator

    gate = GATES[operation.name]
    given: Sequence[Any] = getattr(operation, "params", ())
    if definition.num_qubits != gate.qubits or len(given) != gate.params:
        return False
    try:
        params = tuple(float(param) for param in given)
        defined = np.asarray(Operator(definition).data)
    except (QiskitError, TypeError, ValueError):
        return False
    return phase_distance(defined, matrix(gate.name, params)) < _EXACT
