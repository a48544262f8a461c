"""Certificates (X.509): what one says of its holder, and who vouches for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate, Name, ObjectIdentifier
from cryptography.x509.oid import NameOID, PublicKeyAlgorithmOID

from single_window.signatures.algorithms import SM3, PublicKey, fits, is_point

SM2_CURVE = ObjectIdentifier("1.2.156.10197.1.301")
SM2_WITH_SM3 = ObjectIdentifier("1.2.156.10197.1.501")
COMPANY_NAME = ObjectIdentifier("1.3.6.1.4.1.5315.100.5.1")
COMPANY_CODE = ObjectIdentifier("1.3.6.1.4.1.5315.100.5.11")
"""The E-port's own extensions: the company's name, and the nine characters of its organisation
code (组织机构代码), which stand in its credit code as well. Seen in certificates of its keys;
beside them stand the name and the identity number of a person, which are never read here."""
_ORGANISATION = (NameOID.ORGANIZATION_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME)
RSA_BITS_MIN = 1024
"""Keys of that length are still in the field; shorter ones have been broken in public."""


@asn1.sequence
class KeyAlgorithm:
    """What kind of elliptic key, and on which curve."""

    algorithm: ObjectIdentifier
    curve: ObjectIdentifier


@asn1.sequence
class SubjectKey:
    """A public key on a curve, as a certificate holds it."""

    algorithm: KeyAlgorithm
    key: asn1.BitString


@asn1.sequence
class Body:
    """The signed part of a certificate with a key on a curve."""

    version: Annotated[int, asn1.Explicit(0)]
    serial: int
    algorithm: asn1.TLV
    issuer: asn1.TLV
    validity: asn1.TLV
    subject: asn1.TLV
    key: SubjectKey
    extensions: Annotated[list[asn1.TLV] | None, asn1.Explicit(3)]


@dataclass(frozen=True, slots=True)
class Holder:
    """A certificate as far as a signature needs it."""

    certificate: Certificate
    number: str
    key: PublicKey
    kind: str
    organisations: tuple[str, ...]
    company_code: str
    valid_from: date
    valid_to: date

    def on(self, day: date) -> bool:
        """Whether the certificate holds on this day."""
        return self.valid_from <= day <= self.valid_to

    def told(self) -> dict[str, str]:
        """What is kept and shown; no person's name or number is among it."""
        return {
            "number": self.number,
            "issuer": self.certificate.issuer.rfc4514_string(),
            "organisation": self.organisations[0] if self.organisations else "",
            "valid_from": self.valid_from.isoformat(),
            "valid_to": self.valid_to.isoformat(),
            "key": self.kind,
        }


def read(der: bytes) -> Holder:
    """The certificate in these bytes. Raises ValueError where it, or its kind of key, is none."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        key = _key(certificate)
        issuer, extensions = certificate.issuer, certificate.extensions
    except (UnsupportedAlgorithm, x509.DuplicateExtension) as error:
        raise ValueError(str(error)) from error
    issuer.rfc4514_string()
    company = _own(extensions, COMPANY_NAME)
    names = [company, *(_first(certificate.subject, each) for each in _ORGANISATION)]
    return Holder(
        certificate=certificate,
        number=format(certificate.serial_number, "016x"),
        key=key,
        kind=f"RSA {key.key_size}" if isinstance(key, RSAPublicKey) else "SM2",
        organisations=tuple(dict.fromkeys(name for name in names if name)),
        company_code=_own(extensions, COMPANY_CODE),
        valid_from=_day(certificate.not_valid_before_utc),
        valid_to=_day(certificate.not_valid_after_utc),
    )


def _key(certificate: Certificate) -> PublicKey:
    if certificate.public_key_algorithm_oid == PublicKeyAlgorithmOID.EC_PUBLIC_KEY:
        held = asn1.decode_der(Body, certificate.tbs_certificate_bytes).key
        point = held.key.as_bytes()
        if held.algorithm.curve == SM2_CURVE and is_point(point):
            return point
        raise ValueError("not a key on the curve of SM2")
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey) or key.key_size < RSA_BITS_MIN:
        raise ValueError("neither an SM2 key nor an RSA key of that length")
    return key


def _first(name: Name, oid: ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""


def _own(extensions: x509.Extensions, oid: ObjectIdentifier) -> str:
    """The text of one of the E-port's own extensions; older ones hold GBK under another name."""
    for extension in extensions:
        if extension.oid == oid and isinstance(extension.value, x509.UnrecognizedExtension):
            text = bytes(asn1.decode_der(asn1.TLV, extension.value.value).data)
            try:
                return text.decode().strip()
            except UnicodeDecodeError:
                return text.decode("gb18030", "replace").strip()
    return ""


def _day(moment: datetime) -> date:
    """The day in Beijing of a moment."""
    return (moment.astimezone(UTC) + timedelta(hours=8)).date()


# --- who vouches ------------------------------------------------------------------------------


def trusted(folder: Path | None) -> tuple[Holder, ...] | None:
    """The certificates in an operator's folder, PEM or DER; None where no folder is named.

    Raises OSError or ValueError where the folder or one of its files cannot be read: to trust
    fewer than the operator meant to would refuse filers who did nothing wrong.
    """
    if folder is None:
        return None
    files = (path for path in folder.iterdir() if path.is_file() and path.name[0] != ".")
    return _loaded(tuple(sorted((path, path.stat().st_mtime_ns) for path in files)))


@lru_cache(maxsize=4)
def _loaded(files: tuple[tuple[Path, int], ...]) -> tuple[Holder, ...]:
    """The certificates of files that were last changed then: read once, as long as none changes."""
    found: list[Holder] = []
    for path, _ in files:
        data = path.read_bytes()
        try:
            pem = b"-----BEGIN" in data
            ders = [_der(c) for c in x509.load_pem_x509_certificates(data)] if pem else [data]
            found += [read(der) for der in ders]
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
    return tuple(found)


def _der(certificate: Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def vouched(holder: Holder, anchors: Iterable[Holder], day: date) -> bool:
    """Whether one of the trusted certificates is this one, or has issued it and holds that day."""
    return any(
        anchor.certificate == holder.certificate or (anchor.on(day) and _issued(anchor, holder))
        for anchor in anchors
    )


def _issued(anchor: Holder, holder: Holder) -> bool:
    issuer, certificate = anchor.certificate, holder.certificate
    if issuer.subject != certificate.issuer or not _may_issue(issuer):
        return False
    if not isinstance(anchor.key, RSAPublicKey):
        named = certificate.signature_algorithm_oid == SM2_WITH_SM3
        body = certificate.tbs_certificate_bytes
        return named and fits(anchor.key, SM3, certificate.signature, body)
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _may_issue(certificate: Certificate) -> bool:
    try:
        found = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except x509.ExtensionNotFound:
        return False
    return found.value.ca
