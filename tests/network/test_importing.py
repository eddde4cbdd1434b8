"""Foreign graphs into networks: what is kept, what is assumed, and what is refused."""

from __future__ import annotations

import json
import math
import os
import re
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlace.errors import SpecError
from interlace.link import compile_links
from interlace.network import (
    DEFAULT_LINK,
    GeometricSource,
    ImportWishes,
    PoissonSource,
    great_circle,
    import_network,
    parse_network,
)
from interlace.network.importing import convert_graph, parse_graph
from interlace.network.importing.figures import (
    LEAST_SUCCESS,
    SPEED_IN_FIBRE_M_PER_S,
    fibre_figures,
)
from interlace.network.importing.naming import Names
from interlace.physics import SPEED_IN_FIBRE_M_PER_S as C_IN_FIBRE
from interlace.physics import transmittance

ZOO = Path(__file__).parents[2] / "examples" / "data" / "topologies"
MORE = os.environ.get("INTERLACE_TOPOLOGIES")  # a folder with the Topology Zoo's other files

COUNTS = {
    "Abilene": (11, 14), "AttMpls": (25, 56), "Colt": (153, 177), "Dfn": (58, 87),
    "Garr201201": (61, 75), "Geant2012": (40, 61), "Iris": (51, 64), "Janetbackbone": (29, 45),
    "Kdl": (754, 895), "Nsfnet": (13, 15), "Renater2010": (43, 56), "Surfnet": (50, 68),
    "UsCarrier": (158, 189),
}  # fmt: skip
"""Nodes and pairs of joined nodes, counted with networkx."""


def graphml(nodes, edges, *, directed=False, keys="") -> bytes:
    """GraphML of nodes (id, attributes) and edges (source, target, attributes)."""

    def data(attributes):
        return "".join(
            f'<data key="{name}">{escape(str(value))}</data>' for name, value in attributes.items()
        )

    names = {name for _, attributes in nodes for name in attributes}
    edge_names = {name for _, _, attributes in edges for name in attributes}
    lines = ['<?xml version="1.0" encoding="utf-8"?>', "<graphml>", keys]
    lines += [
        f'<key id="{name}" for="all" attr.name="{name}" attr.type="string"/>'
        for name in sorted(names | edge_names)
    ]
    lines.append(f'<graph edgedefault="{"directed" if directed else "undirected"}">')
    lines += [f"<node id={quoteattr(str(i))}>{data(a)}</node>" for i, a in nodes]
    lines += [
        f"<edge source={quoteattr(str(a))} target={quoteattr(str(b))}>{data(d)}</edge>"
        for a, b, d in edges
    ]
    return "\n".join([*lines, "</graph>", "</graphml>"]).encode()


def node_link(nodes, links, **about) -> bytes:
    return json.dumps({"graph": about, "nodes": nodes, "links": links}).encode()


def made(content: bytes, **wishes):
    return convert_graph(parse_graph(content, file="x.graphml"), wishes=ImportWishes(**wishes))


def line_of(*places, **attributes) -> bytes:
    nodes = [
        (i, {} if place is None else {"Latitude": place[0], "Longitude": place[1]})
        for i, place in enumerate(places)
    ]
    return graphml(nodes, [(i, i + 1, attributes) for i in range(len(places) - 1)])


# ------------------------------------------------------------------------------------- real files


@pytest.mark.parametrize("name", COUNTS)
def test_a_map_of_the_topology_zoo_keeps_its_nodes_and_links(name: str) -> None:
    file = ZOO / f"{name}.graphml"
    if not file.exists() and MORE is not None:
        file = Path(MORE, f"{name}.graphml")
    if not file.exists():
        pytest.skip(f"{name}.graphml is not here: set INTERLACE_TOPOLOGIES")
    network = import_network(str(file)).network
    assert (len(network.machines), len(network.links)) == COUNTS[name]
    assert network.repeaters == ()
    assert all(network.site_of(node).lat_deg is not None for node in network.nodes)
    assert all(link.length_m >= 1000 for link in network.links)


