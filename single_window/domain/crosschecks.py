"""Whether the agencies' answers about one declaration fit together, and with what we computed.

Two kinds of things contradict: decisions (one agency says two things, or a later step of the plan
decides against an earlier one) and figures (a bill against our own amounts, line by line).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from single_window.domain.conditions import number
from single_window.domain.findings import Severity
from single_window.domain.lifecycle import Event
from single_window.domain.money import ZERO, to_fen
from single_window.domain.plans import Step

WINDOW = "window"
"""Who speaks where the window's own figures stand beside those of agencies."""
TAXES = ("duty", "ct", "vat")
_OF_LINES = "gnum"
_WORDS = ("hs", "currency")
"""How names of what is no amount end; such must be the same to the letter."""

_REFUSED = frozenset({Event.RETURNED.value, Event.REJECTED.value})
_GRANTED = {
    "released": frozenset({Event.RELEASED.value, Event.CLOSED.value}),
    "accepted": frozenset(
        {Event.ACCEPTED.value, Event.STORED.value, Event.RELEASED.value, Event.CLOSED.value}
    ),
}
DECISIVE = _REFUSED | _GRANTED["accepted"]
"""What an agency may say that decides; all else moves nothing that another could contradict."""


class Word(NamedTuple):
    """A decision of an agency as it came; words stand in the order in which they came."""

    agency: str
    kind: str
    text: str = ""
    at: int = 0


class Statement(NamedTuple):
    """The figures that somebody states: of the whole by name, and of each line of goods."""

    who: str
    whole: Mapping[str, str]
    lines: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, who: str, amounts: Mapping[str, Any]) -> Statement:
        """The figures in amounts as they are computed here, and as bills are read."""
        whole = {name: value for name, value in amounts.items() if isinstance(value, str) and value}
        return cls(who, whole, {_line_key(line): line for line in amounts.get("lines", ())})


