"""What the window has to know of an agency to name it to people."""

from __future__ import annotations

from typing import Protocol


class Agency(Protocol):
    """An agency's name in the system and in two languages; the adapters' manifests fit."""

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
