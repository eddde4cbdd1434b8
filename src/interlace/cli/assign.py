"""The file behind `--assign`: which machine holds which qubits of the circuit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from interlace.arguments import path_text
from interlace.errors import InfeasibleError, SpecError

if TYPE_CHECKING:
    from interlace.circuit import Circuit
    from interlace.network import Network

__all__ = ["load_assignment"]

_BARE_LABEL = re.compile(r"\[[^\]'\"]*\w\s*\[")
_PLACE = re.compile(r"assign\.(.*?)(?:\[(\d+)\])?")


def load_assignment(path: str, circuit: Circuit, network: Network) -> dict[str, tuple[int, ...]]:
    """Read `{machine: [qubit, ...]}`, a qubit being a number or a label such as `q[3]`.

    Raises:
        SpecError: the file is no such mapping, or names a machine or a qubit that is not there,
            or a qubit twice; with file, line and value.
        InfeasibleError: more qubits than a machine holds; with file and line.
    """
    from interlace.compiler import CrowdedMachineError, assigned_qubits

    document = _document(path_text("--assign", path, of="an assignment (YAML)"))
    try:
        return assigned_qubits(document, circuit, network)
    except CrowdedMachineError as error:
        line = _line(document, error.machine)
        where = path if line is None else f"{path}:{line}"
        msg = f"{where}: {error}"
        raise InfeasibleError(msg) from error
    except SpecError as error:
        name, line = _place(document, error)
        raise SpecError(error.rule, value=error.value, file=path, line=line, path=name) from error


def _document(path: str) -> dict[Any, Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    text = ""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        document = YAML(typ="rt").load(text)
    except OSError as error:
        raise SpecError(f"cannot be read: {error.strerror}", file=path) from error
    except UnicodeDecodeError as error:
        raise SpecError("is not text", file=path) from error
    except MarkedYAMLError as error:
        raise _no_yaml(error, text, path) from error
    except YAMLError as error:
        raise SpecError(f"is not YAML: {' '.join(str(error).split())}", file=path) from error
    except RecursionError:
        raise SpecError("is nested too deeply to be an assignment", file=path) from None
    if not isinstance(document, dict) or not document:
        raise SpecError("must be a mapping {machine: [qubit, ...]}", value=document, file=path)
    return cast("dict[Any, Any]", document)


def _no_yaml(error: Any, text: str, path: str) -> SpecError:  # noqa: ANN401 - ruamel.yaml's
    """Where the file stops being YAML, and, where it is that, that a label needs quotes."""
    lines = text.splitlines()
    marks = [mark.line for mark in (error.problem_mark, error.context_mark) if mark is not None]
    places = [min(line, len(lines) - 1) for line in marks if lines]
    is_bare = any(_BARE_LABEL.search(lines[place]) for place in places)
    hint = " (inside [...] a label needs quotes: ['q[0]'])" if is_bare else ""
    problem = " ".join(str(error.problem or error.context).split())
    line = places[0] + 1 if places else None
    seen = lines[places[0]].strip() if places else None
    return SpecError(f"is not YAML: {problem}{hint}", value=seen, file=path, line=line)


def _place(document: dict[Any, Any], error: SpecError) -> tuple[str | None, int | None]:
    """What of the file the error is about, and its 1-based line."""
    match = _PLACE.fullmatch(error.path or "")
    if match is None:
        return None, None
    name, position = match[1], match[2]
    line = None if position is None else _line(document.get(name), int(position))
    return name + (f"[{position}]" if position else ""), line or _line(document, name)


def _line(container: object, key: object) -> int | None:
    """The 1-based line of an entry, where the parser kept it."""
    places = getattr(getattr(container, "lc", None), "data", None) or {}
    return places[key][0] + 1 if key in places else None
