"""what filings count for in statistics, and its sums

A migration runs forward only and must not break the release that is running beside it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_CELL = (
    "regime", "month", "measure", "flow", "message", "service", "component", "mode", "partner",
    "zone", "company", "currency",
)  # fmt: skip


def upgrade() -> None:
    """Makes the change."""
    op.create_table(
        "count_cells",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("regime", sa.String(40), nullable=False),
        sa.Column("message", sa.String(40), nullable=False),
        sa.Column("measure", sa.String(20), nullable=False),
        sa.Column("flow", sa.String(6), nullable=False),
        sa.Column("service", sa.String(12), nullable=False),
        sa.Column("component", sa.String(12), nullable=False),
        sa.Column("mode", sa.String(2), nullable=False),
        sa.Column("partner", sa.String(3), nullable=False),
        sa.Column("month", sa.String(7), nullable=False, comment="2026-11"),
        sa.Column("zone", sa.String(20), nullable=False),
        sa.Column("company", sa.String(18), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False, comment="thousandths of the currency"),
        sa.Column(
            "usd_units", sa.BigInteger(), nullable=False, comment="thousandths of a US dollar"
        ),
        sa.Column("entries", sa.Integer(), nullable=False, comment="how many counts it sums up"),
        sa.Column(
            "unrated",
            sa.Integer(),
            nullable=False,
            comment="those of them that no rate is known for",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_count_cells")),
        sa.UniqueConstraint(*_CELL, name="uq_count_cells_cell"),
        comment="sums of what filings count for, written with it: an index, not the truth",
    )
    op.create_index(op.f("ix_count_cells_company"), "count_cells", ["company"], unique=False)
    op.create_table(
        "counted",
        sa.Column("declaration_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cell_id", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("usd_units", sa.BigInteger(), nullable=True, comment="null: no rate is known"),
        sa.PrimaryKeyConstraint("declaration_id", "place", name=op.f("pk_counted")),
        comment="what a filing counts for in statistics, as long as it stands accepted",
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_counted_cell_id"), "counted", ["cell_id"], unique=False)
