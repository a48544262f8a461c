"""room for longer numbers of what papers act on, and for lines that papers open themselves

A migration runs forward only and must not break the release that is running beside it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Makes the change."""
    for table, column, before, after in (
        ("touches", "key", 130, 200),
        ("touches", "line", 20, 80),
        ("pairings", "key", 122, 210),
        ("quotas", "key", 60, 120),
    ):
        with op.batch_alter_table(table) as batch:
            batch.alter_column(
                column,
                existing_type=sa.String(before),
                type_=sa.String(after),
                existing_nullable=False,
            )
    if op.get_context().dialect.supports_comments:
        op.create_table_comment(
            "pairings",
            "a trade (T|...), waybill (W|...) or what papers act on (A|...) that must be looked at",
        )
