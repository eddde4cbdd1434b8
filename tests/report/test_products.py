"""Runs too wide to count their outcomes: what stands in the place of counts."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from interlace.report import read_run_document, report, run_document
from interlace.report.document import fidelity_words
from interlace.report.products import products_views, state_fidelity
from interlace.runtime import StabilizerEstimate


def with_state(result, **changes):
    """The run with another estimate of its state."""
    state = replace(result.stabilizers.state, **changes)
    return replace(
        result, stabilizers=StabilizerEstimate(state=state, outcomes=result.stabilizers.outcomes)
    )


def test_every_form_says_what_is_known_of_the_state_and_of_the_outcomes(wide_result):
    table, page = str(report(wide_result)), report(wide_result).to_html()
    for said in ("0.931 ± 0.002", "0.612 ± 0.015", "below 0.003", "0.402 ± 0.004"):
        assert said in table
        assert said.partition(" ± ")[0] in page
    assert "stabilizers of the state before it is measured" in table
    assert "X q[0] · X q[1] · 98 more factors" in " ".join(table.split())
    assert "Outcomes of more than 64 bits are not counted" in table
    assert "Outcomes of more than 64 bits are not counted" in page
    assert report(wide_result).to_png() != report(with_state(wide_result, mean=0.5)).to_png()


def test_the_document_holds_the_estimates_and_reads_back(wide_result):
    content = report(wide_result).to_json()
    assert read_run_document(content) == run_document(wide_result)
    document = json.loads(content)
    assert document["counts"] is None
    assert document["stabilizers"]["state"]["is_fidelity"] is True
    assert document["stabilizers"]["state"]["intact_bound"] is None
    assert document["stabilizers"]["outcomes"]["intact_error"] is None
    assert document["stabilizers"]["outcomes"]["intact_bound"] == 0.003
    assert document["stabilizers"]["state"]["lowest"][0] == {
        "factors": ["X q[0]", "X q[1]"], "weight": 100, "value": 0.71, "error": 0.022
    }  # fmt: skip


def test_a_run_with_counts_says_nothing_of_stabilizers(result):
    assert products_views(result) == ()
    assert json.loads(report(result).to_json())["stabilizers"] is None
    assert "tabilizers of the state" not in str(report(result)) + report(result).to_html()


def test_the_fidelity_of_the_state_stands_in_where_outcomes_tell_none(wide_result):
    figure, words = fidelity_words(wide_result)
    assert figure == "0.612 ± 0.015"
    assert "before it is measured" in words
    partial = with_state(wide_result, is_state=False)
    assert state_fidelity(partial) is None
    assert fidelity_words(partial)[0] == "none"
    assert "all hold" in str(report(partial))


@pytest.mark.parametrize(
    ("intact", "ideal", "figure"),
    [(0.0, False, "below 0.003"), (1.0, False, "above 0.997"), (1.0, True, "1.0000")],
)
def test_where_all_shots_agree_a_bound_is_told(wide_result, intact, ideal, figure):
    run = with_state(replace(wide_result, ideal=ideal), intact=intact, intact_error=None)
    assert state_fidelity(run)[0] == figure


def test_no_shot_among_the_ideal_outcomes_is_a_bound_and_not_zero(result):
    none = replace(result, fidelity=replace(result.fidelity, value=0.0, error=0.0))
    assert fidelity_words(none)[0] == "below 0.00073"  # 3 / 4096


def test_many_qubits_on_a_machine_are_told_by_number(wide_result):
    from interlace.report.places import qubit_ranges

    labels = [f"q[{i}]" for i in (0, 1, 2, 5, 7, 9, 10)]
    assert qubit_ranges(labels) == "q[0-2], q[5], q[7], q[9-10]"
    assert qubit_ranges(labels, most=4) == "q[0-2], q[5], q[7], q[9-10]"
    assert qubit_ranges(labels, most=2) == "q[0-2], q[5] and 3 more"
