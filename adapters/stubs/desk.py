"""The desk of a simulated agency: bytes that came in, to the few facts it keeps; or a refusal."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from adapters.base import Envelope, NotAReceipt, envelope_of, inside
from adapters.stubs.forms import ENVELOPED, Facts, Form, Script

#: Characters of a number at E-port in the platform's answer.
SENDER_MAX = 16


class Refused(ValueError):
    """The message cannot be taken; `reason` names a text in `refusals.toml`."""

    def __init__(self, reason: str, **values: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.values = {name: str(value) for name, value in values.items()}


@dataclass(frozen=True, slots=True)
class Received:
    """A message that can be taken: its form, what was read of each record, what it came in.

    `sender` is the number at E-port of who transmits it, "-" where it names none.
    """

    form: Form
    guid: str
    records: list[Facts]
    envelope: Envelope | None = None
    sender: str = "-"


def read_message(script: Script, body: bytes) -> Received:
    """The records of a message; Refused, with the reason, when it cannot be taken.

    One that comes in the transport envelope is answered in it: who sent it is kept with each.
    """
    try:
        envelope = envelope_of(body)
    except NotAReceipt as fault:
        raise Refused("not-well-formed") from fault
    root = inside(_root(envelope.body if envelope else body))
    namespace, brace, name = str(root.tag).rpartition("}")
    form = script.forms.get(name)
    if form is None or namespace != ("{" + form.namespace if form.namespace else ""):
        raise Refused("unknown-message", found=name[:60])
    prefix = namespace + brace
    whole = form.record == form.message
    found = [root] if whole else root.iterchildren(prefix + form.record)
    records = [_facts(element, form) for element in found]
    if not 1 <= len(records) <= script.batch:
        raise Refused("number-of-records", found=len(records), most=script.batch)
    for place, facts in enumerate(records, 1):
        if not facts.get("guid") or not all(facts.get(part) for part in form.key):
            raise Refused("no-key", record=place)
        if envelope is not None:
            facts[ENVELOPED] = envelope.sender
    named = root.findtext(f"{prefix}BaseTransfer/{prefix}dxpId") or ""
    sender = named.strip()[:SENDER_MAX] or "-"
    return Received(form, root.get("guid", ""), records, envelope, sender)


def _root(body: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as fault:
        raise Refused("not-well-formed") from fault
    if root is None or root.getroottree().docinfo.doctype:
        raise Refused("not-well-formed")
    return root


def _facts(record: etree._Element, form: Form) -> Facts:
    """What the form reads of a record: the head's groups flattened, the lines kept as a list.

    Lines come after the head in every format, so an element belongs to the line that began last.
    """
    facts: Facts = {}
    lines: list[dict[str, str]] = []
    current, names = facts, form.reads
    # Only the tags asked for become Python objects: a third of the time of walking them all.
    for element in record.iter(*form.tags):
        tag = element.tag
        if tag == form.lines_tag:
            current, names = {}, form.line_reads
            lines.append(current)
        elif tag in names:
            current[names[tag]] = element.text or ""
    if form.lines:
        facts[form.lines] = lines
    for name, path in form.paths.items():
        facts[name] = record.findtext(path, "", {"m": form.namespace})
    return facts
