"""Goods declarations of bonded repair (1371) and of its neighbours: what they say and bring about.

The fee for a repair stands in two places: of goods that go back abroad, as the processing fee
(工缴费, WorkUsd) of their lines; of goods that go back inside China (1300), as an item of its own,
quantity 0.1, taxed by the code of the goods.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from single_window.domain.conditions import Record, number
from single_window.domain.findings import Finding
from single_window.domain.money import ZERO, to_fen
from single_window.domain.regime import Facts, Formula
from single_window.domain.rules import Amounts, Assessed, Params
from single_window.regimes.bonded_repair import levy
from single_window.regimes.bonded_repair.rules import book
from single_window.regimes.bonded_repair.terms import finding

DECLARATION = "DecMessage"
HEAD, LINES = "DecHead", "DecLists/DecList"
REPAIR, NOT_BONDED = "1371", "1300"
WITH_INVENTORY = frozenset({REPAIR, "0864", "0865", "0200", "0400"})
"""Modes whose goods stand on an account book, so that an inventory leads the declaration."""
ATTACHED = "a"
"""Attached document: the inventory (保税核注清单)."""
USD, CNY = "502", "142"
TAXED = "1"
"""Duty mode: taxed (照章征税)."""
EXPORTED, FULL = "refund", "full"
"""How tax treats a fee from abroad, and one from inside China."""
_HEAD = (
    *("IEFlag", "TradeMode", "CustomMaster", "IEPort", "ManualNo", "ContrNo", "TradeCode"),
    *("TradeName", "OwnerCode", "OwnerName", "AgentCode", "AgentName", "TradeCountry", "NoteS"),
)
_LINE = (
    *("GNo", "CodeTS", "GName", "GModel", "GQty", "GUnit", "DeclPrice", "DeclTotal", "TradeCurr"),
    *("DutyMode", "WorkUsd", "ContrItem"),
)
CODES = frozenset({"BREP-DEC-INVENTORY", "BREP-DEC-FEE", "BREP-DEC-RATE"})


def facts(record: Record) -> Facts:
    """What a declaration says, and whether money comes for it, or tax is owed or claimed."""
    head: Mapping[str, str] = record.get(HEAD) or {}
    told: dict[str, Any] = {name: head[name] for name in _HEAD if head.get(name)}
    told |= {
        "guid": (record.get("DecSign") or {}).get("ClientSeqNo", ""),
        "orderNo": head.get("ContrNo") or (record.get("DecSign") or {}).get("ClientSeqNo", ""),
        "bondInvtNo": inventory_of(record),
        # What tax and FX are told calls the enterprise and its customs office so.
        "ebcCode": head.get("TradeCode", ""),
        "ebpCode": head.get("TradeCode", ""),
        "customsCode": head.get("CustomMaster", ""),
        "tradeMode": head.get("TradeMode", ""),
    }
    told |= {_INCOME: "1", "currency": USD} if _goes_abroad(head) else {}
    told |= {_TAX: "1"} if _fee(record) is not None else {}
    found: Facts = {name: text for name, text in told.items() if text}
    rows = _items(record)
    found["lines"] = [{name: row[name] for name in _LINE if row.get(name)} for row in rows]
    return found


_INCOME, _TAX = "feeFromAbroad", "feeAssessed"
"""Facts that steps of the plan ask for (`given` in regime.toml)."""


def inventory_of(record: Record) -> str:
    """The number of the inventory among the attached documents; "" where there is none."""
    documents = (record.get("DecLicenseDocus") or {}).get("LicenseDocu", ())
    named = (row.get("CertCode", "") for row in documents if row.get("DocuCode") == ATTACHED)
    return next(named, "")


def _items(record: Record) -> Sequence[Mapping[str, str]]:
    found: Sequence[Mapping[str, str]] = (record.get("DecLists") or {}).get("DecList", ())
    return found


def _goes_abroad(head: Mapping[str, str]) -> bool:
    return head.get("TradeMode") == REPAIR and head.get("IEFlag") == "E"


def _fee(record: Record) -> Decimal | None:
    """The repair fee: USD for what goes abroad, the item's own currency inside China."""
    head: Mapping[str, str] = record.get(HEAD) or {}
    if _goes_abroad(head):
        fees = [number(row.get("WorkUsd") or "") for row in _items(record)]
        total = sum((fee for fee in fees if fee is not None), ZERO)
        return to_fen(total) if total > 0 else None
    item = _fee_item(record)
    return number(item.get("DeclTotal") or "") if item is not None else None