def test_geant_says_what_was_assumed() -> None:
    found = import_network(str(ZOO / "Geant2012.graphml"))
    assert found.text.startswith("# Geant2012, imported from GraphML Geant2012.graphml\n")
    told = re.sub(r"\n#\s+", " ", found.text)
    for words in (
        "CC BY 4.0",
        "3 nodes without coordinates: placed at the mean of the neighbours",
        "length of 58 links: the great circle between its ends times a detour of 1.5",
        "length of 3 links whose ends share a place: 1 km, the least length",
        "every node is a machine",
    ):
        assert words in told
    assert parse_network(found.text) == found.network


def test_lengths_in_nsfnet_are_one_and_a_half_great_circles() -> None:
    network = import_network(str(ZOO / "Nsfnet.graphml")).network
    link = next(link for link in network.links if "Boulder" in link.name and "Salt" in link.name)
    air = great_circle((40.76078, -111.89105), (40.01499, -105.27055))
    assert link.length_m == pytest.approx(1.5 * air, rel=1e-5)
    straight = import_network(str(ZOO / "Nsfnet.graphml"), wishes=ImportWishes(detour=1.0))
    same = next(found for found in straight.network.links if found.name == link.name)
    assert link.length_m == pytest.approx(1.5 * same.length_m, rel=1e-5)


def test_machines_are_named_by_a_word_of_their_label() -> None:
    wishes = ImportWishes(machines_at=("Houston", "seattle", "1"), repeater_every_m=80e3)
    network = import_network(str(ZOO / "Nsfnet.graphml"), wishes=wishes).network
    assert {machine.name for machine in network.machines} == {
        "SEQSUINET-Rice-University-Houston",
        "NorthWestNet-Seattle",
        "Jon-Von-Neumann-Center-Princeton-NJ",
    }
    assert all(link.length_m <= 80e3 for link in network.links)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (("Housten",), "names no node"),
        (("Paris",), "names no node: known: "),
        (("Center",), "names 4 nodes: say which of"),
        ((" ",), "needs at least one node"),
    ],
)
def test_a_wrong_machine_is_refused(wanted, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        import_network(str(ZOO / "Nsfnet.graphml"), wishes=ImportWishes(machines_at=wanted))


# ------------------------------------------------------------------------------- random graphs

labels = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=80)


@st.composite
def connected_graphs(draw):
    """Nodes with labels and maybe places; a spanning tree, then any further edges."""
    count = draw(st.integers(1, 12))
    nodes = []
    for index in range(count):
        attributes = {"label": draw(labels)}
        if draw(st.booleans()):
            attributes |= {
                "Latitude": draw(st.floats(-80, 80)), "Longitude": draw(st.floats(-180, 180)),
            }  # fmt: skip
        nodes.append((f"n{index}", attributes))
    edges = [(f"n{draw(st.integers(0, i - 1))}", f"n{i}", {}) for i in range(1, count)]
    more = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    edges += [(f"n{a}", f"n{b}", {}) for a, b in draw(st.lists(more, max_size=10))]
    return nodes, edges


@given(connected_graphs())
@settings(max_examples=60, deadline=None)
def test_nodes_links_and_channels_are_those_of_the_graph(graph) -> None:
    nodes, edges = graph
    network = made(graphml(nodes, edges)).network
    pairs = [frozenset((a, b)) for a, b, _ in edges if a != b]
    assert len(network.machines) == len(nodes)
    assert len(network.links) == len(set(pairs))
    assert sum(link.channels for link in network.links) == len(pairs)
    names = [node.name for node in network.nodes]
    assert len({re.sub("[^A-Za-z0-9_]", "_", name) for name in names}) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) and "--" not in name for name in names)


