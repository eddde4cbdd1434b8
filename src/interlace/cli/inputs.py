"""What a command reads: files, or `-` for what comes in on stdin."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import interlace
from interlace.errors import SpecError

if TYPE_CHECKING:
    from interlace.circuit import Circuit
    from interlace.network import Network

__all__ = ["circuit_from", "network_from", "refuse_two_from_stdin"]

_STDIN = "<stdin>"


def circuit_from(path: str) -> Circuit:
    """The circuit in the file, or on stdin.

    Raises:
        SpecError: cannot be read, or is no circuit that can be distributed.
    """
    if path != "-":
        return interlace.load_circuit(path)
    from interlace.circuit import parse_circuit

    return parse_circuit(_text(), file=_STDIN, name="stdin")


def network_from(path: str) -> Network:
    """The network in the file, or on stdin.

    Raises:
        SpecError: cannot be read, or breaks a rule of network files.
    """
    if path != "-":
        return interlace.load_network(path)
    from interlace.network import parse_network

    return parse_network(_text(), file=_STDIN, folder=".")


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
