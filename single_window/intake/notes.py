"""What was wrong with a record before it was XML, carried at the beginning of the record.

An instruction is no part of the record's values, travels with its bytes, and is read only where
the message was made here from a sheet: in what others send it means nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict

import orjson

from single_window.domain.findings import Finding

_TARGET = "single-window-cells"
_NOTES = re.compile(rf"<\?{_TARGET} (.*?)\?>", re.DOTALL)


def noted(findings: Sequence[Finding]) -> str:
    """The instruction that carries findings; nothing where there are none."""
    if not findings:
        return ""
    text = orjson.dumps([asdict(finding) for finding in findings]).decode()
    for sign in "<>?":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return f"<?{_TARGET} {text}?>"


def notes_in(text: str) -> list[Finding]:
    """The findings that the text of a record carries."""
    return [
        Finding(**(row | {"args": tuple((str(name), str(value)) for name, value in row["args"])}))
        for found in _NOTES.finditer(text)
        for row in orjson.loads(found[1])
    ]
