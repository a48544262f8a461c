"""The reference: rules, messages, codes and triggers, in both languages, to be searched."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from lxml import etree

from schemas import codes, registry
from single_window.declarations.words import wording
from single_window.domain import general
from single_window.reference.rules import books, rules
from tests.portal import ORDER, Portal, made, message, opened, simulated

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
PAGES = [
    *(f"/reference/{name}" for name in ("rules", "messages", "codes", "triggers")),
    *(f"/reference/rules/{rule.id}" for rule in rules()),
    "/reference/rules/ENV-EMPTY",
    *(f"/reference/messages/{name}" for name in registry.messages()),
    *(f"/reference/codes/{name}" for name in codes.names()),
]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory, fresh: Path) -> Portal:
    """A portal that is only read."""
    return opened(shutil.copytree(fresh, tmp_path_factory.mktemp("reader") / "portal"))


def _page(reader: Portal, path: str, lang: str = "en") -> str:
    mark = "&" if "?" in path else "?"
    answer = reader.app.test_client().get(f"{path}{mark}lang={lang}")
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize("path", PAGES)
def test_it_can_be_read_in_both_languages_by_anybody(reader: Portal, path: str) -> None:
    for lang in ("zh", "en"):
        foreign = re.compile(r'<(?!html)(\w+) lang="zh-CN"[^>]*>.*?</\1>', re.DOTALL)
        shown = re.sub(r"<[^>]*>", "", foreign.sub("", _page(reader, path, lang)))
        for named in ("中文", "无", "现金支付"):  # the other language, and values of fields
            shown = shown.replace(named, "")
        assert bool(_CHINESE.search(shown)) == (lang == "zh")


def test_every_code_every_rule_and_every_dated_value_stands_in_the_list(reader: Portal) -> None:
    page = _page(reader, "/reference/rules")
    named = wording().codes() | {rule.id for rule in rules()}
    assert [code for code in named if f'id="{code}"' not in page] == []
    assert "{" not in re.sub(r"<[^>]*>", "", page)
    for parameter in (each for table in general.TABLES for each in table):
        assert all(f"{dated.first}" in page for dated in parameter.values)


@pytest.mark.parametrize(
    ("asked", "there", "not_there"),
    [
        ("?regime=general", "GEN-VAT-01", "TAX-CBEC-01"),
        ("?regime=ecommerce_import", "TAX-CBEC-01", "GEN-VAT-01"),
        ("?regime=form", "ENV-EMPTY", "GEN-VAT-01"),
        ("?q=cbec-13-lines", "TAX-CBEC-13", "TAX-CBEC-12"),
        ("?q=single+limit", "TAX-CBEC-01", "TAX-CBEC-02"),
        ("?regime=general&q=%3Cb%3E", "Nothing fits", "GEN-VAT-01"),
    ],
)
def test_rules_are_chosen_by_regime_and_words(
    reader: Portal, asked: str, there: str, not_there: str
) -> None:
    page = _page(reader, f"/reference/rules{asked}")
    assert there in page
    assert f'id="{not_there}"' not in page


def test_a_rule_shows_its_history_its_findings_and_a_worked_example(reader: Portal) -> None:
    page = _page(reader, "/reference/rules/TAX-CBEC-01")
    for told in ("2016-04-08 – 2018-12-31", "2000.00", "from 2019-01-01", "5000.00", "EI-003"):
        assert told in page


def test_a_finding_stands_on_the_page_of_its_rule(reader: Portal) -> None:
    page = _page(reader, "/reference/rules/TAX-CBEC-13-LINES")
    assert "<title>TAX-CBEC-13 " in page
    assert 'id="TAX-CBEC-13-LINES"' in page


def test_the_rules_are_there_for_programs_too(reader: Portal) -> None:
    told = reader.app.test_client().get("/reference/rules.json?regime=ecommerce_import").json
    (rule,) = (each for each in told["items"] if each["id"] == "TAX-CBEC-01")
    assert [value["value"] for value in rule["parameters"][0]["values"]] == ["2000.00", "5000.00"]
    assert {each["regime"] for each in told["items"]} == {"ecommerce_import"}
    assert len(books()) >= 2


def test_every_field_of_a_message_stands_in_its_reference(reader: Portal) -> None:
    page = _page(reader, "/reference/messages/CEB621Message")
    for leaf in registry.message("CEB621Message").record_field.leaves():
        assert f'id="{leaf.path}"' in page
    assert "string(1–60)" in page or "string(0–60)" in page


def test_messages_are_chosen_by_regime_and_words(reader: Portal) -> None:
    page = _page(reader, "/reference/messages?regime=ecommerce_import&q=order")
    assert "CEB311Message" in page
    assert "CEB303Message" not in page


@pytest.mark.parametrize("name", registry.messages())
def test_a_sample_is_right_by_its_schema(reader: Portal, name: str) -> None:
    answer = reader.app.test_client().get(f"/reference/messages/{name}.xml?lang=en")
    root = etree.fromstring(answer.data)
    described = registry.message(name)
    record = root
    if described.is_record:
        root.attrib.clear()
    else:
        record = root.find(f"{{{described.namespace}}}{described.record}")
    registry.gate(name).assertValid(record)
    for part in described.parts:
        found = root.find(f"{{{part.namespace}}}{part.name}")
        assert found is None or registry.part_gate(name, part.name).validate(found), part.name


def test_a_long_list_of_codes_can_be_searched(reader: Portal) -> None:
    assert "Only the first 200" in _page(reader, "/reference/codes/hs")
    assert _page(reader, "/reference/codes/country?q=japan").count("<tr>") == 2
    assert "Nothing fits" in _page(reader, "/reference/codes/country?q=<b>")


def test_every_trigger_is_explained_and_can_be_searched(reader: Portal) -> None:
    page = _page(reader, "/reference/triggers")
    for agency in simulated():
        for each in (*agency.marks, *agency.triggers()):
            assert f"<code>{each.suffix}</code>" in page
    for receipt in re.findall(r'href="(/reference/messages/[^"]+)"', page):
        assert reader.app.test_client().get(receipt).status_code == 200
    found = _page(reader, "/reference/triggers?q=621018")
    assert "-T-E621018" in found
    assert "-T-E301010" not in found


@pytest.mark.parametrize(
    "path", ["nothing", "messages/nothing", "messages/no.xml", "codes/nothing", "rules/nothing"]
)
def test_what_is_not_there_is_said_so(reader: Portal, path: str) -> None:
    assert reader.app.test_client().get(f"/reference/{path}").status_code == 404


def test_a_finding_leads_to_its_rule_and_an_error_to_help(portal: Portal) -> None:
    (trade,) = made()
    trade.records[ORDER]["OrderHead"]["currency"] = "999"
    told = portal.file(message(ORDER, [trade]))
    client = portal.browser()
    page = client.get(f"/submissions/{told['id']}").text
    codes_shown = re.findall(r'href="/reference/rules/([^"]+)"', page)
    assert codes_shown and {*codes_shown} <= wording().codes()
    assert client.get(f"/reference/rules/{codes_shown[0]}").status_code == 200
    assert 'href="/help"' in client.get("/nothing").text
