"""Receipts whose values stand in groups, alone or in the package of the bonded family.

Senders differ in namespaces, in the case of names, and in what they leave out; so everything is
found by local name in lower case, where the agency's manifest says that it stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache

from lxml import etree

from adapters.base.manifests import Manifest, ReceiptForm, manifest
from adapters.base.reading import instant, local, parsed
from adapters.base.values import NotAReceipt, Verdict

FIRST = datetime.min.replace(tzinfo=UTC)
"""The time of an answer that tells none: it comes before all that do."""
STATUS, TIME, TEXT = "status", "time", "text"
"""What a receipt is asked for, beside the numbers that it names."""
_PACKAGES = ("package", "signature")
_INSIDE, _BESIDE = "bussinessdata", "delcareflag"
"""What holds the message in a package, spelt like this, and what may stand beside the message."""
_BEGINNING = 1024
"""Bytes in which the root's start tag is looked for; there is nothing but a prolog before it."""
_PROLOG = rb"\A(?:\xef\xbb\xbf)?(?:\s|<\?.*?\?>|<!--.*?-->)*"
_NO_DIGIT = re.compile(r"[^0-9]")

Groups = Mapping[str, Mapping[str, str]]


def is_grouped(body: bytes, told: Manifest) -> bool:
    """Whether the bytes begin like a receipt of this kind."""
    return _roots(told.name).match(body[:_BEGINNING]) is not None


def grouped_verdict(body: bytes, told: Manifest) -> Verdict:
    """What the receipt says. Raises NotAReceipt where it is none, or says nothing of anybody."""
    name, groups = _read(body)
    receipt = _grouped(told.name).get(name)
    if receipt is None:
        raise NotAReceipt("unknown-root", name)
    form = told.receipts[receipt]
    values = {field: _found(groups, places) for field, places in form.reads.items()}
    status = values.get(STATUS, "")
    match = {field: values[field] for field in form.match if values.get(field)}
    if not status or not match:
        raise NotAReceipt("no-key" if status else "no-status", receipt)
    return Verdict(
        agency=told.name,
        event=told.event(receipt, status),
        code=status,
        text=values.get(TEXT, ""),
        at=_time(form, values.get(TIME, "")),
        match=match,
        numbers={field: values[field] for field in form.numbers if values.get(field)},
        receipt=receipt,
        once=TIME in form.reads,
    )


@lru_cache(maxsize=8)
def _grouped(agency: str) -> Mapping[str, str]:
    """The receipts of this kind, each by the names that its root may have, in lower case."""
    receipts = manifest(agency).receipts
    named = {name: (name, *form.also) for name, form in receipts.items() if form.reads}
    return {each.casefold(): name for name, names in named.items() for each in names}


@lru_cache(maxsize=8)
def _roots(agency: str) -> re.Pattern[bytes]:
    names = "|".join(map(re.escape, (*_PACKAGES, *_grouped(agency)))).encode()
    root = rb"<(?:[\w.-]+:)?(?:" + names + rb")[\s/>]"
    return re.compile(_PROLOG + root, re.IGNORECASE | re.DOTALL)


def _read(body: bytes) -> tuple[str, Groups]:
    """The message's name and its values by group, in lower case; "" for what is in no group.

    Of a group that repeats, the first is read.
    """
    root = parsed(body)
    message = inside(root)
    groups: dict[str, Mapping[str, str]] = {"": _leaves(message)}
    for each in root.iter(etree.Element):
        if len(each) and each is not message:
            groups.setdefault(local(each).casefold(), _leaves(each))
    return local(message).casefold(), groups


def inside(root: etree._Element) -> etree._Element:
    """The message that a package holds, its elements in no namespace; any other root as it is."""
    if local(root).casefold() not in _PACKAGES:
        return root
    for each in root.iter(etree.Element):
        if local(each).casefold() == _INSIDE:
            held = (child for child in each if local(child).casefold() != _BESIDE)
            return _bare(next(held, root))
    return root


def _bare(message: etree._Element) -> etree._Element:
    for each in message.iter(etree.Element):
        each.tag = local(each)
    return message


def _leaves(group: etree._Element) -> dict[str, str]:
    leaves = [each for each in group.iterchildren(etree.Element) if not len(each)]
    return {local(leaf).casefold(): (leaf.text or "").strip() for leaf in leaves}


def _found(groups: Groups, places: tuple[str, ...]) -> str:
    for place in places:
        group, _, name = place.casefold().rpartition("/")
        if text := groups.get(group, {}).get(name):
            return text
    return ""


def _time(form: ReceiptForm, text: str) -> datetime:
    """When it was said: 2019-12-23T21:36:38 and its like, or with hundredths behind it."""
    if TIME not in form.reads:
        return FIRST
    digits = _NO_DIGIT.sub("", text)
    return instant(digits + "0" if len(digits) == 16 else digits)
