"""SQL kept as SQL: statements in files, each under its name.

    -- name: take_keys
    DELETE FROM pool WHERE seq IN (SELECT seq FROM pool WHERE pair = $1 ORDER BY seq LIMIT $2)
    RETURNING key_id, sealed;

    -- name: take_keys @postgres
    DELETE FROM pool WHERE seq IN (
        SELECT seq FROM pool WHERE pair = $1 ORDER BY seq LIMIT $2 FOR UPDATE SKIP LOCKED
    ) RETURNING key_id, sealed;

Values are `$1`, `$2`, ... in both dialects. A name with `@sqlite` or `@postgres` takes the place
of the plain one there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType

from interlace.errors import InvariantError

__all__ = ["Statement", "Statements", "load_statements", "packaged_text", "parse_statements"]

_HEAD = re.compile(
    r"^-- name:[ \t]*([a-z][a-z0-9_]*)(?:[ \t]+@(sqlite|postgres))?[ \t]*$", re.MULTILINE
)
_TOKEN = re.compile(r"('(?:[^']|'')*')|\$(\d+)")
_COMMENT = re.compile(r"^[ \t]*--.*\n?", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement, in the words of both dialects."""

    name: str
    sqlite: str
    postgres: str


@dataclass(frozen=True, slots=True)
class Statements:
    """The statements of one file, by name."""

    source: str
    by_name: MappingProxyType[str, Statement]

    def __getitem__(self, name: str) -> Statement:
        if name not in self.by_name:
            raise InvariantError(f"{self.source} has no statement {name!r}")
        return self.by_name[name]


def load_statements(package: str, path: str) -> Statements:
    """Read the statements of a file that comes with a package.

    Args:
        package: a package's full name.
        path: of the file below it, `sql/keys.sql`.

    Raises:
        InvariantError: the file is missing, or is not made of named statements.

    Example:
        >>> load_statements("interlace.platform", "schema/audit.sql")["head"].name
        'head'
    """
    return parse_statements(packaged_text(package, path), source=path)


def packaged_text(package: str, path: str) -> str:
    """The text of a file that comes with a package.

    Raises:
        InvariantError: there is no such file.
    """
    place = resources.files(package).joinpath(path)
    if not place.is_file():
        raise InvariantError(f"the package {package} comes without {path}")
    return place.read_text(encoding="utf-8")


def parse_statements(text: str, *, source: str) -> Statements:
    """Read named statements.

    Raises:
        InvariantError: text before the first name, a name twice, a variant without its plain form
            for the other dialect, or a name without a statement.
    """
    heads = list(_HEAD.finditer(text))
    before = text[: heads[0].start()] if heads else text
    if _COMMENT.sub("", before).strip():
        raise InvariantError(f"{source}: SQL stands before the first `-- name:`")
    found: dict[str, dict[str, str]] = {}
    ends = [head.start() for head in heads[1:]] + [len(text)]
    for head, end in zip(heads, ends, strict=True):
        name, variant = head[1], head[2] or ""
        body = _COMMENT.sub("", text[head.end() : end]).strip().rstrip(";")
        if not body or variant in found.setdefault(name, {}):
            raise InvariantError(f"{source}: the statement {name} is empty or written twice")
        found[name][variant] = body
    statements = {name: _statement(name, forms, source) for name, forms in found.items()}
    return Statements(source, MappingProxyType(statements))


def _statement(name: str, forms: dict[str, str], source: str) -> Statement:
    sqlite, postgres = (forms.get(d, forms.get("")) for d in ("sqlite", "postgres"))
    if sqlite is None or postgres is None:
        raise InvariantError(f"{source}: the statement {name} is missing in one dialect")
    return Statement(name=name, sqlite=_numbered(sqlite), postgres=postgres)


def _numbered(text: str) -> str:
    """SQLite takes `$1` for a name and `?1` for a number."""
    return _TOKEN.sub(lambda found: found[1] or f"?{found[2]}", text)
