"""Cross-border e-commerce export: retail (9610), from a zone (1210), between firms (9710, 9810)."""

from __future__ import annotations

from pathlib import Path

from single_window.domain.regime import Hooks, Regime
from single_window.regimes.ecommerce_export import (
    acts,
    declared,
    explaining,
    following,
    kinds,
    matching,
    overseas,
    returns,
    routes,
    rules,
    terms,
)

REGIME = Regime(
    Path(__file__).parent,
    Hooks(
        rulebook=acts.book,
        prepare=rules.prepare,
        match=matching.match,
        missing=matching.missing,
        agreed=matching.AGREED,
        explain=explaining.explain,
        taking=following.taking,
        too_much=following.too_much,
        summing=following.sum_up,
        deadline=following.deadline,
        kinds=kinds.KINDS,
        facts={terms.DECLARATION: declared.facts},
        called={terms.DECLARATION: declared.CALLED},
        codes=declared.CODES
        | following.CODES
        | matching.CODES
        | overseas.CODES
        | returns.CODES
        | routes.CODES
        | kinds.CODES,
    ),
)
