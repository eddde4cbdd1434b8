"""Configuration files: YAML, checked at start, every error with file, line, path and rule."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import TypeVar

from interlace.arguments import path_text
from interlace.descriptions import read_marked, shaped
from interlace.errors import SpecError

__all__ = ["load_config"]

T = TypeVar("T")

_MOST_BYTES = 4 << 20


def load_config(
    path: str | PathLike[str], kind: type[T], *, check: Callable[[T], None] | None = None
) -> T:
    """Read a configuration file.

    Args:
        path: of the file.
        kind: a msgspec struct type that refuses unknown keys.
        check: rules between keys: raises `SpecError` with the key's path (`listen.port`), which
            is then given the file and the line.

    Raises:
        SpecError: the file cannot be read, or breaks a rule: file, line, path, value and rule.
    """
    file = path_text("path", path, of="a configuration file")
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        raise SpecError(f"cannot be read: {error.strerror}", file=file) from error
    if len(content) > _MOST_BYTES:
        raise SpecError("is larger than 4 MiB: no configuration is", file=file)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SpecError("is not text in UTF-8", file=file) from error
    document = read_marked(text, file=file)
    try:
        config = shaped(document.data, kind)
        if check is not None:
            check(config)
    except SpecError as error:
        raise document.locate(error) from None
    return config
