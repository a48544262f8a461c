"""Passwords: how they are kept, and how fast they may be guessed."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

TRIES = 5
"""Wrong passwords in a row that are forgiven; the next tries have to wait."""
FIRST_LOCK_MS = 30_000
LONGEST_LOCK_MS = 3_600_000

_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash("nobody has this password")


def hashed(password: str) -> str:
    """What is stored in place of a password."""
    return _HASHER.hash(password)


def fits(stored: str | None, password: str) -> bool:
    """Whether it is the password; takes as long for somebody who does not exist (None)."""
    try:
        return _HASHER.verify(stored or _NOBODY, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def is_dated(stored: str) -> bool:
    """Whether it was hashed with weaker settings than those of today."""
    return _HASHER.check_needs_rehash(stored)


def lock_ms(failures: int) -> int:
    """How long no further try is taken after so many failures in a row: 30 s, doubled each time."""
    if failures < TRIES:
        return 0
    return int(min(FIRST_LOCK_MS << min(failures - TRIES, 20), LONGEST_LOCK_MS))
