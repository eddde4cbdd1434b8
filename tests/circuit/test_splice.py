"""Tables taken apart and put together: as row by row."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.circuit.test_convert import circuits

from interlace.circuit import (
    GATES,
    Circuit,
    Op,
    OpTable,
    distinct_gates,
    expand,
    gate_columns,
    spliced,
)
from interlace.kernel import spans


@given(circuits(), circuits())
def test_joined_tables_are_one_after_the_other(first: Circuit, second: Circuit) -> None:
    assert list(OpTable.joined([first.ops, second.ops])) == [*first.ops, *second.ops]


@given(circuits(), st.data())
def test_taken_rows_are_those_rows(circuit: Circuit, data) -> None:
    rows = st.lists(st.integers(0, len(circuit.ops) - 1)) if len(circuit.ops) else st.just([])
    chosen = data.draw(rows)
    table = circuit.ops.take(np.array(chosen, dtype=np.int64))
    assert list(table) == [circuit.ops[row] for row in chosen]


@given(st.lists(circuits(), max_size=3), st.data())
def test_gathered_rows_are_those_rows_of_all_tables(several: list[Circuit], data) -> None:
    tables = [circuit.ops for circuit in several]
    all_rows = [op for table in tables for op in table]
    some = st.lists(st.integers(0, len(all_rows) - 1)) if all_rows else st.just([])
    chosen = data.draw(some)
    gathered = OpTable.gathered(tables, np.array(chosen, dtype=np.int64))
    assert list(gathered) == [all_rows[row] for row in chosen]


@given(circuits())
def test_columns_make_the_same_table_whose_compact_form_is_the_builders(circuit: Circuit) -> None:
    ops = circuit.ops
    wide = OpTable.of_columns(
        ["id", *ops.names],
        gate=ops.gate + 1,
        operands=ops.operands,
        params=ops.params,
        clbit=ops.clbit,
    )
    assert list(wide) == list(ops)
    assert wide.compact().names == ops.names
    assert np.array_equal(wide.compact().gate, ops.gate)


@given(circuits())
def test_splicing_expansions_in_is_expanding_row_by_row(circuit: Circuit) -> None:
    ops = circuit.ops
    rows = np.flatnonzero(np.diff(ops.start) > 1)
    found, which = distinct_gates(ops, rows)
    for row, index in zip(rows.tolist(), which.tolist(), strict=True):
        assert (ops[row].name, ops[row].params) == found[index]
    assert len(set(found)) == len(found)
    templates = [OpTable.of(expand(name, params)) for name, params in found]
    table, source = spliced(ops, rows, templates, which)
    expected = [(part, row) for row, op in enumerate(ops) for part in parts(op)]
    assert list(table) == [part for part, _ in expected]
    assert source.tolist() == [row for _, row in expected]


def parts(op: Op) -> list[Op]:
    if len(op.operands) < 2:
        return [op]
    return [
        Op(name=p.name, operands=tuple(op.operands[i] for i in p.operands), params=p.params)
        for p in expand(op.name, op.params)
    ]


def test_gate_columns_say_what_the_table_says() -> None:
    names = [*GATES, "measure", "reset", "ebit"]
    columns = gate_columns(names)
    for code, name in enumerate(names):
        axes = GATES[name].axes if name in GATES else ("",) * {"ebit": 2}.get(name, 1)
        assert columns.qubits[code] == len(axes)
        assert columns.params[code] == (GATES[name].params if name in GATES else 0)
        for place in range(3):
            letters = axes[place] if place < len(axes) else ""
            assert columns.commutes_x[code, place] == ("X" in letters)
            assert columns.commutes_z[code, place] == ("Z" in letters)
            assert columns.axis[code, place] == (3 if "Z" in letters else "X" in letters)


@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(0, 4))))
def test_spans_are_ranges_one_after_the_other(runs) -> None:
    start = np.array([first for first, _ in runs], dtype=np.int64)
    size = np.array([count for _, count in runs], dtype=np.int64)
    expected = [number for first, count in runs for number in range(first, first + count)]
    assert spans(start, size).tolist() == expected
