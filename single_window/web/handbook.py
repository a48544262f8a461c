"""Help: guides by reader, and the way to the references."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

from flask import Blueprint, Response, abort, redirect, render_template, request
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from single_window import regimes
from single_window.storage.store import Store
from single_window.web import session, words
from single_window.web.session import needs
from single_window.web.words import Language

_FOLDER = Path(__file__).with_name("guides")
_OF_REGIMES = {
    path.parent.name: path.parent for path in Path(regimes.__file__).parent.glob("*/guide.zh.md")
}
"""Regimes that have a guide of their own in their folder."""
GUIDES = ("filer", "accounts", *sorted(_OF_REGIMES), "integrator", "agency")


class Guide(NamedTuple):
    """A guide as shown: its title, its chapters (place and name), and its text."""

    title: str
    chapters: list[tuple[str, str]]
    text: Markup


def blueprint(store: Store) -> Blueprint:
    """Guides; open to everybody, since they say nothing about anybody."""
    pages = Blueprint("help", __name__, url_prefix="/help")
    session.guard(pages, store)

    @pages.before_request
    def greet() -> None:
        session.person(store)

    _guides(pages)
    _moved(pages)
    return pages


def _guides(pages: Blueprint) -> None:
    @pages.get("")
    @needs(None)
    def index() -> Any:
        language = words.wanted(request)
        shown = {name: guide_of(name, language) for name in GUIDES}
        return render_template("help_index.html", guides=shown)

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


def _moved(pages: Blueprint) -> None:
    """The references have an address of their own; whoever kept the old one is sent there."""

    @needs(None)
    def moved(**_: str) -> Any:
        there = request.full_path.replace("/help/", "/reference/", 1).removesuffix("?")
        return redirect(there, HTTPStatus.MOVED_PERMANENTLY)

    for path in ("/rules", "/messages", "/messages/<name>", "/codes/<name>"):
        pages.add_url_rule(path, "moved", moved)


@cache
def guide_of(name: str, language: Language) -> Guide:
    """A guide in a language. Headings have the same places in both, so that links hold."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    own = _OF_REGIMES.get(name)
    path = own / f"guide.{language}.md" if own is not None else _FOLDER / f"{name}.{language}.md"
    tokens = markdown.parse(path.read_text("utf-8"))
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
