"""Nothing in the project tells where it was written, or that something is still to be written."""

from __future__ import annotations

import re

import pytest

from tests.house import tree

_ME = "tests/house/test_words.py"
_WRITTEN = [path for path in tree.files() if path != _ME]

FORBIDDEN = {
    "a path of one machine": r"(?<![\w.$}/-])/(?:home/\w+|root|work|opt|tmp)/\w+",
    "a package registry's host": r"pypi\.(?:org|python)|pythonhosted|--(?:extra-)?index-url|npmjs",
    "something left undone": r"\b(?:TODO|FIXME|XXX|HACK)\b",
    "a conflict left in": r"^(?:<{7}|>{7}) ",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what], re.MULTILINE)
    strays = []
    for path in _WRITTEN:
        try:
            content = tree.text(path)
        except UnicodeDecodeError:
            continue  # a picture or the like: see the test below
        strays += [f"{path}: {match[0]}" for match in pattern.finditer(content)]
    assert strays == []


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("a path of one machine", "open('/home/anna/file')"),
        ("a package registry's host", "--index-url https://somewhere"),
        ("something left undone", "# TODO: later"),
        ("a conflict left in", "<<<<<<< HEAD"),
    ],
)
def test_the_pattern_would_see_it(what: str, line: str) -> None:
    assert re.search(FORBIDDEN[what], line, re.MULTILINE)


def test_text_files_are_utf8_without_a_mark_and_end_with_a_line_end() -> None:
    endings = (".py", ".csv", ".toml", ".md", ".xsd", ".cfg", ".html", ".css", ".js", ".lock")
    wrong = []
    for path in tree.named(*endings, "Makefile"):
        content = tree.text(path)
        if content.startswith("\ufeff") or "\r" in content or (content and content[-1] != "\n"):
            wrong.append(path)
    assert wrong == []


# Python file that speaks Chinese all the same -> why.
SPEAKS = {"worker/run.py": "the first words of make run, before there is any page"}


def test_no_sentence_for_a_person_is_written_in_python() -> None:
    strays = [
        f"{path}:{string.lineno} {string.value!r}"
        for path in tree.modules()
        if path not in SPEAKS
        for string in tree.strings(path)
        if re.search(r"[\u4e00-\u9fff]", str(string.value))
    ]
    assert strays == [], "words in two languages are data: findings.csv, labels, catalogue"
