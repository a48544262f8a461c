"""Papers that act on what was filed before them: a cancellation, a return, an arrival.

Which paper may do what to which is data of the regime:

    [act.CEB623Message]
    on = "CEB621Message"
    by = { invt_no = ["invtNo"] }
    states = ["waiting", "under_way", "held"]
    effect = "withdraw"
    agree = ["orderNo", "buyerIdNumber"]
    unknown = { code = "-623003", severity = "reject" }
    refused = { code = "-623005", severity = "reject" }
    differs = { code = "CBEC-ACT-DIFFERS", severity = "reject" }

Another paper does one thing or another, as one of its facts says:

    effect = { registerType = { 2 = "amend", 3 = "close" } }

`by` says by which number the paper names its target, and which of its facts make that number up;
a fact of the lines names one target per line. Where `on` lists several messages, the target is of
any of them. `effect` is what happens to the target once customs has accepted the paper: it is
withdrawn, a part of it is given back, its facts are amended (`Hooks.amended`), what the paper had
taken of it until then being given back, or it is closed: its number stays taken and nothing acts on
it any more. Without one the paper is only listed with it.

What it takes of each line is the regime's own word (`Hooks.taking`), counted in the ledger of that
name; with `earlier` it is told which papers took of the target before. A paper that leads a trade
waits for a target that is not there yet. `modes` are the trade modes (监管方式) that it is about,
all without; with `frees` customs releases such goods only after it has come. With `sums` all its
targets are summed up (`Hooks.summing`); a paper that names none by number may name a period,
`within` its two facts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal, NamedTuple, get_args

from single_window.domain.findings import Finding, Severity
from single_window.domain.lifecycle import Outcome
from single_window.domain.money import to_fen
from single_window.domain.rules import Amounts

By = Literal["invt_no", "waybill", "trade", "key"]
Effect = Literal["", "withdraw", "give_back", "amend", "close"]
ALONE: frozenset[Effect] = frozenset({"amend", "close"})
"""What only one paper at a time may do to a target: of two the later would not know the other."""

_SIGNS: Mapping[By, str] = {"invt_no": "I", "waybill": "W", "trade": "T", "key": "K"}
BY_SIGN: Mapping[str, By] = {sign: by for by, sign in _SIGNS.items()}
"""By which number a mention names something, by what it begins with."""
UNITS = Decimal(100_000)
"""Quantities have five decimals at most; a ledger counts in whole units."""


class Said(NamedTuple):
    """What is said, and how gravely, where a target is not as it should be."""

    code: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class Act:
    """What the records of one message do to those of others, which are of one kind."""

    on: tuple[str, ...]
    by: By
    names: tuple[str, ...]
    states: frozenset[Outcome]
    effects: Mapping[str, Effect]
    told_by: str
    agree: tuple[str, ...]
    prefix: str
    unknown: Said
    refused: Said
    differs: Said
    ledger: str = ""
    sums: bool = False
    within: tuple[str, ...] = ()
    modes: frozenset[str] = frozenset()
    frees: bool = False
    earlier: bool = False

    def effect(self, facts: Mapping[str, Any]) -> Effect:
        """What a paper with these facts does to its target once it is accepted."""
        return self.effects.get(str(facts.get(self.told_by, "")), "")

    def concerns(self, facts: Mapping[str, Any]) -> bool:
        """Whether it is about goods of the trade mode that these facts of a target name."""
        return not self.modes or facts.get("tradeMode") in self.modes

    def keys(
        self, facts: Mapping[str, Any], group: str, called: Mapping[str, str]
    ) -> Iterator[tuple[str, str]]:
        """The numbers that a paper names, each once, with the path of where it stands.

        `group` is the element of its lines; where they carry a part of the number, each line
        names a target of its own. `called` are the paths of facts that are no fields of the head.
        """
        lines = facts.get("lines", ())
        by_line = any(name in line for line in lines for name in self.names)
        last, seen = self.names[-1], set()
        for at, line in enumerate(lines if by_line else ({},), 1):
            told = [str(line.get(name, facts.get(name, ""))) for name in self.names]
            number = "|".join(told)
            if all(told) and number not in seen:
                seen.add(number)
                path = called.get(last, self.prefix + last)
                yield number, f"{group}[{at}]/{last}" if last in line else path

    def mention(self, number: str) -> str:
        """The number as it is kept beside the paper: told from numbers of other kinds."""
        return f"{_SIGNS[self.by]}|{number}"[:200]

    def number(self, mention: str) -> str:
        """The number that a mention was made of."""
        return mention.partition("|")[2]


class Link(NamedTuple):
    """What a paper points to without doing anything to it, of whatever regime.

    It is a record of one of `messages`; `by` says what `number` is, `path` where the paper says it.
    """

    messages: tuple[str, ...]
    by: By
    number: str
    path: str

    @property
    def mentions(self) -> tuple[str, ...]:
        """The number as it is kept beside the paper, once for each message."""
        number = f"{_SIGNS[self.by]}|{self.number}"
        return tuple(f"{message}{_LINKS}{number}"[:200] for message in self.messages)


_LINKS = ">"
"""Stands in a mention between the message that a link is to and the number."""


def linked_to(mention: str) -> tuple[str, By, str] | None:
    """The message, kind of number and number that a link was made of; None for other mentions."""
    message, link, told = mention.partition(_LINKS)
    sign, _, number = told.partition("|")
    return (message, BY_SIGN[sign], number) if link and sign in BY_SIGN else None


def mentions_of(row: Any) -> set[str]:
    """All numbers by which a paper may name this declaration."""
    told = {"I": row.invt_no, "W": row.waybill_key, "T": row.trade_key, "K": row.key}
    own = {f"{sign}|{number}"[:200] for sign, number in told.items() if number}
    return own | {f"{row.message}{_LINKS}{mention}"[:200] for mention in own}


class Earlier(NamedTuple):
    """A living paper that took of a target before: its amounts as kept, and the day of filing."""

    message: str
    key: str
    amounts: Mapping[str, Any]
    day: date


@dataclass(frozen=True, slots=True)
class Target:
    """What a paper acts on, as it stands; `released` is the day on which we were told so.

    `number` is customs' own. `companies` may act on it: who filed it, and whom it names as a party.
    `limits` is how much there is of each line that living papers took of, as the last of them was
    told; a line need not be one that the target's own facts list. Both it and `earlier` are in the
    order of filing.
    """

    id: int
    number: str
    outcome: Outcome
    facts: Mapping[str, Any]
    amounts: Mapping[str, Any]
    released: date | None
    companies: frozenset[str]
    limits: Mapping[str, Decimal] = field(default_factory=dict)
    earlier: tuple[Earlier, ...] = ()


class Taking(NamedTuple):
    """What a paper takes of a line of its target: of a quantity that cannot be taken twice.

    `quantity` is what it takes, `of` what the line had; `path` is where the paper says so.
    """

    line: str
    quantity: Decimal
    of: Decimal
    path: str

    @property
    def units(self) -> int:
        """The quantity in the ledger's units."""
        return int(self.quantity * UNITS)

    @property
    def limit(self) -> int:
        """The line's own quantity in the ledger's units."""
        return int(self.of * UNITS)


