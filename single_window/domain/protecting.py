"""Which figures of a table are withheld so that nobody's business can be read from it.

A figure that comes from fewer than a few companies is withheld: with one it is that company's own,
with two each can take its own away and has the other's. So that it cannot be reckoned from a total
either, others are withheld with it (secondary suppression, 次级抑制), until what the total leaves
unexplained belongs to enough companies and to two figures at least.

The figures stand in a tree of three floors: the whole, its nodes (components), their leaves
(services); in a flat table each leaf is a node of its own. It is decided month by month and a range
is the sum of what its months may show: whatever ranges are subtracted from each other, nothing
comes out that a month does not show itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Leaf = tuple[str, str]
"""Its node, and its own name."""


@dataclass(frozen=True, slots=True)
class Withheld:
    """What may not be shown of a tree."""

    leaves: frozenset[Leaf] = frozenset()
    nodes: frozenset[str] = frozenset()
    whole: bool = False


def withheld(unknown: Mapping[Leaf, frozenset[str]], fewest: int) -> Withheld:
    """What has to be withheld, given the companies behind each leaf whom the reader may not see.

    A leaf without such companies is known to the reader anyway: it needs no protection, and gives
    none to others.
    """
    rest = {leaf: companies for leaf, companies in unknown.items() if companies}
    if 0 < len(_union(rest.values())) < fewest:
        return Withheld(frozenset(rest), frozenset(node for node, _ in rest), whole=True)
    return _Tree(rest, fewest).withheld()


class _Tree:
    def __init__(self, leaves: Mapping[Leaf, frozenset[str]], fewest: int) -> None:
        self._leaves = leaves
        self._fewest = fewest
        self._hidden = {leaf for leaf, companies in leaves.items() if len(companies) < fewest}
        self._nodes: dict[str, list[Leaf]] = defaultdict(list)
        for leaf in sorted(leaves, key=lambda leaf: (len(leaves[leaf]), leaf)):
            self._nodes[leaf[0]].append(leaf)
        self._closed = {node for node, own in self._nodes.items() if self._size(own) < fewest}

    def withheld(self) -> Withheld:
        for node, own in self._nodes.items():
            if node not in self._closed:
                self._hide_until_safe(own)
        while not self._safe(under := self._under_closed()):
            still_open = self._nodes.keys() - self._closed
            if not still_open:
                self._hide_until_safe(under)
                break
            node = min(still_open, key=lambda node: (self._size(self._nodes[node]), node))
            self._closed.add(node)
            if self._hidden.isdisjoint(self._nodes[node]):
                self._hidden.add(self._nodes[node][0])
        return Withheld(frozenset(self._hidden), frozenset(self._closed))

    def _under_closed(self) -> list[Leaf]:
        return [leaf for node in sorted(self._closed) for leaf in self._nodes[node]]

    def _hide_until_safe(self, leaves: Iterable[Leaf]) -> None:
        own = [*leaves]
        for leaf in own:
            if self._safe(own):
                return
            self._hidden.add(leaf)

    def _safe(self, leaves: Iterable[Leaf]) -> bool:
        """Whether the sum of the hidden ones among these leaves may become known."""
        hidden = [leaf for leaf in leaves if leaf in self._hidden]
        return not hidden or (len(hidden) > 1 and self._size(hidden) >= self._fewest)

    def _size(self, leaves: Iterable[Leaf]) -> int:
        return len(_union(self._leaves[leaf] for leaf in leaves))


def _union(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*sets)
