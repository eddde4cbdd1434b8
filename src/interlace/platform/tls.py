"""Mutual TLS, and who the other side is.

Both sides show a certificate of the same authority, and both check it. TLS 1.3 at least; 1.2 by
option, for devices that know no better, then with forward secrecy and AEAD ciphers only. A
connection is never resumed: each handshake checks the certificate, its dates included, anew.

An identity is read from the certificate that TLS itself has verified (`getpeercert` of the
connection), never from a header or a path. Whoever calls can demand an identity of the server: then
the handshake itself fails at any other, and nothing was sent to it.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from cryptography import x509
from cryptography.x509.oid import NameOID

from interlace.errors import ProtocolError, SpecError
from interlace.platform.private_files import demand_private

__all__ = [
    "IdentityRule",
    "PeerIdentity",
    "ServerIdentity",
    "ServerTls",
    "TlsFiles",
    "TlsMinimum",
    "client_context",
    "peer_identity",
]

TlsMinimum = Literal["1.2", "1.3"]

_VERSIONS: Mapping[TlsMinimum, ssl.TLSVersion] = {
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}
_CIPHERS_1_2 = "ECDHE+AESGCM:ECDHE+CHACHA20"


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """Paths of PEM files.

    Attributes:
        certificate: this side's, with intermediate ones after it.
        key: its private key: its owner's alone.
        authority: certificates that the other side's must come from.
    """

    certificate: str
    key: str
    authority: str


class ServerTls:
    """A server's TLS, whose files may be replaced while it runs.

    Attributes:
        context: what the server listens with.

    Raises:
        SpecError: a file is missing, others may read the key, or certificate and key differ.
    """

    def __init__(self, files: TlsFiles, *, minimum: TlsMinimum = "1.3") -> None:
        self._files = files
        self._minimum: TlsMinimum = minimum
        self._current = _server_context(files, minimum)
        self.context = _server_context(files, minimum)
        self.context.sni_callback = self._choose

    def reload(self) -> None:
        """Read the files again: connections from now on use them, open ones stay as they are.

        Raises:
            SpecError: as at the start; then the former ones stay in use.
        """
        self._current = _server_context(self._files, self._minimum)

    def _choose(
        self,
        connection: ssl.SSLObject | ssl.SSLSocket,
        name: str | None,  # noqa: ARG002 - as `sni_callback` is called
        context: ssl.SSLContext,  # noqa: ARG002
    ) -> None:
        connection.context = self._current


def client_context(
    files: TlsFiles, *, minimum: TlsMinimum = "1.3", server: ServerIdentity | None = None
) -> ssl.SSLContext:
    """TLS for who calls: the server's host name is checked too.

    Args:
        files: of the caller.
        minimum: version.
        server: who alone may answer; the handshake with anybody else fails.

    Raises:
        SpecError: a file is missing, others may read the key, or certificate and key differ.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _fill(context, files, minimum)
    if server is not None:
        _demand_of_servers(context, server)
    return context


