"""Keys and certificates for tests and rehearsals, made when asked and never shipped."""

from __future__ import annotations

import base64
import os
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import Certificate, CertificateBuilder, Name, NameAttribute
from cryptography.x509.oid import NameOID, PublicKeyAlgorithmOID

from single_window.signatures.algorithms import SHA256, sm2_key, sm2_signature
from single_window.signatures.certificates import (
    COMPANY_CODE,
    SM2_CURVE,
    SM2_WITH_SM3,
    Body,
    KeyAlgorithm,
    SubjectKey,
)

Kind = Literal["rsa", "sm2"]
KINDS: tuple[Kind, ...] = ("rsa", "sm2")
Secret: TypeAlias = RSAPrivateKey | bytes
"""An RSA key, or the secret number of an SM2 key."""
RSA_BITS = 2048
TERM = timedelta(days=3 * 365)
_CREDIT_CODE = 18


@asn1.sequence
class _SignatureAlgorithm:
    algorithm: x509.ObjectIdentifier


@asn1.sequence
class _Signed:
    body: asn1.TLV
    algorithm: _SignatureAlgorithm
    signature: asn1.BitString


@asn1.sequence
class _EllipticKey:
    version: int
    secret: bytes
    key: Annotated[asn1.BitString | None, asn1.Explicit(1)]


@asn1.sequence
class _PrivateKey:
    version: int
    algorithm: KeyAlgorithm
    key: bytes


@dataclass(frozen=True, slots=True)
class Credential:
    """A key with its certificate, as it is written into files."""

    secret: Secret
    public: bytes
    certificate: Certificate

    def pem(self) -> bytes:
        """Key and certificate in one file."""
        return _key_pem(self.secret, self.public) + self.certificate.public_bytes(Encoding.PEM)


def write(folder: Path, company: str, code: str, day: date) -> Iterator[Path]:
    """Makes for each kind of key a test authority and a company's key, and tells the files made.

    `rsa.pem` and `sm2.pem` are to sign with; `trusted` is the folder of the authorities, to be
    named in TRUSTED_CERTIFICATES. Raises FileExistsError rather than writing over a key.
    """
    (folder / "trusted").mkdir(parents=True, exist_ok=True)
    for kind in KINDS:
        authority = issued(kind, f"TEST CA {kind.upper()}", "", day, by=None)
        own = issued(kind, company, code, day, by=authority)
        path = folder / f"{kind}.pem"
        with open(path, "xb", opener=_private) as file:
            file.write(own.pem())
        yield path
        anchor = folder / "trusted" / f"{kind}-ca.pem"
        anchor.write_bytes(authority.certificate.public_bytes(Encoding.PEM))
        yield anchor


def _private(path: str, flags: int) -> int:
    """Opens a file that nobody else on the machine may read."""
    return os.open(path, flags, 0o600)


def issued(
    kind: Kind, company: str, code: str, day: date, *, by: Credential | None, term: timedelta = TERM
) -> Credential:
    """A new key with a certificate from an authority, or from itself, which makes it one."""
    start = datetime.combine(day, time(), UTC) - timedelta(hours=8)
    name = Name([NameAttribute(NameOID.ORGANIZATION_NAME, company)])
    builder = (
        CertificateBuilder(serial_number=x509.random_serial_number() >> 96)
        .subject_name(name)
        .issuer_name(by.certificate.subject if by else name)
        .not_valid_before(start)
        .not_valid_after(start + term)
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
    )
    if len(code) == _CREDIT_CODE:
        held = b"\x0c\x09" + code[8:17].encode()
        builder = builder.add_extension(x509.UnrecognizedExtension(COMPANY_CODE, held), False)
    return _rsa(builder, by) if kind == "rsa" else _sm2(builder, by)


def _rsa(builder: CertificateBuilder, by: Credential | None) -> Credential:
    secret = rsa.generate_private_key(65537, RSA_BITS)
    authority = by.secret if by else secret
    assert isinstance(authority, RSAPrivateKey)
    certificate = builder.public_key(secret.public_key()).sign(authority, SHA256)
    return Credential(secret, b"", certificate)


def _sm2(builder: CertificateBuilder, by: Credential | None) -> Credential:
    """As `_rsa`; the key and the signature are put into the body of a certificate made without."""
    secret, public = sm2_key()
    blank = ec.generate_private_key(ec.SECP256R1())
    made = builder.public_key(blank.public_key()).sign(blank, SHA256)
    body = asn1.decode_der(Body, made.tbs_certificate_bytes)
    algorithm = _SignatureAlgorithm(algorithm=SM2_WITH_SM3)
    body.algorithm = asn1.decode_der(asn1.TLV, asn1.encode_der(algorithm))
    body.key = SubjectKey(algorithm=_curve(), key=asn1.BitString(public, 0))
    der = asn1.encode_der(body)
    authority = by.secret if by else secret
    assert isinstance(authority, bytes)
    signature = asn1.BitString(sm2_signature(authority, der, der=True), 0)
    signed = _Signed(body=asn1.decode_der(asn1.TLV, der), algorithm=algorithm, signature=signature)
    return Credential(secret, public, x509.load_der_x509_certificate(asn1.encode_der(signed)))


def _curve() -> KeyAlgorithm:
    return KeyAlgorithm(algorithm=PublicKeyAlgorithmOID.EC_PUBLIC_KEY, curve=SM2_CURVE)


def _key_pem(secret: Secret, public: bytes) -> bytes:
    if isinstance(secret, RSAPrivateKey):
        return secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    inner = _EllipticKey(version=1, secret=secret, key=asn1.BitString(public, 0))
    key = _PrivateKey(version=0, algorithm=_curve(), key=asn1.encode_der(inner))
    lines = textwrap.wrap(base64.b64encode(asn1.encode_der(key)).decode(), 64)
    return "\n".join([_BEGIN, *lines, _END, ""]).encode()


def sm2_secret(pem: bytes) -> bytes:
    """The secret number of the SM2 key in a PEM file. Raises ValueError where there is none."""
    begin, end = pem.index(_BEGIN.encode()) + len(_BEGIN), pem.index(_END.encode())
    key = asn1.decode_der(_PrivateKey, base64.b64decode(pem[begin:end]))
    if key.algorithm.curve != SM2_CURVE:
        raise ValueError("not a key on the curve of SM2")
    return asn1.decode_der(_EllipticKey, key.key).secret


_BEGIN, _END = "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"
