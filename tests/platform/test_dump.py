"""What a dump that failed is said to have failed of."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from interlace.platform import StoreUnavailableError, back_up_postgres

AWAY = """pg_dump: warning: something to know
pg_dump: error: connection to server at "127.0.0.1", port 1 failed: Connection refused
\tIs the server running on that host and accepting TCP/IP connections?
"""


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (AWAY, 'connection to server at "127.0.0.1", port 1 failed: Connection refused'),
        ("\n  odd words\nmore\n", "odd words"),
        ("", "it gave no reason"),
    ],
)
def test_a_dump_that_fails_is_told_by_its_first_error(
    told: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "pg_dump"
    words = f"import sys; sys.stderr.write({told!r}); sys.exit(1)"
    program.write_text(f"#!{sys.executable}\n{words}\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    dump = back_up_postgres("postgresql://me@127.0.0.1:1/x", str(tmp_path / "copy"), schema="s")
    with pytest.raises(StoreUnavailableError) as caught:
        asyncio.run(dump)
    assert str(caught.value) == f"pg_dump failed: {reason}"
    assert not (tmp_path / "copy").exists()
