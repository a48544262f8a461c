"""words of agencies that count once, so that the same again and an older one do nothing

A migration runs forward only and must not break the release that is running beside it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Makes the change."""
    op.create_table(
        "heard",
        sa.Column("declaration_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("agency", sa.String(length=20), nullable=False),
        sa.Column("receipt", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("said_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint(
            *("declaration_id", "agency", "receipt", "code", "said_at"), name=op.f("pk_heard")
        ),
        comment="a word of an agency that counts once, by its time there",
    )
