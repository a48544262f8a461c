"""A report as it was filed, and counts, against the ledger: rules B1 to B9 of an account book.

What a report leaves out is taken from the ledger. A difference is told once: by origin where the
report splits goods by origin (B5), else for the whole (B4); single stocks (B1 to B3) are compared
only where those hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from single_window.domain.books import balances
from single_window.domain.books.account import (
    LABELS,
    Counted,
    Item,
    Origin,
    Place,
    Role,
    Stock,
    WorkOrder,
)
from single_window.domain.books.balances import (
    Figures,
    figures,
    moved,
    remain_of,
    remains,
    replaced,
    share,
    should_remain,
)
from single_window.domain.books.border import COMES_FROM
from single_window.domain.books.judging import plain
from single_window.domain.books.state import State
from single_window.domain.findings import Finding, Severity
from single_window.domain.money import ZERO

_STORED = {Role.PART: "BOOK-B6", Role.OLD: "BOOK-B8-DIFFERENCE", Role.SCRAP: "BOOK-B9-DIFFERENCE"}
_IN_CHINA = {Role.PART: "BOOK-PART-UNTAXED", Role.OLD: "BOOK-B8", Role.SCRAP: "BOOK-B9"}
_TOGETHER = {
    "shipped": ("returned_untouched", "shipped_repaired", "shipped_unrepairable"),
    "remaining": ("waiting", "repaired", "unrepairable"),
}
"""Figures of goods that a report may give in one."""
_SINGLE = {
    "returned_untouched": "BOOK-B1-REPORT", "waiting": "BOOK-B1-REPORT",
    "finished_repaired": "BOOK-B2-REPORT", "shipped_repaired": "BOOK-B2-REPORT",
    "repaired": "BOOK-B2-REPORT", "finished_unrepairable": "BOOK-B3-REPORT",
    "shipped_unrepairable": "BOOK-B3-REPORT", "unrepairable": "BOOK-B3-REPORT",
    "destroyed": "BOOK-B3-REPORT",
}  # fmt: skip
"""The rule that a single figure of goods stands under."""
_STANDING = frozenset({*remain_of(Role.GOODS), "remaining"})


@dataclass(frozen=True, slots=True)
class Filed:
    """What a report, or a count, says of an item: of one origin, or of all (`origin` empty).

    Of goods it may say `shipped` and `remaining` for all stocks together. `should_remain` is what
    it computes itself. `paths` are those of figures that stand elsewhere than at `path`.
    """

    item: int
    figures: Figures
    origin: Origin = Origin.UNSPLIT
    should_remain: Decimal | None = None
    explanation: str = ""
    path: str = ""
    counted: bool = False
    paths: Mapping[str, str] = field(default_factory=dict)


def counted(state: State, counts: Mapping[Stock, Counted] | None = None) -> list[Filed]:
    """Counts that were entered, as a report would say them: all of the state, or those given."""
    found: dict[tuple[int, Origin], Filed] = {}
    for (number, origin, place), count in (state.counts if counts is None else counts).items():
        names = remain_of(state.items[number].role)
        name = place.value if place.value in names else names[0]
        known = found.get(
            (number, origin), Filed(number, {}, origin, path=count.path, counted=True)
        )
        said = {**known.figures, name: count.quantity}
        because = known.explanation or count.explanation
        found[number, origin] = replace(known, figures=said, explanation=because)
    return list(found.values())


def reconcile(state: State, filed: Sequence[Filed]) -> list[Finding]:
    """Findings on a report and on counts, item by item, each naming the item's line.

    Of an item each kind of difference is told once, by the first line that shows it.
    """
    by_item: dict[int, list[Filed]] = {}
    unknown = [_unknown(each) for each in filed if each.item not in state.items]
    for each in _joined(state, filed):
        by_item.setdefault(each.item, []).append(each)
    pairs = list(_one_to_one(state, by_item))
    unmatched = {number: -difference for number, difference, _ in pairs if difference}
    told = {part.seqno for number in unmatched for part in replaced(state.items)[number]}
    found: list[Finding] = []
    for number, lines in by_item.items():
        item = state.items[number]
        about = (
            _goods(state, item, lines)
            if item.of_goods
            else [*_stored(state, item, lines, unmatched.get(number, ZERO), number in told)]
        )
        found += about or _added_up(item, lines)
    found += [finding for _, _, finding in pairs if finding is not None]
    first = {(each.code, dict(each.args)["item"], dict(each.args)["figure_en"]): each
             for each in reversed(found)}  # fmt: skip
    return [*unknown, *(each for each in found if each in first.values())]


def _joined(state: State, filed: Sequence[Filed]) -> Iterator[Filed]:
    """The lines by ledger, those of repaired goods as part of those of the goods that wait.

    Waiting and repaired goods are two items of a book, and what leaves one enters the other.
    """
    found: dict[tuple[int, Origin], list[Filed]] = {}
    for each in filed:
        if (item := state.items.get(each.item)) is not None:
            found.setdefault((item.ledger, each.origin), []).append(each)
    for (number, _), lines in found.items():
        repaired = [each for each in lines if state.items[each.item].role is Role.REPAIRED]
        goods = [each for each in lines if each not in repaired]
        if not repaired or not goods:
            yield from (replace(each, item=number) for each in lines)
            continue
        first, named = goods[0], [_named(each, _AS_GOODS) for each in goods]
        named += [_named(each, _AS_REPAIRED) for each in repaired]
        joint, paths = dict[str, Decimal](), dict[str, str]()
        for line, said in zip((*goods, *repaired), named, strict=True):
            for name, value in said.items():
                twice = name in joint and name not in _OF_EACH and joint[name] == value
                joint[name] = value if twice else joint.get(name, ZERO) + value
                paths.setdefault(name, line.path)
        yield replace(first, item=number, figures=joint, paths=paths)


_AS_GOODS = {"remaining": "waiting"}
_AS_REPAIRED = {"remaining": "repaired", "shipped": "shipped_repaired"}
"""What the figures of each of the two items are in those of the goods."""
_OF_EACH = frozenset({"opening", "destroyed", "shortage"})
"""Figures that each of the two items has for itself; the others are the same in both."""


def _named(line: Filed, names: Mapping[str, str]) -> Figures:
    return {names.get(name, name): value for name, value in line.figures.items()}


def _whole(state: State, item: Item, line: Filed) -> dict[str, Decimal]:
    """The figures of a line, what it leaves out taken from the ledger."""
    origins = (line.origin,) if line.origin else tuple(Origin)
    ledger = dict(figures(state, item, origins))
    for name, parts in _TOGETHER.items():
        if item.of_goods and name in line.figures:
            ledger |= dict.fromkeys(parts, ZERO)
    return {**ledger, **line.figures}


def _added_up(item: Item, lines: Sequence[Filed]) -> Iterator[Finding]:
    """The columns by origin come to what the line in all says, where both are filed."""
    split = {line.origin: line for line in lines if line.origin and not line.counted}
    for whole in lines:
        if whole.origin or whole.counted or len(split) != len(COMES_FROM):
            continue
        for name, value in whole.figures.items():
            parts = [line.figures[name] for line in split.values() if name in line.figures]
            if len(parts) == len(split) and sum(parts, ZERO) != value:
                yield _differs("BOOK-B5-SUM", "reject", item, whole, name, value=plain(value),
                               expected=plain(sum(parts, ZERO)))  # fmt: skip
                return


# --- goods: B1 to B5 --------------------------------------------------------------------------


def _goods(state: State, item: Item, lines: Sequence[Filed]) -> list[Finding]:
    split = [line for line in lines if line.origin]
    for code, some in (("BOOK-B5-REPORT", split), ("BOOK-B4", lines)):
        found = [each for line in some for each in _sum_of(state, item, line, code)]
        if found:
            return found
    return [each for line in lines for each in _singles(state, item, line)]


def _sum_of(state: State, item: Item, line: Filed, code: str) -> Iterator[Finding]:
    """Rules B4 and B5: opening and entries are exits and what is there."""
    whole = _whole(state, item, line)
    came = whole["opening"] + whole["came_in"]
    difference = remains(whole) - should_remain(whole)
    if difference:
        gone = came + difference
        yield _differs(code, "reject", item, line, value=plain(gone), expected=plain(came),
                       difference=_signed(difference), **_column(line.origin))  # fmt: skip


def _singles(state: State, item: Item, line: Filed) -> Iterator[Finding]:
    """Rules B1 to B3, and each figure against the ledger, where there is one.

    What is there is told only where no figure of what moved explains it.
    """
    ledger = figures(state, item, (line.origin,) if line.origin else tuple(Origin))
    whole = {**ledger, **line.figures}
    expected = _stocks(state, item, line, whole) if "finished_repaired" in line.figures else {}
    if moved(state, item):
        sums = {name: sum((ledger[each] for each in parts), ZERO)
                for name, parts in _TOGETHER.items()}  # fmt: skip
        expected = {**expected, **ledger, **sums}
    differing = [name for name, value in line.figures.items() if value != expected.get(name, value)]
    moves = [name for name in differing if name not in _STANDING]
    first = {_SINGLE.get(name, "BOOK-B4-REPORT"): name for name in reversed(moves or differing)}
    for code, name in reversed(first.items()):
        yield _differs(code, "reject", item, line, name, value=plain(line.figures[name]),
                       expected=plain(expected[name]))  # fmt: skip


def _stocks(state: State, item: Item, line: Filed, whole: Figures) -> dict[str, Decimal]:
    """What should remain in each stock by the report's own figures."""
    origins = (line.origin,) if line.origin else tuple(Origin)
    begun = {
        place: sum(
            (state.flows.get((item.ledger, each, Place.OPENING, place), ZERO) for each in origins),
            ZERO,
        )
        for place in (Place.REPAIRED, Place.UNREPAIRABLE)
    }
    repaired = begun[Place.REPAIRED] + whole["finished_repaired"] - whole["shipped_repaired"]
    rest = begun[Place.UNREPAIRABLE] + whole["finished_unrepairable"]
    rest -= whole["shipped_unrepairable"] + whole["destroyed"]
    return {"repaired": repaired, "unrepairable": rest,
            "waiting": should_remain(whole) - repaired - rest}  # fmt: skip


