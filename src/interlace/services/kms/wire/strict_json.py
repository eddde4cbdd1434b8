"""JSON from strangers, read strictly: one value in UTF-8, no member twice, nothing after it.

What RFC 8259 leaves open is refused where two readers could read two things: duplicate members,
NaN and Infinity, a byte order mark, half of a surrogate pair.
"""

from __future__ import annotations

import json
from typing import NoReturn

from interlace.errors import ProtocolError

__all__ = ["Json", "read_json"]

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None

_DEEPEST = 32


def read_json(body: bytes | bytearray) -> Json:
    """Read one JSON value.

    Raises:
        ProtocolError: it is none, or one that could be read in two ways; says why in words that
            quote nothing of it.

    Example:
        >>> read_json(b'{"number": 3}')
        {'number': 3}
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise ProtocolError("the body is not UTF-8") from None
    try:
        value: Json = _DECODER.decode(text)
        _demand_plain(value, _DEEPEST)
    except RecursionError:
        raise ProtocolError("the body is nested too deeply") from None
    except ValueError:  # its words quote the body
        raise ProtocolError("the body is not JSON") from None
    return value


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ProtocolError("the body has a member twice")
    return found


def _refused(word: str) -> NoReturn:  # noqa: ARG001 - NaN, Infinity
    raise ProtocolError("the body has a number that is none in JSON")


def _demand_plain(value: Json, deepest: int) -> None:
    if isinstance(value, str):
        value.encode()  # half of a surrogate pair fails here
    elif isinstance(value, dict):
        if not deepest:
            raise ProtocolError("the body is nested too deeply")
        for name, inner in value.items():
            name.encode()
            _demand_plain(inner, deepest - 1)
    elif isinstance(value, list):
        if not deepest:
            raise ProtocolError("the body is nested too deeply")
        for inner in value:
            _demand_plain(inner, deepest - 1)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refused)
