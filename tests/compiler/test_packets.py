"""Packets: segments, hosts and the fewest copies."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from interlace.circuit import Circuit, Op, OpTable, Register
from interlace.compiler.packets import (
    cover_hosting,
    minimum_vertex_cover,
    options_of,
    sequential_hosting,
)
from interlace.compiler.plan import Axis
from interlace.compiler.work import Work, work_for

EDGES = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=14)


def circuit(num_qubits: int, *ops: Op) -> Circuit:
    return Circuit(
        name="test",
        qubit_registers=(Register(name="q", size=num_qubits),),
        clbit_registers=(),
        ops=OpTable.of(ops),
    )


def op(name: str, *operands: int, params: tuple[float, ...] = ()) -> Op:
    return Op(name=name, operands=operands, params=params)


@settings(deadline=None, max_examples=100)
@given(EDGES)
def test_the_vertex_cover_covers_every_edge_and_no_smaller_one_does(
    edges: list[tuple[int, int]],
) -> None:
    ends = np.array(edges, dtype=np.int64).reshape(-1, 2)
    left, right = minimum_vertex_cover(ends[:, 0].copy(), ends[:, 1].copy(), 6, 6)
    assert all(left[a] or right[b] for a, b in edges)
    smallest = min(
        sum(mask)
        for mask in product((0, 1), repeat=12)
        if all(mask[a] or mask[6 + b] for a, b in set(edges))
    )
    assert sum(left) + sum(right) == smallest


def work(program: Circuit, machine_of: list[int], copies: list[int]) -> Work:
    return work_for(program, np.array(machine_of), np.array(copies))


def test_a_segment_ends_where_a_gate_does_not_commute_with_its_axis() -> None:
    program = circuit(2, op("cz", 0, 1), op("t", 0), op("cz", 0, 1), op("h", 0), op("cz", 0, 1))
    found = work(program, [0, 1], [1, 1])
    first, _, second, _, third = found.segment[found.ops.start[:-1]]
    assert first == second != third
    assert found.segment_qubit[[first, third]].tolist() == [0, 0]
    assert found.segment_axis[[first, third]].tolist() == [Axis.Z, Axis.Z]


def test_the_target_of_a_cx_is_copied_along_x() -> None:
    found = work(circuit(2, op("cx", 0, 1)), [0, 1], [1, 1])
    assert found.segment_axis[found.segment].tolist() == [Axis.Z, Axis.X]
    assert work(circuit(2, op("swap", 0, 1)), [0, 0], [1]).segment.tolist() == [-1, -1]


def test_a_gate_that_no_machine_can_host_is_expanded_exactly_there_and_only_there() -> None:
    program = circuit(4, op("swap", 0, 1), op("swap", 0, 2), op("ccx", 0, 1, 2))
    rows = work(program, [0, 0, 1, 1], [1, 1])
    names = [(int(source), row.name) for source, row in zip(rows.source, rows.ops, strict=True)]
    assert names == [(0, "swap"), (1, "cx"), (1, "cx"), (1, "cx"), (2, "ccx")]
    apart = work(program, [0, 1, 2, 2], [1, 1, 1])
    assert (apart.source == 2).sum() > 1


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["cx", "cz", "rzz", "crx"]), st.integers(0, 5), st.integers(0, 5)
        ).filter(lambda gate: gate[1] != gate[2]),
        max_size=20,
    ),
    st.lists(st.integers(0, 2), min_size=6, max_size=6),
)
def test_both_rules_host_every_row_and_the_cover_never_makes_more_copies(
    gates: list[tuple[str, int, int]], machine_of: list[int]
) -> None:
    program = circuit(
        6,
        *(op(name, a, b, params=(0.3,) if name in {"rzz", "crx"} else ()) for name, a, b in gates),
    )
    room = [2, 2, 2]
    rows = work(program, machine_of, room)
    options = options_of(rows, np.array(machine_of), np.array(room))
    copies = []
    for rule in (cover_hosting, sequential_hosting):
        hosting = rule(rows, options)
        for row, host in enumerate(hosting.host):
            for place in range(rows.ops.start[row], rows.ops.start[row + 1]):
                is_home = machine_of[rows.ops.operands[place]] == host
                assert (hosting.copy[place] == -1) == is_home
        copies.append(set(hosting.copy.tolist()) - {-1})
    assert len(copies[0]) <= len(copies[1])
