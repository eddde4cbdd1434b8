"""SWAP insertion on one device, in the order of the program.

Theory of operation
-------------------
Cells sit on device qubits; a SWAP exchanges what two neighbouring qubits hold.
Rows are taken in order. A gate of two cells needs them side by side: as long as
they are not, one SWAP after the other is chosen among those that bring the two
nearer to each other, so that the loop ends. Of those the one is taken that
serves the next gates best: each candidate is scored by its own weight (SWAPs on
bad couplers weigh more) plus the change in weighted distance of the gates in a
window ahead, after Li, Ding and Xie (10.1145/3297858.3304023).

Communication cells have a fixed device qubit, their *home*, at each `ebit`.
Between its last operation and the reset before its next `ebit` a cell is *dead*:
what it holds does not matter. The reset takes place at home: whatever lives there
is moved out first, by bringing the nearest dead qubit in, SWAP by SWAP. The two
labels then change places without a gate. A live cell that enters a home which is
still to be used costs a SWAP later, and keeps the next pair from being made
meanwhile: such SWAPs score worse.

Every step looks at a window of fixed length, so the work grows linearly with
the rows (and with the SWAPs). The loops stand in `swapping`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from interlace.circuit import OpTable
from interlace.compiler.coupling import Coupling
from interlace.compiler.plan import NONE
from interlace.compiler.swap_state import (
    EBIT,
    GOES_HOME,
    MOST_ENTRIES,
    OTHER,
    RESET,
    ROW,
    SWAPS,
    Routing,
    TaskColumns,
)
from interlace.compiler.swapping import NOT_JOINED, read_task, route
from interlace.kernel import IntArray
from interlace.units import Ratio

__all__ = ["Routed", "Task", "routed"]

_ROOM = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """The rows of one machine, read for what routing needs to know.

    Attributes:
        ops: operations; operands are cells.
        homes: device qubit of each communication cell.
        cells: the cells that act or have a home, ascending; `columns` counts through them.
        columns: when each cell lives and comes home.
        stops: rows at which something may have to move, ascending.
    """

    ops: OpTable
    homes: Mapping[int, int]
    cells: IntArray
    columns: TaskColumns
    stops: IntArray

    @staticmethod
    def of(ops: OpTable, homes: Mapping[int, int]) -> Task:
        """Find out when each cell lives."""
        cells = np.union1d(ops.operands, np.array(sorted(homes), dtype=np.int64))
        home = np.full(len(cells), NONE, dtype=np.int64)
        home[np.searchsorted(cells, list(homes))] = list(homes.values())
        kinds = [RESET if n == "reset" else EBIT if n == "ebit" else OTHER for n in ops.names]
        columns = TaskColumns(
            start=ops.start,
            operands=np.searchsorted(cells, ops.operands),
            kind=np.array(kinds, dtype=np.int8)[ops.gate],
            home=home,
            comes_home=np.zeros(len(ops), dtype=np.bool_),
            dies=np.zeros(len(ops.operands), dtype=np.bool_),
            is_dead=np.zeros(len(cells), dtype=np.bool_),
            last_return=np.full(len(cells), NONE, dtype=np.int64),
        )
        read_task(columns, np.zeros(len(cells), dtype=np.int64))
        stops = np.flatnonzero(columns.comes_home | (np.diff(ops.start) > 1))
        return Task(ops=ops, homes=homes, cells=cells, columns=columns, stops=stops)


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """A task carried out on a device.

    Attributes:
        place: device qubit of every cell at the end.
        where: device qubit of each of the task's operands when its row happens, shape (N,).
        swap: row before which each SWAP happens and its two qubits, in order, shape (3, S).
        weight: sum of the weights of the SWAPs.
    """

    place: Mapping[int, int]
    where: IntArray
    swap: IntArray
    weight: Ratio


def routed(task: Task, coupling: Coupling, place: Mapping[int, int]) -> Routed:
    """Route every row.

    Args:
        task: what to do.
        coupling: the device's couplings.
        place: device qubit of every cell at the start, at least of the task's.

    Raises:
        InfeasibleError: two cells must meet that no path of couplings joins.
    """
    acting = task.cells.tolist()
    cells = [*acting, *sorted(place.keys() - set(acting))]
    start = np.array([place[cell] for cell in cells], dtype=np.int64)
    state = _fresh(task, coupling, start, _ROOM)
    broken = route(task.columns, task.stops, coupling.lattice, state)
    if int(state.tally[SWAPS]) > _ROOM:
        state = _fresh(task, coupling, start, int(state.tally[SWAPS]))
        broken = route(task.columns, task.stops, coupling.lattice, state)
    if broken == NOT_JOINED:
        row, here, there = state.tally[ROW:].tolist()
        name = "ebit" if task.columns.comes_home[row] else task.ops.names[task.ops.gate[row]]
        raise coupling.refusal(here, there, name)
    return Routed(
        place=dict(zip(cells, state.place.tolist(), strict=True)),
        where=state.where,
        swap=state.swap[:, : int(state.tally[SWAPS])],
        weight=float(state.weight[0]),
    )


def _fresh(task: Task, coupling: Coupling, start: IntArray, room: int) -> Routing:
    """The cells put down; room for so many SWAPs."""
    at = np.full(coupling.device.qubits, NONE, dtype=np.int64)
    at[start] = np.arange(len(start))
    guest_of = np.full(len(at), NONE, dtype=np.int64)
    has_home = np.flatnonzero(task.columns.home != NONE)
    guest_of[task.columns.home[has_home]] = has_home
    is_dead = np.zeros(len(start), dtype=np.bool_)
    is_dead[: len(task.cells)] = task.columns.is_dead
    chain = np.full((3, len(start)), NONE, dtype=np.int64)
    chain[GOES_HOME] = 0
    return Routing(
        place=start.copy(),
        at=at,
        guest_of=guest_of,
        is_dead=is_dead,
        where=np.empty(len(task.ops.operands), dtype=np.int64),
        swap=np.empty((3, room), dtype=np.int64),
        tally=np.zeros(5, dtype=np.int64),
        weight=np.zeros(1),
        chain=chain,
        entry=np.empty((4, MOST_ENTRIES), dtype=np.int64),
        share=np.empty(MOST_ENTRIES),
    )
