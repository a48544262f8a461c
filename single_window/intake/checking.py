"""Records to results: schema, code lists and rules of one message, record by record."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from itertools import chain
from typing import Any, NamedTuple

from lxml import etree

from schemas import fastread, registry
from schemas.fields import Field, tagged
from schemas.registry import Message
from single_window import regimes
from single_window.declarations.sources import sources
from single_window.domain import goods
from single_window.domain.findings import Decision, Finding, decision
from single_window.domain.lines import line_of
from single_window.domain.regime import Regime
from single_window.domain.rules import Amounts, Checked
from single_window.domain.sharing import Shared
from single_window.intake.explaining import collapsed, explain, miscounted, unreal_days
from single_window.intake.markup import Head
from single_window.intake.notes import notes_in
from single_window.intake.packages import (
    align,
    contents,
    is_package,
    is_space,
    record_in,
    softened,
)
from single_window.intake.reading import Child, Reader
from single_window.intake.strangers import passed_on
from single_window.logs import failed

log = logging.getLogger(__name__)

UNCHECKED = Finding("rule", "REC-UNCHECKED", "hold")
"""What is said of a record that a broken rule could not judge."""
_NOTHING: Mapping[str, int] = {}


@dataclass(slots=True)
class Result:
    """What the checks of one record found, without any look at other papers.

    `record` is None where the schema refuses it; `unsound` then holds what could be read all the
    same. `key` are the values of the business key; `regime` is whose rules judged it.
    """

    ordinal: int
    child: Child
    key: tuple[str, ...]
    findings: list[Finding]
    record: fastread.Record | None = None
    checked: Checked | None = None
    unsound: fastread.Record | None = None
    regime: Regime | None = None

    @property
    def amounts(self) -> Amounts | None:
        """What was computed for the record, laid out anew each time that it is asked for."""
        return None if self.checked is None else self.checked.amounts

    @property
    def decision(self) -> Decision:
        """The worst that was found."""
        return decision(self.findings)

    def lined(self) -> list[Finding]:
        """The findings with the line of the field they speak of.

        Lines are looked up when somebody wants to read them: most records have nothing but
        warnings that are the same for all.
        """
        child = self.child
        return [
            each if each.line else replace(each, line=line_of(each.path, child.text, child.line))
            for each in self.findings
        ]

    @property
    def sha256(self) -> str:
        """Hash of the record's own bytes: the same record again has the same."""
        return sha256(self.child.text.encode()).hexdigest()


def is_record(message: Message, child: Child) -> bool:
    """Whether a child of the root is a record of the message rather than a part around it."""
    if child.match is not None or message.is_record:
        return True
    assert child.element is not None
    return bool(child.element.tag == tagged(message.namespace, message.record))


def prepared(reader: Reader, message: Message) -> fastread.Fast | None:
    """Sets the reader up for the records of its message."""
    if message.is_record:
        reader.expect_whole()
        return None
    if reader.head.namespace != message.namespace:
        return None
    fast = fastread.compiled(message.name, reader.head.prefix, reader.spaced())
    reader.expect(fast)
    return fast


class Checks:
    """The checks of one message's records; `today` judges a record without a readable day.

    `cells` is set for a message made from a sheet: what was wrong with its cells counts as well.
    `about` is what the log names beside a rule that breaks down.
    """

    def __init__(
        self,
        message: Message,
        fast: fastread.Fast | None,
        today: date,
        *,
        cells: bool = False,
        about: Mapping[str, int] = _NOTHING,
    ) -> None:
        self._message = message
        self._fast = fast
        self._today = today
        self._cells = cells
        self._about = about
        self._broken = False
        self._regime = regimes.sole(message.name)
        self._sharing = regimes.sharing(message.name)
        self._sources = sources()
        self._gate = registry.gate(message.name)
        self._key = [path.split("/") for path in message.key]

    def result(self, ordinal: int, child: Child) -> Result:
        """What the checks say about one record, the `ordinal`th of its file."""
        result = self._result(ordinal, child)
        if self._cells and child.match is None:
            spoken = notes_in(child.text)
            result.findings = spoken + _unspoken(result.findings, spoken)
        return result

    def _result(self, ordinal: int, child: Child) -> Result:
        found: list[Finding] | None = None
        beside: list[Finding] = []
        if child.match is not None and self._fast is not None:
            record = self._fast.record(child.match)
        else:
            record, found, beside = self._read(child)
        key = tuple([_value(record, path) for path in self._key])
        sharing, checked = self._sharing, None
        regime = self._regime if sharing is None else sharing.of(record)
        said: list[Finding] = []
        if regime is not None:
            checked = self._checked(regime, record, ordinal, sound=not found)
            said = checked.findings
        elif sharing is not None:
            said = [_nobodys(sharing, record)]
        if found:
            said = found + _unspoken(said, found)
            return Result(ordinal, child, key, said + beside, unsound=record, regime=regime)
        said = said + beside if beside else said
        return Result(ordinal, child, key, said, record, checked, regime=regime)

    def _read(self, child: Child) -> tuple[fastread.Record, list[Finding] | None, list[Finding]]:
        """A record that is a tree: its values, what its schema says, and what else there is."""
        assert child.element is not None
        message, element = self._message, record_in(self._message, child.element)
        beside = align(message, element, child.line) if message.packed else []
        record = _record_of(message, element)
        if message.strangers:
            beside += passed_on(message, element, child.line)
        if message.name == goods.MESSAGE:
            beside += goods.findings(record)
        if message.packed:
            beside += unreal_days(message, record)
        if self._gate.validate(element) and not miscounted(message, element):
            return record, None, beside
        found = softened(message, explain(message, element, child.line))
        return (
            (record, found, beside)
            if decision(found) == "reject"
            else (record, None, found + beside)
        )

    def _checked(
        self, regime: Regime, record: fastread.Record, ordinal: int, *, sound: bool
    ) -> Checked:
        """What the rules say. Where one breaks down, its record is set aside, and no other."""
        name = self._message.name
        try:
            p = regime.in_force(regime.day_of(name, record, self._today), self._sources)
            return regime.check(name, record, p, sound=sound)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other records go on
            if not self._broken:
                told = {"paper": name, "record": ordinal, **self._about}
                failed(log, "rule failed", error, **told)
            self._broken = True
            return Checked([UNCHECKED] if sound else [])


