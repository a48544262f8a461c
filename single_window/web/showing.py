"""How values are shown: Beijing time, sizes, and the colour of a decision."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, NamedTuple

from schemas import registry
from single_window import regimes
from single_window.domain.lifecycle import Outcome
from single_window.web import words

BEIJING = timezone(timedelta(hours=8))
_MOVING = frozenset({Outcome.WAITING.value, Outcome.UNDER_WAY.value, Outcome.HELD.value})

TONES = {
    "accept": "good", "warn": "note", "hold": "wait", "reject": "bad",
    "accepted": "good", "released": "good", "under_way": "busy", "waiting": "wait",
    "held": "wait", "rejected": "bad", "withdrawn": "off", "closed": "off",
    "receiving": "busy", "checking": "busy", "done": "good",
}  # fmt: skip
"""The tone in which a word is shown; each tone has a sign beside its colour."""

DESK_TONES = {
    "new": "busy", "stored": "busy", "held": "wait", "inspected": "wait",
    "accepted": "good", "released": "good", "rejected": "bad", "closed": "off",
}  # fmt: skip
"""The tone of where a paper stands on an agency's desk."""

_ASIDE = re.compile(r"\s*[(（][^)）]*[)）]\s*$")
_DESCRIBED = re.compile(r"(?:\w+ )?\[Code:\d+;Desc:(.*)\]")
_GRAVE_MOST = 20
_WORST_FIRST = {"reject": 0, "hold": 1, "warn": 2}


def beijing(moment: int | None) -> str:
    """Milliseconds since 1970 as people in China read the clock."""
    if moment is None:
        return ""
    return f"{datetime.fromtimestamp(moment // 1000, BEIJING):%Y-%m-%d %H:%M:%S}"


def iso(moment: int) -> str:
    """The same moment for programs that read the page."""
    return f"{datetime.fromtimestamp(moment // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def tone(word: str) -> str:
    """How a decision, outcome or state is coloured."""
    return TONES.get(word, "off")


def desk_tone(state: str) -> str:
    """How the state of a paper on an agency's desk is coloured."""
    return DESK_TONES.get(state, "off")


def yuan(fen: int) -> str:
    """Fen as people write yuan."""
    return f"{fen // 100}.{fen % 100:02}"


def paper(name: str, language: str) -> str:
    """What one record of a message is called; the name itself where there is no schema."""
    try:
        message = registry.message(name)
    except KeyError:
        return name
    label = message.record_label_zh if language == "zh" else message.record_label_en
    return _ASIDE.sub("", label)


def grave(findings: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The findings that reject or hold: the worst first, then as one reads down the file."""
    hard = (finding for finding in findings if finding["severity"] != "warn")
    return sorted(hard, key=lambda each: (_WORST_FIRST[each["severity"]], each.get("line") or 0))


def after_label(words: str, label: str) -> str:
    """What is said of a field, without its label in front, which is shown by itself."""
    for opening, closing in (("", ""), ("“", "”"), ('"', '"')):
        start = opening + label + closing
        if label and words.startswith(start):
            words = words[len(start) :]
            break
    return words.lstrip(" :：，,")


def notes(findings: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The findings that only warn."""
    return [finding for finding in findings if finding["severity"] == "warn"]


def all_done(it: Mapping[str, Any]) -> bool:
    """Whether goods are released and no agency's answer is outstanding."""
    good = all(leg["verdict"] in ("accepted", "released") for leg in it["legs"])
    return it["outcome"] == "released" and good


class Standing(NamedTuple):
    """Where a declaration stands and what comes next, as keys of the catalogue."""

    stand: str
    next: str


def standing(it: Mapping[str, Any]) -> Standing:
    """What to tell of a declaration first: where it stands and, as far as is known, why."""
    found = _standing(it)
    return Standing(*(words.own(it["message"], key) for key in found))


def _standing(it: Mapping[str, Any]) -> Standing:
    word = it["outcome"]
    reason = _REASONS[word](it) if word in _REASONS else ""
    where = f"stand.{word}.{reason}" if reason else f"stand.{word}"
    if it["asked_by"]:
        return Standing(where, "next.asked")
    if any(each["severity"] == "hold" for each in it["contradictions"]):
        return Standing(where, "next.contradicted")
    if all_done(it):
        return Standing(where, "next.all_done")
    return Standing(where, f"next.{word}.{reason}" if reason else f"next.{word}")


def _held(it: Mapping[str, Any]) -> str:
    if any(leg["verdict"] == "held" for leg in it["legs"]):
        return "agency"
    return "papers" if any(row["differs"] for row in it["compared"]["rows"]) else "checks"


def _accepted(it: Mapping[str, Any]) -> str:
    if not it["legs"]:
        return "kept"
    acts = any(it["message"] in regime.acts for regime in regimes.owners(it["message"]))
    return "act" if acts else ""


def _ended(it: Mapping[str, Any]) -> str:
    left = [line["left"] for line in it["balances"] if "returned" in line["taken"]]
    return "returned" if left and not any(each != "0" for each in left) else ""


def _withdrawn(it: Mapping[str, Any]) -> str:
    return "cancelled" if any(event["kind"] == "withdraw" for event in it["timeline"]) else ""


_REASONS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "waiting": lambda it: "papers" if it["missing"] else "turn",
    "under_way": lambda it: "frees" if it["missing"] else "",
    "held": _held,
    "accepted": _accepted,
    "closed": _ended,
    "withdrawn": _withdrawn,
}
"""Why a declaration stands where it does, by its outcome; "" where there is nothing to add."""

