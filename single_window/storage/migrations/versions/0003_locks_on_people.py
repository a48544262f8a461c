"""locks on people

A migration runs forward only and must not break the release that is running beside it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Makes the change."""
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("locked_at", sa.BigInteger(), nullable=True, comment="by the operator")
        )
        batch_op.add_column(
            sa.Column(
                "sessions_ended",
                sa.Integer(),
                server_default=sa.text("0"),
                nullable=False,
                comment="counts up to end all sessions there are",
            )
        )
