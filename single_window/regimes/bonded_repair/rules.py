"""The rules on papers of bonded repair."""

from __future__ import annotations

from single_window.domain.rules import Rulebook

book = Rulebook()
