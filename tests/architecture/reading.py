"""Reads the source as the tests of this folder need it: modules, imports, names."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "interlace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One file of the package."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"

    @property
    def stage(self) -> str:
        """The first name below `interlace`: `network`, `units`; empty for the top level."""
        return self.name.partition(".")[2].partition(".")[0]

    def exports(self) -> tuple[str, ...] | None:
        """The module's `__all__`, if it has one."""
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and _names(node.targets) == ["__all__"]:
                return tuple(ast.literal_eval(node.value))
        return None

    def imports(self) -> list[tuple[int, str]]:
        """(line, module) of every import of interlace's own modules, inside functions too."""
        return [
            (line, name)
            for line, name in self.all_imports()
            if name.partition(".")[0] == "interlace"
        ]

    def all_imports(self) -> list[tuple[int, str]]:
        """(line, module) of every import, inside functions too."""
        found: list[tuple[int, str]] = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found += [(node.lineno, alias.name) for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module is not None:
                found.append((node.lineno, node.module))
        return found


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the package."""
    return tuple(_read(path) for path in sorted(SOURCE.rglob("*.py")))


def stages() -> tuple[str, ...]:
    """The folders of the package: what has a front door."""
    return tuple(sorted(path.parent.name for path in SOURCE.glob("*/__init__.py")))


def _read(path: Path) -> Module:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    name = ".".join(part for part in parts if part != "__init__")
    return Module(name=name, path=path, tree=ast.parse(path.read_text(encoding="utf-8")))


def _names(targets: list[ast.expr]) -> list[str]:
    return [target.id for target in targets if isinstance(target, ast.Name)]
