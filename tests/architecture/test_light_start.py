"""`import interlace` and `interlace --help` load no simulator, and no numpy either."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    "aiohttp", "asyncio", "asyncpg", "cryptography", "llvmlite", "matplotlib", "msgspec",
    "mtkahypar", "numba", "numpy", "prometheus_client", "qiskit", "qiskit_aer", "rich", "ruamel",
    "rustworkx", "scipy", "stim",
}  # fmt: skip

STARTS = {
    "import": "import interlace",
    "names": "import interlace; dir(interlace); interlace.SpecError",
    "help": "import sys; sys.argv[1:] = ['--help']; import interlace.cli; interlace.cli.main()",
    "version": "import sys; sys.argv[1:] = ['--version']; import interlace.cli as c; c.main()",
    "run --help": "import sys; sys.argv[1:] = ['run', '--help']; import interlace.cli; "
    "interlace.cli.main()",
    "qkd rate --help": "import sys; sys.argv[1:] = ['qkd', 'rate', '--help']; "
    "import interlace.cli; interlace.cli.main()",
    "kms up --help": "import sys; sys.argv[1:] = ['kms', 'up', '--help']; "
    "import interlace.cli; interlace.cli.main()",
    "usage": "import sys; sys.argv[1:] = ['run']; import interlace.cli; interlace.cli.main()",
}


@pytest.mark.parametrize("start", STARTS)
def test_a_light_start_loads_no_heavy_library(start: str) -> None:
    program = f"{STARTS[start]}\nimport sys; sys.stderr.write('LOADED ' + ' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    loaded = done.stderr.partition("LOADED ")[2].split()
    assert loaded, done.stderr
    assert HEAVY & {name.partition(".")[0] for name in loaded} == set()
