"""under which regime a declaration was filed: regimes may share a message

A migration runs forward only and must not break the release that is running beside it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_MESSAGES = {
    "ecommerce_import": (
        *("CEB311Message", "CEB411Message", "CEB511Message", "CEB621Message"),
        *("CEB513Message", "CEB623Message", "CEB625Message", "CEB711Message"),
    ),
    "ecommerce_export": (
        *("CEB303Message", "CEB403Message", "CEB505Message", "CEB603Message", "CEB605Message"),
        *("CEB607Message", "CEB507Message", "CEB509Message", "CEB701Message", "CEB213Message"),
        *("CEB215Message", "DecMessage", "OverseasSaleMessage", "OverseasWarehouseMessage"),
    ),
}
"""Until now a message had one regime; what a running older release adds is of these as well."""


def upgrade() -> None:
    """Makes the change."""
    comment = "under which it was filed; empty where no regime takes such a record"
    op.add_column(
        "declarations",
        sa.Column(
            "regime", sa.String(40), nullable=False, server_default=sa.text("''"), comment=comment
        ),
    )
    rows = sa.table("declarations", sa.column("message"), sa.column("regime"))
    for regime, messages in _MESSAGES.items():
        op.execute(rows.update().where(rows.c.message.in_(messages)).values(regime=regime))
