"""Plans written by hand, step by step."""

from __future__ import annotations

import dataclasses
import itertools
from dataclasses import dataclass, field

import numpy as np

from interlace.circuit import NO_BIT, Circuit, Op, OpTable, Register
from interlace.compiler import (
    NONE,
    Axis,
    Block,
    CellRegister,
    JointProgram,
    PairTable,
    Placement,
    Plan,
    Role,
    StepKind,
    StepTable,
    lower,
)
from interlace.network import Network, make_network


def circuit(qubits: int, *ops: Op, clbits: int = 0) -> Circuit:
    return Circuit(
        name="by hand",
        qubit_registers=(Register(name="q", size=qubits),),
        clbit_registers=(Register(name="c", size=clbits),) if clbits else (),
        ops=OpTable.of(ops),
    )


def op(name: str, *operands: int, params: tuple[float, ...] = (), clbit: int = NO_BIT) -> Op:
    return Op(name=name, operands=operands, params=params, clbit=clbit)


@dataclass(frozen=True)
class Step:
    """One row of a step table, by name."""

    kind: StepKind
    cells: tuple[int, ...]
    gate: str | None = None
    source: int = NONE
    packet: int = NONE
    axis: Axis = Axis.NONE
    params: tuple[float, ...] = ()
    bits: tuple[int, ...] = ()
    condition: int = NONE
    clbit: int = NONE
    node: int | None = None


@dataclass
class Draft:
    """Collects steps. Cells: for each machine its data cells, then its communication cells."""

    circuit: Circuit
    network: Network
    data: tuple[int, ...]
    communication: tuple[int, ...]
    steps: list[Step] = field(default_factory=list)
    pairs: list[tuple[int, int, int, int]] = field(default_factory=list)
    moves: list[tuple[int, int, int]] = field(default_factory=list)
    num_bits: int = 0

    @staticmethod
    def line(
        of: Circuit, data: tuple[int, ...], communication: tuple[int, ...], qubits: int = 6
    ) -> Draft:
        net = make_network(
            "line",
            str(len(data)),
            device=f"ideal:{qubits}",
            communication_qubits=max(communication),
        )
        return Draft(of, net, data, communication)

    def data_cell(self, node: int, index: int = 0) -> int:
        return sum(self.data[:node]) + sum(self.communication[:node]) + index

    def comm_cell(self, node: int, index: int = 0) -> int:
        return self.data_cell(node) + self.data[node] + index

    def node_of(self, cell: int) -> int:
        ends = np.cumsum(np.add(self.data, self.communication))
        return int(np.searchsorted(ends, cell, side="right"))

    def bit(self) -> int:
        self.num_bits += 1
        return self.num_bits - 1

    def pair(self, first: int, second: int) -> None:
        """An ebit on the link between the two cells' nodes, used by the next step."""
        link = self.network.link_index(f"m{self.node_of(first)}--m{self.node_of(second)}")
        self.pairs.append((link, first, second, len(self.steps)))

    def add(self, kind: StepKind, *cells: int, **columns) -> None:
        self.steps.append(Step(kind, cells, **columns))

    def gate(self, source: int, *cells: int) -> None:
        its = self.circuit.ops[source]
        self.add(StepKind.GATE, *cells, gate=its.name, source=source, params=its.params)

    def measure(self, source: int, cell: int) -> None:
        self.add(StepKind.MEASURE, cell, source=source, clbit=self.circuit.ops[source].clbit)

    def correct(self, gate: str, cell: int, bit: int, packet: int = NONE) -> None:
        self.add(StepKind.CORRECT, cell, gate=gate, condition=bit, packet=packet)

    def open(self, root: int, near: int, far: int, packet: int, axis: Axis) -> None:
        bit = self.bit()
        self.add(StepKind.OPEN, root, near, packet=packet, axis=axis, bits=(bit,))
        self.correct("x" if axis == Axis.Z else "z", far, bit, packet)

    def close(self, copy: int, root: int, packet: int, axis: Axis) -> None:
        bit = self.bit()
        self.add(StepKind.CLOSE, copy, packet=packet, axis=axis, bits=(bit,))
        self.correct("z" if axis == Axis.Z else "x", root, bit, packet)

    def swap(self, left: int, right: int, far: int) -> None:
        bits = (self.bit(), self.bit())
        self.add(StepKind.SWAP, left, right, bits=bits)
        self.correct("x", far, bits[1])
        self.correct("z", far, bits[0])

    def move(self, qubit: int, source: int, near: int, far: int) -> None:
        bits = (self.bit(), self.bit())
        self.add(StepKind.MOVE, source, near, bits=bits)
        self.moves.append((qubit, far, len(self.steps)))
        self.correct("x", far, bits[1])
        self.correct("z", far, bits[0])

    def relocate(self, qubit: int, source: int, target: int) -> None:
        self.add(StepKind.GATE, source, target, gate="swap")
        self.moves.append((qubit, target, len(self.steps)))

    def build(self, *start: int) -> Plan:
        """The plan, with each circuit qubit on its starting cell."""
        return Plan(
            circuit=self.circuit,
            network=self.network,
            registers=self._registers(),
            placement=self._placement(start),
            pairs=PairTable(
                **{
                    name: np.array([pair[i] for pair in self.pairs], dtype=np.int64)
                    for i, name in enumerate(("link", "first_cell", "second_cell", "step"))
                }
            ),
            steps=step_table(
                [
                    step
                    if step.node is not None
                    else dataclasses.replace(step, node=self.node_of(step.cells[0]))
                    for step in self.steps
                ]
            ),
            blocks=(Block(start=0, stop=len(self.steps)),),
            num_bits=self.num_bits,
            min_fidelity=None,
            seed=1,
        )

    def _registers(self) -> tuple[CellRegister, ...]:
        found = []
        for node, (data, comm) in enumerate(zip(self.data, self.communication, strict=True)):
            machine = self.network.machines[node]
            name = machine.name
            if data:
                found.append(
                    CellRegister(name=f"{name}_data", node=node, role=Role.DATA, size=data)
                )
            if comm:
                found.append(
                    CellRegister(
                        name=f"{name}_comm",
                        node=node,
                        role=Role.COMMUNICATION,
                        size=comm,
                        device_qubits=machine.communication[:comm],
                    )
                )
        return tuple(found)

    def _placement(self, start: tuple[int, ...]) -> Placement:
        rows = []
        for qubit, cell in enumerate(start):
            stops = [(0, cell)] + [(at, to) for q, to, at in self.moves if q == qubit]
            for (begin, where), after in itertools.zip_longest(stops, stops[1:]):
                rows.append((qubit, where, begin, after[0] if after else len(self.steps)))
        return Placement(
            **{
                name: np.array([row[i] for row in rows], dtype=np.int64)
                for i, name in enumerate(("qubit", "cell", "from_step", "to_step"))
            }
        )


