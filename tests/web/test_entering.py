"""Whatever the nation's schema takes can be entered by form, on pages without script."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from lxml import etree

from schemas import registry
from single_window.domain.regime import Regime
from single_window.intake import forms
from single_window.intake.layouts import layout
from tests import answering
from tests.portal import Portal, opened
from tests.schemas import samples
from tests.web.entering import enter, send, sheet

FILED = (
    *(f"CEB{number}Message" for number in (311, 411, 511, 513, 621, 623, 625, 711)),
    "CEB507Message",
)
NOT_YET = ("CEB513Message", "CEB711Message")
"""What no agency is told of, so far as the tests that ask for `nowhere` are concerned."""
INVENTORY = "CEB621Message"
_CEB = "{http://www.chinaport.gov.cn/ceb}"
_TEXT = re.compile(r"C(?:\.\.)?([0-9]+)")
_FIGURE = re.compile(r"N(?:\.\.)?([0-9]+)(?:,([0-9]+))?")


@pytest.fixture(scope="module")
def portal(fresh: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """One portal for all of these: what one has entered is nothing to the next."""
    made = opened(copytree(fresh, tmp_path_factory.mktemp("entering") / "data"))
    yield made
    made.store.database.close()


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A window in which these messages have a schema and no regime that files them."""
    files = Regime.files
    monkeypatch.setattr(Regime, "files", lambda self, m: m not in NOT_YET and files(self, m))


def _entered(portal: Portal, name: str, values: Mapping[str, str]) -> bytes:
    """The message that comes of values which a trader types into the form."""
    client = portal.browser("trader")
    where = enter(client, f"/forms/new/{name}", values)
    body: bytes = client.get(f"{where}/message.xml").data
    return body


def _record(body: bytes, name: str) -> Any:
    """The one record of a message, as an element of its own."""
    root = etree.fromstring(body)
    assert root.tag == f"{_CEB}{name}"
    (record,) = root.iterchildren(f"{_CEB}{registry.message(name).record}")
    return etree.fromstring(etree.tostring(record, with_tail=False))


def _told(node: Any, path: str = "") -> dict[str, str]:
    """What an element says, by name as a form has it; what says nothing is left out."""
    found: dict[str, str] = {}
    counts: dict[str, int] = {}
    for child in node:
        tag = etree.QName(child).localname
        counts[tag] = counts.get(tag, 0) + 1
        own = f"{path}{tag}" + (f".{counts[tag]}" if tag.endswith("List") else "")
        if len(child):
            found |= _told(child, f"{own}.")
        elif child.text:
            found[own] = child.text
    return found


def _is_taken(portal: Portal, body: bytes, name: str) -> None:
    """The schema takes the record, and so does the window's own door."""
    gate = registry.gate(name)
    assert gate.validate(_record(body, name)), gate.error_log
    assert registry.second_opinion(name).is_valid(_record(body, name))
    answer = portal.call("/api/v1/submissions?check_only=true", data=body)
    assert answer.status_code == 202, answer.text
    portal.work()
    number = answer.json["id"]
    (item,) = portal.call(f"/api/v1/submissions/{number}/records").json["items"]
    assert [each for each in item["findings"] if each["family"] == "schema"] == []
    (about,) = portal.call(f"/api/v1/submissions/{number}").json["messages"]
    assert (about["name"], about["refused"]) == (name, False)


# --- the authority's own samples and list of fields ----------------------------------------------


def _official() -> list[Path]:
    """The authority's samples of what filers send."""
    samples = answering.SHARED / "samples" / "ecommerce"
    found = sorted(samples.glob("CEB*-official-*.xml"))
    return [path for path in found if f"{path.name[:6]}Message" in FILED] or [samples]


@pytest.mark.parametrize("path", _official(), ids=lambda path: path.name)
def test_every_record_of_an_official_sample_comes_out_as_it_went_in(
    portal: Portal, path: Path, shared: Path
) -> None:
    root = etree.parse(str(path)).getroot()
    name = etree.QName(root).localname
    records = root.findall(f"{_CEB}{registry.message(name).record}")
    assert records
    for record in records:
        values = _told(record)
        body = _entered(portal, name, values)
        assert _told(_record(body, name)) == values
        _is_taken(portal, body, name)


def test_the_samples_are_there(shared: Path) -> None:
    assert {path.name[:6] for path in _official()} >= {
        *("CEB311", "CEB411", "CEB511", "CEB621", "CEB623", "CEB711")
    }


