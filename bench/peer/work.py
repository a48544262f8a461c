"""The Celery app of a yardstick; the tasks stand with the way that uses them."""

from __future__ import annotations

from bench.peer.place import make_celery

app = make_celery()
