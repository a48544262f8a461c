"""Every page that there is, with something on it, and who may look at it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select, update
from werkzeug.routing import Rule

from adapters import base
from single_window.accounts import mandates, service
from single_window.accounts.permissions import TABLE, Action, Role
from single_window.app import create_app
from single_window.demo.trades import Trade
from single_window.routing import dispatch, judging
from single_window.settings import Settings
from single_window.storage import tables as t
from single_window.storage.engine import beijing_day, now_ms
from single_window.storage.store import Store
from tests.bookkeeping import shop
from tests.journeys.modes import FOLLOWING, MODES, latin, of_each_mode
from tests.parties import join
from tests.portal import (
    INVENTORY,
    ORDER,
    PAYMENT,
    WAYBILL,
    Portal,
    agencies,
    csrf,
    made,
    message,
    opened,
    simulated,
    zipped,
)
from tests.window import Window

READERS = {
    "": None,
    "trader": Role.TRADER,
    "broker": Role.BROKER,
    "customs": Role.OFFICER,
    "operator": Role.OPERATOR,
    "newcomer": Role.TRADER,
}
"""Nobody, one of each kind, and a trader who has nothing yet."""
_NO_PAGE = frozenset(
    {
        *("operator.metrics", "openapi.describe", "forms.download", "help.consumer"),
        *("help.moved", "reference.index", "reference.rules_json"),
        *("declarations.download_told", "officer.download_told"),
        *("statistics.download_csv", "statistics.download_xlsx"),
    }
)
"""Addresses that are not for people to look at."""
_NAMES = {
    "reference.code_list": {"name": "currency"},
    "reference.message": {"name": ORDER},
    "reference.rule": {"code": "TAX-CBEC-01"},
    "help.guide": {"guide": "filer"},
    "trader.list_part": {"part": "done"},
    "forms.new": {"message": ORDER},
    "forms.new_of": {"regime": "ecommerce_export", "message": "DecMessage"},
    "bookshelf.new_entry": {"kind": "in"},
    "forms.find_codes": {"table": "currency"},
    "declarations.show_told": {"agency": "customs"},
    "forms.new_trade": {"regime": "ecommerce_import"},
}
"""What the names in an address stand for, where they are not about something filed."""
_ASKED = {"statistics.list_filings": "?measure=value&flow=export"}
"""What has to be asked for, without which there is no page."""
_MORE = {
    "": ("/nothing",),
    "trader": (
        "/declarations?order_no=nothing",
        "/declarations/{inventory}",
        "/declarations/{differing}",
        "/declarations/{waiting}",
        "/declarations/{returned}",
        "/submissions/{unchecked}",
        "/books/{book_no}/movements?item=1&place=waiting",
        "/books/{book_no}/movements?item=3&figure=consumed",
        "/books/{book_no}/enter/out",
        "/books/{book_no}/orders/W-0",
        "/books/{book_no}/serials/CFM-1-OUT",
    ),
    "broker": (
        "/submissions/{submission_id}?decision=reject",
        "/declarations/{waiting}",
        *(f"/declarations/{{{name}}}" for name in (*MODES, *FOLLOWING)),
    ),
    "customs": ("/officer?kind=done", "/submissions"),
}
"""Pages in another state: nothing found, waiting, held, returned, being checked, refused; and the
declarations of each mode."""
STATUS = {"nobody /nothing": 404, "customs /submissions": 403}
"""What is answered to who asks for what is not there or not theirs; 200 to all others."""


@dataclass(frozen=True, slots=True)
class Place:
    """A page as one reader asks for it; `address` has names for what it is about."""

    reader: str
    address: str

    def __str__(self) -> str:
        return f"{self.reader or 'nobody'} {self.address}"

    @property
    def picture(self) -> str:
        """The name of its picture."""
        return "-".join(re.findall(r"\w+", str(self)))


def places() -> list[Place]:
    """Every page by every reader who may see it, and some in another state."""
    with TemporaryDirectory() as folder:
        store = Store.open(Settings(data=Path(folder)))
        app = create_app(
            store, lambda _name, _argument: None, agencies=agencies(), simulated=simulated()
        )
    found = []
    for reader, role in READERS.items():
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
            action = getattr(app.view_functions[rule.endpoint], "needs", None)
            allowed = action is None or (role is not None and role in TABLE[action])
            if allowed and _is_page(rule) and not _is_told_by_others(reader, rule, action):
                found.append(Place(reader, _address(rule)))
        found += [Place(reader, address) for address in _MORE.get(reader, ())]
    return found


def _address(rule: Rule) -> str:
    """The address of a page, with names where something filed has to be put in."""
    address = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule) + _ASKED.get(rule.endpoint, "")
    for name, value in _NAMES.get(rule.endpoint, {}).items():
        address = address.replace("{" + name + "}", value)
    return address


def _is_page(rule: Rule) -> bool:
    """Whether the address answers with a whole page."""
    other = ("/live", ".xlsx", ".xml", ".css", "/rejected", "/<path:filename>")
    shows = "GET" in (rule.methods or ()) and not rule.rule.startswith("/api/")
    return shows and rule.endpoint not in _NO_PAGE and not rule.rule.endswith(other)


def _is_told_by_others(reader: str, rule: Rule, action: Action | None) -> bool:
    """Whether the page is the same as somebody else sees it, so that one look is enough."""
    if reader == "newcomer":
        return action is None or bool(rule.arguments)
    if rule.endpoint.startswith(("help.", "reference.")) and reader:
        return True
    if reader == "broker" and rule.endpoint.startswith(("forms.", "bookshelf.")):
        return True
    if reader == "operator" and rule.endpoint.startswith("bookshelf."):
        return True
    return action is None and reader not in ("", "trader") and rule.endpoint != "desk.home"


def furnished(fresh: Path, folder: Path) -> tuple[Portal, dict[str, dict[str, Any]]]:
    """A portal in which every page has something to show, and for whom it is called what.

    What was written into the papers is in Latin letters, so that Chinese on an English page is
    something that nobody has translated.
    """
    portal = opened(copytree(fresh, folder / "data"))
    join(portal, "newcomer", role=Role.TRADER)
    _end_access(portal)
    given = [latin(each) for each in made(8)]
    broker = _organisation(portal, "3301980XYZ")
    window = Window(portal.store, broker, broker)
    numbers = of_each_mode(window, beijing_day(now_ms()))
    filed = {"broker": numbers | _filed(portal, given[:4], "broker")}
    filed["trader"] = _filed(portal, given[4:], "trader")
    _ask(portal, [each["declaration_id"] for each in filed.values()])
    _mandate(portal)
    begun = _drafts(portal)
    begun |= shop(portal.store, "3301960ABC")
    for by, waiting in (("broker", given[1]), ("trader", given[5])):
        late = portal.call("/api/v1/submissions", data=message(PAYMENT, [waiting]), by=by)
        filed[by] |= {"unchecked": late.json["id"]} | begun
    return portal, {reader: filed.get(reader, filed["broker"]) for reader in READERS}


def _filed(portal: Portal, given: list[Trade], by: str) -> dict[str, Any]:
    """Trades of one filer: whole, without its papers, refused, and one whose papers differ."""
    trade, waiting, bad, differing = given
    for paper in (ORDER, PAYMENT, WAYBILL, INVENTORY):
        portal.file(message(paper, [trade]), by=by)
    portal.file(message(INVENTORY, [waiting]), by=by)
    differing.records[INVENTORY]["InventoryHead"]["buyerName"] = "Somebody Else"
    papers = (ORDER, PAYMENT, WAYBILL, INVENTORY)
    portal.file(zipped({f"{p}.xml": message(p, [differing]) for p in papers}), by=by,
                headers={"Content-Type": "application/zip"})  # fmt: skip
    bad.records[ORDER]["OrderHead"]["currency"] = "999"
    bad.records[ORDER]["OrderHead"]["buyerTelephone"] = "1" * 40
    told = portal.file(message(ORDER, [bad, waiting]), by=by)
    return {
        "declaration_id": _number(portal, trade, ORDER),
        "inventory": _number(portal, trade, INVENTORY),
        "differing": _number(portal, differing, INVENTORY),
        "waiting": _number(portal, waiting, INVENTORY),
        "returned": _number(portal, bad, ORDER),
        "submission_id": told["id"],
    }


def _end_access(portal: Portal) -> None:
    """Somebody is locked, and a key of the operator's revoked."""
    gone = join(portal, "gone", role=Role.BROKER)
    with portal.store.database.write() as connection:
        own = t.people.c.organisation_id == gone.id
        connection.execute(update(t.people).where(own).values(locked_at=now_ms()))
        operators = select(t.organisations.c.id).where(t.organisations.c.code == "OPERATOR")
        number: int = connection.execute(operators).scalar_one()
        service.issue_key(connection, number, role=Role.OPERATOR, label="old")
        service.revoke_keys(connection, number, label="old", now=now_ms())


