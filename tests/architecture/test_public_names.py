"""The public names are a promise: this list changes on purpose or not at all."""

from __future__ import annotations

import importlib
from pathlib import Path

from tests.architecture.reading import modules

import interlace

SNAPSHOT = Path(__file__).parents[1] / "golden" / "public_names.txt"


def test_every_public_name_is_in_the_snapshot() -> None:
    doors = [m for m in modules() if m.is_package and m.name.count(".") <= 1]
    lines = [
        f"{door.name}.{export}"
        for door in doors
        for export in sorted(door.exports() or ())
        if door.name != "interlace.cli"
    ]
    now = "\n".join(lines) + "\n"
    assert now == SNAPSHOT.read_text(), f"if this is meant, {SNAPSHOT} becomes:\n{now}"


def test_every_name_of_the_lazy_table_loads() -> None:
    for name in interlace.__all__:
        assert getattr(interlace, name) is not None


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    assert not hasattr(interlace, "no_such_name")


def test_every_name_of_a_front_door_loads() -> None:
    for module in modules():
        if module.is_package:
            door = importlib.import_module(module.name)
            assert [name for name in module.exports() or () if not hasattr(door, name)] == []
