"""Run the measurements and print them as tables; the figures go to bench/results/, a file a part.

Every row is written there as soon as it is measured. Ctrl-C ends a part early and shows its rows.

make bench                                  all of it, up to 10^4 gates or qubits
make bench ARGS="startup commands"          some parts
make bench ARGS="circuits --family qft"
make bench ARGS="scale --most 1000000"      a circuit file to a checked plan, by gates
make bench ARGS="lattices --most 20000"     what coupling maps cost, by qubits
make bench ARGS="whole --most 200000"       a circuit file to samples and a report, by qubits
make bench ARGS="mutations --mutants 300"   how many broken plans the check refuses
make bench ARGS="kms --seconds 300"         what keys cost, with PostgreSQL; a C compiler is needed
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import interlace
from bench.circuits import measure_circuits
from bench.commands import measure_commands
from bench.kms import measure_kms
from bench.lattices import measure_lattices
from bench.mutations import measure_mutations
from bench.scale import measure_scale
from bench.startup import measure_startup
from bench.whole import measure_whole

RESULTS = Path(__file__).parent / "results"

Row = dict[str, object]
PARTS: dict[str, Callable[[argparse.Namespace], Iterable[Row]]] = {
    "startup": lambda _: measure_startup(),
    "commands": lambda _: measure_commands(),
    "circuits": lambda asked: measure_circuits(family=asked.family),
    "scale": lambda asked: measure_scale(most=asked.most, family=asked.family),
    "lattices": lambda asked: measure_lattices(most=asked.most),
    "whole": lambda asked: measure_whole(most=asked.most, family=asked.family),
    "mutations": lambda asked: measure_mutations(number=asked.mutants),
    "kms": lambda asked: measure_kms(memory_s=asked.seconds),
}


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="make bench", description="Measure interlace.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--family", help="only circuits of this family")
    parser.add_argument(
        "--most", type=int, default=10_000, help="scale: gates; lattices and whole: qubits"
    )
    parser.add_argument("--mutants", type=int, default=10_000, help="mutations: how many")
    parser.add_argument("--seconds", type=float, default=300.0, help="kms: how long at the end")
    asked = parser.parse_args()
    unknown = set(asked.parts) - PARTS.keys()
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)}; choose from {', '.join(PARTS)}")
    for part in asked.parts or PARTS:
        print(f"\n== {part}", flush=True)
        rows: list[Row] = []
        file = RESULTS / f"{part}.json"
        try:
            for row in PARTS[part](asked):
                rows.append(row)
                save(file, rows)
        except KeyboardInterrupt:
            show(rows)
            sys.exit(130)
        show(rows)
        print(file)


def save(file: Path, rows: list[Row]) -> None:
    """Write the rows so far, with what they were measured on."""
    file.parent.mkdir(exist_ok=True)
    measured_on = {
        "interlace": interlace.__version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
    }
    file.write_text(json.dumps(measured_on | {"rows": rows}, indent=2) + "\n")


def show(rows: list[Row]) -> None:
    """Print rows of equal keys as an aligned table."""
    if not rows:
        return
    cells = [[str(key) for key in rows[0]]]
    cells += [[written(value) for value in row.values()] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))


def written(value: object) -> str:
    """A number with three digits, anything else as it is."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