def step_table(steps: list[Step]) -> StepTable:
    names = tuple(dict.fromkeys(step.gate for step in steps if step.gate is not None))

    def column(name: str) -> np.ndarray:
        return np.array([int(getattr(step, name)) for step in steps], dtype=np.int64)

    def offsets(name: str) -> np.ndarray:
        sizes = [len(getattr(step, name)) for step in steps]
        return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)

    def values(name: str, kind: type) -> np.ndarray:
        return np.array([value for step in steps for value in getattr(step, name)], dtype=kind)

    return StepTable(
        names=names,
        kind=column("kind"),
        node=column("node"),
        gate=np.array(
            [NONE if step.gate is None else names.index(step.gate) for step in steps],
            dtype=np.int64,
        ),
        source=column("source"),
        packet=column("packet"),
        axis=column("axis"),
        cell_start=offsets("cells"),
        cells=values("cells", np.int64),
        param_start=offsets("params"),
        params=values("params", np.float64),
        bit_start=offsets("bits"),
        bits=values("bits", np.int64),
        condition=column("condition"),
        clbit=column("clbit"),
        start_s=np.zeros(len(steps)),
        duration_s=np.zeros(len(steps)),
    )


def steps_of(plan: Plan) -> list[Step]:
    """A plan's steps, one by one."""
    steps = plan.steps
    return [
        Step(
            kind=StepKind(int(steps.kind[i])),
            cells=steps.cells_of(i),
            gate=None if steps.gate[i] == NONE else steps.names[steps.gate[i]],
            source=int(steps.source[i]),
            packet=int(steps.packet[i]),
            axis=Axis(int(steps.axis[i])),
            params=steps.params_of(i),
            bits=steps.bits_of(i),
            condition=int(steps.condition[i]),
            clbit=int(steps.clbit[i]),
            node=int(steps.node[i]),
        )
        for i in range(len(steps))
    ]


def with_ops(joint: JointProgram, rows: list[tuple[Op, int]]) -> JointProgram:
    """The joint program with other operations, each with its step."""
    return dataclasses.replace(
        joint,
        ops=OpTable.of(row[0] for row in rows),
        step=np.array([row[1] for row in rows], dtype=np.int64),
    )


