"""What a person types about signatures, rules, account books and statistics."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy.exc import SQLAlchemyError

from single_window import settings
from single_window.accounts import companies
from single_window.accounts.companies import Unknown
from single_window.declarations import recounting
from single_window.declarations.books import verifying
from single_window.domain.books.account import LABELS as PLACES
from single_window.domain.books.balances import LABELS as FIGURES
from single_window.intake import accounts
from single_window.reference import documents
from single_window.signatures import keys, signing
from single_window.signatures.algorithms import PAIRS
from single_window.signatures.policies import POLICIES
from single_window.storage.engine import Database, beijing_day, now_ms
from single_window.storage.store import Store
from single_window.voice import Voice

OK, FAILED = 0, 2
USUAL = "usual"
"""Stands at the command line for no choice of one's own."""


def _keys_arguments(command: argparse.ArgumentParser, voice: Voice) -> None:
    command.add_argument("folder", type=Path, metavar="DIR", help=voice.words("keys.folder"))
    words = voice.words("keys.company")
    command.add_argument("--company", default="TEST COMPANY", help=words)
    command.add_argument("--code", default="", help=voice.words("keys.code"))


def _keys(asked: argparse.Namespace, voice: Voice) -> int:
    day = beijing_day(now_ms())
    try:
        for path in keys.write(asked.folder, asked.company, asked.code, day):
            voice.say("keys.made", path=path)
    except (OSError, ValueError) as error:
        return _failed(voice, error)
    return OK


def _sign_arguments(command: argparse.ArgumentParser, voice: Voice) -> None:
    command.add_argument("file", type=Path, metavar="FILE", help=voice.words("sign.file"))
    command.add_argument("--key", type=Path, required=True, help=voice.words("sign.key"))
    command.add_argument("--out", type=Path, required=True, help=voice.words("sign.out"))
    command.add_argument("--algorithm", choices=PAIRS, help=voice.words("sign.algorithm"))


def _sign(asked: argparse.Namespace, voice: Voice) -> int:
    try:
        by = signing.signer(asked.key)
        signed = signing.sign(asked.file.read_bytes(), by, asked.algorithm or "")
        asked.out.write_bytes(signed)
    except (OSError, ValueError) as error:
        return _failed(voice, error)
    voice.say("sign.done", out=asked.out, number=by.holder.number)
    return OK


def _policy_arguments(command: argparse.ArgumentParser, voice: Voice) -> None:
    command.add_argument("code", metavar="CODE", help=voice.words("policy.code"))
    command.add_argument("policy", choices=(*POLICIES, USUAL), help=voice.words("policy.policy"))


def _policy(asked: argparse.Namespace, voice: Voice) -> int:
    given = settings.load()
    chosen = "" if asked.policy == USUAL else asked.policy
    store = Store.open(given)
    try:
        companies.choose_policy(store, asked.code, chosen, by="command line")
    except Unknown:
        voice.complain("policy.unknown", code=asked.code)
        return FAILED
    finally:
        store.database.close()
    voice.say("policy.done", code=asked.code, policy=chosen or given.signature_policy)
    return OK


def _failed(voice: Voice, error: Exception) -> int:
    voice.complain("impossible", why=str(error).partition("\n")[0])
    return FAILED


def _reference_arguments(command: argparse.ArgumentParser, voice: Voice) -> None:
    words = voice.words("reference.out")
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help=words)


def _reference(asked: argparse.Namespace, voice: Voice) -> int:
    try:
        voice.say("documents", count=len(documents.write(asked.out)), out=asked.out)
    except OSError as error:
        return _failed(voice, error)
    return OK


# --- account ----------------------------------------------------------------------------------


def _account_arguments(command: argparse.ArgumentParser, voice: Voice) -> None:
    command.add_argument("file", type=Path, metavar="FILE", help=voice.words("account.file"))
    command.add_argument("--json", action="store_true", help=voice.words("account.json"))
    words = voice.words("account.today")
    command.add_argument("--today", type=date.fromisoformat, metavar="DATE", help=words)


