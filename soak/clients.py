"""A connection of an SAE to its entity, and the log of what it asked and was answered.

A call is written down before its first byte is sent and again when its outcome is known, each by
one write to the file: a client that is killed leaves a call without an outcome.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import itertools
import os
import ssl
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

from interlace.platform import TlsFiles, client_context
from interlace.services.kms.model import Directory
from soak.history import Call, Ended, Got, Outcome, Sent

__all__ = ["CallLog", "Connection", "Network", "now_us", "read_calls"]

PATIENCE_S = 30.0
_UNSURE = b"the key store does not serve"
"""With 503: the store broke, perhaps while it committed (docs/etsi-014.md)."""


def now_us() -> int:
    """The clock that entities write into their audits."""
    return time.time_ns() // 1000


class CallLog:
    """The calls of one process.

    Args:
        path: a new file.
        name: of the process, unique in the run.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self._name = name
        self._numbers = itertools.count(1)

    def number(self) -> str:
        """Of the next call."""
        return f"{self._name}-{next(self._numbers)}"

    def write(self, entry: Sent | Ended) -> None:
        """Write down what will be, or was."""
        os.write(self._file, msgspec.json.encode(entry) + b"\n")


def read_calls(paths: Sequence[Path]) -> tuple[Call, ...]:
    """The calls of all processes; those without an outcome are unknown.

    Raises:
        msgspec.DecodeError: a line is damaged that is not the last one.
    """
    decoder = msgspec.json.Decoder(Sent | Ended)
    open_calls: dict[str, Sent] = {}
    calls: list[Call] = []
    for path in paths:
        *lines, _ = path.read_bytes().split(b"\n")  # what has no end: of a killed client
        for line in lines:
            entry = decoder.decode(line)
            if isinstance(entry, Sent):
                open_calls[entry.number] = entry
            else:
                sent = open_calls.pop(entry.number)
                call = Call(sent=sent, outcome=entry.outcome, ended_us=entry.at_us, got=entry.got)
                calls.append(call)
    calls += [
        Call(sent=sent, outcome="unknown", ended_us=sent.at_us) for sent in open_calls.values()
    ]
    return tuple(calls)


class Network:
    """Where SAEs are answered, and with which certificates they ask."""

    def __init__(self, directory: Directory) -> None:
        self.saes = {sae.name: sae for sae in directory.saes}
        self.ports: dict[str, int] = {}
        self.contexts: dict[str, ssl.SSLContext] = {}
        for name, sae in self.saes.items():
            entity = directory.entity(sae.kme)
            if entity is not None:
                self.ports[name] = entity.listening.sae_port
            files = TlsFiles(certificate=sae.certificate, key=sae.key, authority=directory.ca)
            self.contexts[name] = client_context(files)


class Connection:
    """Requests of one SAE, one after the other, over a connection that is opened when needed."""

    def __init__(self, network: Network, sae: str, log: CallLog) -> None:
        self.sae = sae
        self._network = network
        self._log = log
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def new_keys(
        self, slave: str, *, count: int = 1, bits: int = 256, is_dropped: bool = False
    ) -> Call | None:
        """Ask as a master; `None`: the entity cannot be reached, and nothing was sent."""
        sent = self._sent("master", self.sae, slave, bits=bits, count=count)
        if count == 1 and bits == 256:
            return await self._call(sent, f"{slave}/enc_keys", b"", is_dropped=is_dropped)
        body = msgspec.json.encode({"number": count, "size": bits})
        return await self._call(sent, f"{slave}/enc_keys", body, is_dropped=is_dropped)

    async def keys_by_id(
        self, master: str, key_ids: Sequence[str], *, is_dropped: bool = False
    ) -> Call | None:
        """Ask as a slave; `None`: the entity cannot be reached, and nothing was sent."""
        sent = self._sent("slave", master, self.sae, key_ids=tuple(key_ids))
        if len(key_ids) == 1:
            path = f"{master}/dec_keys?key_ID={key_ids[0]}"
            return await self._call(sent, path, b"", is_dropped=is_dropped)
        body = msgspec.json.encode({"key_IDs": [{"key_ID": key_id} for key_id in key_ids]})
        return await self._call(sent, f"{master}/dec_keys", body, is_dropped=is_dropped)

    def drop(self) -> None:
        """Hang up without a word."""
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None

    def _sent(
        self,
        role: Literal["master", "slave"],
        master: str,
        slave: str,
        *,
        bits: int = 0,
        count: int = 0,
        key_ids: tuple[str, ...] = (),
    ) -> Sent:
        return Sent(
            number=self._log.number(),
            sae=self.sae,
            role=role,
            master=master,
            slave=slave,
            bits=bits,
            count=count or len(key_ids),
            key_ids=key_ids,
            at_us=now_us(),
        )

    async def _call(self, sent: Sent, path: str, body: bytes, *, is_dropped: bool) -> Call | None:
        try:
            reader, writer = await self._opened()
        except (OSError, TimeoutError):
            return None
        sent = msgspec.structs.replace(sent, at_us=now_us())
        self._log.write(sent)
        outcome: Outcome = "unknown"
        status, got = 0, tuple[Got, ...]()
        try:
            writer.write(_request(path, body))
            if is_dropped:
                await writer.drain()
                await asyncio.sleep(0.0005)
                self.drop()
            else:
                async with asyncio.timeout(PATIENCE_S):
                    status, reply = await _reply(reader)
                outcome, got = _understood(status, reply)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            self.drop()
        ended = Ended(number=sent.number, outcome=outcome, at_us=now_us(), status=status, got=got)
        self._log.write(ended)
        return Call(sent=sent, outcome=outcome, ended_us=ended.at_us, got=got)

    async def _opened(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None or self._streams[0].at_eof():
            self.drop()
            async with asyncio.timeout(PATIENCE_S):
                self._streams = await asyncio.open_connection(
                    "localhost",
                    self._network.ports[self.sae],
                    ssl=self._network.contexts[self.sae],
                    limit=1 << 20,
                )
        return self._streams


def _request(path: str, body: bytes) -> bytes:
    verb = "POST" if body else "GET"
    head = f"{verb} /api/v1/keys/{path} HTTP/1.1\r\nHost: localhost\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}\r\n".encode() + body


async def _reply(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    at = head.index(b"content-length: ") + 16
    body = await reader.readexactly(int(head[at : head.index(b"\r", at)]))
    return int(head[9:12]), body


def _understood(status: int, body: bytes) -> tuple[Outcome, tuple[Got, ...]]:
    if status == 200:
        keys = msgspec.json.decode(body)["keys"]
        return "ok", tuple(_got(key["key_ID"], base64.b64decode(key["key"])) for key in keys)
    return ("unknown" if status >= 500 and _UNSURE in body else "refused"), ()


def _got(key_id: str, material: bytes) -> Got:
    digest = hashlib.sha256(material).hexdigest()
    return Got(key_id=key_id, digest=digest, bits=8 * len(material))
