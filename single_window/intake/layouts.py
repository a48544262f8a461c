"""How a message is laid out for people: sections, kinds of fields, what is filled in for them.

All of it derives from the schema. A regime may order and group its messages in `forms.toml`; what
that does not name still stands in the form, at its end, so a new field needs no edit there.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from schemas import codes, registry
from schemas.fields import Field
from schemas.registry import Message
from single_window import regimes
from single_window.domain.conditions import Condition
from single_window.domain.regime import Regime

Kind = Literal[
    "text", "note", "code", "identifier", "personal", "amount", "quantity", "count", "day", "moment"
]
Fill = Literal["", "guid", "moment", "day", "clock"]
"""What the window fills in: `clock` is a moment as the bonded system writes it."""

KINDS: tuple[Kind, ...] = (
    *("text", "note", "code", "identifier", "personal"),
    *("amount", "quantity", "count", "day", "moment"),
)
NOTE_LENGTH = 250
"""From this length on a text is written into a box of several lines."""


class LayoutError(ValueError):
    """A forms.toml speaks of something that does not exist; the program refuses to start."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One field of a form: its kind, what stands in it at first, what is filled in at filing.

    `conditions` are the regime's rows on it.
    """

    field: Field
    kind: Kind
    default: str = ""
    fill: Fill = ""
    conditions: tuple[Condition, ...] = ()

    @property
    def path(self) -> str:
        """The path of the field in the record."""
        return self.field.path


@dataclass(frozen=True, slots=True)
class Section:
    """Fields that belong together. With `lines` set it is a table of that repeating group.

    Of a table, `entries` are the columns and `more` what each line has beside them, `inner` the
    tables that each line has of its own. What is `quiet` needs no attention as a rule.
    """

    label_zh: str
    label_en: str
    entries: tuple[Entry, ...]
    lines: Field | None = None
    more: tuple[Entry, ...] = ()
    number: str = ""
    quiet: bool = False
    inner: tuple[Section, ...] = ()

    @property
    def all(self) -> tuple[Entry, ...]:
        """Every field of the section."""
        return self.entries + self.more


@dataclass(frozen=True, slots=True)
class Sum:
    """A field that follows from others: their product, or what is added less what is taken off.

    In `plus`, a field of lines stands for the sum over all of them.
    """

    path: str
    label_zh: str
    label_en: str
    times: tuple[str, ...] = ()
    plus: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """The form of one message. `once` are the fields that a copy does not take over.

    `regime` is the name of the one whose form it is, "" where the message has none.
    """

    message: Message
    sections: tuple[Section, ...]
    sums: tuple[Sum, ...] = ()
    switch: str = ""
    once: frozenset[str] = frozenset()
    regime: str = ""
    _entries: Mapping[str, Entry] = field(default_factory=dict, repr=False, compare=False)

    def entry(self, path: str) -> Entry:
        """The entry of a field; KeyError if there is none."""
        return self._entries[path]

    @property
    def entries(self) -> Mapping[str, Entry]:
        """Every field of the form by its path."""
        return self._entries

    def tables(self) -> tuple[Section, ...]:
        """The sections that are tables of lines, each before those within its lines."""
        return tuple(_tables(self.sections))

    def table(self, path: str) -> Section:
        """The table of the lines of this group; KeyError if there is none."""
        for section in self.tables():
            if section.lines is not None and section.lines.path == path:
                return section
        raise KeyError(path)


def _tables(sections: Sequence[Section]) -> Iterator[Section]:
    for section in sections:
        if section.lines is not None:
            yield section
            yield from _tables(section.inner)


@cache
def layout(name: str, regime: str = "") -> Layout:
    """The form of the message of this name, as the regime has it; if none is named, the first."""
    owners = regimes.owners(name)
    own = next((each for each in owners if each.name == regime), next(iter(owners), None))
    return laid_out(registry.message(name), own, manifest(own) if own is not None else {})


def layout_of(name: str, values: Mapping[str, str]) -> Layout:
    """The form of a message as the regime has it to which what stands in it belongs."""
    by = regimes.sharing(name)
    if by is None:
        return layout(name)
    regime = by.by_value.get(values.get(by.path.replace("/", "."), ""))
    return layout(name, regime.name if regime is not None else "")


@cache
def _read(folder: Path) -> Mapping[str, Any]:
    path = folder / "forms.toml"
    return tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}


def manifest(regime: Regime) -> Mapping[str, Any]:
    """What the forms.toml of a regime says; nothing where there is none."""
    return _read(regime.folder)


def laid_out(message: Message, regime: Regime | None, told: Mapping[str, Any]) -> Layout:
    """The form of a message as `told` by a forms.toml, which may say nothing of it."""
    rows = regime.conditions(message.name) if regime is not None else ()
    owned = regime.owned.get(message.name) if regime is not None else None
    usual = {path: values[0] for path, values in owned.when.items()} if owned is not None else {}
    leaves = message.record_field.leaves()
    entries = {leaf.path: _entry(leaf, rows, told, usual.get(leaf.path, "")) for leaf in leaves}
    own = told.get("form", {}).get(message.name, {})
    if "section" in own:
        sections = [_told(message, entries, row) for row in own["section"]]
        used = {entry.path for section in sections for entry in section.all}
        left = {path: entry for path, entry in entries.items() if path not in used}
        sections += [section for section in _natural(message, left) if section.all]
    else:
        sections = [section for section in _natural(message, entries) if section.all]
    switch = owned.switch if owned is not None else ""
    sums = tuple(_sum(row, entries) for row in own.get("sum", ()))
    once = frozenset(told.get("copy", {}).get("without", ()))
    name = regime.name if regime is not None else ""
    return Layout(message, tuple(sections), sums, switch, once, name, entries)


def _natural(message: Message, entries: Mapping[str, Entry]) -> Iterator[Section]:
    """A section for each group, in the order of the schema; a flat record is one section."""
    root = message.record_field
    yield from _groups(root, entries)


def _groups(group: Field, entries: Mapping[str, Entry]) -> Iterator[Section]:
    own = [entries[c.path] for c in group.children if c.kind != "group" and c.path in entries]
    if group.repeats and group.path:
        inner = [entries[leaf.path] for leaf in _once(group) if leaf.path in entries]
        columns = tuple(entry for entry in inner if entry.field.min_occurs)
        more = tuple(entry for entry in inner if not entry.field.min_occurs)
        tables = _inner(group, entries)
        labels = group.label_zh, group.label_en
        yield Section(*labels, columns, lines=group, more=more, inner=tables)
        return
    seen = tuple(entry for entry in own if not entry.fill)
    yield Section(group.label_zh, group.label_en, seen)
    for child in group.children:
        if child.kind == "group":
            yield from _groups(child, entries)
    filled = tuple(entry for entry in own if entry.fill)
    if filled:
        yield Section(group.label_zh, group.label_en, filled, quiet=True)


def _inner(group: Field, entries: Mapping[str, Entry]) -> tuple[Section, ...]:
    """The tables that each line of a group has of its own."""
    found = (
        each
        for child in group.children
        if child.kind == "group"
        for each in _groups(child, entries)
    )
    return tuple(section for section in found if section.lines is not None)


def _once(group: Field) -> Iterator[Field]:
    """The leaves that one line of a group has once."""
    for child in group.children:
        if child.kind != "group":
            yield child
        elif not child.repeats:
            yield from _once(child)


def _told(message: Message, entries: Mapping[str, Entry], row: Mapping[str, Any]) -> Section:
    if unknown := set(row) - _SECTION:
        raise LayoutError(f"{message.name}: a section does not know {sorted(unknown)}")
    labels = row["label_zh"], row["label_en"]
    if "lines" not in row:
        chosen = _chosen(message, entries, row["fields"])
        return Section(*labels, chosen, quiet=row.get("quiet", False))
    group = message.field(row["lines"])
    inside = [f"{group.path}/{name}" for name in row["columns"]]
    columns = _chosen(message, entries, inside)
    more = (entries[leaf.path] for leaf in _once(group) if leaf.path in entries)
    rest = tuple(entry for entry in more if entry not in columns)
    inner, number = _inner(group, entries), row.get("number", "")
    return Section(*labels, columns, lines=group, more=rest, number=number, inner=inner)


_SECTION = {"label_zh", "label_en", "fields", "lines", "columns", "number", "quiet"}


def _chosen(
    message: Message, entries: Mapping[str, Entry], paths: Sequence[str]
) -> tuple[Entry, ...]:
    if unknown := [path for path in paths if path not in entries]:
        raise LayoutError(f"{message.name} has no field {', '.join(unknown)}")
    return tuple(entries[path] for path in paths)


def _sum(row: Mapping[str, Any], entries: Mapping[str, Entry]) -> Sum:
    named = {name: tuple(row.get(name, ())) for name in ("times", "plus", "minus")}
    for path in (row["field"], *(each for paths in named.values() for each in paths)):
        if path not in entries:
            raise LayoutError(f"a sum speaks of {path}, which is no field")
    return Sum(row["field"], row["label_zh"], row["label_en"], **named)


# --- kinds -------------------------------------------------------------------------------------


def _entry(leaf: Field, rows: Sequence[Condition], told: Mapping[str, Any], usual: str) -> Entry:
    group, _, name = leaf.path.rpartition("/")
    own = tuple(row for row in rows if (row.group, row.name) == (group, name))
    fill: Fill = told.get("fill", {}).get(name, "")
    default = leaf.fixed or told.get("default", {}).get(name, "") or _only(own) or usual
    default = default or leaf.default
    return Entry(leaf, _kind(leaf, own, told.get("kind", {})), default or "", fill, own)


def _only(rows: Sequence[Condition]) -> str:
    """The one value that is always allowed, where there is only one."""
    for row in rows:
        if row.must in ("one_of", "number") and len(row.values) == 1 and row.switch is None:
            return row.values[0]
    return ""


def _kind(leaf: Field, rows: Sequence[Condition], told: Mapping[str, Sequence[str]]) -> Kind:
    for kind in KINDS:
        if leaf.name in told.get(kind, ()):
            return kind
    if leaf.code_list and leaf.code_list in codes.names():
        return "code"
    for row in rows:
        if row.must in ("day", "moment"):
            return "day" if row.must == "day" else "moment"
    if leaf.kind in ("int", "long"):
        return "count"
    if leaf.kind == "decimal":
        return "amount"
    if leaf.personal:
        return "personal"
    if leaf.length is None and (leaf.max_length or NOTE_LENGTH) >= NOTE_LENGTH:
        return "note"
    return "identifier" if leaf.length is not None and leaf.length > 10 else "text"
