"""Reading receipts: untrusted bytes to plain values, whatever the prefixes; whole or not at all."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from lxml import etree

from adapters.base.manifests import Manifest
from adapters.base.values import NotAReceipt, Verdict
from adapters.base.writing import BEIJING


@dataclass(frozen=True, slots=True)
class Entity:
    """One record of a receipt: its plain elements, and its groups by name."""

    name: str
    leaves: dict[str, str]
    groups: dict[str, list[dict[str, str]]]


def read_receipt(body: bytes, told: Manifest) -> tuple[str, list[Entity]]:
    """Root name and records of a receipt, whatever its prefixes; whole or not at all."""
    root = _parsed(body)
    name = _local(root)
    if name not in told.receipts:
        raise NotAReceipt("unknown-root", name)
    entities = [_entity(element) for element in root.iterchildren(etree.Element)]
    entities = [each for each in entities if each.leaves or each.groups]
    if not entities:
        raise NotAReceipt("no-records", name)
    return name, entities


def read_whole(body: bytes) -> tuple[str, dict[str, str]]:
    """Root name and values of a receipt that is one record, in whatever groups they stand.

    Names are in lower case, since senders differ in it; values are as they stand.
    """
    root = _parsed(body)
    leaves = [each for each in root.iter(etree.Element) if not len(each)]
    return _local(root).casefold(), {_local(leaf).casefold(): leaf.text or "" for leaf in leaves}


def plain_verdicts(body: bytes, told: Manifest) -> list[Verdict]:
    """The verdicts in a receipt of flat records: what `parse` is for most agencies."""
    receipt, entities = read_receipt(body, told)
    return [plain_verdict(told, receipt, entity.leaves) for entity in entities]


def opened(body: bytes) -> bytes:
    """The business message inside a DxpMsg envelope, or the bytes as they are."""
    if b"DxpMsg" not in body[:400]:
        return body
    for data in _parsed(body).iter("{*}Data"):
        try:
            return base64.b64decode(data.text or "", validate=False)
        except binascii.Error as fault:
            raise NotAReceipt("bad-envelope") from fault
    raise NotAReceipt("bad-envelope")


def _parsed(body: bytes) -> etree._Element:
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


def _local(element: etree._Element) -> str:
    return _local_part(str(element.tag))


@lru_cache(maxsize=1024)
def _local_part(tag: str) -> str:
    return tag.rpartition("}")[2]


def _plain(element: etree._Element) -> dict[str, str]:
    return {_local(child): (child.text or "").strip() for child in element}


def _entity(element: etree._Element) -> Entity:
    leaves: dict[str, str] = {}
    groups: dict[str, list[dict[str, str]]] = {}
    for child in element:
        if len(child):
            groups.setdefault(_local(child), []).append(_plain(child))
        else:
            leaves[_local(child)] = (child.text or "").strip()
    return Entity(_local(element), leaves, groups)


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
    )


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
