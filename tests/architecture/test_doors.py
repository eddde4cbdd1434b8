"""A stage is entered by its front door, and the door only lists names."""

from __future__ import annotations

import ast
import builtins
import subprocess
import sys

import pytest
from tests.architecture.reading import Module, modules, stages

# `interlace` holds the lazy table, `cli` the command: the two doors that people use.
DOORS = [m for m in modules() if m.is_package and m.name not in {"interlace", "interlace.cli"}]


def name(module: Module) -> str:
    return module.name


@pytest.mark.parametrize("module", modules(), ids=name)
def test_other_stages_are_entered_by_their_front_door(module: Module) -> None:
    folders = {f"interlace.{stage}" for stage in stages() if stage != "services"}
    past_the_door = [
        f"{module.path}:{line} imports {target}"
        for line, target in module.imports()
        for door in folders
        if target.startswith(f"{door}.") and not f"{module.name}.".startswith(f"{door}.")
    ]
    assert past_the_door == []


@pytest.mark.parametrize("module", modules(), ids=name)
def test_a_room_is_entered_by_its_app_and_by_the_command_line_alone(module: Module) -> None:
    own = ".".join(module.name.split(".")[:3])
    past_the_door = [
        f"{module.path}:{line} imports {target}"
        for line, target in module.imports()
        if target.startswith("interlace.services")
        and not f"{target}.".startswith(f"{own}.")
        and not (module.stage == "cli" and target.split(".")[3:] == ["app"])
    ]
    assert past_the_door == []


@pytest.mark.parametrize("module", DOORS, ids=name)
def test_a_front_door_has_a_docstring_imports_and_its_names_and_nothing_else(
    module: Module,
) -> None:
    assert ast.get_docstring(module.tree)
    others = [
        ast.unparse(node)
        for node in module.tree.body[1:]
        if not isinstance(node, ast.ImportFrom) and not ast.unparse(node).startswith("__all__ =")
    ]
    assert others == []


@pytest.mark.parametrize("module", DOORS, ids=name)
def test_a_front_door_exports_exactly_what_it_imports(module: Module) -> None:
    imported = [
        alias.asname or alias.name
        for node in module.tree.body
        if isinstance(node, ast.ImportFrom) and node.module != "__future__"
        for alias in node.names
    ]
    assert sorted(module.exports() or ()) == sorted(imported)


@pytest.mark.parametrize("module", [m for m in modules() if "__" not in m.path.name], ids=name)
def test_a_module_says_what_it_exports_and_has_it(module: Module) -> None:
    exports = module.exports()
    assert exports is not None
    bound = {
        name.id if isinstance(name, ast.Name) else name.name
        for node in ast.walk(module.tree)
        for name in [node]
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)
        or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    }
    assert [export for export in exports if export not in bound] == []


@pytest.mark.parametrize("module", modules(), ids=name)
def test_no_module_is_named_like_a_builtin_or_like_what_its_door_exports(module: Module) -> None:
    if module.name in {"interlace", "interlace.report"}:
        return  # `interlace.report` is a stage that can be called: see test_callable_stage
    own = module.name.rpartition(".")[2]
    package = module.name.rpartition(".")[0]
    door = next((m for m in modules() if m.name == package and m.is_package), None)
    assert own not in dir(builtins)
    assert door is None or own not in (door.exports() or ())


ORDERS = [
    "import interlace; report = interlace.report",
    "import interlace, interlace.report; report = interlace.report",
    "import interlace.report; import interlace; report = interlace.report",
    "from interlace.report import Report; import interlace; report = interlace.report",
    "from interlace import report",
    "import interlace.report as report",
    "import interlace; interlace.run; interlace.report; report = interlace.report",
    "import interlace.cli.run, interlace; report = interlace.report",
    "import importlib, interlace; report = importlib.import_module('interlace.report')",
    "import interlace; from interlace.report import Report; report = interlace.report",
]


@pytest.mark.parametrize("order", ORDERS)
def test_callable_stage_works_in_every_import_order(order: str) -> None:
    program = f"""
{order}
import interlace.report as stage
assert stage.Report.__name__ == "Report"
def asks_for_a_result(function):
    try:
        function(None)
    except interlace.SpecError as error:
        return str(error).startswith("result: must be a Result")
import interlace.report.table, interlace
assert asks_for_a_result(report)
assert asks_for_a_result(interlace.report)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
