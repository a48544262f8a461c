"""The window says of the public samples what is published of them, and where the fault is."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.fastread import compiled
from single_window.intake.markup import Refused
from tests import answering
from tests.intake.documents import judged

_SAMPLES = answering.SHARED / "samples" / "ecommerce"
_REFUSED = {
    **{
        f"CEB{number}-official-202205.xml": ["ENV-PART-REPEATED"]
        for number in (303, 505, 507, 603, 607)
    },
    "CEB816-real-2020.xml": ["SCH-UNKNOWN", "SCH-UNKNOWN"],
}
_NO_MESSAGE = {
    "CEB214-official-202205.xml": "ENV-UNKNOWN-MESSAGE",
    # An envelope is laid open before its message is judged; inside of one there may be none.
    "DxpMsg-CEB312-real-2017.xml": "ENV-DXP-NESTED",
}
_FILES = sorted(_SAMPLES.glob("*.xml")) or [_SAMPLES]


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.name)
def test_a_sample_is_refused_only_for_what_is_published_to_be_wrong(
    path: Path, shared: Path
) -> None:
    data = path.read_bytes()
    if path.name in _NO_MESSAGE:
        with pytest.raises(Refused) as refused:
            judged(data)
        assert refused.value.code == _NO_MESSAGE[path.name]
        return
    survey, results = judged(data)
    found = [*survey.findings, *(each for result in results for each in result.findings)]
    form = [each for each in found if each.family in ("schema", "envelope")]
    assert [each.code for each in form if each.severity == "reject"] == _REFUSED.get(path.name, [])


@pytest.mark.parametrize("number", [213, 303, 403, 505, 507, 509, 603, 605, 607, 701, 792])
def test_plain_records_of_the_export_papers_are_read_the_fast_way(number: int) -> None:
    for spaced in (True, False):
        assert compiled(f"CEB{number}Message", "ceb", spaced) is not None
