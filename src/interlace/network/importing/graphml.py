"""GraphML into a `Graph`.

Read by expat, the parser under Python's own XML libraries, for two reasons: it knows the line of
every element, so that an error can name it, and its handlers can refuse entity declarations
before one is expanded ("billion laughs"). External entities and document types are never loaded:
expat asks a handler for them, and there is none.

Of GraphML's parts (http://graphml.graphdrawing.org/specification.html) it reads `key` with its
default, one `graph`, `node`, `edge` and `data`. Graphs inside nodes and the element `hyperedge`
have no meaning for a network and are refused; ports are not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from interlace.errors import SpecError
from interlace.network.importing.graph import Attributes, Graph, GraphEdge, GraphNode

__all__ = ["read_graphml"]

_PARENTS = {
    "graphml": ("",),
    "key": ("graphml",),
    "default": ("key",),
    "graph": ("graphml",),
    "node": ("graph",),
    "edge": ("graph",),
    "data": ("graphml", "graph", "node", "edge", "port"),
}
"""Element to the elements that may hold it; others are passed over."""


def read_graphml(content: bytes, *, file: str | None = None) -> Graph:
    """Read the text of a GraphML file.

    Args:
        content: XML, in the encoding that it declares.
        file: what errors call it.

    Raises:
        SpecError: no well-formed XML, entity declarations, no GraphML, or an edge without ends.

    Example:
        >>> text = b'<graphml><graph edgedefault="undirected"><node id="a"/></graph></graphml>'
        >>> read_graphml(text).nodes[0].key
        'a'
    """
    parser = expat.ParserCreate()
    reader = _Reader(file=file, parser=parser)
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.EntityDeclHandler = reader.refuse_entity
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        rule = f"is not well-formed XML: {expat.ErrorString(error.code)}"
        raise SpecError(rule, file=file, line=error.lineno) from error
    except (LookupError, ValueError) as error:  # an encoding that Python does not know
        rule = "is not well-formed XML: its encoding is unknown: save it as UTF-8"
        raise SpecError(rule, file=file, line=1) from error
    return reader.graph()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Key:
    """What a `key` element declares."""

    name: str
    domain: str
    kind: str
    default: str | None


@dataclass(slots=True, kw_only=True)
class _Item:
    """A node, an edge or the graph while it is read."""

    tag: str
    line: int
    written: Mapping[str, str]
    data: dict[str, tuple[str, int]] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class _Reader:
    """What has been read so far; expat calls it element by element."""

    file: str | None
    parser: expat.XMLParserType
    open: list[str] = field(default_factory=list)
    keys: dict[str, _Key] = field(default_factory=dict)
    items: list[_Item] = field(default_factory=list)
    inside: list[_Item] = field(default_factory=list)
    heard: list[str] | None = None
    heard_for: str = ""

    @property
    def line(self) -> int:
        return self.parser.CurrentLineNumber

    def refuse(self, rule: str, *, value: object = None, line: int | None = None) -> SpecError:
        return SpecError(rule, value=value, file=self.file, line=line or self.line)

    def refuse_entity(self, name: str, *_: object) -> None:
        raise self.refuse("declares an XML entity: remove the declaration", value=name)

    def start(self, tag: str, written: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        parent = self.open[-1] if self.open else ""
        if parent == "" and name != "graphml":
            raise self.refuse("is no GraphML: its root must be `graphml`", value=name)
        if len(self.open) > 64:
            raise self.refuse("is nested too deeply to be a graph")
        self.open.append(name)
        if name == "hyperedge":
            raise self.refuse("has the element `hyperedge`: a link joins two nodes")
        if name == "graph" and (parent == "node" or any(i.tag == "graph" for i in self.items)):
            raise self.refuse("has more than one graph: give a file with one")
        if parent not in _PARENTS.get(name, ()):
            return
        if name in ("graph", "node", "edge"):
            item = _Item(tag=name, line=self.line, written=written)
            self.items.append(item)
            self.inside.append(item)
        elif name == "key":
            self._declare(written)
        elif name in ("data", "default"):
            self.heard, self.heard_for = [], written.get("key", "")

    def end(self, _tag: str) -> None:
        name = self.open.pop()
        if self.heard is not None and name in ("data", "default"):
            self._keep(name, "".join(self.heard).strip())
            self.heard = None
        if self.inside and self.inside[-1].tag == name:
            self.inside.pop()

    def text(self, words: str) -> None:
        if self.heard is not None and self.open[-1] in ("data", "default"):
            self.heard.append(words)

    def _declare(self, written: Mapping[str, str]) -> None:
        key = written.get("id")
        if key is None:
            raise self.refuse("a `key` needs an id")
        self.keys[key] = _Key(
            name=written.get("attr.name", key),
            domain=written.get("for", "all"),
            kind=written.get("attr.type", "string"),
            default=None,
        )
        self.heard_for = key

    def _keep(self, tag: str, words: str) -> None:
        if tag == "default":
            known = list(self.keys)[-1]
            key = self.keys[known]
            self.keys[known] = _Key(name=key.name, domain=key.domain, kind=key.kind, default=words)
        elif self.inside and self.open[-1] == self.inside[-1].tag:
            self.inside[-1].data[self.heard_for] = (words, self.line)

    def graph(self) -> Graph:
        """What was read, every rule of a graph applied."""
        graphs = [item for item in self.items if item.tag == "graph"]
        if not graphs:
            raise self.refuse("has no `graph`: needs one with nodes and edges", line=1)
        nodes: dict[str, GraphNode] = {}
        for item in self.items:
            if item.tag == "node":
                node = self._node(item)
                if node.key in nodes:
                    rule = f"this node's id is taken in line {nodes[node.key].line}"
                    raise self.refuse(rule, value=node.key, line=item.line)
                nodes[node.key] = node
        edges = tuple(self._edge(item, nodes) for item in self.items if item.tag == "edge")
        return Graph(
            file=self.file,
            form="GraphML",
            attributes=self._attributes(graphs[0]),
            is_directed=graphs[0].written.get("edgedefault") == "directed",
            nodes=tuple(nodes.values()),
            edges=edges,
            key=graphs[0].written.get("id", ""),
        )

    def _node(self, item: _Item) -> GraphNode:
        key = item.written.get("id")
        if key is None:
            raise self.refuse("a node needs an id", line=item.line)
        return GraphNode(key=key, attributes=self._attributes(item), line=item.line)

    def _edge(self, item: _Item, nodes: Mapping[str, GraphNode]) -> GraphEdge:
        ends: list[str] = []
        for name in ("source", "target"):
            end = item.written.get(name)
            if end is None or end not in nodes:
                rule = f"an edge's {name} must be the id of a node"
                raise self.refuse(rule, value=end or "nothing", line=item.line)
            ends.append(end)
        return GraphEdge(
            source=ends[0],
            target=ends[1],
            attributes=self._attributes(item),
            line=item.line,
        )

    def _attributes(self, item: _Item) -> Attributes:
        """The item's data by the names of their keys; what it leaves out has the key's default."""
        found: dict[str, str | int | float | bool | None] = {}
        for key, declared in self.keys.items():
            if key in item.data:
                words, line = item.data[key]
                found[declared.name] = self._value(declared, words, line)
            elif declared.default is not None and declared.domain in (item.tag, "all"):
                found[declared.name] = self._value(declared, declared.default, item.line)
        unknown = next((key for key in item.data if key not in self.keys), None)
        if unknown is not None:
            rule = "names a key that no `key` element declares"
            raise self.refuse(rule, value=unknown, line=item.data[unknown][1])
        return found

    def _value(self, declared: _Key, words: str, line: int) -> str | int | float | bool | None:
        if declared.kind not in ("int", "long", "float", "double") or not words:
            return words or None
        try:
            return int(words) if declared.kind in ("int", "long") else float(words)
        except ValueError as error:
            rule = f"{declared.name} must be a number ({declared.kind})"
            raise self.refuse(rule, value=words, line=line) from error
