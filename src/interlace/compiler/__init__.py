"""A circuit and a network become a checked plan."""

from interlace.compiler.assignment import CrowdedMachineError, assigned_qubits
from interlace.compiler.check import CheckFailure, check_plan
from interlace.compiler.costs import OpCosts, op_costs, qubit_noise
from interlace.compiler.distributor import Programs, distribute, programs_of
from interlace.compiler.files import load_plan, parse_plan, plan_document, save_plan
from interlace.compiler.local import localise
from interlace.compiler.lowering import lower
from interlace.compiler.merging import merge
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
from interlace.compiler.qasm import to_qasm3
from interlace.compiler.timing import Timing, critical_path, time_ops

__all__ = [
    "NONE",
    "Axis",
    "Block",
    "Branch",
    "CellRegister",
    "CheckFailure",
    "CheckReport",
    "CrowdedMachineError",
    "Executable",
    "JointProgram",
    "MachineProgram",
    "OpCosts",
    "PairTable",
    "Placement",
    "Plan",
    "Programs",
    "Role",
    "StepKind",
    "StepTable",
    "Timing",
    "assigned_qubits",
    "check_plan",
    "critical_path",
    "distribute",
    "load_plan",
    "localise",
    "lower",
    "merge",
    "op_costs",
    "parse_plan",
    "plan_document",
    "programs_of",
    "qubit_noise",
    "save_plan",
    "time_ops",
    "to_qasm3",
]
