"""The Celery app: it only carries names and ids; what is to be done stands in the database."""

from __future__ import annotations

import logging
from typing import Any

from celery import Celery
from kombu.transport import TRANSPORT_ALIASES

from single_window.settings import Settings

log = logging.getLogger(__name__)

WORK = "work"
"""Queue of what keeps a processor busy: checking, pairing, reading receipts."""
SEND = "send"
"""Queue of what waits for others: a slow agency fills this one and nothing else."""


TRANSPORT_ALIASES["sqla"] = "worker.broker:QuickTransport"


def make_app(settings: Settings) -> Celery:
    """The app for these settings; connects to nothing yet."""
    app = Celery("single_window", broker=settings.broker, include=["worker.tasks"])
    app.conf.update(
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        task_acks_late=False,
        worker_prefetch_multiplier=1,
        broker_connection_retry_on_startup=True,
        task_default_queue=settings.broker_queue + WORK,
        task_routes={"worker.dispatch": {"queue": settings.broker_queue + SEND}},
        worker_hijack_root_logger=False,
        task_serializer="json",
        accept_content=["json"],
        timezone="UTC",
        worker_send_task_events=False,
        worker_enable_remote_control=False,
        broker_transport_options=_options(settings.broker),
        worker_redirect_stdouts=False,
    )
    return app


def _options(broker: str) -> dict[str, Any]:
    if broker.startswith("redis"):
        return {"visibility_timeout": 3600}
    if broker.startswith("sqla+sqlite"):
        return {"connect_args": {"timeout": 30}}
    return {}


def prepare_broker(app: Celery, settings: Settings) -> None:
    """Makes the default broker's tables: two processes that do so together can fail."""
    if not settings.broker.startswith("sqla+"):
        return
    with app.connection_for_write() as connection:
        channel = connection.channel()
        for queue in (WORK, SEND):
            channel._new_queue(settings.broker_queue + queue)
        channel.close()


def _processes(settings: Settings) -> int:
    return settings.worker_processes or (1 if settings.database.startswith("sqlite") else 2)


def worker_arguments(settings: Settings, queue: str) -> list[str]:
    """The command line of the Celery worker that serves a queue."""
    pool = {
        SEND: ["--pool=threads", "--concurrency=8"],
        WORK: ["--pool=prefork", f"--concurrency={_processes(settings)}"],
    }[queue]
    return [
        "worker",
        f"--queues={settings.broker_queue}{queue}",
        f"--hostname={queue}@%h",
        *pool,
        "--without-gossip",
        "--without-mingle",
        "--without-heartbeat",
        f"--loglevel={settings.log_level}",
    ]
