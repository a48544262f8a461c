"""What is kept of the papers of services, by the names of their fields.

Every paper of a contract tells whose it is (`uscc`, `contractNo`), which makes it part of the
contract's trade. A paper that takes of another names that one's business key as its `target`: a
payment the registration of its contract, or its offshore deal; a refund the payment or receipt
that comes back; a change, or the closing, the registration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from single_window.domain.conditions import Record
from single_window.domain.regime import Facts
from single_window.regimes.service_trade.rules import FIRST, REGISTERED

CONTRACT, BOUGHT, SOLD = "contract", "purchase", "sale"
"""Lines that money is taken of: a contract's total, and both legs of an offshore deal."""
_LEGS = ((BOUGHT, "Purchase"), (SOLD, "Sale"))


def contract(record: Record) -> Facts:
    """A contract (服务贸易合同) that is registered, changed or closed."""
    own, other = _group(record, "DomesticParty"), _group(record, "ForeignParty")
    told = _flat(record, "Head", "Technology", "Outsourcing")
    told |= {
        "uscc": own.get("uscc", ""),
        "companyName": own.get("name", ""),
        "taxOffice": own.get("taxOffice", ""),
        "partyName": other.get("name", ""),
        "country": other.get("country", ""),
        "orderNo": told.get("contractNo", ""),
    }
    if "treatyClaim" in other:
        told["treatyClaim"] = other["treatyClaim"]
    if told.get("registerType") != REGISTERED:
        told["target"] = registered(told["uscc"], told["orderNo"])
    told["links"] = [dict(each) for each in record.get("LinkedGoods") or ()]
    told["lines"] = _lines(((CONTRACT, told),), "totalAmount", "contractName")
    return told


def payment(record: Record) -> Facts:
    """A payment abroad (对外付款): tax record and payment in one."""
    told = _flat(record, "Head", "Tax")
    return told | _aimed(told, str(told.get("payerCode", "")))


def receipt(record: Record) -> Facts:
    """Money received from abroad (收款)."""
    told = _flat(record, "Head")
    return told | _aimed(told, str(told.get("payeeCode", "")))


def withholding(record: Record) -> Facts:
    """Taxes withheld from a payment and paid in (代扣代缴)."""
    told = _flat(record, "Head")
    own = told.get("payerCode", "")
    about = {"target": f"{own}|{told.get('paymentNo', '')}", "orderNo": told.get("paymentNo", "")}
    return told | about | {"uscc": own}


def deal(record: Record) -> Facts:
    """An offshore deal (离岸转手买卖): both contracts, the title paper, the goods of both legs."""
    told = _flat(record, "Head", "TitleDocument")
    legs = [(line, _group(record, group)) for line, group in _LEGS]
    told |= {f"{line}_{name}": text for line, leg in legs for name, text in leg.items()}
    told |= {"orderNo": told.get("dealNo", "")}
    told |= {f"{line}_goods": _rows(record, f"{group}Goods") for line, group in _LEGS}
    told["lines"] = _lines(legs, "amount", "contractNo")
    return told


def registered(company: str, number: str) -> str:
    """The business key of a contract's registration."""
    return f"{company}|{number}|{FIRST}"


def _aimed(told: Facts, company: str) -> Facts:
    """What money is for: what it gives back, its offshore deal, or its contract."""
    deal_no, contract_no = told.get("dealNo", ""), told.get("contractNo", "")
    if told.get("refundOf"):
        target = f"{company}|{told['refundOf']}"
    else:
        target = f"{company}|{deal_no}" if deal_no else registered(company, contract_no)
    return {"uscc": company, "target": target, "orderNo": contract_no or deal_no}


def _lines(
    of: Iterable[tuple[str, Mapping[str, Any]]], amount: str, name: str
) -> list[dict[str, str]]:
    """What money may be taken of, as lines: how much there is, in which currency."""
    return [
        {"gnum": line, "gname": told.get(name, ""), "qty": told[amount], "unit": told["currency"]}
        for line, told in of
        if told.get(amount) and told.get("currency")
    ]


def _rows(record: Record, group: str) -> list[dict[str, str]]:
    return [dict(each) for each in record.get(group) or ()]


def _group(record: Record, name: str) -> Mapping[str, str]:
    return record.get(name) or {}


def _flat(record: Record, *groups: str) -> Facts:
    return {name: text for group in groups for name, text in _group(record, group).items()}
