"""Posting a message to an agency, and the one place where network facts become outcomes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Protocol, cast

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from adapters.base.manifests import Manifest, manifest
from adapters.base.telling import Description, told
from adapters.base.values import Item, Nodes, Outcome, Sent, Verdict
from adapters.base.writing import enveloped


class Adapter(Protocol):
    """All that the window may ask of an agency."""

    @property
    def name(self) -> str: ...

    @property
    def manifest(self) -> Manifest: ...

    def build(self, items: Sequence[Item], *, message_id: str, now: datetime) -> bytes:
        """The agency's message for these legs; the same items give the same bytes."""

    def tell(
        self, described: Description, items: Sequence[Item], *, message_id: str, now: datetime
    ) -> bytes:
        """A message after its description; Unfit where a required element has no value."""

    def wrap(
        self,
        body: bytes,
        *,
        message: str,
        message_id: str,
        sender: str,
        at: datetime,
        nodes: Nodes | None = None,
    ) -> bytes:
        """A national message in the transport envelope; the same bytes give the same."""

    def send(self, body: bytes, *, message_id: str, content: str = "application/xml") -> Sent:
        """Post the message once; never raises for what the network does."""

    def parse(self, body: bytes) -> list[Verdict]:
        """The verdicts in a receipt; NotAReceipt when it is none, or is broken in any part."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait for a connection, and then for the answer."""

    connect_seconds: float = 3.05
    read_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Agency:
    """An adapter made of a manifest, an address and the two functions of `adapter.py`."""

    manifest: Manifest
    url: str
    key: str
    timeouts: Timeouts
    builder: Callable[..., bytes]
    parser: Callable[[bytes, Manifest], list[Verdict]]

    @property
    def name(self) -> str:
        """The folder's name, by which plans and settings speak of the agency."""
        return self.manifest.name

    def build(self, items: Sequence[Item], *, message_id: str, now: datetime) -> bytes:
        """The agency's message for these legs; the same items give the same bytes."""
        return self.builder(items, message_id=message_id, now=now)

    def tell(
        self, described: Description, items: Sequence[Item], *, message_id: str, now: datetime
    ) -> bytes:
        """A message after its description; Unfit where a required element has no value."""
        return told(described, items, agency=self.name, message_id=message_id, now=now)

    def wrap(
        self,
        body: bytes,
        *,
        message: str,
        message_id: str,
        sender: str,
        at: datetime,
        nodes: Nodes | None = None,
    ) -> bytes:
        """A national message in the transport envelope; the same bytes give the same."""
        return enveloped(
            body,
            message=message,
            message_id=message_id,
            sender=sender,
            receiver=self.manifest.receiver(message),
            at=at,
            nodes=nodes,
        )

    def send(self, body: bytes, *, message_id: str, content: str = "application/xml") -> Sent:
        """Post the message once; never raises for what the network does."""
        headers = {"Content-Type": content, "X-Message-Id": message_id}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        try:
            answer = _session().post(
                f"{self.url.rstrip('/')}/messages",
                data=body,
                headers=headers,
                timeout=(self.timeouts.connect_seconds, self.timeouts.read_seconds),
                allow_redirects=False,
            )
        except (requests.RequestException, OSError) as fault:
            return Sent(outcome_of_fault(fault), detail=type(fault).__name__)
        outcome = outcome_of_status(answer.status_code)
        retry_after = _seconds(answer.headers.get("Retry-After"))
        # Only a good answer may carry a receipt; the text of a refusal is for the operator.
        good = outcome is Outcome.TAKEN and len(answer.content) > 0
        detail = "" if outcome is Outcome.TAKEN else answer.text[:500]
        receipt = answer.content if good and _is_xml(answer.headers) else None
        return Sent(outcome, answer.status_code, detail, receipt, retry_after)

    def parse(self, body: bytes) -> list[Verdict]:
        """The verdicts in a receipt; NotAReceipt when it is none, or is broken in any part."""
        return self.parser(body, self.manifest)


def load(name: str, *, url: str, key: str = "", timeouts: Timeouts | None = None) -> Adapter:
    """The adapter of an agency at an address; KeyError when there is no such agency."""
    told = manifest(name)
    module = import_module(f"adapters.{name}.adapter")
    return Agency(told, url, key, timeouts or Timeouts(), module.build, module.parse)


#: Statuses below 500 that say "not now", not "never".
_LATER = frozenset({408, 423, 425, 429})


def outcome_of_status(status: int) -> Outcome:
    """What an HTTP status means for the message that was posted."""
    if 200 <= status < 300:
        return Outcome.TAKEN
    if status == 409:
        return Outcome.DUPLICATE
    if status >= 500 or status in _LATER:
        return Outcome.TRY_LATER
    return Outcome.REFUSED


def outcome_of_fault(fault: BaseException) -> Outcome:
    """Whether the message can have left before the network failed.

    A connection that never stood took nothing; after that nobody can tell, also when a kept
    connection turns out to be dead: the agency may have read the message and died answering.
    """
    if isinstance(fault, requests.exceptions.Timeout):
        never_left = isinstance(fault, requests.exceptions.ConnectTimeout)
        return Outcome.TRY_LATER if never_left else Outcome.UNKNOWN
    unsendable = (requests.exceptions.SSLError, requests.exceptions.ProxyError, ValueError)
    if isinstance(fault, unsendable) or _never_connected(fault):
        return Outcome.TRY_LATER
    return Outcome.UNKNOWN


def _never_connected(fault: BaseException) -> bool:
    """True when somewhere among the causes the connection itself was not made."""
    waiting: list[BaseException] = [fault]
    seen: set[int] = set()
    while waiting:
        cause = waiting.pop()
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        if isinstance(cause, NewConnectionError | ConnectTimeoutError | ConnectionRefusedError):
            return True
        further = (cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args)
        waiting += [each for each in further if isinstance(each, BaseException)]
    return False


_sessions = threading.local()


def _session() -> requests.Session:
    """A session of this thread in this process: sockets may be shared with neither."""
    if getattr(_sessions, "pid", None) != os.getpid():
        session = requests.Session()
        session.trust_env = False
        for scheme in ("http://", "https://"):
            # No retries down there: an attempt that nobody wrote down is a message sent twice.
            session.mount(scheme, HTTPAdapter(pool_connections=8, pool_maxsize=8, max_retries=0))
        _sessions.session, _sessions.pid = session, os.getpid()
    return cast(requests.Session, _sessions.session)


def _seconds(header: str | None) -> int | None:
    return int(header) if header and header.isdigit() else None


def _is_xml(headers: Mapping[str, str]) -> bool:
    return "xml" in headers.get("Content-Type", "")
