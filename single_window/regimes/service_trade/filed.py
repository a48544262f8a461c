"""What is kept beside each record: its head's fields, and the few others that later papers ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from single_window.domain.conditions import Record
from single_window.domain.regime import Facts
from single_window.regimes.service_trade.rules import FIRST

PERSONAL = frozenset({"payeeAccount"})
"""Fields of a head that are not kept: an agency is told them from the record itself."""


def _head(record: Record) -> Facts:
    return {name: text for name, text in record["Head"].items() if name not in PERSONAL}


def contract(record: Record) -> Facts:
    """A contract: its head, both parties, and its technology."""
    domestic, foreign = record["DomesticParty"], record["ForeignParty"]
    treaty = {"treatyClaim": foreign["treatyClaim"]} if "treatyClaim" in foreign else {}
    return {
        **_head(record),
        "uscc": domestic["uscc"],
        "companyName": domestic["name"],
        "partyName": foreign["name"],
        "country": foreign["country"],
        **treaty,
        **(record.get("Technology") or {}),
    }


def payment(record: Record) -> Facts:
    """A payment: its head, how it is taxed, and what it is paid under."""
    head = record["Head"]
    return {**_head(record), **(record.get("Tax") or {}), **_target(head, head["payerCode"])}


def receipt(record: Record) -> Facts:
    """A receipt: its head, and what it was paid under."""
    head = record["Head"]
    return {**_head(record), **_target(head, head["payeeCode"])}


def _target(head: Mapping[str, Any], company: str) -> dict[str, str]:
    if contract := head.get("contractNo"):
        return {"target": f"{company}|{contract}|{FIRST}"}
    return {"target": f"{company}|{head['dealNo']}"} if head.get("dealNo") else {}
