"""A use case is one transaction; pages only ask for it, and nothing slow happens inside it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.house import tree

SERVICES = tuple(
    f"single_window/{folder}/"
    for folder in ("accounts", "declarations", "intake", "oversight", "routing", "storage")
)
# What waits for another process: it would hold the write lock as long as that one likes, and
# whoever is woken before the commit looks for rows that are not there yet.
_WAITS = {"send", "post", "put_nowait", "sleep", "wake", "urlopen"}


def _transactions(module: ast.Module) -> Iterator[ast.With]:
    for node in ast.walk(module):
        if isinstance(node, ast.With):
            opened = [item.context_expr for item in node.items]
            calls = [tree.dotted(c.func) for c in opened if isinstance(c, ast.Call)]
            if any(name.endswith(("database.write", ".begin")) for name in calls):
                yield node


def _slow(transaction: ast.With) -> Iterator[tuple[int, str]]:
    for statement in transaction.body:
        for node in ast.walk(statement):
            name = tree.dotted(node.func) if isinstance(node, ast.Call) else ""
            if name.rpartition(".")[2] in _WAITS:
                yield node.lineno, name  # type: ignore[attr-defined]


def test_only_services_open_transactions_that_write() -> None:
    strays = [
        f"{path}:{transaction.lineno}"
        for path in tree.modules()
        if path.startswith("single_window/") and not path.startswith(SERVICES)
        for transaction in _transactions(tree.parsed(path))
    ]
    assert strays == [], "web, api and cli parse, call one service, and render"


def test_nothing_waits_for_others_inside_a_transaction() -> None:
    strays = [
        f"{path}:{line} {name}"
        for path in tree.modules()
        for transaction in _transactions(tree.parsed(path))
        for line, name in _slow(transaction)
    ]
    assert strays == []


@pytest.mark.parametrize(
    "line", ["adapter.send(body)", "session.post(url)", "wake('check', 1)", "self._wake.wake(1)"]
)
def test_the_rule_would_see_it(line: str) -> None:
    module = ast.parse(f"with store.database.write() as connection:\n    {line}")
    (transaction,) = _transactions(module)
    assert [*_slow(transaction)]
