"""The life of a service: contract, tax record, payment, taxes paid in; receipts; offshore deals."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from single_window.storage.engine import beijing_day, now_ms
from tests import repairs, services
from tests.journeys.conftest import running
from tests.journeys.world import World

RATES = """currency,day,rate,source
USD,2026-11-18,7.0900,invented
EUR,2026-11-18,8.2300,invented
JPY,2026-11-18,0.0470,invented
USD,2026-11-20,7.1000,invented
EUR,2026-11-20,8.2400,invented
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A window whose operator has entered the middle rates of two days."""
    registers: Path = tmp_path_factory.mktemp("registers")
    (registers / "middle_rates.csv").write_text(RATES, "utf-8")
    yield from running(tmp_path_factory.mktemp("world"), REGISTERS=str(registers))


def file(world: World, name: str, **changes: str) -> dict[str, Any]:
    """Hands in a paper of services, its head with these values; the declaration as judged."""
    values = {each if "." in each else f"Head.{each}": text for each, text in changes.items()}
    values.setdefault("Head.guid", str(uuid.uuid4()).upper())
    found: dict[str, Any] = world.hand_over(services.paper(name, values))
    return found


def until(world: World, filed: Mapping[str, Any], outcome: str) -> dict[str, Any]:
    """The declaration, once it has this outcome."""
    assert filed["decision"] in ("accept", "warn"), filed["findings"]
    where = f"/declarations/{filed['id']}"
    world.until(lambda: world.get(where)["outcome"] == outcome, f"{filed['message']} is {outcome}")
    found: dict[str, Any] = world.get(where)
    return found


def contract(world: World, name: str, number: str, **changes: str) -> dict[str, Any]:
    """A contract that tax and foreign exchange have registered."""
    return until(world, file(world, name, contractNo=number, **changes), "accepted")


def codes(filed: Mapping[str, Any]) -> set[str]:
    """The findings that refuse or hold, by their codes."""
    return {each["code"] for each in filed["findings"] if each["severity"] != "warn"}


def verdicts(filed: Mapping[str, Any]) -> dict[str, str]:
    """What each agency that was asked has said."""
    return {leg["agency"]: leg["verdict"] for leg in filed["legs"]}


def test_a_payment_under_the_line_needs_no_tax_record(world: World) -> None:
    contract(world, "engineering-contract", "ENG-LOW")
    paid = file(
        world, "engineering-payment", contractNo="ENG-LOW", paymentNo="LOW-1", amount="30000.00"
    )
    paid = until(world, paid, "accepted")
    assert verdicts(paid) == {"fx": "accepted"}, "tax is not asked"
    assert paid["amounts"]["record_needed"] == "0"
    plan = {step["step"]: step["state"] for step in paid["plan"]}
    assert plan["OutboundPaymentMessage/tax"] == "unneeded"


def test_a_payment_over_the_line_in_two_instalments(world: World) -> None:
    registered = contract(world, "engineering-contract", "ENG-TWO", totalAmount="160000.00")
    parts = []
    for at in ("1", "2"):
        part = {"contractNo": "ENG-TWO", "paymentNo": f"TWO-{at}", "instalment": at}
        before = {"paidBefore": "0" if at == "1" else "80000.00"}
        parts.append(until(world, file(world, "engineering-payment", **part, **before), "accepted"))
    first, second = parts
    assert verdicts(first) == verdicts(second) == {"tax": "accepted", "fx": "accepted"}
    assert first["numbers"]["taxRecordNo"] == second["numbers"]["taxRecordNo"], "filed once"
    assert second["contradictions"] == []
    balances = {
        line["gnum"]: line["left"]
        for line in world.get(f"/declarations/{registered['id']}")["balances"]
    }
    assert set(balances.values()) == {"0"}, balances
    third = file(
        world, "engineering-payment", contractNo="ENG-TWO", paymentNo="TWO-3", amount="1.00"
    )
    assert codes(third) == {"SVC-CONTRACT-REST"}
    withheld = {name: str(first["amounts"][name]) for name in ("vat", "cit")}
    report = {"paymentNo": "TWO-1", "taxRecordNo": first["numbers"]["taxRecordNo"]}
    filed = file(world, "engineering-withholding", voucherNo="V-TWO-1", **report, **withheld)
    until(world, filed, "accepted")
    until(world, first, "closed")


def test_a_payment_waits_for_its_contract(world: World) -> None:
    paid = file(world, "engineering-payment", contractNo="ENG-LATE", paymentNo="LATE-1")
    assert paid["outcome"] == "waiting"
    contract(world, "engineering-contract", "ENG-LATE")
    until(world, paid, "accepted")


def test_where_tax_asks_back_the_rest_waits(world: World) -> None:
    contract(world, "engineering-contract", "ENG-ASK")
    paid = file(world, "engineering-payment", contractNo="ENG-ASK", paymentNo="ASK-T-TAX-HOLD")
    held = until(world, paid, "accepted")
    assert verdicts(held)["tax"] == "accepted", "marks belong to the contract's number"
    held_contract = file(world, "engineering-contract", contractNo="HELD-T-TAX-HOLD")
    until(world, held_contract, "held")
    waits = file(world, "engineering-payment", contractNo="HELD-T-TAX-HOLD", paymentNo="HELD-1")
    assert waits["outcome"] == "waiting"
    assert [step["state"] for step in waits["plan"] if step["step"].endswith("PaymentMessage/fx")]


def test_a_royalty_with_a_treaty(world: World) -> None:
    contract(world, "royalty-contract", "ROY-1")
    taxes = {
        "taxResponsibility": "ALL",
        "vatRate": "0.06",
        "citRate": "0.10",
        "treatyArticle": "12",
    }
    told = {f"Tax.{name}": text for name, text in taxes.items()}
    paid = file(world, "royalty-payment", contractNo="ROY-1", paymentNo="ROY-P1", **told)
    paid = until(world, paid, "accepted")
    assert paid["amounts"]["usd"] == "53385.92", "46,000 EUR by the middle rates of the day"
    assert paid["amounts"]["exchange_rate"] == "8.2400", "what the message leaves open"
    assert {"revenue", "vat", "cit", "net_paid"} <= paid["amounts"].keys()
    low = told | {"Tax.citRate": "0.01"}
    held = file(world, "royalty-payment", contractNo="ROY-1", paymentNo="ROY-P2", **low)
    assert codes(held) == {"SVC-WHT-07"}, "less than the treaty's rate"


def test_a_technology_import_with_a_licence(world: World) -> None:
    restricted = {"Technology.techClass": "2", "Technology.licenceNo": ""}
    refused = file(world, "technology-contract", contractNo="TEC-NO", **restricted)
    assert codes(refused) == {"SVC-TEC-04"}
    licensed = restricted | {"Technology.licenceNo": "XK-2026-0001"}
    contract(world, "technology-contract", "TEC-YES", **licensed)
    details = {
        "contractNo": "TEC-YES", "paymentNo": "TEC-P1", "item": "231020", "amount": "100000.00",
        "transactionRemark": "专有技术使用费", "payerCode": payer("technology-contract"),
    }  # fmt: skip
    paid = until(world, file(world, "engineering-payment", **details), "accepted")
    assert verdicts(paid) == {"tax": "accepted", "fx": "accepted"}


def payer(name: str) -> str:
    """The company of a paper's contract."""
    return str(services.record(name)["DomesticParty"]["uscc"])


