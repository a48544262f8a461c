"""an index on business keys, by which receipts without our number find their declaration

A migration runs forward only and must not break the release that is running beside it.
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Makes the change."""
    op.create_index("ix_declarations_key", "declarations", ["key"])
