"""Cross-border e-commerce retail import, bonded (1210, 1239) and direct (9610)."""

from __future__ import annotations

from pathlib import Path

from single_window.domain.regime import Hooks, Regime
from single_window.regimes.ecommerce_import import explaining, kinds, matching, returns, rules

REGIME = Regime(
    Path(__file__).parent,
    Hooks(
        rulebook=rules.book,
        prepare=rules.prepare,
        want=rules.want,
        over=rules.over,
        match=matching.match,
        agreed=matching.AGREED,
        missing=matching.missing,
        explain=explaining.explain,
        taking=returns.taking,
        too_much=returns.too_much,
        worth=returns.worth,
        in_time=returns.in_time,
        kinds=kinds.KINDS,
        codes=frozenset({"TAX-CBEC-02"}) | matching.CODES | returns.CODES | kinds.CODES,
    ),
)
