"""Stages are pure up to the compiler: files and the environment stay at the edge."""

from __future__ import annotations

import ast

import pytest
from tests.architecture.reading import Module, modules

STAGES = {
    "descriptions", "circuit", "network", "physics", "link", "routing", "qkd", "compiler",
}  # fmt: skip
FILE_METHODS = {"read_text", "read_bytes", "write_text", "write_bytes", "unlink", "mkdir"}
PURE = [m for m in modules() if m.stage in STAGES and not m.name.endswith(".files")]


@pytest.mark.parametrize("module", PURE, ids=lambda m: m.name)
def test_only_files_modules_touch_files_and_nobody_the_environment(module: Module) -> None:
    assert [f"{module.path}:{line} {what}" for line, what in touches(module.tree)] == []


@pytest.mark.parametrize("module", modules(), ids=lambda m: m.name)
def test_async_lives_in_rooms_and_in_the_platform_below_them(module: Module) -> None:
    found = [
        node.lineno for node in ast.walk(module.tree) if isinstance(node, ast.AsyncFunctionDef)
    ]
    assert module.stage in {"platform", "services"} or found == []


def touches(tree: ast.AST) -> list[tuple[int, str]]:
    """(line, what) of every use of a file or of the environment."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and opens(node):
            found.append((node.lineno, "open"))
        if isinstance(node, ast.Attribute) and node.attr in FILE_METHODS | {"environ", "getenv"}:
            found.append((node.lineno, node.attr))
    return found


def opens(call: ast.Call) -> bool:
    """Whether it opens a file; the null device, into which libraries may talk, is none."""
    named = call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)
    return named == "open" and "os.devnull" not in map(ast.unparse, call.args)
