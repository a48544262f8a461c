"""What the address of a page asks for; what means nothing asks for nothing."""

from __future__ import annotations

from flask import request

_DIGITS = 18
"""More than any number of ours has, and less than what a database refuses."""


def number(name: str) -> int | None:
    """A whole number of at least 0 from the address, or None."""
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else None
