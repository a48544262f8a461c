"""which declarations ask for another paper once they are released, and for which

A migration runs forward only and must not break the release that is running beside it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Makes the change."""
    op.add_column(
        "declarations",
        sa.Column(
            "owes",
            sa.String(40),
            nullable=False,
            server_default=sa.text("''"),
            comment="message to be filed about it once it is released; empty: none, or it is done",
        ),
    )
    owing = sa.column("owes") != ""
    op.create_index(
        "ix_declarations_owes",
        "declarations",
        ["organisation_id"],
        sqlite_where=owing,
        postgresql_where=owing,
    )
