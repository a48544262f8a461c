"""Log lines: one line each, a constant event and named values, never a person's data."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
import traceback
from pathlib import Path

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "data"}
_PERSONAL = re.compile(
    r"(?<![0-9A-Za-z])(\d{6})\d{8}(\d{3}[\dXx])(?![0-9A-Za-z])|(?<!\d)(1\d{2})\d{4}(\d{4})(?!\d)"
)


_STEPS = 4
"""Calls that are named with an error; the last is where it came up."""


def masked(text: str) -> str:
    """The text with identity-card and telephone numbers made unreadable."""
    return _PERSONAL.sub(lambda m: f"{m[1] or m[3]}****{m[2] or m[4]}", text)


def failed(log: logging.Logger, event: str, error: Exception, **about: object) -> None:
    """Tells that something broke down, what kind of error it was, and where.

    What the error itself says is left out: it may repeat a value of a record.
    """
    steps = traceback.extract_tb(error.__traceback__)[-_STEPS:]
    at = [f"{Path(step.filename).name}:{step.lineno} {step.name}" for step in steps]
    log.error(event, extra={"error": type(error).__name__, "at": at, **about})


class Line(logging.Formatter):
    """One JSON object a line: time in UTC, level, logger, event, and the values given with it."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": f"{self.formatTime(record, '%Y-%m-%dT%H:%M:%S')}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return masked(json.dumps(line, ensure_ascii=False, default=str))


def set_up(level: str) -> None:
    """Sends all log lines to standard error in this form."""
    handler = logging.StreamHandler(sys.stderr)
    formatter = Line()
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("kombu", "celery", "urllib3", "alembic", "waitress.queue", "amqp"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
