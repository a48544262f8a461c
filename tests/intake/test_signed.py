"""What an organisation asks of signatures decides what becomes of its messages."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import update

from single_window.intake import signed as signatures
from single_window.intake.signed import Terms, examine
from single_window.intake.surveying import survey
from single_window.storage import tables as t
from single_window.storage.engine import AnyRow
from tests.credentials import signed
from tests.intake.documents import DAY, INVENTORY, ORDER, right
from tests.intake.test_envelopes_opened import wrapped
from tests.portal import zipped
from tests.window import Window

_UNSIGNED = right(INVENTORY, 2).encode()
_GOOD = signed(_UNSIGNED)
_BAD = _GOOD.replace(b"<ceb:qty>", b"<ceb:qty>1", 1)


def _filed(window: Window, body: bytes, policy: str = "") -> AnyRow:
    own = t.organisations.c.id == window.broker
    with window.store.database.write() as connection:
        connection.execute(update(t.organisations).where(own).values(signature_policy=policy))
    number = window.receive(body).id
    return window.rows(t.messages.c.submission_id == number, of=t.messages)[-1]


@pytest.mark.parametrize(
    ("policy", "body", "refused", "codes"),
    [
        ("", _UNSIGNED, False, ["ENV-UNSIGNED"]),
        ("", _GOOD, False, ["ENV-SIGNATURE-CHAIN"]),
        ("", _BAD, True, ["-621028", "ENV-SIGNATURE-CHAIN"]),
        ("checked", _BAD, True, ["-621028", "ENV-SIGNATURE-CHAIN"]),
        ("required", _UNSIGNED, True, ["ENV-UNSIGNED"]),
        ("required", right(ORDER).encode(), True, ["ENV-UNSIGNED"]),
        ("required", _GOOD, False, ["ENV-SIGNATURE-CHAIN"]),
        ("ignored", _UNSIGNED, False, []),
        ("ignored", _BAD, False, []),
    ],
)
def test_the_policy_decides(
    window: Window, policy: str, body: bytes, refused: bool, codes: list[str]
) -> None:
    row = _filed(window, body, policy)
    found = json.loads(row.findings or "[]")
    assert (bool(row.refused), [each["code"] for each in found]) == (refused, codes)
    assert all(each["family"] == "envelope" for each in found)


def test_the_report_is_kept_with_the_message(window: Window) -> None:
    assert _filed(window, _UNSIGNED).signature is None
    kept = json.loads(_filed(window, _BAD).signature)
    assert (kept["policy"], kept["valid"], kept["failed"]) == ("checked", False, "digest")
    assert kept["digest_claimed"] != kept["digest_computed"]
    unread = json.loads(_filed(window, _GOOD, "ignored").signature)
    assert unread == {"policy": "ignored", "valid": None, "failed": None, "steps": []}


def test_each_message_of_a_zip_is_verified_by_itself(window: Window) -> None:
    with_bom = b"\xef\xbb\xbf" + signed(right(ORDER, 2).encode())
    filed = window.receive(zipped({"a.xml": with_bom, "b.xml": _BAD}))
    rows = window.rows(t.messages.c.submission_id == filed.id, of=t.messages)
    assert [json.loads(row.signature)["valid"] for row in rows] == [True, False]


def test_what_was_signed_in_another_encoding_is_verified_over_the_text(window: Window) -> None:
    text = right(ORDER).replace("UTF-8", "GB18030").replace("utf-8", "GB18030")
    assert "GB18030" in text
    body = signed(text.encode()).decode().encode("gb18030")
    assert json.loads(_filed(window, body).signature)["valid"] is True


def test_a_signed_message_in_an_envelope_is_verified_as_it_lies_there(window: Window) -> None:
    for body, valid in ((_GOOD, True), (_BAD, False)):
        row = _filed(window, wrapped(body, INVENTORY).encode())
        assert json.loads(row.signature)["valid"] is valid
        assert bool(row.refused) is not valid


def _untouched() -> Iterator[bytes]:
    raise AssertionError("an unsigned message is read only once")
    yield b""


def test_an_unsigned_message_is_not_read_again() -> None:
    found = survey([_UNSIGNED.decode()], "checked")
    examine(found, _untouched(), Terms("checked", DAY))
    assert found.signature is None


def test_a_signed_message_too_large_to_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signatures, "SIGNED_BYTES_MAX", 1000)
    found = survey([_GOOD.decode()], "checked")
    examine(found, [_GOOD[:600], _GOOD[600:]], Terms("checked", DAY))
    assert found.signature is not None
    assert found.signature["failed"] == "readable"
    assert found.refused
