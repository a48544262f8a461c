"""The receipts of a simulated agency as XML: a pure function of what it knows of the records.

So a receipt that has to be sent again after a kill is the same, byte by byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from adapters.base import (
    AGENCY_NAMESPACE,
    BEIJING,
    ENVELOPE_NAMESPACE,
    Envelope,
    elements,
    enveloped,
    escaped,
    instant,
    transport_head,
)
from adapters.stubs.forms import ENVELOPED, Form, Known, Script

if TYPE_CHECKING:
    from adapters.stubs.desk import Received

#: The platform's code for an envelope that it passes on.
PLATFORM_TOOK = "0000"


def national_time(seconds: float) -> str:
    """Seconds since 1970 as the nation writes times: Beijing, 17 digits."""
    at = datetime.fromtimestamp(seconds, BEIJING)
    return f"{at:%Y%m%d%H%M%S}{at.microsecond // 1000:03d}"


def status_of(step: str) -> str:
    """The status that a step is told as; what follows a colon tells it from others of that status.

    So one status can have several texts: "REJECTED", and "REJECTED:short" for too little left.
    """
    return step.partition(":")[0]


def _nothing(message: str) -> Sequence[Mapping[str, Any]]:
    return ()


def receipt(
    script: Script,
    form: Form,
    step: str,
    records: Iterable[Mapping[str, Any]],
    *,
    guid: str,
    at: str,
    known: Known = _nothing,
) -> bytes:
    """The message with this step's answer to all the records; `at` is the answer's time.

    It travels in an envelope where what it answers did. `known` gives all records of a message
    that the agency has, where a paper is made of several.
    """
    records = list(records)
    if form.write is not None:
        (facts,) = records
        return form.write(step, _text(script, form, step), facts, at).encode()
    sender = records[0].get(ENVELOPED) if records else None
    namespace = form.receipt_namespace
    if step in form.faults:
        root = script.faults[0]
        content = _fault(script, form, step, records[0], at)
    elif step in script.papers:
        root, make = script.papers[step]
        content = "".join(make(facts, at, known) for facts in records)
    else:
        root = form.receipt
        content = _plain(script, form, step, records, at)
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<{root} xmlns="{namespace}" guid="{guid}" version="1.0">{content}</{root}>'
    ).encode()
    if sender is None:
        return body
    own = script.receiver(form.message)
    return enveloped(
        body, message=root, message_id=guid, sender=own, receiver=sender, at=instant(at)
    )


def platform_code(script: Script, received: Received) -> str:
    """The exchange platform's code for a message: what a record asks for by its ending, or else.

    Else it says whether the envelope tells what is inside, and to whom. A fault of form has an
    answer of its own (CEB900) where there is no envelope.
    """
    form, envelope = received.form, received.envelope
    for outcome in {script.outcome(form, facts) for facts in received.records}:
        if outcome in form.platform and (envelope or not form.is_fault(outcome)):
            return form.platform[outcome]
    if envelope is None:
        return PLATFORM_TOOK
    if envelope.message != form.message:
        return "0002"
    return PLATFORM_TOOK if script.receiver(form.message) in envelope.receivers else "2001"


def platform_answer(
    script: Script, code: str, received: Received, *, message_id: str, at: str
) -> bytes:
    """What the exchange platform says of a message at once (DxpRep)."""
    own, message = (script.receiver(received.form.message),), received.form.message
    envelope = received.envelope or Envelope(received.sender, own, message, b"")
    receiver = next(iter(envelope.receivers), "")
    head = transport_head(
        envelope.message,
        message_id,
        sender=envelope.sender,
        receiver=receiver,
        at=instant(at),
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<DxpRep xmlns="{ENVELOPE_NAMESPACE}" ver="1.0">'
        f"<RecevierId>{escaped(envelope.sender)}</RecevierId><Response>"
        f"<ResponseCode>{code}</ResponseCode>{elements([('ResponseInfo', script.texts.get(code))])}"
        f"<NoticeTime>{at[:4]}-{at[4:6]}-{at[6:8]}</NoticeTime>"
        f"<OriHead>{head}</OriHead></Response></DxpRep>"
    ).encode()


def _text(script: Script, form: Form, step: str) -> str:
    return form.texts.get(step) or script.texts[step]


def _plain(
    script: Script, form: Form, step: str, records: Iterable[Mapping[str, Any]], at: str
) -> str:
    status, unnumbered = status_of(step), form.unnumbered or {}
    silent = unnumbered.get(step, unnumbered.get(status, ()))
    echoes = [name for name in form.echoes if name not in silent]
    text = _text(script, form, step)
    told = "{" in text
    fixed = escaped(text)
    written = []
    for facts in records:
        echoed = "".join(
            [f"<{name}>{escaped(facts[name])}</{name}>" for name in echoes if facts.get(name)]
        )
        info = escaped(text.format_map(facts)) if told else fixed
        written.append(
            f"<{form.entity}>{echoed}<returnStatus>{status}</returnStatus>"
            f"<returnTime>{at}</returnTime><returnInfo>{info}</returnInfo></{form.entity}>"
        )
    return "".join(written)


def _fault(script: Script, form: Form, step: str, facts: Mapping[str, Any], at: str) -> str:
    """What is wrong with the form of a message as a whole; its content is not sent back."""
    entity = script.faults[1]
    return (
        f"<{entity}><guid>{escaped(facts['guid'])}</guid><returnStatus>-{step}</returnStatus>"
        f"<returnInfo>{escaped(script.texts[step])}</returnInfo><returnTime>{at}</returnTime>"
        f"<oriCopMsgId>{escaped(facts['message_id'])}</oriCopMsgId>"
        f"<oriMessageType>{form.message}</oriMessageType><oriBizMessage/></{entity}>"
    )


def refusal(texts: Mapping[str, Mapping[str, str]], code: str, values: Mapping[str, str]) -> bytes:
    """The answer to a message that was not taken: the code, and the reason in both languages."""
    reasons = "".join(
        f'<reason xml:lang="{language}">{escaped(text.format_map(values))}</reason>'
        for language, text in texts[code].items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Refusal xmlns="{AGENCY_NAMESPACE}"><code>{code}</code>{reasons}</Refusal>'
    ).encode()
