"""Figures and names on maps: read as said of what they stand beside, or left out."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlace.link import compile_links
from interlace.network import make_network, parse_network
from interlace.report import network_page, report
from interlace.report.atlas import atlas
from interlace.report.cards import forms, names_beside, styles
from interlace.report.geometry import Box, Curve
from interlace.report.labels import Lines, Room, is_beside, link_label, node_labels
from interlace.report.mapview import _note
from interlace.report.places import NodeUse

NARROW_ANGLE = """\
interlace: 1
name: swiss
sites:
  zurich: {lat: 47.378, lon: 8.54}
  geneva: {lat: 46.21, lon: 6.14}
  basel: {lat: 47.55, lon: 7.59}
  bern: {lat: 46.949, lon: 7.44}
  first: {lat: 47.2359, lon: 8.1719}
  second: {lat: 47.0929, lon: 7.8053}
  half: {lat: 47.2495, lon: 7.5146}
  third: {lat: 47.4656, lon: 8.0658}
machines:
  zurich: {site: zurich, device: ideal:4, communication_qubits: 4}
  lugano: {site: zurich, device: ideal:4, communication_qubits: 4}
  geneva: {site: geneva, device: ideal:4, communication_qubits: 4}
repeaters:
  bern: {site: bern}
  basel-and-a-long-name: {site: basel}
  between-zurich-and-bern-1: {site: first}
  between-zurich-and-bern-2: {site: second}
  between-basel-and-bern: {site: half}
  between-zurich-and-basel: {site: third}
  between-zurich-and-lugano-1: {site: zurich}
  between-zurich-and-lugano-2: {site: zurich}
  between-zurich-and-lugano-3: {site: zurich}
links:
  zurich--between-zurich-and-bern-1: {rate: 311 Hz, fidelity: 0.98}
  between-zurich-and-bern-1--between-zurich-and-bern-2: {rate: 312 Hz, fidelity: 0.98}
  between-zurich-and-bern-2--bern: {rate: 313 Hz, fidelity: 0.98}
  zurich--between-zurich-and-basel: {rate: 141 Hz, fidelity: 0.98}
  between-zurich-and-basel--basel-and-a-long-name: {rate: 142 Hz, fidelity: 0.98}
  basel-and-a-long-name--between-basel-and-bern: {rate: 188 Hz, fidelity: 0.98}
  between-basel-and-bern--bern: {rate: 189 Hz, fidelity: 0.98}
  bern--geneva: {rate: 223 Hz, fidelity: 0.98}
  zurich--between-zurich-and-lugano-1: {rate: 165 Hz, fidelity: 0.98}
  between-zurich-and-lugano-1--between-zurich-and-lugano-2: {rate: 166 Hz, fidelity: 0.98}
  between-zurich-and-lugano-2--between-zurich-and-lugano-3: {rate: 167 Hz, fidelity: 0.98}
  between-zurich-and-lugano-3--lugano: {rate: 168 Hz, fidelity: 0.98}
"""


def page_of(text: str) -> str:
    network = parse_network(text)
    return network_page(network, compile_links(network))


def lines_of(page: str) -> list[tuple[str, Curve]]:
    """The links on the map, by their titles."""
    number = r"(-?[\d.]+)"
    path = rf'<path class="link q\d" d="M{number} {number}L{number} {number}"[^>]*><title>([^<]*)<'
    found = []
    for *ends, title in re.findall(path, page):
        x1, y1, x2, y2 = map(float, ends)
        found.append((title, Curve((x1, y1), ((x1 + x2) / 2, (y1 + y2) / 2), (x2, y2))))
    return found


def words_of(page: str, styles_wanted: str) -> list[tuple[str, Box]]:
    """Words on the map, each with a box that is no larger than what they fill."""
    text = (
        rf'<text class="(?:{styles_wanted})" x="([\d.]+)" y="([\d.]+)" font-size="([\d.]+)" '
        r'text-anchor="(\w+)">([^<]*)<'
    )
    found = []
    for x, y, font, anchor, words in re.findall(text, page):
        wide = 0.52 * float(font) * len(words)
        shift = {"start": wide / 2, "middle": 0.0, "end": -wide / 2}[anchor]
        box = Box(float(x) + shift, float(y) - 0.3 * float(font), wide, 0.6 * float(font))
        found.append((words, box))
    return found


def test_figures_stand_nearest_to_the_link_that_they_are_of() -> None:
    page = page_of(NARROW_ANGLE)
    links = lines_of(page)
    told = words_of(page, "told")
    assert len(links) == 12
    assert len(told) >= 5
    for words, box in told:
        nearest, _ = min(links, key=lambda link: near(box, link[1]))
        assert f": {words.split(',')[0]}," in nearest
        assert all(near(box, curve) > 0 for _, curve in links)


def near(box: Box, curve: Curve) -> float:
    """Least distance of the line's points from the box."""
    points = (curve.point(k / 2000) for k in range(2001))
    wide, high = box.width / 2, box.height / 2
    return min(
        math.hypot(max(0.0, abs(x - box.x) - wide), max(0.0, abs(y - box.y) - high))
        for x, y in points
    )


