"""The table of states and events: no trap, nothing undone, whatever the order of arrival."""

from __future__ import annotations

from itertools import permutations, product

import pytest

from single_window.domain.lifecycle import (
    FINAL,
    HISTORY_ONLY,
    MOVES,
    TABLE,
    Event,
    Filer,
    Outcome,
    Owner,
    State,
    Transport,
    Verdict,
    after,
    joint,
    may,
    moves,
    outcome,
)

START = State(Filer.DRAFT)
SUBMITTED = State()


def _reachable() -> set[State]:
    seen, ahead = {START, SUBMITTED}, [START, SUBMITTED]
    while ahead:
        state = ahead.pop()
        for event in Event:
            then = after(state, event)
            if then not in seen:
                seen.add(then)
                ahead.append(then)
    return seen


def _run(*events: Event, state: State = SUBMITTED) -> State:
    for event in events:
        state = after(state, event)
    return state


def test_every_reachable_state_has_an_exit_but_the_final_ones() -> None:
    stuck = {s for s in _reachable() if not any(moves(s, event) for event in Event)}
    assert all(state.verdict in FINAL for state in stuck)


def test_every_state_that_waits_has_somebody_who_can_move_it() -> None:
    for state in _reachable():
        if state.verdict not in FINAL:
            owners = {o for o in Owner for e in Event if may(state, e, o)}
            assert owners, state


def test_every_event_is_in_the_table_or_is_history() -> None:
    assert {row.event for row in TABLE} | HISTORY_ONLY == set(Event)


def test_every_state_has_an_outcome() -> None:
    for state, goal in product(_reachable(), ("accepted", "released")):
        assert outcome(state, goal=goal) in Outcome


def test_the_same_event_again_changes_nothing() -> None:
    for state, event in MOVES:
        once = after(state, event)
        if event not in (Event.FAILED, Event.AMENDED):
            assert after(once, event) == once, (state, event)


STATUSES = (Event.TAKEN, Event.STORED, Event.REVIEW, Event.RELEASED, Event.CLOSED)


@pytest.mark.parametrize("order", list(permutations(STATUSES)), ids=lambda o: " ".join(o))
def test_receipts_in_any_order_end_released(order: tuple[Event, ...]) -> None:
    assert _run(Event.SENT, *order).verdict is Verdict.RELEASED


@pytest.mark.parametrize("order", list(permutations((Event.TAKEN, Event.STORED, Event.RETURNED))))
def test_a_return_in_any_order_ends_rejected(order: tuple[Event, ...]) -> None:
    assert _run(Event.SENT, *order).verdict is Verdict.REJECTED


def test_nothing_undoes_a_release() -> None:
    released = _run(Event.SENT, Event.RELEASED)
    for event in set(Event) - {Event.REFUNDED}:
        assert after(released, event).verdict is Verdict.RELEASED


def test_a_transport_fault_never_rejects() -> None:
    for state in _reachable():
        for row in TABLE:
            if row.owner is Owner.TRANSPORT:
                then = after(state, row.event)
                assert then.verdict is state.verdict


def test_only_the_agency_rejects_what_has_been_sent() -> None:
    for state, event in MOVES:
        refused = MOVES[state, event].verdict is Verdict.REJECTED is not state.verdict
        if refused and state.transport is not Transport.PENDING:
            assert any(row.event is event and row.owner is Owner.AGENCY for row in TABLE)


def test_what_waits_for_papers_runs_out_but_what_disagrees_does_not() -> None:
    waiting = _run(Event.PAPERS_MISSING)
    assert outcome(waiting, goal="released") is Outcome.WAITING
    assert after(waiting, Event.WAIT_EXPIRED).verdict is Verdict.REJECTED
    held = after(waiting, Event.MISMATCH)
    assert outcome(held, goal="released") is Outcome.HELD
    assert after(held, Event.WAIT_EXPIRED) == held
    assert after(held, Event.PAPERS_MATCHED) == SUBMITTED


def test_a_filer_withdraws_before_the_agency_has_it_and_not_after() -> None:
    assert outcome(_run(Event.WITHDRAWN), goal="released") is Outcome.WITHDRAWN
    sent = _run(Event.SENT)
    assert after(sent, Event.WITHDRAWN) == sent


def test_a_refused_declaration_is_amended_and_begins_again() -> None:
    assert _run(Event.SENT, Event.RETURNED, Event.AMENDED) == SUBMITTED


def test_a_paper_is_done_when_taken_in_and_an_inventory_is_not() -> None:
    stored = _run(Event.SENT, Event.TAKEN, Event.STORED)
    assert outcome(stored, goal="accepted") is Outcome.ACCEPTED
    assert outcome(stored, goal="released") is Outcome.UNDER_WAY


def test_a_receipt_counts_even_where_the_sending_was_not_yet_noted() -> None:
    assert _run(Event.STORED) == State(Filer.SUBMITTED, Transport.ACKNOWLEDGED, Verdict.ACCEPTED)


def test_goods_that_come_back_after_release_close_the_declaration() -> None:
    closed = _run(Event.SENT, Event.RELEASED, Event.REFUNDED)
    assert outcome(closed, goal="released") is Outcome.CLOSED


def test_of_several_who_decide_the_gravest_word_counts_and_the_good_one_only_from_all() -> None:
    for words in product(Outcome, repeat=2):
        word = joint(words)
        assert joint(words[::-1]) in {word, *words}
        if Outcome.REJECTED in words:
            assert word in {Outcome.REJECTED, Outcome.WITHDRAWN}
        elif word in {Outcome.ACCEPTED, Outcome.RELEASED}:
            assert {*words} <= {Outcome.ACCEPTED, Outcome.RELEASED}
    assert joint((Outcome.ACCEPTED, Outcome.HELD)) is Outcome.HELD
    assert joint((Outcome.ACCEPTED, Outcome.WAITING)) is Outcome.UNDER_WAY
    assert joint((Outcome.ACCEPTED, Outcome.RELEASED)) is Outcome.RELEASED


def test_of_one_who_decides_the_word_is_the_word() -> None:
    for word in Outcome:
        assert joint((word,)) is word
