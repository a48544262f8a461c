"""Help: guides by reader, and references that are read from what the window itself works with."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

from flask import Blueprint, Response, abort, render_template, request
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from schemas import codes, registry
from schemas.fields import Field
from single_window import regimes
from single_window.declarations.words import wording
from single_window.storage.store import Store
from single_window.web import session, words
from single_window.web.session import needs
from single_window.web.words import Language

GUIDES = ("filer", "integrator", "agency")
FAMILIES = ("rule", "schema", "envelope", "transport")
MOST_CODES = 200
_FOLDER = Path(__file__).with_name("guides")


class Guide(NamedTuple):
    """A guide as shown: its title, its chapters (place and name), and its text."""

    title: str
    chapters: list[tuple[str, str]]
    text: Markup


def blueprint(store: Store) -> Blueprint:
    """Guides and references; open to everybody, since they say nothing about anybody."""
    pages = Blueprint("help", __name__, url_prefix="/help")
    session.guard(pages, store)

    @pages.before_request
    def greet() -> None:
        session.person(store)

    _guides(pages)
    _references(pages)
    return pages


def _guides(pages: Blueprint) -> None:
    @pages.get("")
    @needs(None)
    def index() -> Any:
        language = words.wanted(request)
        shown = {name: guide_of(name, language) for name in GUIDES}
        return render_template("help_index.html", guides=shown, lists=codes.names())

    @pages.get("/<guide>")
    @needs(None)
    def guide(guide: str) -> Any:
        if guide not in GUIDES:
            abort(HTTPStatus.NOT_FOUND)
        return render_template("help_guide.html", guide=guide_of(guide, words.wanted(request)))

    @pages.get("/consumer.py")
    @needs(None)
    def consumer() -> Any:
        answer = Response((_FOLDER / "consumer.py").read_text("utf-8"), mimetype="text/x-python")
        answer.headers.set("Content-Disposition", "attachment", filename="consumer.py")
        return answer


def _references(pages: Blueprint) -> None:
    @pages.get("/messages")
    @needs(None)
    def messages() -> Any:
        return render_template("help_messages.html", messages=registry.messages().values())

    @pages.get("/messages/<name>")
    @needs(None)
    def message(name: str) -> Any:
        if name not in registry.messages():
            abort(HTTPStatus.NOT_FOUND)
        found = registry.message(name)
        return render_template("help_message.html", it=found, rows=rows_of(found.record_field))

    @pages.get("/rules")
    @needs(None)
    def rules() -> Any:
        return render_template(
            "help_rules.html", families=_by_family(), regimes=regimes.all().values(), told=told
        )

    @pages.get("/codes/<name>")
    @needs(None)
    def code_list(name: str) -> Any:
        if name not in codes.names():
            abort(HTTPStatus.NOT_FOUND)
        sought = request.args.get("q", "").strip()[:80]
        found = codes.table(name).search(sought, MOST_CODES + 1)
        return render_template(
            "help_codes.html", name=name, rows=found[:MOST_CODES], sought=sought,
            more=len(found) > MOST_CODES, most=MOST_CODES,
        )  # fmt: skip


@cache
def guide_of(name: str, language: Language) -> Guide:
    """A guide in a language. Headings have the same places in both, so that links hold."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse((_FOLDER / f"{name}.{language}.md").read_text("utf-8"))
    title = ""
    chapters: list[tuple[str, str]] = []
    for at, token in enumerate(tokens):
        if token.type == "fence" and token.info == "include":
            token.content = (_FOLDER / token.content.strip()).read_text("utf-8")
            token.info = "python"
        if language == "zh":
            _join_lines(token)
        if token.type == "heading_open":
            said = tokens[at + 1].content
            if token.tag == "h1":
                title = said
            else:
                chapters.append((place := f"c{len(chapters) + 1}", said))
                token.attrSet("id", place)
    text = markdown.renderer.render(tokens, markdown.options, {})
    return Guide(title, chapters, Markup(text))  # noqa: S704 - our own guides, html refused


def _join_lines(token: Token) -> None:
    """Chinese has no spaces between words, so the end of a line is none either."""
    for child in token.children or ():
        if child.type == "softbreak":
            child.type = "text"


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


def holds(field: Field) -> str:
    """What a field may hold, short and in no language."""
    if field.kind in {"group", "any"}:
        return ""
    if field.fixed is not None:
        return f'"{field.fixed}"'
    if field.length is not None:
        return f"{field.kind}({field.length})"
    if field.min_length is not None or field.max_length is not None:
        return f"{field.kind}({field.min_length or 0}–{field.max_length or '∞'})"
    if field.total_digits is not None:
        return f"{field.kind}({field.total_digits},{field.fraction_digits or 0})"
    return field.kind


def occurs(field: Field) -> str:
    """How often a field may stand there."""
    most = "∞" if field.max_occurs is None else str(field.max_occurs)
    return str(field.min_occurs) if str(field.min_occurs) == most else f"{field.min_occurs}–{most}"


def told(value: Any) -> list[str]:
    """A value of a rule in lines: one for each row of a table."""
    rows = value if isinstance(value, list | tuple) else [value]
    return [
        ", ".join(f"{key} {each}" for key, each in row.items())
        if isinstance(row, dict)
        else f"{row}"
        for row in rows
    ]


class _Gaps(dict[str, str]):
    """Values of a text that are not known until it is used."""

    def __missing__(self, name: str) -> str:
        return "…"


@cache
def _by_family() -> dict[str, list[dict[str, str]]]:
    """The words of every finding that the window can make, by family."""
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    for code in sorted(wording().codes()):
        text = wording()[code]
        names = ("text_zh", "text_en", "remedy_zh", "remedy_en")
        said = {name: getattr(text, name).format_map(_Gaps()) for name in names}
        found[text.family].append(said | {"code": code, "source": text.source})
    return {family: found[family] for family in FAMILIES}
