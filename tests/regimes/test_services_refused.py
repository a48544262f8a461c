"""What cannot be of services is refused for what it is, and nothing of it is booked.

Each case of the table stands beside papers of one company that are in order, and has a twin that
differs in what is wrong, and passes.
"""

from __future__ import annotations

import csv
import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from single_window.declarations import trades
from single_window.storage import tables as t
from single_window.storage.engine import AnyRow
from tests import offices
from tests.declarations.laws import Company, broken, settle
from tests.offices import Office
from tests.services import FOLDER
from tests.window import Window, opened

with (FOLDER / "refused.csv").open(encoding="utf-8", newline="") as _file:
    CASES = list(csv.DictReader(_file))
ANY = "*"
"""Beside the finding of the case there may be any others."""
_numbers = itertools.count(1)


@dataclass
class Scene:
    """A company with contracts, payments, receipts and a deal that are in order, and with room."""

    company: Company
    names: dict[str, str]

    @classmethod
    def of(cls, window: Window, both: Mapping[str, Office]) -> Scene:
        """Files what cases stand beside, and has it accepted."""
        company = Company(window)
        own = company.number
        company.register("I", "80000.00")
        company.register("E", "500000.00")
        for number in (f"{own}-R", f"{own}-X"):
            company.file("engineering-contract", contractNo=number, totalAmount="200000.00")
        settle(window, both)
        closing = {"contractNo": f"{own}-X", "registerType": "3", "changeNo": "1"}
        company.file("engineering-contract", **closing)
        paid, got = company.pay("60000.00"), company.receive("20000.00")
        company.pay("60000.00", contractNo=f"{own}-R", recordAmount="150000.00")
        deal = company.deal(f"{own}-D", f"Bill {own}")
        settle(window, both)
        held = company.pay("0.01", "AH", contractNo=f"{own}-R", paymentNo=f"{own}-H-AH")
        told, due = (
            company.pay("0.01", contractNo=f"{own}-R", paymentNo=f"{own}-{name}") for name in "WV"
        )
        settle(window, both)
        company.report(company.at(told))
        settle(window, both)
        company.report(company.at(due))
        for each in (paid, got, due, deal):
            assert company.at(each).outcome == "accepted"
        names = {"I": f"{own}-I", "E": f"{own}-E", "R": f"{own}-R", "X": f"{own}-X"}
        names |= {"BL": f"Bill {own}", "bl": f"bill{own.lower()}", "W": f"{own}-W", "V": f"{own}-V"}
        last = {"P": paid, "G": got, "H": held}
        return cls(company, names | {n: row.key.rpartition("|")[2] for n, row in last.items()})

    def file(self, paper: str, told: str) -> AnyRow:
        """Files a paper of the scene with these changes ("amount=1.00; currency=CNY")."""
        own = f"{self.company.number}-{next(_numbers)}"
        names = {**self.names, "own": own}
        base, more = _PAPERS[paper]
        pairs = [each.strip(";").lstrip().partition("=") for each in told.split("; ") if each]
        changes = {name: text for name, _, text in pairs}
        values = {name: text.format(**names) for name, text in {**more, **changes}.items()}
        return self.company.file(base, **values)

    def books(self) -> tuple[list[Any], ...]:
        """All that is booked: the ledgers, and what papers have taken."""
        window = self.company.window
        taken = [tuple(row) for row in _touches(window) if row.units > 0]
        return [tuple(row) for row in window.rows_of_ledger() if row.used_fen], taken


_PAPERS: dict[str, tuple[str, dict[str, str]]] = {
    "payment": (
        "engineering-payment",
        {"paymentNo": "{own}", "contractNo": "{I}", "amount": "100.00", "paidBefore": "60000"},
    ),
    "receipt": ("kpo-receipt", {"receiptNo": "{own}", "contractNo": "{E}"}),
    "refund": (
        "kpo-receipt",
        {"receiptNo": "{own}", "contractNo": "{I}", "receiptKind": "R", "refundOf": "{P}",
         "payeeCode": "91120118MA07TEK03K", "currency": "USD", "transactionRemark": "退款"},
    ),
    "repayment": (
        "engineering-payment",
        {"paymentNo": "{own}", "contractNo": "{E}", "isRefund": "1", "payKind": "R",
         "refundOf": "{G}", "payerCode": "91120118MA07KPX05D", "transactionRemark": "退款"},
    ),
    "change": (
        "engineering-contract",
        {"contractNo": "{I}", "totalAmount": "90000.00", "registerType": "2", "changeNo": "7"},
    ),
    "change of an export": (
        "kpo-contract", {"contractNo": "{E}", "registerType": "2", "changeNo": "7"},
    ),
    "contract": ("engineering-contract", {"contractNo": "{own}"}),
    "technology": ("technology-contract", {"contractNo": "{own}"}),
    "report": ("engineering-withholding", {"paymentNo": "{W}", "voucherNo": "{own}"}),
    "deal": ("offshore-deal", {"dealNo": "{own}", "TitleDocument.blNo": "{own}"}),
}  # fmt: skip


