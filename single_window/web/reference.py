"""The reference: rules, messages, codes and triggers, at addresses that stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for

from schemas import codes, registry
from schemas.fields import Field
from schemas.registry import Message
from single_window import regimes
from single_window.declarations.words import wording
from single_window.domain.parameters import Parameter
from single_window.reference.documents import label_of
from single_window.reference.rules import GENERAL, Book, Rule, books, rule_of, without_values
from single_window.reference.skeletons import holds, skeleton
from single_window.reference.telling import told, word
from single_window.storage.store import Store
from single_window.web import session, words
from single_window.web.session import needs

FORM = "form"
"""What every message has to keep, whatever its regime: chosen like a book of rules."""
FAMILIES = ("rule", "schema", "envelope", "transport")
MOST_CODES = 200
MOST_SOUGHT = 80


class Explained(Protocol):
    """A trigger of a simulated agency, as its documentation needs it."""

    suffix: str
    code: str
    receipts: Sequence[str]
    named: Sequence[str]
    steps: Sequence[str]
    text_zh: str
    text_en: str


class Simulated(Protocol):
    """A simulated agency and the endings by which its answers are chosen."""

    @property
    def name(self) -> str:
        """How the plans call it."""
        ...

    @property
    def marks(self) -> Sequence[Any]:
        """The endings that have a name."""
        ...

    def triggers(self) -> Sequence[Any]:
        """Every code that can be had by an ending."""
        ...


def blueprint(store: Store, simulated: Sequence[Simulated]) -> Blueprint:
    """References; open to everybody, since they say nothing about anybody."""
    pages = Blueprint("reference", __name__, url_prefix="/reference")
    session.guard(pages, store)

    @pages.before_request
    def greet() -> None:
        session.person(store)

    @pages.get("")
    @needs(None)
    def index() -> Any:
        return redirect(url_for("help.index"))

    _rules(pages)
    _messages(pages)
    _codes(pages)
    _triggers(pages, simulated)
    return pages


def _asked(name: str) -> str:
    return request.args.get(name, "").strip()[:MOST_SOUGHT]


# --- rules ------------------------------------------------------------------------------------


def _rules(pages: Blueprint) -> None:
    @pages.get("/rules")
    @needs(None)
    def list_rules() -> Any:
        language = words.wanted(request)
        chosen, sought = _asked("regime"), _asked("q")
        found = _chosen(chosen, sought)
        shown = [(book, [told(rule, language) for rule in those]) for book, those in found]
        form = {} if chosen not in ("", FORM) else _form_texts(sought)
        return render_template(
            "reference_rules.html", shown=shown, form=form, chosen=chosen, sought=sought,
            books=books(), label=lambda book: label_of(book, language),
        )  # fmt: skip

    @pages.get("/rules.json")
    @needs(None)
    def rules_json() -> Any:
        found = _chosen(_asked("regime"), _asked("q"))
        return {"items": [_plain(rule) for _, those in found for rule in those], "next": None}

    @pages.get("/rules/<code>")
    @needs(None)
    def rule(code: str) -> Any:
        language = words.wanted(request)
        found = rule_of(code)
        if found is not None:
            (book,) = (each for each in books() if each.name == found.book)
            return render_template(
                "reference_rule.html", it=told(found, language), book=book,
                label=label_of(book, language), w=lambda key, **v: word(key, language, **v),
                messages=registry.messages(),
            )  # fmt: skip
        text = next((each for those in _by_family().values() for each in those
                     if each["code"] == code), None)  # fmt: skip
        if text is None:
            abort(HTTPStatus.NOT_FOUND)
        return render_template("reference_text.html", it=text)


def _chosen(chosen: str, sought: str) -> list[tuple[Book, list[Rule]]]:
    """The rules of the book chosen (or of all) that speak of a text, by book."""
    return [
        (book, those)
        for book in books()
        if chosen in ("", book.name)
        and (those := [rule for rule in book.rules if rule.speaks_of(sought)])
    ]


def _form_texts(sought: str) -> dict[str, list[dict[str, str]]]:
    """The texts about form that speak of something, by family."""
    found = {
        family: [text for text in texts if sought.casefold() in "".join(text.values()).casefold()]
        for family, texts in _by_family().items()
    }
    return {family: texts for family, texts in found.items() if texts}


@cache
def _by_family() -> Mapping[str, list[dict[str, str]]]:
    """The words of every finding that belongs to no rule of law or regime, by family."""
    found: dict[str, list[dict[str, str]]] = {family: [] for family in FAMILIES}
    for code in sorted(wording().codes()):
        text = wording()[code]
        if rule_of(code) is None:
            names = ("text_zh", "text_en", "remedy_zh", "remedy_en")
            said = {name: without_values(getattr(text, name)) for name in names}
            row = {"code": code, "family": text.family, "source": text.source}
            found[text.family].append(said | row)
    return found


def _plain(rule: Rule) -> dict[str, Any]:
    """A rule as JSON: both languages, values as they are."""
    return {
        "id": rule.id,
        "regime": rule.book,
        "text_zh": rule.text_zh,
        "text_en": rule.text_en,
        "outcome": rule.outcome,
        "source": rule.source,
        "certainty": rule.certainty,
        "parameters": [_parameter(each) for each in rule.parameters],
        "findings": [asdict(each) for each in rule.findings],
        "examples": [
            {"case_id": each.case_id, "inputs": each.inputs, "expected": each.expected}
            for each in rule.examples
        ],
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "key": parameter.key,
        "label_zh": parameter.label_zh,
        "label_en": parameter.label_en,
        "unit": parameter.unit,
        "values": [
            {
                "from": f"{dated.first}",
                "to": f"{dated.last}" if dated.last else None,
                "value": dated.value,
                "source": dated.source,
                "certainty": dated.certainty,
                "checked_on": f"{dated.checked_on}",
            }
            for dated in parameter.values
        ],
    }


# --- messages ---------------------------------------------------------------------------------


def _messages(pages: Blueprint) -> None:
    @pages.get("/messages")
    @needs(None)
    def list_messages() -> Any:
        chosen, sought = _asked("regime"), _asked("q")
        groups: dict[str, list[Message]] = {}
        for each in registry.messages().values():
            regime = each.regime if each.regime in regimes.all() else GENERAL
            if chosen in ("", regime) and _names(each, sought):
                groups.setdefault(regime or GENERAL, []).append(each)
        return render_template(
            "reference_messages.html", groups=groups, chosen=chosen, sought=sought,
            regimes=regimes.all(),
        )  # fmt: skip

    @pages.get("/messages/<name>")
    @needs(None)
    def message(name: str) -> Any:
        found = _message(name)
        sample = skeleton(name, words.wanted(request))
        rows = rows_of(found.record_field)
        return render_template("reference_message.html", it=found, rows=rows, sample=sample)

    @pages.get("/messages/<name>.xml")
    @needs(None)
    def sample(name: str) -> Any:
        found = _message(name)
        answer = Response(skeleton(name, words.wanted(request)), mimetype="application/xml")
        answer.headers.set("Content-Disposition", "attachment", filename=f"{found.name}.xml")
        return answer


def _message(name: str) -> Message:
    if name not in registry.messages():
        abort(HTTPStatus.NOT_FOUND)
    return registry.message(name)


def _names(message: Message, sought: str) -> bool:
    words_ = (message.name, message.label_zh, message.label_en)
    return any(sought.casefold() in each.casefold() for each in words_)


class Row(NamedTuple):
    """A field in the message reference, with how deep it lies and what it may hold."""

    field: Field
    depth: int
    holds: str
    occurs: str


def rows_of(field: Field, depth: int = 0) -> list[Row]:
    """All fields below one, in the order of the message."""
    rows: list[Row] = []
    for child in field.children:
        rows.append(Row(child, depth, holds(child), occurs(child)))
        rows += rows_of(child, depth + 1)
    return rows


def occurs(field: Field) -> str:
    """How often a field may stand there."""
    most = "∞" if field.max_occurs is None else str(field.max_occurs)
    return str(field.min_occurs) if str(field.min_occurs) == most else f"{field.min_occurs}–{most}"


# --- codes and triggers -----------------------------------------------------------------------


class Listed(NamedTuple):
    """A code list by its name: what holds its codes, how many there are, and whether by date."""

    name: str
    fields: tuple[Field, ...]
    size: int
    dated: bool


@cache
def _lists() -> tuple[Listed, ...]:
    users: dict[str, dict[str, Field]] = {name: {} for name in codes.names()}
    for message in registry.messages().values():
        for leaf in message.record_field.leaves():
            if leaf.code_list in users:
                users[leaf.code_list].setdefault(leaf.label_en, leaf)
    return tuple(
        Listed(
            name,
            tuple(those.values()),
            len(codes.table(name).rows),
            any(row.valid_from or row.valid_to for row in codes.table(name).rows),
        )
        for name, those in users.items()
    )


def _codes(pages: Blueprint) -> None:
    @pages.get("/codes")
    @needs(None)
    def list_codes() -> Any:
        return render_template("reference_codes.html", lists=_lists())

    @pages.get("/codes/<name>")
    @needs(None)
    def code_list(name: str) -> Any:
        if name not in codes.names():
            abort(HTTPStatus.NOT_FOUND)
        sought = _asked("q")
        found = codes.table(name).search(sought, MOST_CODES + 1)
        (listed,) = (each for each in _lists() if each.name == name)
        return render_template(
            "reference_list.html", it=listed, rows=found[:MOST_CODES], sought=sought,
            more=len(found) > MOST_CODES, most=MOST_CODES,
        )  # fmt: skip


def _triggers(pages: Blueprint, simulated: Sequence[Simulated]) -> None:
    explained = [(each.name, each.marks, each.triggers()) for each in simulated]

    @pages.get("/triggers")
    @needs(None)
    def list_triggers() -> Any:
        sought = _asked("q").casefold()
        found = [
            (name, marks, [each for each in those if _explains(each, sought)])
            for name, marks, those in explained
        ]
        return render_template(
            "reference_triggers.html", agencies=found, sought=_asked("q"), known=registry.messages()
        )


def _explains(trigger: Explained, sought: str) -> bool:
    said = (trigger.suffix, trigger.code, trigger.text_zh, trigger.text_en, *trigger.receipts)
    return any(sought in each.casefold() for each in said)
