"""`single-window check` as a person and as a program meet it."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from single_window.cli import main
from single_window.demo.folder import Order, write
from tests import answering
from tests.portal import ORDER, PAYMENT, made
from tests.workbooks import changed, filled

DAY = date(2026, 11, 24)
_SAMPLES = answering.SHARED / "samples" / "ecommerce"


def _lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def _papers(out: Path, **asked: Any) -> list[str]:
    files = write(out, Order(**({"count": 3, "bad": 0, "seed": 1, "day": DAY} | asked)))
    return [str(file) for file in files]


def test_right_papers_are_accepted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--json", *_papers(tmp_path)]) == 0
    lines = _lines(capsys)
    assert [line["decision"] for line in lines if "record" in line] == ["accept"] * 9 + ["warn"] * 3
    (whole,) = [line for line in lines if "record" not in line]
    assert (whole["message"], whole["decision"]) == ("CEB621Message", "warn")
    assert [each["code"] for each in whole["findings"]] == ["ENV-UNSIGNED"]


def test_each_line_says_what_the_contract_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = _papers(tmp_path, indent=True)
    main(["check", "--json", *files])
    line = next(line for line in _lines(capsys) if line.get("record") == 2 and "amounts" in line)
    assert {*line} == {
        *("file", "message", "record", "line", "key", "decision", "amounts", "findings"),
    }
    assert (line["file"], line["message"]) == (files[3], "CEB621Message")
    assert line["key"].startswith("12999D0001|DD")
    assert "<ceb:Inventory>" in Path(files[3]).read_text().splitlines()[line["line"] - 1]
    assert {*line["findings"][0]} == {
        *("family", "code", "severity", "path", "line", "label_zh", "label_en", "value"),
        *("expected", "text_zh", "text_en", "remedy_zh", "remedy_en", "source"),
    }
    taxes = [Decimal(line["amounts"][tax]) for tax in ("duty", "ct", "vat")]
    assert Decimal(line["amounts"]["total"]) == sum(taxes)


def test_a_finding_points_at_its_field(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = _papers(tmp_path, indent=True)
    path = Path(files[0])
    text = path.read_text().replace("<ceb:unit>", "<ceb:unit>Z", 1)
    path.write_text(text)
    assert main(["check", "--json", str(path)]) == 1
    bad = next(line for line in _lines(capsys) if line["decision"] == "reject")
    (finding,) = bad["findings"]
    assert (finding["code"], finding["path"]) == ("SCH-LENGTH", "OrderList[1]/unit")
    assert "<ceb:unit>Z" in text.splitlines()[finding["line"] - 1]
    assert finding["label_en"]
    assert finding["label_zh"] in finding["text_zh"]


def test_a_paper_that_is_not_among_the_files_is_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = _papers(tmp_path, count=1)
    assert main(["check", "--json", files[3], files[0]]) == 0
    inventory = next(line for line in _lines(capsys) if "amounts" in line)
    missing = [f for f in inventory["findings"] if f["code"] == "TAX-CBEC-13-MISSING"]
    assert len(missing) == 2
    assert {f["severity"] for f in missing} == {"warn"}


def test_papers_match_in_any_order_of_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = _papers(tmp_path)
    main(["check", "--json", *reversed(files)])
    codes = {f["code"] for line in _lines(capsys) for f in line["findings"]}
    assert not any(code.startswith("TAX-CBEC-13") for code in codes)


def test_a_mismatch_has_the_line_and_label_of_the_paper_that_it_points_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = _papers(tmp_path, count=1, indent=True)
    path = Path(files[1])
    text = path.read_text().replace("<ceb:amountPaid>", "<ceb:amountPaid>1")
    path.write_text(text)
    assert main(["check", "--json", *files]) == 0
    held = next(line for line in _lines(capsys) if line["decision"] == "hold")
    finding = next(f for f in held["findings"] if f["severity"] == "hold")
    assert (finding["code"], finding["path"]) == ("TAX-CBEC-13", "PaymentHead/amountPaid")
    assert "<ceb:amountPaid>" in text.splitlines()[finding["line"] - 1]
    assert finding["label_zh"] in finding["text_zh"]
    assert finding["value"] == "1" + finding["expected"]


def test_the_same_record_again_is_a_warning_and_other_content_a_refusal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = _papers(tmp_path, count=1)
    other = tmp_path / "other.xml"
    other.write_text(Path(files[0]).read_text().replace("<ceb:buyerRegNo>U", "<ceb:buyerRegNo>V"))
    assert main(["check", "--json", files[0], files[0], str(other)]) == 1
    codes = [[f["code"] for f in line["findings"]] for line in _lines(capsys)]
    assert codes == [[], ["REC-REPEATED"], ["-301010"]]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "ENV-EMPTY"),
        (b"%PDF-1.4", "ENV-MALFORMED"),
        (b"PK\x03\x04", "TRN-ZIP"),
        (None, "TRN-FILE"),
    ],
)
def test_a_file_that_cannot_be_read_says_so_and_does_not_keep_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, code: str
) -> None:
    bad = tmp_path / "bad.xml"
    if content is not None:
        bad.write_bytes(content)
    assert main(["check", "--json", str(bad), *_papers(tmp_path / "good")]) == 2
    first, *others = _lines(capsys)
    assert "record" not in first
    assert [each["code"] for each in first["findings"]] == [code]
    assert len([line for line in others if "record" in line]) == 12


def test_a_zip_is_read_like_its_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = _papers(tmp_path)
    packed = tmp_path / "all.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in files:
            archive.write(file, Path(file).name)
    assert main(["check", "--json", str(packed)]) == 0
    lines = _lines(capsys)
    assert len([line for line in lines if "record" in line]) == 12
    assert lines[0]["file"] == f"{packed}/CEB311-0001.xml"


def test_a_workbook_is_judged_as_its_upload_would_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trades = made(3)
    trades[1].records[ORDER]["OrderHead"]["currency"] = "999"
    records = {paper: [trade.records[paper] for trade in trades] for paper in (ORDER, PAYMENT)}
    book = tmp_path / "filled.xlsx"
    book.write_bytes(changed(filled(records), _spoil))
    assert main(["check", "--json", str(book)]) == 1
    lines = [line for line in _lines(capsys) if "record" in line]
    assert [line["decision"] for line in lines if line["message"] == PAYMENT] == ["accept"] * 3
    told = [(line["line"], [f["code"] for f in line["findings"]]) for line in lines[:3]]
    assert told == [(4, []), (5, ["SCH-FIXED"]), (6, ["SHT-FORMULA"])]
    assert lines[0]["file"].startswith(f"{book}/")
    assert main(["check", "--lang", "en", str(book)]) == 1
    assert "record 2 (row 5)" in capsys.readouterr().out


def _spoil(book: openpyxl.Workbook) -> None:
    """The third order pays by a formula."""
    sheet = next(each for each in book.worksheets if each["A1"].value == ORDER)
    column = next(cell.column for cell in sheet[1] if cell.value == "goodsValue")
    sheet.cell(6, column).value = "=1+1"


def test_an_old_workbook_is_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = tmp_path / "old.xls"
    old.write_bytes(b"\xd0\xcf\x11\xe0" + b"x" * 600)
    assert main(["check", "--json", str(old)]) == 2
    assert [f["code"] for line in _lines(capsys) for f in line["findings"]] == ["SHT-OLD"]


@pytest.mark.parametrize(("lang", "word"), [("zh", "退回"), ("en", "rejected")])
def test_a_person_reads_what_is_wrong_in_their_language(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str, word: str
) -> None:
    files = _papers(tmp_path, count=40, bad=20)
    assert main(["check", "--lang", lang, *files]) == 1
    said = capsys.readouterr().out
    assert word in said
    assert "[TAX-CBEC-10-OPEN]" in said
    assert f"{files[3]}  CEB621Message" in said


def test_it_runs_as_a_program_of_its_own(tmp_path: Path) -> None:
    files = _papers(tmp_path, count=1)
    command = [sys.executable, "-m", "single_window.cli", "check", "--json", *files]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0
    assert done.stderr == b""
    assert len(done.stdout.decode().splitlines()) == 5


_WRONG = {"CEB816-real-2020.xml"}
_IMPORT = (311, 312, 411, 412, *range(511, 515), *range(621, 627), 711, 712, 816, 818, 900)


@pytest.mark.parametrize(
    "path",
    sorted(p for n in _IMPORT for p in _SAMPLES.glob(f"CEB{n}-*.xml")) or [_SAMPLES],
    ids=lambda path: path.name,
)
def test_a_public_sample_has_the_verdict_that_is_known_of_it(
    shared: Path, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--json", str(path)]) in {0, 1}
    lines = _lines(capsys)
    assert [line for line in lines if "record" in line]
    refused = any(
        finding["severity"] == "reject" and finding["family"] in {"schema", "envelope"}
        for line in lines
        for finding in line["findings"]
    )
    assert refused is (path.name in _WRONG)
