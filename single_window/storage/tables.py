"""Every table of the window. Times are milliseconds since 1970 UTC, money is integer fen.

A `LargeBinary` named `sealed_*` is encrypted. Rows that prove something are never deleted.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up only in a column that is exactly INTEGER."""


def _id() -> Column[int]:
    return Column("id", Id, primary_key=True, autoincrement=True)


organisations = Table(
    "organisations",
    metadata,
    _id(),
    Column("code", String(18), nullable=False, unique=True),
    Column("name_zh", String(200), nullable=False),
    Column("name_en", String(200), nullable=False),
    Column("agency", String(20), comment="set for the organisation of an agency"),
    Column("any_company", Boolean, nullable=False, default=False),
    Column("signature_policy", String(10), nullable=False, default=""),
    Column(
        "dxp_id", String(30), nullable=False, server_default=text("''"), comment="number at E-port"
    ),
    comment="a company, a broker or an agency that uses the window",
)

people = Table(
    "people",
    metadata,
    _id(),
    Column("organisation_id", ForeignKey("organisations.id"), nullable=False),
    Column("login", String(80), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("role", String(20), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("failures", Integer, nullable=False, default=0),
    Column("locked_until", BigInteger, nullable=False, default=0),
    Column("locked_at", BigInteger, comment="by the operator"),
    Column(
        "sessions_ended",
        Integer,
        nullable=False,
        server_default=text("0"),
        comment="counts up to end all sessions there are",
    ),
    comment="somebody who logs in",
)

api_keys = Table(
    "api_keys",
    metadata,
    _id(),
    Column("organisation_id", ForeignKey("organisations.id"), nullable=False),
    Column("role", String(20), nullable=False),
    Column("label", String(80), nullable=False),
    Column("key_hash", String(64), nullable=False, unique=True),
    Column("revoked_at", BigInteger),
    comment="a key of a client program, kept as a hash only",
)

submissions = Table(
    "submissions",
    metadata,
    _id(),
    Column("organisation_id", ForeignKey("organisations.id"), nullable=False, index=True),
    Column("channel", String(10), nullable=False),
    Column("person", String(80), nullable=False, default=""),
    Column("idempotency_key", String(200)),
    Column("content_sha256", String(64), nullable=False),
    Column("check_only", Boolean, nullable=False, default=False),
    Column("file_name", String(255), nullable=False, default=""),
    Column("size", BigInteger, nullable=False),
    Column("original_file", String(80), nullable=False),
    Column("spool_file", String(80), nullable=False),
    Column("records", Integer, nullable=False, default=0),
    Column("received_at", BigInteger, nullable=False),
    UniqueConstraint("organisation_id", "idempotency_key", name="uq_submissions_key"),
    UniqueConstraint(
        "organisation_id", "content_sha256", "check_only", name="uq_submissions_content"
    ),
    comment="one act of handing in; on disk before anybody is told 'received'",
)

messages = Table(
    "messages",
    metadata,
    _id(),
    Column("submission_id", ForeignKey("submissions.id"), nullable=False, index=True),
    Column("entry", String(255), nullable=False, default=""),
    Column("name", String(40), nullable=False),
    Column("guid", String(80), nullable=False, default=""),
    Column("head", LargeBinary, nullable=False, comment="prolog and start tag of the root"),
    Column("sealed_tail", LargeBinary, comment="parts after the records, for messages we make"),
    Column("first_offset", BigInteger, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("signed", Boolean, nullable=False),
    Column("signature", Text, comment="report of the verification, JSON; of signed ones only"),
    Column("sender", String(40), nullable=False, default=""),
    Column("sha256", String(64), nullable=False),
    Column("records", Integer, nullable=False),
    Column("findings", Text, comment="about the whole message, JSON"),
    Column("refused", Boolean, nullable=False, default=False),
    Column(
        "sheet",
        String(80),
        nullable=False,
        server_default=text("''"),
        comment="the sheet it was made from: lines are rows",
    ),
    comment="one XML document of a submission",
)

chunks = Table(
    "chunks",
    metadata,
    _id(),
    Column("submission_id", ForeignKey("submissions.id"), nullable=False, index=True),
    Column("message_id", ForeignKey("messages.id"), nullable=False),
    Column("first_ordinal", Integer, nullable=False),
    Column("first_line", Integer, nullable=False),
    Column("first_offset", BigInteger, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("records", Integer, nullable=False),
    Column("due_at", BigInteger, comment="null when checked"),
    Column("checked_at", BigInteger),
    Column("accepted", Integer, nullable=False, default=0),
    Column("warned", Integer, nullable=False, default=0),
    Column("held", Integer, nullable=False, default=0),
    Column("rejected", Integer, nullable=False, default=0),
    comment="at most 100 records of one message: the unit of checking and of one transaction",
)
Index(
    "ix_chunks_due",
    chunks.c.due_at,
    sqlite_where=chunks.c.due_at.is_not(None),
    postgresql_where=chunks.c.due_at.is_not(None),
)

declarations = Table(
    "declarations",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("submission_id", BigInteger, nullable=False),
    Column("message_id", BigInteger, nullable=False),
    Column("organisation_id", BigInteger, nullable=False),
    Column("message", String(40), nullable=False),
    Column(
        "regime",
        String(40),
        nullable=False,
        server_default=text("''"),
        comment="under which it was filed; empty where no regime takes such a record",
    ),
    Column("ordinal", Integer, nullable=False),
    Column("line", Integer, nullable=False),
    Column("first_offset", BigInteger, nullable=False),
    Column("length", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("guid", String(40), nullable=False, default=""),
    Column("key", String(200), nullable=False, default=""),
    Column("living_key", String(240), unique=True, comment="held only while the declaration lives"),
    Column("order_no", String(60), nullable=False, default=""),
    Column("trade_key", String(120), nullable=False, default=""),
    Column("waybill_key", String(120), nullable=False, default=""),
    Column("decision", String(8), nullable=False),
    Column("outcome", String(10), nullable=False),
    Column("pairing", String(8), nullable=False, default=""),
    Column(
        "matched_with",
        String(200),
        nullable=False,
        server_default=text("''"),
        comment="numbers of the papers that were found to fit this one",
    ),
    Column("wait_until", BigInteger),
    Column("version", Integer, nullable=False, default=1),
    Column("same_as", BigInteger, comment="the declaration whose answer this record repeats"),
    Column("sealed_findings", LargeBinary),
    Column(
        "faults",
        Text,
        nullable=False,
        server_default=text("''"),
        comment="code@field of what rejects or holds it, to be looked for",
    ),
    Column("sealed_facts", LargeBinary),
    Column("amounts", Text),
    Column("invt_no", String(30), index=True),
    Column("numbers", Text),
    Column("quota_key", String(60)),
    Column("quota_fen", BigInteger, nullable=False, default=0),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column(
        "owes",
        String(40),
        nullable=False,
        server_default=text("''"),
        comment="message to be filed about it once it is released; empty: none, or it is done",
    ),
    Index("ix_declarations_submission", "submission_id", "id"),
    Index("ix_declarations_order", "order_no", "message"),
    Index("ix_declarations_trade", "trade_key"),
    Index("ix_declarations_waybill", "waybill_key"),
    Index("ix_declarations_guid", "guid"),
    Index("ix_declarations_key", "key"),
    comment="one record and its life; a rejected record is kept with its findings",
)
Index(
    "ix_declarations_wait",
    declarations.c.wait_until,
    sqlite_where=declarations.c.wait_until.is_not(None),
    postgresql_where=declarations.c.wait_until.is_not(None),
)

Index(
    "ix_declarations_owes",
    declarations.c.organisation_id,
    sqlite_where=declarations.c.owes != "",
    postgresql_where=declarations.c.owes != "",
)

Index(
    "ix_declarations_faults",
    declarations.c.submission_id,
    declarations.c.id,
    sqlite_where=declarations.c.faults != "",
    postgresql_where=declarations.c.faults != "",
)

touches = Table(
    "touches",
    metadata,
    Column("declaration_id", BigInteger, primary_key=True, autoincrement=False),
    Column("key", String(200), primary_key=True, comment="the number by which it names another"),
    Column("line", String(80), primary_key=True, default=""),
    Column("ledger", String(12), nullable=False, comment="what is counted: returned, sold"),
    Column("target_id", BigInteger, index=True, comment="what had that number when it was filed"),
    Column("units", BigInteger, nullable=False, comment="taken of the line; below 0: given back"),
    Column("of_units", BigInteger, nullable=False, comment="what the line had"),
    Index("ix_touches_key", "key"),
    comment="what a paper names of others: a cancellation its inventory, an arrival parcels",
)

pairings = Table(
    "pairings",
    metadata,
    _id(),
    Column("key", String(210), nullable=False),
    Column("due_at", BigInteger, nullable=False, index=True),
    comment="a trade (T|...), waybill (W|...) or what papers act on (A|...) that must be looked at",
)

legs = Table(
    "legs",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("declaration_id", BigInteger, nullable=False, index=True),
    Column("message_id", BigInteger, nullable=False),
    Column("step", Integer, nullable=False),
    Column("agency", String(20), nullable=False),
    Column("content", String(40), nullable=False),
    Column("transport", String(12), nullable=False),
    Column("verdict", String(10), nullable=False),
    Column("rank", Integer, nullable=False, default=0),
    Column("due_at", BigInteger, comment="when it may be put into a message; null: not now"),
    Column("outgoing_id", BigInteger, index=True),
    Column("at", BigInteger, nullable=False),
    comment="one agency step of one declaration: the outbox",
)
Index(
    "ix_legs_due",
    legs.c.agency,
    legs.c.due_at,
    sqlite_where=legs.c.due_at.is_not(None),
    postgresql_where=legs.c.due_at.is_not(None),
)
Index(
    "ix_legs_desk",
    legs.c.agency,
    legs.c.verdict,
    legs.c.content,
    legs.c.at,
    sqlite_where=legs.c.transport != "pending",
    postgresql_where=legs.c.transport != "pending",
)

outgoing = Table(
    "outgoing",
    metadata,
    _id(),
    Column("agency", String(20), nullable=False),
    Column("guid", String(40), nullable=False, unique=True),
    Column("content", String(40), nullable=False),
    Column("records", Integer, nullable=False),
    Column("source_message_id", BigInteger, comment="set where its original bytes go out"),
    Column("sealed_body", LargeBinary, comment="the bytes of a message that we made"),
    Column("transport", String(12), nullable=False),
    Column("due_at", BigInteger, comment="null when nothing is left to send"),
    Column("attempts", Integer, nullable=False, default=0),
    Column("created_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),
    comment="one message to one agency, stored before it is sent, re-sent as the same bytes",
)
Index(
    "ix_outgoing_due",
    outgoing.c.agency,
    outgoing.c.due_at,
    sqlite_where=outgoing.c.due_at.is_not(None),
    postgresql_where=outgoing.c.due_at.is_not(None),
)

attempts = Table(
    "attempts",
    metadata,
    _id(),
    Column("outgoing_id", ForeignKey("outgoing.id"), nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("outcome", String(12), nullable=False),
    Column("status", Integer),
    Column("detail", String(400), nullable=False, default=""),
    Column("took_ms", Integer, nullable=False),
    comment="one try to send one outgoing message",
)

receipts = Table(
    "receipts",
    metadata,
    _id(),
    Column("agency", String(20), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("sealed_body", LargeBinary, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("times", Integer, nullable=False, default=1),
    Column("state", String(12), nullable=False),
    Column("due_at", BigInteger),
    Column("tries", Integer, nullable=False, default=0),
    Column("detail", String(400), nullable=False, default=""),
    UniqueConstraint("agency", "sha256", name="uq_receipts_body"),
    comment="an agency's answer as it came",
)
Index(
    "ix_receipts_due",
    receipts.c.due_at,
    sqlite_where=receipts.c.due_at.is_not(None),
    postgresql_where=receipts.c.due_at.is_not(None),
)

links = Table(
    "links",
    metadata,
    _id(),
    Column("submission_id", BigInteger, nullable=False, index=True),
    Column("digest", String(64), nullable=False),
    Column("events", Integer, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("seal_no", BigInteger, unique=True),
    Column("seal", String(64)),
    comment="hash over the events of one transaction; sealed into one chain in the background",
)

events = Table(
    "events",
    metadata,
    _id(),
    Column("declaration_id", BigInteger, nullable=False, index=True),
    Column("link_id", BigInteger, nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("agency", String(20), nullable=False, default=""),
    Column("kind", String(24), nullable=False),
    Column("code", String(40), nullable=False, default=""),
    Column("detail", String(600), nullable=False, default=""),
    comment="history of a declaration, append only",
)

heard = Table(
    "heard",
    metadata,
    Column("declaration_id", BigInteger, primary_key=True, autoincrement=False),
    Column("agency", String(20), primary_key=True),
    Column("receipt", String(40), primary_key=True),
    Column("code", String(40), primary_key=True),
    Column("said_at", BigInteger, primary_key=True, autoincrement=False),
    comment="a word of an agency that counts once, by its time there",
)

quotas = Table(
    "quotas",
    metadata,
    Column("key", String(120), primary_key=True, comment="keyed hash of the person, and the year"),
    Column("used_fen", BigInteger, nullable=False),
    comment="what a person has used of the yearly limit",
)

circuits = Table(
    "circuits",
    metadata,
    Column("agency", String(20), primary_key=True),
    Column("failures", Integer, nullable=False, default=0),
    Column("open_until", BigInteger, nullable=False, default=0),
    Column("last_success_at", BigInteger),
    Column("last_failure_at", BigInteger),
    Column("last_failure", String(400), nullable=False, default=""),
    comment="whether an agency is being called at the moment, and whose fault it is",
)

drafts = Table(
    "drafts",
    metadata,
    _id(),
    Column("organisation_id", ForeignKey("organisations.id"), nullable=False, index=True),
    Column("person_id", ForeignKey("people.id"), nullable=False),
    Column("message", String(40), nullable=False),
    Column("title", String(120), nullable=False, default=""),
    Column("sealed_values", LargeBinary, nullable=False),
    Column("version", Integer, nullable=False, default=1),
    Column("token", String(80), nullable=False, unique=True, comment="of the page it began on"),
    Column("trade", String(40), nullable=False, default="", comment="drafts of one trade share it"),
    Column("mends", BigInteger, comment="the declaration whose record it corrects"),
    Column("submission_id", BigInteger, comment="set when it was filed"),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    comment="a form being filled in; kept on the server at every change",
)

mandates = Table(
    "mandates",
    metadata,
    _id(),
    Column("trader_id", ForeignKey("organisations.id"), nullable=False, index=True),
    Column("broker_id", ForeignKey("organisations.id"), nullable=False, index=True),
    Column("messages", Text, nullable=False, comment="message names, or * for all"),
    Column("valid_from", BigInteger, nullable=False),
    Column("valid_to", BigInteger),
    Column("revoked_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    comment="a trader lets a broker transmit in its name",
)

parties = Table(
    "parties",
    metadata,
    Column("code", String(18), primary_key=True),
    Column("declaration_id", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
    comment="the companies that a declaration names: they see what was filed in their name",
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("organisation_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("message_id", BigInteger, nullable=False),
    Column("wants", String(4), nullable=False, comment="ALL, DATA or RET"),
    comment="a message whose data or receipts a third party gets, numbered for each of these",
)

mail_counters = Table(
    "mail_counters",
    metadata,
    Column("agency", String(20), primary_key=True),
    Column("last_number", BigInteger, nullable=False, default=0),
    comment="the last number given in each agency's mailbox, taken by who puts",
)

mail = Table(
    "mail",
    metadata,
    Column("agency", String(20), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("outgoing_id", ForeignKey("outgoing.id"), nullable=False, unique=True),
    Column("put_at", BigInteger, nullable=False),
    Column("acknowledged_at", BigInteger),
    comment="a message in the mailbox of an agency that pulls; reading never consumes",
)

notes = Table(
    "notes",
    metadata,
    _id(),
    Column("declaration_id", BigInteger, nullable=False, index=True),
    Column("agency", String(20), nullable=False),
    Column("side", String(8), nullable=False, comment="agency or filer"),
    Column("person", String(80), nullable=False),
    Column("sealed_text", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    comment="what an officer asks and a filer answers about one declaration",
)

statements = Table(
    "statements",
    metadata,
    _id(),
    Column("declaration_id", BigInteger, nullable=False, index=True),
    Column("agency", String(20), nullable=False),
    Column("bill", String(40), nullable=False, default="", comment="its number, if any"),
    Column("code", String(40), nullable=False, default=""),
    Column("amounts", Text, nullable=False, comment="JSON; {} takes back what the bill stated"),
    Column("at", BigInteger, nullable=False),
    comment="figures that an agency stated of a declaration; of one bill the last counts",
)

contradictions = Table(
    "contradictions",
    metadata,
    Column("agency", String(20), primary_key=True),
    Column("declaration_id", BigInteger, primary_key=True, autoincrement=False, index=True),
    Column("severity", String(8), nullable=False),
    Column("at", BigInteger, nullable=False),
    comment="whose desks a contradiction of answers concerns; made anew with each answer",
)

books = Table(
    "books",
    metadata,
    _id(),
    Column("number", String(64), nullable=False, unique=True),
    Column("company", String(18), nullable=False, index=True),
    Column("regime", String(40), nullable=False),
    Column("state", String(10), nullable=False),
    Column("header", Text, nullable=False, comment="the rest of the header, JSON"),
    Column("value", String(60), nullable=False, comment="of all stocks, in the book's currency"),
    Column("declaration_id", BigInteger, comment="the paper that opened it, if any"),
    Column("opened_at", BigInteger, nullable=False),
    comment="an account book of bonded goods; its row is locked by who posts into it",
)

book_items = Table(
    "book_items",
    metadata,
    Column("book_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seqno", Integer, primary_key=True, autoincrement=False),
    Column("ledger", Integer, nullable=False, comment="the item its movements are kept under"),
    Column("linked", Integer),
    Column("told", Text, nullable=False, comment="JSON"),
    Index("ix_book_items_linked", "book_id", "linked"),
    sqlite_with_rowid=False,
    comment="a numbered item of a book",
)

book_serials = Table(
    "book_serials",
    metadata,
    Column("book_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", String(60), primary_key=True),
    Column("item", Integer, nullable=False),
    Column("origin", String(1), nullable=False),
    Column("place", String(12), nullable=False),
    Column("deadline", String(10), nullable=False, comment="day; empty unless it is inside"),
    Column("reserved", String(80), nullable=False, comment="the paper that has spoken for it"),
    Column("told", Text, nullable=False, comment="JSON"),
    Column("sealed_parties", LargeBinary, comment="whose it is and who sent it"),
    Index("ix_book_serials_item", "book_id", "item", "place"),
    sqlite_with_rowid=False,
    comment="a numbered piece: where it is and until when it must be back",
)
Index(
    "ix_book_serials_due",
    book_serials.c.deadline,
    book_serials.c.book_id,
    sqlite_where=book_serials.c.deadline != "",
    postgresql_where=book_serials.c.deadline != "",
)

work_orders = Table(
    "work_orders",
    metadata,
    Column("book_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", String(64), primary_key=True),
    Column("item", Integer, nullable=False),
    Column("origin", String(1), nullable=False),
    Column("serial", String(60), nullable=False),
    Column("opened", String(10), nullable=False),
    Column("closed", String(10), nullable=False, comment="day; empty while it is open"),
    Column("told", Text, nullable=False, comment="JSON"),
    Index("ix_work_orders_open", "book_id", "closed", "number"),
    Index("ix_work_orders_serial", "book_id", "serial"),
    sqlite_with_rowid=False,
    comment="a repair, with what was fitted and taken off",
)

book_entries = Table(
    "book_entries",
    metadata,
    _id(),
    Column("book_id", BigInteger, nullable=False),
    Column("key", String(160), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("day", String(10), nullable=False),
    Column("order_no", String(64), nullable=False),
    Column("reversed_by", String(160), nullable=False),
    Column("declaration_id", BigInteger, index=True, comment="the paper it comes from"),
    Column("organisation_id", BigInteger, comment="who entered it; null: an agency's word did"),
    Column("person", String(80), nullable=False),
    Column("sealed_entry", LargeBinary, nullable=False, comment="as written, with findings"),
    Column("at", BigInteger, nullable=False),
    Index("ix_book_entries_key", "book_id", "key"),
    Index("ix_book_entries_list", "book_id", "id"),
    comment="what was entered into a book; reversed by another entry, never changed or deleted",
)

movements = Table(
    "movements",
    metadata,
    _id(),
    Column("book_id", BigInteger, nullable=False),
    Column("entry_id", BigInteger, nullable=False, index=True),
    Column("item", Integer, nullable=False),
    Column("origin", String(1), nullable=False),
    Column("source", String(12), nullable=False),
    Column("target", String(12), nullable=False),
    Column("units", BigInteger, nullable=False, comment="hundred-thousandths; below 0: taken back"),
    Column("serial", String(60), nullable=False),
    Column("order_no", String(64), nullable=False),
    Column("day", String(10), nullable=False),
    Index("ix_movements_item", "book_id", "item", "source", "target", "id"),
    Index("ix_movements_day", "book_id", "day"),
    comment="goods of a book that went from one place to another; append only",
)
Index(
    "ix_movements_serial",
    movements.c.book_id,
    movements.c.serial,
    movements.c.id,
    sqlite_where=movements.c.serial != "",
    postgresql_where=movements.c.serial != "",
)

flows = Table(
    "flows",
    metadata,
    Column("book_id", BigInteger, primary_key=True, autoincrement=False),
    Column("item", Integer, primary_key=True, autoincrement=False),
    Column("origin", String(1), primary_key=True),
    Column("source", String(12), primary_key=True),
    Column("target", String(12), primary_key=True),
    Column("units", BigInteger, nullable=False),
    Column("closed_units", BigInteger, nullable=False, comment="of the periods that are closed"),
    sqlite_with_rowid=False,
    comment="sums of movements, written with them: an index, not the truth",
)

holdings = Table(
    "holdings",
    metadata,
    _id(),
    Column("book_id", BigInteger, nullable=False),
    Column("paper", String(80), nullable=False),
    Column("declaration_id", BigInteger, index=True),
    Column("item", Integer, nullable=False),
    Column("origin", String(1), nullable=False),
    Column("place", String(12), nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("serial", String(60), nullable=False),
    Index("ix_holdings_item", "book_id", "item"),
    Index("ix_holdings_paper", "book_id", "paper"),
    comment="what a paper that has not left yet has spoken for",
)

counts = Table(
    "counts",
    metadata,
    Column("book_id", BigInteger, primary_key=True, autoincrement=False),
    Column("item", Integer, primary_key=True, autoincrement=False),
    Column("origin", String(1), primary_key=True),
    Column("place", String(12), primary_key=True),
    Column("units", BigInteger, nullable=False),
    Column("explanation", String(400), nullable=False),
    Column("path", String(80), nullable=False),
    sqlite_with_rowid=False,
    comment="what was found in the stocks, until the period is closed",
)

book_failures = Table(
    "book_failures",
    metadata,
    Column("declaration_id", BigInteger, primary_key=True, autoincrement=False),
    Column("book_id", BigInteger, nullable=False, index=True),
    Column("sealed_findings", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    comment="a paper that took effect and could not be entered: entered once it can be",
)

count_cells = Table(
    "count_cells",
    metadata,
    _id(),
    Column("regime", String(40), nullable=False),
    Column("message", String(40), nullable=False),
    Column("measure", String(20), nullable=False),
    Column("flow", String(6), nullable=False),
    Column("service", String(12), nullable=False),
    Column("component", String(12), nullable=False),
    Column("mode", String(2), nullable=False),
    Column("partner", String(3), nullable=False),
    Column("month", String(7), nullable=False, comment="2026-11"),
    Column("zone", String(20), nullable=False),
    Column("company", String(18), nullable=False, index=True),
    Column("currency", String(3), nullable=False),
    Column("units", BigInteger, nullable=False, comment="thousandths of the currency"),
    Column("usd_units", BigInteger, nullable=False, comment="thousandths of a US dollar"),
    Column("entries", Integer, nullable=False, comment="how many counts it sums up"),
    Column("unrated", Integer, nullable=False, comment="those of them that no rate is known for"),
    UniqueConstraint(
        *("regime", "month", "measure", "flow", "message", "service", "component", "mode"),
        *("partner", "zone", "company", "currency"),
        name="uq_count_cells_cell",
    ),
    comment="sums of what filings count for, written with it: an index, not the truth",
)

counted = Table(
    "counted",
    metadata,
    Column("declaration_id", BigInteger, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("cell_id", BigInteger, nullable=False, index=True),
    Column("units", BigInteger, nullable=False),
    Column("usd_units", BigInteger, comment="null: no rate is known"),
    sqlite_with_rowid=False,
    comment="what a filing counts for in statistics, as long as it stands accepted",
)
