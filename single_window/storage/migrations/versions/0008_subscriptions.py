"""what third parties get of messages that name them

A migration runs forward only and must not break the release that is running beside it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Makes the change."""
    op.create_table(
        "subscriptions",
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("wants", sa.String(length=4), nullable=False, comment="ALL, DATA or RET"),
        sa.PrimaryKeyConstraint("organisation_id", "number", name=op.f("pk_subscriptions")),
        comment="a message whose data or receipts a third party gets, numbered for each of these",
    )