REASONS = (
    "waiting.papers", "waiting.turn", "under_way.frees", "held.agency", "held.papers",
    "held.checks", "accepted.act", "accepted.kept", "closed.returned", "withdrawn.cancelled",
)  # fmt: skip
"""All that they can come to, with the outcome."""


def number_of(it: Mapping[str, Any]) -> str:
    """The number by which people know a record: its order's, else all that is its own key."""
    if it["order_no"]:
        return str(it["order_no"])
    names = (path.rpartition("/")[2] for path in registry.message(it["message"]).key)
    return " ".join(filter(None, (it["numbers"].get(name) for name in names))) or str(it["id"])


def moves(it: Mapping[str, Any]) -> bool:
    """Whether something may still come: an outcome that is open, or an agency that works."""
    legs = (leg["verdict"] == "none" and leg["transport"] != "failed" for leg in it["legs"])
    return it["outcome"] in _MOVING or any(legs)


def bill(detail: str) -> list[tuple[str, str]]:
    """The amounts of a tax bill in the order in which taxes are told."""
    try:
        told = json.loads(detail)
    except ValueError:
        return []
    return [(name, str(told[name])) for name in ("duty", "ct", "vat", "total") if name in told]


class Whole(NamedTuple):
    """What is said about whole messages: the grave ones, how many more, and notes once each."""

    grave: list[Mapping[str, Any]]
    more: int
    notes: list[Mapping[str, Any]]
    noted: int


def about_whole(messages: Iterable[Mapping[str, Any]]) -> Whole:
    """The findings of whole messages, so that 2,000 unsigned ones take one line."""
    hard, same, noted = [], {}, 0
    for message in messages:
        if grave(message["findings"]):
            hard.append(message)
        soft = notes(message["findings"])
        noted += bool(soft)
        same.update({(each["code"], each["text_en"]): {**each, "line": None} for each in soft})
    return Whole(hard[:_GRAVE_MOST], len(hard[_GRAVE_MOST:]), list(same.values()), noted)


class Signed(NamedTuple):
    """The messages of a submission that carry a signature, bad ones first, and how many more."""

    shown: list[Mapping[str, Any]]
    more: int
    all: int
    bad: int


def signed(messages: Iterable[Mapping[str, Any]]) -> Signed:
    """What was found about signatures, as many as a page can hold."""
    found = [message for message in messages if message["signature"]]
    found.sort(key=lambda message: message["signature"]["valid"] is not False)
    bad = sum(message["signature"]["valid"] is False for message in found)
    return Signed(found[:_GRAVE_MOST], len(found[_GRAVE_MOST:]), len(found), bad)


def agency_words(detail: str) -> str:
    """An agency's own words, taken out of the national form [Code:...;Desc:...]."""
    found = _DESCRIBED.fullmatch(detail)
    return found[1] if found else detail


def age(milliseconds: int) -> tuple[str, int]:
    """A time that has passed, as a unit (a key of the catalogue) and a number."""
    seconds = max(0, milliseconds // 1000)
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"age.{unit}", seconds // size
    return "age.seconds", seconds
