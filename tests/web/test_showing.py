"""How values become what a reader sees."""

from __future__ import annotations

from typing import Any

import pytest

from single_window.web import rendering, showing
from tests.window import ORDER, PAYMENT


def _message(*severities: str, code: str = "ENV-UNSIGNED") -> dict[str, Any]:
    findings = [{"severity": s, "code": code, "text_en": "", "line": 9} for s in severities]
    return {"entry": "a.xml", "findings": findings}


def test_the_same_note_on_many_messages_is_told_once() -> None:
    found = showing.about_whole([_message("warn")] * 2000 + [_message()])
    assert (found.grave, found.noted, len(found.notes)) == ([], 2000, 1)


def test_refused_messages_are_told_one_by_one_but_not_without_end() -> None:
    found = showing.about_whole([_message("reject")] * 25)
    assert (len(found.grave), found.more) == (20, 5)


def test_the_worst_stands_first() -> None:
    findings = [{"severity": s} for s in ("warn", "hold", "reject", "warn")]
    assert [f["severity"] for f in showing.grave(findings)] == ["reject", "hold"]
    assert len(showing.notes(findings)) == 2


def test_among_equals_the_order_is_that_of_the_file() -> None:
    findings = [{"severity": "reject", "line": line} for line in (40, None, 7)]
    assert [f["line"] for f in showing.grave(findings)] == [None, 7, 40]


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Weight cannot be negative.", "cannot be negative."),
        ('"Weight" is empty.', "is empty."),
        ("“Weight”为空。", "为空。"),
        ("The order weighs more.", "The order weighs more."),
    ],
)
def test_a_label_that_is_shown_is_not_said_again(said: str, left: str) -> None:
    assert showing.after_label(said, "Weight") == left


def _declaration(outcome: str, *legs: tuple[str, str]) -> dict[str, Any]:
    return {
        "outcome": outcome,
        "legs": [{"transport": transport, "verdict": verdict} for transport, verdict in legs],
    }


@pytest.mark.parametrize(
    ("outcome", "legs", "words"),
    [
        ("waiting", ["pending", "pending"], ["leg.later", "leg.later"]),
        ("under_way", ["pending", "pending"], ["leg.pending", "leg.later"]),
        ("under_way", ["sent", "pending"], ["leg.sent", "leg.later"]),
        ("rejected", ["acknowledged", "pending"], ["verdict.rejected", "leg.never"]),
        ("withdrawn", ["pending", "pending"], ["leg.never", "leg.never"]),
    ],
)
def test_a_step_that_is_not_taken_says_why(outcome: str, legs: list[str], words: list[str]) -> None:
    verdicts = ["rejected" if w.startswith("verdict") else "none" for w in words]
    it = _declaration(outcome, *zip(legs, verdicts, strict=True))
    assert [rendering.leg_word(it, leg) for leg in it["legs"]] == words


def test_all_is_done_only_when_every_agency_has_answered() -> None:
    done = _declaration("released", ("acknowledged", "released"), ("acknowledged", "accepted"))
    assert showing.all_done(done)
    assert not showing.all_done(_declaration("released", ("sent", "none")))


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [(59_000, ("age.seconds", 59)), (130_000, ("age.minutes", 2)), (10**9, ("age.days", 11))],
)
def test_an_age_is_told_in_the_unit_that_a_person_would_use(
    milliseconds: int, shown: tuple[str, int]
) -> None:
    assert showing.age(milliseconds) == shown


def test_an_agencys_words_are_taken_out_of_the_national_form() -> None:
    assert showing.agency_words("[Code:2600;Desc:放行]") == "放行"
    assert showing.agency_words("800 [Code:2600;Desc:放行]") == "放行"
    assert showing.agency_words("海关退单") == "海关退单"


_LINE = {"left": "0", "taken": {"returned": "3"}}
_HELD, _RELEASED = ("acknowledged", "held"), ("acknowledged", "released")


