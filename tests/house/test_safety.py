"""Text from outside stays text: it opens no files, calls nobody, and is not taken for a page."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house import tree

_PARSERS = ("etree.XMLParser", "etree.XMLPullParser", "etree.iterparse", "etree.HTMLParser")
_READERS = ("etree.fromstring", "etree.XML", "etree.parse", "etree.fromstringlist")

# Reads without a parser of its own -> why nothing foreign can come in there.
OUR_OWN_FILES = {"schemas/": "reads the schemas that are part of the project"}


def _loose(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Parsers that would follow entities or grow without limit, and reads with lxml's default."""
    for node in ast.walk(module):
        if not isinstance(node, ast.Call):
            continue
        name, said = tree.dotted(node.func), _constants(node)
        if name in _PARSERS and (
            said.get("resolve_entities") is not False
            or said.get("huge_tree")
            or said.get("load_dtd")
        ):
            yield node.lineno, name
        if name in _READERS and len(node.args) < 2 and "parser" not in said:
            yield node.lineno, name


def _constants(call: ast.Call) -> dict[str, object]:
    given = {k.arg: k.value for k in call.keywords if k.arg}
    return {k: v.value if isinstance(v, ast.Constant) else ... for k, v in given.items()}


def test_no_xml_from_outside_can_name_files_or_grow_without_limit() -> None:
    strays = [
        f"{path}:{line} {name}"
        for path in tree.modules()
        if not path.startswith(tuple(OUR_OWN_FILES))
        for line, name in _loose(tree.parsed(path))
    ]
    assert strays == []


@pytest.mark.parametrize(
    "line",
    [
        "etree.fromstring(body)",
        "etree.XMLParser()",
        "etree.XMLParser(resolve_entities=True)",
        "etree.XMLParser(resolve_entities=False, huge_tree=True)",
        "etree.iterparse(stream)",
    ],
)
def test_the_rule_would_see_it(line: str) -> None:
    assert [*_loose(ast.parse(line))]


@pytest.mark.parametrize("path", tree.named(".html", under=("single_window/",)))
def test_a_page_escapes_whatever_it_shows(path: str) -> None:
    assert re.findall(r"\|\s*safe\b|autoescape\s+false|\bon\w+\s*=\s*[\"']", tree.text(path)) == []


# Text that is put together at run time -> why it is a page all the same.
OUR_OWN_WORDS = {
    "single_window/web/words.py": "the catalogue is ours; the values put in are escaped",
    "single_window/web/handbook.py": "the guides are ours; raw HTML in them is refused",
}


def test_no_python_code_declares_foreign_text_to_be_a_page() -> None:
    strays = [
        f"{path}:{node.lineno}"
        for path in tree.modules()
        if path not in OUR_OWN_WORDS
        for node in ast.walk(tree.parsed(path))
        if isinstance(node, ast.Call) and tree.dotted(node.func).endswith("Markup")
        if not all(isinstance(argument, ast.Constant) for argument in node.args)
    ]
    assert strays == []
