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
        SpecError: it names another entity or none, no authority of `tls.authority` issued it, or
            that file lacks an authority above.
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
    last, is_trusted = _followed(chain, _certificates(config.tls.authority))
    if not is_trusted:
        rule = (
            f"was issued by no authority in {config.tls.authority}: entities trust the same "
            "authorities, so put this certificate's there, or have one made by one that is there"
        )
        raise SpecError(rule, file=path)
    if not _is_issuer(last, last):
        rule = (
            "ends at an authority that did not sign itself: TLS goes on up to one that did, so put "
            f"the certificate of {last.issuer.rfc4514_string()!r} there too"
        )
        raise SpecError(rule, value=last.subject.rfc4514_string(), file=config.tls.authority)


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


def _followed(
    chain: Sequence[x509.Certificate], authorities: Sequence[x509.Certificate]
) -> tuple[x509.Certificate, bool]:
    """The last certificate on the way up, and whether it is among the authorities.

    As OpenSSL goes: an authority before others of the chain, and from the first one on, only they.
    """
    one, others, left, is_trusted = chain[0], list(chain[1:]), list(authorities), False
    while not (is_trusted and _is_issuer(one, one)):
        above = _issuer(one, left)
        if above is not None:
            is_trusted = True
            left.remove(above)
        elif not is_trusted:
            above = _issuer(one, others)
            others = [other for other in others if other is not above]
        if above is None:
            break
        one = above
    return one, is_trusted


def _issuer(one: x509.Certificate, among: Sequence[x509.Certificate]) -> x509.Certificate | None:
    """Who issued a certificate: one that signed itself, if there are two."""
    found = [above for above in among if _is_issuer(above, one)]
    return next((above for above in found if _is_issuer(above, above)), next(iter(found), None))


def _is_issuer(above: x509.Certificate, one: x509.Certificate) -> bool:
    try:
        one.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
