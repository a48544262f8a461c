"""Due legs go out: claimed, put into stored messages, sent, and their fate written down."""

from __future__ import annotations

import logging
import secrets
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import OperationalError

from schemas import registry
from single_window.declarations.legs import step_of
from single_window.declarations.slices import new_guid
from single_window.domain.lifecycle import Transport
from single_window.routing import circuits, mailboxes, outgoing
from single_window.routing.arrivals import Wake, store_receipt
from single_window.storage.among import among
from single_window.storage.claims import anything_due, take_due
from single_window.storage.engine import AnyRow, Busy, now_ms
from single_window.storage.store import Store
from single_window.storage.tables import attempts, legs
from single_window.storage.tables import outgoing as messages

if TYPE_CHECKING:
    from adapters.base import Adapter, Sent

log = logging.getLogger(__name__)

LEGS_AT_ONCE = 500
"""Legs put into messages in one transaction."""
MESSAGES_AT_ONCE = 8
"""Messages claimed by one sender at a time; they wait for each other only this far."""


def dispatch(store: Store, wake: Wake, adapter: Adapter, *, most: int = 200) -> int:
    """Makes what is due for one agency and sends it, or puts it into its mailbox; how many."""
    desk = _Desk(store, wake, adapter)
    sent = 0
    for _ in range(most):
        made = desk.make()
        tried = desk.put() if desk.pulled else desk.send()
        sent += tried
        if not made and not tried:
            break
    return sent


@dataclass(frozen=True, slots=True)
class _Load:
    """A message ready to be stored, and the legs that it carries."""

    group: list[AnyRow]
    made: outgoing.Made
    sealed: bytes | None


