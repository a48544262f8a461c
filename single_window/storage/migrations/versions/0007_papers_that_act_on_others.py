"""what a paper names of others, and what it takes of their lines

A migration runs forward only and must not break the release that is running beside it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Makes the change."""
    op.create_table(
        "touches",
        sa.Column("declaration_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column(
            "key", sa.String(130), nullable=False, comment="the number by which it names another"
        ),
        sa.Column("line", sa.String(20), nullable=False),
        sa.Column(
            "ledger", sa.String(12), nullable=False, comment="what is counted: returned, sold"
        ),
        sa.Column("target_id", sa.BigInteger(), comment="what had that number when it was filed"),
        sa.Column(
            "units",
            sa.BigInteger(),
            nullable=False,
            comment="taken of the line; below 0: given back",
        ),
        sa.Column("of_units", sa.BigInteger(), nullable=False, comment="what the line had"),
        sa.PrimaryKeyConstraint("declaration_id", "key", "line", name="pk_touches"),
        comment="what a paper names of others: a cancellation its inventory, an arrival parcels",
    )
    op.create_index("ix_touches_key", "touches", ["key"])
    op.create_index("ix_touches_target_id", "touches", ["target_id"])
