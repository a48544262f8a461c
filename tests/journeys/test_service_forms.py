"""A foreign firm is paid from the page of its contract, nothing typed twice; a deal is compared."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests import services
from tests.journeys import filling
from tests.journeys.conftest import running
from tests.journeys.reader import PATIENCE_MS, Reader
from tests.journeys.world import World, today

expect.set_options(timeout=PATIENCE_MS)
CONTRACT, PAYMENT = "DEMO-ENG-01", "OutboundPaymentMessage"
SCREENS = (("zh", 390), ("en", 1280))
HALF = "80000.00"
MOST = 25
"""Inputs of a payment under a contract that the window knows: what is typed or chosen."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A window to which a newcomer comes: with the examples of the demonstration."""
    yield from running(tmp_path_factory.mktemp("world"), DEMO_FILINGS="yes")


class Clerk(Reader):
    """Somebody who counts what has to be typed or chosen."""

    def __init__(self, browser: Browser, url: str, lang: str, width: int) -> None:
        super().__init__(browser, url, lang, width)
        self.given: dict[str, str] = {}

    def begin(self, number: int, message: str) -> None:
        """Begins a paper on the page of another."""
        self.go(f"/declarations/{number}")
        assert self.complaints() == []
        self.page.locator(f'a[href^="/forms/new/{message}?"]').click()
        self.given = {}

    def type(self, **values: str) -> None:
        """Types into inputs of the paper, by the ends of their names."""
        for name, text in values.items():
            place = self.page.locator(f'#paper-form [data-kind][name$=".{name}"]')
            assert place.input_value() == ""
            place.focus()
            filling.write(self.page, text)
            self.page.keyboard.press("Tab")
            self.given[name] = text

    def choose_ready(self, *names: str) -> None:
        """Takes the first ready choice beside an input."""
        for name in names:
            box = self.page.locator(f'[data-field$="-{name}"]')
            choice = box.locator(".ready button").first
            words = choice.get_attribute("value") or ""
            choice.click()
            self.given[name] = words.partition("=")[2]
            expect(box.locator("[data-kind]")).to_have_value(self.given[name])

    def holds(self, **values: str) -> None:
        """Sees what the window filled in."""
        for name, text in values.items():
            place = self.page.locator(f'#paper-form [data-kind][name$=".{name}"]')
            expect(place).to_have_value(text)

    def file(self) -> None:
        """Files the paper."""
        assert self.complaints() == []
        self.page.get_by_role("button", name=self.t("forms.file"), exact=True).click()
        self.page.wait_for_url("**/submissions/*")
        assert self.complaints() == []


@pytest.fixture
def clerks(world: World, chromium_window: Browser) -> Iterator[list[Clerk]]:
    """Two clerks of the company: one with a phone, one at a desk."""
    made = [
        Clerk(chromium_window, world.url, lang, width)
        for lang, width in (("zh", 390), ("en", 1280))
    ]
    for each in made:
        each.log_in("trader", world.password("trader"))
        expect(each.page.get_by_role("button", name=each.t("log_out"))).to_be_attached()
    yield made
    for each in made:
        each.close()


def test_a_contract_is_paid_in_halves_and_the_taxes_are_reported(
    world: World, clerks: list[Clerk]
) -> None:
    contract = _until(world, CONTRACT, "ServiceContractMessage", "accepted")
    records = set()
    for at, clerk in enumerate(clerks, 1):
        typed = _pay(clerk, contract["id"], at)
        paid = _until(world, typed["paymentNo"], PAYMENT, "accepted")
        number = paid["numbers"]["taxRecordNo"]
        assert number not in typed.values()
        _what_was_told(clerk, paid["id"], number, typed)
        _report_the_taxes(clerk, paid, at)
        _until(world, typed["paymentNo"], PAYMENT, "closed")
        clerk.go(f"/declarations/{paid['id']}")
        expect(clerk.page.locator(".stand")).to_contain_text(
            clerk.t(f"service_trade:{PAYMENT}:stand.closed")
        )
        assert clerk.complaints() == []
        records.add(number)
    assert len(records) == 1
    assert _balance(world, contract["id"]) == "0"


