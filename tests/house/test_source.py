"""Each of these things has one place, because two would disagree."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from tests.house import tree

Found = Iterator[tuple[int, str]]


def _calls(*names: str) -> Callable[[ast.Module], Found]:
    """Calls of a function by the end of its dotted name: "datetime.now" finds dt.datetime.now()."""

    def find(module: ast.Module) -> Found:
        for node in ast.walk(module):
            if isinstance(node, ast.Call):
                name = tree.dotted(node.func)
                if any(name == wanted or name.endswith(f".{wanted}") for wanted in names):
                    yield node.lineno, name

    return find


def _plain_calls(*names: str) -> Callable[[ast.Module], Found]:
    """Calls of a bare name: "print" finds print(), not table.print()."""

    def find(module: ast.Module) -> Found:
        for node in ast.walk(module):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Name) and called.id in names:
                yield called.lineno, called.id

    return find


def _imports(*names: str) -> Callable[[ast.Module], Found]:
    """Imports of a package, whole or in part."""

    def find(module: ast.Module) -> Found:
        found = tree.imports(module)
        yield from ((line, name) for line, name in found if name.split(".")[0] in names)

    return find


def _names(*names: str) -> Callable[[ast.Module], Found]:
    """Uses of a dotted name, called or not."""

    def find(module: ast.Module) -> Found:
        for node in ast.walk(module):
            if isinstance(node, ast.Attribute) and tree.dotted(node) in names:
                yield node.lineno, tree.dotted(node)

    return find


@dataclass(frozen=True, slots=True)
class OnePlace:
    """Something that may stand only in the places named, each with its reason."""

    what: str
    why: str
    find: Callable[[ast.Module], Found]
    places: dict[str, str] = field(default_factory=dict)


_CLOCKS = ("datetime.now", "datetime.utcnow", "date.today", "time.time", "time.time_ns")
_VERBS = ("get", "post", "put", "patch", "delete", "head", "request")

RULES = [
    OnePlace(
        "the wall clock",
        "whoever decides by time is given the time, so that a test can choose the day",
        _calls(*_CLOCKS),
        {"single_window/storage/engine.py": "the window's clock"},
    ),
    OnePlace(
        "binary fractions",
        "money and quantities are Decimal or integers; 0.1 has no exact binary form",
        _plain_calls("float"),
    ),
    OnePlace(
        "YAML",
        "it turns the HS code 01012100 into a number and the country NO into a falsehood",
        _imports("yaml"),
    ),
    OnePlace(
        "pickle",
        "reading it runs whatever somebody wrote into it",
        _imports("pickle", "marshal", "shelve"),
    ),
    OnePlace(
        "calls without a session",
        "each would open a connection of its own, without the time limits of the adapter",
        _calls(*(f"requests.{verb}" for verb in _VERBS)),
    ),
    OnePlace(
        "printing",
        "only who was started by a person at a terminal may talk to one",
        _plain_calls("print"),
        {
            "single_window/cli.py": "the command line",
            "single_window/voice.py": "its words",
            "worker/run.py": "make run's first words",
        },
    ),
    OnePlace(
        "the environment",
        "settings are read once, checked, and passed on",
        _names("os.environ", "os.getenv", "os.environb"),
        {
            "single_window/settings.py": "the one reader",
            "worker/run.py": "hands its environment on to the processes that it starts",
        },
    ),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.what.replace(" ", "-"))
def test_it_stands_only_where_it_may(rule: OnePlace) -> None:
    strays = [
        f"{path}:{line} {name}"
        for path in tree.modules()
        if path not in rule.places
        for line, name in rule.find(tree.parsed(path))
    ]
    assert strays == [], f"{rule.what}: {rule.why}"


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("import datetime as dt\ndt.datetime.now()", "the wall clock"),
        ("from datetime import date\ndate.today()", "the wall clock"),
        ("rate = float('0.1')", "binary fractions"),
        ("from yaml import safe_load", "YAML"),
        ("import pickle", "pickle"),
        ("import requests\nrequests.post('')", "calls without a session"),
        ("print()", "printing"),
        ("import os\nos.environ['HOME']", "the environment"),
    ],
)
def test_the_rule_would_see_it(source: str, what: str) -> None:
    (rule,) = (rule for rule in RULES if rule.what == what)
    assert [*rule.find(ast.parse(source))]


def test_an_import_inside_a_function_has_a_reason() -> None:
    strays = []
    for path in tree.modules():
        for outer in ast.walk(tree.parsed(path)):
            if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
                strays += [
                    f"{path}:{line} {name}"
                    for line, name in tree.imports(outer)
                    if name.split(".")[0] not in LAZY
                ]
    assert strays == [], "a needed import inside a function means that the layers are wrong"


LAZY = {
    "psycopg": "need not be there where PostgreSQL is not used",
    "xmlschema": "half a second to load, wanted for one failing record in a thousand",
}
