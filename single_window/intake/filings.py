"""From forms to filing: drafts handed in as the messages that they make, and records taken back."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from single_window import regimes
from single_window.declarations import queries
from single_window.declarations.scope import Scope
from single_window.declarations.service import Unknown
from single_window.declarations.slices import compose, new_guid
from single_window.intake import drafts
from single_window.intake.drafts import Draft
from single_window.intake.forms import Values, from_message, name_of
from single_window.intake.layouts import Layout, layout, layout_of
from single_window.intake.senders import transfer
from single_window.intake.submissions import Wake, receive
from single_window.intake.trials import Sender, Trial, judged
from single_window.signatures.policies import in_force
from single_window.storage import tables as t
from single_window.storage.store import Store

_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""Time of every file in a ZIP that we make: the same forms must give the same bytes."""


def sender_of(store: Store, organisation_id: int, client: str = "") -> Sender:
    """Who transmits: the organisation, or in the name of the company with this code."""
    policy = select(t.organisations.c.signature_policy)
    with store.database.read() as connection:
        fields = transfer(connection, organisation_id, client)
        own = policy.where(t.organisations.c.id == organisation_id)
        chosen = connection.execute(own).scalar_one()
    return Sender(fields, in_force(chosen, store.settings.signature_policy))


def trial_of(store: Store, draft: Draft, sender: Sender) -> Trial:
    """What would be said of a draft if it were filed as it is."""
    seed = store.vault.hash(f"draft|{draft.id}")
    return judged(
        layout_of(draft.message, draft.values),
        draft.values,
        sender=sender,
        seed=seed,
        at=draft.updated_at,
    )


def file(
    store: Store,
    wake: Wake,
    filed: Sequence[tuple[Draft, Trial]],
    *,
    organisation_id: int,
    person: str,
) -> int:
    """Hands drafts in, as judged, in one submission; its number. A second time, the first one's.

    Raises NotTaken where they are refused whole.
    """
    numbers = [draft.id for draft, _ in filed]
    for draft, _ in filed:
        now = drafts.one(store, organisation_id, draft.id)
        if now.submission_id is not None:
            return now.submission_id
    names = [
        f"{draft.message}-{draft.title or draft.id}.xml".replace("/", "-") for draft, _ in filed
    ]
    single = len(filed) == 1
    body = filed[0][1].body if single else _zipped(filed)
    versions = "-".join(f"{draft.id}.{draft.version}" for draft, _ in filed)
    taken = receive(
        store,
        wake,
        organisation_id=organisation_id,
        person=person,
        channel="web",
        blocks=[body],
        media_type="application/xml" if single else "application/zip",
        file_name=names[0] if single else f"{filed[0][0].title or filed[0][0].id}.zip",
        idempotency_key=f"draft-{versions}",
        check_only=False,
    )
    drafts.close(store, numbers, taken.id)
    return taken.id


def _zipped(filed: Sequence[tuple[Draft, Trial]]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for draft, trial in filed:
            entry = zipfile.ZipInfo(f"{draft.message}.xml", _EARLIEST)
            archive.writestr(entry, trial.body, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


# --- taken back from what was filed --------------------------------------------------------------


def values_of(store: Store, scope: Scope, number: int) -> tuple[Layout, Values, bool]:
    """The form of a declaration as it was filed, and whether the declaration still lives.

    Raises Unknown where there is none within the scope.
    """
    with store.database.read() as connection:
        row = connection.execute(
            select(t.declarations).where(
                t.declarations.c.id == number, scope.of(t.declarations.c.organisation_id)
            )
        ).first()
        if row is None:
            raise Unknown
        source = connection.execute(
            select(t.messages, t.submissions.c.spool_file)
            .join(t.submissions, t.submissions.c.id == t.messages.c.submission_id)
            .where(t.messages.c.id == row.message_id)
        ).one()
    body = b"".join(compose(store, source, [row], new_guid()))
    _, records = from_message(body)
    values = records[0] if records else {}
    return layout(row.message, row.regime), values, row.living_key is not None


@dataclass(frozen=True, slots=True)
class Bundle:
    """The papers of a trade as they were filed: their values by message."""

    regime: str
    papers: dict[str, Values]


def trade_of(store: Store, scope: Scope, number: int) -> Bundle | None:
    """The latest papers of the trade that a declaration belongs to; None where it has no regime.

    Raises Unknown where there is no such declaration within the scope.
    """
    form, own, _ = values_of(store, scope, number)
    regime = regimes.all().get(form.regime)
    if regime is None:
        return None
    with store.database.read() as connection:
        found = queries.declaration(store, connection, scope, number)
    if found is None:
        raise Unknown
    papers = {}
    for paper in found["papers"]:
        if paper["message"] in regime.acts and paper["message"] not in regime.leads:
            continue  # it followed the trade, and is none of its papers
        try:
            papers[paper["message"]] = values_of(store, scope, paper["id"])[1]
        except Unknown:
            continue  # filed by another for the same trade: not ours to copy
    return Bundle(regime.name, papers | {form.message.name: own})


def copied(found: Layout, values: Mapping[str, str]) -> Values:
    """The values of a filing for another of its kind: without what belongs to the first alone.

    That is what the window fills in, and what the regime's forms.toml names; where it names
    nothing, the last part of the business key.
    """
    names = found.once or {found.message.key[-1].rpartition("/")[2]}
    names = {*names, *(e.field.name for e in found.entries.values() if e.fill)}
    return {name: value for name, value in values.items() if name.rpartition(".")[2] not in names}


def as_change(found: Layout, values: Mapping[str, str]) -> Values:
    """The values of a living record as its own correction: sent as a change, at a new time."""
    result = dict(values)
    for entry in found.entries.values():
        name = name_of(entry.path)
        if entry.field.code_list in _TYPES:
            result[name] = _CHANGE
        elif entry.fill in ("moment", "clock"):
            result.pop(name, None)
    return result


_CHANGE = "2"
_TYPES = frozenset({"app-type", "bonded-filing"})
"""Lists of what says whether a record is new, a change or a deletion."""
