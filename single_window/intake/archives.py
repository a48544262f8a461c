"""What was uploaded, as XML documents: one file, or the files of a ZIP, each in plain UTF-8."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from single_window.domain.findings import Finding
from single_window.intake.markup import Refused, decoded, encoding_of
from single_window.storage.files import FileStore, StoredFile, TooLarge

ENTRIES_MAX = 2000
"""Files in one ZIP: 200,000 records at the national 100 each."""
RATIO_MAX = 200
"""How many times larger than packed a file may be. Real messages pack 20 to 60 times."""
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_RATIO_FLOOR = 1024 * 1024
_BLOCK = 256 * 1024
ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Document:
    """One XML document in the spool: its bytes as they came, and its text as UTF-8 without BOM.

    One that was made from a sheet has the sheet's name, what is wrong with it as a whole, and the
    number that its first line has.
    """

    entry: str
    raw_offset: int
    raw_length: int
    text_offset: int
    text_length: int
    refused: Refused | None = None
    sheet: str = ""
    findings: tuple[Finding, ...] = ()
    line: int = 1


@dataclass(slots=True)
class _Writer:
    """Lays documents one after another into a spool file while it is being written."""

    limit: int
    offset: int = 0

    def blocks(
        self, entries: Iterable[tuple[str, Iterator[bytes]]], found: list[Document]
    ) -> Iterator[bytes]:
        for entry, blocks in entries:
            raw_offset, encoding, start = self.offset, "", b""
            try:
                for block in blocks:
                    if not start:
                        start = block[:512]
                        encoding = encoding_of(start)
                    self.offset += len(block)
                    if self.offset > self.limit:
                        raise TooLarge(self.limit)
                    yield block
            except Refused as refused:
                found.append(Document(entry, raw_offset, 0, raw_offset, 0, refused))
                continue
            skip = 3 if start.startswith(_BOM) else 0
            length = self.offset - raw_offset
            found.append(Document(entry, raw_offset, length, raw_offset + skip, length - skip))
            if encoding not in {"utf-8", ""}:
                found[-1] = Document(entry, raw_offset, length, -1, 0)


def unpack(files: FileStore, original: StoredFile, limit: int) -> tuple[str, list[Document]]:
    """The spool file's name and the documents in it. The original is its own spool if it can be.

    Raises Refused where the upload as a whole cannot be taken.
    """
    start = files.read(original.name, 0, 512)
    if not start.startswith(ZIP_MAGIC):
        return _single(files, original, start, limit)
    with zip_faults(), zipfile.ZipFile(Stored(files, original)) as archive:
        entries = ((info.filename, unpacked(archive, info)) for info in listed(archive, limit))
        spool, found = _written(files, entries, limit)
    return _settled(files, spool, found, limit)


def spooled(
    files: FileStore, entries: Iterable[tuple[str, Iterator[bytes]]], limit: int
) -> tuple[str, list[Document]]:
    """A new spool file's name and the documents in it, of their names and bytes.

    A document whose bytes end in a Refused is refused, and none of the others.
    """
    return _settled(files, *_written(files, entries, limit), limit)


def _written(
    files: FileStore, entries: Iterable[tuple[str, Iterator[bytes]]], limit: int
) -> tuple[StoredFile, list[Document]]:
    found: list[Document] = []
    try:
        return files.write(_Writer(limit).blocks(entries, found), limit=limit), found
    except TooLarge as error:
        raise Refused("TRN-ZIP-BOMB", expected=str(limit)) from error


def _settled(
    files: FileStore, spool: StoredFile, found: list[Document], limit: int
) -> tuple[str, list[Document]]:
    """The same spool, or the one that holds the documents in UTF-8 as well; never both."""
    name = ""
    try:
        name, documents = _in_utf8(files, spool, found, limit)
        return name, documents
    finally:
        if name != spool.name:
            files.remove(spool.name)


def _single(
    files: FileStore, original: StoredFile, start: bytes, limit: int
) -> tuple[str, list[Document]]:
    if encoding_of(start) == "utf-8":
        skip = 3 if start.startswith(_BOM) else 0
        size = original.size
        return original.name, [Document("", 0, size, skip, size - skip)]
    return _in_utf8(files, original, [Document("", 0, original.size, -1, 0)], limit)


def _in_utf8(
    files: FileStore, spool: StoredFile, found: list[Document], limit: int
) -> tuple[str, list[Document]]:
    """A spool in which every document has its text in UTF-8, behind the bytes as they came."""
    if all(document.text_offset >= 0 for document in found):
        return spool.name, found
    result: list[Document] = []
    offset = spool.size

    def blocks() -> Iterator[bytes]:
        nonlocal offset
        yield from files.blocks(spool.name)
        for document in found:
            if document.text_offset >= 0:
                result.append(document)
                continue
            raw = files.blocks(spool.name, document.raw_offset, document.raw_length)
            encoding = encoding_of(files.read(spool.name, document.raw_offset, 512))
            begin = offset
            refused = None
            try:
                for text in decoded(raw, encoding):
                    block = text.encode()
                    offset += len(block)
                    yield block
            except Refused as error:
                refused = error
            place = (document.raw_offset, document.raw_length, begin, offset - begin)
            result.append(Document(document.entry, *place, refused))

    try:
        recoded = files.write(blocks(), limit=limit * 4)
    except TooLarge as error:
        raise Refused("TRN-ZIP-BOMB", expected=str(limit)) from error
    return recoded.name, result


@contextmanager
def zip_faults() -> Iterator[None]:
    """Turns whatever a damaged ZIP raises while it is read into Refused."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise Refused("TRN-ZIP", value=type(error).__name__) from error


