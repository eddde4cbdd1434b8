"""The file behind `--assign`: which machine holds which qubits of the circuit."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any, cast

from interlace.errors import SpecError

if TYPE_CHECKING:
    from interlace.circuit import Circuit
    from interlace.network import Network

__all__ = ["load_assignment"]

_LABEL = re.compile(r"\s*([A-Za-z_]\w*)\s*\[\s*(\d+)\s*\]\s*")


def load_assignment(path: str, circuit: Circuit, network: Network) -> dict[str, tuple[int, ...]]:
    """Read `{machine: [qubit, ...]}`, a qubit being an index or a label such as `q[3]`.

    Raises:
        SpecError: the file is no such mapping, or names a machine or a qubit that is not there,
            or a qubit twice; with file, line and value.
    """
    document = _document(path)
    machines = [machine.name for machine in network.machines]
    assignment: dict[str, tuple[int, ...]] = {}
    for name, written in document.items():
        if name not in machines:
            rule = f"no such machine; {_nearest(str(name), machines)}"
            raise SpecError(rule, value=name, file=path, line=_line(document, name))
        try:
            assignment[name] = _qubits(written, circuit, taken=assignment)
        except SpecError as error:
            raise error.located(file=path, line=_line(document, name), path=name) from None
    return assignment


def _qubits(
    written: Any,  # noqa: ANN401 - whatever the YAML says
    circuit: Circuit,
    *,
    taken: dict[str, tuple[int, ...]],
) -> tuple[int, ...]:
    """One machine's list; `taken` is what the machines before it have."""
    if not isinstance(written, list):
        raise SpecError("needs a list of qubits: [0, 1] or ['q[0]', 'q[1]']", value=written)
    labels = {circuit.qubit_label(qubit): qubit for qubit in range(circuit.num_qubits)}
    homes = {qubit: machine for machine, qubits in taken.items() for qubit in qubits}
    found: list[int] = []
    for position, item in enumerate(written):
        qubit, line = _qubit(item, labels), _line(written, position)
        if qubit is None:
            last = circuit.num_qubits - 1
            rule = (
                f"no such qubit; the circuit has {circuit.qubit_label(0)} to "
                f"{circuit.qubit_label(last)} (0 to {last})"
            )
            raise SpecError(rule, value=item, line=line)
        if qubit in homes or qubit in found:
            home = homes.get(qubit, "this machine")
            rule = f"{circuit.qubit_label(qubit)} is already assigned to {home}"
            raise SpecError(rule, value=item, line=line)
        found.append(qubit)
    return tuple(found)


def _document(path: str) -> dict[Any, Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        with open(path, encoding="utf-8") as file:
            document = YAML(typ="rt").load(file)
    except OSError as error:
        raise SpecError(f"cannot be read: {error.strerror}", file=path) from error
    except UnicodeDecodeError as error:
        raise SpecError("is not text", file=path) from error
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else None
        hint = " (inside [...] a label needs quotes: ['q[0]'])" if line is not None else ""
        raise SpecError(f"is not YAML: {error.problem}{hint}", file=path, line=line) from error
    except YAMLError as error:
        raise SpecError(f"is not YAML: {' '.join(str(error).split())}", file=path) from error
    if not isinstance(document, dict) or not document:
        raise SpecError("must be a mapping {machine: [qubit, ...]}", value=document, file=path)
    return cast("dict[Any, Any]", document)


def _qubit(written: object, labels: dict[str, int]) -> int | None:
    """The qubit's index; `None` if the circuit has no such qubit."""
    if isinstance(written, int) and not isinstance(written, bool):
        return int(written) if 0 <= written < len(labels) else None
    match = _LABEL.fullmatch(written) if isinstance(written, str) else None
    return labels.get(f"{match[1]}[{int(match[2])}]") if match else None


def _line(container: object, key: object) -> int | None:
    """The 1-based line of an entry, where the parser kept it."""
    places = getattr(getattr(container, "lc", None), "data", None) or {}
    return places[key][0] + 1 if key in places else None


def _nearest(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"the network has {', '.join(known)}"