def test_an_export_of_knowledge_with_receipts_in_three_currencies(world: World) -> None:
    for currency in ("USD", "EUR", "JPY"):
        number = f"KPO-{currency}"
        contract(world, "kpo-contract", number, currency=currency)
        told = {"contractNo": number, "receiptNo": f"R-{currency}", "currency": currency}
        received = until(world, file(world, "kpo-receipt", **told), "accepted")
        assert received["amounts"]["usd"]
    other = file(world, "kpo-receipt", contractNo="KPO-USD", receiptNo="R-OTHER", currency="EUR")
    assert codes(other) == {"SVC-CONTRACT-CURRENCY"}


def test_a_repair_fee_belongs_to_its_engine(world: World) -> None:
    opened = until(world, world.hand_over(repairs.account("SVC-BOOK")), "accepted")
    book = str(opened["numbers"]["emsNo"])
    entered = until(
        world, world.hand_over(repairs.inventory("SVC-IN", "I", putrecNo=book)), "accepted"
    )
    number = entered["numbers"]["bondInvtNo"]
    declared = repairs.declaration("SVC-IN", "I", number, ManualNo=book)
    until(world, world.hand_over(declared), "released")
    until(world, world.hand_over(repairs.gate_pass("SVC-PASS", "I", number)), "released")
    world.until(lambda: entered_book(world, entered), "it is in the book")
    today = beijing_day(now_ms()).isoformat()
    order = repairs.work_order("SVC-W1", book, openedOn=today, finishedOn=today)
    until(world, world.hand_over(order), "accepted")
    linked = {
        "LinkedGoods.1.linkNo": f"{book}|SVC-W1",
        "LinkedGoods.2.linkNo": number,
    }
    registered = contract(world, "repair-contract", "REP-1", **linked)
    shown = {paper["message"]: paper["id"] for paper in registered["papers"]}
    assert {"RepairWorkOrder", "INV101"} <= shown.keys()
    beside = world.get(f"/declarations/{shown['RepairWorkOrder']}")["papers"]
    assert registered["id"] in {paper["id"] for paper in beside}, "both pages show each other"
    until(world, file(world, "repair-receipt", contractNo="REP-1", receiptNo="REP-R1"), "accepted")
    unknown = linked | {"LinkedGoods.1.linkNo": f"{book}|NONE"}
    missing = file(world, "repair-contract", contractNo="REP-2", **unknown)
    assert "SVC-LINK-NONE" in codes(missing)


def entered_book(world: World, filed: Mapping[str, Any]) -> bool:
    """Whether customs has booked what came in."""
    found = world.get(f"/declarations/{filed['id']}")
    return "deducted" in {event["kind"] for event in found["timeline"]}