def _ask(portal: Portal, numbers: list[int]) -> None:
    """The papers lie on the desk of customs, which holds these with a question."""
    settings = replace(portal.store.settings, agency_delivery={"customs": "pull"})
    dispatch.dispatch(
        replace(portal.store, settings=settings), portal.wake, base.load("customs", url="")
    )
    (agency,) = (each for each in agencies() if each.name == "customs")
    officer = judging.Officer("customs", "customs", agency.desk)
    asked = judging.Decision("hold", "Material?")
    for number in numbers:
        judging.judge(portal.store, portal.wake, officer, number, asked)


def _mandate(portal: Portal) -> None:
    """The demo's trader has given the demo's broker one mandate, and another for orders only."""
    trader_id = _organisation(portal, "3301960ABC")
    for messages in (None, {ORDER}):
        wrong = mandates.give(
            portal.store, trader_id, broker="3301980XYZ", messages=messages, last_day="",
            now=now_ms(),
        )  # fmt: skip
        assert wrong == []


def _organisation(portal: Portal, code: str) -> int:
    with portal.store.database.read() as connection:
        asked = select(t.organisations.c.id).where(t.organisations.c.code == code)
        return int(connection.execute(asked).scalar_one())


def _number(portal: Portal, trade: Trade, paper: str) -> int:
    query = f"order_no={trade.order_no}&message={paper}"
    (item,) = portal.call(f"/api/v1/declarations?{query}", by="operator").json["items"]
    return int(item["id"])


def _drafts(portal: Portal) -> dict[str, Any]:
    """A form that somebody has begun, and one of a whole trade."""
    client = portal.browser("trader")
    one, many = f"/forms/new/{ORDER}", "/forms/trades/new/ecommerce_import"
    for page in (one, many):
        client.post(page, data={"csrf": csrf(client, page), "_do": "save"})
    with portal.store.database.read() as connection:
        rows = connection.execute(select(t.drafts.c.id, t.drafts.c.trade)).all()
    return {
        "draft_id": next(row.id for row in rows if not row.trade),
        "trade": next(row.trade for row in rows if row.trade),
    }
