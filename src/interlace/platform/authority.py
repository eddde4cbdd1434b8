"""A small certificate authority: for a network on one's own machine, and for tests.

A network in earnest has an authority of its own, whose certificates work just as well. Keys are
EC P-256; a root signs leaves directly.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from interlace.errors import SpecError
from interlace.platform.clock import date_of
from interlace.platform.ports import Clock
from interlace.platform.private_files import read_private, write_private
from interlace.platform.sealing import Secret

__all__ = ["Authority", "Issued", "load_authority", "new_authority"]

_ROOT_DAYS = 3650
_LEAF_DAYS = 365
_LEEWAY = timedelta(minutes=5)  # for clocks that do not quite agree


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A certificate and its private key, in PEM."""

    certificate: bytes
    key: Secret

    def write(self, certificate_path: str, key_path: str) -> None:
        """Write both; the key for its owner alone.

        Raises:
            SpecError: a file cannot be written.
        """
        write_private(key_path, self.key.reveal())
        write_private(certificate_path, self.certificate)
        Path(certificate_path).chmod(0o644)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A root that issues certificates. `new_authority` makes one, `load_authority` reads it."""

    root: Issued
    clock: Clock

    def server(self, name: str, *, hosts: Sequence[str], uris: Sequence[str] = ()) -> Issued:
        """A certificate for a server, which may also call others with it.

        Args:
            name: the common name.
            hosts: DNS names and IP addresses that it answers to.
            uris: identities, `urn:kme:a`.
        """
        usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        names = [_host(host) for host in hosts]
        return self._leaf(name, [*names, *_uris(uris)], usages, days=_LEAF_DAYS)

    def client(self, name: str, *, uris: Sequence[str] = (), days: int = _LEAF_DAYS) -> Issued:
        """A certificate for who only calls.

        Args:
            name: the common name.
            uris: identities, `urn:sae:a`.
            days: how long it holds; a negative number makes one that has expired.
        """
        return self._leaf(name, _uris(uris), [ExtendedKeyUsageOID.CLIENT_AUTH], days=days)

    def _leaf(
        self,
        name: str,
        names: Sequence[x509.GeneralName],
        usages: Sequence[x509.ObjectIdentifier],
        *,
        days: int,
    ) -> Issued:
        root = x509.load_pem_x509_certificate(self.root.certificate)
        signer = _private_key(self.root.key.reveal())
        key = ec.generate_private_key(ec.SECP256R1())
        start = date_of(self.clock.now_us())
        end = start + timedelta(days=days)
        begin = min(start - _LEEWAY, end - _LEEWAY)
        builder = _builder(name, key, issuer=root.subject, start=begin, end=end)
        basic = x509.BasicConstraints(ca=False, path_length=None)
        builder = builder.add_extension(basic, critical=True)
        builder = builder.add_extension(_usage(is_authority=False), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage(list(usages)), critical=False)
        identifier = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        issuer = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
        builder = builder.add_extension(issuer, critical=False)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return _issued(builder.sign(signer, hashes.SHA256()), key)


def new_authority(name: str, clock: Clock) -> Authority:
    """Make a root, good for ten years.

    Args:
        name: its common name.
        clock: says from when on.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    start = date_of(clock.now_us())
    end = start + timedelta(days=_ROOT_DAYS)
    builder = _builder(name, key, issuer=_name(name), start=start - _LEEWAY, end=end)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(is_authority=True), critical=True)
    return Authority(root=_issued(builder.sign(key, hashes.SHA256()), key), clock=clock)


def load_authority(certificate_path: str, key_path: str, clock: Clock) -> Authority:
    """Read a root that `Issued.write` has written.

    Raises:
        SpecError: a file cannot be read, is none in PEM, or others may read the key.
    """
    key = Secret(read_private(key_path))
    try:
        certificate = Path(certificate_path).read_bytes()
        x509.load_pem_x509_certificate(certificate)
    except OSError as error:
        raise SpecError(f"cannot be read: {error.strerror}", file=certificate_path) from error
    except ValueError as error:
        raise SpecError("is no certificate in PEM", file=certificate_path) from error
    try:
        _private_key(key.reveal())
    except (ValueError, TypeError):
        raise SpecError("is no EC key in PEM without a password", file=key_path) from None
    return Authority(root=Issued(certificate=certificate, key=key), clock=clock)


def _private_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(type(key).__name__)
    return key


def _builder(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    *,
    issuer: x509.Name,
    start: datetime,
    end: datetime,
) -> x509.CertificateBuilder:
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(identifier, critical=False)
    )


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _uris(uris: Sequence[str]) -> list[x509.GeneralName]:
    return [x509.UniformResourceIdentifier(uri) for uri in uris]


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _issued(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Issued:
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return Issued(certificate=certificate.public_bytes(serialization.Encoding.PEM), key=Secret(pem))