def listed(archive: zipfile.ZipFile, limit: int) -> list[zipfile.ZipInfo]:
    """The files in a ZIP. Raises Refused where a name or a size is not to be trusted."""
    infos = [info for info in archive.infolist() if not _is_clutter(info)]
    if len(infos) > ENTRIES_MAX:
        raise Refused("TRN-ZIP-COUNT", value=str(len(infos)), expected=str(ENTRIES_MAX))
    for info in infos:
        name = info.filename
        if name != name.strip() or "\\" in name or "/" in name or name in {"", ".", ".."}:
            raise Refused("TRN-ZIP-PATH", value=name[:80])
        if info.flag_bits & 0x1:
            raise Refused("TRN-ZIP-ENCRYPTED", value=name[:80])
        if info.compress_type not in _METHODS:
            raise Refused("TRN-ZIP", value=f"compression {info.compress_type}")
        _measure(info.file_size, info.compress_size)
    if sum(info.file_size for info in infos) > limit:
        raise Refused("TRN-ZIP-BOMB", expected=str(limit))
    if not infos:
        raise Refused("TRN-ZIP-EMPTY")
    return infos


def _is_clutter(info: zipfile.ZipInfo) -> bool:
    """Folders' own entries and what macOS adds; they hold nothing of the sender's."""
    return info.filename.startswith("__MACOSX/") or info.filename == ".DS_Store"


def _measure(size: int, packed: int) -> None:
    if size > _RATIO_FLOOR and size > RATIO_MAX * max(packed, 1):
        raise Refused("TRN-ZIP-BOMB", expected=f"1:{RATIO_MAX}")


def unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of one entry; the sizes it states are not believed but measured."""
    size = 0
    with archive.open(info) as file:
        while block := file.read(_BLOCK):
            size += len(block)
            _measure(size, info.compress_size)
            yield block


class Stored(io.RawIOBase):
    """A stored file to read and seek in, as the zipfile module wants it."""

    def __init__(self, files: FileStore, file: StoredFile) -> None:
        super().__init__()
        self._files = files
        self._file = file
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._file.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        wanted = min(len(buffer), max(0, self._file.size - self._at))
        data = self._files.read(self._file.name, self._at, wanted) if wanted else b""
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
