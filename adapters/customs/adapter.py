"""Customs' side of the protocol: national receipts in, nothing to build.

What customs takes are the national messages themselves; the window cuts them from the bytes that
the filer sent, so that a signature stays true.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from adapters.base import (
    Entity,
    Item,
    Manifest,
    NotAReceipt,
    Verdict,
    answer_verdicts,
    grouped_verdict,
    instant,
    is_grouped,
    opened,
    plain_verdict,
    read_receipt,
)

FEN = Decimal("0.01")
_VOID = "3"


def build(items: Sequence[Item], *, message_id: str, now: datetime) -> bytes:
    """Never called: customs takes the filer's own records, and no copy of them."""
    raise NotImplementedError("customs takes national messages, which the window already has")


def parse(body: bytes, told: Manifest) -> list[Verdict]:
    """The verdicts in a national receipt, also in one that travels in its DxpMsg envelope.

    What the exchange platform says of a message that was sent (DxpRep) is read as well.
    """
    body = opened(body)
    if is_grouped(body, told):
        return [grouped_verdict(body, told)]
    receipt, entities = read_receipt(body, told)
    if receipt == "CEB792Message":
        return [verdict for entity in entities for verdict in _summed(told, receipt, entity)]
    if receipt == "DxpRep":
        answers = [entity for entity in entities if entity.name == "Response"]
        return answer_verdicts(told, receipt, answers)
    read = {
        "CEB816Message": _bill,
        "CEB818Message": _bill_status,
        "CEB900Message": _format_fault,
    }.get(receipt)
    if read is None:
        return [plain_verdict(told, receipt, entity.leaves) for entity in entities]
    return [read(told, receipt, entity) for entity in entities]


def _bill(told: Manifest, receipt: str, entity: Entity) -> Verdict:
    """A tax bill (CEB816): the amounts of the head and of every line, in yuan to the fen."""
    head = _only(entity, "TaxHeadRd")
    lines = [
        {
            "gnum": line.get("gnum", ""),
            "hs": line.get("gcode", ""),
            "dutiable": _yuan(line, "taxPrice"),
            **_taxes(line),
        }
        for line in entity.groups.get("TaxListRd", ())
    ]
    total = sum((Decimal(amount) for amount in _taxes(head).values()), Decimal(0))
    amounts = _taxes(head) | {"total": str(total), "lines": lines}
    return _tax_verdict(told, receipt, head, {} if head.get("status") == _VOID else amounts)


def _summed(told: Manifest, receipt: str, entity: Entity) -> list[Verdict]:
    """A summary's result (CEB792): told of the application, and of each inventory in it."""
    head, form = _only(entity, "SummaryResultHead"), told.receipts[receipt]
    if not head.get("sumNo"):
        raise NotAReceipt("no-key", receipt)
    application = Verdict(
        agency=told.name,
        event="summed",
        code=head.get("decState", ""),
        text=head.get("note", ""),
        at=instant(head.get("opDate", "")),
        match={name: head[name] for name in form.match if head.get(name)},
        numbers={name: head[name] for name in form.numbers if head.get(name)},
        receipt=receipt,
    )
    lines = entity.groups.get("SummaryResultList", ())
    named = dict.fromkeys(line["invtNo"] for line in lines if line.get("invtNo"))
    return [
        application,
        *(replace(application, match={"invtNo": number}, receipt="") for number in named),
    ]


def _bill_status(told: Manifest, receipt: str, entity: Entity) -> Verdict:
    """A later state of a tax bill (CEB818): summed up into a payment book, or void."""
    head = _only(entity, "TaxHeadStatus")
    return _tax_verdict(told, receipt, head, {} if head.get("status") == _VOID else None)


def _tax_verdict(
    told: Manifest, receipt: str, head: Mapping[str, str], amounts: Mapping[str, Any] | None
) -> Verdict:
    form = told.receipts[receipt]
    status = head.get("status", "")
    if not status or not head.get("invtNo"):
        raise NotAReceipt("no-status", receipt)
    return Verdict(
        agency=told.name,
        event=told.event(receipt, status),
        code=status,
        text=head.get("note", ""),
        at=instant(head.get("returnTime", "")),
        match={name: head[name] for name in form.match if head.get(name)},
        numbers={name: head[name] for name in form.numbers if head.get(name)},
        amounts=amounts,
        receipt=receipt,
        bill=head.get("taxNo", ""),
    )


def _format_fault(told: Manifest, receipt: str, entity: Entity) -> Verdict:
    """A format fault (CEB900) speaks of the message as a whole, by the id it was sent under."""
    verdict = plain_verdict(told, receipt, entity.leaves)
    if "oriCopMsgId" not in verdict.match:
        raise NotAReceipt("no-reference", receipt)
    return verdict


def _only(entity: Entity, group: str) -> dict[str, str]:
    found = entity.groups.get(group, [])
    if len(found) != 1:
        raise NotAReceipt("no-head", group)
    return found[0]


def _taxes(leaves: Mapping[str, str]) -> dict[str, str]:
    return {
        "duty": _yuan(leaves, "customsTax"),
        "vat": _yuan(leaves, "valueAddedTax"),
        "ct": _yuan(leaves, "consumptionTax"),
    }


def _yuan(leaves: Mapping[str, str], name: str) -> str:
    try:
        return str(Decimal(leaves.get(name, "")).quantize(FEN, ROUND_HALF_UP))
    except InvalidOperation as fault:
        raise NotAReceipt("bad-amount", name) from fault
