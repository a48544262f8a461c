"""A ZIP of messages is read like its messages; one that is not to be trusted is refused."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest

from single_window.intake.archives import ENTRIES_MAX, unpack
from single_window.intake.markup import Refused
from single_window.intake.rehearsal import Verdict, rehearse
from single_window.intake.signed import Terms
from single_window.storage.files import FileStore
from single_window.storage.secrets import Vault
from tests.intake.documents import DAY, ORDER, PAYMENT, right

_LIMIT = 50 * 1024 * 1024


def _zip(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return made.getvalue()


def _judged(tmp_path: Path, data: bytes, limit: int = _LIMIT) -> list[Verdict]:
    path = tmp_path / "upload.zip"
    path.write_bytes(data)
    return list(rehearse([path], terms=Terms("ignored", DAY), limit=limit))


def _codes(verdicts: list[Verdict]) -> list[str]:
    return [finding.code for verdict in verdicts for finding in verdict.findings]


_GOOD = {"a.xml": right(ORDER, 2).encode(), "b.xml": right(PAYMENT, 2).encode()}


def _encrypted() -> bytes:
    """A ZIP whose entry says that it has a password (bit 0 of its flags)."""
    data = bytearray(_zip({"a.xml": b"<a/>"}))
    for sign, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.index(sign) + at
        data[place] |= 1
    return bytes(data)


def _lying_about_its_size() -> bytes:
    """A ZIP whose entry unpacks to far more than it says."""
    data = bytearray(_zip({"a.xml": b" " * 30_000_000}))
    for sign, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = data.index(sign) + at
        data[place : place + 4] = struct.pack("<I", 1000)
    return bytes(data)


def _broken() -> bytes:
    data = bytearray(_zip(_GOOD))
    middle = data.index(b"PK\x03\x04") + 60
    data[middle : middle + 40] = b"\xff" * 40
    return bytes(data)


WHOLE = {
    "nothing in it": ("TRN-ZIP-EMPTY", _zip({})),
    "a bomb": ("TRN-ZIP-BOMB", _zip({"a.xml": b" " * 30_000_000})),
    "a bomb that lies": ("TRN-ZIP", _lying_about_its_size()),
    "a path": ("TRN-ZIP-PATH", _zip({"../a.xml": b"<a/>"})),
    "a folder": ("TRN-ZIP-PATH", _zip({"in/a.xml": b"<a/>"})),
    "an absolute path": ("TRN-ZIP-PATH", _zip({"/a.xml": b"<a/>"})),
    "a path of another system": ("TRN-ZIP-PATH", _zip({"..\\a.xml": b"<a/>"})),
    "too many": ("TRN-ZIP-COUNT", _zip({f"{n}.xml": b"" for n in range(ENTRIES_MAX + 1)})),
    "a password": ("TRN-ZIP-ENCRYPTED", _encrypted()),
    "a method of its own": ("TRN-ZIP", _zip({"a.xml": b"<a/>"}, zipfile.ZIP_BZIP2)),
    "half of it": ("TRN-ZIP", _zip(_GOOD)[:300]),
    "bytes that are damaged": ("TRN-ZIP", _broken()),
}


@pytest.mark.parametrize("what", WHOLE)
def test_it_is_refused(tmp_path: Path, what: str) -> None:
    code, data = WHOLE[what]
    verdicts = _judged(tmp_path, data)
    assert code in _codes(verdicts)
    assert any(verdict.unreadable for verdict in verdicts)


def test_all_that_it_unpacks_to_counts(tmp_path: Path) -> None:
    entries = {f"{n}.xml": bytes(range(256)) * 400 for n in range(5)}
    verdicts = _judged(tmp_path, _zip(entries, zipfile.ZIP_STORED), limit=200_000)
    assert _codes(verdicts) == ["TRN-ZIP-BOMB"]


def test_its_messages_are_judged_each_under_its_name(tmp_path: Path) -> None:
    verdicts = _judged(tmp_path, _zip(_GOOD))
    path = tmp_path / "upload.zip"
    assert [(v.file, v.record, v.decision) for v in verdicts] == [
        (f"{path}/a.xml", 1, "accept"),
        (f"{path}/a.xml", 2, "accept"),
        (f"{path}/b.xml", 1, "accept"),
        (f"{path}/b.xml", 2, "accept"),
    ]


def test_one_file_that_is_no_message_does_not_keep_the_others(tmp_path: Path) -> None:
    nested = _zip({"x.xml": b"<a/>"})
    verdicts = _judged(tmp_path, _zip({"n.zip": nested, "t.txt": b"hello", "e.xml": b""} | _GOOD))
    unreadable = [v.file.rpartition("/")[2] for v in verdicts if v.unreadable]
    assert unreadable == ["n.zip", "t.txt", "e.xml"]
    assert [v.decision for v in verdicts if not v.unreadable] == ["accept"] * 4


def test_what_a_system_adds_by_itself_is_passed_over(tmp_path: Path) -> None:
    clutter = {"__MACOSX/._a.xml": b"\x00\x05", ".DS_Store": b"\x00"}
    verdicts = _judged(tmp_path, _zip(clutter | _GOOD))
    assert [verdict.decision for verdict in verdicts] == ["accept"] * 4


def _files(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files", Vault(bytes(range(32))))


@pytest.mark.parametrize("what", [what for what in WHOLE if what != "half of it"])
def test_handed_in_it_is_refused_alike(tmp_path: Path, what: str) -> None:
    code, data = WHOLE[what]
    files = _files(tmp_path)
    original = files.write([data], limit=_LIMIT)
    with pytest.raises(Refused) as refused:
        unpack(files, original, _LIMIT)
    assert refused.value.code == code


def test_handed_in_every_message_lies_in_the_spool_in_utf8(tmp_path: Path) -> None:
    files = _files(tmp_path)
    text = right(ORDER)
    gbk = text.replace("UTF-8", "GBK", 1)
    entries = {"a.xml": b"\xef\xbb\xbf" + text.encode(), "b.xml": gbk.encode("gbk")}
    original = files.write([_zip(entries)], limit=_LIMIT)
    spool, documents = unpack(files, original, _LIMIT)
    texts = [files.read(spool, d.text_offset, d.text_length).decode() for d in documents]
    raw = [files.read(spool, d.raw_offset, d.raw_length) for d in documents]
    assert texts == [text, gbk]
    assert raw == list(entries.values())
