"""Keys and certificates made for the tests, once per process, and messages signed with them."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

from cryptography.hazmat.primitives.serialization import Encoding

from single_window.demo.cast import parties
from single_window.signatures import keys
from single_window.signatures.algorithms import PAIRS
from single_window.signatures.certificates import Holder, read
from single_window.signatures.keys import Credential, Kind
from single_window.signatures.signing import Signer, sign

SINCE = date(2026, 11, 1)
COMPANY = parties()["agent"]["name"]
CODE = "91330000MA27TESTX9"
KIND: dict[str, Kind] = {name: "sm2" if "sm2" in name else "rsa" for name in PAIRS}


@cache
def authority(kind: Kind) -> Credential:
    """A test authority."""
    return keys.issued(kind, f"Test CA {kind}", "", SINCE, by=None)


@cache
def credential(kind: Kind, company: str = COMPANY, code: str = "") -> Credential:
    """A company's key with a certificate of the test authority."""
    return keys.issued(kind, company, code, SINCE, by=authority(kind), term=timedelta(days=400))


def holder(of: Credential) -> Holder:
    """The certificate of a credential, as the window reads it."""
    return read(of.certificate.public_bytes(Encoding.DER))


def signer(of: Credential) -> Signer:
    """Who signs with a credential."""
    return Signer(of.secret, holder(of))


@cache
def anchors() -> tuple[Holder, ...]:
    """The test authorities, to be trusted."""
    return tuple(holder(authority(kind)) for kind in keys.KINDS)


def signed(document: bytes, algorithm: str = "rsa-sha256", by: Credential | None = None) -> bytes:
    """A message signed by the company."""
    return sign(document, signer(by or credential(KIND[algorithm])), algorithm)
