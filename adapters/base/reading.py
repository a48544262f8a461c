"""Reading receipts: untrusted bytes to plain values, whatever the prefixes; whole or not at all."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from lxml import etree

from adapters.base.manifests import Manifest, ReceiptForm
from adapters.base.values import NotAReceipt, Verdict
from adapters.base.writing import BEIJING

STATED_MOST = 40
"""Characters of a figure that are read; no amount of any agency has as many."""
_CARRIERS = (b"DxpMsg", "DxpMsg".encode("utf-16-le"), "DxpMsg".encode("utf-16-be"))
_SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"
_HEAD_BYTES = 4096
"""Where the root of an envelope is looked for."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A national transport envelope: who sends it to whom, what it says it holds, what it holds."""

    sender: str
    receivers: tuple[str, ...]
    message: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Entity:
    """One record of a receipt: its plain elements, and its groups by name."""

    name: str
    leaves: dict[str, str]
    groups: dict[str, list[dict[str, str]]]


def read_receipt(body: bytes, told: Manifest) -> tuple[str, list[Entity]]:
    """Root name and records of a receipt, whatever its prefixes; whole or not at all.

    A signature may stand beside the records.
    """
    root = parsed(body)
    name = local(root)
    if name not in told.receipts:
        raise NotAReceipt("unknown-root", name)
    found = root.iterchildren(etree.Element)
    entities = [_entity(element) for element in found if element.tag != _SIGNATURE]
    entities = [each for each in entities if each.leaves or each.groups]
    if not entities:
        raise NotAReceipt("no-records", name)
    return name, entities


def plain_verdicts(body: bytes, told: Manifest) -> list[Verdict]:
    """The verdicts in a receipt of flat records: what `parse` is for most agencies."""
    receipt, entities = read_receipt(body, told)
    return [plain_verdict(told, receipt, entity.leaves) for entity in entities]


def opened(body: bytes) -> bytes:
    """The business message inside a DxpMsg or DxpMsgSv envelope, or the bytes as they are."""
    envelope = envelope_of(body)
    return body if envelope is None else envelope.body


def envelope_of(body: bytes) -> Envelope | None:
    """The envelope that these bytes are, whatever its prefixes; None when they are none."""
    if not any(word in body[:_HEAD_BYTES] for word in _CARRIERS):
        return None  # nearly all: not worth a second parsing
    root = parsed(body)
    if not local(root).startswith("DxpMsg"):
        return None
    data = root.find(".//{*}Data")
    if data is None:
        raise NotAReceipt("bad-envelope")
    try:
        inner = base64.b64decode(data.text or "", validate=False)
    except binascii.Error as fault:
        raise NotAReceipt("bad-envelope") from fault
    said = {local(each): (each.text or "").strip() for each in root.iterfind(".//{*}TransInfo/*")}
    receivers = tuple((each.text or "").strip() for each in root.iterfind(".//{*}ReceiverId"))
    return Envelope(said.get("SenderId", ""), receivers, said.get("MsgType", ""), inner)


def answer_verdicts(told: Manifest, receipt: str, entities: Iterable[Entity]) -> list[Verdict]:
    """The platform's word (DxpRep) on messages that we sent, each named by the head it had."""
    verdicts = []
    for entity in entities:
        heads = entity.groups.get("OriHead", [])
        code = entity.leaves.get("ResponseCode", "")
        if not code or len(heads) != 1 or not heads[0].get("CopMsgId"):
            raise NotAReceipt("no-reference", receipt)
        verdicts.append(
            Verdict(
                agency=told.name,
                event=told.event(receipt, code),
                code=code,
                text=entity.leaves.get("ResponseInfo", ""),
                at=_noticed(entity.leaves.get("NoticeTime", "")),
                match={
                    "oriCopMsgId": heads[0]["CopMsgId"],
                    "oriMessageType": heads[0].get("MsgType", ""),
                },
            )
        )
    return verdicts


def _noticed(text: str) -> datetime:
    """The day of an answer, which is all that the standard gives (some add the time)."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as fault:
        raise NotAReceipt("bad-time") from fault
    return (at if at.tzinfo else at.replace(tzinfo=BEIJING)).astimezone(UTC)


def parsed(body: bytes) -> etree._Element:
    """The root element of untrusted bytes: no DTD, no entities, no network, no huge trees."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as fault:
        raise NotAReceipt("not-well-formed", type(fault).__name__) from fault
    if root is None:
        raise NotAReceipt("not-well-formed")
    if root.getroottree().docinfo.doctype:
        raise NotAReceipt("doctype")
    return root


def local(element: etree._Element) -> str:
    """The name of an element without its namespace."""
    return _local_part(str(element.tag))


@lru_cache(maxsize=1024)
def _local_part(tag: str) -> str:
    return tag.rpartition("}")[2]


def _plain(element: etree._Element) -> dict[str, str]:
    return {local(child): (child.text or "").strip() for child in element}


def _entity(element: etree._Element) -> Entity:
    leaves: dict[str, str] = {}
    groups: dict[str, list[dict[str, str]]] = {}
    for child in element:
        name = _local_part(str(child.tag))
        if len(child):
            groups.setdefault(name, []).append(_plain(child))
        else:
            leaves[name] = (child.text or "").strip()
    return Entity(local(element), leaves, groups)


def plain_verdict(told: Manifest, receipt: str, leaves: Mapping[str, str]) -> Verdict:
    """The verdict in a flat record with returnStatus, returnTime and returnInfo."""
    form = told.receipts[receipt]
    status = leaves.get("returnStatus", "")
    if not status:
        raise NotAReceipt("no-status", receipt)
    match = {name: leaves[name] for name in form.match if leaves.get(name)}
    if not match:
        raise NotAReceipt("no-key", receipt)
    return Verdict(
        agency=told.name,
        event=told.event(receipt, status),
        code=status,
        text=leaves.get("returnInfo", ""),
        at=instant(leaves.get("returnTime", "")),
        match=match,
        numbers={name: leaves[name] for name in form.numbers if leaves.get(name)},
        receipt=receipt,
        amounts=_stated(form, leaves),
    )


def _stated(form: ReceiptForm, leaves: Mapping[str, str]) -> dict[str, str] | None:
    """The figures that the agency states; None where it states none."""
    found = {
        figure: leaves[name][:STATED_MOST]
        for name, figure in form.states.items()
        if leaves.get(name)
    }
    return found or None


@lru_cache(maxsize=4096)
def instant(digits: str) -> datetime:
    """A national time (YYYYMMDDhhmmss, with or without milliseconds, Beijing) in UTC."""
    if len(digits) not in (14, 17) or not digits.isascii() or not digits.isdigit():
        raise NotAReceipt("bad-time")
    day = (int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    clock = (int(digits[8:10]), int(digits[10:12]), int(digits[12:14]))
    try:
        whole = datetime(*day, *clock, int(digits[14:] or "0") * 1000, tzinfo=BEIJING)
    except ValueError as fault:
        raise NotAReceipt("bad-time") from fault
    return whole.astimezone(UTC)
