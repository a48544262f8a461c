"""Bonded repair (保税维修, 1371): goods come in under bond, are repaired, and go back."""

from __future__ import annotations

from pathlib import Path

from single_window.domain.regime import Hooks, Match, Regime
from single_window.regimes.bonded_repair import kinds, rules, terms

REGIME = Regime(
    Path(__file__).parent,
    Hooks(
        rulebook=rules.book,
        match=lambda papers, labels: Match(),
        kinds=kinds.KINDS,
        law=terms.law,
        codes=kinds.CODES,
    ),
)
