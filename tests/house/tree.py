"""The project's own files, as the whole-project tests see them."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from tests.answering import ROOT

_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)

PACKAGES = ("adapters", "schemas", "single_window", "worker")


@lru_cache
def files() -> tuple[str, ...]:
    """Every file that is or would be committed, by its path inside the project."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return tuple(sorted(p for p in listed.stdout.split("\0") if p and (ROOT / p).is_file()))


def named(*endings: str, under: tuple[str, ...] = ("",)) -> list[str]:
    """Files with one of these endings, under one of these folders."""
    return [path for path in files() if path.endswith(endings) and path.startswith(under)]


def modules(*, tests: bool = False) -> list[str]:
    """Python files of the packages, and of tests/ and bench/ when asked for."""
    folders = (*PACKAGES, "bench", "tests") if tests else PACKAGES
    return named(".py", under=tuple(f"{folder}/" for folder in folders))


def text(path: str) -> str:
    """What the file says, as UTF-8."""
    return (ROOT / path).read_text("utf-8")


@lru_cache
def parsed(path: str) -> ast.Module:
    """Syntax tree of a Python file, read once for all tests."""
    return ast.parse(text(path), path)


def imports(node: ast.AST) -> list[tuple[int, str]]:
    """Line and name of each module imported anywhere below this node."""
    found = []
    for inner in ast.walk(node):
        if isinstance(inner, ast.Import):
            found += [(inner.lineno, alias.name) for alias in inner.names]
        elif isinstance(inner, ast.ImportFrom):
            found.append((inner.lineno, inner.module or ""))
    return found


def strings(path: str) -> list[ast.Constant]:
    """Every string of a file that is more than a docstring or a loose remark."""
    nodes = [*ast.walk(parsed(path))]
    remarks = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    constants = [node for node in nodes if isinstance(node, ast.Constant)]
    return [c for c in constants if isinstance(c.value, str) and id(c) not in remarks]


def dotted(node: ast.AST) -> str:
    """`a.b.c` of a name or a chain of attributes; what the chain hangs on is left out."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}".lstrip(".")
    return node.id if isinstance(node, ast.Name) else ""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the project, with what a reader sees of its size."""

    place: str
    lines: int
    positional: int


def functions(path: str) -> list[Function]:
    """Every function of a file, measured by what its reader has to keep in mind.

    The docstring does not count: it is the promise, not the work. Nor do functions inside (the
    routes of a blueprint), which are read, and measured, one by one.
    """
    found = []
    for node in ast.walk(parsed(path)):
        if isinstance(node, _FUNCTION):
            arguments = [*node.args.posonlyargs, *node.args.args]
            own = [a for a in arguments if a.arg not in ("self", "cls")]
            inner = [n for n in ast.walk(node) if isinstance(n, _FUNCTION) and n is not node]
            elsewhere = _docstring_lines(node) + sum(_lines(n) for n in _outermost(inner))
            found.append(Function(f"{path}: {node.name}", _lines(node) - elsewhere, len(own)))
    return found


def _lines(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _outermost(nodes: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Those that lie in no other one of them."""
    return [n for n in nodes if not any(o is not n and _holds(o, n) for o in nodes)]


def _holds(outer: ast.stmt, inner: ast.stmt) -> bool:
    return outer.lineno < inner.lineno and (inner.end_lineno or 0) <= (outer.end_lineno or 0)


def _docstring_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    if ast.get_docstring(node, clean=False) is None:
        return 0
    return _lines(first)
