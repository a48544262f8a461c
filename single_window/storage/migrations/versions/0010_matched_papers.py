"""which papers a declaration was found to fit, so that it is not matched with them again

A migration runs forward only and must not break the release that is running beside it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Makes the change."""
    op.add_column(
        "declarations",
        sa.Column(
            "matched_with",
            sa.String(200),
            nullable=False,
            server_default=sa.text("''"),
            comment="numbers of the papers that were found to fit this one",
        ),
    )
