"""Every word on a page stands in one catalogue, in two languages, and none stands there idle."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from single_window import regimes
from single_window.accounts import permissions
from single_window.api import filing as api_filing
from single_window.declarations import desk as trader_desk
from single_window.declarations import officer as desk
from single_window.declarations import questions
from single_window.domain.books.account import BookState, Origin, Result, Role
from single_window.domain.books.entries import Kind
from single_window.domain.counting import Flow
from single_window.domain.lifecycle import Outcome, Transport, Verdict
from single_window.domain.parameters import CERTAINTIES
from single_window.oversight import trade
from single_window.signatures.policies import POLICIES
from single_window.web import bookkeeping, officer, reference, showing, statistics, stocks, words

_WEB = Path(words.__file__).parent
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_WHOLE = re.compile(r"""\bt\(\s*["']([\w.]+)["']\s*[,)]""")
_NAMED = re.compile(r"""["'](nav\.\w+|leg\.\w+|age\.\w+)["']""")
_OWN = re.compile(r"""\bown_word\(\s*[\w.\[\]]+\s*,([^()]*)\)""")
_KEY = re.compile(r"""["']([\w.]*\w)["']""")
_BEGUN = re.compile(r"""\bt\(\s*["']([\w.]+\.)["']\s*~""")
_TEMPLATES = sorted((_WEB / "templates").rglob("*.html"))

# Keys that are put together: their beginnings, and what may follow.
ENDINGS = {
    "decision.": api_filing.DECISIONS,
    "outcome.": [outcome.value for outcome in Outcome],
    "stand.": [*(outcome.value for outcome in Outcome), *showing.REASONS],
    "next.": [
        *(outcome.value for outcome in Outcome),
        "all_done",
        "asked",
        "contradicted",
        *showing.REASONS,
    ],
    "verdict.": [verdict.value for verdict in Verdict if verdict is not Verdict.NONE],
    "leg.": [*(transport.value for transport in Transport), "later", "never"],
    "state.": ["receiving", "checking", "done"],
    "channel.": ["web", "api"],
    "count.": ["records", "accepted", "warned", "held", "rejected", "waiting"],
    "tally.": ["records", "warned", "held", "rejected", "waiting"],
    "amount.": ["duty", "ct", "vat", "total", "line", "currency"],
    "ledger.": sorted(
        {
            act.ledger
            for regime in regimes.all().values()
            for message, act in regime.acts.items()
            if act.ledger and ":" not in words.own(message, f"ledger.{act.ledger}")
        }
    ),
    "amount.origin.": ["paper", "tariff", "law", "step", "target", "ledger", "register"],
    "certainty.": sorted(CERTAINTIES),
    "contradiction.": ["hold", "warn"],
    "desk.contradicts.": ["hold", "warn"],
    "plan.": ["absent", "unneeded", "elsewhere", "waits", "kept"],
    "desk.kind.": desk.KINDS,
    "desk.state.": showing.DESK_TONES,
    "desk.verdict.": [verdict.value for verdict in Verdict],
    "desk.last.": [questions.AGENCY, questions.FILER],
    "desk.do.": officer.ACTIONS,
    "desk.done.": officer.ACTIONS,
    "desk.open.": ["inspect", "hold", "reject", "ask"],
    "help.family.": reference.FAMILIES,
    "fault.": ["none", "agency"],
    "age.": ["seconds", "minutes", "hours", "days"],
    "mandate_state.": ["living", "ended", "revoked"],
    "mandate_wrong.": ["broker", "messages", "day"],
    "fixed.": [outcome.value for outcome in Outcome],
    "desk.": trader_desk.PARTS,
    "desk.none.": trader_desk.PARTS,
    "forms.sheet.": ["reject", "hold", "warn", "fine"],
    "role.": [*permissions.Role],
    "policy.": POLICIES,
    "policy_help.": POLICIES,
    "signature_result.": ["passed", "warned", "failed", "skipped"],
    "password.": ["old", "new", "again"],
    "password_wrong.": ["length", "same", "again", "wrong", "locked", "barred"],
    "keys_wrong.": ["label", "taken"],
    "people.": ["lock", "unlock"],
    "people_state.": ["lock", "unlock"],
    "type.": ["int", "long", "decimal"],
    "owed.": ["late", "until"],
    "statistics.by.": trade.BY,
    "statistics.flow.": [*Flow],
    "statistics.": ["entries", "unrated", "withheld_months", "in_usd", "in_own"],
    "statistics.scale.": [str(power) for powers in statistics.SCALES.values() for power in powers],
    "books.state.": [*BookState],
    "books.origin.": [Origin.ABROAD.value, Origin.CHINA.value],
    "books.role.": [*Role],
    "books.standing.": stocks.STANDINGS,
    "books.result.": ["open", *(result.value for result in Result if result)],
    "books.kind.": [*Kind],
    "books.way.": bookkeeping.WAYS,
    "books.f.": sorted(
        {
            *(name for form in bookkeeping.FORMS.values() for name in (*form.head, *form.line)),
            *(*bookkeeping.HEADER, *bookkeeping.ITEM, "record", "reverses"),
        }
    ),
}


def _sources() -> Iterator[str]:
    for path in (*_TEMPLATES, *sorted(_WEB.glob("*.py"))):
        yield path.read_text("utf-8")


def _asked() -> set[str]:
    pages = "\n".join(_sources())
    own = _KEY.findall("\n".join(_OWN.findall(pages)))
    whole = {*_WHOLE.findall(pages), *_NAMED.findall(pages), *own}
    return whole | {start + end for start, ends in ENDINGS.items() for end in ends}


def test_every_word_that_a_page_asks_for_is_listed() -> None:
    assert sorted(_asked() - {*words.catalogue()}) == []


def test_every_word_that_is_listed_is_asked_for() -> None:
    common = {key for key in words.catalogue() if ":" not in key}
    assert sorted(common - _asked()) == []


def test_what_a_regime_words_itself_is_asked_for() -> None:
    for name, regime in regimes.all().items():
        start = f"{name}:"
        own = {key.removeprefix(start) for key in words.catalogue() if key.startswith(start)}
        ledgers = {f"ledger.{act.ledger}" for act in regime.acts.values()}
        code = "".join(path.read_text("utf-8") for path in sorted(regime.folder.glob("*.py")))
        lines = {f"line.{kind}" for kind in re.findall(r'"([a-z]+) ?"', code)}
        asked = _asked() | ledgers | lines
        assert {key for key in own if key.rpartition(":")[2] not in asked} == set()
        assert {key.partition(":")[0] for key in own if ":" in key} <= {*regime.owned}


def test_the_words_of_a_message_come_before_those_of_its_regime(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = "key,zh,en\nstand.accepted,甲,a\nCEB403Message:stand.accepted,乙,b\n"
    (tmp_path / "words.csv").write_text(table, "utf-8")
    monkeypatch.setattr(regimes.load("ecommerce_export"), "folder", tmp_path)
    words.catalogue.cache_clear()
    try:
        told = [
            words.text("en", words.own(message, "stand.accepted"))
            for message in ("CEB403Message", "CEB303Message", "CEB411Message")
        ]
    finally:
        monkeypatch.undo()
        words.catalogue.cache_clear()
    assert told[:2] == ["b", "a"] and "customs" in told[2].lower()


def test_words_that_are_put_together_begin_in_a_known_way() -> None:
    begun = {start for source in _sources() for start in _BEGUN.findall(source)}
    assert sorted(begun - {*ENDINGS}) == []


@pytest.mark.parametrize("key", words.catalogue())
def test_a_word_is_there_in_chinese_and_in_english_with_the_same_values(key: str) -> None:
    row = words.catalogue()[key]
    assert _CHINESE.search(row["zh"])
    assert row["en"].strip() and not _CHINESE.search(row["en"])
    assert _values(row["zh"]) == _values(row["en"])


def _values(text: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("path", _TEMPLATES, ids=lambda path: path.name)
def test_a_template_holds_no_words_of_its_own(path: Path) -> None:
    source = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", path.read_text("utf-8"), flags=re.DOTALL)
    shown = re.sub(r"<[^>]*>", " ", source).replace("中文", "").replace("English", "")
    assert re.findall(r"[A-Za-z\u4e00-\u9fff]{2,}", shown) == []


@pytest.mark.parametrize("path", _TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_nothing_inline_that_the_policy_forbids(path: Path) -> None:
    source = path.read_text("utf-8")
    assert not re.search(r"\sstyle=|\son\w+=|<style|<script(?![^>]*\bsrc=)", source)


def test_a_value_cannot_bring_markup_into_a_page() -> None:
    shown = words.text("en", "declarations.of", order_no="<script>")
    assert "<script>" not in shown and "&lt;script&gt;" in shown


def test_every_outcome_and_decision_has_a_tone() -> None:
    for word in (*ENDINGS["outcome."], *ENDINGS["decision."], *ENDINGS["state."]):
        assert word in showing.TONES


def test_times_are_shown_as_people_in_china_read_the_clock() -> None:
    assert showing.beijing(0) == "1970-01-01 08:00:00"
    assert showing.iso(0) == "1970-01-01T00:00:00Z"
