"""The page of a network: complete, harmless, and legible with many nodes."""

from __future__ import annotations

import math
import re
from html.parser import HTMLParser
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlace.link import compile_links
from interlace.network import make_network, parse_network
from interlace.report import network_page
from interlace.report.geometry import Box, Curve
from interlace.report.labels import Lines, Room, link_label, node_labels
from interlace.report.network_key import fidelity_class, pair_rate
from interlace.report.network_map import _beside_each_other
from interlace.report.projection import fitted, grid_of, node_places
from interlace.units import fidelity_figure

VOID = {"meta", "br", "hr", "link"}
NET = """\
interlace: 1
name: <b>&evil</b>
sites:
  "<i>a</i>": {lat: 50, lon: 0}
  b: {lat: 50, lon: 10}
machines:
  a: {site: "<i>a</i>", device: ideal:4, communication_qubits: 1}
  b: {site: b, device: ideal:6, communication_qubits: unlimited}
repeaters:
  r: {}
links:
  a--r: {rate: 1 kHz, fidelity: 0.97, length: 400 km}
  r--b: {rate: 10 Hz, fidelity: 0.5, length: 300 km, channels: 3}
"""


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


def page_of(text: str) -> str:
    network = parse_network(text)
    return network_page(network, compile_links(network))


def outline(page: str) -> Outline:
    parser = Outline()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    return parser