@given(connected_graphs(), st.floats(5e5, 5e6))
@settings(max_examples=25, deadline=None)
def test_splitting_keeps_every_length_and_no_piece_is_longer_than_asked(graph, every_m) -> None:
    nodes, edges = graph
    content = graphml(nodes, edges)
    whole = made(content, default_length_m=1e5).network
    parts = made(content, default_length_m=1e5, repeater_every_m=every_m).network
    total = sum(link.length_m for link in whole.links)
    assert sum(link.length_m for link in parts.links) == pytest.approx(total, rel=1e-5)
    assert all(link.length_m <= every_m * (1 + 1e-6) for link in parts.links)
    fewest = sum(max(1, -(-link.length_m // every_m)) for link in whole.links)
    assert len(parts.links) == fewest
    assert len(parts.repeaters) == fewest - len(whole.links)


@given(st.lists(labels, max_size=30))
def test_names_are_words_that_programs_tell_apart(texts) -> None:
    names = Names()
    given_names = [names.new(text, f"node-{i}") for i, text in enumerate(texts)]
    assert len({name.replace("-", "_") for name in given_names}) == len(texts)
    for name in given_names:
        assert re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?", name)
        assert len(name) <= 64
        assert "--" not in name


def test_names_keep_what_latin_letters_can_say() -> None:
    names = Names()
    given_names = [
        names.new(text, "node-1")
        for text in ("Zürich", "Łódź", "São Paulo / SP", "a--b", "a_b", "Zurich", "北京", "NO")
    ]
    assert given_names == [
        "Zurich", "Lodz", "Sao-Paulo-SP", "a-b", "a_b-2", "Zurich-2", "node-1", "NO",
    ]  # fmt: skip


# ---------------------------------------------------------------------------------------- places


def test_a_node_without_coordinates_takes_its_located_neighbours_mean() -> None:
    star = graphml(
        [("hub", {})]
        + [(n, {"Latitude": lat, "Longitude": lon}) for n, lat, lon in
           (("a", 10, 20), ("b", 20, 40), ("c", 30, 30))],
        [("hub", n, {}) for n in "abc"],
    )  # fmt: skip
    network = made(star).network
    hub = network.site_of(network.nodes[network.node_index("hub")])
    assert (hub.lat_deg, hub.lon_deg) == pytest.approx((20, 30))


def test_the_mean_spreads_round_by_round() -> None:
    network = made(line_of((10, 10), None, None, None, (50, 10))).network
    lats = [network.site_of(node).lat_deg for node in network.nodes]
    assert lats == pytest.approx([10, 10, 30, 50, 50])
    assert network.links[0].length_m == 1000  # one place: the least length


def test_a_node_that_stands_on_its_only_located_neighbour_is_told_by_name() -> None:
    found = made(
        graphml(
            [("a", {"label": "Zürich", "Latitude": 47, "Longitude": 8}),
             ("b", {"label": "Lugano"}), ("c", {"label": "Airolo"})],
            [("a", "b", {"length_km": 200}), ("b", "c", {"length_km": 5})],
        ),
        repeater_every_m=60e3,
    )  # fmt: skip
    told = (
        "Lugano has no coordinates and one located neighbour: it stands where Zurich does; "
        "Airolo has no coordinates and one located neighbour: it stands where Lugano does"
    )
    assert told in found.notes
    assert told in words_of_comments(found.text)
    behind = "# no coordinates in the file and one located neighbour: stands where Zurich does"
    assert any(line.endswith(behind) for line in found.text.splitlines() if "Lugano:" in line)
    stops = "r-Zurich-Lugano-1, r-Zurich-Lugano-2, r-Zurich-Lugano-3"
    assert f"{stops} stand where both ends of their link do" in found.notes
    assert found.text.count("# both ends of its link stand here") == 3


def words_of_comments(text: str) -> str:
    lines = [line[1:].strip() for line in text.splitlines() if line.startswith("#")]
    return " ".join(lines)


def test_a_node_between_two_places_is_not_said_to_stand_on_one() -> None:
    found = made(line_of((10, 10), None, (20, 10)), repeater_every_m=300e3)
    assert not any("stand" in note for note in found.notes)
    both = made(line_of((10, 10), None, (10, 10)))
    told = "1 has no coordinates and located neighbours at one place: it stands where 0 does"
    assert told in both.notes


def test_the_names_of_many_nodes_that_stand_on_others_are_cut_short() -> None:
    star = graphml(
        [("hub", {"Latitude": 1, "Longitude": 2})] + [(f"n{i}", {}) for i in range(20)],
        [("hub", f"n{i}", {}) for i in range(20)],
    )
    (note,) = [note for note in made(star).notes if "n0 has no coordinates" in note]
    assert note.endswith("; and so for 12 more, each told at its site")
    assert made(star).text.count("stands where hub does") >= 20


def test_where_no_node_is_located_links_have_no_length_unless_one_is_given() -> None:
    nowhere = line_of(None, None, None)
    found = made(nowhere)
    assert [link.length_m for link in found.network.links] == [None, None]
    assert all(isinstance(link.source, PoissonSource) for link in found.network.links)
    assert DEFAULT_LINK in found.text
    assert found.network.sites == ()
    given_length = made(nowhere, default_length_m=30e3).network
    assert [link.length_m for link in given_length.links] == [30e3, 30e3]
    with pytest.raises(SpecError, match="--repeater-every: needs lengths"):
        made(nowhere, repeater_every_m=10e3)
    with pytest.raises(SpecError, match="--transducer: needs lengths"):
        made(nowhere, transducer="efficiency=10%,bandwidth=1MHz")


def test_repeaters_stand_on_the_great_circle() -> None:
    network = made(line_of((50, 0), (50, 30)), repeater_every_m=1700e3).network
    (middle,) = (network.site_of(node) for node in network.repeaters)
    north = math.degrees(math.atan(math.tan(math.radians(50)) / math.cos(math.radians(15))))
    assert (middle.lat_deg, middle.lon_deg) == pytest.approx((north, 15.0), abs=1e-4)


# ---------------------------------------------------------------------------------------- lengths


@pytest.mark.parametrize(
    ("attributes", "unit", "metres"),
    [
        ({"length": "12.5 km"}, None, 12.5e3),
        ({"Length": "800m"}, None, 800.0),
        ({"length_km": "12"}, None, 12e3),
        ({"dist_m": 7000}, None, 7000.0),
        ({"distance": 3}, "km", 3e3),
        ({"dist": "400"}, "m", 400.0),
    ],
)
def test_lengths_of_the_file_are_taken_in_their_unit(attributes, unit, metres) -> None:
    network = made(line_of(None, None, **attributes), length_unit=unit).network
    assert network.links[0].length_m == pytest.approx(metres)


def test_a_length_in_the_file_beats_the_coordinates() -> None:
    assert made(line_of((0, 0), (0, 1), length_km=5)).network.links[0].length_m == 5000


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"length": 12}, "without a unit: say --length-unit"),
        ({"length": "12 miles"}, "wrong unit"),
        ({"length_km": -3}, "between 0 and 40000 km"),
        ({"length_km": "nan"}, "finite"),
    ],
)
def test_a_bad_length_names_its_edge_and_line(attributes, words: str) -> None:
    with pytest.raises(SpecError, match=words) as caught:
        made(line_of(None, None, **attributes))
    assert caught.value.file == "x.graphml"
    assert caught.value.line is not None
    assert caught.value.path == "edge 0--1"