def test_no_name_is_struck_through_by_a_link() -> None:
    page = page_of(NARROW_ANGLE)
    names = words_of(page, "named?")
    assert {"zurich", "lugano", "geneva", "bern"} <= {words for words, _ in names}
    for words, box in names:
        for title, curve in lines_of(page):
            assert near(box, curve) > 0, f"{words} lies on {title}"


def test_a_machine_in_a_crowd_is_named_at_the_end_of_a_thin_line() -> None:
    page = page_of(NARROW_ANGLE)
    assert 'class="leader"' in page
    line = make_network("line", "3", device="ideal:4", communication_qubits=1)
    assert 'class="leader"' not in network_page(line, compile_links(line))


points = st.tuples(st.floats(0, 600), st.floats(0, 400))
straight = st.tuples(points, points).map(
    lambda ends: Curve(
        ends[0], ((ends[0][0] + ends[1][0]) / 2, (ends[0][1] + ends[1][1]) / 2), ends[1]
    )
)
boxes = st.builds(Box, st.floats(0, 600), st.floats(0, 400), st.floats(1, 90), st.floats(1, 30))


@given(straight, boxes)
def test_the_gap_between_a_line_and_a_box_is_that_of_their_nearest_points(curve, box) -> None:
    step = math.dist(curve.start, curve.stop) / 2000
    assert curve.gap(box) == pytest.approx(near(box, curve), abs=step + 1e-6)


@given(st.lists(straight, min_size=1, max_size=12))
@settings(deadline=None)
def test_whatever_the_lines_figures_are_nearer_to_their_own(curves) -> None:
    room = Room()
    for i, curve in enumerate(curves):
        others = [*curves[:i], *curves[i + 1 :]]
        found = link_label(i, "12 Hz", curve, room, others=others, size=(600, 400), font=12.0)
        if found is not None:
            assert curve.gap(found.box) > 0
            assert all(other.gap(found.box) > curve.gap(found.box) for other in others)


@given(st.lists(straight, max_size=12), st.lists(points, min_size=1, max_size=20), st.booleans())
@settings(deadline=None)
def test_whatever_the_lines_no_name_crosses_one(curves, dots, led) -> None:
    found = node_labels(
        [(i, f"node-{i}", place) for i, place in enumerate(dots)],
        Room([Box(x, y, 8, 8) for x, y in dots]), lines=Lines(curves), size=(600, 400), font=12.0,
        radius=4.0, most=20, led=range(20) if led else (),
    )  # fmt: skip
    assert all(curve.gap(label.box) > 0 for label in found for curve in curves)
    assert all(a.box.overlap(b.box) == 0 for a, b in combinations(found, 2))
    assert led or all(label.leader is None for label in found)


# ------------------------------------------------------------------------------ the map of a run


def a_use(name: str) -> NodeUse:
    return NodeUse(
        name=name, site=None, is_machine=True, device="d", capacity=280, data_used=254,
        communication=20, communication_used=6, qubits=(), visitors=(),
    )  # fmt: skip


def as_drawn(shape: str, size: str, unused: frozenset[str], *, width: float = 67.0):
    network = make_network(shape, size, device="ideal:300", communication_qubits=20)
    ways = forms(styles(len(network.nodes)), [a_use(node.name) for node in network.nodes])
    labels = [(width, 34.0)] * len(network.links)
    return network, atlas(network, ways, labels, unused=unused)


NAMES = sorted(
    link.name
    for link in make_network("grid", "3x4", device="ideal:9", communication_qubits=4).links
)


