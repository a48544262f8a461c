"""What the server itself refuses before the app sees it, said in the same form as everything else.

A body larger than any upload and a request that is no HTTP never reach the app; the server's own
answer to them would be a line of English.
"""

from __future__ import annotations

import json
import secrets
from html import escape
from pathlib import Path

from waitress.channel import HTTPChannel
from waitress.task import ErrorTask

from single_window.api.problems import TYPE, Problem

_CODES = {400: "bad-request", 413: "TRN-TOO-LARGE", 431: "other", 501: "bad-request"}
_PAGE = Path(__file__).with_name("outermost.html")


class ProblemTask(ErrorTask):  # type: ignore[misc]  # waitress has no types
    """Answers what the server refused with a problem, or with a page where a browser asks."""

    def execute(self) -> None:
        """Writes the answer and closes the connection."""
        status = self.request.error.code
        most = str(self.channel.server.adj.max_request_body_size)
        problem = Problem(_CODES.get(status, "broken"), status=status, value="", expected=most)
        number = secrets.token_hex(8)
        headers = self.request.headers
        chinese = not headers.get("ACCEPT_LANGUAGE", "zh").startswith("en")
        told = problem.document(request_id=number, path="", chinese=chinese)
        if "text/html" in headers.get("ACCEPT", ""):
            words = {key: escape(str(value)) for key, value in told.items()}
            text, media_type = (
                _PAGE.read_text("utf-8").format_map(words),
                "text/html; charset=utf-8",
            )
        else:
            text, media_type = json.dumps(told, ensure_ascii=False), TYPE
        body = text.encode()
        self.status = f"{status} {told['title']}"
        self.response_headers += [("Content-Type", media_type), ("X-Request-Id", number)]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class Channel(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    """A connection of the server whose refusals are problems: to be set as its channel class."""

    error_task_class = ProblemTask
