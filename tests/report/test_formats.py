from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
import stim
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interlace.errors import SpecError
from interlace.kernel import stream
from interlace.report import read_run_document, report, run_document


def size_of(png):
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert png[12:16] == b"IHDR"
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def test_the_picture_is_a_png_of_1600_by_1000(result):
    assert size_of(report(result).to_png()) == (1600, 1000)


def test_the_same_result_gives_the_same_picture(plain_result):
    assert report(plain_result).to_png() == report(plain_result).to_png()


def test_a_picture_shows_more_than_its_background(result):
    from matplotlib.image import imread

    pixels = imread(io.BytesIO(report(result).to_png()))
    assert 0.03 < (pixels[..., :3].min(axis=2) < 0.99).mean() < 0.6


@pytest.mark.filterwarnings("ignore:no installed font has")
def test_names_that_look_like_formulas_or_lack_glyphs_are_drawn(result, renamed):
    assert size_of(report(renamed(result, "$\\frac{1}$ 量子 \x1b")).to_png()) == (1600, 1000)


def test_a_run_without_counts_and_trace_has_a_picture(plain_result):
    bare = replace(
        plain_result,
        counts=None,
        fidelity=None,
        time_breakdown=(),
        error_breakdown=(),
        trace=replace(plain_result.trace, spans=()),
    )
    assert size_of(report(bare).to_png()) == (1600, 1000)


def test_the_suffix_chooses_the_form(plain_result, tmp_path):
    made = report(plain_result)
    for suffix in ("html", "json", "png", "HTML"):
        made.save(tmp_path / f"out.{suffix}")
    assert (tmp_path / "out.html").read_text(encoding="utf-8") == made.to_html()
    assert (tmp_path / "out.HTML").read_bytes() == made.to_html().encode()
    assert read_run_document((tmp_path / "out.json").read_bytes()) == run_document(plain_result)
    assert size_of((tmp_path / "out.png").read_bytes()) == (1600, 1000)


@given(st.integers(1, 40), st.integers(1, 70), st.integers(0, 10**6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_stim_reads_the_samples_back(plain_result, tmp_path, shots, bits, seed):
    samples = stream(seed, "samples").integers(0, 2, (shots, bits), dtype=np.uint8)
    path = tmp_path / "out.b8"
    report(replace(plain_result, samples=samples)).save(path)
    read = stim.read_shot_data_file(path=path, format="b8", num_measurements=bits)
    assert (read == samples).all()
    assert path.stat().st_size == shots * -(-bits // 8)


@pytest.mark.parametrize("name", ["report.pdf", "report"])
def test_an_unknown_suffix_is_refused_by_name(plain_result, tmp_path, name):
    with pytest.raises(SpecError, match=r"\.html, \.json, \.png"):
        report(plain_result).save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_missing_is_named(plain_result, tmp_path):
    with pytest.raises(SpecError, match="does not exist"):
        report(plain_result).save(tmp_path / "nowhere" / "report.json")
