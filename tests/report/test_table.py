from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from interlace.circuit import parse_circuit
from interlace.compiler import distribute
from interlace.network import make_network, parse_network
from interlace.report import plan_table, report
from interlace.report.outcomes import outcomes

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", ["run", "plain", "plan"])
def test_the_table_is_the_golden_one(name, result, plain_result):
    table = {
        "run": lambda: f"{report(result)}\n",
        "plain": lambda: f"{report(plain_result)}\n",
        "plan": lambda: plan_table(result.plan),
    }[name]()
    assert table == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


def test_no_line_ends_in_space(result):
    assert all(line == line.rstrip() for line in str(report(result)).splitlines())


def test_the_last_line_says_what_limited_the_run(result):
    last = str(report(result)).split("\n\n")[-1]
    assert last.replace("\n", " ") == report(result).limit()


def test_a_name_cannot_forge_lines_or_colours(result, renamed):
    evil = renamed(result, "x\x1b[31m\nverdict: all is well ")
    text = f"{report(evil)}{plan_table(evil.plan)}"
    assert "\x1b" not in text
    assert not any(line.startswith("verdict") for line in text.splitlines())


def test_a_figure_stays_beside_its_unit(result):
    for length in range(40, 70):
        breakdown = ((f"x{'y' * length} cause", 0.51), ("rest", 0.49))
        text = str(report(replace(result, time_breakdown=breakdown)))
        assert not any(line.startswith(("%", "ms", "s ")) for line in text.splitlines())
        assert "51 % of the time (510 ms)" in text.replace("\n", " ")


def test_timelines_that_agree_are_said_to(result):
    same = replace(result, makespan_s=np.full(32, 2e-3))
    assert "the same on all 32 timelines" in str(report(same))
    assert "How it varied" not in report(same).to_html()


def test_outcomes_above_64_bits_are_said_to_be_missing(result):
    assert "more than 64 bits are not counted" in str(report(replace(result, counts=None)))


def test_an_unchecked_plan_says_so(result):
    plan = replace(result.plan, check=None)
    assert "checked      nothing" in plan_table(plan)
    assert "checked      nothing" in str(report(replace(result, plan=plan)))


@pytest.mark.parametrize(("barriers", "words"), [(1, ", 1 barrier left out"), (0, " steps\n")])
def test_a_plan_tells_of_barriers_that_were_left_out(barriers, words, result):
    circuit = replace(result.plan.circuit, dropped_barriers=barriers)
    assert words in plan_table(replace(result.plan, circuit=circuit))


def test_the_bound_on_false_acceptance_is_shown(result):
    check = replace(result.plan.check, false_acceptance=2.0**-30)
    assert "at most 9.31e-10" in plan_table(replace(result.plan, check=check))


def test_a_qubit_that_moves_is_listed_where_it_comes_to(result):
    place = result.plan.placement
    moved = replace(
        place,
        qubit=np.append(place.qubit, 0),
        cell=np.append(place.cell, 24),
        from_step=np.append(place.from_step, 2),
        to_step=np.append(place.to_step, 3),
    )
    assert "q[22-31]; later q[0]" in plan_table(replace(result.plan, placement=moved))


def test_an_outcome_off_an_incomplete_reference_has_no_known_probability(result):
    partial = replace(result, reference=result.reference[:1])
    assert {row.ideal for row in outcomes(partial, most=9).rows} == {0.5, None}
    assert {row.ideal for row in outcomes(result, most=9).rows} == {0.5, 0.0}


def test_an_ideal_outcome_that_never_came_is_shown(result):
    missing = replace(result, reference=(("1" * 39 + "0", 0.9), ("0" * 40, 0.1)))
    first = outcomes(missing, most=4).rows[0]
    assert (first.bits, first.shots, first.ideal) == ("1" * 39 + "0", 0, 0.9)


