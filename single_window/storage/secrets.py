"""Keys of a deployment, encryption at rest, and keyed hashes for look-ups."""

from __future__ import annotations

import base64
import hmac
import os
import secrets
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


def key_from(setting: str, folder: Path, name: str) -> bytes:
    """32 secret bytes: from a base64 setting, else from `folder/name`, made at the first run."""
    if setting:
        return base64.b64decode(setting, validate=True)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _settled(path)
    with os.fdopen(descriptor, "wb") as file:
        key = secrets.token_bytes(32)
        file.write(base64.b64encode(key))
        file.flush()
        os.fsync(file.fileno())
    return key


def _settled(path: Path) -> bytes:
    """The key another process is writing or has written; waits for a short write to end."""
    for _ in range(200):
        text = path.read_bytes()
        if len(text) == 44:
            return base64.b64decode(text, validate=True)
        os.sched_yield()
    raise ValueError(f"{path} does not hold a 32-byte key in base64")


class Vault:
    """Encrypts what is at rest (AES-256-GCM) and makes keyed hashes that cannot be reversed."""

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise ValueError("the data key must be 32 bytes in base64")
        self._cipher = AESGCM(hmac.digest(key, b"encrypt", "sha256"))
        self._lookup = hmac.digest(key, b"lookup", "sha256")

    def seal(self, plain: bytes, about: bytes = b"") -> bytes:
        """Encrypted bytes, readable only with the same key and the same `about`."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, about)

    def open(self, sealed: bytes, about: bytes = b"") -> bytes:
        """The plain bytes. Raises cryptography's InvalidTag when key, bytes or `about` differ."""
        if len(sealed) < NONCE_BYTES:
            raise InvalidTag
        return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about)

    def hash(self, text: str) -> str:
        """A keyed hash of a personal value: equal values give equal hashes, and nothing more."""
        return hmac.new(self._lookup, text.encode(), sha256).hexdigest()[:40]
