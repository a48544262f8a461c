"""Triggers: endings of a number that bring any code of the published lists on a receipt.

`-T-S300` asks for the status 300, `-T-E621018` for the fault -621018; `-T-S100-312` names the
receipt (CEB312Message) that shall carry the code, where several could. `-T-E1001` is a code of the
exchange platform, with which it turns the message away at once. Which letter stands for
which code list is said in `agency.toml`, which receipts may carry a code in the list itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from schemas import codes

SIGN = "-T-"
_CODE = re.compile(r"-?[0-9A-Z]+")
_NUMBER = re.compile(r"\d+")
_CARRIER = re.compile(r"\w+")
#: The exchange platform's own answer: it speaks of a message as a whole, and hands it to nobody.
PLATFORM = "DxpRep"


@dataclass(frozen=True, slots=True)
class Answer:
    """A code that receipts may carry: on which ones, what stands before it, what it means."""

    outcome: str
    code: str
    carriers: frozenset[str]
    text_zh: str
    text_en: str
    before: frozenset[str]

    def steps(self, well: Sequence[str]) -> tuple[str, ...]:
        """The ordinary statuses that stand before the code in its list, and then the code."""
        return (*(step for step in well if step in self.before), self.code)


@dataclass(frozen=True, slots=True)
class Trigger:
    """One code as it is explained to people: its ending, who answers with it, and what it means.

    `named` are the endings that ask one receipt in particular.
    """

    suffix: str
    code: str
    receipts: tuple[str, ...]
    named: tuple[str, ...]
    steps: tuple[str, ...]
    text_zh: str
    text_en: str


def number_of(receipt: str) -> str:
    """By what code lists and triggers speak of a receipt: 312 of CEB312Message, else its name."""
    return "".join(_NUMBER.findall(receipt)) or receipt


@lru_cache(maxsize=32)
def answers(letter: str, table: str) -> tuple[Answer, ...]:
    """What the codes of a list bring; a code that no receipt carries brings nothing."""
    found = []
    passed: list[str] = []
    for row in codes.table(table).rows:
        carriers = frozenset(_CARRIER.findall(row.more.get("messages", "")))
        if _CODE.fullmatch(row.code) and carriers:
            outcome = letter + row.code.removeprefix("-")
            english = row.name_en or row.name_zh
            before = frozenset(passed)
            found.append(Answer(outcome, row.code, carriers, row.name_zh, english, before))
        passed.append(row.code)
    return tuple(found)


def all_of(lists: Mapping[str, str]) -> tuple[Answer, ...]:
    """The answers of all lists, by the letters that stand for them."""
    return tuple(each for letter, table in lists.items() for each in answers(letter, table))


def acting(carrying: Mapping[str, bool]) -> list[str]:
    """Who answers to an ending without a receipt's number, of those that may carry the code.

    That is the papers on which marks act, and all of them where marks act on none.
    """
    return [name for name, marks in carrying.items() if marks] or [*carrying]
