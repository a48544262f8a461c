"""What a regime would put into a field of a form as it stands: choices with their reasons."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple


class Suggestion(NamedTuple):
    """A value that fits, and why, in Chinese and in English."""

    code: str
    reason: tuple[str, str]


Suggest = Callable[[str, str, Mapping[str, str]], Sequence[Suggestion]]
"""Told are the message, the path of the field ("Lines[2]/unit") and what the form holds, by the
names of its inputs ("Lines.2.unit"). Asked for every field each time a form is shown."""
