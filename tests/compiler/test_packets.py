"""Packets: segments, hosts and the fewest copies."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from interlace.circuit import Circuit, Op, OpTable, Register
from interlace.compiler.packets import cover_hosting, minimum_vertex_cover, sequential_hosting
from interlace.compiler.plan import Axis
from interlace.compiler.work import rows_for, segments_of, usable_axis

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
    left, right = minimum_vertex_cover(edges, 6, 6)
    assert all(left[a] or right[b] for a, b in edges)
    smallest = min(
        sum(mask)
        for mask in product((0, 1), repeat=12)
        if all(mask[a] or mask[6 + b] for a, b in set(edges))
    )
    assert sum(left) + sum(right) == smallest


def test_a_segment_ends_where_a_gate_does_not_commute_with_its_axis() -> None:
    rows = rows_for(
        circuit(2, op("cz", 0, 1), op("t", 0), op("cz", 0, 1), op("h", 0), op("cz", 0, 1)),
        [0, 1],
        [1, 1],
    )
    first, _, second, _, third = (found[0] for found in segments_of(rows, 2))
    assert first == second == (0, Axis.Z, 0)
    assert third == (0, Axis.Z, 1)


def test_the_target_of_a_cx_is_copied_along_x() -> None:
    assert usable_axis("cx", 0) is Axis.Z
    assert usable_axis("cx", 1) is Axis.X
    assert usable_axis("swap", 0) is Axis.NONE


def test_a_gate_that_no_machine_can_host_is_expanded_exactly_there_and_only_there() -> None:
    program = circuit(4, op("swap", 0, 1), op("swap", 0, 2), op("ccx", 0, 1, 2))
    rows = rows_for(program, [0, 0, 1, 1], [1, 1])
    assert [row.name for row in rows if row.source == 0] == ["swap"]
    assert [row.name for row in rows if row.source == 1] == ["cx"] * 3
    assert [row.name for row in rows if row.source == 2] == ["ccx"]
    apart = rows_for(program, [0, 1, 2, 2], [1, 1, 1])
    assert len([row for row in apart if row.source == 2]) > 1


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
    rows = rows_for(program, machine_of, room)
    segments = segments_of(rows, 6)
    copies = []
    for rule in (cover_hosting, sequential_hosting):
        hosting = rule(rows, segments, machine_of, room)
        for row, host, used in zip(rows, hosting.host, hosting.copies, strict=True):
            for qubit, copy in zip(row.qubits, used, strict=True):
                assert (copy is None) == (machine_of[qubit] == host)
        copies.append({copy for used in hosting.copies for copy in used if copy is not None})
    assert len(copies[0]) <= len(copies[1])