# --- parts, old parts, scrap: B6 to B9 --------------------------------------------------------


def _stored(
    state: State, item: Item, lines: Sequence[Filed], unmatched: Decimal, told: bool
) -> Iterator[Finding]:
    """Rules B6, B8, B9: what should remain against what is there; what left the right way.

    `unmatched` is a difference of old parts that rule B7 has told already; `told` are parts of
    which it has.
    """
    split = [line for line in lines if line.origin or line.counted]
    for line in split if any(line.origin for line in split) else lines:
        wrongly = [*_left_rightly(state, item, line)]
        yield from wrongly
        whole = _whole(state, item, line)
        should = should_remain(whole)
        difference = remains(whole) - should
        summed = (should, remains(whole) if difference else should)
        if line.should_remain is not None and line.should_remain not in summed:
            yield _differs("BOOK-B6-SUM", "hold", item, line, "should_remain",
                           value=plain(line.should_remain), expected=plain(should))  # fmt: skip
        if told and moved(state, item):
            unmatched = whole["consumed"] - _ledger(state, item, line)["consumed"]
        stayed = abs(difference) == sum((Decimal(each.value) for each in wrongly), ZERO)
        if difference and abs(difference) != abs(unmatched) and not stayed:
            code = _STORED[item.role] + ("-SURPLUS" if item.role is Role.PART and difference > 0
                                         else "")  # fmt: skip
            severity: Severity = "warn" if line.explanation else "hold"
            yield _differs(code, severity, item, line, "remaining", value=plain(remains(whole)),
                           expected=plain(should), difference=_signed(difference),
                           rate=_rate(difference, should))  # fmt: skip
        elif not difference and not wrongly and moved(state, item):
            yield from _figures_differ(state, item, line, _MATCHED if unmatched else frozenset())


