"""A form as a page shows it: inputs in sections and tables, each with what is said of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from schemas import codes
from single_window import regimes
from single_window.intake.forms import Values, field_path, lines_of, name_of, path_of
from single_window.intake.layouts import Entry, Kind, Layout, Section
from single_window.intake.sums import Total, totals

Said = Mapping[str, list[dict[str, Any]]]
"""Findings as shown, by the name of the input that they belong to."""

SHORT_LIST = 40
"""Codes of a list that is written into the page; a longer one is searched as one types."""
TITLE_VALUES = 2
"""Values that tell a line: as a rule its number and what the goods are called."""
_PLAIN = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(slots=True)
class Box:
    """One input: its name in the form, what stands in it, what it is called and what is said.

    `needed` is whether it has to be filled as things stand; `given` and `absent` are the values of
    the form's switch for which it must, or must not, be. `ready` are choices that one click takes.
    """

    entry: Entry
    name: str
    value: str
    needed: bool = False
    out: bool = False
    given: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    total: Total | None = None
    findings: list[dict[str, Any]] = field(default_factory=list)
    meaning: codes.Code | None = None
    ready: list[dict[str, str]] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The id of the input in the page."""
        return id_of(self.name)

    @property
    def kind(self) -> Kind:
        """The kind of input: a box of several lines for whatever has several, else its field's."""
        return "note" if "\n" in self.value else self.entry.kind

    @property
    def label_zh(self) -> str:
        """What it is called, in Chinese."""
        return self.entry.field.label_zh

    @property
    def label_en(self) -> str:
        """What it is called, in English."""
        return self.entry.field.label_en

    @property
    def worst(self) -> str:
        """The gravest severity of what is said, "" where nothing is."""
        told = {finding["severity"] for finding in self.findings}
        return next((word for word in ("reject", "hold", "warn") if word in told), "")

    def attributes(self, language: str, line: str = "") -> dict[str, str | None]:
        """What its element carries in the page; in a table `line` says in which line it stands."""
        label = self.label_zh if language == "zh" else self.label_en
        told = self.entry.field.help_zh if language == "zh" else self.entry.field.help_en
        described = [f"{self.id}-help"] if told and not line else []
        return {
            "id": self.id,
            "name": self.name,
            "data-kind": self.kind,
            "autocomplete": "off",
            "aria-label": f"{label}, {line}" if line else None,
            "aria-required": "true" if self.needed else None,
            "aria-invalid": "true" if self.worst in ("reject", "hold") else None,
            "aria-describedby": " ".join([*described, f"{self.id}-said"]),
        }

    @property
    def short(self) -> str:
        """The name of the code list where it is short enough to stand in the page."""
        table = self.entry.field.code_list
        if self.entry.kind != "code" or table is None:
            return ""
        return table if len(codes.table(table).rows) <= SHORT_LIST else ""


@dataclass(slots=True)
class Row:
    """One line of a table, with tables of its own; `title` is from elsewhere, to tell it by."""

    number: int
    cells: list[Box]
    more: list[Box]
    findings: list[dict[str, Any]] = field(default_factory=list)
    title: str = ""
    inner: list[Block] = field(default_factory=list)

    @property
    def open(self) -> bool:
        """Whether something in the folded part wants to be seen."""
        wrong = any(box.worst in ("reject", "hold") for box in self.more)
        return wrong or any(block.rows or block.findings for block in self.inner)


@dataclass(slots=True)
class Block:
    """A section as shown: boxes, or with `group` a table of rows. `name` has the paper's prefix."""

    section: Section
    boxes: list[Box]
    group: str = ""
    rows: list[Row] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)

    @property
    def open(self) -> bool:
        """Whether something in a quiet section wants to be seen."""
        return any(box.worst in ("reject", "hold") for box in self.boxes)

    def every(self) -> Iterator[Box]:
        """All inputs of the section, those of its lines and of what is within them included."""
        yield from self.boxes
        for row in self.rows:
            yield from (*row.cells, *row.more)
            for block in row.inner:
                yield from block.every()

    def places(self) -> Iterator[str]:
        """The names of all its lines, and of those within them."""
        for row in self.rows:
            yield f"{self.group}.{row.number}"
            for block in row.inner:
                yield from block.places()

    def beside(self, shown: Collection[str]) -> Block:
        """The same section without the inputs that are shown elsewhere on the page."""
        rest = [box for box in self.boxes if box.name not in shown]
        return replace(self, boxes=rest)


def id_of(name: str) -> str:
    """The id under which an input of this name stands in the page."""
    return "f-" + _PLAIN.sub("-", name)


def blocks(
    layout: Layout,
    values: Values,
    said: Said,
    *,
    prefix: str = "",
    without: Collection[str] = (),
    whole: bool = False,
) -> list[Block]:
    """The sections of a form, filled. Inputs whose name is in `without` are left out.

    What the form's switch rules out is shown where it holds something, or where `whole` is set.
    """
    maker = _Maker(layout, values, said, prefix=prefix, without=without, whole=whole)
    made = [maker.block(section) for section in layout.sections]
    return [block for block in made if block.boxes or block.rows or block.group]


