"""A run says what it approximated only where that can have changed its numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from tests.runtime.build import noise, op, program, remote_bell

from interlace.circuit import Circuit, OpTable, Register
from interlace.compiler import distribute
from interlace.link import Link, compile_links
from interlace.network import load_device, make_network
from interlace.runtime import run
from interlace.runtime.approximate import averaging, link_notes, simulator_notes
from interlace.runtime.stim_backend import SYMMETRISED, TWIRLED, StimSimulator

BELL = remote_bell()


def said(**options: Any) -> str:
    return " ".join(simulator_notes(StimSimulator(), BELL, (noise(BELL, **options),)))


def test_perfect_devices_leave_nothing_to_approximate() -> None:
    assert said() == ""
    assert simulator_notes(StimSimulator(), BELL, (None,)) == ()


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"idle_s": {3: 1e-3}, "t1_s": 1.0}, "Pauli-twirled"),
        ({"readout": (0.01, 0.03)}, "symmetrised"),
        ({"gate_error": 0.01}, "conditioned correction"),
    ],
)
def test_each_noise_brings_its_own_sentence_and_no_other(
    options: dict[str, Any], word: str
) -> None:
    words = ("Pauli-twirled", "symmetrised", "conditioned correction")
    assert [found for found in words if found in said(**options)] == [word]


@pytest.mark.parametrize(
    "options",
    [
        {"t1_s": 1.0},  # nobody waits
        {"idle_s": {3: 1e-3}},  # nothing decays
        {"idle_s": {3: 1e-3}, "t2_s": 1.0},  # dephasing is a Pauli channel as it is
        {"readout": (0.02, 0.02)},  # both misreadings are equal
    ],
)
def test_what_is_exact_is_not_called_approximate(options: dict[str, Any]) -> None:
    assert said(**options) == ""


def test_errors_of_gates_that_always_act_are_not_halved() -> None:
    errors = np.where(BELL.ops.condition < 0, 0.01, 0.0)
    assert said(gate_error=errors) == ""


def test_one_timeline_among_many_suffices() -> None:
    quiet, loud = noise(BELL, t1_s=1.0), noise(BELL, t1_s=1.0, idle_s={3: 1e-3})
    assert simulator_notes(StimSimulator(), BELL, (quiet, quiet, loud)) == (TWIRLED,)


def test_readout_of_a_qubit_that_nobody_measures_does_not_count() -> None:
    made = program(op("h", 0), op("h", 1), op("measure", 1, clbit=0), bits=1)
    uneven = noise(made)
    uneven.readout[0] = (0.0, 0.1)
    assert simulator_notes(StimSimulator(), made, (uneven,)) == ()
    uneven.readout[1] = (0.0, 0.1)
    (note,) = simulator_notes(StimSimulator(), made, (uneven,))
    assert note.startswith(SYMMETRISED)


def test_what_is_no_matter_of_noise_is_always_said() -> None:
    @dataclass(frozen=True)
    class Truncating(StimSimulator):
        @property
        def approximations(self) -> tuple[str, ...]:
            return ("Bonds are cut.",)

    assert simulator_notes(Truncating(), BELL, (None,)) == ("Bonds are cut.",)


def test_timelines_are_counted_and_the_noise_of_waiting_named_where_there_is_some() -> None:
    quiet, loud = noise(BELL), noise(BELL, t2_s=1.0, idle_s={3: 1e-3})
    assert averaging(BELL, (None,)) == (
        "The times are those of one sampled timeline of the links: nothing is averaged.",
    )
    assert "The times are averaged over 2 sampled timelines" in averaging(BELL, (quiet, quiet))[0]
    assert "noise of waiting are averaged" in averaging(BELL, (quiet, loud))[0]
    local = replace(BELL, link=np.full(len(BELL.ops), -1))
    assert averaging(local, (loud, loud)) == ()


def links(machines: int) -> tuple[Link, ...]:
    return compile_links(
        make_network(
            "line", str(machines), device=load_device("ideal:4"), communication_qubits=2,
            link="rate=1kHz,fidelity=0.9",
        )
    )  # fmt: skip


@pytest.mark.parametrize(
    ("machines", "used", "where"),
    [
        (3, (0,), "On m0--m1: "),
        (3, (0, 1), "On m0--m1, m1--m2: "),
        (5, (0, 1, 2, 3), "On all 4 links: "),
        (5, (0, 1, 3), "On all 3 links in use: "),
    ],
)
def test_a_note_is_one_sentence_with_the_links_that_it_holds_for(
    machines: int, used: tuple[int, ...], where: str
) -> None:
    made = replace(BELL, link=np.array([*used, *[-1] * (len(BELL.ops) - len(used))]))
    notes = link_notes(made, links(machines), (noise(made),))
    assert len(notes) == len(set(notes)) == 2
    for note in notes:
        assert note.startswith(where)
        assert note.endswith(".")


def test_of_many_links_that_share_a_note_a_few_are_named() -> None:
    several = links(6)
    odd = replace(several[4], timing_notes=("this one is odd",))
    made = replace(BELL, link=np.array([*range(5), *[-1] * (len(BELL.ops) - 5)]))
    notes = link_notes(made, (*several[:4], odd), (None,))
    assert "On m4--m5: this one is odd." in notes
    assert all("and 1 more" in note for note in notes if "odd" not in note)


def test_without_noise_nothing_is_said_of_the_state_of_the_pairs() -> None:
    bare = replace(links(2)[0], timing_notes=("messages take no time",))
    link = replace(bare, state_notes=("the state is twirled",))
    assert "On m0--m1: the state is twirled." in link_notes(BELL, (link,), (noise(BELL),))
    assert link_notes(BELL, (link,), (None, None)) == link_notes(BELL, (bare,), (noise(BELL),))
    assert link_notes(BELL, (link,), (None,)) == ("On m0--m1: messages take no time.",)


def test_a_run_over_perfect_machines_approximates_only_its_links() -> None:
    network = make_network(
        "line", "2", device=load_device("ideal:4"), communication_qubits=2,
        link="rate=1kHz,fidelity=0.9",
    )  # fmt: skip
    ghz = Circuit(
        name="ghz",
        qubit_registers=(Register(name="q", size=2),),
        clbit_registers=(Register(name="c", size=2),),
        ops=OpTable.of(
            [op("h", 0), op("cx", 0, 1), op("measure", 0, clbit=0), op("measure", 1, clbit=1)]
        ),
    )
    plan = distribute(ghz, network, assign={"m0": [0], "m1": [1]})
    for backend in ("stim", "aer-statevector"):
        said = run(plan, shots=8, timelines=1, backend=backend).approximations
        assert said[0].startswith("The times are those of one sampled timeline")
        assert all(sentence.startswith("On m0--m1: ") for sentence in said[1:])
