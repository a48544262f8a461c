"""What the window has to know of an agency: its names, and what its officers may say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class Agency(Protocol):
    """An agency as the portal knows it; the adapters' manifests fit."""

    @property
    def name(self) -> str:
        """How the plans call it."""
        ...

    @property
    def label_zh(self) -> str:
        """What it is called in Chinese."""
        ...

    @property
    def label_en(self) -> str:
        """What it is called in English."""
        ...

    @property
    def accepts(self) -> Sequence[str]:
        """The messages that it takes; a filer's own message it sees whole."""
        ...

    @property
    def desk(self) -> Mapping[str, tuple[str, str]]:
        """What its officers may decide: word of the desk to status and lifecycle event."""
        ...
