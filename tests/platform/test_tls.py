"""Mutual TLS: who gets in, who does not, and who they are."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from interlace.errors import ProtocolError, SpecError
from interlace.platform import (
    Authority,
    IdentityRule,
    Issued,
    ManualClock,
    PeerIdentity,
    ServerIdentity,
    ServerTls,
    SystemClock,
    TlsFiles,
    client_context,
    load_authority,
    new_authority,
    peer_identity,
)

CLOCK = SystemClock()
RULE = IdentityRule(prefix="urn:sae:")


@dataclass(frozen=True, slots=True)
class Hands:
    """A folder in which certificates are made."""

    folder: Path
    authority: Authority
    other: Authority

    def files(self, name: str, issued: Issued, *, authority: Authority | None = None) -> TlsFiles:
        paths = [str(self.folder / f"{name}{suffix}") for suffix in (".pem", ".key", ".ca")]
        issued.write(paths[0], paths[1])
        Path(paths[2]).write_bytes((authority or self.authority).root.certificate)
        return TlsFiles(certificate=paths[0], key=paths[1], authority=paths[2])

    def server(self) -> TlsFiles:
        return self.files(
            "server", self.authority.server("kme-a", hosts=["localhost", "127.0.0.1"])
        )


@pytest.fixture(scope="module")
def authorities() -> tuple[Authority, Authority]:
    return new_authority("test root", CLOCK), new_authority("test root", CLOCK)


@pytest.fixture
def hands(tmp_path: Path, authorities: tuple[Authority, Authority]) -> Hands:
    return Hands(tmp_path, *authorities)


def sae(authority: Authority, name: str = "sae-a", days: int = 30) -> Issued:
    return authority.client(name, uris=[f"urn:sae:{name}"], days=days)


def greet(
    server: ssl.SSLContext, client: ssl.SSLContext, host: str = "localhost"
) -> tuple[str, bytes]:
    """(TLS version, the certificate that the server saw); raises what either side raises."""
    ours, theirs = socket.socketpair()
    seen: list[object] = []

    def answer() -> None:
        try:
            with theirs, server.wrap_socket(theirs, server_side=True) as connection:
                connection.sendall(connection.recv(10))
                seen.append(connection.getpeercert(binary_form=True))
        except (OSError, ValueError) as error:  # ValueError: the client has gone
            seen.append(error)

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        with ours, client.wrap_socket(ours, server_hostname=host) as connection:
            connection.sendall(b"hello")
            answered = connection.recv(10)
            version = str(connection.version())
    except (ssl.SSLError, OSError) as error:
        thread.join()
        raise (seen[0] if isinstance(seen[0], ssl.SSLError) else error) from None
    thread.join()
    if isinstance(seen[0], Exception):
        raise seen[0]
    assert answered == b"hello"
    assert isinstance(seen[0], bytes)
    return version, seen[0]


def test_two_sides_of_one_authority_meet_over_tls_1_3_and_know_each_other(hands: Hands) -> None:
    server = ServerTls(hands.server())
    client = client_context(hands.files("sae", sae(hands.authority)))
    for host in ("localhost", "127.0.0.1"):
        version, certificate = greet(server.context, client, host)
        assert version == "TLSv1.3"
        identity = peer_identity(certificate, RULE)
        assert identity.name == "sae-a"
        assert 29 * 86400e6 < identity.expires_us - CLOCK.now_us() < 31 * 86400e6


def test_a_server_under_another_name_is_refused(hands: Hands) -> None:
    client = client_context(hands.files("sae", sae(hands.authority)))
    with pytest.raises(ssl.SSLError):
        greet(ServerTls(hands.server()).context, client, "elsewhere.example")


def test_the_right_name_under_a_wrong_authority_is_refused_both_ways(hands: Hands) -> None:
    server = ServerTls(hands.server())
    wrong = hands.files("wrong", sae(hands.other))  # trusts the server, is not trusted
    with pytest.raises(ssl.SSLError, match=r"VERIFY_FAILED|signature|unknown"):
        greet(server.context, client_context(wrong))
    fake = hands.files("fake", hands.other.server("kme-a", hosts=["localhost"]))
    client = client_context(hands.files("sae", sae(hands.authority)))
    with pytest.raises(ssl.SSLError):
        greet(ServerTls(fake).context, client)


def test_an_expired_certificate_is_refused(hands: Hands) -> None:
    expired = hands.files("expired", sae(hands.authority, days=-1))
    with pytest.raises(ssl.SSLError, match="expired"):
        greet(ServerTls(hands.server()).context, client_context(expired))


def test_a_caller_without_a_certificate_is_refused(hands: Hands) -> None:
    client = ssl.create_default_context(cadata=hands.authority.root.certificate.decode())
    with pytest.raises(ssl.SSLError, match=r"did not return a certificate"):
        greet(ServerTls(hands.server()).context, client)


def test_a_client_certificate_is_no_servers(hands: Hands) -> None:
    pretender = hands.files("pretender", sae(hands.authority, "localhost"))
    client = client_context(hands.files("sae", sae(hands.authority)))
    with pytest.raises(ssl.SSLError):
        greet(ServerTls(pretender).context, client)


KME = IdentityRule(prefix="urn:kme:")


@pytest.mark.parametrize("uris", [["urn:kme:kme-b"], [], ["urn:kme:kme-a", "urn:kme:kme-b"]])
def test_nothing_is_sent_to_a_server_that_is_another_than_the_one_that_was_called(
    hands: Hands, uris: list[str]
) -> None:
    """It has the right host name and authority; only its identity is another's."""
    issued = hands.authority.server("kme-b", hosts=["localhost"], uris=uris)
    server = ServerTls(hands.files("server", issued)).context
    mine = hands.files("kme-c", hands.authority.client("kme-c", uris=["urn:kme:kme-c"]))
    context = client_context(mine, server=ServerIdentity(rule=KME, name="kme-a"))
    received: list[bytes] = []

    async def story() -> None:
        async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(ConnectionError):
                received.append(await reader.read())
            writer.close()

        async with await asyncio.start_server(take, "127.0.0.1", 0, ssl=server) as listening:
            port = listening.sockets[0].getsockname()[1]

            async def speak() -> None:
                _, writer = await asyncio.open_connection("localhost", port, ssl=context)
                writer.write(b"secret")
                await writer.drain()
                writer.close()

            with pytest.raises(ssl.SSLCertVerificationError, match=r"identities|of 'kme-b'"):
                await speak()
            await asyncio.sleep(0.05)

    asyncio.run(story())
    assert b"secret" not in b"".join(received)
    with pytest.raises(ssl.SSLCertVerificationError, match=r"identities|of 'kme-b'"):
        greet(server, context)


