"""Who may do what: one table, used by pages and API alike."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from single_window.declarations.scope import Reach, Scope


class Role(StrEnum):
    """What somebody is at the window."""

    TRADER = "trader"
    BROKER = "broker"
    OFFICER = "officer"
    OPERATOR = "operator"


class Action(StrEnum):
    """What can be allowed or refused."""

    FILE = "file"
    SEE = "see"
    CHANGE = "change"
    ANSWER = "answer"
    COLLECT = "collect"
    JUDGE = "judge"
    MANDATES = "mandates"
    GIVE_MANDATE = "give_mandate"
    SEE_ALL = "see_all"
    ACCOUNT = "account"
    KEYS = "keys"
    PEOPLE = "people"
    BOOKS = "books"
    STATISTICS = "statistics"


_FILERS = frozenset({Role.TRADER, Role.BROKER})
_OFFICERS = frozenset({Role.OFFICER})
_OF_AN_AGENCY = frozenset({Action.ANSWER, Action.COLLECT, Action.JUDGE})

TABLE: dict[Action, frozenset[Role]] = {
    Action.FILE: _FILERS,
    Action.SEE: _FILERS | {Role.OPERATOR},
    Action.CHANGE: _FILERS,
    Action.ANSWER: _OFFICERS,
    Action.COLLECT: _OFFICERS,
    Action.JUDGE: _OFFICERS,
    Action.MANDATES: _FILERS,
    Action.GIVE_MANDATE: frozenset({Role.TRADER}),
    Action.SEE_ALL: frozenset({Role.OPERATOR}),
    Action.ACCOUNT: frozenset(Role),
    Action.KEYS: frozenset(Role),
    Action.PEOPLE: frozenset({Role.OPERATOR}),
    Action.BOOKS: _FILERS | _OFFICERS | {Role.OPERATOR},
    Action.STATISTICS: _FILERS | _OFFICERS | {Role.OPERATOR},
}


_BOOKS_OVERSEER = "customs"
"""The agency that oversees account books (海关), and so reads all of them."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking: a person who logged in or a program with a key.

    `name` is what is written beside what they do; `agency` is set for people of an agency, `code`
    is the company that the organisation is.
    """

    organisation_id: int
    organisation_zh: str
    organisation_en: str
    role: Role
    name: str
    agency: str | None = None
    person_id: int | None = None
    code: str = ""

    def may(self, action: Action) -> bool:
        """Whether the table allows it; what an agency does needs an agency to do it for."""
        return self.role in TABLE[action] and (action not in _OF_AN_AGENCY or bool(self.agency))

    @property
    def scope(self) -> Scope:
        """What of all that is filed they may see."""
        if self.may(Action.SEE_ALL):
            return Scope(None)
        return Scope(self.organisation_id, self.code)

    @property
    def books(self) -> Scope:
        """Which account books they may see, apart from those that mandates let them keep."""
        return Scope(None) if self.agency == _BOOKS_OVERSEER else self.scope

    @property
    def reach(self) -> Reach:
        """Whose figures they may see in statistics."""
        if self.agency:
            return Reach(agency=self.agency)
        return Reach() if self.may(Action.SEE_ALL) else Reach(company=self.code, scope=self.scope)
