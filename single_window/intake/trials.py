"""A form judged as if it were filed: by the same checks, on the same bytes, nothing kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import orjson

from single_window.declarations.papers import kept
from single_window.declarations.places import paper_of
from single_window.declarations.sources import sources
from single_window.domain.findings import Decision, Finding, decision
from single_window.domain.regime import Facts, Regime
from single_window.intake.checking import Result
from single_window.intake.forms import Record, Values, blanks, strays, to_message
from single_window.intake.layouts import Layout
from single_window.intake.markup import Refused
from single_window.intake.submissions import refusal
from single_window.intake.sums import filled, guid_from
from single_window.intake.surveying import Judging
from single_window.signatures.policies import SignaturePolicy
from single_window.storage.engine import beijing_day


@dataclass(frozen=True, slots=True)
class Sender:
    """Who transmits: the fields of the transfer part, and what is asked about signatures."""

    fields: Mapping[str, str]
    policy: SignaturePolicy = "checked"


@dataclass(slots=True)
class Trial:
    """What the checks say of one form: findings by path in its record, amounts, the bytes."""

    layout: Layout
    body: bytes
    findings: list[Finding]
    record: Record | None = None
    regime: Regime | None = None
    amounts: dict[str, Any] | None = None
    formula: list[dict[str, str]] = field(default_factory=list)

    @property
    def decision(self) -> Decision:
        """The worst that was found."""
        return decision(self.findings)


def judged(layout: Layout, values: Values, *, sender: Sender, seed: str, at: int) -> Trial:
    """What would be said of the form if it were filed at this moment (ms UTC)."""
    message = layout.message
    whole = filled(layout, values, seed=seed, at=at)
    body = to_message(message, whole, sender=sender.fields, guid=guid_from(seed))
    found = strays(message, values) + blanks(message, values)
    today = beijing_day(at)
    try:
        judging = Judging([body.decode()], sender.policy, today)
        results = list(judging)
        found += judging.finished().findings
    except Refused as refused:
        return Trial(layout, body, found + refusal(refused).findings)
    trial = Trial(layout, body, found)
    for result in results:
        _take(trial, result, today)
    return trial


def _take(trial: Trial, result: Result, today: date) -> None:
    trial.findings += [replace(finding, line=None) for finding in result.findings]
    trial.record, trial.regime = result.record, result.regime
    amounts = result.amounts
    trial.amounts = None if amounts is None else orjson.loads(kept(amounts))
    name = trial.layout.message.name
    regime = result.regime
    if regime is not None and trial.amounts is not None and result.record is not None:
        p = regime.in_force(regime.day_of(name, result.record, today), sources())
        trial.formula = regime.explain(trial.amounts, p)


def matched(trials: Sequence[Trial]) -> dict[str, list[Finding]]:
    """What the papers of one trade say together, by the message in whose form it is marked.

    Nothing as long as the paper that leads the trade cannot be read.
    """
    papers: dict[str, Facts] = {}
    regime = None
    for trial in trials:
        name = trial.layout.message.name
        regime = trial.regime or regime
        if trial.record is not None and regime is not None:
            papers[name] = regime.facts(name, trial.record)
    lead = next((name for name in regime.leads if name in papers), "") if regime else ""
    if regime is None or not lead:
        return {}
    found: dict[str, list[Finding]] = {}
    for finding in regime.match(papers).findings:
        found.setdefault(paper_of(finding, lead), []).append(finding)
    return found