def _account(asked: argparse.Namespace, voice: Voice) -> int:
    today = asked.today or beijing_day(now_ms())
    code = OK
    for each in accounts.judged(asked.file, today, limit=settings.load().unpacked_max_bytes):
        if asked.json:
            voice.put(orjson.dumps(each.told).decode())
        else:
            _account_shown(each.told, voice)
        code = max(code, FAILED if each.unreadable else int(each.decision == "reject"))
    return code


def _account_shown(told: Mapping[str, Any], voice: Voice) -> None:
    lang = voice.lang
    voice.put(f"{told['file']}  {told['key']}  {voice.words(told['decision'])}")
    for each in told["findings"]:
        places = (each["path"], each[f"label_{lang}"],
                  voice.words("at", line=each["line"]) if each["line"] else "")  # fmt: skip
        severity = voice.words(each["severity"])
        voice.put(f"  [{each['code']}] {severity}  {'  '.join(filter(None, places))}")
        voice.put(f"    {each[f'text_{lang}']}")
        voice.put(f"    {each[f'remedy_{lang}']}")
    if "balances" in told:
        voice.say("account.posted", day=told["as_of"], **told["entries"])
        if told["unjudged"]:
            voice.say("account.unjudged", about="  ".join(told["unjudged"]))
        for row in told["balances"]:
            voice.put(f"  {_balance(row, voice)}")
        for piece in told["serials"]:
            place = PLACES[piece["place"]][lang == "en"]
            named = (piece["serial"], piece["item"], piece["origin"], place, piece["deadline"])
            voice.put("  " + "  ".join(filter(None, named)))


def _balance(row: Mapping[str, Any], voice: Voice) -> str:
    """One line of figures; those that are nothing are left out, but never all."""
    shown = {name: FIGURES[name][voice.lang == "en"] for name in row if name in FIGURES}
    figures = [f"{shown[name]} {row[name]}" for name in shown if row[name] != "0"]
    origin = {None: "", "": "-"}.get(row["origin"], row["origin"])
    head = f"{row['item']} {row['name']} {origin}".rstrip()
    return f"{head}: {'  '.join(figures) or '0'}"


# --- books ------------------------------------------------------------------------------------


def _books(asked: argparse.Namespace, voice: Voice) -> int:
    differences = 0
    try:
        with Database(settings.load().database).read() as connection:
            for found in verifying.verify(connection):
                differences += 1
                voice.say("books.differs", **found._asdict())
    except SQLAlchemyError as error:
        voice.complain("no-database", why=str(error).partition("\n")[0])
        return FAILED
    voice.say("books.differences" if differences else "books.agree", count=differences)
    return int(differences > 0)


# --- statistics -------------------------------------------------------------------------------


def _statistics_arguments(command: argparse.ArgumentParser, voice: Voice) -> None:
    words = voice.words("statistics.rebuild")
    command.add_argument("--rebuild", action="store_true", help=words)


def _statistics(asked: argparse.Namespace, voice: Voice) -> int:
    differences = 0
    try:
        store = Store.open(settings.load())
        if asked.rebuild:
            voice.say("statistics.rebuilt", count=recounting.rebuild(store))
        with store.database.read() as connection:
            for found in recounting.verify(store, connection):
                differences += 1
                voice.say("statistics.differs", **found._asdict())
    except SQLAlchemyError as error:
        voice.complain("no-database", why=str(error).partition("\n")[0])
        return FAILED
    said = "statistics.differences" if differences else "statistics.agree"
    voice.say(said, count=differences)
    return int(differences > 0)


_Run = Callable[[argparse.Namespace, Voice], int]
_Fill = Callable[[argparse.ArgumentParser, Voice], None]
ALL: dict[str, tuple[_Run, _Fill | None]] = {
    "keys": (_keys, _keys_arguments),
    "sign": (_sign, _sign_arguments),
    "policy": (_policy, _policy_arguments),
    "reference": (_reference, _reference_arguments),
    "account": (_account, _account_arguments),
    "books": (_books, None),
    "statistics": (_statistics, _statistics_arguments),
}
"""The commands by name: what runs, and what adds its arguments."""
