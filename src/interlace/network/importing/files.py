"""Graph files: read whole, and told apart by what they hold."""

from __future__ import annotations

from pathlib import Path

from interlace.errors import SpecError
from interlace.network.importing.graph import Graph
from interlace.network.importing.graphml import read_graphml
from interlace.network.importing.nodelink import read_node_link

__all__ = ["load_graph", "parse_graph"]

_MAX_BYTES = 64 * 2**20


def load_graph(path: str) -> Graph:
    """Read a graph file.

    Args:
        path: GraphML or node-link JSON.

    Raises:
        SpecError: the file cannot be read, or holds neither.
    """
    try:
        if Path(path).is_dir():
            raise SpecError("is a folder: needs a GraphML or JSON file", file=path)
        with open(path, "rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        raise SpecError("there is no such file", file=path) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise SpecError(f"cannot be read: {reason}", file=path) from error
    return parse_graph(content, file=path)


def parse_graph(content: bytes, *, file: str | None = None) -> Graph:
    """Read the bytes of a graph file: XML is GraphML, an object is node-link JSON.

    Raises:
        SpecError: neither.

    Example:
        >>> parse_graph(b'{"nodes": [{"id": 1}], "edges": []}').form
        'node-link JSON'
    """
    if len(content) > _MAX_BYTES:
        raise SpecError(f"is longer than {_MAX_BYTES >> 20} MiB: no graph is", file=file)
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start == b"<" or content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return read_graphml(content, file=file)
    if start in (b"{", b"["):
        try:
            return read_node_link(content.decode("utf-8-sig"), file=file)
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise SpecError("is not text: needs JSON in UTF-8", file=file, line=line) from error
    rule = "is neither GraphML (XML) nor node-link JSON"
    seen = content[:20].decode("utf-8", "replace") or "an empty file"
    raise SpecError(rule, value=seen, file=file, line=1)