class _Maker:
    def __init__(
        self,
        layout: Layout,
        values: Values,
        said: Said,
        *,
        prefix: str,
        without: Collection[str],
        whole: bool,
    ) -> None:
        self._values = values
        self._said = said
        self._prefix = prefix
        self._without = without
        self._whole = whole
        self._totals = totals(layout, values)
        owner = regimes.all().get(layout.regime)
        self._suggest = owner.hooks.suggest if owner is not None else None
        self._message = layout.message.name
        self._switch = values.get(name_of(layout.switch), "") if layout.switch else ""

    def block(self, section: Section, within: str = "") -> Block:
        """One section, with its lines where it is a table; `within` names the line that has it."""
        if section.lines is None:
            return Block(section, self._boxes(section.entries, ""))
        path = section.lines.path
        group = within + name_of(path[len(field_path(within)) :])
        rows = [self._row(section, group, at) for at in lines_of(self._values, group)]
        return Block(
            section, [], self._prefix + group, rows, self._said.get(self._prefix + group, [])
        )

    def _row(self, section: Section, group: str, at: int) -> Row:
        place = f"{group}.{at}"
        return Row(
            at,
            self._boxes(section.entries, f"{place}."),
            self._boxes(section.more, f"{place}."),
            self._said.get(self._prefix + place, []),
            self._title(section, f"{place}."),
            [self.block(each, f"{place}.") for each in section.inner],
        )

    def _title(self, section: Section, line: str) -> str:
        """The first values of a line that are typed elsewhere on the page.

        Codes and what stands there from the beginning tell no line from another.
        """
        taken = (
            self._values.get(name, "")
            for entry in section.entries
            if self._prefix + (name := line + entry.field.name) in self._without
            if entry.kind != "code" and self._values.get(name, "") != entry.default
        )
        return " ".join([value for value in taken if value][:TITLE_VALUES])

    def _boxes(self, entries: Iterable[Entry], line: str) -> list[Box]:
        made = []
        for entry in entries:
            name = line + entry.field.name if line else name_of(entry.path)
            if self._prefix + name not in self._without:
                made.append(self._box(entry, name))
        return made

    def _box(self, entry: Entry, name: str) -> Box:
        value = self._values.get(name, "")
        given = _switched(entry, "given")
        absent = _switched(entry, "absent")
        always = any(row.must == "given" and row.switch is None for row in entry.conditions)
        must = bool(entry.field.min_occurs) and not entry.fill
        return Box(
            entry,
            self._prefix + name,
            value,
            needed=must or always or (bool(self._switch) and self._switch in given),
            out=not self._whole and bool(self._switch) and self._switch in absent and not value,
            given=given,
            absent=absent,
            total=self._totals.get(name),
            findings=self._said.get(self._prefix + name, []),
            meaning=meaning(entry, value),
            ready=self._ready(entry, name, value),
        )

    def _ready(self, entry: Entry, name: str, value: str) -> list[dict[str, str]]:
        """What the regime suggests for a field, with what each code stands for."""
        if self._suggest is None or entry.fill:
            return []
        made = []
        for each in self._suggest(self._message, path_of(name), self._values):
            if each.code != value:
                row = meaning(entry, each.code)
                zh, en = each.reason
                called = (row.name_zh, row.name_en or row.name_zh) if row is not None else ("", "")
                words = {"name_zh": called[0], "name_en": called[1]}
                made.append({"code": each.code, "reason_zh": zh, "reason_en": en, **words})
        return made


def _switched(entry: Entry, must: str) -> tuple[str, ...]:
    rows = (row for row in entry.conditions if row.must == must and row.switch is not None)
    return tuple(value for row in rows for value in row.switch or ())


def meaning(entry: Entry, value: str) -> codes.Code | None:
    """What a code stands for, where it is one of its list."""
    table = entry.field.code_list
    if entry.kind != "code" or not value or table is None:
        return None
    return codes.table(table).get(value)


def short_lists(shown: Iterable[Block]) -> list[codes.CodeTable]:
    """The code lists that are to stand in the page, once each."""
    names: dict[str, None] = {}
    for block in shown:
        names |= dict.fromkeys(box.short for box in block.every() if box.short)
    return [codes.table(name) for name in names]


def anchors(shown: Iterable[Block]) -> dict[str, str]:
    """The id in the page of every input and of every line, by its name."""
    blocks = [*shown]
    found = {name: box.id for name, box in named(blocks).items()}
    return found | {name: id_of(name) for block in blocks for name in block.places()}


def named(shown: Iterable[Block]) -> dict[str, Box]:
    """Every input of the page by its name."""
    return {box.name: box for block in shown for box in block.every()}
