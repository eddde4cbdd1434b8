"""The timeline to draw: of wide programs the busiest rows, and how many there are beside them."""

from __future__ import annotations

import numpy as np
from tests.runtime.build import op

from interlace.circuit import Circuit, Op, OpTable, Register
from interlace.compiler import distribute
from interlace.network import Device, GateProfile, Readout, make_network
from interlace.report import report
from interlace.runtime import Result, run


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
