"""Papers that are begun from another: what they take over from it, and what people call that.

A regime says in its forms.toml what a paper takes over beside the fields of equal names:

    [follow.PaymentMessage.ContractMessage]
    label_zh = "按此合同付款"
    label_en = "Pay on this contract"
    "Head/payerCode" = "Party/code"
    "Head/amount" = ""

Each field of the paper is named with the other's field that fills it; one with "" is never taken
over, though the other may have one of its name. `when` are facts that the other must have for the
paper to be offered: { direction = "I" }.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from single_window.domain.acts import Left

Begun = Callable[[str, Mapping[str, Any], Left, int], Mapping[str, str]]
"""What a new paper of a message says that has to be reckoned: its values by their paths.

Told are the facts of what it is begun from (with its figures as `amounts`), what is left of each
line that others took of, and how many papers of the message were filed about it before and stand.
"""


@dataclass(frozen=True, slots=True)
class Follow:
    """How a paper of `message` is begun from one of `target`; labels may be empty."""

    message: str
    target: str
    takes: Mapping[str, str]
    label_zh: str = ""
    label_en: str = ""
    when: Mapping[str, str] = field(default_factory=dict)

    def fits(self, facts: Mapping[str, Any]) -> bool:
        """Whether a target with these facts is one from which it is begun."""
        return all(facts.get(name) == value for name, value in self.when.items())


def follows_in(path: Path) -> dict[tuple[str, str], Follow]:
    """The tables of a forms.toml, by message and target; none where there is no such file."""
    if not path.is_file():
        return {}
    told = tomllib.loads(path.read_text("utf-8")).get("follow", {})
    return {
        (message, target): _follow(message, target, row)
        for message, rows in told.items()
        for target, row in rows.items()
    }


def _follow(message: str, target: str, row: Mapping[str, Any]) -> Follow:
    own = ("label_zh", "label_en", "when")
    takes = {path: other for path, other in row.items() if path not in own}
    return Follow(message, target, takes, **{name: row[name] for name in own if name in row})