def _listed(shared: Path, name: str) -> list[dict[str, str]]:
    """The fields of a message's record as the authority's list has them, in their order."""
    with (shared / "reference" / "ecommerce" / "fields.csv").open(encoding="utf-8-sig") as file:
        rows = [row for row in csv.DictReader(file) if row["message"] == name]
    return [
        row for row in rows if row["type"] != "group" and row["parent_element"] in _groups(rows)
    ]


def _groups(rows: list[dict[str, str]]) -> set[str]:
    """The elements of a message that belong to its record: all but what stands around it."""
    around = {"BaseTransfer", "BaseSubscribe", "ExtendMessage"}
    return {row["element_name"] for row in rows if row["type"] == "group"} - around


@pytest.mark.parametrize("name", FILED)
@pytest.mark.parametrize("optional", [True, False], ids=["every field", "required ones only"])
def test_every_field_of_the_authority_s_list_can_be_filled(
    portal: Portal, shared: Path, name: str, optional: bool
) -> None:
    rows = _listed(shared, name)
    values = {}
    for row in rows:
        if optional or row["required"] == "M":
            values |= _filled(row, name)
    assert len({name.replace(".2.", ".1.") for name in values}) >= (len(rows) if optional else 9)
    body = _entered(portal, name, values)
    assert _told(_record(body, name)) == values
    _is_taken(portal, body, name)


def _filled(row: Mapping[str, str], name: str) -> dict[str, str]:
    """A field filled up to what the list allows; in each of two lines where lines repeat."""
    parent, leaf = row["parent_element"], row["element_name"]
    message = registry.message(name)
    path = leaf if parent == message.record else f"{parent}/{leaf}"
    if fixed := message.field(path).fixed:
        text = fixed
    elif found := _FIGURE.fullmatch(row["type"]):
        digits, fraction = int(found[1]), int(found[2] or 0)
        text = "9" * (digits - fraction) + ("." + "9" * fraction if fraction else "")
    elif found := _TEXT.fullmatch(row["type"]):
        text = ("满&<1'\"" * 200)[: int(found[1])]
    else:
        assert row["type"] == "N(int)", row
        text = "2147483647"
    if parent == message.record:
        return {leaf: text}
    lines = ("1.", "2.") if parent.endswith("List") else ("",)
    return {f"{parent}.{line}{leaf}": text for line in lines}


# --- at the edges of the schema -----------------------------------------------------------------


@pytest.mark.parametrize("name", FILED)
@pytest.mark.parametrize("make", [samples.smallest, samples.fullest])
def test_the_least_and_the_most_that_the_schema_takes(portal: Portal, name: str, make: Any) -> None:
    message = registry.message(name)
    values = forms.from_record(message, make(message))
    body = _entered(portal, name, values)
    assert _told(_record(body, name)) == values
    _is_taken(portal, body, name)


def _odd(name: str) -> forms.Values:
    """Texts with marks, both scripts and blanks at their ends; notes of several lines."""
    message = registry.message(name)
    values = forms.from_record(message, samples.fullest(message))
    for each, text in values.items():
        kind = layout(name).entry(forms.field_path(each)).kind
        if kind in ("text", "note", "personal") and len(text) > 6:
            end = "\n" if kind == "note" else "\t"
            values[each] = f" &<\"'>{end}]]>中 文{text}"[: len(text) - 1] + " "
    return values


@pytest.mark.parametrize("name", FILED)
def test_texts_are_filed_to_the_letter_and_blanks_at_their_ends_are_pointed_at(
    portal: Portal, name: str
) -> None:
    values = _odd(name)
    client = portal.browser("trader")
    where = enter(client, f"/forms/new/{name}", values)
    body = client.get(f"{where}/message.xml").data
    assert _told(_record(body, name)) == values
    _is_taken(portal, body, name)
    blank = {"en": "begins or ends with a blank", "zh": "的开头或结尾有空格"}
    checked = send(client, where, "check").location
    for lang, said in blank.items():
        assert said in client.get(f"{checked}&lang={lang}").text


