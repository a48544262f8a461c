"""How a simulated agency reads a message and how its answers run, from its folder's manifests.

A family of messages with a manifest of its own may have a module of its own too: what that says
(`number`, `PAPERS`, `WRITERS`, `ACCOUNTING`), and the texts in the manifest, hold for its messages.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from types import ModuleType
from typing import Any

from adapters.base import AGENCIES, joined, manifest, told_of
from adapters.stubs import triggers
from adapters.stubs.accounts import Reader
from adapters.stubs.triggers import Answer, Trigger

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
    #: The namespace of the receipt.
    receipt_namespace: str
    entity: str
    echoes: tuple[str, ...]
    outcomes: Mapping[str, tuple[str, ...]]
    number: Numbering
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
    #: Reads what the record says of an account book, where it does.
    account: Reader | None = None
    #: Filed again under the same number, since another agency refused it, a record counts once.
    once: bool = False
    #: Codes that answer a message as a whole, and not its records.
    faults: frozenset[str] = frozenset()
    #: Outcome -> code of the exchange platform, which turns the message away as a whole.
    platform: Mapping[str, str] = field(default_factory=dict)
    #: Answers that come before any that an ending asks for, since others go by what they bring.
    first: tuple[str, ...] = ()
    #: Words of an answer where another message means something else by the same code.
    texts: Mapping[str, str] = field(default_factory=dict)
    #: What follows `-T-` at the end of a number, and the outcome that it asks for.
    endings: Mapping[str, str] = field(default_factory=dict)

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

    def knows(self, outcome: str) -> bool:
        """Whether a record of this message may ask for the outcome."""
        return outcome in self.outcomes or outcome in self.platform

    def is_fault(self, outcome: str) -> bool:
        """Whether the outcome is one answer to the message as a whole."""
        return self.outcomes.get(outcome, ("",))[0] in self.faults

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
    papers: Mapping[str, tuple[str, Paper]]
    receiver: Callable[[str], str]
    #: Receipt and its record by which a whole message is answered whose form is wrong.
    faults: tuple[str, str] = ("", "")
    answers: tuple[Answer, ...] = ()

    def outcome(self, form: Form, facts: Mapping[str, Any]) -> str:
        """What the mark or trigger in a record asks for; `well` without one."""
        for name in (*self.mark_fields, *form.key):
            value = facts.get(name, "")
            # A look for the common part first: nearly no record carries a mark.
            if triggers.SIGN in value and (asked := self._asked(form, name, value)):
                return asked
        return "well"

    def _asked(self, form: Form, name: str, value: str) -> str:
        if form.marks and name in self.mark_fields:
            for mark in self.marks:
                if value.endswith(mark.suffix):
                    return mark.outcome
        return form.endings.get(value.rpartition(triggers.SIGN)[2], "")

    def triggers(self) -> list[Trigger]:
        """Every code that can be had by an ending, in the order of the code lists."""
        return [self._explained(each) for each in self.answers if self._carrying(each)]

    def _carrying(self, answer: Answer) -> dict[str, bool]:
        forms = self.forms.values()
        return {form.message: form.marks for form in forms if form.knows(answer.outcome)}

    def _explained(self, answer: Answer) -> Trigger:
        carrying = self._carrying(answer)
        first, *_ = leading = [self.forms[name] for name in triggers.acting(carrying)]
        whole = (self.faults[0],) if first.is_fault(answer.outcome) else ()
        platform = (triggers.PLATFORM,) if answer.outcome in first.platform else ()
        sign = triggers.SIGN + answer.outcome
        return Trigger(
            suffix=sign,
            code=answer.code,
            receipts=(*whole, *platform) or tuple(form.receipt for form in leading),
            named=tuple(
                f"{sign}-{triggers.number_of(self.forms[name].receipt)}" for name in carrying
            ),
            steps=first.outcomes.get(answer.outcome) or (answer.code,),
            text_zh=answer.text_zh,
            text_en=answer.text_en,
        )


def script(name: str) -> Script:
    """The simulated agency of that name; FileNotFoundError when there is none."""
    files = told_of(name)
    told, families = files.pop("agency"), {stem: each["stub"] for stem, each in files.items()}
    stub = told["stub"]
    main = import_module(f"adapters.{name}.stub")
    modules = {stem: _module(name, stem, main) for stem in families}
    answers = triggers.all_of(stub.get("triggers", {}))
    fault = stub.get("faults", {"receipt": "", "entity": ""})
    own = [_forms(stub, main, {})]
    own += [_forms(each, modules[stem], each.get("texts", {})) for stem, each in families.items()]
    forms = [_answering(each, answers, fault["receipt"]) for each in joined(*own).values()]
    fields = [
        *stub["mark_fields"],
        *(n for f in families.values() for n in f.get("mark_fields", ())),
    ]
    papers = {id(module): getattr(module, "PAPERS", {}) for module in (main, *modules.values())}
    return Script(
        name=name,
        label_zh=told["label_zh"],
        label_en=told["label_en"],
        batch=told["batch"],
        mark_fields=tuple(dict.fromkeys(fields)),
        marks=_marks(name),
        forms={form.message: form for form in _ended(forms, answers)},
        texts={each.code: each.text_zh for each in answers} | stub["texts"],
        papers=joined(*papers.values()),
        receiver=manifest(name).receiver,
        faults=(fault["receipt"], fault["entity"]),
        answers=answers,
    )


def _module(agency: str, family: str, main: ModuleType) -> ModuleType:
    """The module of a family; the agency's own where the family has none."""
    there = (AGENCIES / agency / f"{family}.py").exists()
    return import_module(f"adapters.{agency}.{family}") if there else main


