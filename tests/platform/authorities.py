"""Authorities below one another, which `new_authority` makes none of."""

from __future__ import annotations

from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from interlace.platform import Authority, Secret, SystemClock
from interlace.platform.authority import Issued
from interlace.platform.clock import date_of

CLOCK = SystemClock()


def authority(name: str, *, above: Authority | None = None, key: bytes | None = None) -> Authority:
    """An authority that another one issued, or that signed itself; of a new key or one in PEM."""
    own = private(key) if key is not None else ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    signer, issuer = own, subject
    if above is not None:
        signer = private(above.root.key.reveal())
        issuer = x509.load_pem_x509_certificate(above.root.certificate).subject
    now = date_of(CLOCK.now_us())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(SIGNS, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .sign(signer, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    written = own.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    issued = Issued(certificate=certificate.public_bytes(pem), key=Secret(written))
    return Authority(root=issued, clock=CLOCK)


def private(pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


SIGNS = x509.KeyUsage(
    digital_signature=False, key_cert_sign=True, crl_sign=True, content_commitment=False,
    key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
    decipher_only=False,
)  # fmt: skip
