"""A written assignment: which machine holds which qubits, by number or by label."""

from __future__ import annotations

import difflib
import operator
import re
from collections.abc import Iterable, Mapping, Sequence

from interlace.arguments import wrong
from interlace.circuit import Circuit
from interlace.errors import InfeasibleError, SpecError
from interlace.network import Network

__all__ = ["CrowdedMachineError", "assigned_qubits"]

_LABEL = re.compile(r"\s*(.*?)\s*\[\s*([0-9]{1,9})\s*\]\s*")
_LISTS = "needs a list of qubits: [0, 1] or ['q[0]', 'q[1]']"


class CrowdedMachineError(InfeasibleError):
    """An assignment gives a machine more qubits than it holds.

    Attributes:
        machine: its name.
    """

    def __init__(self, machine: str, *, wanted: int, room: int) -> None:
        super().__init__(
            f"the assignment puts {_counted(wanted, 'qubit')} on {machine}, which has "
            f"{_counted(room, 'data qubit')}: move some to another machine"
        )
        self.machine = machine


def assigned_qubits(
    assign: Mapping[str, Sequence[int | str]], circuit: Circuit, network: Network
) -> dict[str, tuple[int, ...]]:
    """The assignment in qubit numbers, machine by machine as written.

    Args:
        assign: machine to qubits, each a number or a label such as `q[3]`.
        circuit: whose qubits they are.
        network: whose machines they are.

    Raises:
        SpecError: no such mapping, or it names a machine or a qubit that is not there, or a qubit
            twice; the path is `assign.MACHINE[POSITION]`.
        CrowdedMachineError: more qubits than a machine has data qubits.

    Example:
        >>> from interlace.circuit import parse_circuit
        >>> from interlace.network import make_network
        >>> pair = make_network("line", "2", device="ideal:3", communication_qubits=1)
        >>> assigned_qubits({"m1": ["q[1]"]}, parse_circuit("OPENQASM 3.0; qubit[2] q;"), pair)
        {'m1': (1,)}
    """
    if not isinstance(assign, Mapping):
        raise wrong("assign", "must be a mapping {machine: [qubit, ...]}", assign)
    room = {machine.name: len(machine.data) for machine in network.machines}
    labels = {circuit.qubit_label(qubit): qubit for qubit in range(circuit.num_qubits)}
    home: dict[int, str] = {}
    found: dict[str, tuple[int, ...]] = {}
    for name, written in assign.items():
        if not isinstance(name, str):
            raise wrong("assign", "a machine's name must be text", name)
        if name not in room:
            rule = f"no such machine; {_nearest(name, list(room))}"
            raise SpecError(rule, value=name, path=f"assign.{name}")
        found[name] = _qubits(name, written, labels=labels, home=home)
        if len(found[name]) > room[name]:
            raise CrowdedMachineError(name, wanted=len(found[name]), room=room[name])
    return found


def _qubits(
    name: str, written: object, *, labels: Mapping[str, int], home: dict[int, str]
) -> tuple[int, ...]:
    """One machine's qubits; `home` knows what was assigned before, and learns of these."""
    here = f"assign.{name}"
    if not isinstance(written, Iterable) or isinstance(written, str | bytes | Mapping):
        raise wrong(here, _LISTS, written)
    found: list[int] = []
    for position, item in enumerate(written):
        place = f"{here}[{position}]"
        qubit = _qubit(item, labels)
        if qubit is None:
            known = list(labels)
            span = f"{known[0]} to {known[-1]} (0 to {len(known) - 1})" if known else "none"
            rule = f"no such qubit; the circuit has {span}"
            raise SpecError(rule, value="None" if item is None else item, path=place)
        if qubit in home:
            other = "this machine" if home[qubit] == name else home[qubit]
            rule = f"qubit {qubit} is already assigned to {other}"
            raise SpecError(rule, value=item, path=place)
        home[qubit] = name
        found.append(qubit)
    return tuple(found)


def _qubit(written: object, labels: Mapping[str, int]) -> int | None:
    """The qubit's number; `None` if the circuit has no such qubit."""
    if isinstance(written, str):
        match = _LABEL.fullmatch(written)
        return labels.get(f"{match[1]}[{int(match[2])}]") if match else None
    if isinstance(written, bool):
        return None
    try:
        qubit = operator.index(written)  # pyright: ignore[reportArgumentType]
    except TypeError:
        return None
    return qubit if 0 <= qubit < len(labels) else None


def _nearest(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    shown = ", ".join(known[:20]) + (", ..." if len(known) > 20 else "")
    return f"did you mean {near[0]!r}?" if near else f"the network has {shown}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
