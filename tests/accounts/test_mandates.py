"""In whose name may be filed: a mandate holds at once, within its scope, and ends at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import update

from single_window.accounts import mandates, service
from single_window.accounts.permissions import Role
from single_window.declarations.service import Unknown
from single_window.storage.engine import now_ms
from single_window.storage.tables import mandates as table
from tests.parties import Party, join, sent_by
from tests.portal import ORDER, PAYMENT, WAYBILL, Portal, csrf, made

DAY_MS = 86_400_000
NOON_1 = 1_800_000_000_000


@dataclass
class Desk:
    """A trader and a broker who know each other, at one portal."""

    portal: Portal
    trader: Party
    broker: Party

    def give(self, messages: set[str] | None = None, last_day: str = "") -> list[str]:
        """The trader gives the broker a mandate."""
        return mandates.give(
            self.portal.store,
            self.trader.id,
            broker=self.broker.code,
            messages=messages,
            last_day=last_day,
            now=now_ms(),
        )

    def file(self, paper: str = ORDER, *, by: str = "hand", seed: int = 1) -> Any:
        """The broker files in the trader's name; returns the answer."""
        body = sent_by(self.trader.code, paper, made(1, seed=seed))
        answer = self.portal.call("/api/v1/submissions", data=body, by=by)
        self.portal.work()
        return answer

    def end(self) -> None:
        """The trader ends all mandates it has given."""
        with self.portal.store.database.read() as connection:
            found = mandates.listed(connection, self.trader.id, now=now_ms())
        for each in found:
            mandates.end(self.portal.store, self.trader.id, each.id, now=now_ms())

    def clients(self) -> list[str]:
        """The companies that the broker may transmit for."""
        with self.portal.store.database.read() as connection:
            return [each.code for each in service.clients(connection, self.broker.id)]


@pytest.fixture
def desk(portal: Portal) -> Desk:
    trader = join(portal, "shop", role=Role.TRADER)
    return Desk(portal, trader, join(portal, "hand", role=Role.BROKER))


def _code(answer: Any) -> str:
    assert answer.status_code == 403, answer.text
    (finding,) = answer.json["findings"]
    assert finding["text_zh"] and finding["remedy_en"]
    return str(finding["code"])


def test_nobody_files_for_a_company_that_gave_no_mandate(desk: Desk) -> None:
    assert _code(desk.file()) == "REC-COMPANY"
    assert desk.clients() == [desk.broker.code]


def test_a_mandate_holds_at_once(desk: Desk) -> None:
    assert desk.give() == []
    assert desk.file().status_code == 202
    assert desk.clients() == [desk.broker.code, desk.trader.code]


def test_a_company_files_in_its_own_name(desk: Desk) -> None:
    assert desk.file(by="shop").status_code == 202


def test_a_mandate_that_was_ended_stops_at_once_and_says_when(desk: Desk) -> None:
    desk.give()
    desk.end()
    assert _code(desk.file()) == "REC-MANDATE-ENDED"
    assert desk.clients() == [desk.broker.code]


def test_the_same_file_may_come_again_once_there_is_a_mandate(desk: Desk) -> None:
    assert desk.file().status_code == 403
    desk.give()
    answer = desk.file()
    assert (answer.status_code, answer.json["repeated"]) == (202, False)


def test_a_mandate_ends_by_itself_after_its_last_day(desk: Desk) -> None:
    desk.give()
    with desk.portal.store.database.write() as connection:
        connection.execute(update(table).values(valid_from=1, valid_to=now_ms() - 1))
    assert _code(desk.file()) == "REC-MANDATE-ENDED"


def test_a_mandate_is_for_its_messages_only(desk: Desk) -> None:
    desk.give({ORDER})
    assert desk.file(ORDER).status_code == 202
    assert _code(desk.file(PAYMENT)) == "REC-MANDATE-SCOPE"
    desk.give({PAYMENT})
    assert desk.file(PAYMENT).status_code == 202
    with desk.portal.store.database.read() as connection:
        _, client = service.clients(connection, desk.broker.id)
    assert client.allows(ORDER) and client.allows(PAYMENT) and not client.allows(WAYBILL)