def _forms(
    stub: Mapping[str, Any], module: ModuleType, texts: Mapping[str, str]
) -> dict[str, Form]:
    return {
        message: _form(message, {**each, "texts": {**texts, **each.get("texts", {})}}, module)
        for message, each in stub["messages"].items()
    }


def _answering(form: Form, answers: Sequence[Answer], fault: str) -> Form:
    """The form with one more outcome for every code that it may be answered with.

    That is by its own receipt, by the one for a fault of form, or by the exchange platform; where
    answers are of another make there is none for faults of form.
    """
    number = triggers.number_of(form.receipt)
    whole = "" if form.write else triggers.number_of(fault)
    faults = {each.outcome: (each.code,) for each in answers if whole in each.carriers}
    platform = {each.outcome: each.code for each in answers if triggers.PLATFORM in each.carriers}
    own = [each for each in answers if number in each.carriers]
    well = [step for step in form.outcomes["well"] if step not in form.first]
    outcomes = {each.outcome: (*form.first, *each.steps(well)) for each in own}
    unnumbered = dict(form.unnumbered or {})
    silent = tuple(dict.fromkeys(name for names in unnumbered.values() for name in names))
    for each in own:
        # What comes before the last status without a number has none either.
        if silent and not each.before.issuperset(unnumbered):
            unnumbered.setdefault(each.code, silent)
    return replace(
        form,
        outcomes={**form.outcomes, **faults, **outcomes},
        platform=platform,
        unnumbered=unnumbered,
        faults=frozenset(code for (code,) in faults.values()),
    )


def _ended(forms: Sequence[Form], answers: Sequence[Answer]) -> list[Form]:
    """The forms with the endings on which each of them acts."""
    endings: dict[str, dict[str, str]] = {form.message: {} for form in forms}
    for each in answers:
        carrying = {form.message: form for form in forms if form.knows(each.outcome)}
        for name, form in carrying.items():
            number = triggers.number_of(form.receipt)
            endings[name][f"{each.outcome}-{number}"] = each.outcome
        for name in triggers.acting({name: form.marks for name, form in carrying.items()}):
            endings[name][each.outcome] = each.outcome
    return [replace(form, endings=endings[form.message]) for form in forms]


def _marks(name: str) -> tuple[Mark, ...]:
    told = tomllib.loads((AGENCIES / name / "marks.toml").read_text(encoding="utf-8"))
    return tuple(
        Mark(each["suffix"], each["outcome"], each["text_zh"], each["text_en"])
        for each in told["mark"]
    )


def _form(message: str, told: Mapping[str, Any], module: ModuleType) -> Form:
    writers: Mapping[str, Writer] = getattr(module, "WRITERS", {})
    readers: Mapping[str, Reader] = getattr(module, "ACCOUNTING", {})
    prefix = "{" + told["namespace"] + "}" if told["namespace"] else ""
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
        receipt_namespace=told.get("receipt_namespace", told["namespace"]),
        entity=told["entity"],
        echoes=tuple(told["echoes"]),
        outcomes={name: tuple(steps) for name, steps in told["outcomes"].items()},
        number=module.number,
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
        first=tuple(told.get("first", ())),
        texts=told.get("texts", {}),
        write=writers[told["writer"]] if "writer" in told else None,
        account=readers[told["account"]] if "account" in told else None,
        once=told.get("once", False),
    )


def _awaits(told: Mapping[str, Any]) -> tuple[str, tuple[str, ...], str]:
    return told.get("field", ""), tuple(told.get("values", ())), told["outcome"]