_MATCHED = frozenset({"consumed", "arisen", "remaining"})
"""The figures that rule B7 speaks of, and what follows from them."""


def _figures_differ(
    state: State, item: Item, line: Filed, told: frozenset[str]
) -> Iterator[Finding]:
    """Figures against the ledger; what remains only where no other figure explains it."""
    ledger = _ledger(state, item, line)
    differing = [name for name, value in line.figures.items()
                 if name not in told and value != ledger.get(name, value)]  # fmt: skip
    flows = [name for name in differing if name not in remain_of(item.role)]
    for name in flows or differing:
        yield _differs("BOOK-REPORT", "hold", item, line, name,
                       value=plain(line.figures[name]), expected=plain(ledger[name]))  # fmt: skip


def _ledger(state: State, item: Item, line: Filed) -> Figures:
    """What the ledger says of the origin of a line, or of all."""
    return figures(state, item, (line.origin,) if line.origin else tuple(Origin))


def _left_rightly(state: State, item: Item, line: Filed) -> Iterator[Finding]:
    """Old parts and scrap of goods from abroad were neither sold nor handed over in China.

    Nor were new parts without tax. What the ledger says as well its entries have been told of, and
    those that it knows to be from inside China may stay there.
    """
    if line.origin is Origin.CHINA:
        return
    ledger, code = _ledger(state, item, line), _IN_CHINA[item.role]
    china = figures(state, item, (Origin.CHINA,))
    for name in ("sold", "handed_over", *(("taxed",) if item.role is not Role.PART else ())):
        said = line.figures.get(name, ZERO)
        if said and said not in (ledger[name], china[name]):
            yield _differs(code, "reject", item, line, name, value=plain(said))


