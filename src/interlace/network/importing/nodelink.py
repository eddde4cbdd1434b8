"""Node-link JSON into a `Graph`: `nodes` with an `id` each, `links` or `edges` between them.

The form that networkx and D3 write. `json` reads the values and the line of a syntax error;
where a rule is broken, the same text read as YAML, of which JSON is a part, tells the line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from interlace.descriptions import did_you_mean, read_marked
from interlace.errors import SpecError
from interlace.network.importing.graph import Attributes, Graph, GraphEdge, GraphNode

__all__ = ["read_node_link"]

_ENDS = ("source", "target")


def read_node_link(text: str, *, file: str | None = None) -> Graph:
    """Read the text of a node-link JSON file.

    Args:
        text: JSON.
        file: what errors call it.

    Raises:
        SpecError: no JSON, no node-link document, an id twice, or an edge without ends.

    Example:
        >>> read_node_link('{"nodes": [{"id": "a"}], "links": []}').nodes[0].key
        'a'
    """
    try:
        return _graph(_document(text), file)
    except SpecError as error:
        raise _located(error, text, file) from error.__cause__


def _document(text: str) -> Any:  # noqa: ANN401 - JSON of any shape
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        rule = f"is not valid JSON: {error.msg[:1].lower()}{error.msg[1:]}"
        raise SpecError(rule, line=error.lineno) from error
    except RecursionError:
        raise SpecError("is nested too deeply to be a graph") from None
    except ValueError as error:  # a whole number of thousands of digits
        raise SpecError(f"is not valid JSON: {error}") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise SpecError("is written twice in one object: remove one", value=key)
        found[key] = value
    return found


def _no_number(word: str) -> NoReturn:
    raise SpecError("is no number of JSON: write null", value=word)


def _graph(document: Any, file: str | None) -> Graph:  # noqa: ANN401 - JSON of any shape
    if not isinstance(document, dict):
        rule = "must be an object with `nodes` and `links` (or `edges`)"
        raise SpecError(rule, value=type(document).__name__)
    section = _edge_section(document)
    nodes: dict[str, GraphNode] = {}
    for index, written in enumerate(_list(document, "nodes")):
        here = f"nodes[{index}]"
        item = _object(written, here)
        key = _key(item.get("id"), f"{here}.id" if "id" in item else here)
        if key in nodes:
            raise SpecError("this id is taken by another node", value=key, path=f"{here}.id")
        nodes[key] = GraphNode(key=key, attributes=_attributes(item, without=("id",)))
    edges = tuple(
        _edge(_object(written, f"{section}[{i}]"), f"{section}[{i}]", nodes)
        for i, written in enumerate(_list(document, section))
    )
    about = document.get("graph", {})
    return Graph(
        file=file,
        form="node-link JSON",
        attributes=_attributes(about) if isinstance(about, dict) else {},
        is_directed=document.get("directed") is True,
        nodes=tuple(nodes.values()),
        edges=edges,
    )


def _edge_section(document: Mapping[str, Any]) -> str:
    found = [name for name in ("links", "edges") if name in document]
    if len(found) == 2:
        raise SpecError("has `links` and `edges`: keep one of them")
    if "nodes" not in document or not found:
        missing = "nodes" if "nodes" not in document else "links"
        rule = f"needs the key {missing!r}{' (or edges)' if missing == 'links' else ''}"
        near = did_you_mean(missing, [str(key) for key in document])
        raise SpecError(f"is no node-link document: {rule}: {near}")
    return found[0]


def _list(document: Mapping[str, Any], key: str) -> list[Any]:
    value = document[key]
    if not isinstance(value, list):
        raise SpecError("must be a list", value=type(value).__name__, path=key)
    return value


def _object(written: Any, path: str) -> dict[str, Any]:  # noqa: ANN401 - JSON of any shape
    if not isinstance(written, dict):
        raise SpecError("must be an object", value=written, path=path)
    return written


def _key(written: object, path: str) -> str:
    if isinstance(written, bool) or not isinstance(written, str | int):
        rule = "needs an `id` that is text or a whole number"
        raise SpecError(rule, value="nothing" if written is None else written, path=path)
    return str(written)


def _edge(item: Mapping[str, Any], path: str, nodes: Mapping[str, GraphNode]) -> GraphEdge:
    ends: list[str] = []
    for name in _ENDS:
        written = item.get(name)
        end = str(written) if isinstance(written, str | int) else None
        if end is None or end not in nodes:
            rule = f"its {name} must be the id of a node: {did_you_mean(str(written), nodes)}"
            place = f"{path}.{name}" if name in item else path
            raise SpecError(rule, value="nothing" if written is None else written, path=place)
        ends.append(end)
    attributes = _attributes(item, without=(*_ENDS, "key"))
    return GraphEdge(source=ends[0], target=ends[1], attributes=attributes)


def _attributes(item: Mapping[str, Any], *, without: tuple[str, ...] = ()) -> Attributes:
    """The item's plain values; lists and objects say nothing that an import understands."""
    return {
        key: value
        for key, value in item.items()
        if key not in without and (value is None or isinstance(value, str | int | float | bool))
    }


def _located(error: SpecError, text: str, file: str | None) -> SpecError:
    """The error with file and, where it can be found, line."""
    if error.line is None and error.path is not None:
        try:
            return read_marked(text, file=file).locate(error)
        except SpecError:
            pass
    return error.located(file=file)
