"""The reference pages name everything that they are a reference of."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import msgspec
import pytest

import interlace
from interlace.cli.entry import interlace_command
from interlace.compiler import schema as plan_schema
from interlace.network import key_spec, spec
from interlace.qkd import QkdSpec
from interlace.report import RunDocument
from interlace.services.kms.app import example_network

DOCS = Path(__file__).parents[2] / "docs"


def words(page: str) -> set[str]:
    """Every `word` of a page that is set as code, options without their value."""
    spans = re.findall(r"`([^`\n]+)`", (DOCS / page).read_text(encoding="utf-8"))
    return {word for span in spans for word in re.findall(r"--?[\w-]+|\w+", span)}


def keys(*structs: type[msgspec.Struct]) -> set[str]:
    return {name for struct in structs for name in struct.__struct_fields__}


def structs_of(module: ModuleType) -> list[type[msgspec.Struct]]:
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, msgspec.Struct)
        and value.__module__ == module.__name__
    ]
    assert found, f"{module.__name__} defines no struct"
    return found


def commands(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{path}{name} ")
        else:
            yield f"{path}{name}", command


def test_every_key_of_a_network_file_is_explained() -> None:
    assert (
        keys(*structs_of(spec), key_spec.KmeSpec, key_spec.SaeSpec) - words("network-file.md")
        == set()
    )


def test_every_key_of_a_described_key_link_is_explained() -> None:
    assert keys(QkdSpec) - words("qkd.md") == set()


def test_every_key_of_a_plan_is_explained() -> None:
    inside = {"size", "if_one", "if_zero", "operands"}  # of registers, branches and operations
    assert keys(*structs_of(plan_schema)) - words("plan-json.md") - inside == set()


def test_every_key_of_a_report_is_explained() -> None:
    kinds = msgspec.inspect.multi_type_info([RunDocument])
    nested = {RunDocument}
    for field in kinds[0].fields:
        found = re.findall(r"StructType\(\s*cls=<class '([\w.]+)'", repr(field.type))
        module = __import__(RunDocument.__module__, fromlist=["x"])
        nested |= {getattr(module, name.rpartition(".")[2]) for name in found}
    assert len(nested) > 3
    assert keys(*nested) - words("report-json.md") == set()


@pytest.mark.parametrize(("name", "command"), list(commands(interlace_command)), ids=str)
def test_every_subcommand_and_option_is_explained(name: str, command: click.Command) -> None:
    found = words("command-line.md")
    options = {
        option
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for option in parameter.opts
    }
    assert options - found == set()
    assert set(name.split()) <= words("command-line.md") | {"run", "distribute", "network"}


def test_every_public_function_is_explained() -> None:
    public = {name for name in interlace.__all__ if name != "__version__"}
    assert public - words("python.md") - {"Report"} == set()


def test_every_decision_is_in_the_index() -> None:
    index = (DOCS / "decisions" / "index.md").read_text(encoding="utf-8")
    for path in (DOCS / "decisions").glob("0*.md"):
        title = path.read_text(encoding="utf-8").splitlines()[0].lstrip("# ")
        assert f"[{title}]({path.name})" in index


def test_every_page_is_in_the_navigation() -> None:
    shown = re.findall(r'"([\w/-]+\.md)"', (DOCS.parent / "zensical.toml").read_text("utf-8"))
    assert len(shown) == len(set(shown))
    pages = {str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md")}
    decisions = {page for page in pages if page.startswith("decisions/0")}  # in their index
    assert pages - decisions == set(shown)


def test_links_between_pages_lead_somewhere() -> None:
    pages = [*DOCS.rglob("*.md"), *DOCS.parent.glob("*.md")]
    texts = {page: page.read_text(encoding="utf-8") for page in pages}
    for page, text in texts.items():
        bare = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
        for target, heading in re.findall(r"\]\(([^)#\s]*)#?([^)\s]*)\)", bare):
            if target.startswith(("http:", "https:")):
                continue
            found = (page.parent / target).resolve() if target else page
            assert found.exists(), f"{page}: {target}"
            assert not heading or heading in anchors(texts[found]), f"{page}: {target}#{heading}"


def shown_commands(page: Path) -> Iterator[list[str]]:
    """The words of each `interlace kms ...` in a page's blocks, those that tests skip too."""
    for block in re.findall(r"```bash\n(.*?)```", page.read_text("utf-8"), flags=re.DOTALL):
        for line in block.splitlines():
            head, found, rest = line.partition("interlace kms ")
            if found and not head.strip().startswith("#"):
                yield shlex.split(rest, comments=True)


def test_links_and_entities_that_commands_name_are_in_the_example() -> None:
    keys = example_network("chain").keys
    assert keys is not None
    known = {
        "link": {link.name for link in keys.links},
        **{act: {kme.name for kme in keys.kmes} for act in ("serve", "backup", "restore", "audit")},
    }
    named = [
        (page.name, words[0], words[2])
        for page in [DOCS.parent / "README.md", *sorted(DOCS.rglob("*.md"))]
        for words in shown_commands(page)
        if words[0] in known
    ]
    assert {"link", "serve", "backup", "restore"} <= {name for _, name, _ in named}
    assert [row for row in named if row[2] not in known[row[1]]] == []


def test_the_folder_that_pages_write_into_is_there_after_setup() -> None:
    done = subprocess.run(
        ["make", "-n", "-C", str(DOCS.parent), "setup"], capture_output=True, text=True, check=True
    )
    assert "mkdir -p demo" in done.stdout
    for page in ("keys.md", "network-file.md"):  # read by whoever did not begin by `make demo`
        text = (DOCS / page).read_text("utf-8")
        assert text.index("mkdir -p demo\n") < text.index("> demo/")
    keys = (DOCS / "keys.md").read_text("utf-8")
    places = re.findall(r"kms (?:init|up|status) (\S+)|--json (\S+) *\n", keys)
    written = {place for pair in places for place in pair if place}
    assert {place for place in written if not place.startswith("demo/")} <= {"-"}


def anchors(text: str) -> set[str]:
    """The names that a page's headings get, as links write them."""
    bare = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    titles = re.findall(r"^#+ (.*)$", bare, flags=re.MULTILINE)
    return {re.sub(r"[ -]+", "-", re.sub(r"[^\w -]", "", t.lower()).strip()) for t in titles}
