"""Random Clifford programs with everything in them, and large ones whose parities are known."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from tests.runtime.build import op, program

from interlace.circuit import OpTable
from interlace.compiler import Executable
from interlace.kernel import IntArray

ONE = ["h", "s", "sdg", "x", "y", "z", "sx", "sxdg", "id"]
TWO = ["cx", "cz", "cy", "swap", "iswap", "ecr", "dcx"]
KINDS = ["one", "two", "two", "measure", "reset", "ebit", "if"]


@st.composite
def programs(draw: st.DrawFn) -> Executable:
    """Up to 10 qubits and 50 operations; results are read, overwritten and thrown away."""
    qubits = draw(st.integers(2, 10))
    bits = draw(st.integers(1, 12))
    qubit, bit = st.integers(0, qubits - 1), st.integers(0, bits - 1)
    pair = st.lists(qubit, min_size=2, max_size=2, unique=True)
    ops = [op("measure", draw(qubit), clbit=b) for b in range(bits)]
    for kind in draw(st.lists(st.sampled_from(KINDS), max_size=50)):
        if kind == "one":
            ops.append(op(draw(st.sampled_from(ONE)), draw(qubit)))
        elif kind == "two":
            ops.append(op(draw(st.sampled_from(TWO)), *draw(pair)))
        elif kind == "measure":
            ops.append(op("measure", draw(qubit), clbit=draw(bit)))
        elif kind == "reset":
            ops.append(op("reset", draw(qubit)))
        elif kind == "ebit":
            ops.append(op("ebit", *draw(pair)))
        else:
            name = draw(st.sampled_from(["x", "y", "z"]))
            ops.append(op(name, draw(qubit), condition=draw(bit)))
    if draw(st.booleans()):
        order = draw(st.permutations(range(qubits)))
        ops += [op("measure", q, clbit=draw(bit)) for q in order]
    return program(*ops, bits=bits, qubits=qubits)


def of_runs(names: list[str], runs: list[tuple[int, IntArray]]) -> Executable:
    """Runs of one gate (a number of its name) each, then all qubits measured into their bits."""
    qubits = 1 + max(int(run.max()) for _, run in runs)
    sizes = [len(run) // (2 if names[code] in TWO else 1) for code, run in runs]
    codes = [np.full(size, code) for (code, _), size in zip(runs, sizes, strict=True)]
    every = np.arange(qubits)
    rows = sum(sizes) + qubits
    clbit = np.full(rows, -1)
    clbit[-qubits:] = every
    ops = OpTable.of_columns(
        [*names, "measure"],
        gate=np.concatenate([*codes, np.full(qubits, len(names))]),
        operands=np.concatenate([*(run for _, run in runs), every]),
        clbit=clbit,
    )
    return Executable(
        node=np.zeros(qubits, dtype=np.int64),
        device_qubit=every,
        ops=ops,
        joint_op=np.arange(rows),
        swap=np.full(rows, -1),
        link=np.full(rows, -1),
        num_bits=qubits,
        num_program_bits=qubits,
    )
