"""What customs answers to a goods declaration: the import response, then one receipt per state.

The receipts of this family are one record each, in a namespace or in none; names differ in case
between senders, so they are read by local name in lower case. The first answer names the
declaration by its client's own number and brings the unified number, by which all later ones go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from adapters.base import Manifest, NotAReceipt, Verdict, instant, read_whole

IMPORTED = "DecImportResponse"
RESULT = "DEC_RESULT"
_ROOTS = {"decimportresponse": IMPORTED, "dec_result": RESULT, "dec_data": RESULT}
"""Root in lower case -> the receipt that it is. The older DEC_DATA wraps a DEC_RESULT."""
_BEGINNING = 1024
"""Bytes in which the root's start tag is looked for; there is nothing but a prolog before it."""
_ROOT = re.compile(rb"<(?:[\w.-]+:)?(?:" + "|".join(_ROOTS).encode() + rb")[\s/>]", re.IGNORECASE)
_NO_DIGIT = re.compile(r"[^0-9]")
FIRST = datetime.min.replace(tzinfo=UTC)
"""The time of an answer that tells none: it comes before all that do."""
IMPORT_FAILED = "1"
"""What any response code but "0" means; there is no list of them."""


def answers_one(body: bytes) -> bool:
    """Whether the bytes begin like a receipt of this family."""
    return _ROOT.search(body[:_BEGINNING]) is not None


def verdict(body: bytes, told: Manifest) -> Verdict:
    """What the receipt says of its declaration. Raises NotAReceipt where it says nothing."""
    root, values = read_whole(body)
    receipt = _ROOTS.get(root)
    if receipt is None:
        raise NotAReceipt("unknown-root", root)
    return (_imported if receipt == IMPORTED else _result)(told, values)


def _imported(told: Manifest, values: Mapping[str, str]) -> Verdict:
    code = _code(values, "responsecode")
    client = values.get("clientseqno", "").strip()
    if not code or not client:
        raise NotAReceipt("no-status" if client else "no-key", IMPORTED)
    return Verdict(
        agency=told.name,
        event=told.event(IMPORTED, code if code == "0" else IMPORT_FAILED),
        code=code,
        text=values.get("errormessage", ""),
        at=FIRST,
        match={"guid": client},
        numbers=_numbers(values, SeqNo="seqno"),
        receipt=IMPORTED,
    )


def _result(told: Manifest, values: Mapping[str, str]) -> Verdict:
    channel = _code(values, "channel")
    numbers = _numbers(values, SeqNo="cus_ciq_no", EntryId="entry_id")
    numbers = _numbers(values, SeqNo="seq_no") | numbers
    if not channel or "SeqNo" not in numbers:
        raise NotAReceipt("no-key" if channel else "no-status", RESULT)
    return Verdict(
        agency=told.name,
        event=told.event(RESULT, channel),
        code=channel,
        text=values.get("note") or values.get("result_info", ""),
        at=_time(values.get("notice_date", "")),
        match={"SeqNo": numbers["SeqNo"]},
        numbers=numbers,
        receipt=RESULT,
    )


def _code(values: Mapping[str, str], name: str) -> str:
    return values.get(name, "").strip()


def _numbers(values: Mapping[str, str], **names: str) -> dict[str, str]:
    return {ours: text for ours, name in names.items() if (text := values.get(name, "").strip())}


def _time(text: str) -> datetime:
    """A time as 2019-12-23T21:36:38 or as 20191223T21363800, which ends in hundredths."""
    digits = _NO_DIGIT.sub("", text)
    return instant(digits + "0" if len(digits) == 16 else digits)
