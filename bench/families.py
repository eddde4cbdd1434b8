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


def text_of(family: str, size: int) -> tuple[int, str]:
    """Qubits, and the file: stim's format for the Clifford ones, else OpenQASM 2."""
    rng = stream(1, family, size)
    written = FAMILIES[family](size, rng)
    label = rng.permutation(written.qubits).tolist()
    if family in CLIFFORD:
        lines = [
            f"{name.upper()} {' '.join(str(label[q]) for q in qubits)}"
            for name, qubits, _ in written.gates
        ]
        lines.append("M " + " ".join(map(str, label)))
        return written.qubits, "\n".join(lines) + "\n"
    n = written.qubits
    lines = ["OPENQASM 2.0;", 'include "qelib1.inc";', f"qreg q[{n}];", f"creg c[{n}];"]
    for name, qubits, params in written.gates:
        angles = f"({','.join(map(repr, params))})" if params else ""
        lines.append(f"{name}{angles} {','.join(f'q[{label[q]}]' for q in qubits)};")
    lines += [f"measure q[{label[i]}] -> c[{i}];" for i in range(n)]
    return n, "\n".join(lines) + "\n"
