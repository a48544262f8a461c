"""No small figure can be read from a table, nor reckoned from what the table shows."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from single_window.domain.protecting import Leaf, Withheld, withheld

FEWEST = 3
_NODES, _LEAVES, _COMPANIES = "XYZ", "123", "abcdef"


def companies(text: str) -> frozenset[str]:
    return frozenset(text)


def flat(**leaves: str) -> dict[Leaf, frozenset[str]]:
    return {(name, name): companies(told) for name, told in leaves.items()}


@pytest.mark.parametrize(
    ("leaves", "hidden", "whole"),
    [
        ({}, "", False),
        ({"a": "pqr"}, "", False),
        ({"a": "pq"}, "a", True),
        ({"a": "p", "b": "q"}, "ab", True),
        ({"a": "p", "b": "qrs", "c": "qrst"}, "ab", False),
        ({"a": "p", "b": "q", "c": "r", "d": "pqrs"}, "abc", False),
        ({"a": "p", "b": "p", "c": "qrs", "d": "qrst"}, "abc", False),
        ({"a": "", "b": "p", "c": "qrs"}, "bc", False),
    ],
)
def test_a_small_figure_takes_another_with_it(
    leaves: dict[str, str], hidden: str, whole: bool
) -> None:
    found = withheld(flat(**leaves), FEWEST)
    assert ("".join(sorted(name for _, name in found.leaves)), found.whole) == (hidden, whole)
    assert "".join(sorted(found.nodes)) == hidden


def test_a_small_service_hides_another_of_its_component_or_the_component() -> None:
    tree = {
        ("X", "1"): companies("p"),
        ("X", "2"): companies("qrs"),
        ("Y", "1"): companies("pqr"),
    }
    found = withheld(tree, FEWEST)
    assert found == Withheld(frozenset({("X", "1"), ("X", "2")}))


_trees = st.dictionaries(
    st.tuples(st.sampled_from(_NODES), st.sampled_from(_LEAVES)),
    st.frozensets(st.sampled_from(_COMPANIES)),
    max_size=9,
)


@settings(max_examples=300, deadline=None)
@given(_trees)
def test_what_is_withheld_cannot_be_reckoned_from_what_is_shown(
    tree: dict[Leaf, frozenset[str]],
) -> None:
    found = withheld(tree, FEWEST)
    known = _shown_sums(tree, found)
    for leaves in (*([leaf] for leaf in tree), *_nodes(tree), [*tree]):
        behind = frozenset().union(*(tree[leaf] for leaf in leaves))
        if 0 < len(behind) < FEWEST:
            assert not _follows(known, _row(tree, leaves))


@settings(max_examples=300, deadline=None)
@given(_trees)
def test_nothing_is_withheld_where_nobody_is_few(tree: dict[Leaf, frozenset[str]]) -> None:
    enough = {leaf: behind for leaf, behind in tree.items() if not 0 < len(behind) < FEWEST}
    assert withheld(enough, FEWEST) == Withheld()


def _nodes(tree: dict[Leaf, frozenset[str]]) -> list[list[Leaf]]:
    return [[leaf for leaf in tree if leaf[0] == node] for node in {node for node, _ in tree}]


def _row(tree: dict[Leaf, frozenset[str]], leaves: list[Leaf]) -> list[Fraction]:
    """A sum of leaves as an equation; what the reader knows anyway stands for nothing."""
    return [Fraction(leaf in leaves and bool(tree[leaf])) for leaf in tree]


def _shown_sums(tree: dict[Leaf, frozenset[str]], found: Withheld) -> list[list[Fraction]]:
    sums = [[leaf] for leaf in tree if leaf not in found.leaves]
    sums += [leaves for leaves in _nodes(tree) if leaves[0][0] not in found.nodes]
    sums += [] if found.whole else [[*tree]]
    return [_row(tree, leaves) for leaves in sums]


def _follows(known: list[list[Fraction]], wanted: list[Fraction]) -> bool:
    """Whether an equation is a combination of others: elimination, without rounding."""
    return _rank([*known, wanted]) == _rank(known)


def _rank(rows: list[list[Fraction]]) -> int:
    rows, rank = [row[:] for row in rows], 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((at for at in range(rank, len(rows)) if rows[at][column]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        for at in range(rank + 1, len(rows)):
            factor = rows[at][column] / rows[rank][column]
            rows[at] = [a - factor * b for a, b in zip(rows[at], rows[rank], strict=True)]
        rank += 1
    return rank
