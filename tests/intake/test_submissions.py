"""What is acknowledged is on disk, once; what is refused leaves nothing."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from single_window.intake.submissions import Filed, NotTaken
from single_window.storage import tables as t
from single_window.storage.engine import DiskFull
from single_window.storage.files import FileStore, StoredFile
from tests.portal import zipped
from tests.window import ORDER, PAYMENT, Window, made, message


def orders(count: int = 1, *, seed: int = 1) -> bytes:
    """A message of orders."""
    number = f"00000000-0000-4000-8000-{seed:012d}"
    return message(ORDER, [trade.records[ORDER] for trade in made(count, seed=seed)], guid=number)


def files(window: Window) -> list[Path]:
    """What lies in the folder of original bytes."""
    return sorted((window.store.settings.data / "files").iterdir())


def nothing(window: Window) -> bool:
    """Whether no trace is left: no row, no file, nobody woken."""
    rows = [*window.rows(of=t.submissions), *window.rows(of=t.messages), *window.rows(of=t.chunks)]
    return (rows, files(window), window.woken) == ([], [], [])


def test_what_is_acknowledged_is_on_disk_with_its_work(window: Window) -> None:
    body = orders(3)
    filed = window.receive(body, file_name="订单.xml")
    (row,) = window.rows(of=t.submissions)
    assert (row.id, row.records, row.size, row.file_name) == (filed.id, 3, len(body), "订单.xml")
    assert window.store.files.read(row.original_file) == body
    assert [chunk.records for chunk in window.rows(of=t.chunks)] == [3]
    assert window.woken == [("check", str(filed.id))]


def test_the_same_bytes_are_one_submission(window: Window) -> None:
    first = window.receive(orders())
    assert window.receive(orders()) == Filed(first.id, repeated=True)
    assert window.receive(orders(), idempotency_key="k") == Filed(first.id, repeated=True)
    assert len(files(window)) == 1


def test_the_same_key_is_one_submission(window: Window) -> None:
    first = window.receive(orders(), idempotency_key="k")
    assert window.receive(orders(), idempotency_key="k") == Filed(first.id, repeated=True)


def test_a_key_with_other_bytes_or_another_wish_is_refused(window: Window) -> None:
    window.receive(orders(), idempotency_key="k")
    for body, check_only in ((orders(seed=2), False), (orders(), True)):
        with pytest.raises(NotTaken) as told:
            window.receive(body, idempotency_key="k", check_only=check_only)
        assert (told.value.status, told.value.code) == (409, "TRN-KEY-REUSED")
    assert (len(window.rows(of=t.submissions)), len(files(window))) == (1, 1)


def test_keys_and_contents_of_another_organisation_are_its_own(window: Window) -> None:
    window.trust_other()
    first = window.receive(orders(), idempotency_key="k")
    second = window.receive(orders(), idempotency_key="k", organisation_id=window.other)
    assert (second.repeated, second.id != first.id) == (False, True)


@pytest.mark.parametrize("key", [None, "k"])
def test_two_uploads_at_the_same_moment_are_one_submission(window: Window, key: str | None) -> None:
    body, together = orders(50), threading.Barrier(4)
    filed: list[Filed] = []

    def client() -> None:
        together.wait()
        filed.append(window.receive(body, idempotency_key=key))

    clients = [threading.Thread(target=client) for _ in range(4)]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
    assert len(filed) == 4
    assert len({each.id for each in filed}) == 1
    assert [each.repeated for each in filed].count(False) == 1
    window.check()
    assert len(window.rows()) == 50
    assert len(files(window)) == 1


def test_to_rehearse_leaves_no_declaration(window: Window) -> None:
    bad = message(ORDER, [made()[0].records[ORDER] | {"OrderList": []}])
    for body in (orders(2), bad):
        window.receive(body, check_only=True)
    window.check()
    rows = window.rows()
    assert [row.decision for row in rows] == ["accept", "accept", "reject"]
    assert {(row.living_key, row.outcome) for row in rows} == {(None, "")}
    assert [*window.rows(of=t.legs), *window.rows(of=t.pairings), *window.rows(of=t.events)] == []
    window.receive(orders(2))
    window.check()
    assert len(window.rows(of=t.legs)) == 2


def test_a_client_that_goes_away_leaves_nothing(window: Window) -> None:
    def cut_off() -> Iterator[bytes]:
        yield orders(100)[:50_000]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        window.receive(cut_off())
    assert nothing(window)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        orders()[:-20],
        b"\xff\xfe\x00",
        b"PK\x03\x04 and no more",
        zipped({"../a.xml": orders()}),
        zipped({"a.xml": orders(), "b.xml": b" " * 30_000_000}),
    ],
    ids=["empty", "blank", "cut off", "binary", "no ZIP", "ZIP with paths", "ZIP bomb"],
)
def test_what_is_refused_whole_leaves_nothing(sqlite_window: Window, body: bytes) -> None:
    with pytest.raises(NotTaken):
        sqlite_window.receive(body)
    assert nothing(sqlite_window)


def test_one_bad_file_of_a_zip_does_not_keep_out_the_others(window: Window) -> None:
    wide = orders(2, seed=3).decode().replace('"UTF-8"', '"UTF-16"').encode("utf-16")
    bodies = {"a.xml": orders(2), "b.xml": orders()[:-20], "c.xml": wide}
    window.receive(zipped(bodies))
    window.check()
    told = {row.entry: (row.refused, row.records) for row in window.rows(of=t.messages)}
    assert told == {"a.xml": (False, 2), "b.xml": (True, 0), "c.xml": (False, 2)}
    assert [row.decision for row in window.rows()] == ["accept"] * 4
    assert len(files(window)) == 2, "the ZIP as it came, and one file of its documents"


def test_two_papers_in_one_zip_are_two_messages(sqlite_window: Window) -> None:
    (trade,) = made()
    given = {f"{paper}.xml": message(paper, [trade.records[paper]]) for paper in (ORDER, PAYMENT)}
    sqlite_window.receive(zipped(given))
    sqlite_window.check()
    assert [row.message for row in sqlite_window.rows()] == [ORDER, PAYMENT]


def test_an_organisation_may_transmit_for_itself_only(sqlite_window: Window) -> None:
    window = sqlite_window
    with pytest.raises(NotTaken) as told:
        window.receive(orders(), organisation_id=window.other)
    assert (told.value.status, told.value.code) == (403, "REC-COMPANY")
    assert window.rows(of=t.submissions) == []
    assert files(window) == []


class FullDisk(FileStore):
    """A disk on which there is room for so many files."""

    room = 0

    def write(self, blocks: Iterable[bytes], *, limit: int) -> StoredFile:
        """Writes while there is room, and then fails within the file."""

        def until_full() -> Iterator[bytes]:
            for block in blocks:
                yield block
                if self.room == 0:
                    raise OSError(errno.ENOSPC, "no room")

        made_file = super().write(until_full(), limit=limit)
        self.room -= 1
        return made_file


@pytest.mark.parametrize("room", [0, 1, 2])
def test_a_full_disk_is_told_and_leaves_nothing(sqlite_window: Window, room: int) -> None:
    """Of a ZIP in another encoding three files are written: as it came, unpacked, in UTF-8."""
    window = sqlite_window
    disk = FullDisk(window.store.settings.data / "files", window.store.vault)
    disk.room = room
    window.store = replace(window.store, files=disk)
    wide = orders(2).decode().replace('"UTF-8"', '"UTF-16"').encode("utf-16")
    with pytest.raises(NotTaken) as told:
        window.receive(zipped({"a.xml": wide}))
    assert (told.value.status, told.value.code) == (507, "TRN-DISK-FULL")
    assert isinstance(told.value.__cause__, DiskFull)
    assert nothing(window)


@pytest.mark.usefixtures("impatient")
def test_a_locked_database_is_told_and_leaves_nothing(sqlite_window: Window) -> None:
    window = sqlite_window
    blocker = type(window.store.database)(window.store.settings.database)
    with blocker.write(), pytest.raises(NotTaken) as told:
        window.receive(orders())
    blocker.close()
    assert (told.value.status, told.value.code) == (503, "TRN-BUSY")
    assert nothing(window)
    assert not window.receive(orders()).repeated


def test_what_was_received_and_not_checked_is_found_again(window: Window) -> None:
    """Nobody was woken: the worker was away. The work stands in the database."""
    window.receive(orders(150))
    assert window.rows() == []
    window.check()
    assert len(window.rows()) == 150


def test_a_chunk_is_checked_once_however_many_take_it(window: Window) -> None:
    window.receive(orders(250))
    workers = [threading.Thread(target=window.check) for _ in range(3)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    rows = window.rows()
    assert [row.ordinal for row in rows] == list(range(1, 251))
    assert len(window.rows(of=t.legs)) == 250
