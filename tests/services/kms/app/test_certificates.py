"""An entity shows a certificate only if TLS itself would take it, by the entity's own trust."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.platform.authorities import authority
from tests.services.kms.entity import Certificates, configuration

from interlace.errors import SpecError
from interlace.platform import Authority, ServerTls, TlsFiles, client_context
from interlace.services.kms.app.certificates import demand_own
from interlace.services.kms.model import EntityConfig

ROOT = authority("root")
MIDDLE = authority("middle", above=ROOT)
LOWEST = authority("lowest", above=MIDDLE)
OTHER = authority("other")
CROSSED = authority("root", above=OTHER, key=ROOT.root.key.reveal())
LEAF = LOWEST.server("kme-a", hosts=["localhost"], uris=["urn:kme:kme-a"])

CHAINS = {
    "alone": (),
    "lowest": (LOWEST,),
    "both": (LOWEST, MIDDLE),
    "all": (LOWEST, MIDDLE, ROOT),
}
TRUSTED = {
    "root": (ROOT,),
    "middle": (MIDDLE,),
    "lowest": (LOWEST,),
    "middle, root": (MIDDLE, ROOT),
    "lowest, root": (LOWEST, ROOT),
    "lowest, middle": (LOWEST, MIDDLE),
    "all": (LOWEST, MIDDLE, ROOT),
    "other": (OTHER,),
    "all but the root, other": (LOWEST, MIDDLE, OTHER),
    "crossed": (LOWEST, MIDDLE, CROSSED),
    "crossed, other": (LOWEST, MIDDLE, CROSSED, OTHER),
}


def pem(*authorities: Authority) -> bytes:
    return b"".join(one.root.certificate for one in authorities)


def entity(
    folder: Path, certificates: Certificates, chain: Sequence[Authority], trust: bytes
) -> EntityConfig:
    certificate, key, ca = (str(folder / name) for name in ("cert.pem", "key.pem", "ca.pem"))
    LEAF.write(certificate, key)
    Path(certificate).write_bytes(LEAF.certificate + pem(*chain))
    Path(ca).write_bytes(trust)
    config = configuration(certificates)
    tls = replace(config.tls, certificate=certificate, key=key, authority=ca)
    return replace(config, tls=tls)


def is_taken(config: EntityConfig) -> bool:
    """Whether two entities of these files get through a handshake with one another."""
    tls = config.tls
    files = TlsFiles(certificate=tls.certificate, key=tls.key, authority=tls.authority)
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = ServerTls(files).context.wrap_bio(to_server, to_client, server_side=True)
    client = client_context(files).wrap_bio(to_client, to_server, server_hostname="localhost")
    left = [client, server]
    for _ in range(8):
        for side in tuple(left):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                return False
            left.remove(side)
    return not left


@pytest.mark.parametrize("trusted", TRUSTED)
@pytest.mark.parametrize("chain", CHAINS)
def test_a_certificate_is_shown_where_a_handshake_takes_it_and_nowhere_else(
    chain: str, trusted: str, tmp_path: Path, certificates: Certificates
) -> None:
    config = entity(tmp_path, certificates, CHAINS[chain], pem(*TRUSTED[trusted]))
    try:
        demand_own(config)
    except SpecError:
        assert not is_taken(config)
    else:
        assert is_taken(config)


def test_what_the_trusted_authorities_lack_is_named(
    tmp_path: Path, certificates: Certificates
) -> None:
    config = entity(tmp_path, certificates, CHAINS["all"], pem(LOWEST, MIDDLE))
    with pytest.raises(SpecError) as caught:
        demand_own(config)
    assert str(caught.value) == (
        f"{tmp_path}/ca.pem: ends at an authority that did not sign itself: TLS goes on up to one "
        "that did, so put the certificate of 'CN=root' there too (got 'CN=middle')"
    )


def test_authorities_that_issued_one_another_end_nowhere(
    tmp_path: Path, certificates: Certificates
) -> None:
    middle = authority("middle", above=LOWEST, key=MIDDLE.root.key.reveal())
    config = entity(tmp_path, certificates, (), pem(LOWEST, middle))
    with pytest.raises(SpecError, match="ends at an authority that did not sign itself"):
        demand_own(config)
