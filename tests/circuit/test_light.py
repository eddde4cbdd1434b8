"""The floor stays light: libraries load where they are used."""

from __future__ import annotations

import subprocess
import sys


def test_importing_the_floor_loads_neither_qiskit_nor_stim_nor_a_parser() -> None:
    program = (
        "import sys, interlace.circuit;"
        "print(sorted({'qiskit', 'stim', 'openqasm3', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
