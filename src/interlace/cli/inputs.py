"""What a command reads: files, or `-` for what comes in on stdin."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import interlace
from interlace.arguments import path_text
from interlace.cli.kinds import needing
from interlace.errors import InfeasibleError, SpecError

if TYPE_CHECKING:
    from interlace.circuit import Circuit
    from interlace.compiler import Plan
    from interlace.network import Network

__all__ = [
    "STDIN",
    "Locate",
    "circuit_from",
    "located_network_from",
    "naming",
    "network_from",
    "plan_from",
    "refuse_two_from_stdin",
    "streamed",
]

STDIN = "<stdin>"
"""What errors call what comes in there."""

Locate = Callable[[SpecError], SpecError]
"""Fills in the file and line of an error's path."""


_MOST_BYTES = 2**30


def streamed(path: str) -> bytes | None:
    """What comes in on stdin or through a pipe and can be read once; `None` for a plain file.

    Args:
        path: of anything that can be opened; `-` is stdin.

    Raises:
        SpecError: it cannot be read, or does not end within a GiB.
    """
    if path == "-":
        return sys.stdin.buffer.read()
    try:
        if stat.S_ISREG(os.stat(path).st_mode):
            return None
        with open(path, "rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        raise SpecError("there is no such file", file=path) from None
    except IsADirectoryError:
        raise SpecError("is a folder: needs a file", file=path) from None
    except OSError as error:
        raise SpecError(f"cannot be read: {error.strerror}", file=path) from error
    if len(content) > _MOST_BYTES:
        raise SpecError("is longer than a GiB: no program is", file=path)
    return content


def plan_from(path: str, content: bytes | None) -> Plan:
    """The plan in the file, or in what was read of it.

    Args:
        path: of the file; `-` is stdin.
        content: what `streamed` gave.

    Raises:
        SpecError: no plan, or one that does not pass its check.
    """
    if content is None:
        return interlace.load_plan(path)
    from interlace.compiler import parse_plan

    return parse_plan(content, file=STDIN if path == "-" else path)


def circuit_from(path: str, *, name: str = "CIRCUIT", content: bytes | None = None) -> Circuit:
    """The circuit in the file, or on stdin.

    Args:
        path: of the file; `-` is stdin.
        name: of the argument that says so.
        content: what `streamed` gave, if it was asked.

    Raises:
        SpecError: cannot be read, or is no circuit that can be distributed.
    """
    path_text(name, path, of="a circuit file")
    if path != "-" and content is None:
        with needing("circuit", path):
            return interlace.load_circuit(path)
    from interlace.circuit import parse_circuit

    is_stdin = path in ("-", "/dev/stdin")
    file = STDIN if is_stdin else path
    written = sys.stdin.buffer.read() if content is None else content
    with needing("circuit", file, written):
        return parse_circuit(written, file=file, name="stdin" if is_stdin else "circuit")


def network_from(path: str, *, name: str = "--network") -> Network:
    """The network in the file, or on stdin.

    Args:
        path: of the file; `-` is stdin.
        name: of the option or argument that says so.

    Raises:
        SpecError: cannot be read, or breaks a rule of network files.
    """
    return located_network_from(path, name=name)[0]


def located_network_from(path: str, *, name: str) -> tuple[Network, Locate]:
    """The network, and what puts file and line into an error about it that is found later.

    Raises:
        SpecError: as `network_from`.
    """
    path_text(name, path, of="a network file")
    from interlace.network import locate_in_network, parse_network

    if path != "-":
        with needing("network", path):
            return interlace.load_network(path), partial(locate_in_network, file=path)
    text = _text()
    locate = partial(locate_in_network, file=STDIN, text=text)
    with needing("network", STDIN, text.encode()):
        return parse_network(text, file=STDIN, folder="."), locate


@contextmanager
def naming(circuit_path: str, network_path: str) -> Generator[None]:
    """Say of what cannot be done which circuit and which network it is about.

    Raises:
        InfeasibleError: the one that was raised inside, with the files in front.
    """
    try:
        yield
    except InfeasibleError as error:
        msg = f"{circuit_path} on {network_path}: {error}"
        raise InfeasibleError(msg) from error


def refuse_two_from_stdin(*paths: str | None) -> None:
    """Stdin can be read once.

    Raises:
        SpecError: more than one of the paths is `-`.
    """
    if paths.count("-") > 1:
        raise SpecError("stdin holds one document: give the other as a file", file="-")


def _text() -> str:
    return _decoded(sys.stdin.buffer.read(), STDIN)


def _decoded(content: bytes, file: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpecError("is not text in UTF-8", file=file) from error