def test_a_merchanting_deal_that_fits(world: World) -> None:
    deal = until(world, file(world, "offshore-deal", dealNo="DEAL-1"), "accepted")
    own = str(services.record("offshore-deal")["Head"]["uscc"])
    money = {"contractNo": "", "dealNo": "DEAL-1", "currency": "USD"}
    bought = {
        "payerCode": own, "paymentNo": "DEAL-P", "amount": "1000000.00", "item": "122010",
        "transactionRemark": "离岸转手买卖货款",
    }  # fmt: skip
    paid = until(world, file(world, "engineering-payment", **money, **bought), "accepted")
    assert {step["message"] for step in paid["plan"]} == {
        "OffshoreDealMessage", "OutboundPaymentMessage"
    }  # fmt: skip
    assert [fact["name"] for fact in paid["facts"] if "|" in fact["value"]] == []
    sold = {
        "payeeCode": own, "receiptNo": "DEAL-R", "amount": "1050000.00", "bopCode": "122010",
        "payerName": "Saigon Cable Co., Ltd.", "transactionRemark": "离岸转手买卖货款",
        "zeroRated": "",
    }  # fmt: skip
    until(world, file(world, "kpo-receipt", **money, **sold), "accepted")
    left = {line["left"] for line in world.get(f"/declarations/{deal['id']}")["balances"]}
    assert left <= {"0", "1000000", "1050000"}


def test_a_merchanting_deal_that_does_not_fit(world: World) -> None:
    odd = {"dealNo": "DEAL-2", "Sale.currency": "EUR", "SaleGoods.1.qty": "1"}
    held = file(world, "offshore-deal", **odd)
    assert held["decision"] in ("hold", "reject")
    assert {"OFF-03-CURRENCY"} <= codes(held)


def test_money_that_comes_back_goes_through(world: World) -> None:
    contract(world, "engineering-contract", "ENG-BACK")
    paid = {"contractNo": "ENG-BACK", "paymentNo": "BACK-P", "amount": "30000.00"}
    until(world, file(world, "engineering-payment", **paid), "accepted")
    told = {"receiptKind": "R", "refundOf": "BACK-P", "transactionRemark": "退款", "zeroRated": ""}
    own = str(services.record("engineering-payment")["Head"]["payerCode"])
    back = file(
        world, "kpo-receipt", contractNo="ENG-BACK", receiptNo="BACK-R", payeeCode=own,
        amount="10000.00", bopCode="228031", **told,
    )  # fmt: skip
    assert verdicts(until(world, back, "accepted")) == {"fx": "accepted"}


def test_a_receipt_is_repaid_without_a_tax_record_whatever_it_comes_to(world: World) -> None:
    contract(world, "kpo-contract", "KPO-BACK")
    got = {"contractNo": "KPO-BACK", "receiptNo": "KPO-R", "amount": "100000.00"}
    until(world, file(world, "kpo-receipt", **got), "accepted")
    own = str(services.record("kpo-receipt")["Head"]["payeeCode"])
    back = file(
        world, "engineering-payment", contractNo="KPO-BACK", paymentNo="KPO-P", payerCode=own,
        amount="60000.00", item="228010", isRefund="1", payKind="R", refundOf="KPO-R",
        transactionRemark="退款", paidBefore="0",
    )  # fmt: skip
    back = until(world, back, "accepted")
    assert (verdicts(back), back["amounts"]["record_why"]) == ({"fx": "accepted"}, "exempt")


def test_a_record_that_was_made_elsewhere_is_counted_down(world: World) -> None:
    contract(world, "engineering-contract", "ENG-OLD", totalAmount="300000.00")
    stated = {"contractNo": "ENG-OLD", "taxRecordNo": "TR-OLD-1", "amount": "60000.00"}
    bare = file(world, "engineering-payment", paymentNo="OLD-0", **stated)
    assert codes(bare) == {"SVC-RECORD-COVERS"}
    stated["recordAmount"] = "90000.00"
    first = until(
        world, file(world, "engineering-payment", paymentNo="OLD-1", **stated), "accepted"
    )
    assert verdicts(first) == {"fx": "accepted"}, "tax is not asked again"
    second = file(world, "engineering-payment", paymentNo="OLD-2", paidBefore="60000.00", **stated)
    assert codes(second) == {"SVC-RECORD-STATED-REST"}


def test_nobody_else_moves_money_of_a_contract(world: World) -> None:
    contract(world, "engineering-contract", "ENG-OWN")
    paid = {"Head.contractNo": "ENG-OWN", "Head.paymentNo": "STRANGE-1", "Head.amount": "30000.00"}
    sender = services.SENDER["copCode"].encode()
    body = services.paper("engineering-payment", paid)
    assert body.count(b"copCode>" + sender) == 1
    strange = body.replace(b"copCode>" + sender, b"copCode>3301960ABC", 1)
    found = world.hand_over(strange)
    assert codes(found) == {"REC-NOT-YOURS"}
