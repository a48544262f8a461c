"""The web process: the Flask app, and Celery as the way in which it wakes the worker."""

from __future__ import annotations

import logging
import tempfile
import threading
from functools import partial

from waitress.server import create_server

from adapters import base
from adapters.stubs.forms import script
from single_window import settings as configuration
from single_window.api.outermost import Channel
from single_window.app import create_app
from single_window.intake import leftovers
from single_window.logs import set_up
from single_window.settings import Settings
from single_window.storage.engine import now_ms
from single_window.storage.store import Store
from worker.app import make_app
from worker.waking import Waker

FORM_BYTES = 64 * 1024
"""What a form adds around the largest file."""
IN_MEMORY_BYTES = 4 * 1024 * 1024
"""Bodies up to this size never touch the disk before they are encrypted."""

RECEIVE_BYTES = 128 * 1024
"""Read from a connection at once; the server's own 8 KiB costs a tenth of an upload's time."""

log = logging.getLogger(__name__)


def main() -> None:
    """Serves the portal until the process ends."""
    settings = configuration.load()
    set_up(settings.log_level)
    store = Store.open(settings)
    _keep_to_itself(settings)
    clear = partial(leftovers.clear, store, now=now_ms())
    threading.Thread(target=clear, name="leftovers", daemon=True).start()
    agencies = [base.manifest(name) for name in base.names()]
    simulated = [script(name) for name in base.names()]
    waker = Waker(make_app(settings), base.names())
    app = create_app(store, waker, agencies=agencies, simulated=simulated)
    log.info("portal starts", extra={"host": settings.host, "port": settings.port})
    server = create_server(
        app,
        host=settings.host,
        port=settings.port,
        threads=settings.web_threads,
        ident=None,
        max_request_body_size=settings.upload_max_bytes + FORM_BYTES,
        channel_timeout=120,
        inbuf_overflow=IN_MEMORY_BYTES,
        recv_bytes=RECEIVE_BYTES,
    )
    server.channel_class = Channel
    server.run()


def _keep_to_itself(settings: Settings) -> None:
    """Has the server put large bodies aside in a folder that nobody else may enter.

    They lie there, nameless, until the window has encrypted them.
    """
    folder = settings.data / "tmp"
    folder.mkdir(mode=0o700, exist_ok=True)
    tempfile.tempdir = str(folder.resolve())


if __name__ == "__main__":
    main()
