"""What a command reads: files, or `-` for what comes in on stdin."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import interlace
from interlace.arguments import path_text
from interlace.errors import InfeasibleError, SpecError

if TYPE_CHECKING:
    from interlace.circuit import Circuit
    from interlace.network import Network

__all__ = ["circuit_from", "naming", "network_from", "refuse_two_from_stdin"]

_STDIN = "<stdin>"


def circuit_from(path: str, *, name: str = "CIRCUIT") -> Circuit:
    """The circuit in the file, or on stdin.

    Args:
        path: of the file; `-` is stdin.
        name: of the argument that says so.

    Raises:
        SpecError: cannot be read, or is no circuit that can be distributed.
    """
    path_text(name, path, of="a circuit file")
    if path != "-":
        return interlace.load_circuit(path)
    from interlace.circuit import parse_circuit

    return parse_circuit(sys.stdin.buffer.read(), file=_STDIN, name="stdin")


def network_from(path: str, *, name: str = "--network") -> Network:
    """The network in the file, or on stdin.

    Args:
        path: of the file; `-` is stdin.
        name: of the option or argument that says so.

    Raises:
        SpecError: cannot be read, or breaks a rule of network files.
    """
    path_text(name, path, of="a network file")
    if path != "-":
        return interlace.load_network(path)
    from interlace.network import parse_network

    return parse_network(_text(), file=_STDIN, folder=".")


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
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpecError("is not text in UTF-8", file=_STDIN) from error
