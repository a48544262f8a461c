"""How a simulated agency reads a message and how its answers run, from `agency.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from adapters.base import AGENCIES, manifest

#: What is kept of a record: its elements by name, and its lines under the name of their group.
Facts = dict[str, Any]
#: The fact that tells who sent the envelope that a record came in, and gets its receipts in one.
ENVELOPED = "@SenderId"
#: Gives a record its numbers of the agency: (facts, running number, day as YYYYMMDD) -> by name.
Numbering = Callable[[Mapping[str, Any], int, str], dict[str, str]]
#: All records of a message that the agency has.
Known = Callable[[str], Sequence[Mapping[str, Any]]]
#: Makes a paper that is no plain receipt: (facts with numbers, time in 17 digits, what the agency
#: knows) -> XML record.
Paper = Callable[[Mapping[str, Any], str, Known], str]
#: Writes a receipt of one record: (step, its text, facts with numbers, time in 17 digits) -> XML.
Writer = Callable[[str, str, Mapping[str, Any], str], str]


@dataclass(frozen=True, slots=True)
class Form:
    """One message that the agency takes, and all that it may answer."""

    message: str
    namespace: str
    record: str
    key: tuple[str, ...]
    #: Tag with namespace -> plain name, of the elements that are kept.
    reads: Mapping[Any, str]
    receipt: str
    entity: str
    echoes: tuple[str, ...]
    outcomes: Mapping[str, tuple[str, ...]]
    marks: bool = False
    lines: str = ""
    lines_tag: str = ""
    line_reads: Mapping[Any, str] = field(default_factory=dict)
    #: All tags that reading a record asks for.
    tags: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    unnumbered: Mapping[str, tuple[str, ...]] | None = None
    #: Names of what ties records of several messages together, in the head or in the lines.
    link: tuple[str, ...] = ()
    #: A record whose field has one of these values goes no further than this outcome by itself.
    awaits: tuple[str, tuple[str, ...], str] | None = None
    #: Message that names the same link -> the outcome by which the record goes on.
    on: Mapping[str, str] = field(default_factory=dict)
    #: Plain name -> path below the record, "m:" before each element, where tags would not do.
    paths: Mapping[str, str] = field(default_factory=dict)
    #: Writes the whole answer to a record, where it is no plain receipt.
    write: Writer | None = None

    def waits(self, facts: Mapping[str, Any]) -> str:
        """The outcome of a record that waits for another message; empty for one that does not."""
        if self.awaits is None:
            return ""
        name, values, outcome = self.awaits
        return outcome if not values or facts.get(name) in values else ""

    def links(self, facts: Mapping[str, Any]) -> list[str]:
        """What the record is tied to: one text for its head, or one for each of its lines."""
        lines = [facts] if self.link and self.link[-1] in facts else facts.get(self.lines, ())
        told = [[str(line.get(name, facts.get(name, ""))) for name in self.link] for line in lines]
        return ["|".join(names) for names in told if names and all(names)]

    def steps(self, outcome: str) -> tuple[str, ...]:
        """The answers in the order in which they are sent."""
        if outcome == "silent":
            return ()
        return self.outcomes.get(outcome) or self.outcomes["well"]

    def place(self, outcome: str, step: str) -> int:
        """Which answer it is in the agency's own order, which its time follows."""
        order = self.outcomes["well"] if outcome == "shuffle" else self.steps(outcome)
        return order.index(step)


@dataclass(frozen=True, slots=True)
class Mark:
    """An ending of an order or contract number, and what it brings about."""

    suffix: str
    outcome: str
    text_zh: str
    text_en: str


@dataclass(frozen=True, slots=True)
class Script:
    """A whole simulated agency, as read from its folder."""

    name: str
    label_zh: str
    label_en: str
    batch: int
    mark_fields: tuple[str, ...]
    marks: tuple[Mark, ...]
    forms: Mapping[str, Form]
    texts: Mapping[str, str]
    number: Numbering
    papers: Mapping[str, tuple[str, Paper]]
    receiver: Callable[[str], str]

    def outcome(self, form: Form, facts: Mapping[str, Any]) -> str:
        """What the marks in a record ask for; `well` without a mark."""
        if form.marks:
            for name in self.mark_fields:
                value = facts.get(name, "")
                # A look for the common part first: nearly no record carries a mark.
                if "-T-" in value:
                    for mark in self.marks:
                        if value.endswith(mark.suffix):
                            return mark.outcome
        return "well"


def script(name: str) -> Script:
    """The simulated agency of that name; FileNotFoundError when there is none."""
    told = tomllib.loads((AGENCIES / name / "agency.toml").read_text(encoding="utf-8"))
    stub = told["stub"]
    module = import_module(f"adapters.{name}.stub")
    return Script(
        name=name,
        label_zh=told["label_zh"],
        label_en=told["label_en"],
        batch=told["batch"],
        mark_fields=tuple(stub["mark_fields"]),
        marks=_marks(name),
        forms={
            message: _form(message, each, getattr(module, "WRITERS", {}))
            for message, each in stub["messages"].items()
        },
        texts=stub["texts"],
        number=module.number,
        papers=module.PAPERS,
        receiver=manifest(name).receiver,
    )


def _marks(name: str) -> tuple[Mark, ...]:
    told = tomllib.loads((AGENCIES / name / "marks.toml").read_text(encoding="utf-8"))
    return tuple(
        Mark(each["suffix"], each["outcome"], each["text_zh"], each["text_en"])
        for each in told["mark"]
    )


def _form(message: str, told: Mapping[str, Any], writers: Mapping[str, Writer]) -> Form:
    prefix = "{" + told["namespace"] + "}"
    unnumbered = {step: tuple(names) for step, names in told.get("unnumbered", {}).items()}
    reads = {prefix + name: name for name in told["reads"]}
    line_reads = {prefix + name: name for name in told.get("line_reads", ())}
    lines_tag = prefix + told["lines"] if "lines" in told else ""
    return Form(
        message=message,
        namespace=told["namespace"],
        record=told["record"],
        key=tuple(told["key"]),
        reads=reads,
        receipt=told["receipt"],
        entity=told["entity"],
        echoes=tuple(told["echoes"]),
        outcomes={name: tuple(steps) for name, steps in told["outcomes"].items()},
        marks=told["marks"],
        lines=told.get("lines", ""),
        lines_tag=lines_tag,
        line_reads=line_reads,
        tags=tuple({*reads, *line_reads, lines_tag} - {""}),
        numbers=tuple(told.get("numbers", ())),
        unnumbered=unnumbered,
        link=tuple(told.get("link", ())),
        awaits=_awaits(told["awaits"]) if "awaits" in told else None,
        on=told.get("on", {}),
        paths=told.get("paths", {}),
        write=writers[told["writer"]] if "writer" in told else None,
    )


def _awaits(told: Mapping[str, Any]) -> tuple[str, tuple[str, ...], str]:
    return told.get("field", ""), tuple(told.get("values", ())), told["outcome"]
