"""What a transpiler sees of a network: one device on which every gate works everywhere."""

from __future__ import annotations

from qiskit.circuit import Measure, Reset
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.transpiler import Target

from interlace.circuit import GATES

__all__ = ["universal_target"]


def universal_target(num_qubits: int, *, description: str) -> Target:
    """Every gate of interlace's table, `measure` and `reset`, on all qubits alike.

    The operations are global ones: there is no coupling map, so no transpiler pass routes or
    places. Where a qubit lives and what each machine's own gates make of an operation is settled
    afterwards, by `interlace.distribute`.

    Args:
        num_qubits: data qubits of all machines together.
        description: what the target calls itself.
    """
    target = Target(description=description, num_qubits=num_qubits)
    known = get_standard_gate_name_mapping()
    for name in GATES:
        target.add_instruction(known[name], name=name)
    target.add_instruction(Measure())
    target.add_instruction(Reset())
    return target