def test_the_server_that_was_called_is_talked_to(hands: Hands) -> None:
    issued = hands.authority.server("kme-a", hosts=["localhost"], uris=["urn:kme:kme-a"])
    server = ServerTls(hands.files("server", issued)).context
    mine = hands.files("kme-c", hands.authority.client("kme-c", uris=["urn:kme:kme-c"]))
    context = client_context(mine, server=ServerIdentity(rule=KME, name="kme-a"))
    assert greet(server, context)[0] == "TLSv1.3"


def test_tls_1_2_is_refused_unless_it_is_allowed(hands: Hands) -> None:
    old = client_context(hands.files("sae", sae(hands.authority)), minimum="1.2")
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    files = hands.server()
    with pytest.raises(ssl.SSLError, match=r"(?i)unsupported.protocol|protocol.version"):
        greet(ServerTls(files).context, old)
    assert greet(ServerTls(files, minimum="1.2").context, old)[0] == "TLSv1.2"
    with pytest.raises(SpecError, match=r"must be 1\.2 or 1\.3"):
        ServerTls(files, minimum="1.1")


def test_replaced_files_hold_from_the_next_connection_on(hands: Hands) -> None:
    files = hands.server()
    server = ServerTls(files)
    old = client_context(hands.files("old", sae(hands.authority)))
    greet(server.context, old)
    new = hands.other.server("kme-a", hosts=["localhost"])
    hands.files("server", new, authority=hands.other)
    server.reload()
    with pytest.raises(ssl.SSLError):
        greet(server.context, old)
    fresh = client_context(hands.files("new", sae(hands.other), authority=hands.other))
    assert greet(server.context, fresh)[0] == "TLSv1.3"
    Path(files.certificate).write_text("rubbish")
    with pytest.raises(SpecError, match=r"server\.pem: cannot be used"):
        server.reload()
    greet(server.context, fresh)