def _touches(window: Window) -> list[AnyRow]:
    with window.store.database.read() as connection:
        order = (t.touches.c.declaration_id, t.touches.c.line)
        return list(connection.execute(t.touches.select().order_by(*order)))


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """The scene, which cases leave as it was."""
    folders = [tmp_path_factory.mktemp(name) for name in ("window", "offices")]
    with opened(folders[0]) as window, offices.opened(folders[1]) as both:
        yield Scene.of(window, both)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['paper']} {case['case']}")
def test_what_cannot_be_is_refused_for_what_it_is(scene: Scene, case: dict[str, str]) -> None:
    before, window = scene.books(), scene.company.window
    row = scene.file(case["paper"], case["changes"])
    found = {each["code"]: each for each in window.shown(row.id)["findings"]}
    assert found.get(case["finding"], {}).get("severity") == case["severity"], [*found]
    assert case["beside"] == ANY or {*found} == {case["finding"], *case["beside"].split()}
    said = found[case["finding"]]
    assert said["path"] == case["path"]
    for name in ("text_zh", "text_en", "remedy_zh", "remedy_en"):
        assert said[name] and "{" not in said[name], name
    if case["severity"] == "reject":
        assert (row.outcome, scene.books()) == ("rejected", before)
    twin = scene.file(case["paper"], case["twin"]) if case["twin"] else None
    if twin is not None:
        assert twin.decision in ("accept", "warn"), window.codes(twin.id)
        assert scene.company.withdraw(twin)
    scene.company.withdraw(row)
    assert (scene.books(), broken(window, {})) == (before, [])


def at_once(*acts: Callable[[], AnyRow]) -> list[AnyRow]:
    """What each of these files, all at the same moment."""
    ready, rows = threading.Barrier(len(acts)), list[AnyRow]()

    def run(act: Callable[[], AnyRow]) -> None:
        ready.wait()
        rows.append(act())

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return rows


def test_the_last_of_a_record_goes_to_one_of_two(window: Window, tmp_path: Path) -> None:
    with offices.opened(tmp_path) as both:
        company = Company(window)
        company.register("I")
        first = company.pay("60000.00")
        settle(window, both)
        rows = at_once(*[lambda: company.pay("80000.00")] * 2)
        settle(window, both)
        now = [company.at(each) for each in rows]
    assert company.at(first).outcome == "accepted"
    assert sorted(each.outcome for each in now) == ["accepted", "rejected"]
    (refused,) = (each for each in now if each.outcome == "rejected")
    assert "SVC-CONTRACT-REST" in window.codes(refused.id)
    assert broken(window, company.most) == []


def test_a_bill_of_lading_goes_to_one_of_two_deals_and_is_free_again(window: Window) -> None:
    company = Company(window)
    rows = at_once(*[lambda n=n: company.deal(f"{n}", "BL 7") for n in "AB"])  # type: ignore[misc]
    assert sorted(each.outcome for each in rows) == ["rejected", "under_way"]
    (kept,) = (each for each in rows if each.outcome == "under_way")
    (refused,) = (each for each in rows if each.outcome == "rejected")
    assert "OFF-05" in window.codes(refused.id)
    assert company.withdraw(kept)
    assert company.deal("C", "bl7").outcome == "under_way"


def test_what_fx_refused_is_filed_again_under_its_number_and_paid(
    sqlite_window: Window, tmp_path: Path
) -> None:
    window, company = sqlite_window, Company(sqlite_window, "80000.00")
    with offices.opened(tmp_path) as both:
        company.register("I")
        refused = company.pay("80000.00", "AR")
        settle(window, both)
        assert company.at(refused).outcome == "rejected"
        both["fx"].mild = True
        again = company.pay("80000.00", paymentNo=refused.key.rpartition("|")[2])
        settle(window, both)
        assert company.at(again).outcome == "accepted"
        assert [each["there"] for office in both.values() for each in office.books.accounts()] == [
            0, 0, 0,
        ]  # fmt: skip
    assert broken(window, company.most) == []


@pytest.mark.parametrize(
    "stranger", [{"contractNo": "NOWHERE"}, {"payerCode": "91120118MA07KPX05D"}]
)
def test_a_payment_waits_for_its_own_companys_contract_and_expires(
    sqlite_window: Window, stranger: dict[str, str]
) -> None:
    window, company = sqlite_window, Company(sqlite_window)
    company.register("I")
    row = company.pay("100.00", **stranger)
    window.pair()
    assert (company.at(row).outcome, window.codes(row.id)) == ("waiting", ["SVC-PAPER-MISSING"])
    with window.store.database.write() as connection:
        own = t.declarations.c.id == row.id
        connection.execute(update(t.declarations).where(own).values(wait_until=1))
    trades.expire_due(window.store)
    assert company.at(row).outcome == "rejected"
    assert "SVC-PAPER-EXPIRED" in window.codes(row.id)
    assert broken(window, company.most) == []
    mended = company.pay("100.00")
    assert mended.decision == "accept"