@pytest.mark.parametrize(
    ("outcome", "legs", "more", "stand", "following"),
    [
        ("waiting", (), {"missing": [PAYMENT]}, "waiting.papers", "waiting.papers"),
        ("waiting", (), {}, "waiting.turn", "waiting.turn"),
        ("under_way", (), {"missing": ["CEB711Message"]}, "under_way.frees", "under_way.frees"),
        ("under_way", (), {}, "under_way", "under_way"),
        ("held", (_HELD,), {}, "held.agency", "held.agency"),
        ("held", (_HELD,), {"asked_by": ["customs"]}, "held.agency", "asked"),
        ("held", (), {"compared": {"rows": [{"differs": True}]}}, "held.papers", "held.papers"),
        ("held", (), {}, "held.checks", "held.checks"),
        ("accepted", (_RELEASED,), {}, "accepted", "accepted"),
        ("accepted", (_RELEASED,), {"message": "CEB625Message"}, "accepted.act", "accepted.act"),
        ("accepted", (), {}, "accepted.kept", "accepted.kept"),
        ("released", (_RELEASED,), {}, "released", "all_done"),
        ("released", (_RELEASED,), {"contradictions": [{"severity": "hold"}]},
         "released", "contradicted"),
        ("closed", (), {"balances": [_LINE]}, "closed.returned", "closed.returned"),
        ("closed", (), {"balances": [_LINE, _LINE | {"left": "1"}]}, "closed", "closed"),
        ("closed", (), {"balances": [{"left": "0", "taken": {"paid": "9"}}]}, "closed", "closed"),
        ("withdrawn", (), {"timeline": [{"kind": "withdraw"}]},
         "withdrawn.cancelled", "withdrawn.cancelled"),
    ],
)  # fmt: skip
def test_a_declaration_says_first_why_it_stands_where_it_stands(
    outcome: str, legs: Any, more: dict[str, Any], stand: str, following: str
) -> None:
    it = _declaration(outcome, *legs) | {
        "message": ORDER, "missing": [], "asked_by": [], "contradictions": [], "balances": [],
        "timeline": [], "compared": {"rows": []},
    }  # fmt: skip
    assert showing.standing(it | more) == (f"stand.{stand}", f"next.{following}")


def test_a_record_without_an_order_is_known_by_its_own_numbers() -> None:
    numbers = {"warehouseNo": "W01", "ebcCode": "C1", "entryId": "9"}
    it = {"id": 7, "order_no": "", "message": "OverseasWarehouseMessage", "numbers": numbers}
    assert showing.number_of(it) == "C1 W01"
    assert showing.number_of(it | {"order_no": "O1"}) == "O1"
    assert showing.number_of(it | {"numbers": {}}) == "7"


def test_a_bill_that_cannot_be_read_shows_nothing_wrong() -> None:
    assert showing.bill('{"vat":"1.20","duty":"0.00"}') == [("duty", "0.00"), ("vat", "1.20")]
    assert showing.bill("no bill") == []


def test_a_paper_is_called_without_what_only_programs_want_to_know() -> None:
    assert showing.paper("CEB621Message", "en") == "Inventory"
    assert showing.paper("Unheard", "en") == "Unheard"


def test_a_step_belongs_to_the_figure_whose_name_it_begins_with() -> None:
    figures = [{"name": name} for name in ("net_paid", "net", "vat", "vat_treatment", "duty")]
    steps = [
        {"name": name}
        for name in ("net_paid", "vat", "vat_treatment_zero", "duty_full", "dutiable")
    ]
    found = {
        each["name"]: [step["name"] for step in rendering.steps_of(steps, each["name"], figures)]
        for each in figures
    }
    assert found == {
        "net_paid": ["net_paid"],
        "net": [],
        "vat": ["vat"],
        "vat_treatment": ["vat_treatment_zero"],
        "duty": ["duty_full"],
    }