class Side(NamedTuple):
    """One side of a contradiction: who, and the value or the decision."""

    who: str
    value: str = ""
    word: Word | None = None


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What does not fit together, all sides of it; `line` is the number of a line of goods."""

    code: str
    severity: Severity
    sides: tuple[Side, ...]
    figure: str = ""
    line: str = ""
    difference: str = ""

    def concerns(self, agency: str) -> bool:
        """True when the agency is one of the sides."""
        return any(side.who == agency for side in self.sides)


def decisions(steps: Sequence[Step], words: Sequence[Word]) -> list[Contradiction]:
    """What is wrong with the decisions on one declaration, whose steps these are."""
    found = [each for step in steps for each in _with_itself(step, words)]
    by_name = {step.name: step for step in steps}
    for step in steps:
        for name in step.after:
            if name in by_name:
                found += _with_earlier(by_name[name], step, words)
    return found


def _with_itself(step: Step, words: Sequence[Word]) -> Iterator[Contradiction]:
    """An agency that grants what it refused, or refuses what it released.

    To refuse what was only accepted is its right: the table of states moves there.
    """
    own = [word for word in words if word.agency == step.agency]
    before: Word | None = None
    for word in own:
        refused, granted = word.kind in _REFUSED, word.kind in _GRANTED[step.goal]
        if before is not None and refused != (before.kind in _REFUSED):
            if refused and step.goal == "accepted":
                before = word
                continue
            if refused or granted:
                yield _told("AGREE-ITSELF", before, word)
                return
        if refused or granted:
            before = word


def _with_earlier(earlier: Step, later: Step, words: Sequence[Word]) -> Iterator[Contradiction]:
    """A later step that is granted though an earlier one was refused, or the other way round.

    Who decides together with the earlier one may refuse what that has granted.
    """
    first, second = _last(earlier, words), _last(later, words)
    if first is None or second is None:
        return
    if first.kind in _REFUSED and second.kind not in _REFUSED:
        yield _told("AGREE-REFUSED-BEFORE", first, second)
    if first.kind not in _REFUSED and second.kind in _REFUSED and not later.decides:
        yield _told("AGREE-REFUSED-AFTER", first, second)


def _last(step: Step, words: Sequence[Word]) -> Word | None:
    counted = _REFUSED | _GRANTED[step.goal]
    own = [word for word in words if word.agency == step.agency and word.kind in counted]
    return own[-1] if own else None


def _told(code: str, first: Word, second: Word) -> Contradiction:
    return Contradiction(
        code, "hold", (Side(first.agency, word=first), Side(second.agency, word=second))
    )


def figures(
    said: Sequence[Statement], *, tolerance: Decimal, news: Collection[str] | None = None
) -> list[Contradiction]:
    """Where the figures of several differ: a warning up to the tolerance a line, beyond it a hold.

    Who states lines is compared line by line, and his whole with the sum of his own lines; the
    wholes are compared where somebody states no lines. With `news`, only what these state is
    compared with the others, who are known to agree among themselves.
    """
    new = [each for each in said if news is None or each.who in news]
    lined = [each for each in said if each.lines]
    newly = [each for each in new if each.lines]
    found = [*_lines(lined, newly, tolerance)] if len(lined) > 1 and newly else []
    for each in newly:
        if each.who != WINDOW:
            found += _own_sum(each)
    most = tolerance * max([1, *(len(each.lines) for each in lined)])
    names = dict.fromkeys(name for each in new for name in each.whole)
    for name in names:
        telling = [each for each in said if name in each.whole]
        if len({each.whole[name] for each in telling}) > 1 and not all(
            each.lines for each in telling
        ):
            sides = [Side(each.who, each.whole[name]) for each in telling]
            found += _compared("GEN-RND-01-HEAD", sides, most, figure=name)
    return found


def _lines(
    lined: Sequence[Statement], newly: Sequence[Statement], tolerance: Decimal
) -> Iterator[Contradiction]:
    numbers = dict.fromkeys(gnum for each in lined for gnum in each.lines)
    if any(gnum not in each.lines for each in lined for gnum in numbers):
        all_of_them = tuple(Side(each.who, ", ".join(each.lines)) for each in lined)
        yield Contradiction("GEN-RND-01-LINES", "hold", all_of_them)
    for gnum in numbers:
        there = [(each.who, each.lines[gnum]) for each in lined if gnum in each.lines]
        new = [each.lines[gnum] for each in newly if gnum in each.lines]
        for name in _unlike([line for _, line in there], new):
            sides = [Side(who, line[name]) for who, line in there if line.get(name)]
            yield from _compared("GEN-RND-01", sides, tolerance, figure=name, line=gnum)


def _unlike(there: Sequence[Mapping[str, str]], new: Sequence[Mapping[str, str]]) -> Iterable[str]:
    """The figures of a line that new statements and others give differently."""
    return dict.fromkeys(
        name
        for line in new
        for name, value in line.items()
        if value and name != _OF_LINES
        if any(other.get(name, value) not in (value, "", None) for other in there)
    )


def _own_sum(said: Statement) -> Iterator[Contradiction]:
    """A bill whose head is not the sum of its lines."""
    for name in TAXES:
        parts = [number(line.get(name, "0")) for line in said.lines.values()]
        stated = number(said.whole.get(name, ""))
        if stated is None or None in parts:
            continue
        total = sum((part for part in parts if part is not None), ZERO)
        if total != stated:
            sides = (Side(said.who, said.whole[name]), Side(said.who, str(total)))
            yield Contradiction(
                "GEN-RND-01-SUM", "hold", sides, name, difference=_figure(stated - total)
            )


def _compared(
    code: str, sides: Sequence[Side], most: Decimal, *, figure: str, line: str = ""
) -> Iterator[Contradiction]:
    if len({side.value for side in sides}) < 2:
        return
    values = [None if figure.endswith(_WORDS) else number(side.value) for side in sides]
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        yield Contradiction("AGREE-TEXT", "hold", tuple(sides), figure, line)
        return
    difference = max(known) - min(known)
    if difference:
        severity: Severity = "warn" if difference <= most else "hold"
        yield Contradiction(code, severity, tuple(sides), figure, line, _figure(difference))


def _figure(amount: Decimal) -> str:
    return str(to_fen(amount)) if amount == to_fen(amount) else f"{amount.normalize():f}"


def _line_key(line: Mapping[str, Any]) -> str:
    """A line's number without idle zeros: customs counts "01" where we count "1"."""
    text = str(line.get("gnum", "")).strip()
    return str(int(text)) if text.isascii() and text.isdecimal() else text


def worst(found: Iterable[Contradiction]) -> Severity | None:
    """The gravest word among contradictions; None where there are none."""
    grave = {each.severity for each in found}
    return "hold" if "hold" in grave else "warn" if grave else None