def _one_to_one(
    state: State, by_item: Mapping[int, Sequence[Filed]]
) -> Iterator[tuple[int, Decimal, Finding | None]]:
    """Rule B7 in totals: old parts taken off against new ones fitted.

    The difference of each old part, and a finding unless the work orders have told it. A report
    alone that speaks of one side only says nothing of the other.
    """
    for number, parts in replaced(state.items).items():
        old = state.items.get(number)
        if old is None or old.role is not Role.OLD:
            continue
        kept = any(moved(state, each) for each in (old, *parts))
        took = [_total(state, part, by_item, "consumed") for part in parts]
        removed, line = _total(state, old, by_item, "arisen")
        if not kept and (line is None or not any(at for _, at in took)):
            continue
        difference = removed - sum((quantity for quantity, _ in took), ZERO)
        told = sum((_unmatched(each, number, parts) for each in state.orders.values()), ZERO)
        finding = None
        if difference and difference != told:
            at = line or Filed(old.seqno, {}, path=old.path)
            severity: Severity = "warn" if at.explanation else "hold"
            finding = _differs("BOOK-B7", severity, old, at, "arisen", value=plain(removed),
                               expected=plain(removed - difference),
                               difference=_signed(difference - told), order="")  # fmt: skip
        yield number, difference, finding


def _unmatched(order: WorkOrder, old: int, parts: Sequence[Item]) -> Decimal:
    """By how much more was taken off than fitted: as told at its end, or in an order so far."""
    if order.closed is not None:
        return order.unmatched.get(old, ZERO)
    fitted = (order.fitted.get(part.seqno, ZERO) for part in parts)
    return order.removed.get(old, ZERO) - sum(fitted, ZERO)


def _total(
    state: State, item: Item, by_item: Mapping[int, Sequence[Filed]], name: str
) -> tuple[Decimal, Filed | None]:
    """A figure of an item over all origins: as filed, else by the ledger; and where it stands."""
    lines = [line for line in by_item.get(item.ledger, ()) if name in line.figures]
    split = [line for line in lines if line.origin] or lines
    if split:
        return sum((line.figures[name] for line in split), ZERO), split[0]
    return figures(state, item)[name], None


# --- saying -----------------------------------------------------------------------------------


def _differs(
    code: str, severity: Severity, item: Item, line: Filed, name: str = "", **words: str
) -> Finding:
    value, expected = words.pop("value", ""), words.pop("expected", "")
    zh, en = balances.LABELS.get(name, (name, name))
    words |= {"item": str(item), "serial": "", "document": "", "figure_zh": zh, "figure_en": en}
    base = line.paths.get(name, line.path)
    path = f"{base}/{name}" if base and name else base or name
    return Finding("rule", code, severity, path, value, expected, tuple(sorted(words.items())))


def _unknown(line: Filed) -> Finding:
    """A report speaks of an item that the book does not have."""
    words = {"item": str(line.item), "serial": "", "document": ""}
    return Finding("rule", "BOOK-ITEM", "reject", line.path, str(line.item), "",
                   tuple(sorted(words.items())))  # fmt: skip


def _column(origin: Origin) -> dict[str, str]:
    place = next((place for place, each in COMES_FROM.items() if each is origin), None)
    zh, en = LABELS[place] if place else ("", "")
    return {"origin_zh": zh, "origin_en": en}


def _signed(quantity: Decimal) -> str:
    return f"+{plain(quantity)}" if quantity > 0 else plain(quantity)


def _rate(difference: Decimal, should: Decimal) -> str:
    """The difference as a share of what should remain, in hundredths."""
    found = share(difference, should)
    return "-" if found is None else plain(abs(found)) + "%"