# ------------------------------------------------------------------------------------ odd graphs


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (' id="Abilene"', "Abilene"), (' id="Metro ring 2"', "Metro ring 2"),
        ("", "x"), (' id=""', "x"), (' id="G"', "x"), (' id="g0"', "x"), (' id="graph_1"', "x"),
        (' id="17"', "x"), (' id="undirected"', "x"),
    ],
)  # fmt: skip
def test_a_graph_is_named_by_its_id_where_that_is_a_name_and_else_by_its_file(
    written, name
) -> None:
    content = graphml([("a", {}), ("b", {})], [("a", "b", {})])
    found = made(content.replace(b"<graph ", f"<graph{written} ".encode()))
    assert found.network.name == name
    assert f"# {name}, imported from GraphML x.graphml" in found.text


def test_loops_are_dropped_and_parallel_edges_are_channels() -> None:
    content = graphml([("a", {}), ("b", {})], [("a", "b", {}), ("b", "a", {}), ("a", "a", {})])
    found = made(content)
    assert [(link.name, link.channels) for link in found.network.links] == [("a--b", 2)]
    assert "1 edge from a node to itself: left out" in found.notes


def test_there_and_back_in_a_directed_file_is_one_link() -> None:
    content = graphml(
        [("a", {}), ("b", {})], [("a", "b", {}), ("b", "a", {}), ("a", "b", {})], directed=True
    )
    assert made(content).network.links[0].channels == 2
    content = graphml(
        [("a", {}), ("b", {})],
        [("a", "b", {"length_km": 12}), ("b", "a", {"length_km": 13})],
        directed=True,
    )
    found = made(content)
    assert (found.network.links[0].channels, found.network.links[0].length_m) == (1, 13e3)
    assert "edges there and back between 1 pair of nodes: one link" in found.notes
    assert "length of 1 link: the longest of its edges in the file" in found.notes
    assert not any("channels" in note or "as in the file" in note for note in found.notes)


