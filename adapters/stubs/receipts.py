"""The receipts of a simulated agency as XML: a pure function of what it knows of the records.

So a receipt that has to be sent again after a kill is the same, byte by byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from adapters.base import AGENCY_NAMESPACE, BEIJING, escaped
from adapters.stubs.forms import Form, Known, Script


def national_time(seconds: float) -> str:
    """Seconds since 1970 as the nation writes times: Beijing, 17 digits."""
    at = datetime.fromtimestamp(seconds, BEIJING)
    return f"{at:%Y%m%d%H%M%S}{at.microsecond // 1000:03d}"


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

    `known` gives all records of a message that the agency has, where a paper is made of several.
    """
    if form.write is not None:
        (facts,) = records
        return form.write(step, script.texts[step], facts, at).encode()
    paper = script.papers.get(step)
    if paper is None:
        root, namespace = form.receipt, form.namespace
        content = _plain(script, form, step, records, at)
    else:
        root, make = paper
        namespace = form.namespace
        content = "".join(make(facts, at, known) for facts in records)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<{root} xmlns="{namespace}" guid="{guid}" version="1.0">{content}</{root}>'
    ).encode()


def _plain(
    script: Script, form: Form, step: str, records: Iterable[Mapping[str, Any]], at: str
) -> str:
    silent = (form.unnumbered or {}).get(step, ())
    echoes = [name for name in form.echoes if name not in silent]
    text = script.texts[step]
    told = "{" in text
    fixed = escaped(text)
    written = []
    for facts in records:
        echoed = "".join(
            [f"<{name}>{escaped(facts[name])}</{name}>" for name in echoes if facts.get(name)]
        )
        info = escaped(text.format_map(facts)) if told else fixed
        written.append(
            f"<{form.entity}>{echoed}<returnStatus>{step}</returnStatus>"
            f"<returnTime>{at}</returnTime><returnInfo>{info}</returnInfo></{form.entity}>"
        )
    return "".join(written)


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
