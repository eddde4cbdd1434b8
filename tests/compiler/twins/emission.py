"""From hosted rows to steps: open, use, close, move, swap, with every correction.

Theory of operation
-------------------
Rows are taken in the circuit's order. Before a row runs on its host, each copy
that it needs there is opened; a copy is closed after its last use. A machine
has a fixed pool of communication cells. When one is needed and none is free,
the open copy whose next use is farthest away is closed (Belady 1966) and will
be opened again: one more ebit, never a held-up machine. Every request can be
met because a row needs at most as many copies on its host as the host has
cells, and the root's side needs one cell for an instant.

An ebit between machines that are not neighbours takes one pair a hop; inner
nodes swap from the root's side outwards, each with two cells for an instant.

A *visit* replaces three or more packets in a row of one root to one machine by
two state teleportations, there and back, during which the qubit lives on a
communication cell of that machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.compiler.twins.columns import Cell, Emitted, Pair, Step, columns
from tests.compiler.twins.packets import Copy, Hosting
from tests.compiler.twins.visits import Visit, visits_of
from tests.compiler.twins.work import Row

from interlace.compiler.plan import NONE, Axis, Role, StepKind
from interlace.errors import InfeasibleError, InvariantError
from interlace.link import Link
from interlace.network import Network
from interlace.routing import Route

__all__ = ["Emission", "emit"]


@dataclass(slots=True)
class _Open:
    """A copy that is open: where, under which packet number, when it is used next."""

    cell: Cell
    packet: int
    uses: list[int]


@dataclass(slots=True)
class _Pool:
    """Communication cells of one node: free ones, longest free first."""

    node: int
    limit: int | None
    first_extra: int
    free: list[int]
    made: int = 0

    def take(self, wired: frozenset[int] | None) -> int | None:
        """A free cell that the link reaches, or a new one where they are unlimited."""
        for position, qubit in enumerate(self.free):
            if wired is None or qubit in wired:
                return self.free.pop(position)
        if self.limit is None:
            self.made += 1
            return self.first_extra + self.made - 1
        return None


@dataclass(slots=True)
class Emission:
    """The working state of one emission; `emit` is the way in."""

    network: Network
    links: Sequence[Link]
    route: Callable[[int, int], Route]
    rows: Sequence[Row]
    hosting: Hosting
    home: list[Cell]
    steps: list[Step] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    pools: list[_Pool] = field(default_factory=list)
    open: dict[Copy, _Open] = field(default_factory=dict)
    uses: dict[Copy, list[int]] = field(default_factory=dict)
    where: list[Cell] = field(default_factory=list)
    moves: list[list[tuple[int, Cell]]] = field(default_factory=list)
    visits: dict[int, list[Visit]] = field(default_factory=dict)
    visiting: dict[int, Visit] = field(default_factory=dict)
    num_bits: int = 0
    num_packets: int = 0

    def run(self) -> None:
        """Emit every row."""
        for index, row in enumerate(self.rows):
            self._start_visits(index, row)
            self._row(index, row)
            self._end_visits(index, row)
        for copy in list(self.open):
            self._close(copy)

    # -- rows ---------------------------------------------------------------------------------

    def _row(self, index: int, row: Row) -> None:
        host = self.hosting.host[index]
        used = self.hosting.copies[index]
        needed = [
            copy
            for copy, qubit in zip(used, row.qubits, strict=True)
            if copy is not None and self.where[qubit][0] != host
        ]
        for copy in needed:
            if copy not in self.open:
                self._open(copy, keep=needed)
        cells = tuple(
            self.open[copy].cell
            if copy is not None and self.where[qubit][0] != host
            else self.where[qubit]
            for copy, qubit in zip(used, row.qubits, strict=True)
        )
        node = cells[0][0]
        if any(cell[0] != node for cell in cells):
            msg = f"row {index} ({row.name}) was left on several machines"
            raise InvariantError(msg)
        if row.name == "measure":
            step = Step(StepKind.MEASURE, node, cells, source=row.source, clbit=row.clbit)
        else:
            step = Step(
                StepKind.GATE, node, cells, gate=row.name, params=row.params, source=row.source
            )
        self.steps.append(step)
        for copy in dict.fromkeys(copy for copy in used if copy is not None):
            uses = self.uses[copy]
            while uses and uses[0] <= index:
                uses.pop(0)
            if not uses and copy in self.open:
                self._close(copy)

    # -- copies -------------------------------------------------------------------------------

    def _open(self, copy: Copy, *, keep: Sequence[Copy]) -> None:
        (root, axis, _), host = copy
        near, far = self._ebit(self.where[root][0], host, keep=keep)
        packet = self.num_packets
        self.num_packets += 1
        bit = self._bit()
        self._use_pairs()
        self.steps.append(
            Step(
                StepKind.OPEN,
                near[0],
                (self.where[root], near),
                packet=packet,
                axis=axis,
                bits=(bit,),
            )
        )
        self._correct(far, "x" if axis is Axis.Z else "z", bit, packet=packet)
        self._free(near)
        self.open[copy] = _Open(cell=far, packet=packet, uses=self.uses[copy])

    def _close(self, copy: Copy) -> None:
        (root, axis, _), _ = copy
        was = self.open.pop(copy)
        bit = self._bit()
        self.steps.append(
            Step(
                StepKind.CLOSE,
                was.cell[0],
                (was.cell,),
                packet=was.packet,
                axis=axis,
                bits=(bit,),
            )
        )
        gate = "z" if axis is Axis.Z else "x"
        self._correct(self.where[root], gate, bit, packet=was.packet)
        self._free(was.cell)

    def _correct(self, cell: Cell, gate: str, bit: int, *, packet: int = NONE) -> None:
        self.steps.append(
            Step(StepKind.CORRECT, cell[0], (cell,), gate=gate, condition=bit, packet=packet)
        )

    # -- pairs --------------------------------------------------------------------------------

    def _ebit(self, source: int, target: int, *, keep: Sequence[Copy]) -> tuple[Cell, Cell]:
        """A pair between two machines; swaps are emitted, its end cells returned."""
        route = self.route(source, target)
        hops: list[tuple[Cell, Cell]] = []
        held: list[Cell] = []
        for position, link in enumerate(route.links):
            a, b = route.nodes[position], route.nodes[position + 1]
            cell_a = self._comm(a, link, keep=keep, held=held)
            held.append(cell_a)
            cell_b = self._comm(b, link, keep=keep, held=held)
            held.append(cell_b)
            hops.append((cell_a, cell_b))
        first = len(self.pairs)
        for (cell_a, cell_b), link in zip(hops, route.links, strict=True):
            forward = self.links[link].ends[0] == cell_a[0]
            self.pairs.append(
                Pair(link, cell_a if forward else cell_b, cell_b if forward else cell_a, NONE)
            )
        near, far = hops[0]
        for position in range(1, len(hops)):
            left, (right, end) = far, hops[position]
            for pair in self.pairs[first : first + position + 1]:
                if pair.step == NONE:
                    pair.step = len(self.steps)
            bits = (self._bit(), self._bit())
            self.steps.append(Step(StepKind.SWAP, left[0], (left, right), bits=bits))
            self._correct(end, "x", bits[1])
            self._correct(end, "z", bits[0])
            self._free(left)
            self._free(right)
            far = end
        return near, far

    def _use_pairs(self) -> None:
        """The next step is the first to use the pairs that no step has used yet."""
        for pair in reversed(self.pairs):
            if pair.step != NONE:
                break
            pair.step = len(self.steps)

    def _comm(self, node: int, link: int, *, keep: Sequence[Copy], held: Sequence[Cell]) -> Cell:
        """A communication cell of the node that the link reaches; may close a copy to get one."""
        spec = self.network.links[link]
        end = 0 if self.links[link].ends[0] == node else 1
        wiring = spec.wired[end]
        wired = None if wiring is None else frozenset(wiring)
        pool = self.pools[node]
        while (qubit := pool.take(wired)) is None:
            victim = self._victim(node, wired, keep)
            if victim is None:
                busy = len(held)
                name = self.network.nodes[node].name
                msg = (
                    f"{name} has too few communication qubits for link {spec.name}: "
                    f"{pool.limit} in all, and this step holds {busy} along its route; "
                    f"give {name} more communication qubits"
                )
                raise InfeasibleError(msg)
            self._close(victim)
        return (node, Role.COMMUNICATION, qubit)

    def _victim(self, node: int, wired: frozenset[int] | None, keep: Sequence[Copy]) -> Copy | None:
        """The open copy on the node whose next use is farthest away."""
        options = [
            (was.uses[0] if was.uses else len(self.rows), copy)
            for copy, was in self.open.items()
            if was.cell[0] == node and copy not in keep and (wired is None or was.cell[2] in wired)
        ]
        return max(options, key=lambda option: option[0])[1] if options else None

    def _free(self, cell: Cell) -> None:
        if cell[1] is Role.COMMUNICATION:
            self.pools[cell[0]].free.append(cell[2])

    def _bit(self) -> int:
        self.num_bits += 1
        return self.num_bits - 1

    # -- visits -------------------------------------------------------------------------------

    def _start_visits(self, index: int, row: Row) -> None:
        for visit in self.visits.get(index, []):
            if visit.qubit in row.qubits:
                for copy in [copy for copy in self.open if copy[0][0] == visit.qubit]:
                    self._close(copy)
                self._move(visit.qubit, visit.machine)
                self.visiting[visit.qubit] = visit

    def _end_visits(self, index: int, row: Row) -> None:
        for qubit in row.qubits:
            visit = self.visiting.get(qubit)
            if visit is not None and visit.last == index:
                del self.visiting[qubit]
                self._move(qubit, self.home[qubit][0])
                landed = self.where[qubit]
                self.steps.append(
                    Step(StepKind.GATE, landed[0], (landed, self.home[qubit]), gate="swap")
                )
                self._settle(qubit, self.home[qubit])
                self._free(landed)

    def _move(self, qubit: int, machine: int) -> None:
        source = self.where[qubit]
        near, far = self._ebit(source[0], machine, keep=())
        bits = (self._bit(), self._bit())
        self._use_pairs()
        self.steps.append(Step(StepKind.MOVE, near[0], (source, near), bits=bits))
        self._settle(qubit, far)
        self._correct(far, "x", bits[1])
        self._correct(far, "z", bits[0])
        self._free(near)
        self._free(source)

    def _settle(self, qubit: int, cell: Cell) -> None:
        self.where[qubit] = cell
        self.moves[qubit].append((len(self.steps), cell))


def emit(
    rows: Sequence[Row],
    hosting: Hosting,
    machine_of: Sequence[int],
    *,
    network: Network,
    links: Sequence[Link],
    route: Callable[[int, int], Route],
) -> Emitted:
    """Order the steps that carry the rows out.

    Args:
        rows: the working program.
        hosting: where each row runs and which copies it uses.
        machine_of: machine of each qubit.
        network: what exists.
        links: compiled, in the network's order.
        route: the path for an ebit between two machines.

    Raises:
        InfeasibleError: a node on a route has too few communication qubits.
    """
    home = _homes(machine_of)
    state = Emission(
        network=network,
        links=links,
        route=route,
        rows=rows,
        hosting=hosting,
        home=home,
        where=list(home),
        moves=[[(0, cell)] for cell in home],
        pools=[_pool(index, network) for index in range(len(network.nodes))],
    )
    for index, used in enumerate(hosting.copies):
        for copy in used:
            if copy is not None:
                uses = state.uses.setdefault(copy, [])
                if not uses or uses[-1] != index:
                    uses.append(index)
    for visit in visits_of(rows, hosting, machine_of, network, route):
        state.visits.setdefault(visit.first, []).append(visit)
    state.run()
    return columns(state.steps, state.pairs, state.moves, network=network, num_bits=state.num_bits)


def _homes(machine_of: Sequence[int]) -> list[Cell]:
    slots: dict[int, int] = {}
    home: list[Cell] = []
    for machine in machine_of:
        slot = slots.get(machine, 0)
        slots[machine] = slot + 1
        home.append((machine, Role.DATA, slot))
    return home


def _pool(index: int, network: Network) -> _Pool:
    node = network.nodes[index]
    return _Pool(
        node=index,
        limit=None if node.communication is None else len(node.communication),
        first_extra=node.device.qubits,
        free=list(node.communication or ()),
    )