def test_the_last_day_counts_whole_and_in_beijing(desk: Desk) -> None:
    store = desk.portal.store
    # 2027-01-15 16:00 in Beijing
    wrong = mandates.give(
        store, desk.trader.id, broker=desk.broker.code, messages=None, last_day="2027-01-15",
        now=NOON_1,
    )  # fmt: skip
    assert wrong == []
    with store.database.read() as connection:
        (found,) = mandates.listed(connection, desk.trader.id, now=NOON_1)
    assert found.valid_to == NOON_1 + 8 * 3_600_000


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        ({"broker": "NOBODY"}, ["broker"]),
        ({"broker": "3301SHOP"}, ["broker"]),
        ({"messages": set()}, ["messages"]),
        ({"messages": {"CEB999Message"}}, ["messages"]),
        ({"last_day": "2027-01-14"}, ["day"]),
        ({"last_day": "tomorrow"}, ["day"]),
        ({"last_day": "9999-12-31"}, ["day"]),
        ({"broker": "", "messages": set(), "last_day": "x"}, ["broker", "day", "messages"]),
    ],
)
def test_a_mandate_that_makes_no_sense_is_not_given(
    desk: Desk, asked: dict[str, Any], wrong: list[str]
) -> None:
    given: dict[str, Any] = {"broker": desk.broker.code, "messages": None, "last_day": ""}
    found = mandates.give(desk.portal.store, desk.trader.id, **given | asked, now=NOON_1)
    assert found == wrong
    assert desk.clients() == [desk.broker.code]


def test_only_the_two_sides_see_or_end_a_mandate(desk: Desk) -> None:
    desk.give()
    stranger = join(desk.portal, "stranger", role=Role.TRADER)
    with desk.portal.store.database.read() as connection:
        (mine,) = mandates.listed(connection, desk.broker.id, now=now_ms())
        assert mandates.listed(connection, stranger.id, now=now_ms()) == []
    with pytest.raises(Unknown):
        mandates.end(desk.portal.store, stranger.id, mine.id, now=now_ms())
    mandates.end(desk.portal.store, desk.broker.id, mine.id, now=now_ms())
    assert desk.clients() == [desk.broker.code]


def test_what_was_filed_can_be_read_but_not_changed_after_the_mandate(desk: Desk) -> None:
    desk.give()
    number = desk.file().json["id"]
    path = f"/api/v1/submissions/{number}/records"
    declaration = desk.portal.call(path, by="hand").json["items"][0]["declaration"]
    desk.end()
    where = f"/api/v1/declarations/{declaration}"
    assert desk.portal.call(where, by="hand").status_code == 200
    answer = desk.portal.call(f"{where}/withdraw", by="hand", method="POST")
    assert (answer.status_code, answer.json["code"]) == (409, "SVC-NO-MANDATE")
    assert desk.portal.call(f"{where}/withdraw", by="shop", method="POST").status_code == 200


def test_a_trader_gives_and_ends_a_mandate_on_its_page(desk: Desk) -> None:
    client = desk.portal.browser("shop")
    form = {"csrf": csrf(client, "/mandates"), "broker": desk.broker.code, "scope": "some"}
    answer = client.post("/mandates", data=form)
    assert answer.status_code == 422 and "Choose at least one message" in answer.text
    assert f'value="{desk.broker.code}"' in answer.text
    assert client.post("/mandates", data=form | {"messages": [ORDER]}).status_code == 303
    assert "Test hand" in client.get("/mandates").text
    assert "Test shop" in desk.portal.browser("hand").get("/mandates").text
    (found,) = desk.portal.browser("hand").get("/mandates").text.split("/end")[:-1]
    where = f"/mandates/{found.rpartition('/')[2]}/end"
    assert client.post(where, data={"csrf": form["csrf"]}).status_code == 303
    assert _code(desk.file()) == "REC-MANDATE-ENDED"


def test_a_broker_gives_no_mandates(desk: Desk) -> None:
    client = desk.portal.browser("hand")
    page = client.get("/mandates").text
    assert "Give a mandate" not in page
    answer = client.post("/mandates", data={"csrf": csrf(client, "/mandates"), "broker": "x"})
    assert answer.status_code == 403
