"""A PostgreSQL server for tests: in a temporary folder, on a free port, ended with the tests.

Durability is on, as the store demands it. Other folders reuse the fixture by importing it in their
conftest: `from tests.platform.postgres import postgres`.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

DEBIAN = Path("/usr/lib/postgresql")
MEMORY = Path("/dev/shm")  # a disk that is fast: a test does not pull the machine's plug
ROOMY_BYTES = 1 << 30
USERS = ("postgres", "nobody")


def programs() -> Path | None:
    """The folder of `initdb` and `postgres`: Debian keeps them out of PATH."""
    newest = sorted(DEBIAN.glob("*/bin/postgres"), key=lambda p: int(p.parts[-3]))
    if newest:
        return newest[-1].parent
    found = shutil.which("postgres")
    return Path(found).resolve().parent if found else None


class PostgresServer:
    """A server with one superuser, `interlace`, and one database, `postgres`."""

    def __init__(self, bin_folder: Path, *, below: Path | None = None) -> None:
        self._bin = bin_folder
        self.folder = Path(tempfile.mkdtemp(prefix="interlace-postgres-", dir=below))
        self._process: subprocess.Popen[bytes] | None = None
        self._as_user: list[str] = []
        if os.getuid() == 0:  # PostgreSQL refuses root
            user = next(u for u in USERS if _is_user(u))
            shutil.chown(self.folder, user)
            self._as_user = ["setpriv", f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}"]
            self._as_user += ["--clear-groups"]
            if sys.platform == "linux":
                self._as_user += ["--pdeathsig=INT"]
        self.port = free_port()
        self._run(
            "initdb", "--username=interlace", "--auth=trust", "--no-sync", "--encoding=UTF8",
            "--locale=C.UTF-8", "--no-instructions",
        )  # fmt: skip

    @property
    def url(self) -> str:
        return f"postgresql://interlace@127.0.0.1:{self.port}/postgres"

    def start(self, **settings: str) -> None:
        """Start, and wait until it answers. Settings: `fsync="off"`."""
        options = [f"-c{name}={value}" for name, value in settings.items()]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._as_user, str(self._bin / "postgres"), "-D", str(self.folder / "data"),
                 "-p", str(self.port), "-k", str(self.folder), "-clisten_addresses=127.0.0.1",
                 "-cshared_buffers=32MB", "-cmax_connections=40", *options],
                stdout=log, stderr=log, cwd=self.folder,
            )  # fmt: skip
        until = time.monotonic() + 30
        while subprocess.run(
            [str(self._bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)],
            check=False,
        ).returncode:
            assert self._process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < until, "PostgreSQL does not start"
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT: fast; SIGQUIT: at once, as in a crash."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None

    def restart(self, how: signal.Signals = signal.SIGINT, **settings: str) -> None:
        self.stop(how)
        self.start(**settings)

    def end(self) -> None:
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def cpu_s(self) -> float:
        """CPU time of the server and its processes so far, on Linux."""
        assert self._process is not None
        total = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                fields = stat.read_text().rpartition(")")[2].split()
                if self._process.pid in {int(stat.parent.name), int(fields[1])}:
                    total += int(fields[11]) + int(fields[12])
        return total / os.sysconf("SC_CLK_TCK")

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as_user, str(self._bin / program), "-D", str(self.folder / "data")]
        done = subprocess.run(
            [*command, *arguments], capture_output=True, text=True, check=False, cwd=self.folder
        )
        assert done.returncode == 0, done.stderr


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _is_user(name: str) -> bool:
    with contextlib.suppress(KeyError):
        return bool(pwd.getpwnam(name))
    return False


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A server that runs; a test that stops it starts it again."""
    folder = programs()
    if folder is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    pytest.importorskip("asyncpg", reason="PostgreSQL's driver asyncpg is not installed")
    is_roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOMY_BYTES
    server = PostgresServer(folder, below=MEMORY if is_roomy else None)
    try:
        server.start()
        yield server
    finally:
        server.end()
