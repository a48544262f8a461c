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
_REFUSED = {"CEB816-real-2020.xml": "orderNo"}


@pytest.fixture(autouse=True)
def _there(shared: Path) -> None:
    """Each test here needs the samples, and says so where they are not."""


def _read(path: Path) -> Any:
    return etree.parse(str(path)).getroot()


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.name)
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
        assert right is (path.name not in _REFUSED), gate(found.name).error_log
        if not right:
            assert _REFUSED[path.name] in str(gate(found.name).error_log.last_error)


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.name)
def test_the_whole_message_and_its_parts_are_right_too(path: Path) -> None:
    root = _read(path)
    found = message(etree.QName(root).localname)
    assert gate(found.name).validate(root) is (path.name not in _REFUSED)
    assert second_opinion(found.name).is_valid(str(path)) is (path.name not in _REFUSED)
    for part in found.parts:
        nodes = root.findall(f"{{{part.namespace}}}{part.name}")
        assert len(nodes) >= part.min
        for node in nodes:
            assert part_gate(found.name, part.name).validate(etree.fromstring(etree.tostring(node)))