def bell() -> tuple[Plan, JointProgram]:
    """H and CX over two machines, one packet along Z."""
    draft = Draft.line(circuit(2, op("h", 0), op("cx", 0, 1)), (1, 1), (1, 1))
    draft.gate(0, 0)
    draft.pair(1, 3)
    draft.open(0, 1, 3, 0, Axis.Z)
    draft.gate(1, 3, 2)
    draft.close(3, 0, 0, Axis.Z)
    plan = draft.build(0, 2)
    return plan, lower(plan)


def x_packet() -> tuple[Plan, JointProgram]:
    """Two CX onto the same target far away: one packet along X, and an rx on the root."""
    ops = (op("cx", 1, 0), op("rx", 0, params=(0.3,)), op("cx", 2, 0), op("h", 0))
    draft = Draft.line(circuit(3, *ops), (1, 2), (1, 1))
    draft.pair(1, 4)
    draft.open(0, 1, 4, 7, Axis.X)
    draft.gate(0, 2, 4)
    draft.gate(1, 0)
    draft.gate(2, 3, 4)
    draft.close(4, 0, 7, Axis.X)
    draft.gate(3, 0)
    plan = draft.build(0, 2, 3)
    return plan, lower(plan)


def swapped() -> tuple[Plan, JointProgram]:
    """CP between the ends of a line of four machines: two swaps, corrections at the far end."""
    draft = Draft.line(circuit(2, op("cp", 0, 1, params=(0.7,))), (1, 0, 0, 1), (1, 2, 2, 1))
    a, far = draft.comm_cell(0), draft.comm_cell(3)
    draft.pair(a, draft.comm_cell(1, 0))
    draft.pair(draft.comm_cell(1, 1), draft.comm_cell(2, 0))
    draft.swap(draft.comm_cell(1, 0), draft.comm_cell(1, 1), draft.comm_cell(2, 0))
    draft.pair(draft.comm_cell(2, 1), far)
    draft.swap(draft.comm_cell(2, 0), draft.comm_cell(2, 1), far)
    draft.open(draft.data_cell(0), a, far, 0, Axis.Z)
    draft.gate(0, far, draft.data_cell(3))
    draft.close(far, draft.data_cell(0), 0, Axis.Z)
    plan = draft.build(draft.data_cell(0), draft.data_cell(3))
    return plan, lower(plan)


def moved() -> tuple[Plan, JointProgram]:
    """A qubit is teleported, relocated, works there, and goes on to a third machine."""
    ops = (op("u", 0, params=(0.3, 0.4, 0.5)), op("iswap", 0, 1), op("ch", 2, 0))
    draft = Draft.line(circuit(3, *ops), (1, 2, 1), (1, 2, 1))
    first, second, third = (draft.data_cell(node) for node in range(3))
    draft.gate(0, first)
    draft.pair(draft.comm_cell(0), draft.comm_cell(1))
    draft.move(0, first, draft.comm_cell(0), draft.comm_cell(1))
    draft.relocate(0, draft.comm_cell(1), second + 1)
    draft.gate(1, second + 1, second)
    draft.pair(draft.comm_cell(1, 1), draft.comm_cell(2))
    draft.move(0, second + 1, draft.comm_cell(1, 1), draft.comm_cell(2))
    draft.gate(2, third, draft.comm_cell(2))
    plan = draft.build(first, second, third)
    return plan, lower(plan)


def measured() -> tuple[Plan, JointProgram]:
    """Measurement through a copy, a reset and reuse in the middle; two registers' bits."""
    ops = (
        op("cz", 0, 1),
        op("measure", 0, clbit=1),
        op("reset", 0),
        op("h", 0),
        op("cx", 1, 0),
        op("measure", 1, clbit=0),
        op("measure", 0, clbit=1),
    )
    draft = Draft.line(circuit(2, *ops, clbits=2), (1, 1), (1, 1))
    draft.pair(1, 3)
    draft.open(0, 1, 3, 0, Axis.Z)
    draft.gate(0, 3, 2)
    draft.measure(1, 3)
    draft.close(3, 0, 0, Axis.Z)
    draft.gate(2, 0)
    draft.gate(3, 0)
    draft.pair(1, 3)
    draft.open(0, 1, 3, 1, Axis.X)
    draft.gate(4, 2, 3)
    draft.close(3, 0, 1, Axis.X)
    draft.measure(5, 2)
    draft.measure(6, 0)
    plan = draft.build(0, 2)
    return plan, lower(plan)


BY_HAND = {"bell": bell, "x packet": x_packet, "swaps": swapped, "moves": moved, "bits": measured}
