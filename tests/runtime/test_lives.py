"""SWAPs of local routing move states: nothing is simulated for qubits that hold none."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2
from tests.runtime.build import noise, op, program

from interlace.circuit import Op, parse_circuit
from interlace.compiler import Executable, Plan, distribute, programs_of, time_ops
from interlace.link import compile_links
from interlace.network import Device, GateProfile, make_network
from interlace.routing import SampledSupply
from interlace.runtime import Noise, run
from interlace.runtime.aer_backend import AerSimulator, _circuit
from interlace.runtime.approximate import simulator_notes
from interlace.runtime.deferral import Reuse, deferred
from interlace.runtime.lives import EMPTIED, lives_of
from interlace.runtime.noise import noises

QUBITS = 4
AER = AerSimulator("aer-density")
Item = tuple[Op, int]


def swap(a: int, b: int, number: int, *, joint: str = "cz") -> list[Item]:
    """A SWAP as a device with cz makes it, or one with `cs`: its halves differ in length."""
    made: list[Op] = []
    for target, other in ((b, a), (a, b), (b, a)):
        gates = [op("cz", other, target)] if joint == "cz" else [op("cs", other, target)] * 2
        made += [op("h", target), *gates, op("h", target)]
    return [(one, number) for one in made]


@st.composite
def routed(draw: st.DrawFn, joints: Sequence[str] = ("cz",)) -> Executable:
    """A program on four qubits with SWAPs of local routing among its rows."""
    kinds = ("ry", "cx", "swap", "swap", "reset", "measure")
    items: list[Item] = []
    bits = swaps = 0
    joint = draw(st.sampled_from(joints))
    for _ in range(draw(st.integers(1, 12))):
        kind = draw(st.sampled_from(kinds))
        a, b = draw(st.permutations(range(QUBITS)))[:2]
        if kind == "swap":
            items += swap(a, b, swaps, joint=joint)
            swaps += 1
        elif kind == "cx":
            items.append((op("cx", a, b), -1))
        elif kind == "measure" and bits < 3:
            items.append((op("measure", a, clbit=bits), -1))
            bits += 1
        elif kind == "reset":
            items.append((op("reset", a), -1))
        else:
            items.append((op("ry", a, params=[draw(st.sampled_from([0.4, 1.1, 2.0]))]), -1))
    items.append((op("measure", draw(st.integers(0, QUBITS - 1)), clbit=bits), -1))
    return made_of(items, bits + 1)


def made_of(items: Sequence[Item], bits: int) -> Executable:
    return program(*[i[0] for i in items], bits=bits, qubits=QUBITS, swap=[i[1] for i in items])


def literal(made: Executable) -> Executable:
    """The same program; its SWAPs are operations like others."""
    return replace(made, swap=np.full(len(made.ops), -1))


def distribution(made: Executable, bad: Noise | None) -> np.ndarray:
    """Exact probabilities of the program's bits, from one density matrix."""
    from qiskit_aer import AerSimulator as Aer
    from qiskit_aer.library import SaveDensityMatrix

    form = deferred(made, hold=True)
    final = {move.index: move.slots[0] for move in form.moves if move.kind == "measure"}
    qc = _circuit(made, form, bad, measured=False)
    qc.append(SaveDensityMatrix(form.slots), qc.qubits)
    backend = Aer(method="density_matrix", max_parallel_threads=1)
    rho = np.asarray(backend.run(qc, shots=1).result().data(0)["density_matrix"])
    weights = np.real(np.diag(rho))
    numbers = np.zeros(len(weights), dtype=int)
    for bit, slot in final.items():
        numbers |= ((np.arange(len(weights)) >> slot) & 1) << bit
    return np.bincount(numbers, weights=weights, minlength=2**made.num_program_bits)


def first_of_swap(made: Executable) -> np.ndarray:
    """Which operands are the first of their qubit in an inserted SWAP."""
    own = np.repeat(made.swap, np.diff(made.ops.start)).tolist()
    seen: set[tuple[int, int]] = set()
    found = []
    for pair in zip(own, made.ops.operands.tolist(), strict=True):
        found.append(pair[0] >= 0 and pair not in seen)
        seen.add(pair)
    return np.array(found)