def _nobodys(sharing: Shared, record: fastread.Record) -> Finding:
    """What is said of a record that none of the regimes that share its message takes."""
    taken = " / ".join(sharing.by_value)
    value = sharing.value(record)
    return Finding("rule", "REC-NOBODYS", "hold", sharing.path, value=value, expected=taken)


def _value(record: fastread.Record, path: list[str]) -> str:
    value: Any = record
    for name in path:
        value = value.get(name, "") if isinstance(value, dict) else ""
    return value if isinstance(value, str) else ""


def read_record(message: Message, root: etree._Element) -> fastread.Record:
    """The record in a document's element, by itself or in a package."""
    element = record_in(message, root)
    if message.packed:
        align(message, element, 1)
    return _record_of(message, element)


def _record_of(message: Message, element: etree._Element) -> fastread.Record:
    """The record in an element; of a message that is read by its names, with what nobody knows."""
    root = message.record_field
    return as_record(root, element, message.namespace, kept=message.reading != "exact")


def as_record(
    group: Field, element: etree._Element, namespace: str, *, kept: bool = False
) -> fastread.Record:
    """A tree in the shape that the fast reader gives; unknown values are left out unless `kept`."""
    fields = {tagged(namespace, child.name): child for child in group.children}
    record: fastread.Record = {}
    for child in element.iterchildren():
        field = fields.get(str(child.tag))
        if field is None:
            if kept and not len(child):
                record.setdefault(str(child.tag), child.text or "")
            continue
        if field.kind == "group":
            inner = as_record(field, child, namespace, kept=kept)
            if field.repeats:
                record.setdefault(field.name, []).append(inner)
            else:
                record[field.name] = inner
            continue
        text = collapsed(field, child.text or field.fixed or field.default or "")
        if text or field.min_occurs:
            record[field.name] = text
    return record


def _unspoken(more: list[Finding], found: list[Finding]) -> list[Finding]:
    """What later checks add to what was found before: nothing on a field spoken of already."""
    spoken = {finding.path for finding in found}
    return [each for each in more if each.path not in spoken]


def message_of(head: Head) -> Message | None:
    """The message that a root element starts, None where there is none of that name and space."""
    found = registry.messages().get(head.name) if head.name in registry.messages() else None
    if found is None:
        return None
    known = is_space(head.namespace) if found.packed else head.namespace == found.namespace
    return found if known else None


class Opened(NamedTuple):
    """A document of which the message is known: what it holds, and what is wrong around that."""

    message: Message
    fast: fastread.Fast | None
    children: Iterator[Child]
    findings: list[Finding]


def opened(reader: Reader) -> Opened | None:
    """The message of a document, by its root or by what a package holds; None where it is none.

    Raises Refused where a package cannot be read, or holds nothing that there is a schema for.
    """
    message = message_of(reader.head)
    if message is not None:
        return Opened(message, prepared(reader, message), reader.children(), [])
    if not is_package(reader.head):
        return None
    reader.expect_whole()
    children = reader.children()
    whole = next(children)
    assert whole.element is not None
    found = contents(whole.element, whole.line)
    return Opened(found.message, None, chain([whole], children), found.findings)