def test_the_notes_on_lengths_count_each_link_once() -> None:
    here = {"Latitude": 48.0, "Longitude": 11.0}
    content = graphml(
        [("a", here), ("b", here), ("c", {**here, "Latitude": 49.0})],
        [("a", "b", {}), ("b", "c", {}), ("a", "c", {"length_km": 5})],
    )
    counts = [re.match(r"length of (\d+) link", note) for note in made(content).notes]
    assert [int(count[1]) for count in counts if count] == [1, 1, 1]


def test_shared_media_are_counted_in_words() -> None:
    nodes = [("a", {"hyperedge": "1"}), ("b", {"hyperedge": "1"}), ("c", {})]
    edges = [("a", "b", {}), ("b", "c", {})]
    assert any(
        "2 nodes of the file stand for" in note for note in made(graphml(nodes, edges)).notes
    )
    nodes[0] = ("a", {})
    assert any("1 node of the file stands for" in n for n in made(graphml(nodes, edges)).notes)


def test_a_disconnected_graph_is_refused_unless_its_largest_piece_is_asked_for() -> None:
    content = graphml([(n, {"label": n}) for n in "abcde"], [("a", "b", {}), ("c", "d", {}),
                                                             ("d", "e", {})])  # fmt: skip
    with pytest.raises(SpecError, match="2 pieces of 3, 2 nodes: no edge leads to a, b"):
        made(content)
    found = made(content, keep_largest=True)
    assert [node.name for node in found.network.nodes] == ["c", "d", "e"]
    assert any("the largest was taken, without 2 nodes" in note for note in found.notes)


def test_duplicate_labels_get_a_suffix() -> None:
    content = graphml([(i, {"label": "Rome"}) for i in range(3)], [(0, 1, {}), (1, 2, {})])
    found = made(content)
    assert [node.name for node in found.network.nodes] == ["Rome", "Rome-2", "Rome-3"]
    assert "2 labels that an earlier node has: told apart by a suffix" in found.notes


def test_labels_of_other_scripts_stand_beside_names_that_differ() -> None:
    towns = ("東京", "大阪", "東京", "Kyōto 京都")
    nodes = [(town, {"label": town}) for town in (*towns[:2], *towns[3:])]
    found = made(graphml(nodes, [(towns[0], towns[1], {}), (towns[1], towns[3], {})]))
    assert [node.name for node in found.network.nodes] == ["node-1", "node-2", "Kyoto"]
    ids = [(f"n{i}", {"label": town}) for i, town in enumerate(towns)]
    edges = [("n0", "n1", {}), ("n1", "n2", {}), ("n2", "n3", {})]
    found = made(graphml(ids, edges), machines_at=("大阪",))
    assert [node.name for node in found.network.machines] == ["node-n1"]
    names = {node.name: node for node in found.network.nodes}
    assert set(names) == {"node-n0", "node-n1", "node-n2", "Kyoto"}
    lines = found.text.splitlines()
    for name, town in zip(("node-n0", "node-n1", "node-n2", "Kyoto"), towns, strict=True):
        assert any(line.startswith(f"  {name}: ") and line.endswith(f"# {town}") for line in lines)
    assert any("3 labels without Latin letters or digits" in note for note in found.notes)
    assert not any("suffix" in note for note in found.notes)


