"""The rules of offshore deals (离岸转手买卖), record by record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial

from single_window.domain.conditions import Record, day_of
from single_window.domain.findings import Finding
from single_window.domain.money import ZERO, to_fen
from single_window.domain.rules import Amounts, Assessed, Params
from single_window.regimes.service_trade import offshore
from single_window.regimes.service_trade.offshore import Deal, Leg
from single_window.regimes.service_trade.rules import Found, book
from single_window.regimes.service_trade.terms import DEAL, YES, class_of, finding, plain
from single_window.regimes.service_trade.weighing import unknown_law

CODES = frozenset({"SVC-DEAL-DATES"})
HOME = "CHN"
_LEGS = (("Purchase", "PurchaseGoods"), ("Sale", "SaleGoods"))
_SAME = ("name", "unit")

Lines = Sequence[Mapping[str, str]]


@book.rule("SVC-LINE", "SVC-SUM", "OFF-08", message=DEAL)
def lines_make_up_each_leg(record: Record, p: Params) -> Found:
    """A line is price times quantity, a leg the sum of its lines; never what is left of both."""
    sums = [sum((Decimal(g["amount"]) for g in record[goods]), ZERO) for _, goods in _LEGS]
    net = abs(sums[1] - sums[0])
    found: list[Finding] = []
    for (leg, goods), total in zip(_LEGS, sums, strict=True):
        found += _multiplied(goods, record[goods])
        stated = record[leg]["amount"]
        if Decimal(stated) == total:
            continue
        code = "OFF-08" if Decimal(stated) == net else "SVC-SUM"
        found.append(finding(code, "reject", f"{leg}/amount", stated, expected=plain(total)))
    return found


def _multiplied(goods: str, lines: Lines) -> list[Finding]:
    found = []
    for at, line in enumerate(lines, 1):
        product = to_fen(Decimal(line["price"]) * Decimal(line["qty"]))
        if product != Decimal(line["amount"]):
            path = f"{goods}[{at}]/amount"
            found.append(
                finding("SVC-LINE", "reject", path, line["amount"], expected=plain(product))
            )
    return found


@book.rule("OFF-04", message=DEAL)
def goods_are_the_same_on_both_legs(record: Record, p: Params) -> Found:
    """Name, quantity and unit of each line are alike on both legs (OFF-04)."""
    bought = {line["gnum"]: line for line in record["PurchaseGoods"]}
    found: list[Finding] = []
    for at, line in enumerate(record["SaleGoods"], 1):
        other, path = bought.pop(line["gnum"], None), f"SaleGoods[{at}]"
        if other is None:
            found.append(finding("OFF-04", "hold", f"{path}/gnum", line["gnum"]))
            continue
        for name in _SAME:
            if line[name].strip() != other[name].strip():
                where = f"{path}/{name}"
                found.append(finding("OFF-04", "hold", where, line[name], expected=other[name]))
        if Decimal(line["qty"]) != Decimal(other["qty"]):
            where = f"{path}/qty"
            found.append(finding("OFF-04", "hold", where, line["qty"], expected=other["qty"]))
    found += [finding("OFF-04", "hold", "PurchaseGoods[1]/gnum", number) for number in bought]
    return found


@book.rule("SVC-DEAL-DATES", message=DEAL)
def dates_of_a_deal_are_in_order(record: Record, p: Params) -> Found:
    """Goods are shipped and money moves after the contracts were made."""
    shipped = day_of(record["TitleDocument"]["shippedDate"])
    found: list[Finding] = []
    for leg, _ in _LEGS:
        made, planned = (day_of(record[leg][n]) for n in ("contractDate", "plannedDate"))
        later = ((f"{leg}/plannedDate", planned), ("TitleDocument/shippedDate", shipped))
        found += [
            finding("SVC-DEAL-DATES", "warn", path, f"{day}", expected=f"{made}")
            for path, day in later
            if made and day and day < made
        ]
    return found


@book.rule("OFF-01-RESIDENT", message=DEAL)
def both_parties_are_abroad(record: Record, p: Params) -> Found:
    """Bought from and sold to non-residents (OFF-01)."""
    return [
        finding("OFF-01-RESIDENT", "reject", f"{leg}/country", HOME)
        for leg, _ in _LEGS
        if record[leg]["country"] == HOME
    ]


@book.assessment("SVC-DAY", *sorted(offshore.CODES), message=DEAL)
def a_deal_is_judged(record: Record, p: Params) -> Assessed:
    """Code, class, title paper, bank, currency, margin and relation of the parties (OFF-01..07).

    Whether the title paper served another deal is known where deals are kept.
    """
    if not p.in_force:
        return [unknown_law(p)], None
    head, paper = record["Head"], record["TitleDocument"]
    bought, sold = record["Purchase"], record["Sale"]
    deal = Deal(
        _leg(bought),
        _leg(sold),
        bill=paper["blNo"],
        grade=class_of(head["uscc"], p.registers),
        code=head["bopCode"],
        enters=HOME in (paper["loadingCountry"], paper["dischargeCountry"]),
        related=_related(bought, sold),
    )
    return offshore.judged(deal, p.values), partial(_amounts, deal)


def _related(bought: Mapping[str, str], sold: Mapping[str, str]) -> bool:
    """Both sides belong to the firm's own group, or are one and the same."""
    own = bought["relatedParty"] == YES and sold["relatedParty"] == YES
    names = [each["partyName"].casefold().split() for each in (bought, sold)]
    return own or names[0] == names[1]


def _leg(leg: Mapping[str, str]) -> Leg:
    return Leg(Decimal(leg["amount"]), leg["currency"], leg["bank"])


def _amounts(deal: Deal) -> Amounts:
    assert deal.bought.amount is not None
    assert deal.sold.amount is not None
    told: Amounts = {
        "bought": to_fen(deal.bought.amount),
        "sold": to_fen(deal.sold.amount),
        "currency": deal.bought.currency,
    }
    return told if deal.margin is None else told | {"margin": to_fen(deal.margin)}
