"""The timeline to draw: rows follow qubits; of wide programs the busiest are drawn."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.runtime.build import op

from interlace.circuit import Circuit, Op, OpTable, Register
from interlace.compiler import distribute, programs_of
from interlace.network import Device, GateProfile, Readout, make_network, parse_network
from interlace.report import report
from interlace.runtime import Result, Span, run
from interlace.runtime.moving import cells_at_start, followed


def ran(qubits: int, *, machines: int = 2) -> Result:
    """A row of gates over machines on which all takes time, measured; the first qubit is busy."""
    ops: list[Op] = [op("x", 0) for _ in range(7)]
    ops += [op("cx", i, i + 1) for i in range(qubits - 1)]
    ops += [op("measure", i, clbit=i) for i in range(qubits)]
    made = Circuit(
        name="row",
        qubit_registers=(Register(name="q", size=qubits),),
        clbit_registers=(Register(name="c", size=qubits),),
        ops=OpTable.of(ops),
    )
    data = -(-qubits // machines)
    device = Device(
        name="atoms",
        qubits=data + 2,
        gates=(GateProfile(name="cx", time_s=1e-6, error=0.0),
               GateProfile(name="x", time_s=1e-6, error=0.0),
               GateProfile(name="z", time_s=1e-6, error=0.0),
               GateProfile(name="h", time_s=1e-6, error=0.0)),
        readout=Readout(time_s=1e-6, error_0=(0.0,) * (data + 2), error_1=(0.0,) * (data + 2)),
    )  # fmt: skip
    network = make_network("line", str(machines), device=device, communication_qubits=2)
    return run(distribute(made, network, seed=1), shots=8, seed=1, compare_alone=False)


def test_of_few_qubits_every_row_is_drawn() -> None:
    trace = ran(20).trace
    assert trace.left_out == ()
    rows = {span.row for span in trace.spans if span.group != "links"}
    assert sum("q[" in row for row in rows) == 20


def test_of_many_qubits_the_busiest_of_each_machine_are_drawn_and_the_rest_is_counted() -> None:
    result = ran(600, machines=3)
    trace = result.trace
    rows = {(span.group, span.row) for span in trace.spans if span.group != "links"}
    drawn = {name: sum(group == name for group, _ in rows) for name in ("m0", "m1", "m2")}
    assert max(drawn.values()) <= 400 // 3
    assert sum(drawn.values()) + sum(n for _, n in trace.left_out) >= 600
    busiest = "q[0]"
    assert any(row.endswith(f" {busiest}") for _, row in rows)
    assert any("comm[" in row for _, row in rows)
    assert trace.until_s == np.sort(result.makespan_s)[len(result.makespan_s) // 2]
    assert "further rows, in which least happens, are not drawn" in report(result).to_html()


def coupled(qubits: int, *, edges: Sequence[tuple[int, int]]) -> Device:
    """A device with a coupling map on which everything takes time."""
    gates = (("cz", 68e-9), ("rz", 8e-9), ("sx", 32e-9), ("x", 32e-9))
    return Device(
        name="coupled",
        qubits=qubits,
        coupling=tuple(edges),
        gates=tuple(GateProfile(name=name, time_s=time_s, error=1e-3) for name, time_s in gates),
        t2_s=(1e-4,) * qubits,
        readout=Readout(time_s=1e-6, error_0=(0.0,) * qubits, error_1=(0.0,) * qubits),
    )


STAR = [(0, k) for k in range(1, 7)]
LINE = list(itertools.pairwise(range(7)))


@st.composite
def routed_runs(draw: st.DrawFn) -> Result:
    """Random joint gates, measured into random bits, over two machines that need SWAPs."""
    width = 8
    pairs = st.permutations(range(width)).map(lambda order: order[:2])
    ops = [op("cx", *pair) for pair in draw(st.lists(pairs, min_size=20, max_size=30))]
    bits = draw(st.permutations(range(width)))
    ops += [op("measure", i, clbit=bit) for i, bit in enumerate(bits)]
    device = coupled(7, edges=draw(st.sampled_from([STAR, LINE])))
    return tangled(ops, width, device, communication_qubits=draw(st.integers(1, 2)))


def tangled(
    ops: list[Op], width: int, device: Device, *, machines: int = 2, communication_qubits: int
) -> Result:
    made = Circuit(
        name="tangle",
        qubit_registers=(Register(name="q", size=width),),
        clbit_registers=(Register(name="c", size=width),),
        ops=OpTable.of(ops),
    )
    network = make_network(
        "line", str(machines), device=device, communication_qubits=communication_qubits,
        link="rate=100kHz,fidelity=0.97",
    )  # fmt: skip
    return run(distribute(made, network, seed=1), shots=4, seed=1, compare_alone=False)


def qubits_in(label: str) -> set[str]:
    return set(re.findall(r"(?:q|comm|device)\[\d+\]", label))


def touching(result: Result, *kinds: str) -> dict[str, list[Span]]:
    """The spans of these kinds of each row of a machine, in order of time."""
    found: dict[str, list[Span]] = defaultdict(list)
    for span in sorted(result.trace.spans, key=lambda span: span.start_s):
        if span.group != "links" and span.kind in kinds:
            found[span.row].append(span)
    return found


@settings(max_examples=15, deadline=None)
@given(routed_runs())
def test_each_measurement_names_the_qubit_that_the_circuit_measures_into_the_bit(
    result: Result,
) -> None:
    measured = {o.clbit: o.operands[0] for o in result.plan.circuit.ops if o.name == "measure"}
    wanted = {f"c[{bit}] = measure q[{qubit}]" for bit, qubit in measured.items()}
    bits = tuple(f"c[{bit}] =" for bit in measured)
    told = [span for span in result.trace.spans if span.label.startswith(bits)]
    assert {span.label for span in told} == wanted
    assert all(span.row.split()[1] in qubits_in(span.label) for span in told)


@settings(max_examples=15, deadline=None)
@given(routed_runs())
def test_rows_follow_the_qubits_through_swaps(result: Result) -> None:
    waits = touching(result, "wait")
    for row, spans in touching(result, "gate", "measure", "swap").items():
        label = row.split()[1]
        assert all(label in qubits_in(span.label) for span in spans)
        if "comm" not in label:  # of which one half may be away while its home makes the next
            assert all(one.end_s <= two.start_s + 1e-15 for one, two in itertools.pairwise(spans))
        own = [span for span in spans if span.kind != "swap"]
        for wait in waits.pop(row, []):
            assert any(span.start_s == wait.end_s for span in spans)
            # What waits holds something: it was touched, and more will be done to it.
            assert spans[0].start_s < wait.start_s < wait.end_s <= own[-1].start_s
    assert not waits


@settings(max_examples=15, deadline=None)
@given(routed_runs())
def test_what_lies_at_an_operand_is_a_cell_of_the_joint_programs_row(result: Result) -> None:
    programs = programs_of(result.plan)
    program = programs.executable
    joint, cells = programs.joint.ops, cells_at_start(programs, program)
    moved = followed(programs, program)
    for row in np.flatnonzero(program.swap < 0).tolist():
        here = moved.ops.operands[program.ops.start[row] : program.ops.start[row + 1]]
        source = program.joint_op[row]
        of = joint.operands[joint.start[source] : joint.start[source + 1]]
        assert set(cells[here].tolist()) <= set(of.tolist())


def test_a_qubit_brought_beside_its_partner_keeps_its_row() -> None:
    ops = [op("ry", k, params=[0.3]) for k in range(4)]
    ops += [op("cx", 0, 1), op("cx", 2, 3), op("cx", 0, 3), op("cx", 1, 2), op("cx", 1, 3)]
    ops += [op("measure", k, clbit=k) for k in range(4)]
    result = tangled(ops, 4, coupled(4, edges=LINE[:3]), machines=1, communication_qubits=0)
    rows = touching(result, "gate", "measure", "swap")
    assert set(rows) == {f"m0 q[{k}]" for k in range(4)}
    swaps = [span for spans in rows.values() for span in spans if span.kind == "swap"]
    assert swaps
    for span in swaps:
        assert re.fullmatch(
            r"inserted SWAP: q\[\d\] to device\[\d\], q\[\d\] to device\[\d\]", span.label
        )
    page = report(result).to_html()
    assert "inserted SWAP</li>" in page
    assert "Rows follow the circuit" in page


def test_where_nothing_is_inserted_nothing_moves() -> None:
    result = ran(6)
    programs = programs_of(result.plan)
    assert followed(programs, programs.executable) is programs.executable
    assert "SWAP" not in report(result).to_html().split("</style>")[1]


@given(st.integers(2, 9), st.integers(0, 50))
@settings(max_examples=20, deadline=None)
def test_no_timeline_is_nearer_the_median_than_the_one_drawn(timelines: int, seed: int) -> None:
    network = parse_network(
        "interlace: 1\nmachines:\n"
        '  m0: {device: "ideal:1", communication_qubits: unlimited}\n'
        '  m1: {device: "ideal:1", communication_qubits: unlimited}\n'
        "links:\n  m0--m1: {rate: 1 kHz, fidelity: 0.3}\n"
    )
    made = Circuit(
        name="pair",
        qubit_registers=(Register(name="q", size=2),),
        clbit_registers=(),
        ops=OpTable.of([op("cx", 0, 1)]),
    )
    plan = distribute(made, network, assign={"m0": [0], "m1": [1]})
    result = run(plan, shots=timelines, timelines=timelines, seed=seed)
    away = np.abs(result.makespan_s - np.median(result.makespan_s))
    assert away[result.trace.timeline] == away.min()
