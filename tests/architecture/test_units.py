"""Every number says its unit: in its name and in its type."""

from __future__ import annotations

import ast
from typing import get_args

import pytest
from tests.architecture.reading import Module, modules

import interlace.units
from interlace.units import Unit

SUFFIXES = {
    alias: unit.suffix
    for alias, value in vars(interlace.units).items()
    for unit in get_args(value)[1:]
    if isinstance(unit, Unit)
}

# Bare floats without a unit of their own: module, fields, reason.
ALLOWED = {
    "interlace.report.atlas": ({"height"}, "pixels of a picture"),
    "interlace.report.geometry": ({"x", "y", "width", "height"}, "pixels of a picture"),
    "interlace.report.causes": ({"amount"}, "seconds or errors: the breakdown's own unit"),
    "interlace.report.schema": ({"error", "mean", "p50", "p95"}, "keys inside `makespan_s`"),
}


def test_there_are_aliases_to_look_for() -> None:
    assert {"Seconds": "_s", "Hertz": "_hz", "Metres": "_m"}.items() <= SUFFIXES.items()


@pytest.mark.parametrize("module", modules(), ids=lambda m: m.name)
def test_a_name_ends_with_the_suffix_of_its_unit(module: Module) -> None:
    wrong = [
        f"{module.path}:{line} {name}: {kind} should end with {SUFFIXES[kind]}"
        for line, name, kind in annotated(module.tree)
        if SUFFIXES.get(kind, "")
        and not name.endswith(SUFFIXES[kind])
        and name != kind.lower()  # a field that is called `seconds` says it too
    ]
    assert wrong == []


@pytest.mark.parametrize("module", modules(), ids=lambda m: m.name)
def test_a_float_in_a_field_has_a_unit(module: Module) -> None:
    allowed, _ = ALLOWED.get(module.name, (set(), ""))
    bare = [
        f"{module.path}:{line} {name}: {kind}"
        for line, name, kind in fields(module.tree)
        if kind == "float" and name not in allowed
    ]
    assert bare == []


def test_every_exception_is_still_needed() -> None:
    found = {
        (m.name, name) for m in modules() for _, name, kind in fields(m.tree) if kind == "float"
    }
    assert {(module, name) for module, (names, _) in ALLOWED.items() for name in names} <= found


def annotated(tree: ast.AST) -> list[tuple[int, str, str]]:
    """(line, name, type) of every field, parameter and variable whose type is written."""
    found = fields(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and node.annotation is not None:
            found += [(node.lineno, node.arg, kind) for kind in plain(node.annotation)]
    return found


def fields(tree: ast.AST) -> list[tuple[int, str, str]]:
    """(line, name, type) of the annotated fields of every class."""
    return [
        (item.lineno, item.target.id, kind)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for item in node.body
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
        for kind in plain(item.annotation)
    ]


def plain(annotation: ast.expr) -> list[str]:
    """The names in `A`, `A | None`; nothing for containers."""
    if isinstance(annotation, ast.Name):
        return [annotation.id]
    if isinstance(annotation, ast.BinOp):
        return [*plain(annotation.left), *plain(annotation.right)]
    return []
