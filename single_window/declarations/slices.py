"""New messages out of the exact bytes of records that came in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import uuid4

from schemas import registry
from single_window.storage.engine import AnyRow
from single_window.storage.store import Store

_GUID = re.compile(r"""(\sguid\s*=\s*)("[^"]*"|'[^']*')""")


def new_guid() -> str:
    """A number for a message that we make: 36 characters in upper case, as the nation asks."""
    return str(uuid4()).upper()


def compose(store: Store, source: Any, rows: Iterable[AnyRow], guid: str) -> Iterator[bytes]:
    """A message of records' own bytes, in the form of the message that they came in.

    The signature is left out, since it would no longer be true; the hash of the original, which
    is kept, is named instead. `source` has name, head, sealed_tail, sha256 and spool_file. Where
    the message is one record, that record is all there is.
    """
    if registry.message(source.name).is_record:
        yield b'<?xml version="1.0" encoding="UTF-8"?>\n'
        for row in rows:
            yield store.files.read(source.spool_file, row.first_offset, row.length)
        return
    tag = bytes(source.head).decode()
    name = tag[1:].split(None, 1)[0].rstrip(">")
    start = _GUID.sub(rf'\g<1>"{guid}"', tag, count=1)
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<?single-window original-sha256="{source.sha256}"?>\n{start}'
    ).encode()
    for row in rows:
        yield store.files.read(source.spool_file, row.first_offset, row.length)
    yield store.vault.open(source.sealed_tail) if source.sealed_tail else b""
    yield f"</{name}>".encode()


def form_of(source: Any) -> tuple[str, bytes]:
    """What two messages must share for their records to stand in one: name and start tag."""
    if registry.message(source.name).is_record:
        return source.name, str(source.id).encode()
    return source.name, _GUID.sub("", bytes(source.head).decode()).encode()
