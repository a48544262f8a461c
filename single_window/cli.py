"""What a person types: check, cases, demo, verify, migrate, submit, and about signatures."""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import date
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import requests
from sqlalchemy.exc import SQLAlchemyError

from single_window import commands, regimes, settings
from single_window.declarations import history
from single_window.declarations.words import rendered
from single_window.demo import folder, modes
from single_window.domain import cases
from single_window.intake.archives import ZIP_MAGIC
from single_window.intake.rehearsal import Verdict, rehearse
from single_window.intake.signed import Terms
from single_window.signatures.policies import POLICIES, in_force
from single_window.signatures.steps import told
from single_window.storage import migrate
from single_window.storage.engine import Database, beijing_day, now_ms
from single_window.voice import Voice

OK, REJECTED, UNREADABLE = 0, 1, 2
"""Exit codes: nothing rejected, something rejected, something that could not be read or done."""
POLL_SECONDS = 1
TIMEOUT_SECONDS = 60
_COUNTS = {"accept": "accepted", "warn": "warned", "hold": "held", "reject": "rejected"}
"""The decisions, and what a submission calls the count of each."""


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    given = _joined(sys.argv[1:] if arguments is None else arguments)
    first = argparse.ArgumentParser(add_help=False)
    first.add_argument("--lang", choices=("zh", "en"), default=settings.language())
    lang = first.parse_known_args([each for each in given if each not in {"-h", "--help"}])[0].lang
    voice = Voice(lang)
    asked = _parser(voice).parse_args(given)
    try:
        return int(asked.run(asked, voice))
    except settings.BadSetting as error:
        sys.stderr.write(f"{error}\n")
        return UNREADABLE
    except BrokenPipeError:
        # Whoever read along (head, less) has seen enough.
        sys.stderr.close()
        return OK


def _joined(given: list[str]) -> list[str]:
    """The arguments with a mark tied to its option: it begins like an option itself."""
    if "--mark" not in given[:-1]:
        return given
    at = given.index("--mark")
    return [*given[:at], f"--mark={given[at + 1]}", *given[at + 2 :]]


