from __future__ import annotations

import json
import math
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from interlace.errors import InvariantError, SpecError
from interlace.report import read_run_document, report, run_document

NAMED_IN_THE_CONTRACT = {
    "counts",
    "shots",
    "seed",
    "backend",
    "timelines",
    "fidelity",
    "ebits",
    "makespan_s",
    "time_breakdown_s",
    "error_breakdown",
    "links",
    "content_id",
    "versions",
}


def test_the_document_has_every_key_of_the_contract(result):
    document = json.loads(report(result).to_json())
    assert set(document) >= NAMED_IN_THE_CONTRACT
    assert set(document["fidelity"]) == {"value", "error", "kind", "reference"}
    assert set(document["makespan_s"]) == {"mean", "error", "p50", "p95"}
    assert set(document["ebits"]) == {"total", "by_link"}
    link = {"name", "rate_hz", "fidelity", "utilisation", "wait_s", "wait_error_s", "pairs"}
    assert all(set(found) == link for found in document["links"])
    assert isinstance(document["timelines"], int)


def test_the_total_of_ebits_is_the_sum_over_links(result):
    ebits = run_document(result).ebits
    assert ebits.total == sum(ebits.by_link.values()) == 5
    assert ebits.by_link["isar--pegnitz"] == 2


def test_the_makespan_is_that_of_the_timelines(result):
    found = run_document(replace(result, makespan_s=np.array([1.0, 2.0, 6.0]))).makespan_s
    assert (found.mean, found.p50) == (3.0, 2.0)
    assert found.p95 == pytest.approx(5.6)  # linear between the order statistics 2 and 6


def test_the_document_reads_back_as_itself(result, plain_result):
    for run in (result, plain_result):
        assert read_run_document(report(run).to_json()) == run_document(run)


def test_the_same_result_gives_the_same_bytes(result):
    assert report(result).to_json() == report(result).to_json()
    assert report(result).to_json().endswith(b"}\n")


def test_unknown_counts_and_fidelity_are_null(result):
    document = json.loads(report(replace(result, counts=None, fidelity=None)).to_json())
    assert document["counts"] is None
    assert document["fidelity"] is None


def test_counts_keep_their_order_and_add_up(result):
    counts = json.loads(report(result).to_json())["counts"]
    assert list(counts.values()) == sorted(counts.values(), reverse=True)
    assert sum(counts.values()) == 4096


def test_a_link_that_was_not_used_has_no_waiting_time(result):
    idle = replace(result.links[0], pairs=0, wait_s=math.nan)
    assert run_document(replace(result, links=(idle,))).links[0].wait_s is None


def test_numbers_of_numpy_are_plain_numbers(result):
    link = replace(result.links[0], rate_hz=np.float64(3.0), pairs=np.int64(1))
    found = run_document(replace(result, links=(link,), counts=(("0", np.int64(3)),)))
    assert msgspec.json.encode(found)
    assert type(found.links[0].rate_hz) is float


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_number_that_is_none_is_refused_by_name(result, bad):
    with pytest.raises(InvariantError, match=r"result\.error_breakdown\.readout is (nan|inf)"):
        run_document(replace(result, error_breakdown=(("readout", bad),)))


def test_an_unknown_key_is_refused_by_name(result):
    document = json.loads(report(result).to_json()) | {"colour": "red"}
    with pytest.raises(SpecError, match=r"run\.json: is not the JSON of a run.*colour"):
        read_run_document(json.dumps(document).encode(), file="run.json")


def test_measured_times_are_the_only_part_that_may_differ(result):
    slower = replace(result, wall_s=(("simulate", 99.0),))
    first, second = (json.loads(report(run).to_json()) for run in (result, slower))
    assert {k for k in first if first[k] != second[k]} == {"wall_s"}


def test_the_makespan_has_the_standard_error_of_its_mean(result):
    three = run_document(replace(result, makespan_s=np.array([1.0, 2.0, 6.0]))).makespan_s
    assert three.error == pytest.approx((7.0 / 3) ** 0.5)  # by hand: s^2 = (4 + 1 + 9) / 2
    one = run_document(replace(result, makespan_s=np.array([3.0]))).makespan_s
    assert one.error is None
