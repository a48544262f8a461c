"""Messages signed as the national profile asks, for tests and rehearsals."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from single_window.signatures.algorithms import (
    C14N,
    DIGESTS,
    DS,
    ENVELOPED,
    METHODS,
    PAIRS,
    digest,
    sm2_signature,
)
from single_window.signatures.certificates import Holder, read
from single_window.signatures.keys import Secret, sm2_secret
from single_window.signatures.profile import Broken, canonical, followers, parsed, the_signature


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody's key together with their certificate."""

    secret: Secret
    holder: Holder

    @property
    def usual(self) -> str:
        """The pair of algorithms that the national specification prefers for this key."""
        return "rsa-sha1" if isinstance(self.secret, RSAPrivateKey) else "sm2-sm3"


def signer(path: Path) -> Signer:
    """A key and its certificate from one PEM file. Raises ValueError where it holds none."""
    data = path.read_bytes()
    certificate = x509.load_pem_x509_certificates(data)[0]
    holder = read(certificate.public_bytes(Encoding.DER))
    try:
        secret: Secret = sm2_secret(data) if holder.kind == "SM2" else _rsa(data)
    except UnsupportedAlgorithm as error:
        raise ValueError(str(error)) from error
    return Signer(secret, holder)


def _rsa(data: bytes) -> RSAPrivateKey:
    key = load_pem_private_key(data[data.index(b"-----BEGIN PRIVATE") :], None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("neither an RSA nor an SM2 key")
    return key


def sign(document: bytes, by: Signer, algorithm: str = "") -> bytes:
    """The same bytes with a signature in its place. Raises ValueError where it cannot be signed.

    `algorithm` is one of PAIRS. Nothing else of the document is touched: not even white space is
    added, since that would be signed as well.
    """
    method, digest_method = PAIRS[algorithm or by.usual]
    if METHODS[method][0] != by.holder.kind.partition(" ")[0]:
        raise ValueError(f"{method}: {by.holder.kind}")
    try:
        content = canonical_whole(document)
        claimed = digest(DIGESTS[digest_method], content)
        at = _place(document)
        info = _INFO.format(
            c14n=C14N,
            method=method,
            enveloped=ENVELOPED,
            digest_method=digest_method,
            digest=_base64(claimed),
        )
        draft = _signature(info, b"", by.holder).encode()
        root = parsed(document[:at] + draft + document[at:])
        value = _value(by.secret, method, canonical(the_signature(root)[0]))
    except (Broken, expat.ExpatError) as error:
        raise ValueError(str(error)) from error
    return document[:at] + _signature(info, value, by.holder).encode() + document[at:]


def canonical_whole(document: bytes) -> bytes:
    """The canonical form of a message that has no signature. Raises Broken where it has one."""
    root = parsed(document)
    if next(root.iter(f"{{{DS}}}Signature"), None) is not None:
        raise Broken("single", "1", "0")
    return canonical(root)


def _place(document: bytes) -> int:
    """The offset at which the signature belongs: before the parts that follow it, or at the end."""
    parser = expat.ParserCreate("utf-8", "\n")
    found: list[int] = []
    path: list[str] = []

    def start(tag: str, _attributes: dict[str, str]) -> None:
        path.append(tag.rpartition("\n")[2])
        if len(path) == 2 and path[1] in followers(path[0]):
            found.append(parser.CurrentByteIndex)

    def end(_tag: str) -> None:
        if len(path) == 1:
            found.append(parser.CurrentByteIndex)
        path.pop()

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.Parse(document, True)
    return found[0]


def _value(secret: Secret, method: str, data: bytes) -> bytes:
    if isinstance(secret, RSAPrivateKey):
        return secret.sign(data, padding.PKCS1v15(), METHODS[method][1])
    return sm2_signature(secret, data)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _signature(info: str, value: bytes, holder: Holder) -> str:
    der = holder.certificate.public_bytes(Encoding.DER)
    return _SIGNATURE.format(
        ds=DS, info=info, value=_base64(value), number=holder.number, certificate=_base64(der)
    )


_INFO = (
    '<ds:SignedInfo><ds:CanonicalizationMethod Algorithm="{c14n}"/>'
    '<ds:SignatureMethod Algorithm="{method}"/><ds:Reference URI=""><ds:Transforms>'
    '<ds:Transform Algorithm="{enveloped}"/></ds:Transforms>'
    '<ds:DigestMethod Algorithm="{digest_method}"/><ds:DigestValue>{digest}</ds:DigestValue>'
    "</ds:Reference></ds:SignedInfo>"
)
_SIGNATURE = (
    '<ds:Signature xmlns:ds="{ds}">{info}<ds:SignatureValue>{value}</ds:SignatureValue>'
    "<ds:KeyInfo><ds:KeyName>{number}</ds:KeyName><ds:X509Data>"
    "<ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
    "</ds:Signature>"
)
