"""Plain data into spec structs, with the place and the rule of every error.

msgspec could convert too, but it names a place inside a mapping `[...]` and stops at unknown
keys without saying what was meant. This walks the same types and says both.
"""

# ruff: noqa: ANN401 - it reads data of any type

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from interlace.errors import InvariantError, SpecError

__all__ = ["below", "did_you_mean", "item", "shaped"]

T = TypeVar("T")


def below(path: str, key: str) -> str:
    """The path of a key inside the mapping at `path`."""
    return f"{path}.{key}" if path else key


def item(path: str, index: int) -> str:
    """The path of an element of the list at `path`."""
    return f"{path}[{index}]"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The nearest known word and then all of them, as the end of a rule."""
    words = list(known)
    near = difflib.get_close_matches(word.lower(), [w.lower() for w in words], n=1, cutoff=0.6)
    guess = next((f"did you mean {w!r}? " for w in words if near and w.lower() == near[0]), "")
    shown = ", ".join(words[:20]) + (", ..." if len(words) > 20 else "")
    return f"{guess}known: {shown}" if words else "none is known"


def shaped(data: object, kind: type[T], *, path: str = "") -> T:
    """Read plain data (mappings, lists, text, numbers) as a spec struct.

    Args:
        data: what a YAML or JSON reader gave.
        kind: a msgspec struct type.
        path: where in the document the data stands.

    Raises:
        SpecError: unknown or missing key, or a value of the wrong kind; names the path.
    """
    value = _read(data, _type_of(kind), path)
    if not isinstance(value, kind):
        msg = f"{path or 'document'} became {type(value).__name__}, not {kind.__name__}"
        raise InvariantError(msg)
    return value


@cache
def _type_of(kind: type) -> inspect.Type:
    return inspect.type_info(kind)


def _read(data: object, kind: inspect.Type, path: str) -> Any:
    match kind:
        case inspect.Metadata():
            return _read(data, kind.type, path)
        case inspect.UnionType():
            return _union(data, kind, path)
        case _ if not _accepts(data, kind):
            raise SpecError(f"must be {_phrase(kind)}", value=_seen(data), path=path or None)
        case inspect.StructType():
            return _struct(data, kind, path)
        case inspect.DictType():
            return _mapping(data, kind, path)
        case inspect.ListType():
            return _items(data, kind.item_type, path)
        case inspect.TupleType():
            return _tuple(data, kind, path)
        case _:
            return data


def _union(data: object, kind: inspect.UnionType, path: str) -> Any:
    for member in kind.types:
        inner = member.type if isinstance(member, inspect.Metadata) else member
        if _accepts(data, inner):
            return _read(data, inner, path)
    raise SpecError(f"must be {_phrase(kind)}", value=_seen(data), path=path or None)


def _accepts(data: object, kind: inspect.Type) -> bool:
    """Whether data is of that kind at its outermost level."""
    match kind:
        case inspect.StructType() | inspect.DictType():
            return isinstance(data, dict)
        case inspect.ListType() | inspect.TupleType():
            return isinstance(data, list | tuple)
        case inspect.StrType():
            return isinstance(data, str)
        case inspect.BoolType():
            return isinstance(data, bool)
        case inspect.IntType():
            return isinstance(data, int) and not isinstance(data, bool)
        case inspect.FloatType():
            return isinstance(data, int | float) and not isinstance(data, bool)
        case inspect.NoneType():
            return data is None
        case inspect.LiteralType():
            return not isinstance(data, bool) and data in kind.values
        case _:
            msg = f"no reader for {kind}"
            raise InvariantError(msg)


def _phrase(kind: inspect.Type) -> str:
    match kind:
        case inspect.Metadata():
            return _phrase(kind.type)
        case inspect.UnionType():
            names = dict.fromkeys(_phrase(t) for t in kind.types if not _is_none(t))
            if "a number" in names:  # a whole one too
                names.pop("a whole number", None)
            return " or ".join(names)
        case inspect.ListType():
            return f"a list (each {_phrase(kind.item_type)})"
        case inspect.TupleType():
            return f"a list of {len(kind.item_types)} (each {_phrase(kind.item_types[0])})"
        case inspect.LiteralType():
            return " or ".join(repr(value) for value in kind.values)
        case _:
            return _PHRASES.get(type(kind), "nothing")


_PHRASES: Mapping[type[inspect.Type], str] = {
    inspect.StructType: "a mapping",
    inspect.DictType: "a mapping",
    inspect.StrType: "text",
    inspect.BoolType: "true or false",
    inspect.IntType: "a whole number",
    inspect.FloatType: "a number",
}


def _is_none(kind: inspect.Type) -> bool:
    return isinstance(kind, inspect.NoneType)


def _seen(data: object) -> object:
    return "nothing" if data is None else data


def _struct(data: Any, kind: inspect.StructType, path: str) -> msgspec.Struct:
    fields = {field.encode_name: field for field in kind.fields}
    for key in data:
        if key not in fields:
            rule = f"unknown key: {did_you_mean(str(key), fields)}"
            raise SpecError(rule, value=key, path=below(path, str(key)))
    missing = [name for name, field in fields.items() if field.required and name not in data]
    if missing:
        rule = f"needs the key {missing[0]!r}"
        raise SpecError(rule, value=", ".join(map(str, data)) or "no keys", path=path or None)
    values = {
        fields[key].name: _read(value, fields[key].type, below(path, key))
        for key, value in data.items()
    }
    return kind.cls(**values)


def _mapping(data: Any, kind: inspect.DictType, path: str) -> dict[str, Any]:
    return {
        str(key): _read(value, kind.value_type, below(path, str(key)))
        for key, value in data.items()
    }


def _items(data: Any, kind: inspect.Type, path: str) -> list[Any]:
    return [_read(value, kind, item(path, index)) for index, value in enumerate(data)]


def _tuple(data: Any, kind: inspect.TupleType, path: str) -> tuple[Any, ...]:
    if len(data) != len(kind.item_types):
        raise SpecError(f"must be {_phrase(kind)}", value=data, path=path or None)
    pairs = zip(data, kind.item_types, strict=True)
    return tuple(_read(value, inner, item(path, i)) for i, (value, inner) in enumerate(pairs))
