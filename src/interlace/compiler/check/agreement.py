"""What must agree when the same Paulis were pulled back through two programs."""

from __future__ import annotations

import numpy as np

from interlace.circuit import NO_BIT
from interlace.compiler.check.cells import Cells
from interlace.compiler.check.failure import refuse
from interlace.compiler.check.pullback import (
    EVENT_MEASURE,
    EVENT_RESET,
    PROBED,
    Drawn,
    Image,
    Rows,
    pull,
)
from interlace.compiler.check.sides import Side, where
from interlace.compiler.plan import NONE, Plan
from interlace.compiler.program import JointProgram

__all__ = ["agree"]


def agree(plan: Plan, joint: JointProgram, sides: tuple[Side, Side], drawn: Drawn) -> None:
    """Pull the drawn Paulis back through circuit and joint program and compare what comes out.

    Raises:
        CheckFailure: they differ; names the last operation from which on they do.
    """
    _check_conditions(joint)
    wanted, found = (
        pull(side.rows, drawn, places=side.end, size=side.size, bits=side.bits) for side in sides
    )
    rows = sides[1].rows
    worst = max(found.lost_row, _last_difference(rows, wanted, found))
    if worst == found.lost_row != NONE:
        refuse(
            where(joint, worst),
            "would disturb a qubit, or what hangs on its outcome is not corrected",
        )
    if worst != NONE:
        refuse(
            where(joint, worst),
            "from here on, the joint program does not do to the circuit's qubits what the "
            "circuit does (Paulis pulled back through both differ)",
        )
    _compare_starts(plan, joint, sides[1], wanted, found)


def _check_conditions(joint: JointProgram) -> None:
    """Corrections read internal bits: the circuit's own are kept as they are."""
    ops = joint.ops
    wrong = (ops.condition != NO_BIT) & (ops.condition < joint.num_program_bits)
    if wrong.any():
        refuse(where(joint, int(np.argmax(wrong))), "must read an internal bit, not the circuit's")


def _last_difference(rows: Rows, wanted: Image, found: Image) -> int:
    """The last row at which events or probes differ, or -1."""
    events = (wanted.event_x != found.event_x) | (wanted.event_z != found.event_z)
    probes = (wanted.control_z != found.control_z).reshape(-1, 2).any(axis=1)
    is_event = np.isin(rows.kind, (EVENT_MEASURE, EVENT_RESET))
    wrong = np.zeros(len(rows.kind), dtype=np.bool_)
    wrong[is_event] = events[rows.event[is_event]]
    if probes.any():
        before = np.concatenate([[0], np.cumsum(probes)])
        size = rows.end - rows.begin
        probed = rows.kind == PROBED
        first = rows.probe[probed]
        wrong[probed] = before[first + size[probed]] > before[first]
    return int(np.flatnonzero(wrong)[-1]) if wrong.any() else NONE


def _compare_starts(
    plan: Plan, joint: JointProgram, side: Side, wanted: Image, found: Image
) -> None:
    wrong = (found.x[side.start] != wanted.x) | (found.z[side.start] != wanted.z)
    cells = Cells.of(joint.registers)
    if wrong.any():
        qubit = int(np.argmax(wrong))
        refuse(
            "joint program",
            f"does not do to {plan.circuit.qubit_label(qubit)}, which starts on "
            f"{cells.label(int(side.start[qubit]))}, what the circuit does",
        )
    rest = (found.x | found.z) != 0
    rest[side.start] = False
    if rest.any():
        refuse(
            "joint program",
            f"depends on what {cells.label(int(np.argmax(rest)))} holds at the start",
        )
    own = len(wanted.bits)
    if (wanted.bits != found.bits[:own]).any() or found.bits[own:].any():
        refuse("joint program", "reads a bit before it is written, or writes another bit")
    if wanted.sign != found.sign:
        refuse("joint program", "differs from the circuit by the sign of a Pauli")
