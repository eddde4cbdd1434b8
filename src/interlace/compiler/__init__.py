"""A circuit and a network become a checked plan."""

from interlace.compiler.plan import (
    NONE,
    Axis,
    Block,
    Branch,
    CellRegister,
    CheckReport,
    PairTable,
    Placement,
    Plan,
    Role,
    StepKind,
    StepTable,
)
from interlace.compiler.program import Executable, JointProgram, MachineProgram

__all__ = [
    "NONE",
    "Axis",
    "Block",
    "Branch",
    "CellRegister",
    "CheckReport",
    "Executable",
    "JointProgram",
    "MachineProgram",
    "PairTable",
    "Placement",
    "Plan",
    "Role",
    "StepKind",
    "StepTable",
]
