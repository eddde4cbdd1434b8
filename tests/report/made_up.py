"""A made-up but complete run: a GHZ state over three machines and a repeater in Bavaria.

Nothing here is computed by the stages that a report shows; the numbers are
plausible, fixed, and easy to check by hand.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from interlace.circuit import Circuit, Op, OpTable, Register
from interlace.compiler import (
    NONE,
    Axis,
    Block,
    CellRegister,
    CheckReport,
    PairTable,
    Placement,
    Plan,
    Role,
    StepKind,
    StepTable,
)
from interlace.kernel import FloatArray, IntArray
from interlace.network import (
    Device,
    GateProfile,
    LinkSpec,
    Machine,
    Network,
    PoissonSource,
    Readout,
    Repeater,
    Site,
)
from interlace.runtime import (
    AloneResult,
    FidelityEstimate,
    LinkUse,
    ProductMeans,
    Result,
    Span,
    StabilizerEstimate,
    Trace,
    WeakProduct,
)

GATE_S = 68e-9
READ_S = 1e-6
SIZES = (22, 10, 8)
NAMES = ("isar", "pegnitz", "lech")


def a_device(name: str, qubits: int) -> Device:
    """An all-to-all device with the gate times of a superconducting processor."""
    return Device(
        name=name,
        qubits=qubits,
        gates=(GateProfile(name="cx", time_s=GATE_S, error=3e-3),),
        t1_s=(150e-6,) * qubits,
        t2_s=(120e-6,) * qubits,
        readout=Readout(time_s=READ_S, error_0=(0.01,) * qubits, error_1=(0.02,) * qubits),
    )


def a_network() -> Network:
    """Three machines, one repeater, four links."""
    state = (0.97, 0.01, 0.01, 0.01)
    ends = (("isar", "pegnitz"), ("isar", "lech"), ("lech", "altmuehl"), ("altmuehl", "pegnitz"))
    return Network(
        name="three-cities",
        sites=(
            Site(name="munich", country="DE", lat_deg=48.14, lon_deg=11.58),
            Site(name="nuremberg", country="DE", lat_deg=49.45, lon_deg=11.08),
            Site(name="augsburg", country="DE", lat_deg=48.37, lon_deg=10.90),
            Site(name="ingolstadt", country="DE", lat_deg=48.76, lon_deg=11.42),
        ),
        machines=(
            Machine(name="isar", site="munich", device=a_device("emerald", 24),
                    communication=(0, 1)),
            Machine(name="pegnitz", site="nuremberg", device=a_device("garnet", 20),
                    communication=(0, 5)),
            Machine(name="lech", site="augsburg", device=a_device("garnet", 20),
                    communication=(0, 5)),
        ),
        repeaters=(
            Repeater(name="altmuehl", site="ingolstadt", device=a_device("memory", 2),
                     communication=(0, 1)),
        ),
        links=tuple(
            LinkSpec(name=f"{a}--{b}", ends=(a, b), channels=1,
                     source=PoissonSource(rate_hz=1e3, state=state))
            for a, b in ends
        ),
    )  # fmt: skip


def a_circuit(qubits: int = sum(SIZES)) -> Circuit:
    """A GHZ state, measured."""
    ops = [Op(name="h", operands=(0,))]
    ops += [Op(name="cx", operands=(i, i + 1)) for i in range(qubits - 1)]
    ops += [Op(name="measure", operands=(i,), clbit=i) for i in range(qubits)]
    return Circuit(
        name="ghz",
        qubit_registers=(Register(name="q", size=qubits),),
        clbit_registers=(Register(name="c", size=qubits),),
        ops=OpTable.of(ops),
    )


def ints(values: object) -> IntArray:
    """An index column."""
    return np.array(values, dtype=np.int64)


def a_step_table(ends_s: tuple[float, ...]) -> StepTable:
    """Gates one after the other, ending at the given times."""
    n = len(ends_s)
    column = np.full(n, NONE, dtype=np.int64)
    starts: FloatArray = np.array((0.0, *ends_s[:-1]), dtype=np.float64)
    return StepTable(
        names=("cx",),
        kind=np.full(n, StepKind.GATE, dtype=np.int64),
        node=np.zeros(n, dtype=np.int64),
        gate=np.zeros(n, dtype=np.int64),
        source=column,
        packet=column,
        axis=np.full(n, Axis.NONE, dtype=np.int64),
        cell_start=np.arange(n + 1, dtype=np.int64) * 2,
        cells=ints([0, 1] * n),
        param_start=np.zeros(n + 1, dtype=np.int64),
        params=np.zeros(0),
        bit_start=np.zeros(n + 1, dtype=np.int64),
        bits=ints([]),
        condition=column,
        clbit=column,
        start_s=starts,
        duration_s=np.array(ends_s) - starts,
    )


def a_plan() -> Plan:
    """The GHZ state placed as 22 + 10 + 8 qubits, five ebits."""
    network = a_network()
    registers = [
        register
        for node, (name, size) in enumerate(zip(NAMES, SIZES, strict=True))
        for register in (
            CellRegister(name=f"{name}_data", node=node, role=Role.DATA, size=size),
            CellRegister(name=f"{name}_comm", node=node, role=Role.COMMUNICATION, size=2,
                         device_qubits=(0, 1)),
        )
    ]  # fmt: skip
    registers.append(
        CellRegister(
            name="altmuehl_comm", node=3, role=Role.COMMUNICATION, size=2, device_qubits=(0, 1)
        )
    )
    cells = [*range(22), *range(24, 34), *range(36, 44)]
    return Plan(
        circuit=a_circuit(),
        network=network,
        registers=tuple(registers),
        placement=Placement(
            qubit=ints(range(40)),
            cell=ints(cells),
            from_step=ints([0] * 40),
            to_step=ints([3] * 40),
        ),
        pairs=PairTable(
            link=ints([0, 0, 1, 2, 3]),
            first_cell=ints([22, 23, 22, 44, 46]),
            second_cell=ints([34, 35, 45, 47, 34]),
            step=ints([0, 1, 2, 2, 2]),
        ),
        steps=a_step_table((2.1e-3, 2.9e-3, 3.2e-3)),
        blocks=(Block(start=0, stop=3),),
        num_bits=6,
        min_fidelity=None,
        seed=7,
        check=CheckReport(
            rules=("capacities", "order", "corrections"),
            method="stabilizer",
            shown=(
                "Every rule of a schedule holds: capacities, order, corrections.",
                "The plan maps every stabilizer of the input to the same stabilizer (all of them).",
            ),
            not_shown=("Local routing was replayed, its gate decompositions were not compared.",),
        ),
        compile_s=0.42,
    )


def chain_spans(machine: str, *, first: int, size: int, at_s: float, until_s: float) -> list[Span]:
    """A chain of CX through one machine's qubits, then the wait to the end, then readout."""
    spans = []
    for i in range(size):
        row = f"{machine} q[{first + i}]"
        begin = at_s + i * GATE_S
        if begin > 0:
            spans.append(
                Span(row=row, group=machine, kind="wait", start_s=0.0, end_s=begin, label="idle")
            )
        spans += [
            Span(row=row, group=machine, kind="gate", start_s=begin, end_s=begin + GATE_S,
                 label=f"cx q[{first + i - 1}], q[{first + i}]"),
            Span(row=row, group=machine, kind="wait", start_s=begin + GATE_S, end_s=until_s,
                 label="waits for the last machine"),
            Span(row=row, group=machine, kind="measure", start_s=until_s, end_s=until_s + READ_S,
                 label=f"measure q[{first + i}]"),
        ]  # fmt: skip
    return spans


