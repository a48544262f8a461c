"""Files and functions fit a screen, and are called after what they are."""

from __future__ import annotations

import ast
from pathlib import PurePath

from tests.house import tree

FILE_LINES, FUNCTION_LINES, POSITIONAL = 400, 40, 5

# Place -> why it may be larger. An entry that is no longer needed fails too.
LARGER_FILES: dict[str, str] = {
    "single_window/storage/tables.py": "the list of all tables; two lists would refer to each other"
}
LARGER_FUNCTIONS: dict[str, str] = {}
# A migration is a list of tables, never changed once it was released: nobody has to grasp it whole.
_LISTS = "single_window/storage/migrations/versions/"
MORE_ARGUMENTS: dict[str, str] = {}

EMPTY_NAMES = {"util", "utils", "helper", "helpers", "manager", "managers", "misc", "common"}


def _read() -> list[str]:
    return [path for path in tree.modules(tests=True) if not path.startswith(_LISTS)]


def _beyond(sizes: dict[str, int], limit: int, excused: dict[str, str]) -> list[str]:
    too_large = {place for place, size in sizes.items() if size > limit}
    return [
        *(f"{place} has {sizes[place]}, limit {limit}" for place in sorted(too_large - {*excused})),
        *(f"{place} needs no excuse any more" for place in sorted({*excused} - too_large)),
    ]


def test_no_file_is_longer_than_a_sitting() -> None:
    sizes = {path: tree.text(path).count("\n") for path in _read()}
    assert _beyond(sizes, FILE_LINES, LARGER_FILES) == []


def test_no_function_is_longer_than_a_screen() -> None:
    all_of_them = [f for path in _read() for f in tree.functions(path)]
    sizes = {function.place: function.lines for function in all_of_them}
    assert _beyond(sizes, FUNCTION_LINES, LARGER_FUNCTIONS) == []


def test_no_function_takes_more_positional_arguments_than_a_reader_can_keep_apart() -> None:
    all_of_them = [f for path in tree.modules() for f in tree.functions(path)]
    sizes = {function.place: function.positional for function in all_of_them}
    assert _beyond(sizes, POSITIONAL, MORE_ARGUMENTS) == []


def test_no_file_has_a_name_that_says_nothing() -> None:
    parts = {path: {*PurePath(path).with_suffix("").parts} for path in tree.modules(tests=True)}
    assert [path for path, names in parts.items() if names & EMPTY_NAMES] == []


def test_every_module_says_in_its_first_line_what_it_is_for() -> None:
    silent = [
        path
        for path in tree.modules(tests=True)
        if tree.parsed(path).body and ast.get_docstring(tree.parsed(path)) is None
    ]
    assert silent == []