def test_names_that_yaml_reads_as_something_else_survive() -> None:
    names = ("NO", "null", "1e5", "true", "off")
    content = graphml(
        [(n, {"label": n, "Latitude": 1, "Longitude": i}) for i, n in enumerate(names)],
        [(a, b, {}) for a, b in pairwise(names)],
    )
    assert tuple(node.name for node in made(content).network.nodes) == names


def test_labels_cannot_break_out_of_their_comment() -> None:
    content = graphml([("a", {"label": "x\ny: &z [}\u2028# "}), ("b", {})], [("a", "b", {})])
    assert made(content, machines_at=("b",)).network.repeaters[0].name == "x-y-z"


# ------------------------------------------------------------------------------------- node-link


@pytest.mark.parametrize("section", ["links", "edges"])
def test_node_link_makes_ideal_devices_of_its_qubits(section: str) -> None:
    document = {
        "nodes": [
            {"id": "m0", "data_qubits": 8, "communication_qubits": None},
            {"id": "m1", "data_qubits": 16, "communication_qubits": 3},
            {"id": 2, "data_qubits": None},
        ],
        section: [{"source": "m0", "target": "m1"}, {"source": 2, "target": "m1"}],
    }
    network = made(json.dumps(document).encode()).network
    assert [len(machine.data) for machine in network.machines] == [8, 16, 16]
    assert [m.communication and len(m.communication) for m in network.machines] == [None, 3, None]
    assert [m.device.qubits for m in network.machines] == [8, 19, 16]


def test_options_beat_what_the_file_says_of_its_devices() -> None:
    content = node_link([{"id": "m0", "data_qubits": 8}, {"id": "m1"}],
                        [{"source": "m0", "target": "m1"}])  # fmt: skip
    network = made(content, device="ideal:5", communication_qubits=2).network
    assert [len(machine.data) for machine in network.machines] == [3, 3]
    assert [len(m.data) for m in made(content, communication_qubits=2).network.machines] == [8, 16]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('{"nodes": [],\n "links": [}', 2, "not valid JSON"),
        ('{"nodes": [{"id": 1},\n{"id": 1}], "links": []}', 2, "taken by another node"),
        ('{"nodes": [{"id": 1}],\n"links": [{"source": 1,\n"target": 9}]}', 3, "id of a node"),
        ('{"nodes": [{"id": 1}, {}], "links": []}', 1, "needs an `id`"),
        ('{"nodes": [{"id": 1}], "lins": []}', None, "did you mean 'lins'"),
        ('{"nodes": [{"id": 1}], "links": [], "edges": []}', None, "keep one of them"),
        ('{"nodes": [{"id": 1, "id": 2}], "links": []}', None, "written twice"),
        ('{"nodes": [{"id": 1, "lat": NaN}], "links": []}', None, "no number of JSON"),
        ('{"nodes": [{"id": 1, "lat": 95, "lon": 3}], "links": []}', None, "latitude of -90"),
        ('{"nodes": [{"id": 1, "data_qubits": 0}], "links": []}', None, "data_qubits must be"),
        ('{"nodes": [{"id": 1, "data_qubits": "x"}], "links": []}', None, "data_qubits must be"),
        ('{"nodes": [], "links": []}', None, "has no nodes"),
        ("[1]", None, "must be an object"),
        ("[" * 100_000, None, "nested too deeply"),
        ("hello", 1, "neither GraphML"),
        ("", 1, "neither GraphML"),
    ],
)
def test_broken_json_names_file_line_and_rule(text: str, line, words: str) -> None:
    with pytest.raises(SpecError, match=words) as caught:
        made(text.encode())
    assert caught.value.file == "x.graphml"
    assert caught.value.line == line


# --------------------------------------------------------------------------------------- GraphML

