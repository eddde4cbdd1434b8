"""`interlace kms bench`: load on a network that runs, from a generator that is compiled here.

Clients cost CPU too, and a Python one costs more than the entity that it measures. So the load
comes from a small C program, which stands beside this module and is compiled when it is needed.
"""

from __future__ import annotations

import http.client
import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import msgspec
from msgspec import Struct
from prometheus_client.parser import text_string_to_metric_families

from interlace.errors import SpecError
from interlace.platform import ServiceError
from interlace.services.kms.app.reading import any_entity, load_directory
from interlace.services.kms.model import Directory, EntityListing, Pair
from interlace.units import Hertz, Seconds

__all__ = ["LoadFigures", "LoadWishes", "load_generator", "measure_load"]

_COMPILERS = ("cc", "gcc", "clang")
_SOURCE = "load/etsi014_load.c"
_LATE_S: Seconds = 60.0


class _Refusal(Struct, frozen=True, kw_only=True):
    """The standard's Error, as far as a person is told."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadWishes:
    """What load is to be made.

    Attributes:
        seconds_s: how long.
        connections: that ask, each one request after the other.
        number: keys of a request.
        rate_hz: requests a second of all connections; 0: as many as are answered.
        requests: after which it ends earlier; 0: never.
    """

    seconds_s: Seconds = 10.0
    connections: int = 16
    number: int = 1
    rate_hz: Hertz = 0.0
    requests: int = 0


class _Figures(Struct, frozen=True, kw_only=True):
    """What the generator counts and measures."""

    requests: int
    served: int
    keys: int
    refused: int
    failed: int
    wall_s: Seconds
    generator_cpu_s: Seconds
    p50_s: Seconds
    p99_s: Seconds
    most_s: Seconds


class _Told(_Figures, frozen=True, kw_only=True):
    """What the generator prints: its figures, and the first refusal's status and body."""

    refusal: int
    why_hex: str


class LoadFigures(_Figures, frozen=True, kw_only=True):
    """What the load has shown, at the entity of a pair's master.

    Attributes:
        master: who asked.
        slave: for keys shared with whom.
        entity: who was asked.
        requests: that were sent.
        served: answers with keys; latencies are theirs alone.
        keys: that came.
        refused: answers other than 200.
        why_refused: status and message of the first of them; empty if there is none.
        failed: requests without an answer.
        wall_s: how long it took.
        generator_cpu_s: CPU time of the generator.
        entity_cpu_s: CPU time of the entity's process; with `up --isolate` it runs no other.
        memory_bytes: of the entity's process, at the end.
        p50_s: half of the answers took at most so long.
        p99_s: 99 % did.
        most_s: all did.
    """

    master: str
    slave: str
    entity: str
    entity_cpu_s: Seconds
    memory_bytes: int
    why_refused: str

    @property
    def answered(self) -> int:
        """Requests with an answer, keys or a refusal: each costs the entity its CPU."""
        return self.served + self.refused


def measure_load(folder: str, wishes: LoadWishes) -> LoadFigures:
    """Ask the entity of the first pair's master for keys.

    Args:
        folder: of `interlace kms init`; its network runs.
        wishes: what load.

    Raises:
        SpecError: there is no compiler.
        ServiceError: the entity does not answer.
    """
    directory = load_directory(folder)
    pair = any_entity(folder).permits[0]
    entity = _home(directory, pair)
    with load_generator() as program:
        before_s, _ = _process(entity)
        told = _generated(program, directory, entity, pair, wishes)
        after_s, memory_bytes = _process(entity)
    return LoadFigures(
        **{name: getattr(told, name) for name in _Figures.__struct_fields__},
        master=pair.master,
        slave=pair.slave,
        entity=entity.name,
        entity_cpu_s=after_s - before_s,
        memory_bytes=memory_bytes,
        why_refused=_why_refused(told),
    )


@contextmanager
def load_generator() -> Generator[str]:
    """The compiled generator, as long as the block lasts.

    Raises:
        SpecError: there is no C compiler, or it has no OpenSSL to compile with.
    """
    compiler = next((found for name in _COMPILERS if (found := shutil.which(name))), None)
    rule = "needs a C compiler and OpenSSL's headers: apt-get install gcc libssl-dev"
    if compiler is None:
        raise SpecError(rule, path="kms bench")
    with tempfile.TemporaryDirectory(prefix="interlace-load-") as place:
        program = str(Path(place) / "etsi014_load")
        with resources.as_file(resources.files("interlace.services.kms.app") / _SOURCE) as source:
            command = [compiler, "-O2", "-pthread", "-o", program, str(source)]
            done = subprocess.run(  # noqa: S603 - our own source
                [*command, "-lssl", "-lcrypto"], capture_output=True, check=False
            )
        if done.returncode:
            raise SpecError(rule, path="kms bench")
        yield program


def _home(directory: Directory, pair: Pair) -> EntityListing:
    kme = next((sae.kme for sae in directory.saes if sae.name == pair.master), "")
    entity = directory.entity(kme)
    if entity is None:
        raise SpecError("is served by no entity of this directory", value=pair.master, path="saes")
    return entity


def _generated(
    program: str, directory: Directory, entity: EntityListing, pair: Pair, wishes: LoadWishes
) -> _Told:
    sae = next(one for one in directory.saes if one.name == pair.master)
    path = f"/api/v1/keys/{pair.slave}/enc_keys"
    words = [
        entity.listening.host, str(entity.listening.sae_port), directory.ca, sae.certificate,
        sae.key, path, str(wishes.number), str(wishes.connections), str(wishes.seconds_s),
        str(wishes.requests), str(wishes.rate_hz),
    ]  # fmt: skip
    done = subprocess.run(  # noqa: S603 - compiled from our own source
        [program, *words],
        capture_output=True,
        check=False,
        timeout=wishes.seconds_s + _LATE_S,
        env={**os.environ, "LC_ALL": "C"},
    )
    if done.returncode:
        raise SpecError(f"cannot make load: {done.stderr.decode(errors='replace').strip()}")
    return msgspec.json.decode(done.stdout, type=_Told)


def _why_refused(told: _Told) -> str:
    """Status and message of the first refusal; the message only if it is the standard's Error."""
    if not told.refused:
        return ""
    try:
        error = msgspec.json.decode(bytes.fromhex(told.why_hex), type=_Refusal)
    except (ValueError, msgspec.MsgspecError):
        return str(told.refusal)
    return f"{told.refusal}: {error.message}"


def _process(entity: EntityListing) -> tuple[Seconds, int]:
    """CPU seconds and bytes of memory of an entity's process, as its metrics tell."""
    port = entity.listening.operations_port
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=3.0)
    try:
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
    except (OSError, http.client.HTTPException) as error:
        msg = f"{entity.name} does not answer: `interlace kms up` runs it"
        raise ServiceError(msg) from error
    finally:
        connection.close()
    found = {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.labels
    }
    cpu_s = found.get("process_cpu_seconds_total", 0.0)
    return cpu_s, int(found.get("process_resident_memory_bytes", 0.0))
