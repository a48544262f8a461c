"""The schemas keep one narrow style, so that one small reader understands them all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lxml import etree

import schemas
from schemas import codes
from schemas.fields import SW, XS, texts
from schemas.registry import message, messages, path_of

_ROOT = Path(schemas.__file__).parent
_FILES = sorted(str(path.relative_to(_ROOT)) for path in _ROOT.glob("*/*.xsd"))
_OURS = [name for name in _FILES if not name.startswith(("w3c/", "dxp/"))]
"""Those that fields are read from: standards and envelopes only judge what stands around them."""
_TYPES = {"xs:string", "xs:decimal", "xs:int", "xs:long"}
_ODD_TYPES = {"xs:double", "xs:date", "xs:dateTime", "xs:anyType"}
"""What the published schemas of the bonded system have besides."""
_FACETS = {"length", "minLength", "maxLength", "totalDigits", "fractionDigits"}
_WHITE_SPACE = f"{XS}whiteSpace"
_PATTERN = f"{XS}pattern"
_PATTERNS = {
    "10": "([0-9]{4}-(0[1-9]|1[0-2])-[0-3][0-9])?",
    "19": ("([0-9]{4}-(0[1-9]|1[0-2])-[0-3][0-9] ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])?"),
}
"""A day and a moment, by their lengths."""
_MARKS = {"codes", "personal", "certainty", "source", "also"}
_LANGUAGES = {"zh", "en"}


def _tree(name: str) -> Any:
    return etree.parse(str(_ROOT / name)).getroot()


def _declared(tree: Any) -> list[Any]:
    found = [*tree.iter(f"{XS}element"), *tree.iter(f"{XS}attribute")]
    return [node for node in found if node.get("name") and node.get("ref") is None]


@pytest.mark.parametrize("name", _FILES)
def test_each_element_is_labelled_in_chinese_and_in_english(name: str) -> None:
    for node in _declared(_tree(name)):
        if name.startswith("w3c/") and node.tag == f"{XS}attribute":
            continue  # those of a foreign standard are nobody's fields
        words = texts(node)
        assert words.get(("label", "zh")), node.get("name")
        assert words.get(("label", "en")), node.get("name")


@pytest.mark.parametrize("name", _FILES)
def test_what_is_said_in_one_language_is_said_in_the_other(name: str) -> None:
    for node in _declared(_tree(name)):
        words = texts(node)
        for kind in ("label", "help", "condition"):
            said = {lang for (of, lang), text in words.items() if of == kind and text}
            assert said in (set(), _LANGUAGES), (node.get("name"), kind)
        assert {of for of, _ in words} <= {"label", "help", "condition"}


@pytest.mark.parametrize("name", _OURS)
def test_a_leaf_has_one_of_few_types_and_few_facets(name: str) -> None:
    tree, bonded = _tree(name), name.startswith("bonded/")
    for node in tree.iter(f"{XS}restriction"):
        assert node.get("base") in _TYPES
        facets = [facet for facet in node if facet.tag not in (_WHITE_SPACE, _PATTERN)]
        assert {facet.tag[len(XS) :] for facet in facets} <= _FACETS
        for pattern in node.iterfind(_PATTERN):
            (longest,) = node.iterfind(f"{XS}maxLength")
            assert pattern.get("value") == _PATTERNS[longest.get("value")]
        for space in node.iterfind(_WHITE_SPACE):
            assert (node.get("base"), space.get("value")) == ("xs:string", "collapse")
        assert node.getparent().tag == f"{XS}simpleType"
        assert node.getparent().get("name") is None, "a named type could be claimed by xsi:type"
    for node in _declared(tree):
        assert node.get("type") in {None, *_TYPES, *(_ODD_TYPES if bonded else ())}
        assert node.get("default") is None or node.get("fixed") is None
        assert node.get("nillable") in ({None, "true"} if bonded else {None})


@pytest.mark.parametrize("name", _OURS)
def test_a_group_is_one_sequence_of_named_elements_or_has_them_in_any_order(name: str) -> None:
    tree = _tree(name)
    models = [f"{XS}{model}" for model in ("sequence", "all", "choice")]
    for node in tree.iter(f"{XS}complexType"):
        content = [child.tag for child in node if child.tag != f"{XS}attribute"]
        assert content in [
            [model] for model in models[: 3 if name.startswith(("goods/", "bonded/")) else 1]
        ]
        assert node.get("mixed") is None
    for node in tree.iter(*models):
        again = node.tag == f"{XS}choice"
        occurs = {"minOccurs": "0", "maxOccurs": "unbounded"} if again else {}
        assert dict(node.attrib) == occurs, "only a choice is made again and again"
        kinds = {child.tag for child in node}
        assert kinds in ({f"{XS}element"}, {f"{XS}any"})
    strange = {"group", "attributeGroup", "extension", "key", "unique"}
    assert not [node.tag for word in strange for node in tree.iter(f"{XS}{word}")]


@pytest.mark.parametrize("name", _OURS)
def test_a_union_is_a_number_or_nothing(name: str) -> None:
    for node in _tree(name).iter(f"{XS}union"):
        number, nothing = node.findall(f"{XS}simpleType/{XS}restriction")
        assert number.get("base") in _TYPES - {"xs:string"}
        assert [(facet.tag, facet.get("value")) for facet in nothing] == [(f"{XS}length", "0")]


@pytest.mark.parametrize("name", _OURS)
def test_marks_are_known_and_name_tables_that_exist(name: str) -> None:
    for node in _tree(name).iter(f"{SW}field"):
        assert {*node.attrib} <= _MARKS
        assert node.get("codes") in {None, *codes.names()}
        assert node.get("personal") in {None, "true"}


@pytest.mark.parametrize("name", messages())
def test_a_message_says_what_it_is_about(name: str) -> None:
    found = message(name)
    assert path_of(name).stem == name
    assert found.label_zh != found.label_en
    assert found.key
    for path in found.key:
        assert found.field(path).kind in ("string", "int", "long")


@pytest.mark.parametrize("name", messages())
def test_a_message_and_its_receipt_name_each_other(name: str) -> None:
    found = message(name)
    if found.receipt is not None:
        assert not found.is_receipt
        assert message(found.receipt).answers == name
    if found.answers is not None:
        assert found.is_receipt
        assert not message(found.answers).is_receipt


def test_names_numbers_and_addresses_of_people_are_marked_as_personal() -> None:
    telling = ("IdNumber", "Telephone", "telephone", "buyerName", "payerName", "consignee")
    for name in messages():
        for leaf in message(name).record_field.leaves():
            if any(leaf.name.endswith(end) for end in telling) or "Address" in leaf.name:
                assert leaf.personal, (name, leaf.path)
