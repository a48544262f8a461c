"""Whether a payment abroad needs a tax record before it is made (服务贸易对外支付税务备案)."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Literal, NamedTuple

from single_window.domain.findings import Finding
from single_window.domain.parameters import InForce
from single_window.regimes.service_trade.terms import finding, plain, within

CODES = frozenset({"SVC-FIL-01", "SVC-FIL-01-RATE", "SVC-FIL-03"})

Why = Literal["above", "within", "exempt", "goods", "filed", "unknown"]
_ITEM, _EXEMPT, _AMOUNT = "Head/item", "Head/exemptCode", "Head/amount"


class Filing(NamedTuple):
    """Whether a tax record is needed, and why; None where the dollar equivalent is not known."""

    needed: bool | None
    why: Why


def is_case(code: str) -> bool:
    """Whether an item is a case of its own (X01 and on) and no code of the balance of payments."""
    return code[:1] == "X"


def record(usd: Decimal | None, codes: Collection[str], *, filed: bool, values: InForce) -> Filing:
    """Whether one payment needs a record; `codes` are its item and the case it claims.

    Exactly the limit needs none (SVC-FIL-01). A contract that was `filed` is not filed again
    (SVC-FIL-02); cases without filing and goods need none whatever they come to (SVC-FIL-03).
    """
    if any(code in values["exempt_cases"] for code in codes):
        return Filing(False, "exempt")
    if any(within(code, values["goods_ranges"]) for code in codes):
        return Filing(False, "goods")
    if usd is None:
        return Filing(None, "unknown")
    if usd <= values["filing_limit"]:
        return Filing(False, "within")
    if filed and values["filed_once"]:
        return Filing(False, "filed")
    return Filing(True, "above")


def cases_exist(item: str, exempt: str, values: InForce) -> list[Finding]:
    """A case without filing is one that the law of the day knows (SVC-FIL-03)."""
    told = ((_ITEM, item if is_case(item) else ""), (_EXEMPT, exempt))
    known = values["exempt_cases"]
    return [
        finding("SVC-FIL-03", "reject", path, code, expected=f"{known[0]}-{known[-1]}")
        for path, code in told
        if code and code not in known
    ]


def awaited(filing: Filing, usd: Decimal | None, values: InForce) -> list[Finding]:
    """What is held until the record is there; or a rate, where nobody can tell."""
    limit = plain(values["filing_limit"])
    if filing.needed is None:
        return [finding("SVC-FIL-01-RATE", "hold", _AMOUNT, expected=limit)]
    if filing.needed and usd is not None:
        return [finding("SVC-FIL-01", "hold", _AMOUNT, plain(usd), expected=limit)]
    return []