def test_the_page_loads_nothing_runs_nothing_and_names_cannot_break_it() -> None:
    found = outline(page_of(NET))
    loading = {"src", "href", "srcset", "action", "data", "poster", "xlink:href", "style"}
    for tag, attributes in found.elements:
        assert tag not in {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
        assert not loading & set(attributes)
    assert "<b>&evil</b>" in found.words
    policy = next(a["content"] for t, a in found.elements if a.get("http-equiv"))
    assert policy.startswith("default-src 'none'")


def test_every_node_and_link_is_on_the_map_with_its_figures() -> None:
    page = page_of(NET)
    titles = re.findall(r"<title>([^<]*)</title>", page)
    assert "a: ideal:4, 3 data qubits, 1 communication qubits, &lt;i&gt;a&lt;/i&gt;" in titles
    assert "b: ideal:6, 6 data qubits, unlimited communication qubits" in titles
    assert "r: repeater" in titles
    assert any(t.startswith("a--r: 1.00 kHz, fidelity 0.9700, 400 km of fibre") for t in titles)
    assert any(t.startswith("r--b: 10.0 Hz on each of 3 channels, fidelity 0.5000") for t in titles)
    assert "1 node has no coordinates: drawn at the mean of the neighbours" in page


def test_colour_tells_fidelity_and_width_tells_rate() -> None:
    found = outline(page_of(NET))
    lines = [
        attributes for tag, attributes in found.elements
        if tag == "path" and attributes["class"].startswith("link q") and "L" in attributes["d"]
    ]  # fmt: skip
    slow, fast = lines  # the slow one below
    assert (slow["class"], fast["class"]) == ("link q5", "link q1")
    assert float(slow["stroke-width"]) < float(fast["stroke-width"])


@pytest.mark.parametrize(
    ("fidelity", "index"),
    [(1.0, 0), (0.99, 0), (0.98, 1), (0.94, 2), (0.85, 3), (0.51, 4), (0.5, 5), (0.25, 5)],
)
def test_classes_of_fidelity_end_where_distillation_does(fidelity: float, index: int) -> None:
    assert fidelity_class(fidelity) == index


@pytest.mark.parametrize(
    ("rate_hz", "words"),
    [
        (1200.0, "1.20 kHz"), (0.001, "1.00 mHz"), (1e-5, "1 in 28 h"), (1e-6, "1 in 12 days"),
        (1e-9, "1 in 32 years"), (1e-20, "practically none"), (0.0, "practically none"),
    ],
)  # fmt: skip
def test_rates_that_no_prefix_helps_are_said_as_waiting(rate_hz: float, words: str) -> None:
    assert pair_rate(rate_hz) == words


def test_links_are_listed_the_fastest_first_and_many_are_folded() -> None:
    page = page_of(NET)
    table = page[page.index(">Links<") :]
    assert table.index("a--r") < table.index("r--b")
    ring = make_network("ring", "60", device="ideal:4", communication_qubits=1)
    assert "20 more" in network_page(ring, compile_links(ring))


@pytest.mark.parametrize("size", ["1", "2", "500"])
def test_networks_without_coordinates_are_drawn_too(size: str) -> None:
    line = make_network("line", size, device="ideal:4", communication_qubits=1)
    page = network_page(line, compile_links(line))
    assert "Not to scale" in page
    assert outline(page)


def test_a_map_over_the_date_line_is_in_one_piece() -> None:
    text = NET.replace("lon: 0}", "lon: 178}").replace("lon: 10}", "lon: -178}")
    places, guessed = node_places(parse_network(text))
    assert sorted(lon for _, lon in places) == [178, 180, 182]
    assert guessed == 1


points = st.tuples(st.floats(-70, 70), st.floats(-90, 90))


@given(st.lists(points, min_size=2, max_size=8))
def test_every_place_is_on_the_map_and_north_is_up(found) -> None:
    projection = fitted(found, width=1000.0, heights=(300.0, 700.0), margin=(70.0, 30.0))
    if projection is None:
        return
    for place in found:
        x, y = projection.point(place)
        assert 69 <= x <= 931
        assert 29 <= y <= projection.size[1] - 29
    low, high = min(found), max(found)
    assert projection.point(low)[1] >= projection.point(high)[1] - 1e-6
    grid = grid_of(projection)
    assert grid.scale[0] > 0
    assert len(grid.meridians) < 40


@given(st.lists(st.tuples(st.floats(0, 600), st.floats(0, 400)), min_size=1, max_size=40))
@settings(deadline=None)
def test_no_label_covers_a_dot_or_another_label(dots) -> None:
    boxes = [Box(x, y, 8, 8) for x, y in dots]
    labels = node_labels(
        [(i, f"node-{i}", place) for i, place in enumerate(dots)],
        Room(boxes), lines=Lines(), size=(600, 400), font=12.0, radius=4.0, most=30,
    )  # fmt: skip
    assert len(labels) <= 30
    for index, label in enumerate(labels):
        assert all(label.box.overlap(box) == 0 for box in boxes)
        assert all(label.box.overlap(other.box) == 0 for other in labels[:index])


def test_a_link_is_not_told_where_there_is_no_room() -> None:
    curve = Curve((10, 10), (20, 20), (30, 30))
    assert link_label(0, "12 Hz", curve, Room([Box(50, 50, 200, 200)]), others=(),
                      size=(100, 100), font=12.0) is None  # fmt: skip


PARALLEL = """\
interlace: 1
name: two
machines:
  a: {device: ideal:4, communication_qubits: 1}
  b: {device: ideal:4, communication_qubits: 1}
  c: {device: ideal:4, communication_qubits: 1}
links:
  a--b: {rate: 10 Hz, fidelity: 0.9999, channels: 300}
  b--c: {rate: 100 Hz, fidelity: 0.9, channels: 3}
"""


def verdict(page: str) -> str:
    return re.sub(
        "<[^>]*>", "", page[page.index('class="verdict">') :].split("</p>", maxsplit=1)[0]
    )


def test_the_slowest_link_is_the_one_whose_channels_together_make_fewest_pairs() -> None:
    assert "The slowest, b--c, makes pairs at up to 300 Hz on its 3 channels." in verdict(
        page_of(PARALLEL)
    )


def test_the_median_of_two_is_their_mean() -> None:
    words = outline(page_of(PARALLEL)).words
    assert "55.0\xa0Hz" in words  # of 10 Hz and 100 Hz
    assert "0.94995" in words or "0.9500" in words or "0.9499" in words


@pytest.mark.parametrize(
    ("fidelity", "decimals", "words"),
    [
        (0.9999, 3, "0.9999"), (0.9996, 3, "0.9996"), (0.98, 3, "0.980"), (1.0, 3, "1.000"),
        (0.99996, 4, "0.99996"), (1 - 1e-9, 4, "0.999999999"), (0.25, 4, "0.2500"),
    ],
)  # fmt: skip
def test_a_fidelity_below_one_is_not_said_to_be_one(fidelity, decimals, words) -> None:
    assert fidelity_figure(fidelity, decimals=decimals) == words


@given(st.floats(0, 1, exclude_max=True))
def test_no_fidelity_below_one_reads_as_one(fidelity: float) -> None:
    assert float(fidelity_figure(fidelity, decimals=3)) < 1


def test_the_map_tells_a_fidelity_just_below_one() -> None:
    page = page_of(PARALLEL)
    assert "F 0.9999" in page
    assert "F 1.000" not in page


def test_a_link_without_hardware_has_no_herald() -> None:
    page = page_of(NET)
    rows = re.findall(r"<tr><th scope=\"row\">(?:a--r|r--b).*?</tr>", page)
    assert [re.findall(r"<td[^>]*>(.*?)</td>", row)[5] for row in rows] == ["–", "–"]
    assert "– where a link has no hardware" in page


def test_a_figure_does_not_part_from_its_unit() -> None:
    values = re.findall(r'<dd class="v">(.*?)</dd>', page_of(NET))
    assert "700\xa0km" in values
    assert not any(re.search(r"[0-9] (?:km|k?Hz)", value) for value in values)


def test_a_node_without_coordinates_is_drawn_beside_its_only_neighbour() -> None:
    found, moved = _beside_each_other([(100.0, 50.0), (100.2, 50.0), (100.0, 50.0), (300.0, 50.0)])
    assert moved == 2
    assert found[0] == (100.0, 50.0)
    assert found[3] == (300.0, 50.0)
    assert min(math.dist(a, b) for a, b in combinations(found, 2)) > 14


def test_the_map_of_a_network_keeps_its_letters_on_a_narrow_screen() -> None:
    ring = make_network("ring", "3", device="ideal:4", communication_qubits=1)
    page = network_page(ring, compile_links(ring))
    assert '<div class="wide"><svg class="nm"' in page
    assert "svg.nm{min-width:860px}" in page