def _demand_of_servers(context: ssl.SSLContext, server: ServerIdentity) -> None:
    """Check each server's certificate within the handshake, before any byte can be sent."""

    class Demanding(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            server.demand(self.getpeercert(binary_form=True))

    class DemandingSocket(ssl.SSLSocket):
        def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - the library's
            super().do_handshake(block)
            server.demand(self.getpeercert(binary_form=True))

    context.sslobject_class = Demanding
    context.sslsocket_class = DemandingSocket


def _server_context(files: TlsFiles, minimum: TlsMinimum) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.verify_mode = ssl.CERT_REQUIRED
    _fill(context, files, minimum)
    context.num_tickets = 0
    context.options |= ssl.OP_NO_TICKET
    return context


def _fill(context: ssl.SSLContext, files: TlsFiles, minimum: TlsMinimum) -> None:
    if minimum not in _VERSIONS:
        raise SpecError("must be 1.2 or 1.3", value=minimum, path="tls")
    context.minimum_version = _VERSIONS[minimum]
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.set_ciphers(_CIPHERS_1_2)
    demand_private(files.key)
    try:
        context.load_verify_locations(files.authority)
    except (ssl.SSLError, OSError) as error:
        raise SpecError(_why(error, "no certificate in PEM"), file=files.authority) from error
    try:
        context.load_cert_chain(files.certificate, files.key, password=_no_password)
    except ssl.SSLError as error:
        needed = f"it and its key, {files.key}, must be in PEM, the key without a password"
        rule = _why(error, needed)
        raise SpecError(rule, file=files.certificate) from error
    except OSError as error:
        raise SpecError(_why(error, ""), file=files.certificate) from error


def _why(error: OSError, needed: str) -> str:
    if isinstance(error, ssl.SSLError):
        reason = (error.reason or "it is damaged, or of another kind").lower().replace("_", " ")
        return f"cannot be used: {reason}: {needed}"
    return f"cannot be read: {error.strerror}"


def _no_password() -> str:
    return ""  # a key that is encrypted fails, instead of asking on the terminal


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityRule:
    """Where a certificate says who its holder is.

    Attributes:
        prefix: of a URI among the subject's alternative names, `urn:sae:`; what follows is the ID.
        common_name: take the common name where there is no such URI.
        others: prefix of URIs that make the holder somebody of another kind: `urn:kme:`. Such a
            certificate has no identity by this rule.
    """

    prefix: str
    common_name: bool = False
    others: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerIdentity:
    """Who a server must be.

    Attributes:
        rule: where its certificate says so.
        name: the ID.
    """

    rule: IdentityRule
    name: str

    def demand(self, certificate: bytes | None) -> None:
        """Make sure that a certificate, which TLS has verified, is the server's.

        Raises:
            ssl.SSLCertVerificationError: it is another's, or nobody's.
        """
        try:
            found = peer_identity(certificate or b"", self.rule).name
        except ProtocolError as error:
            raise ssl.SSLCertVerificationError(ssl.SSL_ERROR_SSL, str(error)) from None
        if found != self.name:
            words = f"the certificate is of {found!r}: needs {self.rule.prefix}{self.name}"
            raise ssl.SSLCertVerificationError(ssl.SSL_ERROR_SSL, words)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerIdentity:
    """Who a certificate belongs to.

    Attributes:
        name: the ID.
        serial: of the certificate, hex digits: for the audit.
        expires_us: until when it holds, microseconds since 1970-01-01T00:00:00Z.
    """

    name: str
    serial: str
    expires_us: int


@lru_cache(maxsize=4096)
def peer_identity(certificate: bytes, rule: IdentityRule) -> PeerIdentity:
    """Read an identity from a certificate that TLS has verified.

    Args:
        certificate: in DER, as `getpeercert(binary_form=True)` gives it.
        rule: where the ID stands.

    Raises:
        ProtocolError: the certificate has no ID there, or more than one.
    """
    try:
        parsed = x509.load_der_x509_certificate(certificate)
        names = _uri_names(parsed, rule.prefix)
        if rule.others is not None and _uri_names(parsed, rule.others):
            raise ProtocolError(
                f"the certificate names somebody by {rule.others}: no {rule.prefix}"
            )
        if not names and rule.common_name:
            found = parsed.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
            names = [str(attribute.value) for attribute in found]
    except ValueError as error:
        raise ProtocolError("the certificate cannot be read") from error
    if len(names) != 1 or not names[0]:
        needed = f"one URI {rule.prefix}ID" + (" or a common name" if rule.common_name else "")
        raise ProtocolError(f"the certificate names {len(names)} identities: needs {needed}")
    expires_us = round(parsed.not_valid_after_utc.timestamp() * 1e6)
    return PeerIdentity(name=names[0], serial=f"{parsed.serial_number:x}", expires_us=expires_us)


def _uri_names(certificate: x509.Certificate, prefix: str) -> list[str]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    uris = extension.value.get_values_for_type(x509.UniformResourceIdentifier)
    return [uri.removeprefix(prefix) for uri in uris if uri.startswith(prefix)]
