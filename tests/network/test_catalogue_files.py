"""The catalogue's data files: a value without source or certainty is refused."""

from __future__ import annotations

import re
from importlib import resources

import pytest
from ruamel.yaml import YAML

from interlace.errors import SpecError
from interlace.network import CERTAINTIES, catalogue_names
from interlace.network.hardware import read_entry

FOLDER = resources.files("interlace.network.hardware").joinpath("entries")


@pytest.mark.parametrize("name", catalogue_names())
def test_every_value_of_a_data_file_has_a_source_and_a_certainty(name) -> None:
    """Read by YAML alone: the loader has no part in this."""
    data = YAML(typ="safe", pure=True).load(FOLDER.joinpath(f"{name}.yaml").read_text("utf-8"))
    values = data["values"] | data.get("figures", {})
    assert values
    for path, value in values.items():
        assert isinstance(value, dict), f"{path} is a bare value"
        assert value["certainty"] in CERTAINTIES, path
        source = data["sources"][value["source"]]
        assert len(source["text"]) > 10, path
        assert re.match(r"arXiv:\d{4}\.\d{4,5}$|doi:10\.\d{4,}/|https://", source["address"]), path


GOOD = """
kind: fibre
title: "A fibre"
sources:
  text: {text: "A text that says it", address: "https://example.org/text"}
values:
  loss: {value: 0.2 dB/km, source: text, certainty: generic}
figures:
  colour: {value: 3, source: text, certainty: quoted}
"""

SPOILT = {
    "no source": (", source: text, certainty: generic", ", certainty: generic", "source"),
    "no certainty": (", source: text, certainty: generic", ", source: text", "certainty"),
    "a bare value": ("{value: 0.2 dB/km, source: text, certainty: generic}", "0.2 dB/km", "loss"),
    "a figure without certainty": (", certainty: quoted", "", "figures.colour"),
    "a source that is not there": (
        "source: text, certainty: g",
        "source: tex, certainty: g",
        "'text'",
    ),
    "a word that is no certainty": ("generic", "generik", "did you mean 'generic'"),
    "an estimate without a note": ("certainty: generic", "certainty: estimated", "note"),
    "no address": ('"https://example.org/text"', '"a drawer"', "address"),
    "an unknown key": ("loss:", "lost:", "did you mean 'loss'"),
    "a number out of range": ("0.2 dB/km", "0.2 dB/m", "100 dB/km"),
    "an unknown kind": ("kind: fibre", "kind: fiber", "did you mean 'fibre'"),
    "an idle source": (
        "values:",
        "  other: {text: o, address: 'https://o.org'}\nvalues:",
        "no value",
    ),
}


def test_the_good_data_file_is_read() -> None:
    entry = read_entry(GOOD, name="good")
    assert [(v.path, v.text, v.certainty, v.is_used) for v in entry.values] == [
        ("loss", "0.2 dB/km", "generic", True),
        ("colour", "3", "quoted", False),
    ]


@pytest.mark.parametrize("what", SPOILT)
def test_a_spoilt_data_file_is_refused_with_its_line(what) -> None:
    old, new, said = SPOILT[what]
    assert old in GOOD
    with pytest.raises(SpecError, match=re.escape(said)) as caught:
        read_entry(GOOD.replace(old, new, 1), name="good")
    assert caught.value.file == "good.yaml"
    assert caught.value.line is not None
