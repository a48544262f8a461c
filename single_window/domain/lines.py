"""Where in a file a field of a record stands."""

from __future__ import annotations

import re
from itertools import islice

_STEP = re.compile(r"([\w.-]+)(?:\[(\d+)\])?")


def line_of(path: str, text: str, first: int) -> int:
    """The line of a field in a record's text, whose own line is `first`.

    Of a field that is missing it is the line of its group.
    """
    if "\n" not in text:
        return first
    start, end = 0, len(text)
    for name, index in _STEP.findall(path):
        tag = rf"(?:[\w.-]+:)?{re.escape(name)}(?=[\s/>])"
        openings = re.compile(f"<{tag}").finditer(text, start, end)
        opening = next(islice(openings, int(index or 1) - 1, None), None)
        if opening is None:
            break
        start = opening.end()
        closing = re.compile(f"</{tag}").search(text, start, end)
        end = closing.start() if closing else end
    return first + text.count("\n", 0, start)
