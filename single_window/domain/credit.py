"""Credit of firms with customs (海关企业信用): the grades of a day, and their effects."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from single_window.domain.parameters import InForce, Parameters
from single_window.domain.rulings import ACCEPTED, Ruling

CREDIT = Parameters.load(Path(__file__).with_name("credit.toml"))
"""Grades and their effects, by day."""

_SHORT: Mapping[str, str] = {
    "advanced": "advanced certified",
    "ordinary others": "ordinary",
    "other": "ordinary",
    "others": "ordinary",
}
_NO: Mapping[str, str] = {"summary_tax": "CRED-03", "guarantee_waiver": "CRED-02"}


def _plain(name: object) -> str:
    return " ".join(str(name).casefold().replace("_", " ").replace("-", " ").split())


def grade_of(name: object) -> str:
    """A grade by the name that the table has for it, however it was written."""
    plain = _plain(name)
    return _SHORT.get(plain, plain)


def asked(name: str | None, ask: str, values: InForce) -> Ruling:
    """Whether a firm of the grade may ask for summary tax or a waived guarantee (CRED-05).

    A grade that does not exist on the day is refused; one that is not known is not checked.
    """
    if not name:
        return Ruling("warn", "CRED-05")
    row = next((r for r in values["credit_grades"] if r["grade"] == grade_of(name)), None)
    if row is None:
        return Ruling("reject", "CRED-05")
    if not ask:
        return ACCEPTED
    ask = _plain(ask).replace(" ", "_")
    answer = row.get(ask, "?")
    if answer == "yes":
        return ACCEPTED
    rule = "CRED-03" if "dishonest" in row["grade"] else _NO.get(ask, "CRED-05")
    return Ruling("hold" if answer == "?" else "reject", rule)
