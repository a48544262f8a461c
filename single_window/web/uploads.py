"""Files of a form, read while they stream in: never whole in memory, never plain on the disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flask import Request
from werkzeug.exceptions import BadRequest
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

_BLOCK = 256 * 1024
_FIELD_MAX = 1024


class Form:
    """A multipart form whose small fields come before its files.

    Flask's own parser would lay each file down, unencrypted, in the system's temporary folder.
    """

    def __init__(self, request: Request, *, most: int) -> None:
        boundary = request.mimetype_params.get("boundary", "")
        if request.mimetype != "multipart/form-data" or not boundary:
            raise BadRequest
        request.max_content_length = most
        self._decoder = MultipartDecoder(boundary.encode("latin-1"))
        self._read: Callable[[int], bytes] = request.stream.read
        self._held: Event | None = None
        self.fields: dict[str, str] = {}

    def read_fields(self) -> dict[str, str]:
        """The fields that stand before the first file."""
        while not isinstance(event := self._next(), File | Epilogue):
            if isinstance(event, Field):
                self.fields[event.name] = b"".join(self._part(_FIELD_MAX)).decode(
                    "utf-8", "replace"
                )
        self._held = event
        return self.fields

    def files(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Name and bytes of each file that was chosen; its bytes are to be read before the next."""
        event = self._held or self._next()
        while not isinstance(event, Epilogue):
            if isinstance(event, File):
                blocks = self._part()
                if event.filename:
                    yield event.filename, blocks
                for _ in blocks:  # what the taker left unread
                    pass
            event = self._next()

    def _part(self, most: int | None = None) -> Iterator[bytes]:
        size = 0
        while True:
            event = self._next()
            if not isinstance(event, Data):
                raise BadRequest
            size += len(event.data)
            if most is not None and size > most:
                raise BadRequest
            yield bytes(event.data)
            if not event.more_data:
                return

    def _next(self) -> Event:
        try:
            while isinstance(event := self._decoder.next_event(), NeedData):
                self._decoder.receive_data(self._read(_BLOCK) or None)
        except ValueError as error:
            raise BadRequest from error
        return event
