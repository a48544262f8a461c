"""On form, the window says of each record what libxml2 and the schema say of it."""

from __future__ import annotations

from collections import Counter

import pytest

from schemas import fastread
from schemas.registry import gate
from single_window.declarations.words import wording
from single_window.intake.checking import as_record, is_record
from single_window.intake.markup import tree
from single_window.intake.reading import Reader
from tests.intake.documents import judged
from tests.intake.mutations import Mutated, mutated

RECORDS = 1200


@pytest.fixture(scope="module")
def documents() -> list[Mutated]:
    return list(mutated(RECORDS, seed=20261124))


def test_every_record_has_the_schemas_verdict(documents: list[Mutated]) -> None:
    wrong = []
    for document in documents:
        _, results = judged(document.text)
        said = tuple(all(f.family != "schema" for f in r.findings) for r in results)
        if said != document.right:
            wrong.append((document.text, said, document.right))
    assert wrong == []


def test_there_are_enough_of_both_kinds(documents: list[Mutated]) -> None:
    verdicts = Counter(right for document in documents for right in document.right)
    assert min(verdicts[True], verdicts[False]) > RECORDS // 10


def test_what_is_read_fast_is_right_and_reads_the_same(documents: list[Mutated]) -> None:
    fast_ones = 0
    for document in documents:
        found = document.message
        reader = Reader([document.text])
        fast = fastread.compiled(found.name, reader.head.prefix, reader.spaced())
        for child in reader.children():
            if not is_record(found, child) or fast is None:
                continue
            match = fast.match(child.text, 0)
            if match is None or match.end != len(child.text):
                continue
            fast_ones += 1
            element = tree(reader.head, child.text, 1)
            assert gate(found.name).validate(element), child.text
            slow = as_record(found.record_field, element, found.namespace)
            assert fast.record(match) == slow
    assert fast_ones > RECORDS // 20


def test_every_refusal_is_explained_in_place(documents: list[Mutated]) -> None:
    unexplained = 0
    for document in documents:
        lines = document.text.count("\n") + 1
        _, results = judged(document.text)
        for result, right in zip(results, document.right, strict=True):
            found = [each for each in result.findings if each.family == "schema"]
            assert right or found
            unexplained += any(each.code == "SCH-OTHER" for each in found)
            for each in found:
                assert each.code in wording()
                assert each.severity == "reject"
                assert each.line is not None
                assert result.child.line <= each.line <= lines
    assert unexplained <= RECORDS // 500
