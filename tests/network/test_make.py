"""Regular networks have the shape that their name says."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlace.errors import SpecError
from interlace.network import (
    SHAPES,
    GeometricSource,
    dump_network,
    make_network,
    parse_network,
)


def made(shape: str, size: str, **changes):
    arguments = {"device": "ideal:6", "communication_qubits": 2, **changes}
    return make_network(shape, size, **arguments)


@settings(deadline=None, max_examples=30)
@given(count=st.integers(3, 30))
def test_a_shape_has_its_number_of_links(count: int) -> None:
    expected = {
        "line": count - 1,
        "ring": count,
        "star": count - 1,
        "complete": count * (count - 1) // 2,
    }
    for shape, links in expected.items():
        network = made(shape, str(count))
        assert [m.name for m in network.machines] == [f"m{i}" for i in range(count)]
        assert len(network.links) == links


@settings(deadline=None, max_examples=25)
@given(rows=st.integers(1, 6), columns=st.integers(1, 6))
def test_a_grid_links_neighbours_in_rows_and_columns(rows: int, columns: int) -> None:
    network = made("grid", f"{rows}x{columns}")
    assert len(network.machines) == rows * columns
    places = [tuple(int(end[1:]) for end in link.ends) for link in network.links]
    steps = [abs(a // columns - b // columns) + abs(a % columns - b % columns) for a, b in places]
    assert set(steps) <= {1}
    assert len(set(places)) == rows * (columns - 1) + columns * (rows - 1)


@pytest.mark.parametrize("shape", SHAPES)
def test_link_names_have_the_lower_number_first(shape: str) -> None:
    network = made(shape, "3x4" if shape == "grid" else "12")
    for link in network.links:
        left, right = (int(end[1:]) for end in link.ends)
        assert left < right
        assert link.name == f"m{left}--m{right}"


def test_the_hub_of_a_star_is_m0() -> None:
    assert all("m0" in link.ends for link in made("star", "5").links)


def test_the_default_link_is_a_kilohertz_of_fidelity_098() -> None:
    (link,) = made("line", "2").links
    assert (link.source.rate_hz, link.source.state[0], link.channels) == (1000.0, 0.98, 1)


def test_a_link_takes_every_key_of_an_abstract_link() -> None:
    ways = "success_probability=1%, attempt_period=100 us"
    text = f"{ways}, state=[0.9,0.1,0,0], channels=3, length=5km"
    (link,) = made("line", "2", link=text).links
    assert link.source == GeometricSource(
        success_probability=0.01, attempt_period_s=1e-4, state=(0.9, 0.1, 0.0, 0.0)
    )
    assert (link.channels, link.length_m) == (3, 5000.0)


def test_unlimited_communication_qubits_need_an_ideal_device() -> None:
    network = made("line", "2", communication_qubits="unlimited")
    assert network.machines[0].communication is None


def test_what_is_made_reads_back() -> None:
    network = made("ring", "4")
    assert parse_network(dump_network(network)) == network


@pytest.mark.parametrize(
    ("changes", "path", "rule"),
    [
        ({"shape": "lime"}, "SHAPE", "did you mean 'line'?"),
        ({"size": "0"}, "N", "between 1 and"),
        ({"size": "-3"}, "N", "a number of machines"),
        ({"size": "three"}, "N", "a number of machines"),
        ({"size": "9999999"}, "N", "between 1 and"),
        ({"shape": "ring", "size": "2"}, "N", "between 3 and"),
        ({"shape": "grid", "size": "4"}, "N", "as in 2x3"),
        ({"shape": "complete", "size": "5000"}, "N", "more than 1000000 links"),
        ({"device": "ideal:-1"}, "device", "`ideal:N`"),
        ({"communication_qubits": 7}, "communication_qubits", "between 0 and the 6 qubits"),
        ({"communication_qubits": 0}, "link", "has no communication qubit"),
        ({"link": "rat=1kHz"}, "link.rat", "did you mean 'rate'?"),
        ({"link": "rate=1km,fidelity=0.9"}, "link.rate", "wrong unit 'km'"),
        ({"link": "rate=1kHz"}, "link", "needs the key 'fidelity'"),
        ({"link": "rate"}, "link", "needs keys and values"),
        ({"link": ""}, "link", "needs keys and values"),
        ({"link": "rate=1Hz,rate=2Hz,fidelity=1"}, "link.rate", "written twice"),
        ({"link": "scheme=single-click"}, "link.scheme", "unknown key"),
    ],
)
def test_a_wrong_argument_is_named(changes, path: str, rule: str) -> None:
    arguments = {"shape": "line", "size": "3", **changes}
    with pytest.raises(SpecError) as caught:
        made(arguments.pop("shape"), arguments.pop("size"), **arguments)
    assert caught.value.path == path
    assert rule in caught.value.rule