def test_asyncio_shows_the_certificate_that_it_verified(hands: Hands) -> None:
    server = ServerTls(hands.server())
    client = client_context(hands.files("sae", sae(hands.authority, "sae-b")))
    names: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = writer.get_extra_info("ssl_object")
        names.append(peer_identity(connection.getpeercert(binary_form=True), RULE).name)
        writer.close()
        await writer.wait_closed()

    async def story() -> None:
        listener = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=server.context)
        port = listener.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("localhost", port, ssl=client)
        await reader.read()
        writer.close()
        await writer.wait_closed()
        listener.close()
        await listener.wait_closed()

    asyncio.run(story())
    assert names == ["sae-b"]


def der(issued: Issued) -> bytes:
    return ssl.PEM_cert_to_DER_cert(issued.certificate.decode())


def test_an_identity_is_read_where_the_rule_says_and_nowhere_else(hands: Hands) -> None:
    authority = hands.authority
    by_name = IdentityRule(prefix="urn:sae:", common_name=True)
    assert peer_identity(der(sae(authority, "x")), RULE).name == "x"
    assert peer_identity(der(authority.client("common")), by_name).name == "common"
    both = authority.client("common", uris=["urn:sae:uri", "urn:kme:a"])
    assert peer_identity(der(both), by_name).name == "uri"
    assert peer_identity(der(both), IdentityRule(prefix="urn:kme:")).name == "a"
    for wrong in (
        authority.client("common"),
        authority.client("common", uris=["urn:kme:a"]),
        authority.client("common", uris=["urn:sae:a", "urn:sae:b"]),
        authority.client("common", uris=["urn:sae:"]),
    ):
        with pytest.raises(ProtocolError, match="identities: needs one URI urn:sae:ID"):
            peer_identity(der(wrong), RULE)
    with pytest.raises(ProtocolError, match="cannot be read"):
        peer_identity(b"no certificate", RULE)
    assert isinstance(peer_identity(der(both), RULE), PeerIdentity)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda f: Path(f.key).chmod(0o644), r"server\.key: others than its owner may use it"),
        (lambda f: Path(f.key).unlink(), r"server\.key: cannot be read"),
        (lambda f: Path(f.certificate).unlink(), r"server\.pem: cannot be read"),
        (lambda f: Path(f.authority).unlink(), r"server\.ca: cannot be read"),
        (
            lambda f: Path(f.authority).write_text("x"),
            r"server\.ca: cannot be used: no certificate",
        ),
        (lambda f: Path(f.certificate).write_bytes(Path(f.authority).read_bytes()), "mismatch"),
    ],
)
def test_files_that_are_no_good_are_named_at_the_start(hands: Hands, spoil, words) -> None:
    files = hands.server()
    spoil(files)
    with pytest.raises(SpecError, match=words):
        ServerTls(files)


def test_an_authority_is_written_and_read_again(hands: Hands, tmp_path: Path) -> None:
    paths = str(tmp_path / "ca.pem"), str(tmp_path / "ca.key")
    hands.authority.root.write(*paths)
    assert (tmp_path / "ca.key").stat().st_mode & 0o777 == 0o600
    again = load_authority(*paths, CLOCK)
    client = hands.files("sae", sae(again))
    assert greet(ServerTls(hands.server()).context, client_context(client))[0] == "TLSv1.3"
    (tmp_path / "ca.key").write_text("x")
    with pytest.raises(SpecError, match=r"ca\.key: is no EC key"):
        load_authority(*paths, CLOCK)
    (tmp_path / "ca.pem").write_text("x")
    with pytest.raises(SpecError, match=r"ca\.pem: is no certificate"):
        load_authority(*paths, CLOCK)


def test_a_certificate_begins_when_the_clock_says(tmp_path: Path) -> None:
    past = new_authority("past", ManualClock(instant_us=1_000_000_000_000_000))
    identity = peer_identity(der(sae(past, days=1)), RULE)
    assert identity.expires_us == 1_000_000_000_000_000 + 86400 * 10**6
