"""An export's papers find each other, and its agencies are told of it in their turn."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from schemas import registry
from single_window.demo.exports import in_order
from single_window.regimes.ecommerce_export.terms import (
    INVENTORY,
    ORDER,
    RECEIPT,
    SALE,
    WAREHOUSE,
    WAYBILL,
)
from single_window.storage import tables as t
from tests.regimes.exports import paper
from tests.routing.desks import AT, Desk
from tests.window import Agency, Window

TAX_ACCEPTED = (
    '<TaxReceiptMessage xmlns="urn:single-window:agency:1" version="1.0"'
    ' guid="00000000-0000-4000-8000-00000000000A"><TaxReceipt>'
    "<guid>00000000-0000-4000-8000-00000000000B</guid>"
    "<reference>{reference}</reference><orderNo>O-1</orderNo><ebpCode>EBP1</ebpCode>"
    "<taxFilingNo>T1</taxFilingNo><returnStatus>ACCEPTED</returnStatus>"
    "<returnTime>20261120120000000</returnTime><returnInfo>-</returnInfo></TaxReceipt>"
    "</TaxReceiptMessage>"
)
CEB = "http://www.chinaport.gov.cn/ceb"
_ECHOED = {
    ORDER: ("CEB304Message", "OrderReturn", ("guid", "ebpCode", "ebcCode", "orderNo")),
    RECEIPT: ("CEB404Message", "ReceiptsReturn", ("guid", "ebcCode", "orderNo", "payNo")),
    WAYBILL: ("CEB506Message", "LogisticsReturn", ("guid", "logisticsCode", "logisticsNo")),
    INVENTORY: ("CEB604Message", "InventoryReturn",
                ("guid", "agentCode", "copNo", "ebcCode", "ebpCode", "orderNo", "statisticsFlag")),
}  # fmt: skip


def file(window: Window, message: str, **changes: Any) -> None:
    """Hands in a paper and lets the trade know."""
    window.file(message, [in_order(message, paper(message, **changes))])
    window.pair()


def answer(window: Window, customs: Agency, message: str, status: str) -> None:
    """Customs answers a paper, and its trade is looked at again."""
    receipt, entity, names = _ECHOED[message]
    record = paper(message)
    leaves = record | next((v for v in record.values() if isinstance(v, dict)), {})
    told = {name: leaves[name] for name in names} | {"returnStatus": status}
    if message == INVENTORY:
        told |= {"preNo": "B20261120000000001", "invtNo": "51652026E000000001"}
    told |= {"returnTime": "20261120120000000", "returnInfo": "-"}
    order = [field.name for field in registry.message(receipt).record_field.children]
    root = etree.Element(f"{{{CEB}}}{receipt}", guid="0" * 36, version="1.0", nsmap={None: CEB})
    record_node = etree.SubElement(root, f"{{{CEB}}}{entity}")
    for name in sorted(told, key=order.index):
        etree.SubElement(record_node, f"{{{CEB}}}{name}").text = told[name]
    registry.gate(receipt).assertValid(root)
    window.answer(customs.real, etree.tostring(root))
    window.pair()


def lead(window: Window) -> Any:
    """The inventory."""
    return window.rows(t.declarations.c.message == INVENTORY)[-1]


def due(window: Window) -> list[str]:
    """The agencies that are to be told of the inventory now."""
    of_lead = t.legs.c.declaration_id == lead(window).id
    return [leg.agency for leg in window.rows(of_lead, of=t.legs)
            if leg.due_at is not None and leg.outgoing_id is None]  # fmt: skip


def test_an_export_waits_for_order_and_waybill_and_for_no_receipt(sqlite_window: Window) -> None:
    window, customs = sqlite_window, Agency.of("customs")
    file(window, INVENTORY)
    assert window.codes(lead(window).id).count("EXP-9610-05-MISSING") == 2
    file(window, ORDER)
    file(window, WAYBILL)
    assert (lead(window).pairing, due(window)) == ("matched", [])
    window.dispatch(customs)
    answer(window, customs, ORDER, "120")
    answer(window, customs, WAYBILL, "120")
    assert (lead(window).pairing, due(window)) == ("done", ["customs"])


def test_a_receipt_that_is_there_is_waited_for_and_matched(sqlite_window: Window) -> None:
    window, customs = sqlite_window, Agency.of("customs")
    file(window, RECEIPT, charge="1.00")
    for message in (ORDER, WAYBILL, INVENTORY):
        file(window, message)
    assert (lead(window).outcome, lead(window).pairing) == ("held", "mismatch")
    assert "EXP-9610-05-CHARGE" in window.codes(lead(window).id)
    file(window, RECEIPT, appType="2", appTime="20261120113000")
    assert lead(window).pairing == "matched"
    window.dispatch(customs)
    answer(window, customs, ORDER, "120")
    answer(window, customs, WAYBILL, "120")
    assert due(window) == []
    answer(window, customs, RECEIPT, "120")
    assert due(window) == ["customs"]


def released(window: Window, customs: Agency, order: str = "E", **changes: Any) -> None:
    """An export with all its papers, let go by customs."""
    file(window, ORDER, OrderHead__orderType=order)
    for message in (RECEIPT, WAYBILL):
        file(window, message)
    file(window, INVENTORY, **changes)
    window.dispatch(customs)
    for message in (ORDER, RECEIPT, WAYBILL):
        answer(window, customs, message, "120")
    window.dispatch(customs)
    answer(window, customs, INVENTORY, "800")


@pytest.mark.parametrize("flag", ["A", "B"])
def test_tax_and_fx_are_told_of_a_released_export(sqlite_window: Window, flag: str) -> None:
    window, customs = sqlite_window, Agency.of("customs")
    tax, fx = Agency.of("tax"), Agency.of("fx")
    released(window, customs, InventoryHead__statisticsFlag=flag)
    assert (lead(window).outcome, due(window)) == ("released", ["tax", "fx"])
    for agency, name in ((tax, "TaxAssessmentMessage"), (fx, "FxReportMessage")):
        assert window.dispatch(agency) == 1
        registry.gate(name).assertValid(etree.fromstring(agency.bodies[0]))
    treatment = "exempt" if flag == "A" else "refund"
    assert f"<treatment>{treatment}</treatment>".encode() in tax.bodies[0]
    assert (b"<income>10.00</income>" in tax.bodies[0]) == (flag == "A")
    for told in ("<flow>IN</flow>", "<amountExpected>250.00</amountExpected>",
                 "<amountReceived>260.00</amountReceived>", "<payTransactionId>P-1<"):  # fmt: skip
        assert told.encode() in fx.bodies[0]
    found = window.shown(lead(window).id)
    assert [step["name"] for step in found["formula"]][1] == f"treatment_{treatment}"


@pytest.mark.parametrize(
    ("element", "figure"),
    [("amountExpected", "value"), ("amountReceived", "received"), ("currency", "paid_currency")],
)
def test_what_fx_states_is_compared_with_inventory_receipt_and_order(
    sqlite_window: Window, element: str, figure: str
) -> None:
    window, fx = sqlite_window, Desk.of("fx")
    released(window, Agency.of("customs"))
    (message,) = fx.collect(window)
    fx.answer(window, ("RECEIVED", "ACCEPTED"), message)
    assert window.shown(lead(window).id)["contradictions"] == []
    message.records[0][element] = "110" if element == "currency" else "1.00"
    window.answer(fx.agency, fx.receipt("ACCEPTED", message, at=AT + 60))
    (found,) = window.shown(lead(window).id)["contradictions"]
    assert (found["figure"], found["severity"]) == (figure, "hold")
    assert {side["who"] for side in found["sides"]} == {"window", "fx"}


def test_a_sale_abroad_goes_to_tax_and_then_to_fx(sqlite_window: Window) -> None:
    window, tax, fx = sqlite_window, Agency.of("tax"), Agency.of("fx")
    file(window, SALE)
    assert window.dispatch(fx) == 0
    assert window.dispatch(tax) == 1
    told = etree.fromstring(tax.bodies[0])
    registry.gate("TaxAssessmentMessage").assertValid(told)
    assert (told.findtext(".//{*}treatment"), told.findtext(".//{*}settles")) == ("settled", "O-1")
    reference = told.findtext(".//{*}reference")
    window.answer(tax.real, TAX_ACCEPTED.format(reference=reference).encode())
    assert window.dispatch(fx) == 1
    registry.gate("FxReportMessage").assertValid(etree.fromstring(fx.bodies[0]))
    assert window.rows(t.declarations.c.message == SALE)[0].outcome == "accepted"


def test_a_warehouse_is_kept_at_once_and_changed_by_its_number(sqlite_window: Window) -> None:
    window = sqlite_window
    file(window, WAREHOUSE)
    file(window, WAREHOUSE, appType="2", appTime="20261120113000", validUntil="20271231")
    old, new = window.rows(t.declarations.c.message == WAREHOUSE)
    assert (old.outcome, new.outcome) == ("withdrawn", "accepted")
    assert window.rows(of=t.legs) == []
    assert window.shown(new.id)["legs"] == []


def test_no_more_is_sold_abroad_than_was_booked(sqlite_window: Window) -> None:
    window = sqlite_window
    released(window, Agency.of("customs"), "W", InventoryHead__tradeMode="9810")
    sales = []
    for number in ("S-1", "S-2", "S-3"):
        file(window, SALE, OverseasSaleHead__saleNo=number)
        sales.append(window.rows(t.declarations.c.message == SALE)[-1])
    assert [sale.decision for sale in sales] == ["accept", "accept", "reject"]
    assert window.codes(sales[2].id) == ["CBEX-SOLD-QTY"]
    assert window.shown(sales[1].id)["amounts"]["treatment"] == "settled"
