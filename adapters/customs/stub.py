"""The simulated customs: numbers for inventories, and the tax bill that follows a release.

The bill is customs' own arithmetic on what the inventory says: the goods' price with its share of
freight and insurance, VAT and consumption tax at the retail import's 70 %, no duty. Rates come
from `rates.csv` beside this file, by the longest beginning of the goods' code; it knows neither
a buyer's limits nor the single limit, so its bill can differ from what the window has computed.
With the mark `-T-BILL` it always does, by one yuan of VAT on the first line.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from adapters.base import escaped
from adapters.customs import bonded
from adapters.stubs.forms import Known, Paper

FEN = Decimal("0.01")
#: Share of VAT and consumption tax that retail import within the limits owes (TAX-CBEC-03).
RETAIL_SHARE = Decimal("0.70")
LINES = "InventoryList"
_DEARER = "-T-BILL"
#: What closes the head of a bill. orderNo and logisticsNo are not in the schema, but they are in
#: the specification's text and in real bills.
BILLED = (
    "assureCode",
    "ebcCode",
    "logisticsCode",
    "agentCode",
    "customsCode",
    "orderNo",
    "logisticsNo",
)


def number(facts: Mapping[str, Any], seq: int, day: str) -> dict[str, str]:
    """preNo (B, day, 9 digits), invtNo (customs, year, I or E, 9 digits), taxNo, sumNo.

    A goods declaration gets SeqNo (I or E, year, 13 digits) and EntryId (customs, year, 1 for
    imports or 0, 9 digits).
    """
    customs = (facts.get("customsCode") or "0000")[:4]
    if direction := facts.get("IEFlag"):
        return {
            "SeqNo": f"{direction}{day[:4]}{seq:013d}",
            "EntryId": f"{customs:0>4}{day[:4]}{int(direction == 'I')}{seq:09d}",
        }
    flag = "E" if facts.get("ieFlag") == "E" else "I"
    invt_no = f"{customs:0>4}{day[:4]}{flag}{seq:09d}"
    return {
        "preNo": f"B{day}{seq:09d}",
        "invtNo": invt_no,
        "taxNo": f"{invt_no}_0",
        "sumNo": f"S{day}{seq:09d}",
        **bonded.numbers(facts, seq, day),
    }


def bill(facts: Mapping[str, Any], at: str, known: Known) -> str:
    """The tax bill of an inventory as a CEB816 record."""
    lines = _assessed(facts)
    if lines and facts.get("orderNo", "").endswith(_DEARER):
        lines[0]["vat"] += 1
    guid = str(uuid5(NAMESPACE_URL, f"bill:{facts['taxNo']}")).upper()
    vat = sum((line["vat"] for line in lines), Decimal(0))
    consumption = sum((line["ct"] for line in lines), Decimal(0))
    tail = "".join(f"<{name}>{escaped(facts[name])}</{name}>" for name in BILLED if facts.get(name))
    rows = "".join(
        f"<TaxListRd><gnum>{escaped(line['gnum'])}</gnum><gcode>{escaped(line['gcode'])}</gcode>"
        f"<taxPrice>{line['value']}</taxPrice><customsTax>0.00</customsTax>"
        f"<valueAddedTax>{line['vat']}</valueAddedTax>"
        f"<consumptionTax>{line['ct']}</consumptionTax></TaxListRd>"
        for line in lines
    )
    return (
        f"<Tax><TaxHeadRd><guid>{guid}</guid><returnTime>{at}</returnTime>"
        f"<invtNo>{facts['invtNo']}</invtNo><taxNo>{facts['taxNo']}</taxNo>"
        f"<customsTax>0.00</customsTax><valueAddedTax>{vat}</valueAddedTax>"
        f"<consumptionTax>{consumption}</consumptionTax><status>1</status>"
        f"{tail}</TaxHeadRd>{rows}</Tax>"
    )


def result(facts: Mapping[str, Any], at: str, known: Known) -> str:
    """What a summary application has become, as a CEB792 record: one declaration of it all."""
    named = {line.get("invtNo") for line in facts.get("SummaryApplyList", ())}
    summed = [
        each
        for each in known("CEB603Message")
        if (each["invtNo"] in named if named else each.get("statisticsFlag") == "B")
        and each.get("ebcCode") == facts.get("ebcCode")
    ]
    number = facts["sumNo"][1:]
    rows = [
        (each["invtNo"], each["logisticsNo"], line)
        for each in summed
        for line in each.get(LINES, ())
    ]
    told = {
        "guid": str(uuid5(NAMESPACE_URL, f"result:{facts['sumNo']}")).upper(),
        "customsCode": facts["customsCode"],
        "sumNo": facts["sumNo"],
        "opDate": at,
        "declSeqNo": f"D{number}",
        "entryId": f"{facts['customsCode']}{number[:4]}0{number[-9:]}",
        "decState": "R",
        **{name: facts[name] for name in _SUMMED},
        "grossWeight": sum((_amount(each.get("grossWeight")) for each in summed), Decimal(0)),
        "netWeight": sum((_amount(each.get("netWeight")) for each in summed), Decimal(0)),
        "msgCount": "1",
        "msgSeqNo": "1",
    }
    lines = "".join(
        f"<SummaryResultList><invtNo>{escaped(invt_no)}</invtNo>"
        f"<logisticsNo>{escaped(parcel)}</logisticsNo><gseqno>{at}</gseqno>"
        f"<gnum>{escaped(line['gnum'])}</gnum><gcode>{escaped(line['gcode'])}</gcode>"
        "</SummaryResultList>"
        for at, (invt_no, parcel, line) in enumerate(rows, 1)
    )
    head = "".join(f"<{name}>{escaped(str(text))}</{name}>" for name, text in told.items())
    return f"<SummaryResult><SummaryResultHead>{head}</SummaryResultHead>{lines}</SummaryResult>"


def _status(state: str) -> Paper:
    def paper(facts: Mapping[str, Any], at: str, known: Known) -> str:
        """A later state of the tax bill of an inventory as a CEB818 record."""
        told = {
            "guid": str(uuid5(NAMESPACE_URL, f"bill {state}:{facts['taxNo']}")).upper(),
            "returnTime": at,
            "invtNo": facts["invtNo"],
            "taxNo": facts["taxNo"],
            "status": state,
            **({"entDutyNo": f"J{facts['taxNo']}"} if state == SUMMED_UP else {}),
            "assureCode": facts.get("assureCode", ""),
        }
        leaves = "".join(f"<{name}>{escaped(text)}</{name}>" for name, text in told.items())
        return f"<Tax><TaxHeadStatus>{leaves}</TaxHeadStatus></Tax>"

    return paper


_SUMMED = ("agentCode", "agentName", "ebcCode", "ebcName", "declAgentCode", "declAgentName")
SUMMED_UP, VOID = "2", "3"
"""States of a tax bill after it was made."""
PAPERS = {
    "bill": ("CEB816Message", bill),
    "bill-summed": ("CEB818Message", _status(SUMMED_UP)),
    "bill-void": ("CEB818Message", _status(VOID)),
    "result": ("CEB792Message", result),
}


_RESPONSES = frozenset({"0", "1"})
_BEFORE_ENTRY = frozenset({"7", "E"})
"""Channels of a declaration that has no number of customs yet."""


def declaration(step: str, text: str, facts: Mapping[str, Any], at: str) -> str:
    """The answer to a goods declaration: first the import response, then a DEC_RESULT per state."""
    if step in _RESPONSES:
        number = f"<SeqNo>{facts['SeqNo']}</SeqNo>" if step == "0" else ""
        return (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
            '<DecImportResponse xmlns="http://www.chinaport.gov.cn/dec">'
            f"<ResponseCode>{step}</ResponseCode><ErrorMessage>{escaped(text)}</ErrorMessage>"
            f"<ClientSeqNo>{escaped(facts['guid'])}</ClientSeqNo>{number}</DecImportResponse>"
        )
    entry = "" if step in _BEFORE_ENTRY else facts["EntryId"]
    noticed = f"{at[:4]}-{at[4:6]}-{at[6:8]}T{at[8:10]}:{at[10:12]}:{at[12:14]}"
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f"<DEC_RESULT><CUS_CIQ_NO>{facts['SeqNo']}</CUS_CIQ_NO><ENTRY_ID>{entry}</ENTRY_ID>"
        f"<NOTICE_DATE>{noticed}</NOTICE_DATE><CHANNEL>{step}</CHANNEL>"
        f"<NOTE>{escaped(text)}</NOTE>"
        f"<CUSTOM_MASTER>{escaped(facts['customsCode'])}</CUSTOM_MASTER>"
        "<I_E_DATE></I_E_DATE><D_DATE></D_DATE></DEC_RESULT>"
    )


WRITERS = {"declaration": declaration, **bonded.WRITERS}
ACCOUNTING = bonded.ACCOUNTING


def _assessed(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    lines: Sequence[Mapping[str, str]] = facts.get(LINES, ())
    prices = [_amount(line.get("totalPrice")) for line in lines]
    freight, insurance = (
        _shares(_amount(facts.get(name)), prices) for name in ("freight", "insuredFee")
    )
    assessed = []
    for line, *parts in zip(lines, prices, freight, insurance, strict=True):
        value = sum(parts, Decimal(0)).quantize(FEN, ROUND_HALF_UP)
        vat_rate, ct_rate, floor = rates(line.get("gcode", ""))
        if floor and value < floor * _amount(line.get("qty1")):
            ct_rate = Decimal(0)
        consumption = value / (1 - ct_rate) * ct_rate
        assessed.append(
            {
                "gnum": line.get("gnum", ""),
                "gcode": line.get("gcode", ""),
                "value": value,
                "vat": _fen((value + consumption) * vat_rate * RETAIL_SHARE),
                "ct": _fen(consumption * RETAIL_SHARE),
            }
        )
    return assessed


def _shares(extra: Decimal, prices: Sequence[Decimal]) -> list[Decimal]:
    """A fee of the whole order by the lines' prices; the last line takes what is left over."""
    total = sum(prices, Decimal(0))
    shares = [_fen(extra * price / total) if total else Decimal(0) for price in prices[:-1]]
    return [*shares, extra - sum(shares, Decimal(0))] if prices else []


@lru_cache(maxsize=10_000)
def rates(code: str) -> tuple[Decimal, Decimal, Decimal]:
    """VAT and consumption tax rate of a goods' code, and from which price of a unit on the latter.

    The unit is the first statutory one; 0 where consumption tax does not ask for a price.
    """
    known = _rates()
    for length in range(len(code), -1, -1):
        found = known.get(code[:length])
        if found is not None:
            return found
    return known[""]


@lru_cache(maxsize=1)
def _rates() -> dict[str, tuple[Decimal, Decimal, Decimal]]:
    path = Path(__file__).parent / "rates.csv"
    with path.open(encoding="utf-8", newline="") as rows:
        return {
            row["code"]: (
                Decimal(row["vat"]),
                Decimal(row["consumption"]),
                Decimal(row["from"] or 0),
            )
            for row in csv.DictReader(rows)
        }


def _amount(text: str | None) -> Decimal:
    try:
        amount = Decimal(text or "0")
    except InvalidOperation:
        return Decimal(0)
    return amount if amount.is_finite() else Decimal(0)


def _fen(amount: Decimal) -> Decimal:
    return amount.quantize(FEN, ROUND_HALF_UP)
