"""Bonded repair (保税维修, 1371): goods come in under bond, are repaired, and go back."""

from __future__ import annotations

from pathlib import Path

from single_window.domain.regime import Hooks, Match, Regime
from single_window.regimes.bonded_repair import declared, entering, filed, kinds, rules

REGIME = Regime(
    Path(__file__).parent,
    Hooks(
        rulebook=rules.book,
        match=lambda papers, labels: Match(),
        explain=declared.explain,
        kinds=kinds.KINDS,
        keeping=entering.KEEPING,
        facts={
            "EMS111": filed.account,
            "INV101": filed.inventory,
            "InvtMessage": filed.inventory,
            declared.DECLARATION: declared.facts,
            "SAS121": filed.gate_pass,
            "PassPortMessage": filed.gate_pass,
            "CMB101": filed.consumption,
            "EMS121": filed.report,
        },
        codes=kinds.CODES | declared.CODES,
    ),
)
