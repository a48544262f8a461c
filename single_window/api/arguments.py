"""What a request says beside its body, read strictly: a value that means nothing is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from flask import request

from single_window.api.problems import Problem

PAGE = 100
LARGEST_PAGE = 1000
KEY_LENGTH = 200
XML = ("application/xml", "text/xml")
JSON = "application/json"
ZIP = ("application/zip", "application/x-zip-compressed")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BLOCK = 256 * 1024


def number(name: str, default: int, *, most: int | None = None) -> int:
    """A whole number of at least 0 from the query."""
    text = request.args.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise Problem("bad-parameter", name=name, value=text[:80], expected="0, 1, 2, …")
    if most is not None and not 1 <= int(text) <= most:
        raise Problem("bad-parameter", name=name, value=text, expected=f"1 … {most}")
    return int(text)


def limit() -> int:
    """How many items of a list are wanted."""
    return number("limit", PAGE, most=LARGEST_PAGE)


def choice(name: str, values: Iterable[str]) -> str | None:
    """One of some words from the query, or None."""
    text = request.args.get(name, "")
    if text and text not in values:
        raise Problem("bad-parameter", name=name, value=text[:80], expected=", ".join(values))
    return text or None


def flag(name: str) -> bool:
    """A yes or no from the query."""
    return choice(name, ("true", "false")) == "true"


def content_type(*allowed: str) -> str:
    """The media type of the body, which must be one of those."""
    found = request.mimetype
    if found in allowed:
        return found
    raise Problem("TRN-TYPE", status=415, value=found)


def idempotency_key() -> str | None:
    """The key under which the same request can be repeated without being carried out twice."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > KEY_LENGTH:
        raise Problem("key-too-long", expected=str(KEY_LENGTH))
    return key or None


def blocks(most: int) -> Iterator[bytes]:
    """The body as it arrives, never whole in memory; ends with an error past `most` bytes."""
    request.max_content_length = most
    while block := request.stream.read(_BLOCK):
        yield block


def json_object(most: int) -> dict[str, Any]:
    """The JSON object in the body."""
    content_type(JSON)
    try:
        told = orjson.loads(b"".join(blocks(most)))
    except ValueError as fault:
        raise Problem("bad-request") from fault
    if not isinstance(told, dict):
        raise Problem("bad-request")
    return told


def published(value: Any) -> Any:
    """The value with every moment, kept as milliseconds, written as ISO 8601 in UTC."""
    if isinstance(value, Mapping):
        return {
            key: iso(each) if _is_moment(key) and isinstance(each, int) else published(each)
            for key, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [published(each) for each in value]
    return value


def iso(moment: int) -> str:
    """Milliseconds since 1970 as ISO 8601."""
    seconds, rest = divmod(moment, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03}Z"


def _is_moment(key: object) -> bool:
    return isinstance(key, str) and (key == "at" or key.endswith(("_at", "_until")))
