"""The files that a command writes: known to be writable before the work, written whole after it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from interlace.errors import SpecError
from interlace.output import check_writable, descriptor_of, write_whole

__all__ = ["Outputs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Where a command's documents go, by option name; `-` is stdout."""

    paths: tuple[tuple[str, str], ...]

    @staticmethod
    def of(wanted: Mapping[str, str | None], *, inputs: tuple[str | None, ...]) -> Outputs:
        """Probe every path that was asked for.

        Args:
            wanted: option name to path, `-`, or `None` where the option was not given.
            inputs: files that the command reads, which no output may replace.

        Raises:
            SpecError: a path is empty, cannot be written, is asked for twice, or is an input, or
                stdout is closed; names the option.
        """
        paths = tuple((option, _plain(path)) for option, path in wanted.items() if path is not None)
        read = {os.path.realpath(path): path for path in inputs if path is not None}
        seen: dict[str, str] = {}
        for option, path in paths:
            key = "-" if path == "-" else os.path.realpath(path)
            if key in seen and (path == "-" or not os.path.exists(key) or os.path.isfile(key)):
                raise SpecError(f"is asked for twice, by {seen[key]} and {option}", file=path)
            if key in read and os.path.isfile(key):
                raise SpecError(f"{option} would replace an input of this command", file=path)
            seen[key] = option
            if path == "-" and sys.__stdout__ is None:
                raise SpecError(f"{option} goes to stdout, which is closed: name a file")
            if path != "-":
                _check(option, path)
        return Outputs(paths=paths)

    @property
    def takes_stdout(self) -> bool:
        """Whether a document goes to stdout, so that the talk has to go to stderr."""
        return any(path == "-" for _, path in self.paths)

    def path(self, option: str) -> str | None:
        """Where that option's document goes, if it was asked for."""
        return dict(self.paths).get(option)

    def write(self, option: str, content: bytes) -> None:
        """Write that option's document, if it was asked for."""
        path = self.path(option)
        if path is None:
            return
        if path == "-":
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
        else:
            write_whole(path, content)


def _plain(path: str) -> str:
    """`-` for whatever names stdout, so that the talk makes way for a document there."""
    return "-" if descriptor_of(path) == 1 else path


def _check(option: str, path: str) -> None:
    try:
        check_writable(path)
    except SpecError as error:
        raise error.located(path=option) from error.__cause__
