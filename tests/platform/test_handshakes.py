"""Handshakes that a server refuses leave a line in its log and a figure, by reason."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from pathlib import Path

import pytest
from tests.platform.authorities import authority

from interlace.platform import (
    FailedHandshakes,
    ServerTls,
    SystemClock,
    TlsFiles,
    client_context,
    metrics_text,
    new_authority,
    new_metrics,
)

CLOCK = SystemClock()


class Hands:
    """Contexts of clients that a server refuses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ours, self.theirs = new_authority("root", CLOCK), new_authority("other", CLOCK)
        (folder / "ca.pem").write_bytes(self.ours.root.certificate)

    def files(self, name: str, issued) -> TlsFiles:
        certificate, key = (str(self.folder / f"{name}.{end}") for end in ("pem", "key"))
        issued.write(certificate, key)
        authority = str(self.folder / "ca.pem")
        return TlsFiles(certificate=certificate, key=key, authority=authority)

    def client(self, why: str) -> ssl.SSLContext:
        if why == "no-certificate":
            return ssl.create_default_context(cafile=str(self.folder / "ca.pem"))
        authority = self.theirs if why == "unknown-authority" else self.ours
        days = -1 if why == "expired" else 30
        issued = authority.client("x", uris=["urn:sae:x"], days=days)
        files = self.files(why, issued)
        if why != "protocol-version":
            return client_context(files)
        context = client_context(files, minimum="1.2")
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        return context


@pytest.mark.parametrize(
    "why", ["unknown-authority", "expired", "no-certificate", "protocol-version", "not-tls", ""]
)
def test_a_handshake_that_fails_is_logged_once_and_counted_each_time(
    tmp_path: Path, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    hands, registry = Hands(tmp_path), new_metrics("1")
    issued = hands.ours.server("kme-a", hosts=["localhost"])
    server = ServerTls(hands.files("server", issued))
    failed = FailedHandshakes(registry, logging.getLogger("interlace.test"))
    failed.watch(server.context, "saes")

    async def story() -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(await reader.read(1))
            writer.close()

        listener = await asyncio.start_server(answer, "localhost", 0, ssl=server.context)
        port = listener.sockets[0].getsockname()[1]
        context = None if why == "not-tls" else hands.client(why)
        for _ in range(3):
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_connection("localhost", port, ssl=context)
                writer.write(b"GET / HTTP/1.1\r\n\r\n")
                await reader.read()
                writer.close()
        listener.close()
        failed.close()

    asyncio.run(story())
    figures = [
        line for line in metrics_text(registry).decode().splitlines()
        if line.startswith("interlace_tls_handshakes_failed_total{")
    ]  # fmt: skip
    told = [record for record in caplog.records if record.message == "TLS handshake failed"]
    if not why:
        assert (figures, told) == ([], [])
        return
    assert figures == [
        f'interlace_tls_handshakes_failed_total{{callers="saes",reason="{why}"}} 3.0'
    ]
    assert [(one.fields["reason"], one.fields.get("more")) for one in told] == [
        (why, None), (why, 2),
    ]  # fmt: skip


def test_a_certificate_of_an_authority_whose_own_is_not_trusted_is_told_as_unknown(
    tmp_path: Path,
) -> None:
    root = authority("root")
    between = authority("between", above=root)
    issued = between.server("kme-a", hosts=["localhost"])
    paths = {name: str(tmp_path / f"{name}.pem") for name in ("certificate", "key", "authority")}
    issued.write(paths["certificate"], paths["key"])
    Path(paths["authority"]).write_bytes(between.root.certificate)
    files, registry = TlsFiles(**paths), new_metrics("1")
    server = ServerTls(files).context
    FailedHandshakes(registry, logging.getLogger("interlace.test")).watch(server, "saes")
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_cert_chain(paths["certificate"], paths["key"])
    client.load_verify_locations(cadata=(root.root.certificate + between.root.certificate).decode())

    async def story() -> None:
        listener = await asyncio.start_server(lambda *_: None, "localhost", 0, ssl=server)
        port = listener.sockets[0].getsockname()[1]
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("localhost", port, ssl=client)
            await reader.read()
            writer.close()
        listener.close()

    asyncio.run(story())
    assert 'reason="unknown-authority"} 1.0' in metrics_text(registry).decode()
