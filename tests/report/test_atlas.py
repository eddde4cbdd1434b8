from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.report.made_up import a_device

from interlace.network import LinkSpec, Machine, Network, PoissonSource, Site, make_network
from interlace.report.atlas import WIDTH, Form, atlas
from interlace.report.cards import forms, styles
from interlace.report.geometry import Box, Curve
from interlace.report.places import NodeUse
from interlace.report.spread import hop_layout

SOURCE = PoissonSource(rate_hz=1.0, state=(1.0, 0.0, 0.0, 0.0))


def network_at(places, device, *, ring=True):
    names = [f"m{i}" for i in range(len(places))]
    ends = list(pairwise(names))
    if ring and len(names) > 2:
        ends.append((names[-1], names[0]))
    return Network(
        name="n",
        sites=tuple(
            Site(name=f"s{i}", lat_deg=place and place[0], lon_deg=place and place[1])
            for i, place in enumerate(places)
        ),
        machines=tuple(
            Machine(name=name, site=f"s{i}", device=device, communication=(0,))
            for i, name in enumerate(names)
        ),
        repeaters=(),
        links=tuple(
            LinkSpec(name=f"{a}--{b}", ends=(a, b), channels=1, source=SOURCE) for a, b in ends
        ),
    )


def arranged(network, width=110.0):
    form = Form(cards=((width, 52.0),) * len(network.nodes))
    return atlas(network, [form], [(70.0, 34.0)] * len(network.links))


def test_cards_that_crowd_on_a_line_make_room_in_the_other_way(device):
    places = [(0.0, 0.0), (0.0, 0.0), (0.0, 1.0), (0.0, 2.0), (0.0, 2.0)]
    boxes = [node.box for node in arranged(network_at(places, device)).nodes]
    assert all(a.overlap(b) == 0 for a, b in combinations(boxes, 2))


@pytest.fixture
def device(result):
    return result.plan.network.machines[0].device


@settings(deadline=None, max_examples=30)
@given(
    places=st.lists(
        st.tuples(st.floats(min_value=-80, max_value=80), st.floats(min_value=-180, max_value=180)),
        min_size=1,
        max_size=6,
    )
)
def test_cards_and_labels_never_cover_each_other_and_stay_on_the_map(places):
    found = arranged(network_at(places, a_device("d", 4)))
    boxes = [node.box for node in found.nodes]
    boxes += [link.label for link in found.links if link.label]
    assert all(a.overlap(b) == 0 for a, b in combinations(boxes, 2))
    assert all(box.width / 2 <= box.x <= WIDTH - box.width / 2 for box in boxes)
    assert all(box.height / 2 <= box.y <= found.height - box.height / 2 for box in boxes)


def test_north_is_up_east_is_right_and_distances_are_true(device):
    network = network_at([(48.0, 11.0), (49.0, 11.0), (48.0, 12.0)], device)
    south, north, east = (node.box for node in arranged(network).nodes)
    assert north.y < south.y
    assert east.x > south.x
    ratio = (east.x - south.x) / (south.y - north.y)
    assert ratio == pytest.approx(math.cos(math.radians(48.5)), rel=1e-6)


def test_the_scale_bar_is_true(device):
    found = arranged(network_at([(48.0, 11.0), (50.0, 11.0)], device))
    length, label = found.grid.scale
    km = float(label.split()[0].replace(",", ""))
    apart = found.nodes[0].box.y - found.nodes[1].box.y
    assert length / apart == pytest.approx(km / (2 * 111.195), rel=1e-3)


def test_machines_at_one_site_stand_beside_each_other(device):
    network = network_at([(48.0, 11.0), (48.0, 11.0), (49.0, 12.0)], device)
    first, second, _ = arranged(network).nodes
    assert first.box.overlap(second.box) == 0
    assert first.place == second.place != (first.box.x, first.box.y)
    assert first.box.y == pytest.approx(second.box.y)


def test_a_network_over_the_date_line_is_not_stretched_around_the_world(device):
    found = arranged(network_at([(-17.0, 174.0), (-14.0, -174.0)], device))
    labels = [label for _, label in found.grid.meridians]
    assert labels == ["175°E", "180°", "175°W"]


@pytest.mark.parametrize("places", [[None, (48.0, 11.0)], [(48.0, 11.0)] * 3, [(48.0, 11.0)]])
def test_without_coordinates_that_differ_the_map_has_no_scale(places, device):
    found = arranged(network_at(places, device))
    assert found.grid is None
    assert not any(node.place for node in found.nodes)


def test_a_line_bends_around_a_card_in_its_way(result):
    found = arranged(result.plan.network)
    at = {node.name: node.box for node in found.nodes}
    assert Curve(
        (at["isar"].x, at["isar"].y),
        ((at["isar"].x + at["pegnitz"].x) / 2, (at["isar"].y + at["pegnitz"].y) / 2),
        (at["pegnitz"].x, at["pegnitz"].y),
    ).enters(at["altmuehl"])
    bent = next(link for link in found.links if link.name == "isar--pegnitz")
    assert not bent.curve.enters(at["altmuehl"])


def lengths(place, edges):
    return [math.dist(place[a], place[b]) for a, b in edges]


