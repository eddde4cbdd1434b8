"""The readable twin of `interlace.compiler.router`: SWAP insertion, move by move."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from interlace.compiler.coupling import Coupling
from interlace.compiler.rows import Row

__all__ = ["Move", "Router", "Task", "swap_weight"]

_WINDOW = 20
_DECAY = 0.85
_AHEAD = 0.7
_BLOCKED = 1.0
_NOBODY = -1
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Move:
    """One thing that happens: row `index` on `qubits`, or a SWAP of `qubits` before that row."""

    index: int
    qubits: tuple[int, ...]
    is_swap: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """The rows of one machine, read for what routing needs to know.

    Attributes:
        rows: operations.
        homes: device qubit of each communication cell.
        comes_home: for each row whether it is the reset before an `ebit`.
        dies: for each row the cells that nobody reads afterwards.
        dead: cells that nobody reads at the start.
        last_return: for each communication cell the last row at which it comes home.
        stops: rows at which something may have to move, ascending.
    """

    rows: Sequence[Row]
    homes: Mapping[int, int]
    comes_home: Sequence[bool]
    dies: Sequence[tuple[int, ...]]
    dead: frozenset[int]
    last_return: Mapping[int, int]
    stops: Sequence[int]

    @staticmethod
    def of(rows: Sequence[Row], homes: Mapping[int, int]) -> Task:
        """Find out, going backwards, when each cell lives."""
        following: dict[int, str] = {}
        comes_home = [False] * len(rows)
        dies: list[tuple[int, ...]] = [()] * len(rows)
        last_return: dict[int, int] = {}
        for index in range(len(rows) - 1, -1, -1):
            row = rows[index]
            dies[index] = tuple(
                [c for c in row.operands if following.get(c, _end(c, homes)) == "reset"]
            )
            for cell in row.operands:
                if row.name == "reset" and following.get(cell) == "ebit" and cell in homes:
                    comes_home[index] = True
                    last_return.setdefault(cell, index)
                following[cell] = row.name
        return Task(
            rows=rows,
            homes=homes,
            comes_home=comes_home,
            dies=dies,
            dead=frozenset(
                {cell for cell in {*following, *homes} if following.get(cell, "reset") == "reset"}
            ),
            last_return=last_return,
            stops=[i for i, row in enumerate(rows) if comes_home[i] or len(row.operands) > 1],
        )


def _end(cell: int, homes: Mapping[int, int]) -> str:
    """What comes after the last operation: communication cells are of no more use."""
    return "reset" if cell in homes else "end"


def swap_weight(moves: Sequence[Move], coupling: Coupling) -> float:
    """Sum of the weights of the SWAPs."""
    return sum(coupling.weights[m.qubits[0], m.qubits[1]] for m in moves if m.is_swap)


@dataclass(slots=True)
class Router:
    """Carries one task out on one device; a value for one run.

    Args:
        task: what to do.
        coupling: the device's couplings.
        place: device qubit of every cell at the start; at the end where they are.
    """

    task: Task
    coupling: Coupling
    place: dict[int, int]
    moves: list[Move] = field(default_factory=list)
    neighbours: list[list[int]] = field(init=False)
    _at: list[int] = field(init=False)
    _dead: set[int] = field(init=False)
    _home_of: dict[int, int] = field(init=False)

    def __post_init__(self) -> None:
        """Put the cells down."""
        self.neighbours = [
            sorted(b for a, b in self.coupling.weights if a == qubit)
            for qubit in range(self.coupling.device.qubits)
        ]
        self._at = [_NOBODY] * self.coupling.device.qubits
        for cell, qubit in self.place.items():
            self._at[qubit] = cell
        self._dead = set(self.task.dead)
        self._home_of = {qubit: cell for cell, qubit in self.task.homes.items()}

    def run(self) -> Sequence[Move]:
        """Route every row; returns what happens, in order.

        Raises:
            InfeasibleError: two cells must meet that no path of couplings joins.
        """
        task, stop = self.task, 0
        for index, row in enumerate(task.rows):
            if stop < len(task.stops) and task.stops[stop] == index:
                stop += 1
                if task.comes_home[index]:
                    self._come_home(row.operands[0], index, stop)
                else:
                    self._meet(row, index, stop)
            if row.name == "reset":
                self._dead.difference_update(row.operands)
            self.moves.append(Move(index, tuple([self.place[c] for c in row.operands]), False))
            self._dead.update(task.dies[index])
        return self.moves

    def _meet(self, row: Row, index: int, stop: int) -> None:
        """Bring the cells of a gate together: two side by side, a third beside one of them."""
        pairs = list(itertools.combinations(row.operands, 2))
        if len(pairs) > 1:
            pairs.sort(key=lambda pair: self._distance(*pair))
        a, b = pairs[0]
        self._approach(row, index, stop, movers=((a, b), (b, a)))
        for third in row.operands:
            if third not in (a, b):
                self._approach(row, index, stop, movers=((third, a), (third, b)))

    def _approach(
        self, row: Row, index: int, stop: int, *, movers: Sequence[tuple[int, int]]
    ) -> None:
        """SWAP until some cell is beside its target; movers are (cell, target), all can meet."""
        ahead: _Window | None = None
        while not any(self._adjacent(cell, target) for cell, target in movers):
            ahead = ahead or _Window.of(self, row, stop)
            near = min(self._distance(*mover) for mover in movers) + _ROUNDING
            candidates = [
                edge
                for cell, target in movers
                if self._distance(cell, target) <= near
                for edge in self._nearer(cell, target)
            ]
            if not candidates:
                cell, target = movers[0]
                raise self.coupling.refusal(self.place[cell], self.place[target], row.name)
            if len(candidates) > 1:
                scored = [(self._score(edge, ahead, index), edge) for edge in candidates]
                candidates = [min(scored)[1]]
            self._swap(candidates[0], index)

    def _adjacent(self, a: int, b: int) -> bool:
        return (self.place[a], self.place[b]) in self.coupling.weights

    def _distance(self, a: int, b: int) -> float:
        return self.coupling.distances(self.place[a])[self.place[b]]

    def _nearer(self, cell: int, target: int) -> Iterator[tuple[int, int]]:
        """SWAPs that bring the cell nearer to the target."""
        here = self.place[cell]
        distance = self.coupling.distances(self.place[target])
        if distance[here] == math.inf:
            return
        for there in self.neighbours[here]:
            if distance[there] < distance[here]:
                yield here, there

    def _come_home(self, cell: int, index: int, stop: int) -> None:
        home = self.task.homes[cell]
        if not self._is_dead(home) and self._at[home] != cell:
            self._empty(home, index, stop)
        here, other = self.place[cell], self._at[home]
        self._at[home], self._at[here] = cell, other if here != home else cell
        self.place[cell] = home
        if other not in (_NOBODY, cell):
            self.place[other] = here

    def _empty(self, home: int, index: int, stop: int) -> None:
        """Bring the nearest dead qubit to this one."""
        distance = self.coupling.distances(home)
        hole = min(
            (q for q in range(len(self._at)) if self._is_dead(q)),
            key=lambda q: (round(distance[q] + self._blocks(q, index), 9), q),
        )
        if distance[hole] == math.inf:
            raise self.coupling.refusal(hole, home, "ebit")
        window = _Window.of(self, None, stop)
        while hole != home:
            edges = [(hole, there) for there in self.neighbours[hole]]
            nearest = min(
                edges,
                key=lambda edge: (
                    round(distance[edge[1]] + self.coupling.weights[edge], 9),
                    self._score(edge, window, index),
                    edge,
                ),
            )
            self._swap(nearest, index)
            hole = nearest[1]

    def _is_dead(self, qubit: int) -> bool:
        cell = self._at[qubit]
        return cell == _NOBODY or cell in self._dead

    def _blocks(self, qubit: int, index: int) -> float:
        """What a live guest on this qubit costs later."""
        cell = self._home_of.get(qubit, _NOBODY)
        return _BLOCKED if self.task.last_return.get(cell, _NOBODY) > index else 0.0

    def _swap(self, edge: tuple[int, int], index: int) -> None:
        p, q = edge
        x, y = self._at[p], self._at[q]
        self._at[p], self._at[q] = y, x
        if x != _NOBODY:
            self.place[x] = q
        if y != _NOBODY:
            self.place[y] = p
        self.moves.append(Move(index, edge, True))

    def _score(self, edge: tuple[int, int], window: _Window, index: int) -> float:
        """Weight of the SWAP and what it changes for the gates ahead; less is better."""
        p, q = edge
        x, y = self._at[p], self._at[q]
        score = self.coupling.weights[edge]
        score += self._change(x, p, q, y, window) + self._change(y, q, p, x, window)
        for here, cell, guest in ((q, x, y), (p, y, x)):
            blocks = self._blocks(here, index)
            if blocks:
                score += blocks * (self._stays(cell, here) - self._stays(guest, here))
        return score

    def _stays(self, cell: int, qubit: int) -> bool:
        """Whether the cell would be a live guest on this home."""
        return cell not in (_NOBODY, self._home_of[qubit]) and cell not in self._dead

    def _change(self, cell: int, old: int, new: int, other: int, window: _Window) -> float:
        total = 0.0
        partners = window.partners.get(cell)
        if partners is None or (cell in self._dead and cell in self.task.homes):
            return total
        before, after = self.coupling.distances(old), self.coupling.distances(new)
        for partner, spot, weight in partners:
            if partner != other:
                there = self._whereabouts(partner) if spot is None else spot
                total += weight * (after[there] - before[there])
        return total

    def _whereabouts(self, cell: int) -> int:
        """Where the cell will be met: a dead communication cell at its home."""
        if cell in self._dead and cell in self.task.homes:
            return self.task.homes[cell]
        return self.place[cell]


@dataclass(slots=True)
class _Window:
    """The gates ahead, by cell: partner, its place where that is fixed by then, weight."""

    partners: dict[int, list[tuple[int, int | None, float]]]

    @staticmethod
    def of(router: Router, row: Row | None, stop: int) -> _Window:
        """The gate at hand, if any, and the next ones."""
        task, homes = router.task, router.task.homes
        window = _Window({})
        if row is not None:
            window.add(row.operands, 1.0, {})
        at_home: dict[int, int] = {}
        weight = _AHEAD
        for index in task.stops[stop : stop + _WINDOW]:
            cells = task.rows[index].operands
            if task.comes_home[index]:
                at_home[cells[0]] = homes[cells[0]]
                continue
            window.add(cells, weight, at_home)
            weight *= _DECAY
        return window

    def add(self, cells: Sequence[int], weight: float, at_home: Mapping[int, int]) -> None:
        """Every pair of a gate's cells; one that returns home before it does not move with us."""
        partners = self.partners
        for one, other in itertools.permutations(cells, 2):
            if one not in at_home:
                entry = (other, at_home.get(other), weight)
                if one in partners:
                    partners[one].append(entry)
                else:
                    partners[one] = [entry]
