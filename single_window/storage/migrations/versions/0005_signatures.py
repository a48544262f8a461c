"""the report of each signature, and policies by their new names

A migration runs forward only and must not break the release that is running beside it: to that one
a policy it does not know is the one that warns.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_NAMES = {"require": "required", "ignore": "ignored", "warn": ""}


def upgrade() -> None:
    """Makes the change."""
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "signature",
                sa.Text(),
                nullable=True,
                comment="report of the verification, JSON; of signed ones only",
            )
        )
    organisations = sa.table("organisations", sa.column("signature_policy", sa.String))
    for old, new in _NAMES.items():
        own = organisations.c.signature_policy == old
        op.execute(organisations.update().where(own).values(signature_policy=new))
