"""Original bytes on disk: encrypted in segments, written once, read from any place."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from single_window.storage.engine import DiskFull
from single_window.storage.secrets import Vault

SEGMENT_BYTES = 64 * 1024
"""Plain bytes per encrypted segment: small enough to read one record, large enough to be cheap."""
_OVERHEAD = 12 + 16
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_SEALED = SEGMENT_BYTES + _OVERHEAD
_HALF, _OPEN = ".part", ".open"


class TooLarge(Exception):
    """The bytes passed the limit that the caller set."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that is on disk for good: its name within the store, plain size and SHA-256."""

    name: str
    size: int
    sha256: str


class FileStore:
    """Files of one deployment. A name is given at the end of a write: no half file is seen."""

    def __init__(self, folder: Path, vault: Vault) -> None:
        self._folder = folder
        self._vault = vault
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, blocks: Iterable[bytes], *, limit: int) -> StoredFile:
        """Stores the bytes and makes them durable. Raises TooLarge past `limit` plain bytes.

        Nothing stays behind when the source or the disk (DiskFull) fails on the way. It has to be
        settled or removed afterwards; a file of which that is still open bears a mark beside it.
        """
        name = f"{secrets.token_hex(16)}.bin"
        path = self._folder / name
        temporary = path.with_suffix(_HALF)
        digest = sha256()
        try:
            with temporary.open("wb") as file:
                size = self._segments(file, blocks, digest.update, name, limit)
                file.flush()
                os.fsync(file.fileno())
            path.with_suffix(_OPEN).touch()
            temporary.replace(path)
            self._keep_name()
        except BaseException as error:
            for left in (temporary, path.with_suffix(_OPEN)):
                with suppress(OSError):
                    left.unlink()
            if isinstance(error, OSError) and error.errno in _NO_ROOM:
                raise DiskFull from error
            raise
        return StoredFile(name, size, digest.hexdigest())

    def _segments(
        self, file: BinaryIO, blocks: Iterable[bytes], update: object, name: str, limit: int
    ) -> int:
        pending = bytearray()
        size = number = 0
        for block in blocks:
            size += len(block)
            if size > limit:
                raise TooLarge(limit)
            update(block)  # type: ignore[operator]
            pending += block
            while len(pending) > SEGMENT_BYTES:
                plain = bytes(pending[:SEGMENT_BYTES])
                file.write(self._vault.seal(plain, _about(name, number, last=False)))
                del pending[:SEGMENT_BYTES]
                number += 1
        file.write(self._vault.seal(bytes(pending), _about(name, number, last=True)))
        return size

    def _keep_name(self) -> None:
        """Makes names in the folder durable: a power cut may not lose a file that is promised."""
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def read(self, name: str, offset: int = 0, length: int | None = None) -> bytes:
        """Plain bytes from `offset`, `length` of them or all that follow.

        Raises cryptography's InvalidTag where the file is not as it was written.
        """
        return b"".join(self.blocks(name, offset, length))

    def blocks(self, name: str, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The same in blocks of at most one segment, in constant memory."""
        number, skip = divmod(offset, SEGMENT_BYTES)
        left = length
        with (self._folder / name).open("rb") as file:
            end = os.fstat(file.fileno()).st_size
            final = max(0, (end - 1) // _SEALED)
            if number > final:
                number, skip = final, SEGMENT_BYTES  # nothing to give, but the end is to be true
            file.seek(number * _SEALED)
            while number <= final and (left is None or left > 0):
                sealed = file.read(_SEALED)
                plain = self._vault.open(sealed, _about(name, number, last=number == final))[skip:]
                if left is not None:
                    plain = plain[:left]
                    left -= len(plain)
                yield plain
                number, skip = number + 1, 0

    def remove(self, name: str) -> None:
        """Forgets a file that was written but is not wanted (a refused upload)."""
        with suppress(FileNotFoundError):
            (self._folder / name).unlink()
        self.settle(name)

    def settle(self, name: str) -> None:
        """The file is wanted: what refers to it is on disk as well."""
        with suppress(FileNotFoundError):
            (self._folder / name).with_suffix(_OPEN).unlink()

    def unsettled(self, *, before: float) -> list[str]:
        """Files written before a moment (seconds since 1970) of which it is open who wants them.

        Half files of that age, which nobody can be writing any more, are removed on the way.
        """
        found = []
        for entry in os.scandir(self._folder):
            path = Path(entry.path)
            if path.suffix not in (_HALF, _OPEN):
                continue
            with suppress(FileNotFoundError):
                if entry.stat().st_mtime >= before:
                    continue
                if path.suffix == _HALF:
                    path.unlink()
                else:
                    found.append(path.with_suffix(".bin").name)
        return found


def _about(name: str, number: int, *, last: bool) -> bytes:
    """Ties a segment to its file and place: none can be moved, and no end be cut off, unseen."""
    return f"{name}:{number}:{'end' if last else ''}".encode()
