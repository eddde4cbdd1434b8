"""What coupling maps cost: the same graph states over the same machines, with and without them.

Each row is a process of its own. `compile_s` is all of `distribute`, its check included;
`route_s` and `replay_s` are of that the machines' own programs and their check. `depth` counts
layers of two-qubit gates, `makespan_ms` and the errors are means over two timelines with sampled
pairs. The errors are expected numbers a shot, by cause: `swap` the gates of inserted SWAPs, `gate`
all other gates, `wait` the decay of waiting qubits, `ebit` the pairs' own, `read` the readout.
"""

from __future__ import annotations

import dataclasses
import json
import math
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bench.families import text_of
from bench.processes import ended

if TYPE_CHECKING:
    from interlace.compiler import Executable

SIZES = [500, 2_000, 20_000]
GRAPHS = ["graph_state", "grid_state"]
DEVICE = "ibm-heron-r2"
COMMUNICATION_QUBITS = 20
DATA_A_MACHINE = 400 / 3
LINK = "rate=1MHz,fidelity=0.99"
TIMELINES = 2
LIMIT_S = 900
CAUSES = {
    "swap": ("gates of inserted SWAPs",),
    "gate": ("one-qubit gates", "two-qubit gates", "resets"),
    "wait": ("memory decay",),
    "ebit": ("ebit infidelity",),
    "read": ("readout",),
}
FIGURES = [
    *("ebits", "compile_s", "route_s", "replay_s", "swaps", "two_qubit", "depth", "makespan_ms"),
    *(f"{cause}_errors" for cause in CAUSES),
]


def measure_lattices(*, most: int) -> Iterator[dict[str, object]]:
    """Graph states of 500, 2,000 and 20,000 qubits, up to `most`."""
    with tempfile.TemporaryDirectory() as folder:
        measured(GRAPHS[0], 40, "heavy-hex", Path(folder))  # compiles the loops, once for all
        for graph in GRAPHS:
            for size in [size for size in SIZES if size <= most]:
                for coupling in ("heavy-hex", "all"):
                    print(f"\r{graph} {size:,} {coupling}".ljust(60), end="", file=sys.stderr)
                    yield measured(graph, size, coupling, Path(folder))
    print(file=sys.stderr)


def measured(graph: str, size: int, coupling: str, folder: Path) -> dict[str, object]:
    """One row of the table."""
    gates = round(2.5 * size) if graph == "graph_state" else size
    qubits, text = text_of(graph, gates)
    file = folder / f"{graph}.stim"
    file.write_text(text)
    machines = max(2, math.ceil(qubits / DATA_A_MACHINE))
    row: dict[str, object] = {
        "graph": graph,
        "qubits": qubits,
        "machines": machines,
        "coupling": coupling,
    }
    command = [sys.executable, "-m", "bench.lattices", str(file), str(machines), coupling]
    end = ended(command, limit_s=LIMIT_S)
    figures = json.loads(end.out) if end.out else dict.fromkeys(FIGURES, "")
    return row | figures | {"cpu_s": end.cpu_s, "memory_mb": end.memory_mb, "note": end.why}


# -- the measured process -----------------------------------------------------------------------


def case(file: str, machines: int, coupling: str) -> dict[str, object]:
    """Distribute once, time the program on a few timelines, add up its errors."""
    import interlace
    from bench.scale import clock
    from interlace.compiler import distributor, programs_of, time_ops
    from interlace.link import compile_links
    from interlace.network import load_device, make_network
    from interlace.routing import SampledSupply
    from interlace.runtime.breakdown import error_breakdown
    from interlace.runtime.noise import noises

    device = load_device(DEVICE)
    if coupling == "all":
        device = dataclasses.replace(device, coupling=None)
    network = make_network(
        "complete",
        str(machines),
        device=device,
        communication_qubits=COMMUNICATION_QUBITS,
        link=LINK,
    )
    spent = {"route_s": 0.0, "replay_s": 0.0}
    clock(distributor, "localise", spent, "route_s")
    clock(distributor, "check_machine_programs", spent, "replay_s")
    circuit = interlace.load_circuit(file)
    began = time.perf_counter()
    plan = interlace.distribute(circuit, network)
    compile_s = time.perf_counter() - began
    compiled = dict(spent)
    program = programs_of(plan).executable
    links = compile_links(network)
    timing = time_ops(program, network, links, SampledSupply(links, timelines=TIMELINES, seed=1))
    found = error_breakdown(program, network, links, noises(program, network, timing))
    return {
        "ebits": len(plan.pairs),
        "compile_s": compile_s,
        **compiled,
        "swaps": int(program.swap.max(initial=-1)) + 1,
        **_gates(program),
        "makespan_ms": 1e3 * float(timing.makespan_s.mean()),
        **{
            f"{cause}_errors": sum(count for name, count in found if name.startswith(names))
            for cause, names in CAUSES.items()
        },
    }


def _gates(program: Executable) -> dict[str, object]:
    """Gates of two qubits, and how many layers of them there are."""
    ops = program.ops
    is_ebit = np.array([name == "ebit" for name in ops.names])[ops.gate]
    rows = np.flatnonzero((np.diff(ops.start) == 2) & ~is_ebit)
    depth = [0] * len(program.node)
    for one, other in ops.operands[ops.start[rows][:, None] + np.arange(2)].tolist():
        depth[one] = depth[other] = max(depth[one], depth[other]) + 1
    return {"two_qubit": len(rows), "depth": max(depth, default=0)}


if __name__ == "__main__":
    print(json.dumps(case(sys.argv[1], int(sys.argv[2]), sys.argv[3])))