def _parser(voice: Voice) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="single-window", description=voice.words("about"))
    parser.add_argument("--lang", choices=("zh", "en"), help=voice.words("lang"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (run, fill) in _COMMANDS.items():
        help_ = voice.words(name)
        command = commands.add_parser(name, help=help_, description=help_)
        command.add_argument("--lang", choices=("zh", "en"), help=voice.words("lang"))
        command.set_defaults(run=run)
        if fill is not None:
            fill(command, voice)
    return parser


# --- check ------------------------------------------------------------------------------------


def _check_arguments(command: argparse.ArgumentParser, voice: Voice) -> None:
    words = voice.words("check.files")
    command.add_argument("files", nargs="+", type=Path, metavar="FILE", help=words)
    command.add_argument("--json", action="store_true", help=voice.words("check.json"))
    command.add_argument("--all", action="store_true", help=voice.words("check.all"))
    command.add_argument("--signatures", choices=POLICIES, help=voice.words("check.signatures"))


def _check(asked: argparse.Namespace, voice: Voice) -> int:
    given = settings.load()
    policy = in_force(asked.signatures or "", given.signature_policy)
    signatures = Terms(policy, beijing_day(now_ms()), given.trusted_folder, bool(asked.signatures))
    show = _shown_as_json if asked.json else _Report(voice, everything=asked.all).show
    return show(rehearse(asked.files, terms=signatures, limit=given.unpacked_max_bytes))


def _shown_as_json(verdicts: Iterable[Verdict]) -> int:
    code = OK
    for verdict in verdicts:
        row: dict[str, Any] = {"file": verdict.file, "message": verdict.message}
        row |= {} if verdict.record is None else {"record": verdict.record}
        row |= {"line": verdict.line, "key": verdict.key, "decision": verdict.decision}
        if verdict.amounts is not None:
            row["amounts"] = verdict.amounts
        row["findings"] = rendered(verdict.findings, verdict.message)
        if verdict.signature is not None:
            row["signature"] = told(verdict.signature)
        print(orjson.dumps(row).decode())
        code = max(code, _code_of(verdict))
    return code


def _code_of(verdict: Verdict) -> int:
    if verdict.unreadable:
        return UNREADABLE
    return REJECTED if verdict.decision == "reject" else OK


class _Report:
    """Verdicts for reading: what is wrong in full, the rest counted."""

    def __init__(self, voice: Voice, *, everything: bool) -> None:
        self._voice = voice
        self._everything = everything
        self._file = ""
        self._counts: Counter[str] = Counter()
        self._warnings: dict[str, list[Any]] = {}

    def show(self, verdicts: Iterable[Verdict]) -> int:
        """Prints them all; returns the exit code."""
        code = unreadable = 0
        for verdict in verdicts:
            code = max(code, _code_of(verdict))
            unreadable += verdict.unreadable
            if verdict.record is not None:
                self._counts[verdict.decision] += 1
            self._one(verdict)
        self._sums(unreadable)
        return code

    def _one(self, verdict: Verdict) -> None:
        if self._everything or verdict.decision in {"hold", "reject"}:
            self._head(verdict)
            self._signature(verdict)
        for finding in rendered(verdict.findings, verdict.message):
            if finding["severity"] == "warn" and not self._everything:
                kind = self._warnings.setdefault(finding["code"], [0, finding])
                kind[0] += 1
            else:
                self._finding(finding, "at.row" if verdict.rows else "at")

    def _head(self, verdict: Verdict) -> None:
        if verdict.file != self._file:
            self._file = verdict.file
            print(f"\n{verdict.file}  {verdict.message}".rstrip())
        decision = self._voice.words(verdict.decision)
        if verdict.record is None:
            print("  " + self._voice.words("whole", decision=decision))
            return
        place = {"record": verdict.record, "line": verdict.line, "key": verdict.key}
        key = "record.row" if verdict.rows else "record"
        print("  " + self._voice.words(key, **place, decision=decision))

    def _signature(self, verdict: Verdict) -> None:
        """The steps of a verification, one a line."""
        for step in told(verdict.signature)["steps"] if verdict.signature else ():
            result = self._voice.words(f"signature.{step['result']}")
            print(f"    {result}  {step[f'text_{self._voice.lang}']}  {step['found']}".rstrip())

    def _finding(self, finding: Mapping[str, Any], at: str) -> None:
        lang = self._voice.lang
        where = [finding["path"], finding[f"label_{lang}"]]
        if finding["line"]:
            where.append(self._voice.words(at, line=finding["line"]))
        print(f"    [{finding['code']}] {'  '.join(filter(None, where))}")
        print(f"      {finding[f'text_{lang}']}")
        print(f"      {finding[f'remedy_{lang}']}")

    def _sums(self, unreadable: int) -> None:
        if self._warnings:
            print()
            self._voice.say("warnings")
            for code, (count, finding) in sorted(self._warnings.items()):
                print(f"  {count} × [{code}] {finding[f'text_{self._voice.lang}']}")
        print()
        counts = {decision: self._counts[decision] for decision in _COUNTS}
        self._voice.say("sum", records=sum(counts.values()), **counts)
        if unreadable:
            self._voice.say("unreadable", count=unreadable)


# --- cases, demo, verify, migrate -------------------------------------------------------------


def _cases_arguments(command: argparse.ArgumentParser, voice: Voice) -> None:
    command.add_argument("file", type=Path, metavar="FILE.csv", help=voice.words("cases.file"))


def _cases(asked: argparse.Namespace, voice: Voice) -> int:
    try:
        return cases.run(asked.file, regimes.kinds(), print)
    except (OSError, KeyError, ValueError) as error:
        return _fail(voice, "impossible", error)


def _demo_arguments(command: argparse.ArgumentParser, voice: Voice) -> None:
    def option(name: str, **more: Any) -> None:
        words = voice.words(f"demo.{name.replace('-', '_')}")
        command.add_argument(f"--{name}", help=words, **more)

    option("trades", dest="count", type=int, required=True, metavar="N")
    option("bad", type=int, default=0, metavar="K")
    option("seed", type=int, default=1, metavar="S")
    option("out", type=Path, required=True, metavar="DIR")
    option("mark", default="")
    option("mode", choices=("1210", "9610", "exports"), default="1210")
    option("day", type=date.fromisoformat)
    option("indent", action="store_true")
    option("per-file", type=int, default=100, metavar="N")
    option("shuffle", dest="shuffled", action="store_true")


def _demo(asked: argparse.Namespace, voice: Voice) -> int:
    asked.day = asked.day or beijing_day(now_ms())
    order = folder.Order(**{each.name: getattr(asked, each.name) for each in fields(folder.Order)})
    try:
        if asked.mode == "1210":
            files = folder.write(asked.out, order)
        else:
            files = modes.write(asked.out, order, asked.mode)
        voice.say("written", count=len(files), out=asked.out)
    except (OSError, ValueError) as error:
        return _fail(voice, "impossible", error)
    return OK


def _verify(asked: argparse.Namespace, voice: Voice) -> int:
    breaks = 0
    try:
        with Database(settings.load().database).read() as connection:
            for found in history.verify(connection):
                breaks += 1
                voice.say("break", kind=found.kind, link=found.link)
    except SQLAlchemyError as error:
        return _fail(voice, "no-database", error)
    voice.say("broken" if breaks else "intact", count=breaks)
    return REJECTED if breaks else OK


def _migrate(asked: argparse.Namespace, voice: Voice) -> int:
    given = settings.load()
    given.data.mkdir(parents=True, exist_ok=True)
    migrate.upgrade(Database(given.database))
    voice.say("migrated")
    return OK


def _fail(voice: Voice, key: str, error: Exception) -> int:
    voice.complain(key, why=str(error).partition("\n")[0])
    return UNREADABLE


# --- submit -----------------------------------------------------------------------------------


def _submit_arguments(command: argparse.ArgumentParser, voice: Voice) -> None:
    command.add_argument("file", type=Path, metavar="FILE", help=voice.words("submit.file"))
    command.add_argument("--server", required=True, help=voice.words("submit.server"))
    command.add_argument("--key", required=True, help=voice.words("submit.key"))
    command.add_argument("--wait", action="store_true", help=voice.words("submit.wait"))


class _Refused(Exception):
    """The server said no; its words are the message."""


class _Server:
    """The filing side of a window somewhere else."""

    def __init__(self, address: str, key: str) -> None:
        self._address = address.rstrip("/") + "/api/v1/submissions"
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {key}"

    def ask(self, method: str, path: str = "", **more: Any) -> dict[str, Any]:
        """One call; raises _Refused with the problem's own words."""
        address = self._address + path
        answer = self._session.request(method, address, timeout=TIMEOUT_SECONDS, **more)
        if answer.status_code < HTTPStatus.BAD_REQUEST:
            return dict(answer.json())
        try:
            problem = answer.json()
            why = f"{problem.get('title', '')} {problem.get('detail', '')}".strip()
        except (json.JSONDecodeError, AttributeError):
            why = answer.reason
        raise _Refused(f"{answer.status_code} {why}")

    def rejected(self, number: int) -> Iterator[dict[str, Any]]:
        """The rejected records of a submission, page after page."""
        after: int | None = 0
        while after is not None:
            asked = {"decision": "reject", "after": after}
            page = self.ask("GET", f"/{number}/records", params=asked)
            yield from page["items"]
            after = page["next"]


def _submit(asked: argparse.Namespace, voice: Voice) -> int:
    server = _Server(asked.server, asked.key)
    try:
        filed = _sent(server, asked.file, voice)
        key = "repeated" if filed.get("repeated") else "filed"
        voice.say(key, id=filed["id"])
        return _followed(server, filed["id"], voice) if asked.wait else OK
    except _Refused as error:
        return _fail(voice, "not-taken", error)
    except (requests.RequestException, OSError) as error:
        return _fail(voice, "no-answer", error)


def _sent(server: _Server, path: Path, voice: Voice) -> dict[str, Any]:
    with path.open("rb") as file:
        packed = file.read(4).startswith(ZIP_MAGIC)
        file.seek(0)
        size = path.stat().st_size

        def told(done: int) -> None:
            voice.progress("sending", percent=done * 100 // max(size, 1))

        kind = "application/zip" if packed else "application/xml"
        headers = {"Content-Type": kind, "X-File-Name": quote(path.name)}
        return server.ask("POST", data=_Followed(file, size, told), headers=headers)


class _Followed:
    """A file that tells how far it was read; requests sends it as a stream of known length."""

    def __init__(self, file: Any, size: int, told: Callable[[int], None]) -> None:
        self._file = file
        self._size = size
        self._told = told

    def __len__(self) -> int:
        return self._size

    def read(self, wanted: int = -1) -> bytes:
        """The next bytes, at most `wanted`."""
        data: bytes = self._file.read(wanted)
        self._told(self._file.tell())
        return data


def _followed(server: _Server, number: int, voice: Voice) -> int:
    """Waits until a submission is checked; tells its counts and what was rejected."""
    while True:
        found = server.ask("GET", f"/{number}")
        counts = found["counts"]
        checked = sum(counts[column] for column in _COUNTS.values())
        voice.progress("checking", checked=checked, records=counts["records"])
        if found["state"] == "done":
            break
        time.sleep(POLL_SECONDS)
    for record in server.rejected(number):
        print(f"{record.get('key', '')}  {record.get('message', '')}")
        for finding in (each for each in record["findings"] if each["severity"] == "reject"):
            print(f"  [{finding['code']}] {finding['path']}  {finding[f'text_{voice.lang}']}")
    numbers = {name: counts[column] for name, column in _COUNTS.items()}
    voice.say("sum", records=counts["records"], **numbers)
    return REJECTED if counts["rejected"] else OK


_Run = Callable[[argparse.Namespace, Voice], int]
_Fill = Callable[[argparse.ArgumentParser, Voice], None]
_COMMANDS: dict[str, tuple[_Run, _Fill | None]] = {
    "check": (_check, _check_arguments),
    "submit": (_submit, _submit_arguments),
    "cases": (_cases, _cases_arguments),
    "demo": (_demo, _demo_arguments),
    "verify": (_verify, None),
    "migrate": (_migrate, None),
    **commands.ALL,
}

if __name__ == "__main__":
    sys.exit(main())
