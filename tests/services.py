"""Papers of service trade for tests: those of the files, of which any value can be another."""

from __future__ import annotations

from pathlib import Path

from schemas.registry import Message
from single_window.intake.forms import Record, Values, from_message, to_message, to_record

FOLDER = Path(__file__).parent / "regimes" / "services"
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.xml")))
SENDER = {
    "copCode": "91120118MA07TEK03K", "copName": "天津示范装备制造有限公司", "dxpMode": "DXP",
    "dxpId": "DXPENTSVC000001",
}  # fmt: skip
GUID = "5E2C0000-0000-4000-A000-000000000001"


def written(name: str) -> bytes:
    """The paper as it stands in its file."""
    return (FOLDER / f"{name}.xml").read_bytes()


def paper(name: str, changes: Values | None = None) -> bytes:
    """The message of a paper with these values ("Head.amount"); an empty one is left out."""
    message, values = _changed(name, changes)
    return to_message(message, values, sender=SENDER, guid=GUID)


def record(name: str, changes: Values | None = None) -> Record:
    """The record of a paper with these values, as the rules read it."""
    return to_record(*_changed(name, changes))


def _changed(name: str, changes: Values | None) -> tuple[Message, Values]:
    message, (values,) = from_message(written(name))
    return message, values | (changes or {})


def message_of(name: str) -> str:
    """The message that a paper is of."""
    return _changed(name, None)[0].name
