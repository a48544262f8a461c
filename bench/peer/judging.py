"""A record judged by the window's own rules; only the check against the schema differs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from lxml import etree

from bench.peer.tables import Declaration, Found
from schemas import registry
from schemas.fields import Field
from single_window import regimes
from single_window.declarations.sources import sources
from single_window.domain.findings import Finding, decision
from single_window.domain.regime import Regime, Want
from single_window.domain.rules import told
from single_window.storage.engine import beijing_day, now_ms

INVENTORY = "CEB621Message"


@dataclass(slots=True)
class Judged:
    """A record with its findings, before it is stored."""

    declaration: Declaration
    findings: list[Finding] = field(default_factory=list)
    want: Want | None = None

    def refuse(self, code: str) -> None:
        """Adds a finding that refuses the record, and with it its key."""
        self.findings.append(Finding("rule", code, "reject", value=self.declaration.key))
        self.declaration.decision = "reject"
        self.declaration.outcome = "rejected"
        self.declaration.living_key = None

    def rows(self) -> list[Found]:
        """The findings as rows; the declaration has its number by then."""
        return [
            Found(
                declaration_id=self.declaration.id,
                code=finding.code,
                severity=finding.severity,
                path=finding.path,
                value=finding.value,
            )
            for finding in self.findings
        ]


def regime_of(message: str) -> Regime:
    """The regime whose rules judge a message."""
    found = regimes.sole(message)
    assert found is not None
    return found


def today() -> date:
    """The day of what is received now."""
    return beijing_day(now_ms())


def records_of(root: etree._Element) -> tuple[str, list[etree._Element], str]:
    """Message name, record elements, and the text of the part that stands behind them."""
    name = etree.QName(root).localname
    known = registry.message(name)
    space = f"{{{known.namespace}}}"
    transfer = root.find(f"{space}BaseTransfer")
    text = "" if transfer is None else etree.tostring(transfer, encoding="unicode", with_tail=False)
    return name, list(root.iterchildren(f"{space}{known.record}")), text


def judge(
    name: str, element: etree._Element, ordinal: int, day: date, faults: Iterable[tuple[str, str]]
) -> Judged:
    """The record as a row with findings; `faults` are what the schema says, code and path."""
    record = as_record(registry.message(name).record_field, element)
    regime = regime_of(name)
    findings = [Finding("schema", code, "reject", path) for code, path in faults]
    p = regime.in_force(regime.day_of(name, record, day), sources())
    checked = regime.check(name, record, p, sound=not findings)
    findings += checked.findings
    facts = regime.facts(name, record)
    decided = decision(findings)
    declaration = Declaration(
        message=name,
        ordinal=ordinal,
        key=_joined(record, paths(name)),
        guid=str(facts.get("guid", ""))[:40],
        order_no=str(facts.get("orderNo", "")),
        trade_key=_of(facts, regime.owned[name].trade),
        waybill_key=_of(facts, regime.owned[name].link),
        decision=decided,
        outcome=_outcome(name, decided),
        facts=facts,
        amounts=told(checked.amounts) if checked.amounts is not None else None,
        xml=etree.tostring(element, encoding="unicode", with_tail=False),
    )
    if decided != "reject":
        declaration.living_key = f"{name}|{declaration.key}"
    want = regime.want(record, checked.amounts, p) if decided != "reject" else None
    return Judged(declaration, findings, want)


def _outcome(name: str, decided: str) -> str:
    if decided in {"reject", "hold"}:
        return {"reject": "rejected", "hold": "held"}[decided]
    return "waiting" if name == INVENTORY else "under_way"


@cache
def paths(name: str) -> tuple[tuple[str, str], ...]:
    """Group and field of each part of a message's business key."""
    split = [path.rpartition("/") for path in registry.message(name).key]
    return tuple((group, leaf) for group, _, leaf in split)


def _joined(record: dict[str, Any], parts: tuple[tuple[str, str], ...]) -> str:
    return "|".join(str(record.get(group, {}).get(leaf, "")) for group, leaf in parts)


def _of(facts: dict[str, Any], names: tuple[str, ...]) -> str:
    return "|".join(str(facts.get(name, "")) for name in names)


def as_record(group: Field, element: etree._Element) -> dict[str, Any]:
    """A record element as the dictionary that the rules read."""
    fields = {child.name: child for child in group.children}
    record: dict[str, Any] = {}
    for child in element:
        known = fields.get(etree.QName(child).localname)
        if known is None:
            continue
        if known.kind != "group":
            if child.text or known.min_occurs:
                record[known.name] = child.text or ""
        elif known.repeats:
            record.setdefault(known.name, []).append(as_record(known, child))
        else:
            record[known.name] = as_record(known, child)
    return record


def quota_key(want: Want) -> str:
    """The row of a person's year."""
    return f"{want.person}|{want.year}"
