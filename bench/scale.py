"""Time and memory against size: a circuit file to a checked plan.json, stage by stage.

All machines couple all their qubits, but in the rows of a catalogue device, where every machine
has its coupling map. Each row is a process of its own. `parse_s` is the reader of the file's
format (Qiskit's in Rust, stim's in C++, of OpenQASM 3 one in Python) with the look for comments
and includes, `arrays_s` the loop that takes from it what goes into arrays. `memory_mb` adds up
the peaks of that process and of all that it starts.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from bench.families import FAMILIES, write_circuit
from bench.processes import ended

SIZES = [10**3, 10**4, 10**5, 10**6]
LIMIT_S = 900
COMMUNICATION_QUBITS = 20
STAGES = ["parse_s", "arrays_s", "distribute_s", "check_s", "save_s"]


IDEAL, DEVICE = "ideal", "ibm-heron-r2"
DATA_A_MACHINE = 120
MOST_MACHINES = 200
CASES = [
    *((family, None, IDEAL) for family in FAMILIES),
    *(("graph_state", form, IDEAL) for form in ("qasm2", "qpy", "qasm3")),
    *(("adder", form, IDEAL) for form in ("qpy", "qasm3")),
    *((family, None, DEVICE) for family in ("graph_state", "adder", "trotter")),
]
"""Family, format or `None` for the usual one, device."""


def measure_scale(*, most: int, family: str | None) -> Iterator[dict[str, object]]:
    """Every family at 10^3, 10^4, ... gates, up to `most`; that size itself is the last."""
    sizes = [size for size in SIZES if size < most] + [most]
    with tempfile.TemporaryDirectory() as folder:
        for name, form, device in CASES:
            for size in sizes if family in {None, name} else []:
                print(f"\r{name} {size:,}".ljust(60), end="", file=sys.stderr, flush=True)
                yield measured(name, size, form, device, Path(folder))
    print(file=sys.stderr)


def measured(
    family: str, size: int, form: str | None, device: str, folder: Path
) -> dict[str, object]:
    """One row of the table."""
    qubits, file = write_circuit(family, size, form, folder)
    machines = max(2, min(100, qubits // 100))
    if device != IDEAL:
        machines = max(2, math.ceil(qubits / DATA_A_MACHINE))
    row: dict[str, object] = {
        "family": family,
        "format": form or file.suffix[1:].replace("qasm", "qasm2"),
        "device": device,
        "qubits": qubits,
        "machines": machines,
    }
    nothing = dict.fromkeys(["gates", *STAGES, "total_s", "ebits", "steps"], "")
    if machines > MOST_MACHINES:
        return row | nothing | {"memory_mb": "", "note": f"more than {MOST_MACHINES} machines"}
    command = [sys.executable, "-m", "bench.scale", str(file), str(machines), str(qubits), device]
    end = ended(command, limit_s=LIMIT_S)
    if not end.out:
        return row | nothing | {"memory_mb": "", "note": end.why}
    return row | json.loads(end.out) | {"memory_mb": end.memory_mb, "note": ""}


# -- the measured process -----------------------------------------------------------------------


def case(file: str, machines: int, qubits: int, device: str) -> dict[str, object]:
    """Read, distribute, check and save once; seconds of each."""
    import interlace
    from interlace.circuit import convert, openqasm2, stim_reader
    from interlace.compiler import distributor, save_plan
    from interlace.network import load_device, make_network

    spent: dict[str, float] = dict.fromkeys(STAGES, 0.0)
    clock(openqasm2, "read_bytecode", spent, "arrays_s")
    clock(convert, "read_out", spent, "arrays_s")
    clock(stim_reader, "table_of", spent, "arrays_s")
    clock(distributor, "check_plan", spent, "check_s")
    clock(distributor, "check_machine_programs", spent, "check_s")
    data = math.ceil(1.1 * qubits / machines) + 1
    network = make_network(
        "complete",
        str(machines),
        device=load_device(f"ideal:{data + COMMUNICATION_QUBITS}" if device == IDEAL else device),
        communication_qubits=COMMUNICATION_QUBITS,
    )
    began = time.perf_counter()
    circuit = interlace.load_circuit(file)
    read = time.perf_counter()
    plan = interlace.distribute(circuit, network)
    distributed = time.perf_counter()
    save_plan(plan, f"{file}.json")
    saved = time.perf_counter()
    alone_s = min(_reader_alone_s(file), spent["arrays_s"])
    spent["arrays_s"] -= alone_s
    spent["parse_s"] = read - began - spent["arrays_s"]
    spent["distribute_s"] = distributed - read - spent["check_s"]
    spent["save_s"] = saved - distributed
    return {
        "gates": len(circuit.ops),
        **spent,
        "total_s": saved - began,
        "ebits": len(plan.pairs),
        "steps": len(plan.steps),
    }


def _reader_alone_s(file: str) -> float:
    """Seconds that Qiskit's reader takes of the loop that it feeds; 0 where it is no part of it."""
    from qiskit._accelerate import qasm2 as rust
    from qiskit.qasm2 import LEGACY_CUSTOM_INSTRUCTIONS as CUSTOM

    text = Path(file).read_bytes().decode(errors="replace")
    if not text.startswith("OPENQASM 2"):
        return 0.0
    customs = [
        rust.CustomInstruction(c.name, c.num_params, c.num_qubits, c.builtin) for c in CUSTOM
    ]
    began = time.perf_counter()
    for _ in rust.bytecode_from_string(text, [], customs, (), False):
        pass
    return time.perf_counter() - began


def clock(module: ModuleType, name: str, spent: dict[str, float], stage: str) -> None:
    """Add to a stage the time that calls of one function take."""
    function: Callable[..., Any] = getattr(module, name)

    def clocked(*arguments: Any, **options: Any) -> Any:
        began = time.perf_counter()
        try:
            return function(*arguments, **options)
        finally:
            spent[stage] += time.perf_counter() - began

    setattr(module, name, clocked)


if __name__ == "__main__":
    print(json.dumps(case(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])))
