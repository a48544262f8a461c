"""What 2018 allowed and 202205 does not stands in a table that is complete, and is told as such."""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path

import pytest

import schemas
from schemas.editions import allowed_in_2018
from schemas.registry import message
from single_window.declarations.words import wording
from single_window.intake.rehearsal import rehearse
from single_window.intake.signed import Terms
from tests import answering
from tests.intake.documents import judged

_TABLE = Path(schemas.__file__).parent / "ceb" / "edition-2018.csv"
_SAMPLES = Path("samples") / "ecommerce"


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_table_is_all_that_became_narrower() -> None:
    facts = Path(answering.need("shared")) / "reference" / "ecommerce" / "fields.csv"
    narrower = {
        (row["message"], row["parent_element"], row["element_name"], found[1])
        for row in _rows(facts)
        if (found := re.match(r"2018: C(?:\.\.)?(\d+)", row["change_since_2018"]))
        and int(found[1]) > int(row["max_length"])
    }
    ours = {
        (row["message"], *_place(row["message"], row["path"]), row["value"])
        for row in _rows(_TABLE)
        if row["facet"] == "max_length"
    }
    assert ours == narrower


def _place(name: str, path: str) -> tuple[str, str]:
    parent, _, field = path.rpartition("/")
    return parent.rpartition("/")[2] or message(name).record, field


@pytest.mark.parametrize("row", _rows(_TABLE), ids=lambda row: f"{row['message']} {row['path']}")
def test_each_row_is_looser_than_the_schema(row: dict[str, str]) -> None:
    field = message(row["message"]).field(row["path"])
    assert allowed_in_2018(row["message"], row["path"])[row["facet"]] == row["value"]
    match row["facet"]:
        case "max_length":
            assert field.max_length is not None and int(row["value"]) > field.max_length
        case "min_occurs":
            assert field.min_occurs > int(row["value"])


TELLS = {
    "a long waybill number": ("505", "logisticsNo", "N" * 33, "SCH-2018-LENGTH", "80"),
    "too long for both": ("505", "logisticsNo", "N" * 81, "SCH-LENGTH", ""),
    "a long goods number": ("621", "itemNo", "N" * 21, "SCH-2018-LENGTH", "30"),
    "what neither allows": ("505", "logisticsCode", "N" * 19, "SCH-LENGTH", ""),
}


@pytest.mark.parametrize("what", TELLS)
def test_the_finding_says_that_it_was_allowed_once(what: str) -> None:
    number, name, value, code, earlier = TELLS[what]
    folder = Path(answering.need("shared")) / _SAMPLES
    edition = "202205" if number == "621" else "2018"
    text = (folder / f"CEB{number}-official-{edition}.xml").read_text("utf-8")
    changed = re.sub(rf"(<ceb:{name}>)[^<]*(</ceb:{name}>)", rf"\g<1>{value}\g<2>", text, count=1)
    _, results = judged(changed)
    (finding,) = [each for each in results[0].findings if each.family == "schema"]
    assert (finding.code, dict(finding.args).get("earlier", "")) == (code, earlier)
    told = wording().render(finding)
    for words in (str(told["text_zh"]), str(told["text_en"])):
        assert ("2018" in words and earlier in words) is bool(earlier)


def test_a_summary_without_line_numbers_was_right_once(tmp_path: Path) -> None:
    text = (
        '<CEB792Message xmlns="http://www.chinaport.gov.cn/ceb" guid="'
        + "A" * 36
        + '" version="1.0"><SummaryResult><SummaryResultHead/><SummaryResultList/></SummaryResult>'
        "</CEB792Message>"
    )
    path = tmp_path / "a.xml"
    path.write_text(text, "utf-8")
    verdicts = rehearse([path], terms=Terms("ignored", date(2026, 11, 24)), limit=10**6)
    codes = {each.code: each.path for verdict in verdicts for each in verdict.findings}
    assert codes["SCH-2018-MISSING"] == "SummaryResultList[1]/gseqno"