def test_shown_and_other_outcomes_hold_every_shot(result):
    listed = outcomes(result, most=5)
    shown = sum(row.measured for row in listed.rows)
    assert shown + listed.other_share == pytest.approx(1.0)
    assert len(listed.rows) + listed.others == len(result.counts)


def test_no_line_is_wider_than_a_terminal_of_80_columns(result, plain_result):
    for made in (result, plain_result, replace(result, alone=None, fidelity=None)):
        for text in (str(report(made)), plan_table(made.plan)):
            assert max(map(len, text.splitlines())) <= 80


def test_the_content_id_is_whole_so_that_it_can_be_compared_with_the_files(result):
    whole = result.plan.content_id()
    assert len(whole) == 64
    assert whole in plan_table(result.plan)
    assert whole in str(report(result))


def test_one_of_a_thing_is_not_called_several(plain_result):
    shares = tuple((f"cause {k}", 1.0) for k in range(13))
    counts = tuple((f"{k:05b}", 1) for k in range(17))
    alone = replace(plain_result, shots=1, time_breakdown=shares, counts=counts, reference=None)
    nine = str(report(replace(alone, counts=counts[:9])))
    assert "and 1 more outcome, " in nine
    page = report(alone).to_html()
    assert "1 further cause<" in page
    assert "the other one holds" in page
    assert "1 shot." in page
    for text in (nine, page):
        assert not re.search(r"(?<![0-9.,])1 [a-z ]*(outcomes|causes|shots|timelines)\b", text)


@pytest.mark.parametrize(
    ("reference", "shots", "why"),
    [
        (None, 500, "the ideal outcomes are unknown, or too many for 500 shots"),
        (
            tuple((f"{k:06b}", 1 / 64) for k in range(64)),
            500,
            "outcomes this much alike take 640 shots or more",
        ),
    ],
)
def test_a_run_without_a_fidelity_says_why(result, reference, shots, why):
    made = replace(result, fidelity=None, reference=reference, shots=shots)
    assert why in " ".join(str(report(made)).split())
    assert why in report(made).to_html()


def test_ideal_figures_are_left_out_where_none_is_known(result):
    unknown = replace(result, reference=None)
    assert "ideal" not in str(report(unknown)).split("outcome ")[1].splitlines()[0]
    assert "Their ideal probabilities are not known." in report(unknown).to_html()
    assert "measured against ideal" not in report(unknown).to_html()


def test_the_ebits_of_many_links_are_shortened(result):
    network = make_network("line", "12", device="ideal:4", communication_qubits=2)
    circuit = parse_circuit(
        'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; cx q[0],q[1]; measure q -> c;'
    )
    plan = distribute(circuit, network, assign={"m0": [0], "m11": [1]})
    row = " ".join(plan_table(plan).split("ebits", 1)[1].split("makespan")[0].split())
    assert row == "11 m0--m1 1, m1--m2 1, m2--m3 1, m3--m4 1, m4--m5 1, m5--m6 1, and 5 more"


def test_what_leaves_no_entanglement_stands_out_right_above_what_limited_the_run(result):
    warned = replace(result, warnings=("Pairs over a--b have fidelity 0.285.", "Do this."))
    above = str(report(warned)).split("\n\n")[-2]
    assert above == "! Pairs over a--b have fidelity 0.285.\n! Do this."
    assert "\n! " not in str(report(result))


def test_a_plan_tells_of_pairs_without_entanglement():
    network = parse_network(
        "interlace: 1\nmachines:\n"
        '  m0: {device: "ideal:1", communication_qubits: unlimited}\n'
        '  m1: {device: "ideal:1", communication_qubits: unlimited}\n'
        "links:\n  m0--m1: {rate: 1 kHz, fidelity: 0.3}\n"
    )
    circuit = parse_circuit("OPENQASM 3.0;\nqubit[2] q;\nctrl @ U(pi, 0, pi) q[0], q[1];\n")
    assert plan_table(distribute(circuit, network)).split("\n\n")[-1].startswith("! Pairs over ")
