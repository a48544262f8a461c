"""Every error as one value, published as application/problem+json in two languages."""

from __future__ import annotations

import csv
import errno
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import request
from werkzeug.exceptions import ClientDisconnected, HTTPException, MethodNotAllowed

from single_window.declarations.service import NotAllowed, Unknown
from single_window.declarations.words import rendered, wording
from single_window.intake.submissions import NotTaken
from single_window.storage.engine import Busy, DiskFull

TYPE = "application/problem+json"
_URN = "urn:single-window:problem:"
_SOON = {"Retry-After": "2"}
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
_BY_STATUS = {
    HTTPStatus.BAD_REQUEST: "bad-request",
    HTTPStatus.UNAUTHORIZED: "logged-out",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.NOT_FOUND: "not-found",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "TRN-TOO-LARGE",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "TRN-TYPE",
}


@dataclass(frozen=True, slots=True)
class Words:
    """What one problem says and what helps, in both languages."""

    status: int
    text_zh: str
    text_en: str
    remedy_zh: str
    remedy_en: str


@cache
def words() -> Mapping[str, Words]:
    """The words of every problem by its code."""
    with Path(__file__).with_name("problems.csv").open(encoding="utf-8", newline="") as file:
        return {
            row.pop("code"): Words(int(row.pop("status")), **row) for row in csv.DictReader(file)
        }


class Problem(Exception):
    """A request that is not answered as asked; `code` has its words in problems.csv or findings."""

    def __init__(
        self,
        code: str,
        *,
        status: int | None = None,
        findings: Iterable[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
        **values: str,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.findings = [*findings]
        self.status = status or words()[code].status
        self.headers = dict(headers or {})
        self.values = values

    def document(self, *, request_id: str, path: str, chinese: bool) -> dict[str, Any]:
        """The problem as published (RFC 9457, with the same words in both languages beside)."""
        texts = self._texts()
        return {
            "type": _URN + self.code,
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": texts["text_zh" if chinese else "text_en"],
            "instance": path,
            "code": self.code,
            **texts,
            "findings": self.findings,
            "request_id": request_id,
        }

    def _texts(self) -> dict[str, str]:
        names = ("text_zh", "text_en", "remedy_zh", "remedy_en")
        if self.findings:
            return {name: str(self.findings[0][name]) for name in names}
        own = words().get(self.code) or wording()[self.code]
        return {name: getattr(own, name).format_map(self.values) for name in names}


def problem_of(error: Exception) -> Problem:
    """The problem that an exception means; `broken` for whatever nobody foresaw."""
    match error:
        case Problem():
            return error
        case NotTaken():
            found = rendered(error.findings, "")
            headers = _SOON if error.status == HTTPStatus.SERVICE_UNAVAILABLE else {}
            return Problem(error.code, status=error.status, findings=found, headers=headers)
        case NotAllowed():
            found = rendered(error.findings, "")
            return Problem(error.code, status=HTTPStatus.CONFLICT, findings=found)
        case Unknown():
            return Problem("not-found")
        case Busy():
            return Problem("TRN-BUSY", status=503, headers=_SOON)
        case DiskFull():
            return Problem("TRN-DISK-FULL", status=507)
        case OSError() if error.errno in _NO_ROOM:
            return Problem("TRN-DISK-FULL", status=507)
        case HTTPException():
            return _of_http(error)
    return Problem("broken")


def _of_http(error: HTTPException) -> Problem:
    if isinstance(error, ClientDisconnected):
        return Problem("TRN-ABORTED", status=HTTPStatus.BAD_REQUEST)
    if isinstance(error, MethodNotAllowed):
        allowed = ", ".join(sorted(error.valid_methods or ()))
        return Problem(
            "wrong-method", value=request.method, expected=allowed, headers={"Allow": allowed}
        )
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Problem("broken", status=status)
    code = getattr(error, "problem", None) or _BY_STATUS.get(status, "other")
    most = str(request.max_content_length or "")
    return Problem(code, status=status, value=request.mimetype, expected=most)
