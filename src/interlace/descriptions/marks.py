"""YAML text into plain data, with the line of every path in it.

Only data: scalars of YAML 1.2's core, mappings with text keys, lists, aliases and merges (`<<`).
Aliases that would unfold into a huge or endless document are refused before they do.
"""

# ruff: noqa: ANN401 - ruamel.yaml's nodes have no types

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from interlace.descriptions.shape import below, item
from interlace.errors import SpecError

__all__ = ["NO_KEYS", "MarkedDocument", "read_marked"]

_MAX_UNFOLDED = 2_000_000
NO_KEYS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "~", ""})
"""What one or another version of YAML does not read as text."""

_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedDocument:
    """Plain data and where each part of it was written.

    Attributes:
        data: mappings, lists, text, numbers, `None`.
        lines: path to 1-based line.
        file: as the user named it.
    """

    data: Any
    lines: dict[str, int]
    file: str | None

    def locate(self, error: SpecError) -> SpecError:
        """The same error with file and line: of its path, or of the nearest one around it."""
        path = error.path or ""
        while path and path not in self.lines:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return error.located(file=self.file, line=self.lines.get(path, 1))


def read_marked(text: str, *, file: str | None = None) -> MarkedDocument:
    """Read one YAML document.

    Raises:
        SpecError: no YAML, empty, more than one document, a key twice, an alias that holds
            itself, or more than two million values once aliases are unfolded.
    """
    try:
        root = _compose(text, file)
        if root is None:
            raise SpecError("is empty: needs a description in YAML", file=file, line=1)
        _refuse_bombs(root, file)
        reader = _Reader(file=file)
        return MarkedDocument(data=reader.value(root, ""), lines=reader.lines, file=file)
    except RecursionError:
        raise SpecError("is nested too deeply to be a description", file=file) from None


def _compose(text: str, file: str | None) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        return YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else mark.line + 1
        written = None if line is None else _written_in(text, line)
        problem = " ".join(str(error.problem or error.context).split())
        if problem.startswith("but "):
            problem = f"{error.context} {problem}"
        if r"'\t'" in problem:
            problem += ": indent by spaces, not by tabs"
        rule = f"is not valid YAML: {problem}"
        raise SpecError(rule, value=written, file=file, line=line) from error
    except YAMLError as error:
        rule = f"is not valid YAML: {str(error).splitlines()[0]}"
        raise SpecError(rule, file=file) from error


def _written_in(text: str, line: int) -> str | None:
    lines = text.splitlines()
    return lines[line - 1].strip() if line <= len(lines) else None


def _refuse_bombs(root: Any, file: str | None) -> None:
    """Count the values that the document unfolds into, each shared node once."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()

    def size(node: Any) -> int:
        key = id(node)
        if key in open_nodes:
            line = node.start_mark.line + 1
            raise SpecError("an alias holds itself", value=node.anchor, file=file, line=line)
        if key not in sizes:
            open_nodes.add(key)
            sizes[key] = 1 + sum(size(child) for child in _children(node))
            open_nodes.discard(key)
        return sizes[key]

    total = size(root)
    if total > _MAX_UNFOLDED:
        rule = f"unfolds into more than {_MAX_UNFOLDED} values: use fewer aliases"
        raise SpecError(rule, value=total, file=file)


def _children(node: Any) -> list[Any]:
    if node.id == "mapping":
        return [child for pair in node.value for child in pair]
    return list(node.value) if node.id == "sequence" else []


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    file: str | None
    lines: dict[str, int] = field(default_factory=dict)

    def value(self, node: Any, path: str) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if node.id == "scalar":
            return self._scalar(node, path)
        if node.id == "sequence":
            return [self.value(child, item(path, i)) for i, child in enumerate(node.value)]
        return self._mapping(node, path)

    def _mapping(self, node: Any, path: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        first: dict[str, int] = {}
        for key, value in node.value:
            name, line = self._key(key, path), key.start_mark.line + 1
            if str(key.tag) == f"{_TAG}merge":
                continue
            place = below(path, name)
            if name in first:
                rule = f"is written twice, first in line {first[name]}: rename or remove one"
                raise SpecError(rule, value=name, file=self.file, line=line, path=place)
            first[name] = line
            self.lines.setdefault(place, line)
            found[name] = self.value(value, place)
        for key, value in node.value:
            if str(key.tag) == f"{_TAG}merge":
                self._merge(value, path, found)
        return found

    def _key(self, key: Any, path: str) -> str:
        if key.id != "scalar":
            line = key.start_mark.line + 1
            raise SpecError("a key must be text", file=self.file, line=line, path=path or None)
        if key.style is None and key.value.lower() in NO_KEYS:
            line, name = key.start_mark.line + 1, key.value
            rule = f'without quotes not every version of YAML reads it as text: write "{name}"'
            raise SpecError(rule, value=name, file=self.file, line=line, path=below(path, name))
        return key.value

    def _merge(self, node: Any, path: str, found: dict[str, Any]) -> None:
        for source in node.value if node.id == "sequence" else [node]:
            if source.id != "mapping":
                line = node.start_mark.line + 1
                rule = "`<<` takes a mapping or a list of them"
                raise SpecError(rule, file=self.file, line=line, path=path or None)
            merged = self.value(source, path)
            for name in merged:
                found.setdefault(name, merged[name])

    def _scalar(self, node: Any, path: str) -> Any:
        tag, text = str(node.tag).removeprefix(_TAG), node.value
        try:
            return _SCALARS[tag](text)
        except KeyError:
            rule = "has a tag that a description does not use"
        except ValueError:
            rule = f"is no {tag}"
        line = node.start_mark.line + 1
        seen = f"{node.tag} {text}"
        raise SpecError(rule, value=seen, file=self.file, line=line, path=path or None)


def _whole(text: str) -> int:
    plain = text.replace("_", "")
    return int(plain, 0) if plain.lstrip("+-").lower().startswith(("0x", "0o")) else int(plain)


def _real(text: str) -> float:
    return float(text.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan"))


_SCALARS = {
    "str": str,
    "timestamp": str,
    "int": _whole,
    "float": _real,
    "bool": lambda text: text.lower() == "true",
    "null": lambda _: None,
}