@given(st.frozensets(st.sampled_from(NAMES)), st.sampled_from([67.0, 75.0, 95.0]))
@settings(deadline=None, max_examples=30)
def test_either_all_unused_links_have_labels_or_none_has(unused, width) -> None:
    _, found = as_drawn("grid", "3x4", unused, width=width)
    told = {link.name for link in found.links if link.label is not None}
    assert unused <= told or not unused & told


def test_an_unused_link_takes_no_room_from_one_in_use() -> None:
    _, crowded = as_drawn("star", "9", frozenset(), width=90.0)
    silent = {link.name for link in crowded.links if link.label is None}
    assert silent  # there is not room for all
    unused = frozenset(link.name for link in crowded.links) - silent
    _, found = as_drawn("star", "9", unused, width=90.0)
    assert {link.name for link in found.links if link.label is not None} == silent


@given(st.sampled_from([("grid", "3x4"), ("ring", "7"), ("star", "6"), ("complete", "6")]),
       st.sampled_from([67.0, 95.0]))  # fmt: skip
@settings(deadline=None, max_examples=8)
def test_a_label_on_the_map_of_a_run_is_nearest_to_its_own_link(shape, width) -> None:
    _, found = as_drawn(*shape, frozenset(), width=width)
    for link in found.links:
        others = [other.curve for other in found.links if other is not link]
        if link.label is not None:
            assert is_beside(link.label, link.curve, others)


def test_the_map_of_a_run_says_which_links_have_figures(result) -> None:
    told = "each link&#x27;s pair rate and fidelity"
    assert told in report(result).to_html()
    idle = replace(result, links=tuple(replace(link, pairs=0) for link in result.links))
    page = report(idle).to_html()
    assert "Dotted links were not used." in page
    assert told in page  # there is room for all of them
    network, crowded = as_drawn("grid", "3x4", frozenset(NAMES[:4]), width=95.0)
    silent = {link.name for link in crowded.links if link.label is None}
    assert set(NAMES[:4]) < silent < {link.name for link in network.links}
    note = _note(crowded, styles(12)[crowded.form], None, frozenset(NAMES[:4]))
    assert "pair rate and fidelity of links in use." in note
    assert "The table below has the figures that find no room beside their link." in note


# ------------------------------------------------------------------------------- narrow windows


def test_a_map_and_a_table_that_are_wider_than_the_window_say_so(result) -> None:
    page = page_of(NARROW_ANGLE)
    assert "scroll it sideways" in page
    assert "@media (max-width:915px){.sideways{display:block}}" in page  # 860 and two margins of 28
    assert '<div class="wide links"><table>' in page
    for sheet in (page, report(result).to_html()):
        assert re.search(r"\.wide\{overflow-x:auto;background:[^}]*local[^}]*scroll", sheet)
    assert "scroll it sideways" not in report(result).to_html()  # that map scales


def test_dots_of_a_grid_have_names_between_its_links() -> None:
    network, found = as_drawn("grid", "7x6", frozenset())  # too many for cards and tags
    assert len(names_beside(found, [node.name for node in network.nodes])) == 42


# ----------------------------------------------------------------------- without entanglement


def test_a_link_in_use_without_entanglement_is_red_and_dotted_and_the_note_says_so(result) -> None:
    used = next(link for link in result.links if link.pairs)
    poor = tuple(
        replace(link, fidelity=0.5) if link is used else replace(link, fidelity=0.9)
        for link in result.links
    )
    bad = replace(result, links=poor, warnings=("Pairs over `it` have fidelity 0.5.",))
    page = report(bad).to_html()
    assert len(re.findall(r'class="line lost( worst)?"', page)) == 1
    assert "Pairs over red dotted links have fidelity 0.5 or less: no entanglement." in page
    assert '<p class="warned">Pairs over it have fidelity 0.5.</p>' in page
    for fine in (replace(bad, ideal=True), result):
        shown = report(fine).to_html()
        assert "red dotted" not in shown
        assert 'class="line lost' not in shown


def test_a_link_without_entanglement_that_nobody_uses_is_only_not_used(result) -> None:
    idle = tuple(replace(link, fidelity=0.3, pairs=0) for link in result.links)
    page = report(replace(result, links=idle)).to_html()
    assert "Dotted links were not used." in page
    assert 'class="line lost' not in page
