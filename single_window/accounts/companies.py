"""The operator's view of the organisations: what is asked of each one's signatures."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy import Connection, or_, select, update

from single_window.declarations.service import Unknown
from single_window.signatures.policies import POLICIES
from single_window.storage.engine import AnyRow
from single_window.storage.store import Store
from single_window.storage.tables import organisations

__all__ = ["SHOWN", "Unknown", "choose_policy", "everyone"]

SHOWN = 100
log = logging.getLogger(__name__)


def everyone(connection: Connection, sought: str) -> Sequence[AnyRow]:
    """The organisations that file, by the beginning of code or name, as many as fit on a page."""
    o = organisations.c
    names = (o.code, o.name_zh, o.name_en)
    return connection.execute(
        select(o.id, o.code, o.name_zh, o.name_en, o.signature_policy)
        .where(or_(*(name.startswith(sought, autoescape=True) for name in names)))
        .where(o.agency.is_(None))
        .order_by(o.code)
        .limit(SHOWN)
    ).all()


def choose_policy(store: Store, code: str, policy: str, *, by: str) -> None:
    """Sets what is asked of an organisation's signatures; "" leaves it to the setting.

    Raises Unknown for an organisation or a policy that there is not.
    """
    if policy not in ("", *POLICIES):
        raise Unknown
    own = organisations.c.code == code
    change = update(organisations).where(own).values(signature_policy=policy)
    with store.database.write() as connection:
        if not connection.execute(change).rowcount:
            raise Unknown
    log.info("signature policy set", extra={"organisation": code, "policy": policy, "by": by})
