"""The compiled program: a value that carries its circuit and its network.

Theory of operation
-------------------
A plan places every qubit of the circuit on a *cell* and orders *steps*.

A **cell** is one qubit of the joint program: a data slot or a communication
qubit of a node. Cells are numbered through `Plan.registers` in order.

A **pair** is one ebit on one link: it occupies a communication cell at both
ends from its generation to the step that ends each half.

A **packet** is one cat-entangler: a copy of a root qubit along a Pauli axis
that stays open on another machine while gates use it.

A **step** is a row of `StepTable`; the kinds and what each means (cells in
this order; bits are internal classical bits, written in this order):

=========  ==================  =====  ==========================================================
kind       cells               bits   what happens
=========  ==================  =====  ==========================================================
OPEN       root, near          1      axis Z: CX root,near; measure near.
                                      axis X: CX near,root; H near; measure near.
                                      Ends the near half; the far half is the copy once corrected.
GATE       operands            0      gate `names[gate]` with its params; an operand may be an open
                                      copy. `reset` is a GATE too.
CLOSE      copy                1      axis Z: H copy; measure copy. axis X: measure copy.
MOVE       from, near          2      state teleportation: CX from,near; H from; measure from, near.
                                      The qubit lives on in the far half once corrected.
SWAP       left, right         2      Bell-state measurement at an inner node: CX left,right;
                                      H left; measure left, right.
DISTIL     kept, spent (a), .. 2      two pairs to one; reserved, no pass emits it yet.
MEASURE    cell                0      the program's own measurement; writes program bit `clbit`.
CORRECT    cell                0      X or Z (column `gate`) on the cell if `condition` is 1.
=========  ==================  =====  ==========================================================

Corrections that belong to each step (the checker asks for every one of them,
before the corrected cell is next used by anything but another correction):

- OPEN, axis Z: X on the far half if its bit is 1; axis X: Z on the far half.
- CLOSE, axis Z: Z on the root if its bit is 1; axis X: X on the root.
- MOVE: on the far half, X if bit 1 (near) is 1, Z if bit 0 (from) is 1.
- SWAP: on the far end of the joined pair, X if bit 1 (right) is 1, Z if bit 0 (left) is 1.

A pair's two cells are reset and joined by `ebit` right before the first step
that uses the pair.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import IntEnum

from interlace.circuit import Circuit
from interlace.kernel import FloatArray, IntArray, content_id
from interlace.network import Network
from interlace.units import Fidelity, Probability, Seconds

__all__ = [
    "NONE",
    "Axis",
    "Block",
    "Branch",
    "CellRegister",
    "CheckReport",
    "PairTable",
    "Placement",
    "Plan",
    "Role",
    "StepKind",
    "StepTable",
]

NONE = -1
"""In an index column: no such thing."""


class StepKind(IntEnum):
    """What a step does."""

    OPEN = 0
    GATE = 1
    CLOSE = 2
    MOVE = 3
    SWAP = 4
    DISTIL = 5
    MEASURE = 6
    CORRECT = 7


class Axis(IntEnum):
    """The Pauli along which a packet copies its root."""

    NONE = 0
    X = 1
    Z = 3


class Role(IntEnum):
    """What a cell is for."""

    DATA = 0
    COMMUNICATION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRegister:
    """A run of cells: `<node>_data` or `<node>_comm`, only cells that are used.

    Attributes:
        device_qubits: for communication cells the device qubit of each (beyond the device's own
            where they are unlimited); empty for data cells, which local layout places.
    """

    name: str
    node: int
    role: Role
    size: int
    device_qubits: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PairTable:
    """Ebits, one row a link pair, in the order in which they are asked for; shape (P,) each.

    Attributes:
        link: link index in `Network.links`.
        first_cell: communication cell at the link's first end.
        second_cell: communication cell at the link's second end.
        step: the first step that uses the pair.
    """

    link: IntArray
    first_cell: IntArray
    second_cell: IntArray
    step: IntArray

    def __len__(self) -> int:
        return len(self.link)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where each qubit lives, by interval of steps [from_step, to_step); one row an interval."""

    qubit: IntArray
    cell: IntArray
    from_step: IntArray
    to_step: IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTable:
    """Steps as columns; n rows. See the module's table for what each kind uses.

    Attributes:
        kind: a `StepKind`.
        node: node index where the step is carried out.
        gate: code into `names` (GATE, CORRECT), else `NONE`.
        source: row of the circuit's `ops` that this step carries out, or helps to carry out
            when an operation was expanded (GATE, MEASURE), else `NONE`. A GATE `swap` with
            source `NONE` relocates a qubit between two cells of one machine.
        packet: packet number (OPEN, its CORRECT, CLOSE, its CORRECT), else `NONE`.
        axis: an `Axis`, of the packet (OPEN, CLOSE).
        cell_start, cells: CSR of cells.
        param_start, params: CSR of gate parameters [rad].
        bit_start, bits: CSR of internal bits written.
        condition: internal bit read by CORRECT, else `NONE`.
        clbit: program bit written by MEASURE, else `NONE`.
        start_s: expected start, with every link at its mean waiting time [s].
        duration_s: expected duration [s].
    """

    names: tuple[str, ...]
    kind: IntArray
    node: IntArray
    gate: IntArray
    source: IntArray
    packet: IntArray
    axis: IntArray
    cell_start: IntArray
    cells: IntArray
    param_start: IntArray
    params: FloatArray
    bit_start: IntArray
    bits: IntArray
    condition: IntArray
    clbit: IntArray
    start_s: FloatArray
    duration_s: FloatArray

    def __len__(self) -> int:
        return len(self.kind)

    def cells_of(self, step: int) -> tuple[int, ...]:
        """The cells of one step."""
        return tuple(self.cells[self.cell_start[step] : self.cell_start[step + 1]].tolist())

    def params_of(self, step: int) -> tuple[float, ...]:
        """The gate parameters of one step [rad]."""
        return tuple(self.params[self.param_start[step] : self.param_start[step + 1]].tolist())

    def bits_of(self, step: int) -> tuple[int, ...]:
        """The internal bits that one step writes."""
        return tuple(self.bits[self.bit_start[step] : self.bit_start[step + 1]].tolist())


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """Where to go at the end of a block, by the value of one program bit."""

    clbit: int
    if_one: int
    if_zero: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Steps [start, stop) in order, then a branch, or the next block if there is none."""

    start: int
    stop: int
    branch: Branch | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What was shown about a plan, and what was not.

    Attributes:
        rules: the rules that were verified (capacities, order, corrections, ...).
        method: strongest method that compared plan and circuit: `branches` (exact state on
            measurement branches), `stabilizer` (random Paulis pulled back through both, all gates
            Clifford), `contraction` (the same with probes in the place of the circuit's gates).
        shown: sentences, what holds.
        not_shown: sentences, what was not compared.
        false_acceptance: bound on the probability that a wrong plan passes by chance, or `None`
            where the method is deterministic.
    """

    rules: tuple[str, ...]
    method: str
    shown: tuple[str, ...]
    not_shown: tuple[str, ...]
    false_acceptance: Probability | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One circuit distributed over one network.

    Attributes:
        circuit: the input, as given.
        network: the network it was planned for.
        registers: the cells, in order.
        placement: where each circuit qubit lives, by interval of steps.
        pairs: the ebits.
        steps: the schedule.
        blocks: control flow over the steps; one block for now.
        num_bits: internal classical bits.
        min_fidelity: the bound asked for on every end-to-end pair, if any.
        seed: of the search.
        check: what was shown; `None` only on the way there.
        compile_s: measured time of the compilation; no part of `content_id`.
    """

    circuit: Circuit
    network: Network
    registers: tuple[CellRegister, ...]
    placement: Placement
    pairs: PairTable
    steps: StepTable
    blocks: tuple[Block, ...]
    num_bits: int
    min_fidelity: Fidelity | None
    seed: int
    check: CheckReport | None = None
    compile_s: Seconds = 0.0

    @property
    def num_cells(self) -> int:
        """Cells in all registers."""
        return sum(register.size for register in self.registers)

    def content_id(self) -> str:
        """What is computed, where and how; times and the check are left out."""
        bare = dataclasses.replace(
            self.steps, start_s=self.steps.start_s[:0], duration_s=self.steps.duration_s[:0]
        )
        return content_id(dataclasses.replace(self, steps=bare, check=None, compile_s=0.0))