@dataclass(frozen=True, slots=True)
class _Desk:
    """Makes and sends the messages of one agency."""

    store: Store
    wake: Wake
    adapter: Adapter

    def make(self) -> int:
        """Claims due legs, and stores the messages that carry them.

        The messages are made between two transactions, so that on SQLite no other writer waits
        for it. A message of which a leg was withdrawn meanwhile, or taken by somebody else since
        its claim had run out, is not stored.
        """
        now = now_ms()
        until = now + self.store.settings.lease_seconds * 1000
        own = legs.c.agency == self.adapter.name
        if not anything_due(self.store.database, legs, now=now, where=own):
            return 0
        with self.store.database.write(again=True) as connection:
            taken = take_due(
                connection,
                legs,
                now=now,
                lease_ms=until - now,
                limit=LEGS_AT_ONCE,
                columns=(legs.c.id, legs.c.declaration_id, legs.c.content, legs.c.step),
                where=own,
                order=(legs.c.message_id, legs.c.id),
            )
        if not taken:
            return 0
        with self.store.database.read() as connection:
            rows = outgoing.load(connection, [leg.declaration_id for leg in taken])
            loads = [
                load
                for group in self._groups(taken, rows)
                for load in self._made(connection, group, rows, now)
            ]
        with self.store.database.write() as connection:
            for load in loads:
                self._store(connection, load, now, until)
        return len(taken)

    def _made(
        self, connection: Connection, group: list[AnyRow], rows: Mapping[int, AnyRow], now: int
    ) -> list[_Load]:
        """The message of a group; a leg that no message can be made of stays claimed.

        It is tried again after its lease, and the others go on without it.
        """
        try:
            made = self._message(
                connection, group, [rows[leg.declaration_id] for leg in group], now
            )
            body, guid = made.body, made.guid.encode()
            return [_Load(group, made, self.store.vault.seal(body, guid) if body else None)]
        except OperationalError:
            raise
        except Exception:
            if len(group) == 1:
                log.exception(
                    "leg put off", extra={"leg": group[0].id, "agency": self.adapter.name}
                )
                return []
            return [one for leg in group for one in self._made(connection, [leg], rows, now)]

    def _groups(
        self, taken: Sequence[AnyRow], rows: Mapping[int, AnyRow]
    ) -> Iterator[list[AnyRow]]:
        """Legs that can share a message: of one step, and of one source for a national message."""
        by_source: dict[tuple[Any, ...], list[AnyRow]] = defaultdict(list)
        for leg in taken:
            row = rows[leg.declaration_id]
            own = row.message_id if self._is_national(leg, row) else 0
            by_source[(leg.content, row.regime, leg.step, own)].append(leg)
        batch = self.adapter.manifest.batch
        for group in by_source.values():
            for at in range(0, len(group), batch):
                yield group[at : at + batch]

    def _is_national(self, leg: AnyRow, row: AnyRow) -> bool:
        """Whether the agency takes the filer's own message, not one that is made for it."""
        return leg.content in self.adapter.manifest.accepts and not step_of(row, leg.step).tells

    def _message(
        self, connection: Connection, group: list[AnyRow], rows: list[AnyRow], now: int
    ) -> outgoing.Made:
        if not self._is_national(group[0], rows[0]):
            return self._built(connection, group, rows, now)
        made = outgoing.national(self.store, connection, rows)
        if self.envelope == "none":
            return made
        serial = min(leg.id for leg in group)
        return self._wrapped(connection, made, rows[0].message_id, now, serial)

    def _store(self, connection: Connection, load: _Load, now: int, until: int) -> None:
        made, group = load.made, load.group
        claimed = update(legs).where(
            among(connection, legs.c.id, [leg.id for leg in group]),
            legs.c.outgoing_id.is_(None),
            legs.c.due_at == until,
        )
        with connection.begin_nested() as attempt:
            number = connection.execute(
                insert(messages)
                .values(
                    agency=self.adapter.name,
                    guid=made.guid,
                    content=made.content,
                    records=len(group),
                    source_message_id=made.source_message_id,
                    sealed_body=load.sealed,
                    transport=Transport.PENDING.value,
                    due_at=now,
                    created_at=now,
                )
                .returning(messages.c.id)
            ).scalar_one()
            carried = connection.execute(
                claimed.values(outgoing_id=number, due_at=None, at=now)
            ).rowcount
            if carried < len(group):
                attempt.rollback()
        if carried < len(group):  # one was withdrawn or is another's: the rest goes without it
            connection.execute(claimed.values(due_at=now))

    def _built(
        self, connection: Connection, group: list[AnyRow], rows: list[AnyRow], now: int
    ) -> outgoing.Made:
        guid = new_guid()
        pairs = [(leg.id, row) for leg, row in zip(group, rows, strict=True)]
        step = step_of(rows[0], group[0].step)
        items = outgoing.items(self.store, connection, step, pairs)
        at = datetime.fromtimestamp(now / 1000, UTC)
        if not step.tells:
            body = self.adapter.build(cast(Any, items), message_id=guid, now=at)
            return outgoing.Made(guid, self.adapter.manifest.accepts[0], body, None)
        described = registry.message(step.tells)
        body = self.adapter.tell(described, cast(Any, items), message_id=guid, now=at)
        return outgoing.Made(guid, step.tells, outgoing.sound(step.tells, body), None)

    @property
    def envelope(self) -> str:
        """In which envelope national messages travel: the setting says it, or the folder."""
        chosen = self.store.settings.agency_envelope
        return chosen.get(self.adapter.name, self.adapter.manifest.envelope)

    def _wrapped(
        self, connection: Connection, made: outgoing.Made, source: int, now: int, serial: int
    ) -> outgoing.Made:
        """The message in its envelope, kept as a whole: what is sent again is the same bytes.

        `serial` is a leg's number, and a leg is in one message: so no two have the same.
        """
        settings = self.store.settings
        nodes = (settings.dxp_sta_node, settings.dxp_end_node, serial)
        body = self.adapter.wrap(
            outgoing.bytes_of(self.store, connection, made),
            message=made.content,
            message_id=made.guid,
            sender=outgoing.sender_of(self.store, connection, source),
            at=datetime.fromtimestamp(now / 1000, UTC),
            nodes=nodes if self.envelope == "dxpsv" else None,
        )
        return replace(made, body=body)

    @property
    def pulled(self) -> bool:
        """Whether the agency fetches its messages: the setting says so, else its own folder."""
        chosen = self.store.settings.agency_delivery
        return chosen.get(self.adapter.name, self.adapter.manifest.delivery) == "pull"

    def put(self) -> int:
        """Puts due messages into the agency's mailbox; their claim is made good as they are put.

        Durable: an agency that has seen a number must never see another message under it.
        """
        now = now_ms()
        with self.store.database.write() as connection:
            taken = self._take(connection, now)
            for row in taken:
                self._gone(connection, row, Transport.SENT, now)
            for row in taken:
                mailboxes.put(connection, self.adapter.name, row.id, at=now)
        return len(taken)

    def _take(self, connection: Connection, now: int) -> list[AnyRow]:
        return take_due(
            connection,
            messages,
            now=now,
            lease_ms=self.store.settings.lease_seconds * 1000,
            limit=MESSAGES_AT_ONCE,
            columns=tuple(messages.c),
            where=messages.c.agency == self.adapter.name,
            order=(messages.c.due_at, messages.c.id),
        )

    def send(self) -> int:
        """Claims due messages, sends each outside of any transaction, writes down what came."""
        now = now_ms()
        own = messages.c.agency == self.adapter.name
        if not anything_due(self.store.database, messages, now=now, where=own):
            return 0
        with self.store.database.write(again=True) as connection:
            if not circuits.ready(connection, self.adapter.name, now):
                return 0
            taken = self._take(connection, now)
        for at, row in enumerate(taken):
            try:
                outcome = self._send(row).outcome.value
            except Busy:
                raise
            except Exception:  # its bytes cannot be read: it stays claimed, the others go on
                log.exception("message put off", extra={"outgoing": row.id})
                continue
            if outcome in {"try_later", "unknown"}:
                self._give_back(taken[at + 1 :])
                break
        return len(taken)

    def _send(self, row: AnyRow) -> Sent:
        with self.store.database.read() as connection:
            body = outgoing.body_of(self.store, connection, row)
        begun = now_ms()
        sent = self.adapter.send(body, message_id=row.guid)
        if sent.body:  # an agency that answers at once; kept before anything else can go wrong
            store_receipt(self.store, self.wake, self.adapter.name, sent.body)
        told = {
            "outcome": sent.outcome.value,
            "status": sent.status,
            "took_ms": now_ms() - begun,
        }
        with self.store.database.write(again=True) as connection:
            connection.execute(
                insert(attempts).values(
                    outgoing_id=row.id, at=begun, detail=sent.detail[:400], **told
                )
            )
            self._note(connection, row, sent, begun)
        level = logging.INFO if told["outcome"] in {"taken", "duplicate"} else logging.WARNING
        extra = {"agency": self.adapter.name, "outgoing": row.id, **told}
        log.log(level, "message sent", extra=extra)
        return sent

    def _give_back(self, rows: Sequence[AnyRow]) -> None:
        """Messages claimed and not tried are due again at once, when the agency is called next."""
        if rows:
            with self.store.database.write(again=True) as connection:
                connection.execute(
                    update(messages)
                    .where(among(connection, messages.c.id, [row.id for row in rows]))
                    .values(due_at=now_ms())
                )

    def _note(self, connection: Connection, row: AnyRow, sent: Sent, begun: int) -> None:
        now, name = now_ms(), self.adapter.name
        match sent.outcome.value:
            case "taken" | "duplicate":
                circuits.succeeded(connection, name, now)
                self._gone(connection, row, Transport.SENT, begun)
            case "refused":
                self._gone(connection, row, Transport.FAILED, begun, sent.detail)
            case _:
                circuits.failed(connection, name, now, sent.detail)
                pause = self._pause_ms(row.attempts, sent.retry_after)
                connection.execute(
                    update(messages)
                    .where(messages.c.id == row.id, messages.c.due_at.is_not(None))
                    .values(due_at=now + pause, attempts=messages.c.attempts + 1)
                )

    def _pause_ms(self, attempts_so_far: int, asked: int | None) -> int:
        """How long a message waits for its next try: doubling, never below what was asked for.

        Jitter keeps the messages of a dead agency from coming back all at once.
        """
        told = self.adapter.manifest
        base = min(told.retry_max_seconds, told.retry_base_seconds << min(attempts_so_far, 16))
        wait = max(base, asked or 0) * 1000
        return wait + secrets.randbelow(wait // 2 + 1)

    def _gone(
        self,
        connection: Connection,
        row: AnyRow,
        transport: Transport,
        begun: int,
        detail: str = "",
    ) -> None:
        """The message needs no more sending: the agency has it, or its gate refused it.

        A quick agency's receipts may have been applied before this; they are not undone. Nor is
        what another sender noted, who took the message when our lease had run out.
        """
        at = now_ms()
        if not connection.execute(_OPEN, {"of": row.id}).all():
            return
        moved = connection.execute(
            update(legs)
            .where(legs.c.outgoing_id == row.id, legs.c.transport == Transport.PENDING.value)
            .values(transport=transport.value, at=at)
        )
        answered = transport is Transport.SENT and moved.rowcount < row.records
        connection.execute(
            update(messages)
            .where(messages.c.id == row.id)
            .values(
                transport=(Transport.ACKNOWLEDGED if answered else transport).value,
                due_at=None,
                sent_at=at,
                attempts=messages.c.attempts + 1,
            )
        )
        kind = "failed" if transport is Transport.FAILED else "put" if self.pulled else "sent"
        outgoing.tell(connection, [row.id], kind, agency=self.adapter.name, at=begun, detail=detail)


_OPEN = (
    select(messages.c.id, legs.c.id)
    .join(legs, legs.c.outgoing_id == messages.c.id)
    .where(messages.c.id == bindparam("of"), messages.c.due_at.is_not(None))
    .order_by(legs.c.id)
    .with_for_update()
)
"""A message still to be sent and its legs, locked in the order in which receipts lock legs."""
