"""A small network of entities for tests, and the command that runs it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

NET = """interlace: 1
name: small
kmes:
  kme-a: {}
  relay: {}
  kme-b: {}
saes:
  sae-a: {kme: kme-a}
  sae-b: {kme: kme-b}
  sae-c: {kme: kme-b}
links:
  kme-a--relay: &link
    length: 5 km
    qkd: {protocol: decoy-bb84}
  relay--kme-b: *link
"""

COMMAND = [sys.executable, "-m", "interlace", "kms"]
PATIENCE_S = 60.0


def kms(*arguments: str, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, check=False, timeout=90, **more
    )


@dataclass(slots=True)
class Running:
    """`interlace kms up` on a directory."""

    folder: Path
    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)

    def status(self) -> dict:
        done = kms("status", str(self.folder), "--json", "-")
        status = json.loads(done.stdout)
        is_down = any(one["state"] == "down" for one in status["entities"])
        assert done.returncode == int(is_down), done.stderr
        return status

    def ready(self) -> dict:
        until = time.monotonic() + PATIENCE_S
        while not (status := self.status())["ready"]:
            assert self.process.poll() is None, self.end()
            assert time.monotonic() < until, status
            time.sleep(0.2)
        return status

    def end(self) -> str:
        """Ctrl-C; what was said on stderr."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        _, told = self.process.communicate(timeout=60)
        return told


@contextlib.contextmanager
def running(folder: Path, *options: str) -> Iterator[Running]:
    process = subprocess.Popen(
        [*COMMAND, "up", str(folder), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )
    up = Running(folder, process)
    try:
        yield up
    finally:
        if process.poll() is None:
            up.end()
        process.kill()
        for pipe in (process.stdout, process.stderr):
            pipe.close()
        process.wait()


def asked(status: dict, sae: str, path: str) -> tuple[int, dict]:
    """What an SAE is answered; its URL, certificate and key are those of `status --json`."""
    row = next(row for row in status["saes"] if row["id"] == sae)
    context = ssl.create_default_context(cafile=status["ca"])
    context.load_cert_chain(row["certificate"], row["key"])
    url = f"{row['url']}/api/v1/keys/{path}"
    try:
        with urllib.request.urlopen(url, context=context, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)
