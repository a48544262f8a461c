"""The papers of service trade that tests stand on are right, and read alike however they come."""

from __future__ import annotations

import pytest
from lxml import etree

from schemas import codes, registry
from schemas.fastread import compiled
from schemas.registry import message, messages
from single_window.intake.checking import as_record
from single_window.intake.forms import from_message
from tests.services import NAMES, paper, record, written

FILED = [name for name in messages() if message(name).regime == "service_trade"]


def test_each_message_that_is_filed_has_a_paper() -> None:
    assert {etree.fromstring(written(name)).tag.partition("}")[2] for name in NAMES} == {*FILED}


@pytest.mark.parametrize("name", NAMES)
def test_a_paper_is_right_by_its_schema_and_uses_codes_that_exist(name: str) -> None:
    root = etree.fromstring(written(name))
    found, (values,) = from_message(written(name))
    registry.gate(found.name).assertValid(root)
    for leaf in found.record_field.leaves():
        value = values.get(leaf.path.replace("/", "."))
        if value and leaf.code_list:
            assert codes.table(leaf.code_list).get(value), leaf.path


@pytest.mark.parametrize("name", NAMES)
def test_a_paper_is_read_fast_and_comes_back_from_a_form(name: str) -> None:
    found, _ = from_message(written(name))
    root = etree.fromstring(written(name))
    text = etree.tostring(root[0], encoding="unicode", with_tail=False)
    plain = text.replace(f' xmlns="{found.namespace}"', "")
    fast = compiled(found.name, "", spaced=True)
    match = fast.match(plain, 0) if fast is not None else None
    assert fast is not None and match is not None and match.end == len(plain)
    assert fast.record(match) == as_record(found.record_field, root[0], found.namespace)
    assert fast.record(match) == record(name)


@pytest.mark.parametrize("name", FILED)
def test_the_fast_reader_takes_every_message_that_is_filed(name: str) -> None:
    assert compiled(name, "service", spaced=False) is not None


def test_a_value_can_be_another_or_none() -> None:
    changed = paper("engineering-payment", {"Head.amount": "1.00", "Tax.citRate": ""})
    _, (values,) = from_message(changed)
    assert values["Head.amount"] == "1.00"
    assert "Tax.citRate" not in values
    assert "Tax" not in record("royalty-payment")
