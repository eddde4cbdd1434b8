"""The whole way at size: from a circuit file to samples and a report, all steps counted.

Each row is one process, `interlace run CIRCUIT --network NET --json FILE --samples FILE`: it
reads the file (labels permuted at random), distributes over machines that couple all their qubits,
checks, samples 32 timelines, takes 1,000 shots with noise on ebits, gates, memories and readout,
and writes the report. `memory_mb` adds up the peaks of that process and of all that it starts.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.families import CLIFFORD, write_circuit
from bench.processes import ended

SIZES = [1_000, 10_000, 100_000, 200_000]
SHOTS, TIMELINES = 1_000, 32
COMMUNICATION_QUBITS = 20
LINK = "rate=1MHz,fidelity=0.995"
GATES = {"h": 1e-5, "s": 1e-5, "x": 1e-5, "y": 1e-5, "z": 1e-5, "cx": 1e-4, "cz": 1e-4}
TIME_S = {1: 30e-9, 2: 60e-9}
T1_S, T2_S = 10.0, 5.0
READOUT_S, MISREAD_0, MISREAD_1 = 1e-6, 1e-4, 2e-4
LIMIT_S = 1800
GATES_A_QUBIT = {"ghz_chain": 1.0, "ghz_tree": 1.0, "graph_state": 2.5, "clifford": 12.0}
FIGURES = ["ebits", "makespan_ms", "backend", "fidelity", "mean", "mean_error", "intact"]


def measure_whole(*, most: int, family: str | None) -> Iterator[dict[str, object]]:
    """The Clifford families at 10^3, 10^4, 10^5 and 2 10^5 qubits, up to `most`."""
    with tempfile.TemporaryDirectory() as folder:
        measured("graph_state", 100, Path(folder))  # compiles the loops, once for all
        for name in [family] if family is not None else CLIFFORD:
            for size in [size for size in SIZES if size <= most]:
                print(f"\r{name} {size:,}".ljust(60), end="", file=sys.stderr, flush=True)
                yield measured(name, size, Path(folder))
    print(file=sys.stderr)


def measured(family: str, size: int, folder: Path) -> dict[str, object]:
    """One row of the table."""
    qubits, circuit = write_circuit(family, round(GATES_A_QUBIT[family] * size), None, folder)
    machines = max(2, min(100, qubits // 50))
    network, report, samples = folder / "net.yaml", folder / "report.json", folder / "samples.b8"
    network.write_text(network_text(qubits, machines))
    for file in (report, samples):
        file.unlink(missing_ok=True)
    command = [sys.executable, "-m", "interlace", "run", str(circuit), "--network", str(network)]
    command += ["--shots", str(SHOTS), "--timelines", str(TIMELINES), "--seed", "1"]
    command += ["--json", str(report), "--samples", str(samples)]
    end = ended(command, limit_s=LIMIT_S)
    row: dict[str, object] = {"family": family, "qubits": qubits, "machines": machines}
    figures = dict.fromkeys(FIGURES, "") if end.why else read(report)
    rest = {
        "total_s": "" if end.why else end.wall_s,
        "cpu_s": "" if end.why else end.cpu_s,
        "memory_mb": "" if end.why else end.memory_mb,
        "samples_mb": samples.stat().st_size / 1e6 if samples.exists() else "",
        "note": end.why,
    }
    return row | figures | rest


def network_text(qubits: int, machines: int) -> str:
    """Machines with room for a tenth more qubits than they get, every pair of them linked."""
    from interlace.network import Device, GateProfile, Readout, dump_network, make_network

    size = math.ceil(1.1 * qubits / machines) + 1 + COMMUNICATION_QUBITS
    gates = [
        GateProfile(name=name, time_s=TIME_S[1 + name.startswith("c")], error=error)
        for name, error in GATES.items()
    ]
    device = Device(
        name="all-to-all",
        qubits=size,
        gates=(*gates, GateProfile(name="reset", time_s=READOUT_S, error=MISREAD_1)),
        t1_s=(T1_S,) * size,
        t2_s=(T2_S,) * size,
        readout=Readout(time_s=READOUT_S, error_0=(MISREAD_0,) * size, error_1=(MISREAD_1,) * size),
    )
    made = make_network(
        "complete",
        str(machines),
        device=device,
        communication_qubits=COMMUNICATION_QUBITS,
        link=LINK,
    )
    return dump_network(made)


def read(report: Path) -> dict[str, object]:
    """What the report says of the run: the fidelity or the stabilizers' expectations."""
    found = json.loads(report.read_text())
    stabilizers = found["stabilizers"] or {}
    products = stabilizers.get("state") or stabilizers.get("outcomes") or {}
    return {
        "ebits": found["ebits"]["total"],
        "makespan_ms": 1e3 * found["makespan_s"]["mean"],
        "backend": found["backend"],
        "fidelity": (found["fidelity"] or {}).get("value", ""),
        "mean": products.get("mean", ""),
        "mean_error": products.get("mean_error", ""),
        "intact": products.get("intact", ""),
    }
