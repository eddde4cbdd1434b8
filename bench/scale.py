"""Time and memory against size: a circuit file to a checked plan.json, stage by stage.

Each row is a process of its own. `parse_s` is the reader of the file's format (Qiskit's in Rust,
stim's in C++) with the look for comments and includes, `arrays_s` the loop that takes from it what
goes into arrays. `memory_mb` adds up the peaks of that process and of all that it starts.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from bench.families import FAMILIES, text_of

SIZES = [10**3, 10**4, 10**5, 10**6]
LIMIT_S = 900
COMMUNICATION_QUBITS = 20
STAGES = ["parse_s", "arrays_s", "distribute_s", "check_s", "save_s"]


def measure_scale(*, most: int, family: str | None) -> list[dict[str, object]]:
    """Every family at 10^3, 10^4, ... gates, up to `most`; that size itself is the last."""
    sizes = [size for size in SIZES if size < most] + [most]
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in [family] if family is not None else FAMILIES:
            for size in sizes:
                print(f"\r{name} {size:,}".ljust(60), end="", file=sys.stderr, flush=True)
                rows.append(measured(name, size, Path(folder)))
    print(file=sys.stderr)
    return rows


def measured(family: str, size: int, folder: Path) -> dict[str, object]:
    """One row of the table."""
    qubits, text = text_of(family, size)
    file = folder / f"{family}.circuit"
    file.write_text(text)
    machines = max(2, min(100, qubits // 100))
    row: dict[str, object] = {"family": family, "qubits": qubits, "machines": machines}
    command = [sys.executable, "-m", "bench.scale", str(file), str(machines), str(qubits)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as p:
        peaks: dict[int, int] = {}
        watch = threading.Thread(target=_watch, args=(p, peaks), daemon=True)
        watch.start()
        try:
            out, err = p.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            p.kill()
            out, err = "", f"more than {LIMIT_S} s"
        watch.join()
    if p.returncode != 0:
        why = (err.strip().splitlines() or ["failed"])[-1]
        nothing = dict.fromkeys(["gates", *STAGES, "total_s", "ebits", "steps"], "")
        return row | nothing | {"memory_mb": "", "note": why[:60]}
    return row | json.loads(out) | {"memory_mb": sum(peaks.values()) / 1000, "note": ""}


def _watch(process: subprocess.Popen[str], peaks: dict[int, int]) -> None:
    """The largest memory so far [kB] of the process and its descendants, each by its number."""
    while process.poll() is None:
        for number in _family(process.pid):
            try:
                status = Path(f"/proc/{number}/status").read_text()
            except OSError:
                continue
            for line in status.splitlines():
                if line.startswith("VmHWM:"):
                    peaks[number] = max(peaks.get(number, 0), int(line.split()[1]))
        time.sleep(0.05)


def _family(root: int) -> list[int]:
    found, pending = [], [root]
    while pending:
        number = pending.pop()
        found.append(number)
        for children in Path(f"/proc/{number}/task").glob("*/children"):
            try:
                pending += map(int, children.read_text().split())
            except OSError:
                continue
    return found


# -- the measured process -----------------------------------------------------------------------


def case(file: str, machines: int, qubits: int) -> dict[str, object]:
    """Read, distribute, check and save once; seconds of each."""
    import interlace
    from interlace.circuit import openqasm2, stim_reader
    from interlace.compiler import distributor, save_plan
    from interlace.network import make_network

    spent: dict[str, float] = dict.fromkeys(STAGES, 0.0)
    _clock(openqasm2, "read_bytecode", spent, "arrays_s")
    _clock(stim_reader, "table_of", spent, "arrays_s")
    _clock(distributor, "check_plan", spent, "check_s")
    _clock(distributor, "check_machine_program", spent, "check_s")
    data = math.ceil(1.1 * qubits / machines) + 1
    network = make_network(
        "complete",
        str(machines),
        device=f"ideal:{data + COMMUNICATION_QUBITS}",
        communication_qubits=COMMUNICATION_QUBITS,
    )
    began = time.perf_counter()
    circuit = interlace.load_circuit(file)
    read = time.perf_counter()
    plan = interlace.distribute(circuit, network)
    distributed = time.perf_counter()
    save_plan(plan, f"{file}.json")
    saved = time.perf_counter()
    alone_s = _reader_alone_s(file)
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

    text = Path(file).read_text()
    if not text.startswith("OPENQASM"):
        return 0.0
    customs = [
        rust.CustomInstruction(c.name, c.num_params, c.num_qubits, c.builtin) for c in CUSTOM
    ]
    began = time.perf_counter()
    for _ in rust.bytecode_from_string(text, [], customs, (), False):
        pass
    return time.perf_counter() - began


def _clock(module: ModuleType, name: str, spent: dict[str, float], stage: str) -> None:
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
    print(json.dumps(case(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