@dataclass(frozen=True, slots=True)
class Taken:
    """What the regime says of a paper that takes: findings, how much of which line, its worth."""

    findings: tuple[Finding, ...] = ()
    takings: tuple[Taking, ...] = ()
    amounts: Amounts = field(default_factory=dict)


Left = Mapping[str, tuple[Decimal, Decimal]]
"""Per line of a target how much of its quantity is left, and how much there was."""


def share(amounts: Mapping[str, Any], left: Left, names: tuple[str, ...]) -> Amounts:
    """What the lines' amounts come to for what is left of each, to the fen, and their sums.

    A line that nothing was taken of keeps its amounts whole; one that all came back of keeps none.
    """
    lines = []
    for line in amounts.get("lines", ()):
        part, of = left.get(str(line["gnum"]), (Decimal(1), Decimal(1)))
        kept = {name: _part(line.get(name), part, of) for name in names}
        lines.append({"gnum": line["gnum"], **kept})
    sums = {name: sum((line[name] for line in lines), Decimal("0.00")) for name in names}
    return {**sums, "lines": lines}


def _part(amount: Any, part: Decimal, of: Decimal) -> Decimal:
    return to_fen(Decimal(str(amount or 0)) * part / of) if of else Decimal("0.00")


def act_of(row: Mapping[str, Any], head: str) -> Act:
    """An act from its table in the manifest; KeyError or ValueError where it is wrong.

    `head` is the element of the paper that holds its facts.
    """
    (by, names), *more = row["by"].items()
    if more or by not in _SIGNS:
        raise ValueError(f"by = {row['by']}")
    told = row.get("effect", "")
    ((told_by, effects),) = told.items() if isinstance(told, dict) else [("", {"": told})]
    if unknown := {*effects.values()} - {*get_args(Effect)}:
        raise ValueError(f"effect = {sorted(unknown)}")
    return Act(
        on=(row["on"],) if isinstance(row["on"], str) else tuple(row["on"]),
        by=by,
        names=tuple(names),
        states=frozenset(Outcome(word) for word in row["states"]),
        effects=effects,
        told_by=told_by,
        agree=tuple(row.get("agree", ())),
        prefix=f"{head}/" if head else "",
        unknown=Said(**row["unknown"]),
        refused=Said(**row["refused"]),
        differs=Said(**row.get("differs", row["refused"])),
        ledger=row.get("ledger", ""),
        sums=row.get("sums", False),
        within=tuple(row.get("within", ())),
        modes=frozenset(row.get("modes", ())),
        frees=row.get("frees", False),
        earlier=row.get("earlier", False),
    )