BOMB = """<?xml version="1.0"?>
<!DOCTYPE graphml [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<graphml><graph><node id="&b;"/></graph></graphml>"""
NORTH = """<graphml><key id='k' attr.name='Latitude' attr.type='double' for='node'/><graph>
<node id='a'><data key='k'>north</data></node></graph></graphml>"""
OUTSIDE = """<!DOCTYPE graphml [<!ENTITY x SYSTEM "file:///etc/hostname">]>
<graphml><graph><node id="&x;"/></graph></graphml>"""


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("<graphml><graph>\n<node id='a'>\n</graph></graphml>", 3, "well-formed XML: mismatched"),
        ("<graphml><graph>\n<node/></graph></graphml>", 2, "a node needs an id"),
        ("<graphml><graph>\n<node id='a'/>\n<node id='a'/></graph></graphml>", 3, "in line 2"),
        ("<graphml><graph><node id='a'/>\n<edge source='a' target='b'/></graph></graphml>", 2,
         "edge's target"),
        ("<graphml><graph><node id='a'/>\n<edge source='a'/></graph></graphml>", 2, "target"),
        ("<graphml><graph>\n<hyperedge/></graph></graphml>", 2, "`hyperedge`"),
        ("<graphml><graph/>\n<graph/></graphml>", 2, "more than one graph"),
        ("<graphml>\n</graphml>", 1, "has no `graph`"),
        ("<html/>", 1, "its root must be `graphml`"),
        ("<graphml><graph>\n<node id='a'><data key='k'>1</data></node></graph></graphml>", 2,
         "no `key` element declares"),
        (NORTH, 2, "a number"),
        ("<?xml version='1.0' encoding='klingon'?>\n<graphml/>", 1, "well-formed XML"),
        ("<a>" * 100, 1, "its root must be"),
        ("<graphml>" + "<x>" * 100, 1, "nested too deeply"),
        (BOMB, 2, "declares an XML entity"),
        (OUTSIDE, 1, "declares an XML entity"),
    ],
)  # fmt: skip
def test_broken_graphml_names_file_line_and_rule(text: str, line: int, words: str) -> None:
    with pytest.raises(SpecError, match=words) as caught:
        made(text.encode())
    assert (caught.value.file, caught.value.line) == ("x.graphml", line)


def test_defaults_of_keys_namespaces_ports_and_encodings_are_understood() -> None:
    text = """<?xml version="1.0" encoding="utf-16"?>
<g:graphml xmlns:g="http://graphml.graphdrawing.org/xmlns">
<g:key id="k" for="node" attr.name="label"><g:default>Gräfelfing</g:default></g:key>
<g:graph edgedefault="undirected"><g:node id="1"><g:port name="p"/></g:node>
<g:node id="2"><g:data key="k">Köln</g:data></g:node><g:edge source="1" target="2"/>
</g:graph></g:graphml>"""
    network = made(text.encode("utf-16")).network
    assert [node.name for node in network.nodes] == ["Grafelfing", "Koln"]


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_rubbish_is_refused_in_one_sentence(content: bytes) -> None:
    for start in (b"", b"<graphml>", b"<graphml><graph><node id='a'/>", b'{"nodes": ['):
        with suppress(SpecError):
            made(start + content)


# ------------------------------------------------------------------------------------ the figures


def test_the_speed_of_light_in_fibre_is_that_of_the_physics() -> None:
    assert SPEED_IN_FIBRE_M_PER_S == C_IN_FIBRE


@given(st.floats(1, 7e5), st.floats(0, 1e-3))
def test_an_abstract_link_is_half_the_transmittance_of_its_fibre(length_m, loss) -> None:
    success, period_s = fibre_figures(length_m, loss)
    assert success == pytest.approx(max(transmittance(length_m, loss) / 2, LEAST_SUCCESS))
    assert period_s == pytest.approx(max(length_m / C_IN_FIBRE, 1e-6))


