"""All documents of an upload surveyed, those within transport envelopes laid open first."""

from __future__ import annotations

from single_window.intake.archives import Document
from single_window.intake.markup import Refused, decoded
from single_window.intake.signed import Terms, examine
from single_window.intake.surveying import Survey, survey
from single_window.intake.unwrapping import Wrapped, laid_open
from single_window.storage.store import Store


def survey_all(
    store: Store, spool: str, documents: list[Document], terms: Terms
) -> tuple[str, list[Document], list[Survey | Refused]]:
    """What each document tells, or why it is refused; with the spool that holds them by then."""
    surveys = [_found_in(store, spool, document, terms) for document in documents]
    if any(isinstance(found, Wrapped) for found in surveys):
        spool, documents = _laid_open(store, spool, documents, surveys, terms)
    return spool, documents, surveys


def _laid_open(
    store: Store,
    spool: str,
    documents: list[Document],
    surveys: list[Survey | Refused],
    terms: Terms,
) -> tuple[str, list[Document]]:
    """Spool and documents with messages in the place of the envelopes that they came in.

    The surveys of those are made here, the others stay true: places are told within a document.
    """
    envelopes = {at for at, found in enumerate(surveys) if isinstance(found, Wrapped)}
    limit = store.settings.unpacked_max_bytes
    spool, documents, opened = laid_open(store.files, spool, documents, envelopes, limit)
    for at, opening in opened.items():
        found = surveys[at] = _found_in(store, spool, documents[at], terms)
        if isinstance(found, Survey):
            found.findings[:0] = opening.findings(found.message.name)
    return spool, documents


def _found_in(store: Store, spool: str, document: Document, terms: Terms) -> Survey | Refused:
    try:
        return _surveyed(store, spool, document, terms)
    except Refused as refused:
        return refused


def _surveyed(store: Store, spool: str, document: Document, terms: Terms) -> Survey:
    if document.refused is not None:
        raise document.refused
    place = (spool, document.text_offset, document.text_length)
    found = survey(decoded(store.files.blocks(*place), "utf-8"), terms.policy, line=document.line)
    examine(found, store.files.blocks(*place), terms)
    return found
