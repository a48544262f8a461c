"""Writing messages of the agencies' own namespace, and the envelope of the national ones."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import escape

from adapters.base.values import Item, Nodes

#: The namespace of what tax, FX and later agencies get and answer (schemas/agency).
AGENCY_NAMESPACE = "urn:single-window:agency:1"
#: The namespace of the national transport envelope (schemas/dxp).
ENVELOPE_NAMESPACE = "http://www.chinaport.gov.cn/dxp"
BEIJING = timezone(timedelta(hours=8))


def escaped(text: str) -> str:
    """The text as XML content; most values are plain numbers and codes, and quick to pass."""
    return text if text.isalnum() else escape(text)


def elements(pairs: Iterable[tuple[str, object]]) -> str:
    """The pairs as XML elements in their order; those without a value are left out."""
    return "".join(
        f"<{name}>{escaped(str(value))}</{name}>"
        for name, value in pairs
        if value is not None and value != ""
    )


def leg_guid(item: Item, agency: str) -> str:
    """The guid of a leg's own record, so that sending it again shows as the same."""
    name = f"{AGENCY_NAMESPACE}:{agency}:{item.declaration_id}:{item.leg_id}"
    return str(uuid5(NAMESPACE_URL, name)).upper()


def opening(item: Item, agency: str) -> tuple[tuple[str, object], ...]:
    """The elements with which every record for an agency begins: whose it is, by our word and
    by the trade's.
    """
    facts = {**(item.amounts or {}), **item.facts}
    return (
        ("guid", leg_guid(item, agency)),
        ("reference", item.leg_id),
        ("orderNo", facts.get("orderNo")),
        ("ebpCode", facts.get("ebpCode")),
        ("ebcCode", facts.get("ebcCode")),
    )


def document(
    root: str,
    message_id: str,
    now: datetime,
    records: Iterable[str],
    *,
    namespace: str = AGENCY_NAMESPACE,
) -> bytes:
    """A whole message around ready records, of the agencies' own namespace if of no other."""
    sent = now.astimezone(BEIJING).strftime("%Y%m%d%H%M%S")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<{root} xmlns="{namespace}" guid="{escape(message_id)}" version="1.0"'
        f' sentTime="{sent}">{"".join(records)}</{root}>'
    ).encode()


def enveloped(
    body: bytes,
    *,
    message: str,
    message_id: str,
    sender: str,
    receiver: str,
    at: datetime,
    nodes: Nodes | None = None,
) -> bytes:
    """The bytes, unchanged, in the envelope of a terminal node (DxpMsg); same in, same out.

    With `nodes` that stands in the envelope of a transport node (DxpMsgSv, 传输节点报文).
    """
    head = transport_head(message, message_id, sender=sender, receiver=receiver, at=at)
    space = f' xmlns="{ENVELOPE_NAMESPACE}"'
    before, after = ("", "")
    if nodes is not None:
        before = f'<DxpMsgSv{space} ver="1.0">{_server_node(nodes, at)}'
        space, after = "", "</DxpMsgSv>"
    return b"".join(
        (
            f'<?xml version="1.0" encoding="UTF-8"?>\n{before}<DxpMsg{space} ver="1.0">'
            f"<TransInfo>{head}</TransInfo><Data>".encode(),
            base64.b64encode(body),
            f"</Data></DxpMsg>{after}".encode(),
        )
    )


def _server_node(nodes: Nodes, at: datetime) -> str:
    """What the node of entry says; its number is of 8 characters, the time, and 10 digits."""
    entry, end, serial = nodes
    sent = at.astimezone(BEIJING)
    told = elements(
        (
            ("MsgId", f"{entry}{sent:%Y%m%d%H%M%S}{serial % 10**10:010d}"),
            ("SendTime", f"{sent:%Y-%m-%dT%H:%M:%S}"),
            ("EndNode", end),
            ("StaNode", entry),
        )
    )
    return f'<SvNo Ver="1.0">{told}</SvNo>'


def transport_head(
    message: str, message_id: str, *, sender: str, receiver: str, at: datetime
) -> str:
    """What an envelope says of its message, and an answer repeats of the envelope."""
    created = at.astimezone(BEIJING).strftime("%Y-%m-%dT%H:%M:%S")
    return (
        f"<CopMsgId>{escape(message_id)}</CopMsgId><SenderId>{escape(sender)}</SenderId>"
        f"<ReceiverIds><ReceiverId>{escape(receiver)}</ReceiverId></ReceiverIds>"
        f"<CreatTime>{created}</CreatTime><MsgType>{escape(message)}</MsgType>"
    )


def masked(number: object) -> str | None:
    """The last four characters of a personal number, the rest starred; None when there is none.

    Of a number that is no longer than that nothing is told but that there is one.
    """
    text = str(number or "")
    return "*" * (len(text) - 4) + text[-4:] if len(text) > 4 else "*" * len(text) or None
