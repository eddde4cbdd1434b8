"""An entity's own certificate, looked at before it is shown to anybody: others would refuse it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding

from interlace.errors import ProtocolError, SpecError
from interlace.platform import peer_identity
from interlace.services.kms.model import EntityConfig
from interlace.services.kms.wire.peers import KME_RULE

__all__ = ["demand_own"]


def demand_own(config: EntityConfig) -> None:
    """Make sure that the certificate is this entity's, and of an authority that it trusts itself.

    Raises:
        SpecError: it names another entity or none, or no authority of `tls.authority` issued it.
    """
    path = config.tls.certificate
    chain = _certificates(path)
    try:
        found = peer_identity(chain[0].public_bytes(Encoding.DER), KME_RULE).name
    except ProtocolError as error:
        raise SpecError("names no entity: needs one URI urn:kme:NAME", file=path) from error
    if found != config.name:
        rule = f"is the certificate of another entity: needs urn:kme:{config.name}"
        raise SpecError(rule, value=found, file=path)
    if not _is_of(chain, _certificates(config.tls.authority)):
        rule = (
            f"was issued by no authority in {config.tls.authority}: entities trust the same "
            "authorities, so put this certificate's there, or have one made by one that is there"
        )
        raise SpecError(rule, file=path)


def _certificates(path: str) -> list[x509.Certificate]:
    """All of a file, at least one.

    Raises:
        SpecError: it holds none, or a damaged one.
    """
    try:
        return x509.load_pem_x509_certificates(Path(path).read_bytes())
    except OSError as error:
        raise SpecError(f"cannot be read: {error.strerror}", file=path) from error
    except ValueError as error:
        raise SpecError("holds no certificate in PEM, or a damaged one", file=path) from error


def _is_of(chain: Sequence[x509.Certificate], authorities: Sequence[x509.Certificate]) -> bool:
    """Whether signatures lead from the first of a chain, over its others, to an authority."""
    one, others = chain[0], list(chain[1:])
    while True:
        if any(_is_issuer(authority, one) for authority in authorities):
            return True
        above = next((other for other in others if _is_issuer(other, one)), None)
        if above is None:
            return False
        others.remove(above)
        one = above


def _is_issuer(above: x509.Certificate, one: x509.Certificate) -> bool:
    try:
        one.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
