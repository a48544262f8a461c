"""Money to the fen: one place that rounds, one that splits."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal

ZERO = Decimal(0)
FEN = Decimal("0.01")
# The national N19,5 times another is 38 digits; the default 28 would raise on a hostile amount.
_WIDE = Context(prec=80, rounding=ROUND_HALF_UP)


def to_fen(amount: Decimal) -> Decimal:
    """The amount rounded half up to the fen (GEN-RND-01), with two decimals."""
    return amount.quantize(FEN, ROUND_HALF_UP, _WIDE)


def fen(amount: Decimal) -> int:
    """The amount in whole fen, rounded half up."""
    return int(to_fen(amount).scaleb(2, _WIDE))


def from_fen(amount: int) -> Decimal:
    """Whole fen as an amount with two decimals."""
    return Decimal(amount).scaleb(-2, _WIDE)


def split(total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """The total shared by weight, each share to the fen, the last taking the rest (GEN-RND-02).

    Without any weight the last share is the whole.
    """
    if len(weights) == 1:
        return [total]
    whole = sum(weights, ZERO)
    if not whole:
        return [to_fen(ZERO)] * (len(weights) - 1) + [total]
    shares = [to_fen(total * weight / whole) for weight in weights[:-1]]
    shares.append(total - sum(shares, ZERO))
    return shares