def _fee_item(record: Record) -> Mapping[str, str] | None:
    """The item that is the repair fee (1300, quantity 0.1, taxed); None where there is none."""
    head: Mapping[str, str] = record.get(HEAD) or {}
    if head.get("TradeMode") != NOT_BONDED or head.get("IEFlag") != "I":
        return None
    return next((row for row in _items(record) if _is_fee(row)), None)


def _is_fee(row: Mapping[str, str]) -> bool:
    quantity = number(row.get("GQty") or "")
    return quantity == levy.FEE_QUANTITY and row.get("DutyMode") == TAXED


@book.rule("BREP-DEC-INVENTORY", message=DECLARATION)
def an_inventory_leads_its_declaration(record: Record, p: Params) -> list[Finding] | None:
    """The inventory is filed first, and its number stands among the attached documents."""
    mode = (record.get(HEAD) or {}).get("TradeMode", "")
    if mode not in WITH_INVENTORY or inventory_of(record):
        return None
    return [finding("BREP-DEC-INVENTORY", "warn", f"{HEAD}/TradeMode", mode, expected=ATTACHED)]


@book.assessment("BREP-DEC-FEE", "BREP-DEC-RATE", message=DECLARATION)
def a_repair_is_paid_for(record: Record, p: Params) -> Assessed:
    """What tax makes of the fee: a service exported (SVC-REP-01), or taxed (REP-10)."""
    fee = _fee(record)
    if _goes_abroad(record.get(HEAD) or {}):
        if fee is None:
            return _unpaid(record), None
        return None, partial(_exported, fee, p.rates.get(USD))
    item = _fee_item(record)
    if item is None or fee is None:
        return None, None
    row = p.tariff.get(item.get("CodeTS", ""))
    duty, vat = (row.mfn_rate, row.vat_rate) if row is not None else (None, None)
    if item.get("TradeCurr") != "CNY" or duty is None or vat is None:
        at = next(at for at, each in enumerate(_items(record), 1) if each is item)
        return [finding("BREP-DEC-RATE", "hold", f"{LINES}[{at}]/DeclTotal")], None
    return None, partial(_taxed, item, levy.on_return(fee=fee, parts=ZERO, duty=duty, vat=vat))


def _unpaid(record: Record) -> list[Finding]:
    """A fee that is not told; a filing list of a zone may not tell it."""
    if (record.get(HEAD) or {}).get("BillType"):
        return []
    return [finding("BREP-DEC-FEE", "warn", f"{LINES}[1]/WorkUsd")]


def _exported(fee: Decimal, rate: Decimal | None) -> Amounts:
    amounts: Amounts = {"treatment": EXPORTED, "currency": USD, "value": fee}
    if rate is not None:
        amounts |= {"value_cny": to_fen(fee * rate), "rate": rate}
    return amounts


def _taxed(item: Mapping[str, str], taxed: levy.Levied) -> Amounts:
    taxes = taxed.taxes
    own = {"duty": taxes.duty, "vat": taxes.vat, "ct": taxes.ct}
    line = {"gnum": item.get("GNo", ""), "hs": item.get("CodeTS", "")}
    return {
        "treatment": FULL,
        "currency": CNY,
        "value": taxed.dutiable,
        "dutiable": taxed.dutiable,
        **own,
        "total": taxes.total,
        "lines": [line | {"value": taxed.dutiable, "dutiable": taxed.dutiable} | own],
    }


def explain(amounts: Amounts, p: Params) -> Iterator[Formula]:
    """How the fee was assessed, step by step."""
    fee = amounts["value"]
    if amounts["treatment"] == EXPORTED:
        yield Formula("fee_exported", "", f"{fee} USD", fee, ())
        if "rate" in amounts:
            yield Formula("fee_cny", "", f"{fee} × {amounts['rate']}", amounts["value_cny"], ())
        return
    (line,) = amounts["lines"]
    taxes = f"{line['duty']} + {line['vat']}"
    yield Formula("fee_taxed", line["gnum"], taxes, amounts["total"], (), hs=line["hs"])
