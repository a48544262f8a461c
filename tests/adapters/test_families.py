"""A family of messages comes to an agency by files of its own; none that is there changes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import adapters
from adapters.base import AGENCIES, TakenTwice, manifest, manifests
from adapters.stubs import forms
from adapters.stubs.receipts import receipt

EXTRA = """
accepts = ["ExtraMessage"]

[receipts.ExtraReceiptMessage]
match = ["guid"]
numbers = ["extraNo"]

[stub]
mark_fields = ["extraKey"]
[stub.texts]
ACCEPTED = "另有编号{extraNo}"
[stub.messages.ExtraMessage]
namespace = "urn:invented"
record = "Extra"
key = ["extraKey"]
reads = ["guid", "extraKey"]
receipt = "ExtraReceiptMessage"
entity = "ExtraReceipt"
echoes = ["guid", "extraNo"]
numbers = ["extraNo"]
marks = false
[stub.messages.ExtraMessage.outcomes]
well = ["RECEIVED", "ACCEPTED"]
"""
MODULE = """
PAPERS = {"slip": ("SlipMessage", lambda facts, at, known: "<Slip/>")}


def number(facts, seq, day):
    return {"extraNo": f"E{day}{seq}"}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of an invented agency, which is as tax is without the families that came to it."""
    own = tmp_path / "invented"
    families = shutil.ignore_patterns("__pycache__", "service.*")
    shutil.copytree(AGENCIES / "tax", own, ignore=families)
    for module in (manifests, forms):
        monkeypatch.setattr(module, "AGENCIES", tmp_path)
    monkeypatch.setattr(adapters, "__path__", [*adapters.__path__, str(tmp_path)])
    manifest.cache_clear()
    yield own
    manifest.cache_clear()


def test_a_family_adds_its_messages_receipts_numbers_papers_and_words(folder: Path) -> None:
    before, script = manifest("invented"), forms.script("invented")
    (folder / "extra.toml").write_text(EXTRA, encoding="utf-8")
    (folder / "extra.py").write_text(MODULE, encoding="utf-8")
    manifest.cache_clear()
    after, more = manifest("invented"), forms.script("invented")
    assert after.accepts == (*before.accepts, "ExtraMessage")
    assert after.receipts == {**before.receipts, "ExtraReceiptMessage": after.receipts[NEW]}
    assert after.event(NEW, "ACCEPTED") == "accepted", "what its words mean, the agency says"
    assert more.forms.keys() - script.forms.keys() == {"ExtraMessage"}
    assert (*script.mark_fields, "extraKey") == more.mark_fields
    assert "slip" in more.papers
    form = more.forms["ExtraMessage"]
    facts = {"guid": "G", **form.number({}, 7, "20260301")}
    body = receipt(more, form, "ACCEPTED", [facts], guid="R", at="20260301000000000").decode()
    assert "<extraNo>E202603017</extraNo>" in body
    assert "另有编号E202603017" in body
    old = more.forms["TaxAssessmentMessage"]
    assert old == script.forms["TaxAssessmentMessage"], "what was there is as it was"


def test_a_family_without_a_module_is_numbered_as_the_agency_numbers(folder: Path) -> None:
    (folder / "extra.toml").write_text(EXTRA, encoding="utf-8")
    more = forms.script("invented")
    numbers = {form.number for form in more.forms.values()}
    assert len(numbers) == 1


def test_two_files_do_not_describe_the_same(folder: Path) -> None:
    for name in ("extra", "further"):
        (folder / f"{name}.toml").write_text(EXTRA, encoding="utf-8")
    with pytest.raises(TakenTwice, match="ExtraReceiptMessage"):
        manifest("invented")


NEW = "ExtraReceiptMessage"
