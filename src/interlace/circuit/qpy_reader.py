"""Qiskit's binary circuits (QPY), read by Qiskit.

What Qiskit carries out on an untrusted file: from version 13 on, angles are
numbers or lists of arithmetic operations, gates are looked up by name in
`qiskit.circuit.library`, and nothing in the file is evaluated or unpickled. Before
version 13 angles are expressions of SymPy or symengine, whose readers run what
they are given (CVE-2025-1403 is one case): such a file is refused by its
first bytes, before Qiskit sees it. Sizes are looked at before anything is
allocated for them. No reader of annotations is handed to Qiskit, so that a
file with annotations is refused, and metadata is left out.
"""

from __future__ import annotations

import io
import struct
import warnings
from typing import TYPE_CHECKING

from interlace.circuit.convert import from_qiskit
from interlace.circuit.model import Circuit
from interlace.errors import SpecError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

__all__ = ["MAGIC", "read"]

MAGIC = b"QISKIT"
"""How every QPY file begins."""

_LEAST_VERSION = 13
_TABLED_VERSION = 16
_MOST_BITS = 1_000_000
_HEADER = struct.Struct("!6sBBBBQ1c1c")
_OFFSET = struct.Struct("!Q")
_CIRCUIT = struct.Struct("!H1cHIIQIQ")


def read(content: bytes, *, name: str) -> Circuit:
    """The one circuit of a QPY file.

    Args:
        content: the whole file.
        name: of the circuit.

    Raises:
        SpecError: not QPY of a version that can be read, not one circuit, or a circuit that
            cannot be distributed.
    """
    _refuse_header(content)
    return from_qiskit(_loaded(content), name=name)


def _refuse_header(content: bytes) -> None:
    """Look at versions, counts and sizes."""
    if not content.startswith(MAGIC):
        raise SpecError("is no QPY file: it does not begin with `QISKIT`")
    if len(content) < _HEADER.size:
        raise SpecError(_CUT_SHORT)
    _, version, *_, circuits, _, kind = _HEADER.unpack_from(content)
    _refuse_version(version)
    if circuits != 1 or kind != b"q":
        rule = "must hold exactly one circuit: write each to a file of its own"
        raise SpecError(rule, value=f"{circuits} programs")
    begin = _HEADER.size
    if version >= _TABLED_VERSION:
        if len(content) < begin + _OFFSET.size:
            raise SpecError(_CUT_SHORT)
        (begin,) = _OFFSET.unpack_from(content, begin)
    if len(content) < begin + _CIRCUIT.size:
        raise SpecError(_CUT_SHORT)
    _, _, _, qubits, clbits, _, _, operations = _CIRCUIT.unpack_from(content, begin)
    if max(qubits, clbits) > _MOST_BITS:
        rule = f"a circuit has at most {_MOST_BITS:,} qubits and as many classical bits"
        raise SpecError(rule, value=f"{qubits} qubits, {clbits} classical bits")
    if operations > len(content):
        raise SpecError(_CUT_SHORT)


_CUT_SHORT = "is no whole QPY file: write it again with `qiskit.qpy.dump`"


def _refuse_version(version: int) -> None:
    from qiskit import __version__
    from qiskit.qpy import QPY_VERSION

    if version < _LEAST_VERSION:
        rule = (
            f"needs QPY version {_LEAST_VERSION} or later, since earlier ones can carry code: "
            "load it where you trust it and dump it again with Qiskit 1.3 or later"
        )
        raise SpecError(rule, value=version)
    if version > QPY_VERSION:
        rule = (
            f"is newer than Qiskit {__version__} reads (QPY version {QPY_VERSION}): "
            f"write it with `qpy.dump(..., version={QPY_VERSION})`"
        )
        raise SpecError(rule, value=version)


def _loaded(content: bytes) -> QuantumCircuit:
    from qiskit import qpy

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a newer Qiskit wrote it: what matters was looked at
            return qpy.load(io.BytesIO(content))[0]
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # a panic of Qiskit's reader is no Exception
        reason = str(error).strip("'\"").partition("\\n")[0].partition("\n")[0].rstrip(": ")
        rule = f"cannot be read by Qiskit: {reason or type(error).__name__}"
        raise SpecError(rule) from error
