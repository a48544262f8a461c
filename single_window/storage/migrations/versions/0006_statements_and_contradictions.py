"""what agencies state in figures, and where their answers contradict each other

A migration runs forward only and must not break the release that is running beside it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Makes the change."""
    op.create_table(
        "statements",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("declaration_id", sa.BigInteger(), nullable=False),
        sa.Column("agency", sa.String(length=20), nullable=False),
        sa.Column("bill", sa.String(length=40), nullable=False, comment="its number, if any"),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column(
            "amounts",
            sa.Text(),
            nullable=False,
            comment="JSON; {} takes back what the bill stated",
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statements")),
        comment="figures that an agency stated of a declaration; of one bill the last counts",
    )
    op.create_index(op.f("ix_statements_declaration_id"), "statements", ["declaration_id"])
    op.create_table(
        "contradictions",
        sa.Column("agency", sa.String(length=20), nullable=False),
        sa.Column("declaration_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("severity", sa.String(length=8), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("agency", "declaration_id", name=op.f("pk_contradictions")),
        comment="whose desks a contradiction of answers concerns; made anew with each answer",
    )
    op.create_index(op.f("ix_contradictions_declaration_id"), "contradictions", ["declaration_id"])
