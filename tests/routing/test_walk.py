"""The table of states and the tables of the database tell the same story, whatever is answered."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.base import manifest
from single_window.domain import lifecycle
from single_window.domain.lifecycle import Event, Filer, State, Transport, Verdict
from single_window.storage import tables as t
from tests.routing.desks import AT, Desk, sent
from tests.window import Window, made, opened

EVENTS = manifest("customs").receipts["CEB622Message"].events
STATUSES = [*sorted(set(EVENTS) - {"negative"}), "-621001"]


def test_every_event_of_the_table_that_customs_causes_has_a_status() -> None:
    assert {Event(event) for event in EVENTS.values()} >= {
        Event.TAKEN,
        Event.STORED,
        Event.REVIEW,
        Event.REVIEWED,
        Event.INSPECT,
        Event.HOLD,
        Event.RETURNED,
        Event.RELEASED,
        Event.CLOSED,
        Event.FAILED,
        Event.REJECTED,
    }


@pytest.fixture(scope="module")
def one_window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    """One window for all walks."""
    with opened(tmp_path_factory.mktemp("walk")) as made_window:
        yield made_window


_seeds = itertools.count(5000)


@settings(max_examples=30)
@given(st.lists(st.sampled_from(STATUSES), min_size=1, max_size=6))
def test_any_walk_of_statuses_ends_where_the_table_says(
    one_window: Window, statuses: list[str]
) -> None:
    window, customs = one_window, Desk.of("customs")
    (trade,) = made(seed=next(_seeds))
    (received,) = sent(window, customs, [trade])
    state = State(Filer.SUBMITTED, Transport.SENT, Verdict.NONE)
    for at, status in enumerate(statuses):
        body = customs.receipt("120", received, at=AT + at)
        answer = body.replace(b">120<", f">{status}<".encode())
        window.answer(customs.agency, answer)
        state = lifecycle.after(state, Event(EVENTS.get(status, EVENTS["negative"])))
    lead = window.lead(trade)
    first, *following = window.rows(t.legs.c.declaration_id == lead.id, of=t.legs)
    assert (first.transport, first.verdict) == (state.transport.value, state.verdict.value)
    assert lead.outcome == lifecycle.outcome(state, goal="released").value
    assert (lead.living_key is None) is (state.verdict is Verdict.REJECTED)
    released = state.verdict is Verdict.RELEASED
    assert [leg.due_at is not None for leg in following] == [released, released]
    noted = [event for event in window.shown(lead.id)["timeline"] if event["agency"] == "customs"]
    assert len(noted) == 1 + len(statuses), "every answer stands in the timeline"
