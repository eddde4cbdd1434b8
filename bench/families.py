"""Circuits of any size, written as files, their qubits' labels permuted at random.

A family is a function from about how many gates to a program: rows of a gate's
name, its qubits and its angles. Clifford ones are written for stim, the others
as OpenQASM 2.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from interlace.kernel import stream

Gate = tuple[str, tuple[int, ...], tuple[float, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A program and how many qubits it acts on; every qubit is measured at the end."""

    qubits: int
    gates: Iterator[Gate]


def ghz_chain(size: int, _: np.random.Generator) -> Written:
    """One after the other: depth n."""
    links = ((("cx"), (i, i + 1), ()) for i in range(size - 1))
    return Written(qubits=size, gates=chain([("h", (0,), ())], links))


def ghz_tree(size: int, _: np.random.Generator) -> Written:
    """Each qubit from the one at half its number: depth log n."""
    links = (("cx", ((i - 1) // 2, i), ()) for i in range(1, size))
    return Written(qubits=size, gates=chain([("h", (0,), ())], links))


def graph_state(size: int, rng: np.random.Generator) -> Written:
    """A random graph in which each qubit has three neighbours, or a few less."""
    qubits = max(4, 2 * round(size / 5))
    edges = cubic(qubits, rng)
    plus = (("h", (i,), ()) for i in range(qubits))
    return Written(qubits=qubits, gates=chain(plus, (("cz", edge, ()) for edge in edges)))


def grid_state(size: int, _: np.random.Generator) -> Written:
    """The graph state of a square lattice of about as many qubits."""
    width = max(2, round(math.sqrt(size)))
    qubits = width * max(2, round(size / width))
    plus = (("h", (i,), ()) for i in range(qubits))
    right = (("cz", (i, i + 1), ()) for i in range(qubits) if (i + 1) % width)
    down = (("cz", (i, i + width), ()) for i in range(qubits - width))
    return Written(qubits=qubits, gates=chain(plus, right, down))


def clifford(size: int, rng: np.random.Generator) -> Written:
    """Eight layers of h, s, x, y and pairs of neighbours on a ring of random order."""
    layers = 8
    qubits = max(4, 2 * round(size / (3 * layers)))
    gates = chain.from_iterable(_clifford_layer(qubits, layer, rng) for layer in range(layers))
    return Written(qubits=qubits, gates=gates)


def _clifford_layer(qubits: int, layer: int, rng: np.random.Generator) -> Iterator[Gate]:
    for qubit, code in enumerate(rng.integers(0, 4, qubits).tolist()):
        yield ("h", "s", "x", "y")[code], (qubit,), ()
    kinds = rng.integers(0, 2, qubits).tolist()
    for first in range(layer % 2, qubits - 1, 2):
        yield ("cx", "cz")[kinds[first]], (first, first + 1), ()


def qft(size: int, _: np.random.Generator) -> Written:
    """Every pair of qubits, angles down to 2 pi / 2^n, no swaps at the end."""
    qubits = max(2, int(math.sqrt(2 * size)))
    return Written(qubits=qubits, gates=_qft_gates(qubits))


def _qft_gates(qubits: int) -> Iterator[Gate]:
    for target in reversed(range(qubits)):
        yield "h", (target,), ()
        for control in reversed(range(target)):
            yield "cp", (control, target), (math.ldexp(math.pi, control - target),)


def random_cx_rz(size: int, rng: np.random.Generator) -> Written:
    """A random pair and a random angle in turn, on a tenth as many qubits, at most 1,000."""
    qubits = max(4, min(1000, size // 10))
    first = rng.integers(0, qubits, size)
    second = (first + rng.integers(1, qubits, size)) % qubits
    angles = rng.uniform(-math.pi, math.pi, size)
    rows = zip(first.tolist(), second.tolist(), angles.tolist(), strict=True)
    gates = (
        ("cx", (a, b), ()) if i % 2 else ("rz", (a,), (angle,))
        for i, (a, b, angle) in enumerate(rows)
    )
    return Written(qubits=qubits, gates=gates)


def qaoa(size: int, rng: np.random.Generator) -> Written:
    """Four rounds on a random graph of three neighbours each."""
    rounds = 4
    qubits = max(4, 2 * round(size / (2 * (2.5 * rounds + 1))))
    edges = cubic(qubits, rng)
    gates: list[list[Gate]] = [[("h", (i,), ()) for i in range(qubits)]]
    for angle in rng.uniform(0, math.pi, rounds).tolist():
        gates.append([("rzz", edge, (angle,)) for edge in edges])
        gates.append([("rx", (i,), (angle / 2,)) for i in range(qubits)])
    return Written(qubits=qubits, gates=chain.from_iterable(gates))


def adder(size: int, _: np.random.Generator) -> Written:
    """Two numbers of up to 500 bits added over and over by a ripple of carries (CDKM)."""
    bits = max(1, min(500, size // 6))
    times = max(1, round(size / (6 * bits)))
    carry, first, second = 0, range(1, bits + 1), range(bits + 1, 2 * bits + 1)
    below = [carry, *first[:-1]]
    once: list[Gate] = []
    for c, a, b in zip(below, first, second, strict=True):
        once += [("cx", (a, b), ()), ("cx", (a, c), ()), ("ccx", (c, b, a), ())]
    for c, a, b in reversed(list(zip(below, first, second, strict=True))):
        once += [("ccx", (c, b, a), ()), ("cx", (a, c), ()), ("cx", (c, b), ())]
    return Written(qubits=2 * bits + 1, gates=chain.from_iterable([once] * times))


def trotter(size: int, _: np.random.Generator) -> Written:
    """Time evolution of an Ising model in a transverse field on a square, step by step."""
    width = max(2, min(100, int(math.sqrt(size / 30))))
    qubits = width * width
    steps = max(1, round(size / (3 * qubits)))
    right = [(i, i + 1) for i in range(qubits) if (i + 1) % width]
    down = [(i, i + width) for i in range(qubits - width)]
    once: list[Gate] = [("rzz", edge, (0.2,)) for edge in (*right, *down)]
    once += [("rx", (i,), (0.1,)) for i in range(qubits)]
    return Written(qubits=qubits, gates=chain.from_iterable([once] * steps))


def cubic(qubits: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Edges of three random perfect matchings, doubled edges taken once."""
    pairs = [rng.permutation(qubits).reshape(-1, 2) for _ in range(3)]
    edges = np.unique(np.sort(np.concatenate(pairs), axis=1), axis=0)
    return [(a, b) for a, b in edges.tolist()]


CLIFFORD: dict[str, Callable[[int, np.random.Generator], Written]] = {
    "ghz_chain": ghz_chain,
    "ghz_tree": ghz_tree,
    "graph_state": graph_state,
    "clifford": clifford,
}
OTHERS: dict[str, Callable[[int, np.random.Generator], Written]] = {
    "qft": qft,
    "random_cx_rz": random_cx_rz,
    "qaoa": qaoa,
    "adder": adder,
    "trotter": trotter,
}
FAMILIES = CLIFFORD | OTHERS
LATTICES = {"grid_state": grid_state}
FORMATS = {"stim": ".stim", "qasm2": ".qasm", "qasm3": ".qasm", "qpy": ".qpy"}


def text_of(family: str, size: int, form: str | None = None) -> tuple[int, str]:
    """Qubits, and the file: a key of `FORMATS`, by default stim for the Clifford ones, else qasm2.

    Of `qpy`, which is no text, what `qasm2` gives.
    """
    rng = stream(1, family, size)
    is_clifford = family not in OTHERS
    written = (FAMILIES | LATTICES)[family](size, rng)
    label = rng.permutation(written.qubits).tolist()
    form = form or ("stim" if is_clifford else "qasm2")
    lines = {"stim": _stim, "qasm3": _qasm3}.get(form, _qasm2)(written, label)
    return written.qubits, "\n".join(lines) + "\n"


def _stim(written: Written, label: list[int]) -> Iterator[str]:
    for name, qubits, _ in written.gates:
        yield f"{name.upper()} {' '.join(str(label[q]) for q in qubits)}"
    yield "M " + " ".join(map(str, label))


def _qasm2(written: Written, label: list[int]) -> Iterator[str]:
    n = written.qubits
    yield from ("OPENQASM 2.0;", 'include "qelib1.inc";', f"qreg q[{n}];", f"creg c[{n}];")
    yield from _calls(written, label)
    yield from (f"measure q[{label[i]}] -> c[{i}];" for i in range(n))


def _qasm3(written: Written, label: list[int]) -> Iterator[str]:
    n = written.qubits
    yield from ("OPENQASM 3.0;", 'include "stdgates.inc";', f"qubit[{n}] q;", f"bit[{n}] c;")
    yield from _calls(written, label)
    yield from (f"c[{i}] = measure q[{label[i]}];" for i in range(n))


def _calls(written: Written, label: list[int]) -> Iterator[str]:
    for name, qubits, params in written.gates:
        angles = f"({','.join(map(repr, params))})" if params else ""
        yield f"{name}{angles} {','.join(f'q[{label[q]}]' for q in qubits)};"


def write_circuit(family: str, size: int, form: str | None, folder: Path) -> tuple[int, Path]:
    """Qubits, and the file that was written."""
    form = form or ("qasm2" if family in OTHERS else "stim")
    qubits, text = text_of(family, size, form)
    file = folder / f"{family}{FORMATS[form]}"
    if form != "qpy":
        file.write_text(text)
        return qubits, file
    from qiskit import qasm2, qpy

    custom = qasm2.LEGACY_CUSTOM_INSTRUCTIONS
    with file.open("wb") as out:
        qpy.dump(qasm2.loads(text, custom_instructions=custom), out)
    return qubits, file
