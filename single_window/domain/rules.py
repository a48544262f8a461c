"""Rules: functions that a regime registers, and the runner that asks them about a record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from single_window.domain.conditions import CodeField, Codes, Conditions, Record
from single_window.domain.findings import Finding
from single_window.domain.parameters import InForce

Amounts = dict[str, Any]
"""What was computed for a record: exact amounts to the fen, which JSON gets as texts."""


def told(amounts: Amounts) -> Amounts:
    """The amounts as they are kept and published: every number as its text."""
    return {
        name: [told(line) for line in value] if isinstance(value, list) else str(value)
        for name, value in amounts.items()
    }


Register = Mapping[str, bool]
"""What an operator has entered of parties or goods: True is in order, False not; else unknown."""


Middle = Callable[[str, date], Decimal | None]
"""The middle rate (中间价) of a currency on a day, CNY for one unit; None where it is not known."""


class TariffRow(Protocol):
    """What the rules read of one tariff line; None is unknown, which is never taken for zero."""

    @property
    def mfn_rate(self) -> Decimal | None: ...
    @property
    def provisional_rate(self) -> Decimal | None: ...
    @property
    def vat_rate(self) -> Decimal | None: ...
    @property
    def ct_rate(self) -> Decimal | None: ...
    @property
    def ct_fixed(self) -> Decimal | None: ...
    @property
    def ct_unit(self) -> str: ...
    @property
    def ct_div(self) -> Decimal | None: ...
    @property
    def ct_floor(self) -> Decimal | None: ...
    @property
    def ct_floor_unit(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def certainty(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Sources:
    """What the rules look things up in; given once by whoever runs them.

    `codes` answers a code list's codes on a day, `code_fields` names per message the fields that
    have a list, `tariff` maps a 10-digit goods code to its rates. `registers_on` and `rates_on`
    tell what an operator has entered for a day: by register, and CNY for a unit of a currency (by
    customs' rate of the month). `middle` tells the middle rate of a currency (ISO letters) on the
    very day, None where none is entered.
    """

    codes: Callable[[str, date], frozenset[str]]
    code_fields: Mapping[str, Sequence[CodeField]]
    tariff: Mapping[str, TariffRow]
    registers_on: Callable[[date], Mapping[str, Register]] = lambda _: {}
    rates_on: Callable[[date], Mapping[str, Decimal]] = lambda _: {}
    middle: Middle = lambda _currency, _day: None


@dataclass(slots=True)
class Params:
    """Everything in force on one day, laid out for checking record after record."""

    day: date
    values: InForce
    in_force: bool
    codes: Mapping[str, Codes]
    conditions: Mapping[str, Conditions]
    rules: Mapping[str, tuple[Rule, ...]]
    assessments: Mapping[str, Assessment]
    tariff: Mapping[str, TariffRow]
    registers: Mapping[str, Register]
    rates: Mapping[str, Decimal]
    middle: Middle
    prepared: Any = None


@dataclass(slots=True)
class Checked:
    """What the rules say about one record; `lay_out` gives the amounts where there are any."""

    findings: list[Finding]
    lay_out: Callable[[], Amounts] | None = None

    @property
    def amounts(self) -> Amounts | None:
        """What was computed, laid out for keeping and showing."""
        return None if self.lay_out is None else self.lay_out()


Assessed = tuple[Sequence[Finding] | None, Callable[[], Amounts] | None]
"""Findings, and what lays the amounts out once somebody wants to keep or show them."""
Rule = Callable[[Record, Params], Sequence[Finding] | None]
Assessment = Callable[[Record, Params], Assessed]


@dataclass(frozen=True, slots=True)
class Registered:
    """A rule with the codes it may emit and the days on which it speaks."""

    codes: tuple[str, ...]
    messages: tuple[str, ...]
    since: date | None
    until: date | None
    run: Rule | Assessment
    assesses: bool

    def speaks_on(self, day: date) -> bool:
        """True when the rule is in force on the day."""
        return (self.since is None or self.since <= day) and (
            self.until is None or day <= self.until
        )


class Rulebook:
    """The rules of one regime, in the order in which they were written down."""

    def __init__(self) -> None:
        self.registered: list[Registered] = []

    def rule(
        self,
        *codes: str,
        message: str | Iterable[str],
        since: date | None = None,
        until: date | None = None,
    ) -> Callable[[Rule], Rule]:
        """Register a function from a record to findings; `codes` are all it may emit."""

        def register(function: Rule) -> Rule:
            self.registered.append(
                Registered(codes, _names(message), since, until, function, assesses=False)
            )
            return function

        return register

    def assessment(
        self, *codes: str, message: str | Iterable[str]
    ) -> Callable[[Assessment], Assessment]:
        """Register the one function of a message that also computes amounts."""

        def register(function: Assessment) -> Assessment:
            self.registered.append(
                Registered(codes, _names(message), None, None, function, assesses=True)
            )
            return function

        return register

    def on(self, day: date) -> tuple[dict[str, tuple[Rule, ...]], dict[str, Assessment]]:
        """Per message the rules of the day and the assessment."""
        rules: dict[str, tuple[Rule, ...]] = {}
        assessments: dict[str, Assessment] = {}
        for registered in self.registered:
            if not registered.speaks_on(day):
                continue
            for message in registered.messages:
                if registered.assesses:
                    assessments[message] = registered.run  # type: ignore[assignment]
                else:
                    rules[message] = (*rules.get(message, ()), registered.run)  # type: ignore[arg-type]
        return rules, assessments

    def codes(self) -> frozenset[str]:
        """Every code that the rules may emit."""
        return frozenset(code for registered in self.registered for code in registered.codes)


def _names(message: str | Iterable[str]) -> tuple[str, ...]:
    return (message,) if isinstance(message, str) else tuple(message)


def check(message: str, record: Record, p: Params) -> Checked:
    """All findings about a record that its schema accepts, and the amounts where there are any."""
    found: list[Finding] = []
    conditions = p.conditions.get(message)
    if conditions is not None:
        conditions.check(record, found)
    codes = p.codes.get(message)
    if codes is not None:
        codes.check(record, found)
    for rule in p.rules.get(message, ()):
        more = rule(record, p)
        if more:
            found += more
    lay_out = None
    assess = p.assessments.get(message)
    if assess is not None:
        more, lay_out = assess(record, p)
        if more:
            found += more
    return Checked(found, lay_out)


def check_unsound(message: str, record: Record, p: Params) -> Checked:
    """The findings about a record that its schema refuses: rules that miss a field stay silent.

    What they miss is the schema's finding already; amounts are not computed.
    """
    found: list[Finding] = []
    checks: list[Callable[[], Sequence[Finding] | None]] = []
    conditions = p.conditions.get(message)
    if conditions is not None:
        checks.append(lambda: conditions.check(record, found))
    codes = p.codes.get(message)
    if codes is not None:
        checks.append(lambda: codes.check(record, found))
    for rule in p.rules.get(message, ()):
        checks.append(lambda rule=rule: rule(record, p))  # type: ignore[misc]
    for one in checks:
        try:
            found += one() or ()
        except (KeyError, IndexError, ValueError, ArithmeticError, AttributeError, TypeError):
            continue
    return Checked(found)