@pytest.mark.parametrize("name", [n for n in FILED if layout(n).tables()])
def test_as_many_lines_as_there_may_be_with_every_field_full(portal: Portal, name: str) -> None:
    message = registry.message(name)
    values = forms.from_record(message, samples.fullest(message))
    (group,) = (section.lines for section in layout(name).tables())
    assert group is not None
    line = {n.split(".", 2)[2]: text for n, text in values.items() if f"{group.name}.1." in n}
    for at in range(1, 1 + (group.max_occurs or 150)):
        values |= {f"{group.name}.{at}.{leaf}": text for leaf, text in line.items()}
    client = portal.browser("trader")
    start = f"/forms/new/{name}"
    where = send(client, start, "save", sent=values).location
    again = send(client, where, "save")
    assert again.status_code == 303
    shown = sheet(client.get(where).text)
    assert {n: text for n, text in shown.sent.items() if n in values} == values
    body = client.get(f"{where}/message.xml").data
    assert _told(_record(body, name)) == values
    _is_taken(portal, body, name)


def test_a_line_end_in_a_field_of_one_line_survives_its_mending(portal: Portal) -> None:
    name = "CEB311Message"
    values = forms.from_record(registry.message(name), samples.fullest(registry.message(name)))
    values["OrderList.1.itemName"] = "milk\nin tins"
    body = forms.to_message(
        registry.message(name), values, sender={"copCode": "3301980XYZ"}, guid="G" * 36
    )
    told = portal.file(body)
    (item,) = portal.call(f"/api/v1/submissions/{told['id']}/records").json["items"]
    client = portal.browser("broker")
    where = send(client, f"/forms/mend/{item['declaration']}", "save").location
    assert "OrderList.1.itemName" in sheet(client.get(where).text).areas
    mended = _told(_record(client.get(f"{where}/message.xml").data, name))
    assert mended["OrderList.1.itemName"] == values["OrderList.1.itemName"]


# --- fields that are not asked for as things stand ----------------------------------------------


def test_a_field_that_the_trade_mode_rules_out_can_be_shown_all_the_same(portal: Portal) -> None:
    client = portal.browser("trader")
    where = send(client, f"/forms/new/{INVENTORY}", "save").location
    before, barred = sheet(client.get(where).text), "InventoryHead.trafNo"
    assert barred not in before.shown and "whole" in before.buttons
    every = client.get(send(client, where, "whole").location).text
    assert barred in sheet(every).shown
    send(client, where, "save", sent={barred: "T001"})
    assert barred in sheet(client.get(where).text).shown


# --- what cannot be filed yet -------------------------------------------------------------------


@pytest.mark.parametrize("name", NOT_YET)
def test_a_paper_that_goes_nowhere_yet_is_kept_and_its_filer_told(
    portal: Portal, name: str, nowhere: None
) -> None:
    message = registry.message(name)
    values = forms.from_record(message, samples.fullest(message))
    client = portal.browser("trader")
    before = portal.call("/api/v1/submissions", by="trader").json
    where = enter(client, f"/forms/new/{name}", values)
    assert "file" not in sheet(client.get(where).text).buttons
    answer = send(client, where, "file")
    for lang, said in (("en", "but not filed yet"), ("zh", "目前不能在此申报")):
        page = client.get(f"{answer.location}&lang={lang}").text
        assert name in page and said in page.split('id="summary"')[1].split("</div>")[0]
    assert portal.call("/api/v1/submissions", by="trader").json == before
    kept = sheet(client.get(where).text).sent
    assert {n: text for n, text in kept.items() if n in values} == values


@pytest.mark.parametrize("name", NOT_YET)
def test_an_upload_that_goes_nowhere_yet_is_judged_and_can_be_fetched_back(
    portal: Portal, name: str, nowhere: None
) -> None:
    message = registry.message(name)
    record = samples.fullest(message)
    sender = {"copCode": "3301980XYZ", "copName": "x", "dxpMode": "DXP", "dxpId": "D"}
    told = portal.file(forms.document(message, [record], sender=sender, guid=name.ljust(36, "0")))
    (about,) = told["messages"]
    (found,) = (each for each in about["findings"] if each["code"] == "ENV-NOT-FILED")
    assert "目前不能在此申报" in found["text_zh"] and "not filed yet" in found["text_en"]
    where = f"/api/v1/submissions/{told['id']}"
    (item,) = portal.call(f"{where}/records").json["items"]
    codes = {each["code"] for each in item["findings"]}
    assert item["decision"] == "reject" and "ENV-MESSAGE-REFUSED" in codes
    back = portal.call(f"{where}/rejected.xml").data
    assert _told(_record(back, name)) == forms.from_record(message, record)