@pytest.mark.parametrize("screen", SCREENS, ids=lambda given: f"{given[0]}-{given[1]}")
def test_an_officer_sees_the_three_flows_of_a_deal(
    world: World, chromium_window: Browser, screen: tuple[str, int]
) -> None:
    lang = screen[0]
    fits = world.hand_over(services.paper("offshore-deal", _another(f"FITS-{lang}")))
    unlike = {"SaleGoods.1.qty": "124", "SaleGoods.1.amount": "1041600.00"}
    unlike |= {"Sale.amount": "1041600.00", "Sale.bank": "Elsewhere Bank"}
    held = world.hand_over(services.paper("offshore-deal", _another(f"HELD-{lang}") | unlike))
    assert held["decision"] == "hold"
    assert {each["code"] for each in held["findings"]} >= {"OFF-03", "OFF-04"}
    where = f"/declarations/{fits['id']}"
    world.until(lambda: world.get(where)["outcome"] == "accepted", "the deal is accepted")
    for user, path, found, tone in (
        ("fx", f"/officer{where}", fits, "good"),
        ("broker", f"/declarations/{held['id']}", held, "wait"),
    ):
        reader = Reader(chromium_window, world.url, *screen)
        reader.log_in(user, world.password(user))
        expect(reader.page.get_by_role("button", name=reader.t("log_out"))).to_be_attached()
        reader.go(path)
        sheet = reader.page.locator(".report-sheet")
        expect(sheet.locator(f".notice.{tone}")).to_have_count(1)
        expect(sheet).to_contain_text("XIN HAI")
        shown = {*sheet.locator("td a").all_inner_texts()}
        assert shown == (set() if found is fits else {"OFF-03", "OFF-04"})
        assert reader.complaints() == []
        reader.close()


def _another(number: str) -> dict[str, str]:
    """What makes a deal another one."""
    return {"Head.dealNo": number, "TitleDocument.blNo": f"BL-{number}"}


def _pay(clerk: Clerk, contract: int, at: int) -> dict[str, str]:
    """Files one of two payments; returns all that had to be typed or chosen."""
    clerk.begin(contract, PAYMENT)
    before = f"{80000 * (at - 1)}.00"
    clerk.holds(contractNo=CONTRACT, currency="USD", item="228031", instalment=str(at))
    clerk.holds(paidBefore=before, payerCode="91120116MA06DEM01L", taxResponsibility="ALL")
    clerk.type(
        paymentNo=f"PAY-{at}", invoiceNo=f"RA-{at}", amount=HALF,
        paymentDate=f"{today() + timedelta(days=at):%Y%m%d}",
        payerBank="Bank of China Tianjin", payeeAccount="DE89370400440532013000",
        payeeBank="Commerzbank AG COBADEFFXXX", exchangeRate="7.1",
    )  # fmt: skip
    clerk.choose_ready("transactionRemark", "vatRate", "deemedProfit")
    typed = dict(clerk.given)
    assert len(typed) <= MOST
    known = clerk.page.locator('#paper-form [data-kind]:not([name$=".paidBefore"])').evaluate_all(
        "inputs => inputs.map(each => each.value)"
    )
    assert len({*typed.values()}) == len(typed)
    assert all(known.count(text) == 1 for text in typed.values() if len(text) > 3)
    clerk.file()
    return typed


def _what_was_told(clerk: Clerk, number: int, record: str, typed: dict[str, str]) -> None:
    """The timeline leads to what each agency was told: what was typed once, and what was not."""
    told = {}
    for agency in ("tax", "fx"):
        clerk.go(f"/declarations/{number}")
        expect(clerk.page.locator(".stand")).to_contain_text(
            clerk.t(f"service_trade:{PAYMENT}:stand.accepted.act")
        )
        assert clerk.complaints() == []
        link = f'a[href="/declarations/{number}/told/{agency}"]:visible'
        clerk.page.locator(link).first.click()
        told[agency] = clerk.page.locator("main").inner_text()
        assert clerk.complaints() == []
    assert record in told["fx"]
    assert typed["paymentNo"] in told["tax"] and typed["paymentNo"] in told["fx"]
    assert CONTRACT in told["tax"] and "Rhein Anlagenplanung GmbH" in told["fx"]
    assert typed["payeeAccount"] not in told["fx"]


def _report_the_taxes(clerk: Clerk, paid: dict[str, Any], at: int) -> None:
    """The report of the taxes withheld asks for the day and the voucher, and for nothing else."""
    clerk.begin(paid["id"], "WithholdingReportMessage")
    amounts = paid["amounts"]
    clerk.holds(paymentNo=f"PAY-{at}", taxRecordNo=paid["numbers"]["taxRecordNo"])
    clerk.holds(vat=amounts["vat"], cit=amounts["cit"])
    clerk.type(paidDate=f"{today():%Y%m%d}", voucherNo=f"TAX-{at}")
    clerk.file()


def _balance(world: World, contract: int) -> str:
    (line, *_) = _get(world, f"/declarations/{contract}")["balances"]
    return str(line["left"])


def _get(world: World, path: str, **query: str) -> Any:
    answer = world.call("GET", path, key="trader", params=query)
    assert answer.ok, answer.text
    return answer.json()


def _until(world: World, number: str, message: str, outcome: str) -> dict[str, Any]:
    """The declaration that names the number, once it has this outcome."""
    found: list[dict[str, Any]] = []

    def there() -> bool:
        items = _get(world, "/declarations", message=message)["items"]
        each_whole = [_get(world, f"/declarations/{each['id']}") for each in items]
        found[:] = [
            each
            for each in each_whole
            if each["outcome"] == outcome and number in [fact["value"] for fact in each["facts"]]
        ]
        return bool(found)

    world.until(there, f"{message} {number} is {outcome}")
    return found[0]
