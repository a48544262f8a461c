"""The rejected records of a submission as a workbook: what is wrong stands beside its cell."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from schemas import fastread, registry
from single_window.declarations.words import opened_findings, rendered
from single_window.intake.checking import read_record
from single_window.intake.chunks import head_of
from single_window.intake.reading import Reader
from single_window.intake.sheets.cells import letters
from single_window.intake.sheets.layout import REMARK, Sheet, lines_of, sheets_of
from single_window.intake.sheets.templates import FIRST_ROW, Rows, pages, words
from single_window.intake.sheets.writing import MEDIA_TYPE, Look, Page, Value, written
from single_window.storage import tables as t
from single_window.storage.store import Store

AT_A_TIME = 500
_COMMENT_MOST = 8000
_INDEX = re.compile(r"\[(\d+)\]")
_GRAVE = ("reject", "hold", "warn")
_COLUMNS = ("paper", "cell", "field", "value", "code", "text", "remedy")
_WIDTHS = (16, 12, 24, 24, 18, 60, 60, 60, 60)

Told = Mapping[str, Any]


@dataclass(slots=True)
class _Bad:
    """A rejected record, its findings as shown, and the row in which it stands in each sheet."""

    number: int
    message: str
    record: fastread.Record
    findings: list[dict[str, Any]]
    rows: dict[str, int] = field(default_factory=dict)

    @property
    def join(self) -> str:
        """What joins its lines to its head: its number within its message."""
        return str(self.number)


def rejected_xlsx(store: Store, number: int) -> tuple[str, str, Iterator[bytes]]:
    """Media type, file name and bytes of just the rejected records of a submission.

    Ready to be mended and handed in again. The caller has made sure that the reader may see the
    submission.
    """
    names = _messages(store, number)
    places = _Places(store, number)
    filled = {sheet.mark: places.rows(sheet) for name in names for sheet in sheets_of(name)}
    sheets = [*pages(names, filled), _findings_page(places, names)]
    return MEDIA_TYPE, f"rejected-{number}.xlsx", written(sheets)


def _messages(store: Store, number: int) -> list[str]:
    d = t.declarations.c
    with store.database.read() as connection:
        found = connection.execute(
            select(d.message)
            .where(d.submission_id == number, d.decision == "reject")
            .distinct()
            .order_by(d.message)
        )
        return [name for (name,) in found if name in registry.messages()]


class _Places:
    """The rejected records, read anew for each sheet; remembers in which row each one stands."""

    def __init__(self, store: Store, number: int) -> None:
        self._store, self._submission = store, number
        self._first: dict[tuple[str, str, int], int] = {}

    def rows(self, sheet: Sheet) -> Rows:
        """The rows of one sheet."""
        at = FIRST_ROW
        for bad in self.records(sheet.message.name):
            self._first[sheet.message.name, sheet.group, bad.number] = at
            for line in lines_of(bad.record, sheet):
                spoken = _by_path(bad, sheet, line.indexes)
                joins = [Value(str(number)) for number in line.indexes[:-1]]
                yield [
                    _cell(bad.join, spoken.get("", ())),
                    *joins,
                    *_row(sheet, line.values, spoken),
                ]
                at += 1

    def records(self, message: str) -> Iterator[_Bad]:
        """The rejected records of one message in their order."""
        after, number = 0, 0
        while True:
            found = self._some(message, after)
            for row in found:
                number += 1
                record = _record_of(self._store, row, message)
                findings = rendered(opened_findings(self._store, row.sealed_findings), message)
                yield _Bad(number, message, record, findings)
            if len(found) < AT_A_TIME:
                return
            after = found[-1].id

    def place(self, bad: _Bad, path: str) -> tuple[Sheet, str]:
        """The sheet and cell that a finding speaks of; without one, the first of the head."""
        heads, *lines = sheets_of(bad.message)
        plain = _INDEX.sub("", path)
        for sheet in (heads, *lines):
            first = self._first.get((bad.message, sheet.group, bad.number))
            for column, each in enumerate(sheet.columns, sheet.first_column):
                if each.path == plain and first is not None:
                    wanted = [_is_at(path, line.indexes) for line in lines_of(bad.record, sheet)]
                    row = first + (wanted.index(True) if True in wanted else 0)
                    return sheet, f"{letters(column)}{row}"
        return heads, f"A{self._first[bad.message, '', bad.number]}"

    def _some(self, message: str, after: int) -> Sequence[Any]:
        d, m = t.declarations.c, t.messages.c
        wanted = (d.id, d.first_offset, d.length, d.sealed_findings, m.head)
        with self._store.database.read() as connection:
            return connection.execute(
                select(*wanted, t.submissions.c.spool_file)
                .join(t.messages, m.id == d.message_id)
                .join(t.submissions, t.submissions.c.id == d.submission_id)
                .where(d.submission_id == self._submission, d.decision == "reject")
                .where(d.message == message, d.id > after)
                .order_by(d.id)
                .limit(AT_A_TIME)
            ).all()


def _record_of(store: Store, row: Any, message: str) -> fastread.Record:
    known = registry.message(message)
    text = store.files.read(row.spool_file, row.first_offset, row.length).decode()
    reader = Reader.inside(head_of(bytes(row.head)), text, offset=0, line=1)
    if known.is_record:
        reader.expect_whole()
    element = next(reader.children(whole=False)).element
    return {} if element is None else read_record(known, element)


def _by_path(bad: _Bad, sheet: Sheet, indexes: tuple[int, ...]) -> dict[str, list[Told]]:
    """The findings of one row by the path of their column, those that have no column under ""."""
    columns = {each.path for each in sheet.columns}
    others = {each.path for s in sheets_of(bad.message) for each in s.columns}
    found: dict[str, list[Told]] = defaultdict(list)
    for told in bad.findings:
        plain = _INDEX.sub("", told["path"])
        if plain in columns:
            if _is_at(told["path"], indexes):
                found[plain].append(told)
        elif not sheet.group and plain not in others:
            found[""].append(told)
    return found


def _is_at(path: str, indexes: tuple[int, ...]) -> bool:
    """Whether a path leads through these lines; one that tells no number is that of the first."""
    told = [int(number) for number in _INDEX.findall(path)]
    return (*told, *(1 for _ in indexes[len(told) :])) == indexes


def _row(
    sheet: Sheet, values: Mapping[str, str], spoken: Mapping[str, Sequence[Told]]
) -> Iterator[Value | None]:
    for each in sheet.columns:
        text, findings = values.get(each.path, ""), spoken.get(each.path, ())
        yield _cell(text, findings) if text or findings else None


def _cell(text: str, findings: Sequence[Told]) -> Value:
    if not findings:
        return Value(text)
    worst = min(findings, key=lambda told: _GRAVE.index(told["severity"]))["severity"]
    return Value(text, Look.NOTED if worst == "warn" else Look.BAD, _comment(findings))


def _comment(findings: Sequence[Told]) -> str:
    """What is wrong and what to do, in both languages."""
    told = [
        f"{each[f'text_{lang}']}\n{each[f'remedy_{lang}']}"
        for lang in ("zh", "en")
        for each in findings
    ]
    return "\n\n".join(dict.fromkeys(told))[:_COMMENT_MOST]


def _findings_page(places: _Places, names: Sequence[str]) -> Page:
    zh, en = words("findings")
    return Page(f"{zh} {en}", _findings(places, names), _WIDTHS, frozen=(0, 1))


def _findings(places: _Places, names: Sequence[str]) -> Rows:
    titles = [words(f"finding.{name}") for name in _COLUMNS]
    heads = [f"{zh} {en}" for zh, en in titles[:-2]]
    heads += [
        title for language in (0, 1) for title in (titles[-2][language], titles[-1][language])
    ]
    heads[0] = f"{REMARK} {heads[0]}"
    yield [Value(title, Look.LABEL) for title in heads]
    for name in names:
        for bad in places.records(name):
            for told in bad.findings:
                yield _told(*places.place(bad, told["path"]), told)


def _told(sheet: Sheet, cell: str, told: Told) -> list[Value | None]:
    label = f"{told['label_zh']} {told['label_en']}".strip()
    texts = [told[key] for key in ("text_zh", "remedy_zh", "text_en", "remedy_en")]
    return [
        Value(sheet.title, Look.WRAPPED),
        Value(cell, Look.LINK, link=f"'{sheet.title}'!{cell}"),
        Value(label, Look.WRAPPED),
        Value(str(told["value"]), Look.WRAPPED),
        Value(told["code"], Look.WRAPPED),
        *(Value(text, Look.WRAPPED) for text in texts),
    ]
