"""What every template can use: words, the reader's language, who is logged in, links."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any
from unicodedata import category
from urllib.parse import urlencode

from flask import Flask, Response, g, request, url_for
from markupsafe import Markup

from single_window.accounts.agencies import Agency
from single_window.declarations.words import cited
from single_window.oversight import trade
from single_window.reference.telling import word
from single_window.web import pictures, session, showing, words
from single_window.web.words import Language

_STATIC = Path(__file__).with_name("static")
_A_YEAR = 365 * 86_400
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def furnish(app: Flask, agencies: Sequence[Agency]) -> None:
    """Gives the templates of the app what they need, and every answer its safety headers."""
    labels = {each.name: {"zh": each.label_zh, "en": each.label_en} for each in agencies}
    prints = {path.name: _print(path) for path in _STATIC.iterdir()}

    def asset(name: str) -> str:
        return url_for("static", filename=name, v=prints[name])

    @app.context_processor
    def tools() -> dict[str, Any]:
        language = words.wanted(request)
        return {
            "lang": language,
            "t": lambda key, **values: words.text(language, key, **values),
            "me": g.get("principal"),
            "csrf": session.token,
            "here": here,
            "here_at": here_at,
            "asset": asset,
            "nav_link": lambda endpoint, key: _nav_link(language, endpoint, key),
            "agency": lambda name: labels.get(name, {}).get(language, name),
            "names": lambda messages: _AND[language].join(
                showing.paper(m, language) for m in messages
            ),
            "leg_word": leg_word,
            "plan_words": lambda plan: plan_words(language, labels, plan),
            "pictures": pictures.pictures,
            "unit": lambda name: word(f"unit.{name}", language),
            "said": lambda value: word(f"={value}", language),
            "own_word": words.own,
            "leg_tone": leg_tone,
            "status_tone": lambda it: "good" if it["fault"] == "none" else "bad",
            "age": lambda passed: _age(language, passed),
            "counts_trade": trade.counting,
            "request_id": g.get("request_id", ""),
        }

    app.jinja_env.filters.update(
        beijing=showing.beijing,
        iso=showing.iso,
        tone=showing.tone,
        paper=showing.paper,
        desk_tone=showing.desk_tone,
        yuan=showing.yuan,
        grave=showing.grave,
        notes=showing.notes,
        after_label=showing.after_label,
        bill=showing.bill,
        about_whole=showing.about_whole,
        signed=showing.signed,
        agency_words=showing.agency_words,
        all_done=showing.all_done,
        standing=showing.standing,
        number_of=showing.number_of,
        steps_of=steps_of,
        tongue=tongue,
        cited=cited,
        is_figure=lambda text: str(text)[:1].isdigit(),
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.after_request(_finish)


def _finish(answer: Response) -> Response:
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    if "text/html" in (answer.content_type or ""):
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["Vary"] = "Cookie, Accept-Language"
    chosen = request.args.get("lang")
    if chosen in words.LANGUAGES:
        answer.set_cookie(words.COOKIE, chosen, max_age=_A_YEAR, samesite="Lax", httponly=True)
    return answer


def _print(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()[:12]


def here(**changes: Any) -> str:
    """The address of this page with other arguments; None takes one away."""
    return _with_arguments(request.path, changes)


def here_at(endpoint: str, **changes: Any) -> str:
    """The address of another page with the arguments of this one, changed likewise."""
    names = {"submission_id"}
    route = {name: value for name, value in changes.items() if name in names}
    rest = {name: value for name, value in changes.items() if name not in names}
    return _with_arguments(url_for(endpoint, **route), rest)


def _with_arguments(path: str, changes: Mapping[str, Any]) -> str:
    kept = {key: value for key, value in request.args.items() if key not in changes}
    kept.pop("lang", None)
    kept |= {key: value for key, value in changes.items() if value is not None}
    return f"{path}?{urlencode(kept)}" if kept else path


def _nav_link(language: Language, endpoint: str, key: str) -> Markup:
    current = Markup(' aria-current="page"') if request.endpoint == endpoint else ""
    return Markup('<a href="{}"{}>{}</a>').format(
        url_for(endpoint), current, words.text(language, key)
    )


def leg_word(it: Mapping[str, Any], leg: Mapping[str, Any]) -> str:
    """Where an agency's step of a declaration stands, as a key of the catalogue."""
    if leg["verdict"] != "none":
        return f"verdict.{leg['verdict']}"
    if leg["transport"] == "pending":
        if it["outcome"] in _ENDED:
            return "leg.never"
        if it["outcome"] in _KEPT_BACK or not _reached(it, leg):
            return "leg.later"
    return f"leg.{leg['transport']}"


_ENDED = frozenset({"rejected", "withdrawn", "closed"})
_KEPT_BACK = frozenset({"waiting", "held"})
_LEG_TONES = {"leg.sent": "busy", "leg.acknowledged": "busy", "leg.failed": "wait"}


def _reached(it: Mapping[str, Any], leg: Mapping[str, Any]) -> bool:
    """Whether all steps before this one have ended well."""
    before = itertools.takewhile(lambda other: other is not leg, it["legs"])
    return all(other["verdict"] in ("accepted", "released") for other in before)


def plan_words(
    language: Language, labels: Mapping[str, Mapping[str, str]], plan: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The steps of a plan with what is written on them, in the reader's language."""
    named = [
        {
            "title": showing.paper(step["message"], language),
            "by": labels.get(step["agency"], {}).get(language, step["agency"]),
        }
        for step in plan
    ]
    told = []
    for step, name in zip(plan, named, strict=True):
        awaited = [
            named[at]["by"] if plan[at]["message"] == step["message"] else named[at]["title"]
            for at in step["waits_for"]
        ]
        what = _AND[language].join(dict.fromkeys(awaited))
        word = words.text(language, _plan_key(step["state"]), what=what)
        told.append({**step, **name, "word": str(word), "tone": pictures.tone(step["state"])})
    return told


_AND = {"zh": "、", "en": ", "}


def _plan_key(state: str) -> str:
    for key in (f"plan.{state}", f"leg.{state}"):
        if key in words.catalogue():
            return key
    return f"verdict.{state}"


def leg_tone(word: str) -> str:
    """How such a word is coloured."""
    kind, _, rest = word.partition(".")
    return showing.tone(rest) if kind == "verdict" else _LEG_TONES.get(word, "off")


def tongue(text: str, language: Language) -> Markup:
    """The attribute for an element whose text is there in Chinese only, on an English page."""
    # Lo: letters without upper and lower case; in our data those are Chinese.
    foreign = language == "en" and any(category(letter) == "Lo" for letter in text)
    return Markup(' lang="zh-CN"') if foreign else Markup()


def _age(language: Language, milliseconds: int) -> Markup:
    unit, number = showing.age(milliseconds)
    return words.text(language, unit, number=number)


def steps_of(
    formula: Iterable[Mapping[str, Any]], amount: str, figures: Iterable[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """The steps of a computation that lead to one amount (duty, duty_full, duty_total ...).

    A step is of the longest name of the figures shown that its own begins with.
    """
    names = sorted((figure["name"] for figure in figures), key=len, reverse=True)

    def of(step: str) -> str | None:
        return next((name for name in names if f"{step}_".startswith(f"{name}_")), None)

    return [step for step in formula if of(step["name"]) == amount]
