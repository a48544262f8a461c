"""Papers of bonded repair: whose they are, what is kept of them, what a repair brings about."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest
from lxml import etree

from adapters.base import Item, load
from schemas.registry import gate
from single_window import regimes
from single_window.declarations.papers import kept
from single_window.declarations.sources import sources
from single_window.domain.books.account import Book
from single_window.domain.books.papers import Filed
from single_window.domain.rules import Checked
from single_window.intake.checking import Result
from single_window.regimes.bonded_repair import entering, filed
from tests import repairs
from tests.intake.documents import judged

REGIME = regimes.load("bonded_repair")
DECLARATION = "DecMessage"


def result(body: bytes) -> Result:
    _, (found,) = judged(body)
    return found


def checked(mode: str, flag: str, *lines: dict[str, str], **head: str) -> Checked:
    """What the rules say of a declaration of these items."""
    record: dict[str, Any] = {
        "DecHead": {"TradeMode": mode, "IEFlag": flag, "ManualNo": "H1", **head},
        "DecLists": {"DecList": [{"GNo": str(at), **line} for at, line in enumerate(lines, 1)]},
        "DecLicenseDocus": {"LicenseDocu": [{"DocuCode": "a", "CertCode": "QD1"}]},
    }
    assert regimes.claiming(DECLARATION, record) is REGIME
    return REGIME.check(DECLARATION, record, REGIME.in_force(date(2026, 11, 2), sources()))


def codes(found: Checked) -> list[tuple[str, str]]:
    return [(each.code, each.severity) for each in found.findings]


GOODS = {"CodeTS": "8411121000", "GQty": "1", "DutyMode": "3", "TradeCurr": "CNY"}
FEE = GOODS | {"GQty": "0.1", "DutyMode": "1", "DeclTotal": "200000"}


def test_a_fee_from_abroad_is_a_service_exported() -> None:
    found = checked("1371", "E", GOODS | {"WorkUsd": "25000"}, GOODS | {"WorkUsd": "0.5"})
    assert (codes(found), found.amounts) == (
        [],
        {"treatment": "refund", "currency": "502", "value": Decimal("25000.50")},
    )
    told = REGIME.explain({"treatment": "refund", "value": "25000.50"}, _today())
    assert [each["result"] for each in told] == ["25000.50"]


def _today() -> Any:
    return REGIME.in_force(date(2026, 11, 2), sources())


def test_without_a_fee_nobody_is_told_an_amount() -> None:
    assert codes(checked("1371", "E", GOODS)) == [("BREP-DEC-FEE", "warn")]
    assert codes(checked("1371", "E", GOODS, BillType="1")) == [], "it may not stand there"
    assert codes(checked("1371", "I", GOODS)) == []


def test_the_fee_of_goods_that_go_back_inside_china_is_taxed() -> None:
    found = checked("1300", "I", GOODS, FEE)
    assert found.findings == [] and found.amounts is not None
    told = {name: str(found.amounts[name]) for name in ("dutiable", "duty", "vat", "total")}
    assert told == {
        "dutiable": "200000.00",
        "duty": "2000.00",
        "vat": "26260.00",
        "total": "28260.00",
    }
    (line,) = found.amounts["lines"]
    assert (line["gnum"], line["hs"]) == ("2", "8411121000")
    kept = {name: str(found.amounts[name]) for name in ("treatment", "value", "total")}
    shown = kept | {"lines": [{name: str(text) for name, text in line.items()}]}
    assert [each["result"] for each in REGIME.explain(shown, _today())] == ["28260.00"]


@pytest.mark.parametrize("change", [{"TradeCurr": "USD"}, {"CodeTS": "0000000000"}])
def test_a_fee_that_cannot_be_taxed_is_held_for_an_officer(change: dict[str, str]) -> None:
    assert codes(checked("1300", "I", GOODS, FEE | change)) == [("BREP-DEC-RATE", "hold")]


@pytest.mark.parametrize("mode", ["1371", "0864", "0865", "0200", "0400"])
def test_goods_of_an_account_go_with_an_inventory(mode: str) -> None:
    body = repairs.declaration("C-1", "I", TradeMode=mode, ManualNo="")
    said = {each.code for each in result(body).findings}
    assert said == {"BREP-DEC-INVENTORY", "BREP-ACCOUNT"}


def test_the_outside_party_names_none() -> None:
    found = result(repairs.declaration("C-1", "I", TradeMode="1300", ManualNo=""))
    assert found.findings == [] and found.regime is REGIME


def test_a_number_of_a_book_is_one_item() -> None:
    body = repairs.account("A-1").replace(b"<gdsSeqno>2<", b"<gdsSeqno>1<")
    said = [(each.code, each.path) for each in result(body).findings]
    assert said == [("BREP-EMS-NUMBER", "EmsPutrecDt[2]/gdsSeqno")]
    assert result(repairs.account("A-1")).findings == []


def test_goods_on_many_vehicles_are_through_with_the_last_of_them() -> None:
    day, out = date(2026, 11, 2), "released"
    own = Filed("INV101", {"impexpMarkcd": "E", "lines": [{"gdecd": "84111", "dclQty": "3"}]}, day)
    book = Book("H1", "120721K001", in_zone=True)

    def one(quantity: str, outcome: str = out) -> Filed:
        carried = [{"gdecd": "84111", "dclQty": quantity}]
        return Filed("SAS121", {"carried": carried}, day, outcome=outcome)

    whole = Filed("SAS121", {}, day, outcome=out)
    assert entering.due(own, book, [whole]) and not entering.due(own, book, [])
    assert not entering.due(own, book, [one("2")])
    assert not entering.due(own, book, [one("2"), one("1", "under_way")])
    assert entering.due(own, book, [one("2"), one("1")])


def test_both_layers_of_an_inventory_say_the_same() -> None:
    own = {
        "BondInvtBsc": {"etpsInnerInvtNo": "W-1", "bizopEtpsno": "120721K001", "putrecNo": "H1"},
        "BondInvtDt": [{"gdsSeqno": "1", "putrecSeqno": "1", "dclQty": "2", "secdLawfQty": ""}],
    }
    clients = {
        "InvtHeadType": {"EtpsInnerInvtNo": "W-1", "BizopEtpsno": "120721K001", "PutrecNo": "H1"},
        "InvtListType": [{"GdsSeqno": "1", "PutrecSeqno": "1", "DclQty": "2"}],
    }
    assert filed.inventory(own) == filed.inventory(clients)


def test_both_layers_of_a_pass_name_the_same_inventories() -> None:
    own = {
        "SasPassportBsc": {"areainEtpsno": "120721K001", "sasPassportPreentNo": "P-1"},
        "SasPassportRlt": [
            {"rltTbTypecd": "2", "rltNo": "S1"},
            {"rltTbTypecd": "1", "rltNo": "QD1"},
        ],
    }
    clients = {
        "PassportHead": {"AreainEtpsno": "120721K001", "EtpsPreentNo": "P-1"},
        "PassportAcmp": [
            {"RtlBillTypecd": "2", "RtlBillNo": "S1"},
            {"RtlBillTypecd": "1", "RtlBillNo": "QD1"},
        ],
    }
    told = filed.gate_pass(own)
    assert told == filed.gate_pass(clients)
    assert (told["bondInvtNo"], [line["rltNo"] for line in told["lines"]]) == ("QD1", ["QD1"])


def test_what_the_client_s_layer_leaves_out_is_asked_for() -> None:
    head = "<InvtHeadType><EtpsInnerInvtNo>W-1</EtpsInnerInvtNo></InvtHeadType>"
    said = {
        (each.code, each.path)
        for each in result(f"<InvtMessage>{head}</InvtMessage>".encode()).findings
    }
    assert ("BREP-GIVEN", "InvtHeadType/PutrecNo") in said


@pytest.mark.parametrize(
    "lines", [[GOODS | {"WorkUsd": "25000"}], [GOODS, FEE]], ids=["abroad", "inside China"]
)
def test_tax_and_fx_are_told_of_the_fee_in_their_own_form(lines: list[dict[str, str]]) -> None:
    mode, flag = ("1371", "E") if len(lines) == 1 else ("1300", "I")
    found = checked(mode, flag, *lines)
    record = {
        "DecHead": {"TradeMode": mode, "IEFlag": flag, "TradeCode": "120721K001",
                    "CustomMaster": "0214", "ContrNo": "C-1"},
        "DecLists": {"DecList": lines},
    }  # fmt: skip
    facts, amounts = REGIME.facts(DECLARATION, record), dict(found.amounts or {})
    item = Item(9, 1, DECLARATION, "C-1", facts, orjson.loads(kept(amounts)))
    for agency, name in (("tax", "TaxAssessmentMessage"), ("fx", "FxReportMessage")):
        if agency == "fx" and not facts.get("feeFromAbroad"):
            continue
        at = datetime(2026, 11, 2, tzinfo=UTC)
        body = load(agency, url="http://127.0.0.1").build([item], message_id="M", now=at)
        root = etree.fromstring(body)
        root.set("guid", "0" * 36)
        gate(name).assertValid(root)
        assert root.findtext(".//{*}currency") == ("502" if flag == "E" else "142")
