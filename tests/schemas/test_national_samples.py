"""The public sample messages are judged as the national schema judges them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from schemas.registry import gate, message, messages, part_gate, second_opinion
from tests import answering

_SAMPLES = answering.SHARED / "samples" / "ecommerce"
_FILES = sorted(path for name in messages() for path in _SAMPLES.glob(f"{name[:6]}-*.xml")) or [
    _SAMPLES
]
_RECORD_REFUSED = {"CEB816-real-2020.xml": "orderNo"}
_NO_MESSAGE = {"CEB214-official-202205.xml"}
"""Its root element is CEB214, which is the name of no message."""
_KNOWN = [path for path in _FILES if path.name not in _NO_MESSAGE]
_TWICE = {
    f"CEB{number}-official-202205.xml": "BaseTransfer" for number in (303, 505, 507, 603, 607)
}


@pytest.fixture(autouse=True)
def _there(shared: Path) -> None:
    """Each test here needs the samples, and says so where they are not."""


def _read(path: Path) -> Any:
    return etree.parse(str(path)).getroot()


def _published() -> dict[str, bool]:
    """Which samples are valid by edition 202205, as the table beside them has it."""
    found: dict[str, bool] = {}
    columns: list[str] = []
    for line in (_SAMPLES / "README.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if "valid 202205" in cells:
            columns = cells
        elif columns and cells[0].endswith(".xml"):
            found[cells[0]] = cells[columns.index("valid 202205")].startswith("yes")
    return found


def test_each_sample_with_a_message_for_a_root_has_the_published_verdict() -> None:
    published = {name: said for name, said in _published().items() if name.startswith("CEB")}
    assert {*published} == {path.name for path in _FILES}
    for path in _FILES:
        name = etree.QName(_read(path)).localname
        valid = name in messages() and gate(name).validate(_read(path))
        assert valid is published[path.name], path.name


@pytest.mark.parametrize("path", _KNOWN, ids=lambda path: path.name)
def test_each_record_has_the_national_verdict(path: Path) -> None:
    root = _read(path)
    found = message(etree.QName(root).localname)
    records = [
        node for node in root.iterchildren("*") if etree.QName(node).localname == found.record
    ]
    assert records
    for record in records:
        alone = etree.fromstring(etree.tostring(record, with_tail=False))
        right = gate(found.name).validate(alone)
        assert right is (path.name not in _RECORD_REFUSED), gate(found.name).error_log
        if not right:
            assert _RECORD_REFUSED[path.name] in str(gate(found.name).error_log.last_error)


@pytest.mark.parametrize("path", _KNOWN, ids=lambda path: path.name)
def test_the_whole_message_and_its_parts_are_right_too(path: Path) -> None:
    root = _read(path)
    found = message(etree.QName(root).localname)
    right = path.name not in {*_RECORD_REFUSED, *_TWICE}
    assert gate(found.name).validate(root) is right
    assert second_opinion(found.name).is_valid(str(path)) is right
    for part in found.parts:
        nodes = root.findall(f"{{{part.namespace}}}{part.name}")
        assert len(nodes) == 2 if part.name == _TWICE.get(path.name) else len(nodes) >= part.min
        for node in nodes:
            assert part_gate(found.name, part.name).validate(etree.fromstring(etree.tostring(node)))
