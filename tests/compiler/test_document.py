"""A plan.json that is not one is refused by place, whatever was done to it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlace.circuit import parse_circuit
from interlace.compiler import distribute, load_plan, plan_document
from interlace.errors import SpecError
from interlace.network import make_network

CIRCUIT = parse_circuit(
    'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nbit[2] c;\n'
    "h q[0];\ncx q[0], q[1];\nc = measure q;\n"
)
PAIR = make_network("line", "2", device="ideal:2", communication_qubits=1)
SAVED = plan_document(distribute(CIRCUIT, PAIR))
STRANGE = [None, True, -1, 0, 1, 7, 2**63, -(2**70), 1.5, 1e308, "x", "", [], {}, [1], {"a": 1}]


def refused(content: bytes, folder: Path) -> SpecError:
    file = folder / "plan.json"
    file.write_bytes(content)
    with pytest.raises(SpecError) as caught:
        load_plan(file)
    assert caught.value.file == str(file)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"", None, "is empty: needs a plan.json"),
        (b" \n", None, "is empty: needs a plan.json"),
        (b"not JSON", 1, "is not a plan.json: JSON is malformed"),
        (b"\n\n{1: 2}", 3, "is not a plan.json: "),
        (b"\xff\xfe", 1, "is not a plan.json"),
        (SAVED[:-20], None, "is not a plan.json: "),
        (b"[1, 2]", None, "is not a plan.json of this version: expected `object`, got `array`"),
        (b"{}", None, "is not a plan.json of this version: object missing required field"),
        (b"[" * 100_000, None, "is not a plan.json"),
    ],
)
def test_a_file_that_is_no_json_names_its_line(content, line, words, tmp_path) -> None:
    error = refused(content, tmp_path)
    assert words in error.rule
    if line is not None:
        assert error.line == line


@pytest.mark.parametrize(
    ("keys", "value", "path", "words"),
    [
        (("seed",), "x", "seed", "expected `int`, got `str`"),
        (("circuit", "ops", "gate", 0), "x", "circuit.ops.gate[0]", "expected `int`"),
        (("schedule", "cells", 1), 99, "schedule.cells[1]", "must be from 0 to 3"),
        (("schedule", "cells", 1), 2**63, "schedule.cells[1]", "must fit 64 bits"),
        (("placement", "qubit", 1), -1, "placement.qubit[1]", "must be from 0 to 1"),
        (("pairs", "link", 0), 1, "pairs.link[0]", "must be from 0 to 0"),
        (("num_bits",), 10**9, "num_bits", "a size must be from 0 to 10000000"),
        (("registers", 0, "size"), 2**62, "registers", "a size must be from 0"),
        (("circuit", "qubit_registers", 0, "size"), -1, "circuit: register 'q'", "a size must be"),
        (("circuit", "clbit_registers", 0, "size"), 2**63, "circuit: register 'c'", "a size must"),
    ],
)
def test_a_value_that_does_not_fit_names_its_place(keys, value, path, words, tmp_path) -> None:
    document = json.loads(SAVED)
    put(document, keys, value)
    error = refused(json.dumps(document).encode(), tmp_path)
    assert error.path == path
    assert words in error.rule


def put(document: Any, keys: tuple[str | int, ...], value: object) -> None:
    for key in keys[:-1]:
        document = document[key]
    document[keys[-1]] = value


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path of everything in a document."""
    inner = value.items() if isinstance(value, dict) else ()
    inner = enumerate(value) if isinstance(value, list) else inner
    return [*([path] if path else []), *(p for k, v in inner for p in places(v, (*path, k)))]


@settings(deadline=None, max_examples=200)
@given(keys=st.sampled_from(places(json.loads(SAVED))), value=st.sampled_from(STRANGE))
def test_one_strange_value_anywhere_is_refused_or_changes_nothing(
    keys, value, tmp_path_factory
) -> None:
    document = json.loads(SAVED)
    put(document, keys, value)
    file = tmp_path_factory.mktemp("plan") / "plan.json"
    file.write_text(json.dumps(document))
    try:
        found = load_plan(file).content_id()
    except SpecError:
        found = None
    assert found in {None, json.loads(SAVED)["content_id"]}


@pytest.mark.parametrize(
    ("key", "value"),
    [("compile_s", -1.0), ("compile_s", 1e999), ("start_s", -1e-9), ("start_s", 1e999),
     ("duration_s", -1.0)],
)  # fmt: skip
def test_times_that_no_clock_shows_are_refused_by_place(
    key: str, value: float, tmp_path: Path
) -> None:
    document = json.loads(SAVED)
    if key == "compile_s":
        document[key] = value
    else:
        document["schedule"][key][0] = value
    error = refused(json.dumps(document).replace("Infinity", "1e999").encode(), tmp_path)
    assert key in str(error) or "JSON" in str(error)


def test_a_plan_keeps_the_count_of_barriers_outside_its_content(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    plan = distribute(dataclasses.replace(CIRCUIT, dropped_barriers=3), PAIR)
    file.write_bytes(plan_document(plan))
    assert load_plan(file).circuit.dropped_barriers == 3
    assert plan.content_id() == json.loads(SAVED)["content_id"]
    assert json.loads(plan_document(plan, schedule=False))["circuit"]["dropped_barriers"] == 3


def test_a_plan_without_its_schedule_is_told_from_one_that_is_broken(tmp_path: Path) -> None:
    short = plan_document(distribute(CIRCUIT, PAIR), schedule=False)
    assert refused(short, tmp_path).rule == (
        "is the plan without its schedule, which `interlace distribute --json` writes: "
        "the file of `-o` has all of it"
    )
    document = json.loads(SAVED)
    del document["pairs"]
    assert "missing required field `pairs`" in str(refused(json.dumps(document).encode(), tmp_path))


def test_a_plan_from_before_barriers_were_counted_is_read(tmp_path: Path) -> None:
    document = json.loads(SAVED)
    del document["circuit"]["dropped_barriers"]
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(document))
    assert load_plan(file).circuit.dropped_barriers == 0


@pytest.mark.parametrize(
    ("value", "words"), [(-1, "must not be negative"), (1.5, "expected `int`")]
)
def test_a_count_of_barriers_that_is_none_is_refused(value, words, tmp_path: Path) -> None:
    document = json.loads(SAVED)
    document["circuit"]["dropped_barriers"] = value
    error = refused(json.dumps(document).encode(), tmp_path)
    assert error.path == "circuit.dropped_barriers"
    assert words in error.rule
