"""account books of bonded goods: items, pieces, work orders, entries, movements and their sums

A migration runs forward only and must not break the release that is running beside it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Makes the change."""
    op.create_table(
        "book_entries",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("order_no", sa.String(length=64), nullable=False),
        sa.Column("reversed_by", sa.String(length=160), nullable=False),
        sa.Column(
            "declaration_id", sa.BigInteger(), nullable=True, comment="the paper it comes from"
        ),
        sa.Column(
            "organisation_id",
            sa.BigInteger(),
            nullable=True,
            comment="who entered it; null: an agency's word did",
        ),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column(
            "sealed_entry", sa.LargeBinary(), nullable=False, comment="as written, with findings"
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_book_entries")),
        comment="what was entered into a book; reversed by another entry, never changed or deleted",
    )
    op.create_index(
        op.f("ix_book_entries_declaration_id"), "book_entries", ["declaration_id"], unique=False
    )
    op.create_index("ix_book_entries_key", "book_entries", ["book_id", "key"], unique=False)
    op.create_index("ix_book_entries_list", "book_entries", ["book_id", "id"], unique=False)
    op.create_table(
        "book_failures",
        sa.Column("declaration_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("sealed_findings", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("declaration_id", name=op.f("pk_book_failures")),
        comment="a paper that took effect and could not be entered: entered once it can be",
    )
    op.create_index(op.f("ix_book_failures_book_id"), "book_failures", ["book_id"], unique=False)
    op.create_table(
        "book_items",
        sa.Column("book_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seqno", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "ledger", sa.Integer(), nullable=False, comment="the item its movements are kept under"
        ),
        sa.Column("linked", sa.Integer(), nullable=True),
        sa.Column("told", sa.Text(), nullable=False, comment="JSON"),
        sa.PrimaryKeyConstraint("book_id", "seqno", name=op.f("pk_book_items")),
        comment="a numbered item of a book",
        sqlite_with_rowid=False,
    )
    op.create_index("ix_book_items_linked", "book_items", ["book_id", "linked"], unique=False)
    op.create_table(
        "book_serials",
        sa.Column("book_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("item", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(length=1), nullable=False),
        sa.Column("place", sa.String(length=12), nullable=False),
        sa.Column(
            "deadline",
            sa.String(length=10),
            nullable=False,
            comment="day; empty unless it is inside",
        ),
        sa.Column(
            "reserved",
            sa.String(length=80),
            nullable=False,
            comment="the paper that has spoken for it",
        ),
        sa.Column("told", sa.Text(), nullable=False, comment="JSON"),
        sa.Column(
            "sealed_parties", sa.LargeBinary(), nullable=True, comment="whose it is and who sent it"
        ),
        sa.PrimaryKeyConstraint("book_id", "number", name=op.f("pk_book_serials")),
        comment="a numbered piece: where it is and until when it must be back",
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_book_serials_due",
        "book_serials",
        ["deadline", "book_id"],
        unique=False,
        sqlite_where=sa.text("deadline != ''"),
        postgresql_where=sa.text("deadline != ''"),
    )
    op.create_index(
        "ix_book_serials_item", "book_serials", ["book_id", "item", "place"], unique=False
    )
    op.create_table(
        "books",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("company", sa.String(length=18), nullable=False),
        sa.Column("regime", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("header", sa.Text(), nullable=False, comment="the rest of the header, JSON"),
        sa.Column(
            "value",
            sa.String(length=60),
            nullable=False,
            comment="of all stocks, in the book's currency",
        ),
        sa.Column(
            "declaration_id",
            sa.BigInteger(),
            nullable=True,
            comment="the paper that opened it, if any",
        ),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_books")),
        sa.UniqueConstraint("number", name=op.f("uq_books_number")),
        comment="an account book of bonded goods; its row is locked by who posts into it",
    )
    op.create_index(op.f("ix_books_company"), "books", ["company"], unique=False)
    op.create_table(
        "counts",
        sa.Column("book_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("origin", sa.String(length=1), nullable=False),
        sa.Column("place", sa.String(length=12), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("explanation", sa.String(length=400), nullable=False),
        sa.Column("path", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("book_id", "item", "origin", "place", name=op.f("pk_counts")),
        comment="what was found in the stocks, until the period is closed",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "flows",
        sa.Column("book_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("origin", sa.String(length=1), nullable=False),
        sa.Column("source", sa.String(length=12), nullable=False),
        sa.Column("target", sa.String(length=12), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column(
            "closed_units",
            sa.BigInteger(),
            nullable=False,
            comment="of the periods that are closed",
        ),
        sa.PrimaryKeyConstraint(
            "book_id", "item", "origin", "source", "target", name=op.f("pk_flows")
        ),
        comment="sums of movements, written with them: an index, not the truth",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "holdings",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("paper", sa.String(length=80), nullable=False),
        sa.Column("declaration_id", sa.BigInteger(), nullable=True),
        sa.Column("item", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(length=1), nullable=False),
        sa.Column("place", sa.String(length=12), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("serial", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holdings")),
        comment="what a paper that has not left yet has spoken for",
    )
    op.create_index(
        op.f("ix_holdings_declaration_id"), "holdings", ["declaration_id"], unique=False
    )
    op.create_index("ix_holdings_item", "holdings", ["book_id", "item"], unique=False)
    op.create_index("ix_holdings_paper", "holdings", ["book_id", "paper"], unique=False)
    op.create_table(
        "movements",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("item", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(length=1), nullable=False),
        sa.Column("source", sa.String(length=12), nullable=False),
        sa.Column("target", sa.String(length=12), nullable=False),
        sa.Column(
            "units",
            sa.BigInteger(),
            nullable=False,
            comment="hundred-thousandths; below 0: taken back",
        ),
        sa.Column("serial", sa.String(length=60), nullable=False),
        sa.Column("order_no", sa.String(length=64), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_movements")),
        comment="goods of a book that went from one place to another; append only",
    )
    op.create_index("ix_movements_day", "movements", ["book_id", "day"], unique=False)
    op.create_index(op.f("ix_movements_entry_id"), "movements", ["entry_id"], unique=False)
    op.create_index(
        "ix_movements_item",
        "movements",
        ["book_id", "item", "source", "target", "id"],
        unique=False,
    )
    op.create_index(
        "ix_movements_serial",
        "movements",
        ["book_id", "serial", "id"],
        unique=False,
        sqlite_where=sa.text("serial != ''"),
        postgresql_where=sa.text("serial != ''"),
    )
    op.create_table(
        "work_orders",
        sa.Column("book_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("item", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(length=1), nullable=False),
        sa.Column("serial", sa.String(length=60), nullable=False),
        sa.Column("opened", sa.String(length=10), nullable=False),
        sa.Column(
            "closed", sa.String(length=10), nullable=False, comment="day; empty while it is open"
        ),
        sa.Column("told", sa.Text(), nullable=False, comment="JSON"),
        sa.PrimaryKeyConstraint("book_id", "number", name=op.f("pk_work_orders")),
        comment="a repair, with what was fitted and taken off",
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_work_orders_open", "work_orders", ["book_id", "closed", "number"], unique=False
    )
    op.create_index("ix_work_orders_serial", "work_orders", ["book_id", "serial"], unique=False)
