from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from unicodedata import category

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlace.report import report
from interlace.report.markup import Markup, el, join
from interlace.runtime import Span

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&amp;\x00"
VOID = {"meta", "br", "hr", "link"}


class Outline(HTMLParser):
    """Every element with its attributes; that each closes where it should; the text."""

    def __init__(self):
        super().__init__()
        self.elements, self.open, self.words = [], [], []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def outline(page):
    parser = Outline()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    return parser


def test_the_page_is_well_formed(result, plain_result):
    for run in (result, plain_result):
        page = report(run).to_html()
        assert page.startswith("<!DOCTYPE html>\n<html")
        assert [tag for tag, _ in outline(page).elements].count("main") == 1


def test_the_page_loads_nothing_and_runs_nothing(result):
    page = report(result).to_html()
    loading = {"src", "href", "srcset", "action", "data", "poster", "xlink:href"}
    for tag, attributes in outline(page).elements:
        assert tag not in {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
        assert not loading & set(attributes)
        assert not any(name.startswith("on") for name in attributes)
    assert not re.search(r"https?://|url\(|@import", page)
    policies = [a["content"] for _, a in outline(page).elements if "http-equiv" in a]
    assert policies[0].startswith("default-src 'none'; style-src 'unsafe-inline';")


def test_names_from_files_cannot_become_markup(result, renamed):
    evil = renamed(result, EVIL)
    elements = outline(report(evil).to_html()).elements
    harmless = outline(report(renamed(result, "x")).to_html()).elements
    assert {tag for tag, _ in elements} == {tag for tag, _ in harmless}
    assert not any(name.startswith("on") for _, attributes in elements for name in attributes)
    assert "\x00" not in report(evil).to_html()


@settings(deadline=None, max_examples=50)
@given(st.text(), st.text())
def test_text_and_attributes_read_back_as_they_were(text, value):
    parser = outline(el("b", {"title": value}, text))
    assert "".join(parser.words) == shown(text)
    assert parser.elements == [("b", {"title": shown(value)})]


def shown(text: str) -> str:
    return "".join(
        c if c.isprintable() or c in "\n\t" or category(c) == "Zs" else "\ufffd" for c in text
    )


def test_a_page_of_printable_names_holds_no_replacement_character(result, plain_result):
    for page in (report(result).to_html(), report(plain_result).to_html()):
        assert "\ufffd" not in page
    assert "\xa0" in report(result).to_html()


def test_spaces_that_do_not_break_are_kept_and_control_characters_replaced():
    assert el("b", None, "1\xa0s, 2\u202fs\x1b\u202e") == "<b>1\xa0s, 2\u202fs\ufffd\ufffd</b>"


def test_markup_is_not_escaped_twice():
    assert join(("<", Markup("<b></b>"))) == "&lt;<b></b>"


def test_the_page_tells_the_verdict_the_figures_and_the_origin(result):
    words = "".join(outline(report(result).to_html()).words)
    assert report(result).limit() in words
    for expected in (
        "isar--pegnitz",
        "22 of 22",
        "q[22-31]",
        "Local routing was replayed",
        "twirled",
        result.plan.content_id(),
        "interlace run plan.json --shots 4096 --seed 7 --timelines 32 --backend stim",
    ):
        assert expected in words


def test_pictures_have_names_for_those_who_cannot_see_them(result):
    for tag, attributes in outline(report(result).to_html()).elements:
        if tag == "svg":
            assert attributes.get("aria-hidden") == "true" or attributes["aria-label"]


def test_a_run_without_counts_links_trace_and_check_has_a_page(plain_result):
    bare = replace(
        plain_result,
        counts=None,
        reference=None,
        fidelity=None,
        ideal=True,
        time_breakdown=(),
        error_breakdown=(),
        plan=replace(plain_result.plan, check=None),
        trace=replace(plain_result.trace, spans=()),
    )
    words = " ".join(outline(report(bare).to_html()).words)
    assert "more than 64 bits are not counted" in words
    assert "was not compared" in words
    assert "--ideal" in words


def test_a_circuit_too_large_for_one_machine_says_so(result):
    words = " ".join(outline(report(replace(result, alone=None)).to_html()).words)
    assert "No machine here holds all 40 qubits: the largest has 24." in words


def test_a_rich_trace_gives_a_small_page(result):
    spans = tuple(
        Span(row=f"isar q[{q}]", group="isar", kind="gate", start_s=i * 1e-7,
             end_s=i * 1e-7 + 6e-8, label="cx")
        for q in range(30)
        for i in range(500)
    )  # fmt: skip
    rich = replace(result, trace=replace(result.trace, spans=spans))
    assert len(report(rich).to_html()) < 1_500_000


@pytest.mark.browser
def test_a_browser_shows_the_page(result, tmp_path):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("chromium is not installed: the page was not opened in a browser")
    report(result).save(tmp_path / "report.html")
    command = [
        chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
        "--no-first-run", "--disable-background-networking", "--disable-component-update",
        "--disable-sync", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom",
        (tmp_path / "report.html").as_uri(),
    ]  # fmt: skip
    shown = subprocess.run(command, capture_output=True, timeout=120, check=True)
    parser = outline(shown.stdout.decode())
    assert report(result).limit() in "".join(parser.words)
    ours = outline(report(result).to_html())
    assert [tag for tag, _ in parser.elements] == [tag for tag, _ in ours.elements]


def test_the_drawn_timeline_is_counted_from_one(result):
    words = "".join(outline(report(result).to_html()).words)
    assert result.trace.timeline == 11
    assert "timeline 12 of 32" in words


def test_the_map_says_what_dotted_links_are_where_there_are_some(result):
    told = "Dotted links were not used."
    assert told not in "".join(outline(report(result).to_html()).words)
    idle = replace(result, links=(replace(result.links[0], pairs=0), *result.links[1:]))
    assert told in "".join(outline(report(idle).to_html()).words)


def test_without_a_map_no_half_of_a_row_stays_empty(result) -> None:
    network = result.plan.network
    sample = network.repeaters[0]
    many = tuple(replace(sample, name=f"r{index}") for index in range(200))
    wide = replace(network, repeaters=(sample, *many))
    page = report(replace(result, plan=replace(result.plan, network=wide))).to_html()
    assert "too many for one map" in page
    before = page[: page.index("too many for one map")]
    assert '<div class="pair' not in before
    assert '<div class="pair"' in report(result).to_html()


def test_links_that_were_used_stand_first(result) -> None:
    used = replace(result.links[0], wait_s=0.0)
    idle = tuple(replace(used, name=f"idle-{index}", pairs=0) for index in range(100))
    found = replace(result, links=(*idle, used))
    page = report(found).to_html()
    links = page[page.index(">Links<") :]
    assert links.index(f">{used.name}<") < links.index("idle-")
    table = str(report(found))
    rows = [line for line in table.splitlines() if line.startswith(("idle-", f"{used.name}  "))]
    assert rows[0].startswith(used.name)


def test_a_tile_keeps_its_figure_beside_the_unit(result) -> None:
    values = re.findall(r'<dd class="v">([^<]*)', report(result).to_html())
    assert any(re.search("[0-9]\xa0[mµn]?s", value) for value in values)
    assert not any(re.search("[0-9] [mµn]?s", value) for value in values)


def test_the_page_shows_the_command_that_made_it(result) -> None:
    page = outline(report(result).to_html(command="interlace run 'a <b>.qasm'"))
    words = "".join(page.words)
    assert "interlace run 'a <b>.qasm'" in words
    assert "plan.json" not in words
    assert "save_plan" in "".join(outline(report(result).to_html()).words)


def test_every_timeline_has_its_dot_on_the_axis(result) -> None:
    page = report(result).to_html()
    dots = [float(x) for x in re.findall(r'<circle cx="([0-9.]+)%"', page)]
    assert dots
    assert max(dots) < 98
