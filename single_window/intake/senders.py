"""Who transmits a message that is made here: an organisation, or a company that it acts for."""

from __future__ import annotations

from sqlalchemy import Connection, select

from single_window.storage.tables import organisations

Transfer = dict[str, str]
"""The fields of the transfer part of a message."""
MODE = "DXP"
"""The E-port data exchange platform; edition 202205 knows no other way."""

NOBODY: Transfer = {"copCode": "-", "copName": "-", "dxpMode": MODE, "dxpId": "-"}
"""The transfer part where nobody is known to transmit and nothing is going to be filed."""


def transfer(connection: Connection, organisation_id: int, client: str = "") -> Transfer:
    """The transfer part in the name of a company, by its code; without one, of the organisation.

    Whether it may be is not judged here: the intake does, for messages from everywhere alike.
    """
    own = organisations.c.id == organisation_id
    row = connection.execute(
        select(organisations).where(organisations.c.code == client if client else own)
    ).first()
    if row is None:
        return {"copCode": client, "copName": client, "dxpMode": MODE, "dxpId": ""}
    return {"copCode": row.code, "copName": row.name_zh, "dxpMode": MODE, "dxpId": row.dxp_id}