def a_trace() -> Trace:
    """One timeline: two ebits to pegnitz in turn, one to lech, one over the repeater."""
    end = 2.43e-3
    links = (
        ("isar--pegnitz", 0.0, 1.31e-3), ("isar--pegnitz", 1.33e-3, 2.41e-3),
        ("isar--lech", 0.0, 0.52e-3), ("lech--altmuehl", 0.0, 0.34e-3),
        ("altmuehl--pegnitz", 0.0, 0.71e-3),
    )  # fmt: skip
    spans = [
        *chain_spans("isar", first=0, size=22, at_s=0.0, until_s=end),
        *chain_spans("pegnitz", first=22, size=10, at_s=1.32e-3, until_s=end),
        *chain_spans("lech", first=32, size=8, at_s=0.53e-3, until_s=end),
    ]
    for name, start, stop in links:
        spans.append(Span(row=name, group="links", kind="generate", start_s=start, end_s=stop,
                          label="attempts until the herald"))  # fmt: skip
    for name, start, stop in (
        ("isar--pegnitz", 1.31e-3, 1.32e-3),
        ("isar--lech", 0.52e-3, 0.53e-3),
    ):
        spans.append(Span(row=name, group="links", kind="message", start_s=start, end_s=stop,
                          label="correction"))  # fmt: skip
    spans.append(Span(row="pegnitz comm[0]", group="pegnitz", kind="hold", start_s=1.31e-3,
                      end_s=1.33e-3, label="copy of q[21]"))  # fmt: skip
    spans.append(Span(row="lech comm[0]", group="lech", kind="hold", start_s=0.52e-3,
                      end_s=0.54e-3, label="copy of q[21]"))  # fmt: skip
    spans.append(Span(row="altmuehl comm[0]", group="altmuehl", kind="hold", start_s=0.34e-3,
                      end_s=0.71e-3, label="half of an ebit"))  # fmt: skip
    return Trace(timeline=11, spans=tuple(spans))


