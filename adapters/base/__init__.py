"""What every agency's adapter promises, and what all of them share.

An agency is described by its `agency.toml` (read into a `Manifest`) and by two pure functions in
its `adapter.py`: `build` makes the message that the agency takes, `parse` reads what it answers
(`plain_verdicts` does where receipts are flat). Where a plan says which message an agency is told,
`tell` makes it after that message's schema.
`load` joins them with the transport, which is the same for all.
"""

from __future__ import annotations

from adapters.base.manifests import (
    AGENCIES,
    UNKNOWN_EVENT,
    Manifest,
    ReceiptForm,
    TakenTwice,
    joined,
    manifest,
    names,
    told_of,
)
from adapters.base.packages import FIRST, grouped_verdict, inside, is_grouped
from adapters.base.reading import (
    Entity,
    Envelope,
    answer_verdicts,
    envelope_of,
    instant,
    opened,
    plain_verdict,
    plain_verdicts,
    read_receipt,
)
from adapters.base.telling import Description, Unfit
from adapters.base.transport import (
    Adapter,
    Agency,
    Timeouts,
    load,
    outcome_of_fault,
    outcome_of_status,
)
from adapters.base.values import (
    Item,
    Nodes,
    NotAReceipt,
    Outcome,
    Sent,
    Verdict,
)
from adapters.base.writing import (
    AGENCY_NAMESPACE,
    BEIJING,
    ENVELOPE_NAMESPACE,
    document,
    elements,
    enveloped,
    escaped,
    leg_guid,
    masked,
    opening,
    transport_head,
)

__all__ = [
    "AGENCIES",
    "AGENCY_NAMESPACE",
    "BEIJING",
    "ENVELOPE_NAMESPACE",
    "FIRST",
    "UNKNOWN_EVENT",
    "Adapter",
    "Agency",
    "Description",
    "Entity",
    "Envelope",
    "Item",
    "Manifest",
    "Nodes",
    "NotAReceipt",
    "Outcome",
    "ReceiptForm",
    "Sent",
    "TakenTwice",
    "Timeouts",
    "Unfit",
    "Verdict",
    "answer_verdicts",
    "document",
    "elements",
    "envelope_of",
    "enveloped",
    "escaped",
    "grouped_verdict",
    "inside",
    "instant",
    "is_grouped",
    "joined",
    "leg_guid",
    "load",
    "manifest",
    "masked",
    "names",
    "opened",
    "opening",
    "outcome_of_fault",
    "outcome_of_status",
    "plain_verdict",
    "plain_verdicts",
    "read_receipt",
    "told_of",
    "transport_head",
]