def errors(made: Executable, *, inside: bool, t1_s: float) -> Noise:
    """Every gate errs and every operand waits; `inside`: also between the gates of a SWAP."""
    count = len(made.ops.operands)
    own = np.repeat(made.swap, np.diff(made.ops.start))
    waits = np.ones(count, dtype=bool) if inside else (own < 0) | first_of_swap(made)
    idle_s = {place: 0.1 + 0.01 * (place % 7) for place in np.flatnonzero(waits).tolist()}
    gates = 0.02 + 0.001 * (np.arange(len(made.ops)) % 5)
    gates[[one.name == "measure" for one in made.ops]] = 0.0
    return noise(made, gate_error=gates, idle_s=idle_s, t1_s=t1_s, t2_s=1.0, readout=(0.01, 0.03))


@settings(max_examples=40, deadline=None)
@given(routed())
def test_moving_states_gives_what_simulating_every_qubit_gives(made: Executable) -> None:
    for bad in (None, errors(made, inside=True, t1_s=np.inf), errors(made, inside=False, t1_s=0.8)):
        exact = distribution(literal(made), bad)
        assert np.allclose(distribution(made, bad), exact, rtol=0, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(routed(joints=("cz", "cs")), st.sampled_from([0.8, np.inf]))
def test_where_errors_in_a_swap_could_depend_on_a_leftover_it_is_said(
    made: Executable, t1_s: float
) -> None:
    bad = errors(made, inside=True, t1_s=t1_s)
    exact = distribution(literal(made), bad)
    if not np.allclose(distribution(made, bad), exact, rtol=0, atol=1e-9):
        assert simulator_notes(AER, made, (bad,)) == (EMPTIED,)


def test_relaxation_in_a_swap_is_not_said_where_the_empty_place_was_never_used() -> None:
    items = [(op("ry", 0, params=[0.4]), -1), *swap(0, 1, 0), (op("measure", 1, clbit=0), -1)]
    made = made_of(items, 1)
    bad = errors(made, inside=True, t1_s=0.8)
    assert np.allclose(distribution(made, bad), distribution(literal(made), bad), atol=1e-9)
    assert simulator_notes(AER, made, (bad,)) == ()
    used = made_of([(op("measure", 1, clbit=1), -1), *items], 2)
    assert simulator_notes(AER, used, (errors(used, inside=True, t1_s=0.8),)) == (EMPTIED,)
    assert simulator_notes(AER, used, (errors(used, inside=False, t1_s=0.8),)) == ()


def most_alive(made: Executable) -> int:
    """Lives that are open at once, in the program's own order."""
    lives = lives_of(made)
    now = most = 0
    for begin, end in itertools.pairwise(made.ops.start.tolist()):
        now += int(lives.begins[begin:end].sum())
        most = max(most, now)
        now -= int(lives.ends[begin:end].sum())
    assert now == 0
    return most


def unrouted(made: Executable) -> Executable:
    """The same program without its SWAPs: later rows are on other qubits instead.

    What a SWAP moves and something is done to later keeps an `id` in its place, since the SWAP's
    errors are errors of it.
    """
    rows = list(zip(made.ops, made.swap.tolist(), strict=True))
    wire, kept = list(range(QUBITS)), []
    for _, group in itertools.groupby(
        enumerate(rows), lambda at: (at[1][1], at[1][1] < 0 and at[0])
    ):
        items = [item for _, item in group]
        if items[0][1] < 0:
            one = items[0][0]
            kept.append(replace(one, operands=tuple(wire[q] for q in one.operands)))
            continue
        a, b = sorted({q for one, _ in items for q in one.operands})
        wire[a], wire[b] = wire[b], wire[a]
        kept += [op("id", wire[a]), op("id", wire[b])]
    following: dict[int, str] = {}
    left: list[Op] = []
    for one in reversed(kept):
        if one.name == "id" and following.get(one.operands[0], "reset") == "reset":
            continue
        left.append(one)
        following.update(dict.fromkeys(one.operands, one.name))
    return program(*reversed(left), bits=made.num_program_bits, qubits=QUBITS)


@given(routed())
def test_routing_keeps_at_most_one_more_qubit_alive(made: Executable) -> None:
    assert most_alive(made) <= most_alive(unrouted(made)) + 1


@given(routed())
def test_lives_without_swaps_reach_from_reset_to_last_use(made: Executable) -> None:
    made = literal(made)
    lives = lives_of(made)
    for qubit in range(QUBITS):
        at = np.flatnonzero(made.ops.operands == qubit)
        row = np.searchsorted(made.ops.start, at, side="right") - 1
        names = [made.ops.names[code] for code in made.ops.gate[row]]
        fresh = [k == 0 or name == "reset" for k, name in enumerate(names)]
        assert lives.begins[at].tolist() == fresh
        assert lives.ends[at].tolist() == [*fresh[1:], True][: len(at)]


def test_a_state_carried_along_a_line_takes_two_slots_and_empty_swaps_none() -> None:
    items = [(op("ry", 0, params=[0.4]), -1)]
    for step in range(3):
        items += swap(step, step + 1, step)
    items += [*swap(0, 1, 3), (op("measure", 3, clbit=0), -1)]
    made = made_of(items, 1)
    for reuse in (Reuse.OWN, Reuse.ALL):
        form = deferred(made, hold=True, reuse=reuse)
        assert form.slots == 2
        assert sum(move.kind == "gate" for move in form.moves) == 1 + 3 * 9
    assert deferred(literal(made), hold=True).slots == 3


def test_what_waits_in_zero_has_no_channel() -> None:
    made = program(op("x", 0), op("x", 0), op("measure", 1, clbit=0), bits=1)
    idle = [move.index for move in deferred(made, hold=True).moves if move.kind == "idle"]
    assert idle == [1]


def on_lines(machines: int, qubits: int, *, body: str, width: int) -> Plan:
    """A circuit, qubit k on machine k modulo their number, over machines that are lines."""
    gates = (("cz", 68e-9, 2e-3), ("rz", 0.0, 0.0), ("sx", 32e-9, 3e-4), ("x", 32e-9, 3e-4))
    line = Device(
        name="line",
        qubits=qubits,
        coupling=tuple(itertools.pairwise(range(qubits))),
        gates=tuple(GateProfile(name=name, time_s=t, error=e) for name, t, e in gates),
        t2_s=(1e-4,) * qubits,
    )
    network = make_network(
        "line", str(machines), device=line, communication_qubits=2,
        link="rate=100kHz,fidelity=0.97",
    )  # fmt: skip
    head = f'OPENQASM 2.0; include "qelib1.inc"; qreg q[{width}]; creg c[{width}];'
    assign = {f"m{k}": range(k, width, machines) for k in range(machines)}
    return distribute(parse_circuit(f"{head} {body} measure q->c;"), network, assign=assign)


def fourier(width: int) -> str:
    text = "".join(f"ry({0.3 + 0.2 * k}) q[{k}];" for k in range(width))
    for i in reversed(range(width)):
        text += f"h q[{i}];"
        text += "".join(f"cu1(pi/{2 ** (i - j)}) q[{j}],q[{i}];" for j in range(i))
    return text


def test_machines_on_lines_give_what_simulating_all_their_qubits_gives() -> None:
    plan = on_lines(2, 6, body=fourier(3), width=3)
    made = programs_of(plan).executable
    own = np.repeat(made.swap, np.diff(made.ops.start))
    assert ((own >= 0) & lives_of(made).begins).any()
    links = compile_links(plan.network)
    supply = SampledSupply(links, timelines=1, seed=3)
    bad = noises(made, plan.network, time_ops(made, plan.network, links, supply))[0]
    assert (bad.gate_error[made.inserted] > 0).any()
    assert np.allclose(distribution(made, bad), distribution(literal(made), bad), atol=1e-9)


def test_a_fourier_transform_over_five_lines_takes_one_slot_more_than_without_couplings() -> None:
    plan = on_lines(5, 6, body=fourier(5), width=5)
    free = replace(plan.network.machines[0].device, coupling=None)
    machines = tuple(replace(machine, device=free) for machine in plan.network.machines)
    loose = replace(plan, network=replace(plan.network, machines=machines))
    made, plain = programs_of(plan).executable, programs_of(loose).executable
    assert made.inserted.sum() > 100
    for reuse in (Reuse.OWN, Reuse.ALL):
        least = deferred(plain, hold=True, reuse=reuse).slots
        assert deferred(made, hold=True, reuse=reuse).slots <= least + 1
    assert deferred(literal(made), hold=True, reuse=Reuse.OWN).slots > 2 * least


def test_ideal_shots_over_lines_scatter_like_independent_ones() -> None:
    """Pearson's chi-square against the exact distribution; false alarm 1e-6."""
    plan = on_lines(2, 5, body=fourier(4), width=4)
    result = run(
        plan, shots=20_000, seed=4, ideal=True, compare_alone=False, backend="aer-statevector"
    )
    made = programs_of(plan).executable
    exact = distribution(made, None)
    numbers = result.samples.astype(np.int64) @ (1 << np.arange(4))
    expected = exact * len(numbers)
    tally = np.bincount(numbers, minlength=16)
    assert expected.min() > 5
    assert chi2.sf(float(((tally - expected) ** 2 / expected).sum()), 15) > 1e-6
