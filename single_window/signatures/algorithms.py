"""The algorithms of the national profile, by the addresses that signatures call them by."""

from __future__ import annotations

import hmac
from typing import TypeAlias

import gmalg
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

DS = "http://www.w3.org/2000/09/xmldsig#"
_MORE = "http://www.w3.org/2001/04/"
_NATIONAL = "http://www.chinaport.gov.cn/2022/04/xmldsig#"

C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
ENVELOPED = f"{DS}enveloped-signature"

# SHA-1 is what the national specification names for RSA, and what is seen in the field with SM2.
SHA1 = hashes.SHA1()  # noqa: S303
SHA256 = hashes.SHA256()
SM3 = hashes.SM3()

DIGESTS: dict[str, hashes.HashAlgorithm] = {
    f"{DS}sha1": SHA1,
    f"{_MORE}xmlenc#sha256": SHA256,
    f"{_NATIONAL}sm3": SM3,
    f"{DS}sm3": SM3,
}
METHODS: dict[str, tuple[str, hashes.HashAlgorithm]] = {
    f"{DS}rsa-sha1": ("RSA", SHA1),
    f"{_MORE}xmldsig-more#rsa-sha256": ("RSA", SHA256),
    f"{_NATIONAL}sm2-sm3": ("SM2", SM3),
    f"{DS}sm2-sm3": ("SM2", SM3),
}
"""Signature method -> the kind of key it needs, and its hash. Two spellings of SM2 are in use."""
PAIRS = {
    "rsa-sha1": (f"{DS}rsa-sha1", f"{DS}sha1"),
    "rsa-sha256": (f"{_MORE}xmldsig-more#rsa-sha256", f"{_MORE}xmlenc#sha256"),
    "sm2-sm3": (f"{_NATIONAL}sm2-sm3", f"{_NATIONAL}sm3"),
    "sm2-sha1": (f"{DS}sm2-sm3", f"{DS}sha1"),
}
"""What we sign with, by a short name: method and digest. The last is seen in the field."""

SM2_IDENTITY = b"1234567812345678"
"""The signer's identity that enters SM2 where nothing else is agreed (GB/T 35276)."""
_HALF = 32
_POINT = 1 + 2 * _HALF

Point: TypeAlias = bytes
"""A public SM2 key: 0x04 and the two coordinates."""
PublicKey: TypeAlias = RSAPublicKey | Point


@asn1.sequence
class _Pair:
    r: int
    s: int


def digest(algorithm: hashes.HashAlgorithm, data: bytes) -> bytes:
    """The hash of the data."""
    found = hashes.Hash(algorithm)
    found.update(data)
    return found.finalize()


def same(left: bytes, right: bytes) -> bool:
    """Whether two hashes are the same."""
    return hmac.compare_digest(left, right)


def is_point(key: bytes) -> bool:
    """Whether this is a public SM2 key that lies on the curve."""
    return len(key) == _POINT and key[0] == 4 and bool(gmalg.SM2().verify_pk(key))


def fits(key: PublicKey, algorithm: hashes.HashAlgorithm, value: bytes, data: bytes) -> bool:
    """Whether the value of a signature was made over the data with the key of this public key.

    The value of SM2 is the two numbers side by side, as the E-port's key makes it, or in DER.
    """
    if isinstance(key, RSAPublicKey):
        try:
            key.verify(value, data, padding.PKCS1v15(), algorithm)
        except InvalidSignature:
            return False
        return True
    halves = _halves(value)
    return halves is not None and bool(
        gmalg.SM2(pk=key, uid=SM2_IDENTITY).verify(data, halves[0], halves[1])
    )


def _halves(value: bytes) -> tuple[bytes, bytes] | None:
    if len(value) == 2 * _HALF:
        return value[:_HALF], value[_HALF:]
    try:
        pair = asn1.decode_der(_Pair, value)
        return pair.r.to_bytes(_HALF, "big"), pair.s.to_bytes(_HALF, "big")
    except (ValueError, OverflowError):
        return None


def sm2_signature(secret: bytes, data: bytes, *, der: bool = False) -> bytes:
    """Signs with an SM2 key: two numbers side by side, or in DER."""
    r, s = gmalg.SM2(secret, SM2_IDENTITY).sign(data)
    if not der:
        return bytes(r.rjust(_HALF, b"\0") + s.rjust(_HALF, b"\0"))
    pair = _Pair(r=int.from_bytes(r, "big"), s=int.from_bytes(s, "big"))
    return asn1.encode_der(pair)


def sm2_key() -> tuple[bytes, Point]:
    """A new SM2 key: the secret number and the public key."""
    secret, point = gmalg.SM2().generate_keypair()
    return secret.rjust(_HALF, b"\0"), point
