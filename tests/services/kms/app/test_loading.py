"""`interlace kms bench`: load is made, counted, and told apart from what it costs the entity."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from tests.services.kms.app.network import kms, running

from interlace.errors import SpecError
from interlace.services.kms.app import LoadWishes, load_generator, measure_load


def can_compile() -> bool:
    try:
        with load_generator():
            return True
    except SpecError:
        return False


compiled = pytest.mark.skipif(not can_compile(), reason="no C compiler with OpenSSL's headers")


@compiled
@pytest.mark.slow
def test_a_load_is_counted_key_by_key(made: Path) -> None:
    with running(made, "--isolate") as up:
        up.ready()
        wishes = LoadWishes(seconds_s=20.0, requests=100, connections=4)
        ones = measure_load(str(made), wishes)
        assert (ones.requests, ones.keys, ones.refused, ones.failed) == (100, 100, 0, 0)
        assert 0.0 < ones.p50_s <= ones.p99_s <= ones.most_s < 20.0
        assert ones.entity_cpu_s > 0.0
        assert ones.memory_bytes > 10_000_000
        paced = measure_load(str(made), LoadWishes(seconds_s=2.0, rate_hz=20.0))
        assert paced.requests == 40
        done = kms("bench", str(made), "--seconds", "1", "--number", "3", "--json", "-")
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert told["keys"] == 3 * (told["requests"] - told["refused"]) > 0
        assert "keys" in done.stderr
        assert told["served"] == told["requests"] - told["refused"] - told["failed"]
        assert "us an answer" in done.stderr
        done = kms("bench", str(made), "--seconds", "1", "--number", "129", "--json", "-")
        assert (done.returncode, done.stdout) == (1, "")
        assert re.fullmatch(
            r"nothing was served: [1-9]\d* requests were refused "
            r"\(400: number must be from 1 to 128\), and 0 had no answer\n",
            done.stderr,
        )
        drained = measure_load(str(made), LoadWishes(seconds_s=2.0, number=128, connections=8))
        assert drained.served * 128 == drained.keys
        assert drained.answered == drained.served + drained.refused == drained.requests
        assert drained.why_refused == ("503: insufficient keys" if drained.refused else "")


@compiled
def test_a_network_that_does_not_run_is_named(made: Path) -> None:
    done = kms("bench", str(made))
    assert done.returncode == 1
    assert re.search(r"error: \S+ does not answer: `.*interlace kms up` runs it", done.stderr)


def test_without_a_compiler_the_command_says_what_to_install(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(SpecError, match="apt-get install gcc libssl-dev"):
        measure_load(str(made), LoadWishes())
