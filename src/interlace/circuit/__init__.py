"""Circuits as flat arrays, the gates they are made of, and the files they come in."""

from interlace.circuit.gates import GATES, Gate
from interlace.circuit.model import Circuit
from interlace.circuit.ops import NO_BIT, Op, OpTable, OpTableBuilder, Register

__all__ = ["GATES", "NO_BIT", "Circuit", "Gate", "Op", "OpTable", "OpTableBuilder", "Register"]