def test_a_link_without_hardware_attempts_at_the_pace_of_its_fibre() -> None:
    link = made(line_of(None, None, length_km=50)).network.links[0]
    assert isinstance(link.source, GeometricSource)
    assert link.source.success_probability == pytest.approx(0.05, rel=1e-3)
    assert link.source.attempt_period_s == pytest.approx(250e-6)


def test_links_over_which_no_photon_comes_are_kept_and_said() -> None:
    found = made(line_of(None, None, length_km=5000))
    assert found.network.links[0].source.success_probability == LEAST_SUCCESS
    assert any("practically no photon arrives" in note for note in found.notes)


def test_a_transducer_makes_chains_with_half_the_fibre_on_each_side() -> None:
    network = made(
        line_of(None, None, length_km=120), transducer="efficiency=10%,bandwidth=1MHz",
        repeater_every_m=80e3,
    ).network  # fmt: skip
    first, second = (link.source for link in network.links)
    assert first.scheme == second.scheme == "double-click"
    assert first.bright_state is None
    assert first.left.efficiency == second.right.efficiency == 0.1
    assert first.right.efficiency == 0.5  # a repeater's memory
    assert [link.length_m for link in network.links] == pytest.approx([60e3, 60e3])


def test_chains_may_be_single_click() -> None:
    found = made(
        line_of(None, None, length_km=60), transducer="efficiency=10%,bandwidth=1MHz",
        scheme="single-click",
    )  # fmt: skip
    source = found.network.links[0].source
    assert (source.scheme, source.bright_state) == ("single-click", 0.05)
    assert "bright_state: 0.05" in found.text


@pytest.mark.parametrize(
    ("transducer", "scheme", "rate_hz", "fidelity"),
    [
        ("eo-qubit-photon", "single-click", 10.6, 0.599),
        ("eo-qubit-photon", "double-click", 0.169, 0.945),
        ("ista-bulk-eo", "single-click", 0.677, 0.561),
        ("ista-bulk-eo", "double-click", 0.073, 0.778),
    ],
)
def test_the_table_of_transducers_in_the_docs(transducer, scheme, rate_hz, fidelity) -> None:
    found = made(
        line_of(None, None, length_km=76), machines_at=("0",), transducer=transducer, scheme=scheme
    )
    (link,) = compile_links(found.network)
    assert link.rate_hz == pytest.approx(rate_hz, rel=0.01)
    assert link.fidelity == pytest.approx(fidelity, abs=6e-4)


def test_one_device_for_many_machines_is_written_once(tmp_path) -> None:
    from interlace.network import load_device

    (tmp_path / "chip.yaml").write_text("qubits: 3\ncoupling: [[0, 1], [1, 2]]\nt1: 1 ms\n")
    device = load_device(str(tmp_path / "chip.yaml"))
    found = made(line_of(None, None, None), device=device)
    assert found.text.count("coupling") == 1
    assert [machine.device for machine in found.network.machines] == [device] * 3


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"link": "rat=1kHz"}, "--link: unknown key"),
        ({"link": "rate"}, "--link: needs keys and values"),
        ({"link": "rate=1kHz,fidelity=1.2"}, "--link: must be between 0.25"),
        ({"transducer": "efficiency=2,bandwidth=1MHz"}, "--transducer: must be above 0"),
        ({"transducer": "no such, thing"}, "--transducer: must be a transducer"),
        ({"transducer": "x", "link": "y"}, "--link: describes links without hardware"),
        ({"device": "ideal:0"}, "--device"),
        ({"device": "ideal:4", "communication_qubits": 9}, "--communication-qubits: must be"),
        ({"detour": 0.5}, "--detour: must be a factor"),
        ({"detour": float("nan")}, "--detour: must be a factor"),
        ({"repeater_every_m": 1.0}, "--repeater-every: must be 100 m or more"),
    ],
)
def test_a_wrong_wish_names_its_option(wishes, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        made(line_of(None, None, length_km=50), **wishes)
    assert words in str(caught.value)


def test_more_repeaters_than_anybody_wants_are_refused() -> None:
    with pytest.raises(SpecError, match="more than 200000 repeaters"):
        made(line_of(None, None, length_km=30000), repeater_every_m=100.0)
