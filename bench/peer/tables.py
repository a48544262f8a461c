"""The tables of both yardsticks, as somebody would map them who keeps a record in a row."""

from __future__ import annotations

import time
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    LargeBinary,
    String,
    Text,
    TypeDecorator,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from single_window.storage.secrets import Vault

_VAULT = Vault(sha256(b"a yardstick's own key").digest())


class Sealed(TypeDecorator[Any]):
    """A value that is encrypted at rest, as the window's are: any JSON value."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> bytes | None:
        """What is written."""
        return None if value is None else _VAULT.seal(orjson.dumps(value))

    def process_result_value(self, value: bytes | None, dialect: Any) -> Any:
        """What is read."""
        return None if value is None else orjson.loads(_VAULT.open(value))


class Base(DeclarativeBase):
    """What all tables share."""


def now_ms() -> int:
    """This moment."""
    return time.time_ns() // 1_000_000


class Submission(Base):
    """One uploaded message, and the part around its records that every message needs."""

    __tablename__ = "submissions"
    id: Mapped[int] = mapped_column(primary_key=True)
    message: Mapped[str] = mapped_column(String(40))
    transfer: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    body: Mapped[str] = mapped_column(Sealed)
    received_at: Mapped[int] = mapped_column(BigInteger, default=now_ms)


class Declaration(Base):
    """One record with what is searched, what was decided, and its XML."""

    __tablename__ = "declarations"
    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"), index=True)
    message: Mapped[str] = mapped_column(String(40))
    ordinal: Mapped[int]
    key: Mapped[str] = mapped_column(String(200), index=True)
    living_key: Mapped[str | None] = mapped_column(String(240), unique=True)
    guid: Mapped[str] = mapped_column(String(40))
    order_no: Mapped[str] = mapped_column(String(60), index=True)
    trade_key: Mapped[str] = mapped_column(String(120), index=True)
    waybill_key: Mapped[str] = mapped_column(String(120), index=True)
    decision: Mapped[str] = mapped_column(String(8))
    outcome: Mapped[str] = mapped_column(String(10))
    customs: Mapped[str] = mapped_column(String(10), default="")
    tax: Mapped[str] = mapped_column(String(10), default="")
    fx: Mapped[str] = mapped_column(String(10), default="")
    invt_no: Mapped[str | None] = mapped_column(String(30), index=True)
    facts: Mapped[dict[str, Any]] = mapped_column(Sealed)
    amounts: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    numbers: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    xml: Mapped[str] = mapped_column(Sealed)
    created_at: Mapped[int] = mapped_column(BigInteger, default=now_ms)


class Found(Base):
    """One finding on one record."""

    __tablename__ = "findings"
    id: Mapped[int] = mapped_column(primary_key=True)
    declaration_id: Mapped[int] = mapped_column(index=True)
    code: Mapped[str] = mapped_column(String(40))
    severity: Mapped[str] = mapped_column(String(8))
    path: Mapped[str] = mapped_column(String(200))
    value: Mapped[str] = mapped_column(Sealed)


class Happened(Base):
    """One event in the life of a record."""

    __tablename__ = "events"
    id: Mapped[int] = mapped_column(primary_key=True)
    declaration_id: Mapped[int] = mapped_column(index=True)
    agency: Mapped[str] = mapped_column(String(20), default="")
    kind: Mapped[str] = mapped_column(String(24))
    code: Mapped[str] = mapped_column(String(40), default="")
    detail: Mapped[str] = mapped_column(String(600), default="")
    at: Mapped[int] = mapped_column(BigInteger, default=now_ms)


class Receipt(Base):
    """One answer of an agency, as it came."""

    __tablename__ = "receipts"
    id: Mapped[int] = mapped_column(primary_key=True)
    agency: Mapped[str] = mapped_column(String(20))
    body: Mapped[str] = mapped_column(Sealed)
    received_at: Mapped[int] = mapped_column(BigInteger, default=now_ms)


class Outgoing(Base):
    """One message to an agency, kept before it is sent."""

    __tablename__ = "outgoing"
    id: Mapped[int] = mapped_column(primary_key=True)
    agency: Mapped[str] = mapped_column(String(20))
    guid: Mapped[str] = mapped_column(String(40), unique=True)
    body: Mapped[str] = mapped_column(Sealed)
    at: Mapped[int] = mapped_column(BigInteger, default=now_ms)


class Attempt(Base):
    """One message sent to an agency."""

    __tablename__ = "attempts"
    id: Mapped[int] = mapped_column(primary_key=True)
    agency: Mapped[str] = mapped_column(String(20))
    guid: Mapped[str] = mapped_column(String(40))
    status: Mapped[int]
    at: Mapped[int] = mapped_column(BigInteger, default=now_ms)


class Quota(Base):
    """What a person has used of the year's limit."""

    __tablename__ = "quotas"
    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    used_fen: Mapped[int] = mapped_column(BigInteger)
