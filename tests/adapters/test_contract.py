"""What every agency's adapter and its simulated agency do together, over real sockets.

A new agency is tested here without a line: its messages come from its schemas, its outcomes
from its manifest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.base import Outcome, names
from tests.adapters.office import SLOW_SECONDS, Inbox, Office, guid_of, message_of


@pytest.fixture(scope="module", params=names())
def office(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    inbox = Inbox()
    running = Office(request.param, tmp_path_factory.mktemp("books"), inbox)
    yield running
    running.close()
    inbox.close()


@pytest.fixture(params=names())
def own_office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """An office for one test, which may ill-treat it."""
    inbox = Inbox()
    running = Office(request.param, tmp_path, inbox)
    yield running
    running.close()
    inbox.close()


def test_what_is_taken_is_answered_in_order_and_stands_in_the_books(office: Office) -> None:
    assert office.send("plain-1", "plain-2") is Outcome.TAKEN
    for order_no in ("plain-1", "plain-2"):
        verdicts = office.verdicts(order_no, len(office.well()))
        assert [verdict.code for verdict in verdicts] == office.well()
        assert sorted(verdicts, key=lambda verdict: verdict.at) == verdicts
        assert office.books(order_no)["state"] == office.well()[-1]
    assert office.inbox.keys == {"Bearer agency-key"}


def test_every_message_that_the_agency_accepts_is_answered(office: Office) -> None:
    assert set(office.adapter.manifest.accepts) == set(office.script.forms)
    for form in office.script.forms.values():
        order_no = f"each-{form.message}"
        assert office.send(order_no, form=form) is Outcome.TAKEN
        verdicts = office.inbox_verdicts(guid_of(order_no), min(2, len(form.steps("well"))))
        assert "unknown" not in {verdict.event for verdict in verdicts}


def test_numbers_that_the_agency_gives_come_with_its_receipts(office: Office) -> None:
    office.send("numbered")
    learned: dict[str, str] = {}
    for verdict in office.verdicts("numbered", len(office.well())):
        learned |= verdict.numbers
    assert learned
    booked = office.books("numbered")
    assert learned.items() <= booked.items()


def test_what_is_refused_is_refused_with_its_record_untouched(office: Office) -> None:
    order_no = "refused" + office.mark("reject")
    office.send(order_no)
    *before, last = office.verdicts(order_no, len(office.plain("reject")))
    assert last.event in {"returned", "rejected"}
    assert last.text
    assert last.event not in {verdict.event for verdict in before}


def test_what_is_held_stays_held_until_somebody_releases_it(office: Office) -> None:
    order_no = "held" + office.mark("hold")
    office.send(order_no)
    held = office.verdicts(order_no, len(office.plain("hold")))
    assert held[-1].event in {"review", "hold"}
    assert office.tell("/release", orderNo=order_no).json() == {"released": 1}
    after = office.verdicts(order_no, len(held) + len(office.plain("release")))
    assert after[-1].event == office.adapter.manifest.event(
        office.form().receipt, office.well()[-1]
    )
    assert office.books(order_no)["state"] == office.well()[-1]
    assert office.tell("/release", orderNo=order_no).status_code == 404


def test_a_slow_answer_is_late_and_good(office: Office) -> None:
    order_no = "slow" + office.mark("slow")
    sent = datetime.now(UTC).replace(microsecond=0)
    office.send(order_no)
    verdicts = office.verdicts(order_no, len(office.well()))
    assert [verdict.code for verdict in verdicts] == office.well()
    assert verdicts[0].at - sent >= timedelta(seconds=SLOW_SECONDS)


def test_silence_is_a_message_that_was_taken(office: Office) -> None:
    silent = "silent" + office.mark("silent")
    assert office.send(silent) is Outcome.TAKEN
    office.send("after-silence")
    office.verdicts("after-silence", len(office.well()))
    assert office.verdicts(silent, 0) == []
    assert office.books(silent)["state"] == ""


def test_a_message_marked_for_errors_gets_through_at_the_third_time(office: Office) -> None:
    order_no = "error" + office.mark("error")
    body = message_of(office.form(), order_no)
    answers = [office.adapter.send(body, message_id="error-1") for _ in range(4)]
    assert [answer.outcome for answer in answers] == [
        Outcome.TRY_LATER,
        Outcome.TRY_LATER,
        Outcome.TAKEN,
        Outcome.DUPLICATE,
    ]
    assert answers[0].retry_after is not None
    assert len(office.verdicts(order_no, len(office.well()))) == len(office.well())
    assert office.books(order_no)["times_received"] == 1


def test_receipts_come_twice_when_asked(office: Office) -> None:
    order_no = "twice" + office.mark("duplicate")
    office.send(order_no)
    verdicts = office.verdicts(order_no, 2 * len(office.well()))
    assert Counter(verdict.code for verdict in verdicts) == dict.fromkeys(office.well(), 2)


def test_receipts_come_out_of_order_when_asked_and_their_times_tell(office: Office) -> None:
    order_no = "mixed" + office.mark("shuffle")
    office.send(order_no)
    verdicts = office.verdicts(order_no, len(office.well()))
    assert [verdict.code for verdict in verdicts] != office.well()
    told = sorted(verdicts, key=lambda verdict: verdict.at)
    assert [verdict.code for verdict in told] == office.well()


def test_one_marked_record_does_not_touch_its_neighbours(office: Office) -> None:
    marked = "among" + office.mark("reject")
    office.send("among-1", marked, "among-2")
    for order_no in ("among-1", "among-2"):
        verdicts = office.verdicts(order_no, len(office.well()))
        assert [verdict.code for verdict in verdicts] == office.well()


def test_the_same_message_again_is_a_duplicate_and_no_second_entry(office: Office) -> None:
    assert office.send("again") is Outcome.TAKEN
    assert office.send("again") is Outcome.DUPLICATE
    assert office.books("again")["times_received"] == 1


def test_the_same_record_in_another_message_gets_the_same_answers(office: Office) -> None:
    office.send("repeated", message_id="first")
    office.send("repeated", message_id="second")
    verdicts = office.verdicts("repeated", 2 * len(office.well()))
    assert verdicts[: len(office.well())] == verdicts[len(office.well()) :]
    entry = office.books("repeated")
    assert (entry["times_received"], entry["message_id"]) == (2, "first")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", b"not-well-formed"),
        (b"<CEB621Message", b"not-well-formed"),
        (b"<!DOCTYPE a><a/>", b"not-well-formed"),
        (b"<Stranger/>", b"unknown-message"),
    ],
)
def test_what_is_no_message_is_refused_with_a_reason(
    office: Office, body: bytes, reason: bytes
) -> None:
    answer = office.adapter.send(body, message_id="bad")
    assert (answer.outcome, answer.status) == (Outcome.REFUSED, 400)
    assert reason.decode() in answer.detail
    assert 'xml:lang="zh"' in answer.detail
    assert answer.body is None


def test_more_records_than_the_format_allows_are_refused(office: Office) -> None:
    many = [f"many-{number}" for number in range(office.script.batch + 1)]
    body = message_of(office.form(), *many)
    assert office.adapter.send(body, message_id="many").outcome is Outcome.REFUSED


def test_a_record_without_its_number_is_refused_with_its_message(office: Office) -> None:
    body = message_of(office.form(), "nameless").replace(b">nameless<", b"><")
    answer = office.adapter.send(body, message_id="nameless")
    assert answer.outcome is Outcome.REFUSED
    assert "no-key" in answer.detail


def test_books_are_read_in_pages_without_holes(own_office: Office) -> None:
    sent = [f"page-{number:02d}" for number in range(25)]
    own_office.send(*sent)
    read: list[str] = []
    after: int | None = 0
    while after is not None:
        page = own_office.ask(f"/books?after={after}&limit=10")
        read += [entry["orderNo"] for entry in page["items"]]
        after = page["next"]
    assert read == sent


def test_a_kill_loses_no_entry_and_no_receipt(own_office: Office) -> None:
    own_office.inbox.failures_to_come = 1
    sent = [f"killed-{number}" for number in range(5)]
    own_office.send(*sent)
    own_office.kill()
    own_office.start()
    for order_no in sent:
        verdicts = own_office.verdicts(order_no, len(own_office.well()))
        assert {verdict.code for verdict in verdicts} == set(own_office.well())
        assert own_office.books(order_no)["times_received"] == 1
    assert own_office.send(*sent) is Outcome.DUPLICATE


def test_receipts_wait_for_a_window_that_is_down(own_office: Office) -> None:
    own_office.inbox.failures_to_come = 3
    own_office.send("patient")
    verdicts = own_office.verdicts("patient", len(own_office.well()))
    assert sorted(v.code for v in verdicts) == sorted(own_office.well())


def test_the_page_of_an_agency_tells_its_marks_in_both_languages(office: Office) -> None:
    page = office.page()
    for mark in office.script.marks:
        assert mark.suffix in page
        assert mark.text_zh in page
        assert mark.text_en in page


def test_a_message_that_has_no_name_at_all_is_refused(office: Office) -> None:
    body = message_of(office.form(), "unnamed").replace(b"guid=", b"g=", 1)
    answer = office.adapter.send(body, message_id="")
    assert (answer.outcome, "no-message-id" in answer.detail) == (Outcome.REFUSED, True)