def a_result() -> Result:
    """The whole run, 4096 shots over 32 timelines."""
    rng = np.random.Generator(np.random.PCG64(5))
    makespan = 0.4e-3 + rng.gamma(2.0, 1.0e-3, size=32)
    mean = float(makespan.mean())
    zeros, ones = "0" * 40, "1" * 40
    flips = [zeros[:i] + "1" + zeros[i + 1 :] for i in range(0, 40, 2)]
    rest = tuple((flip, 30 - i) for i, flip in enumerate(flips))
    left = 4096 - sum(n for _, n in rest)
    counts = ((zeros, left // 2 + 61), (ones, left - left // 2 - 61), *rest)
    return Result(
        plan=a_plan(),
        backend="stim",
        backend_reason="the program is Clifford, so stim samples it exactly",
        ideal=False,
        shots=4096,
        seed=7,
        timelines=32,
        counts=counts,
        samples=np.zeros((4096, 40), dtype=np.uint8),
        reference=((zeros, 0.5), (ones, 0.5)),
        fidelity=FidelityEstimate(value=0.8712, error=0.0053, kind="hellinger",
                                  reference="the undistributed circuit without noise"),
        stabilizers=None,
        makespan_s=makespan,
        time_breakdown=(
            ("gates", 0.02 * mean), ("measurement", 0.005 * mean),
            ("classical messages", 0.065 * mean),
            ("waiting for ebits on isar--pegnitz", 0.78 * mean),
            ("waiting for ebits on altmuehl--pegnitz", 0.13 * mean),
        ),
        error_breakdown=(
            ("gate errors", 0.117), ("readout", 0.6), ("memory decay while waiting", 1.42),
            ("ebit infidelity", 0.15), ("inserted SWAPs", 0.02),
        ),
        links=(
            LinkUse(name="isar--pegnitz", rate_hz=812.0, fidelity=0.952, pairs=2,
                    utilisation=0.91, wait_s=1.24e-3, wait_error_s=0.11e-3),
            LinkUse(name="isar--lech", rate_hz=2150.0, fidelity=0.969, pairs=1,
                    utilisation=0.19, wait_s=0.47e-3, wait_error_s=0.05e-3),
            LinkUse(name="lech--altmuehl", rate_hz=3204.0, fidelity=0.981, pairs=1,
                    utilisation=0.13, wait_s=0.31e-3, wait_error_s=0.03e-3),
            LinkUse(name="altmuehl--pegnitz", rate_hz=1390.0, fidelity=0.966, pairs=1,
                    utilisation=0.29, wait_s=0.73e-3, wait_error_s=0.07e-3),
        ),
        trace=a_trace(),
        alone=AloneResult(machine="a 40-qubit emerald",
                          counts=((zeros, 2010), (ones, 1790), (flips[0], 296)),
                          fidelity=FidelityEstimate(value=0.921, error=0.0042, kind="hellinger",
                                                    reference="the circuit without noise"),
                          makespan_s=3.7e-6),
        approximations=(
            "Memory decay is twirled to Pauli errors, so that stim can sample it.",
            "An ideal internal switch joins every communication qubit to every link.",
        ),
        versions=(("interlace", "0.1.0"), ("stim", "1.15.0"), ("numpy", "2.2.6")),
        wall_s=(("compile", 0.42), ("timelines", 0.03), ("simulate", 0.81)),
    )  # fmt: skip


def a_plain_result() -> Result:
    """A Bell pair on one machine alone: no link, no ebit."""
    machine = Machine(name="solo", site=None, device=a_device("garnet", 4), communication=())
    network = Network(name="one", sites=(), machines=(machine,), repeaters=(), links=())
    plan = replace(
        a_plan(),
        circuit=replace(a_circuit(2), name="bell"),
        network=network,
        registers=(CellRegister(name="solo_data", node=0, role=Role.DATA, size=2),),
        placement=Placement(
            qubit=ints([0, 1]), cell=ints([0, 1]), from_step=ints([0, 0]), to_step=ints([1, 1])
        ),
        pairs=PairTable(link=ints([]), first_cell=ints([]), second_cell=ints([]), step=ints([])),
        steps=a_step_table((GATE_S,)),
        blocks=(Block(start=0, stop=1),),
        num_bits=0,
    )
    return replace(
        a_result(),
        plan=plan,
        shots=1000,
        timelines=1,
        counts=(("11", 492), ("00", 490), ("01", 10), ("10", 8)),
        samples=np.zeros((1000, 2), dtype=np.uint8),
        reference=(("00", 0.5), ("11", 0.5)),
        makespan_s=np.array([GATE_S + READ_S]),
        time_breakdown=(("gates", GATE_S), ("measurement", READ_S)),
        error_breakdown=(("gate errors", 0.003), ("readout", 0.03)),
        links=(),
        trace=Trace(
            timeline=0,
            spans=tuple(chain_spans("solo", first=0, size=2, at_s=0.0, until_s=2 * GATE_S)),
        ),
        alone=None,
        approximations=(),
    )


def a_wide_result() -> Result:
    """A run whose outcomes are too wide to count: stabilizers and parities in their place."""
    state = ProductMeans(
        count=100,
        shots=1000,
        mean=0.9312,
        mean_error=0.0021,
        intact=0.612,
        intact_error=0.015,
        is_state=True,
        lowest=(
            WeakProduct(factors=("X q[0]", "X q[1]"), weight=100, value=0.71, error=0.022),
            WeakProduct(factors=("Z q[3]", "Z q[4]"), weight=2, value=0.84, error=0.017),
        ),
    )
    outcomes = ProductMeans(
        count=99,
        shots=1000,
        mean=0.4021,
        mean_error=0.0043,
        intact=0.0,
        intact_error=None,
        is_state=False,
        lowest=(WeakProduct(factors=("c[3]", "c[4]"), weight=2, value=0.31, error=0.03),),
    )
    return replace(
        a_result(),
        shots=1000,
        counts=None,
        samples=np.zeros((1000, 100), dtype=np.uint8),
        reference=None,
        fidelity=None,
        stabilizers=StabilizerEstimate(state=state, outcomes=outcomes),
    )
