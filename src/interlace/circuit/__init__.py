"""Circuits as flat arrays, the gates they are made of, and the files they come in."""

from interlace.circuit.cliffords import clifford, is_clifford
from interlace.circuit.convert import from_qiskit, to_qiskit
from interlace.circuit.definitions import expand, expand_elementary
from interlace.circuit.files import load_circuit, parse_circuit
from interlace.circuit.gates import GATES, Gate, GateColumns, gate_columns
from interlace.circuit.matrices import matrix
from interlace.circuit.model import Circuit
from interlace.circuit.ops import NO_BIT, Op, OpTable, OpTableBuilder, Register
from interlace.circuit.splice import distinct_gates, spliced
from interlace.circuit.words import gate_text

__all__ = [
    "GATES",
    "NO_BIT",
    "Circuit",
    "Gate",
    "GateColumns",
    "Op",
    "OpTable",
    "OpTableBuilder",
    "Register",
    "clifford",
    "distinct_gates",
    "expand",
    "expand_elementary",
    "from_qiskit",
    "gate_columns",
    "gate_text",
    "is_clifford",
    "load_circuit",
    "matrix",
    "parse_circuit",
    "spliced",
    "to_qiskit",
]