def test_without_coordinates_a_grid_is_drawn_as_a_grid():
    across = [(3 * r + c, 3 * r + c + 1) for r in range(3) for c in range(2)]
    down = [(i, i + 3) for i in range(6)]
    place = hop_layout(9, across + down)
    sides = lengths(place, across + down)
    assert max(sides) < 1.35 * min(sides)
    for a, b in across:
        # Rows read from left to right, level within a fifth of their step.
        assert abs(place[b][1] - place[a][1]) < 0.2 * (place[b][0] - place[a][0])


def test_without_coordinates_a_line_is_drawn_as_a_line_from_the_left():
    place = hop_layout(6, [(i, i + 1) for i in range(5)])
    assert list(place[:, 0]) == pytest.approx([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5], abs=0.05)
    assert abs(place[:, 1]).max() < 0.05


def test_without_coordinates_a_ring_is_drawn_round():
    place = hop_layout(8, [(i, (i + 1) % 8) for i in range(8)])
    radii = [math.hypot(*point) for point in place]
    assert max(radii) == pytest.approx(min(radii), rel=1e-3)


@settings(deadline=None, max_examples=25)
@given(st.integers(2, 9), st.data())
def test_no_two_nodes_are_drawn_at_one_place(nodes, data):
    tree = [(data.draw(st.integers(0, i - 1)), i) for i in range(1, nodes)]
    place = hop_layout(nodes, tree)
    assert min(math.dist(a, b) for a, b in combinations(place.tolist(), 2)) > 0.2


def test_two_boxes_overlap_by_their_common_area():
    assert Box(0, 0, 4, 2).overlap(Box(1, 1, 4, 2)) == 3 * 1
    assert Box(0, 0, 4, 2).overlap(Box(4, 0, 4, 2)) == 0


def test_large_networks_are_arranged_too(device):
    found = arranged(network_at([None] * 45, device), width=50.0)
    assert len(found.nodes) == 45
    assert all(link.label is None for link in found.links)


def test_a_site_may_be_unknown(result):
    machine = replace(result.plan.network.machines[0], site=None)
    network = replace(result.plan.network, machines=(machine, *result.plan.network.machines[1:]))
    assert arranged(network).grid is None


@given(st.integers(2, 9))
def test_a_line_of_machines_is_drawn_level(machines):
    place = hop_layout(machines, [(i, i + 1) for i in range(machines - 1)])
    assert np.ptp(place[:, 1]) == 0


LETTERS = st.sampled_from([1, 8, 24, 60])


def a_use(name):
    return NodeUse(
        name=name, site=None, is_machine=True, device="d", capacity=40, data_used=40,
        communication=6, communication_used=6, qubits=(), visitors=(),
    )  # fmt: skip


def as_drawn(network, letters):
    """The map that a run's page has of a network whose names are that long."""
    uses = [a_use(f"{i:03}".rjust(letters, "m")) for i in range(len(network.nodes))]
    ways = styles(len(uses))
    found = atlas(network, forms(ways, uses), [(75.0, 34.0)] * len(network.links))
    return found, ways[found.form]


def stands_clear(found):
    boxes = [node.box for node in found.nodes]
    assert all(a.overlap(b) == 0 for a, b in combinations(boxes, 2))
    assert all(box.width / 2 <= box.x <= found.width - box.width / 2 for box in boxes)
    assert all(box.height / 2 <= box.y <= found.height - box.height / 2 for box in boxes)


@settings(deadline=None, max_examples=40)
@given(shape=st.sampled_from(["line", "ring", "star", "grid", "complete"]),
       size=st.integers(2, 16), letters=LETTERS)  # fmt: skip
def test_no_two_machines_are_drawn_over_each_other_whatever_the_shape(shape, size, letters):
    rows = max(r for r in range(1, 5) if size % r == 0)
    wanted = f"{rows}x{size // rows}" if shape == "grid" else str(max(3, size))
    network = make_network(shape, wanted, device="ideal:20", communication_qubits=20)
    stands_clear(as_drawn(network, letters)[0])


@settings(deadline=None, max_examples=30)
@given(size=st.integers(2, 16), letters=LETTERS)
def test_a_line_of_machines_stays_a_line_on_the_map_of_a_run(size, letters):
    network = make_network("line", str(size), device="ideal:4", communication_qubits=2)
    found, _ = as_drawn(network, letters)
    assert np.ptp([node.box.y for node in found.nodes]) < 0.5
    across = [node.box.x for node in found.nodes]
    assert across == sorted(across)
    assert all(link.curve.start[1] == link.curve.control[1] for link in found.links)


@settings(deadline=None, max_examples=20)
@given(size=st.integers(7, 16), letters=LETTERS)
def test_machines_of_few_cities_are_drawn_beside_each_other(size, letters):
    places = [(48.0 + (i % 3) / 100, 11.0 + (i % 2) / 100) for i in range(size)]
    stands_clear(as_drawn(network_at(places, a_device("d", 4)), letters)[0])


def test_few_machines_keep_their_cards_beside_the_other_sections():
    network = make_network("ring", "4", device="ideal:4", communication_qubits=2)
    found, style = as_drawn(network, 8)
    assert (style.kind, found.width) == ("card", WIDTH)
