"""What regimes share in matching the papers of a trade: when values are the same, and findings.

A finding about two papers names both, so that a page can mark either side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation

from single_window.domain.conditions import number
from single_window.domain.findings import Finding, Severity
from single_window.domain.money import ZERO
from single_window.domain.regime import Labels

Same = Callable[[str, str], bool]


def same_text(one: str, other: str) -> bool:
    """Equal but for white space around and between words."""
    return one == other or one.split() == other.split()


def same_number(one: str, other: str) -> bool:
    """Equal as amounts."""
    return one == other or number(one) == number(other)


def line_key(line: Mapping[str, str]) -> str:
    """A line's number without idle zeros: "01" is line 1."""
    gnum = line.get("gnum", "").strip()
    return str(int(gnum)) if gnum.lstrip("+").isdecimal() else gnum


def total(texts: Iterable[str | None]) -> Decimal | None:
    """The sum; None where one of them is missing or no number."""
    try:
        found = sum(map(Decimal, texts), ZERO)  # type: ignore[arg-type]
    except (InvalidOperation, TypeError):
        return None
    return found if found.is_finite() else None


def both(labels: Labels, paper: str, other: str, other_path: str) -> tuple[tuple[str, str], ...]:
    """What a finding about two papers carries: what each is called, and where the other speaks."""
    zh, en = labels[paper]
    other_zh, other_en = labels[other]
    return (
        ("paper", paper),
        ("paper_zh", zh),
        ("paper_en", en),
        ("other", other),
        ("other_path", other_path),
        ("other_zh", other_zh),
        ("other_en", other_en),
    )


def missing(
    awaited: Iterable[tuple[str, str, str, str]], labels: Labels, code: str, *, expired: bool
) -> Iterator[Finding]:
    """One finding for each missing paper: a warning while it may still come, else a refusal.

    Each is told by its message, the path and the value of the field that names it, and its whole
    number; `code` is that of the rule, which has one for either case.
    """
    severity: Severity = "reject" if expired else "warn"
    name = f"{code}-EXPIRED" if expired else f"{code}-MISSING"
    for message, path, value, key in awaited:
        zh, en = labels[message]
        args = (("paper", message), ("paper_zh", zh), ("paper_en", en), ("key", key))
        yield Finding("rule", name, severity, path, value, args=args)
