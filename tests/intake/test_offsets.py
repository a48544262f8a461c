"""Each record is known by where it lies: cut out there, it is the record, byte for byte."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from single_window.demo.trades import PAPERS
from single_window.intake.checking import message_of
from single_window.intake.reading import Reader
from tests.intake.documents import INVENTORY, ORDER, judged, read, right

_BETWEEN = st.lists(
    st.sampled_from(
        ["\n", "\r\n", " \t", "<!-- 说明 -->", "<?note 记?>", "<!--\n-->", "<!--<ceb:Order>-->"]
    ),
    max_size=3,
).map("".join)
_NAME = re.compile(r"<ceb:(Order|Inventory|BaseTransfer)>.*?</ceb:\1>", re.DOTALL)


def _pieces(message: str, count: int, *, indent: bool) -> list[str]:
    """The start of a message, its children, and its end, each by itself."""
    text = right(message, count, indent=indent)
    places = [match.span() for match in _NAME.finditer(text)]
    children = [text[start:end] for start, end in places]
    return [text[: places[0][0]].rstrip(), *children, text[places[-1][1] :].lstrip()]


@given(
    between=st.lists(_BETWEEN, min_size=6, max_size=6),
    indent=st.booleans(),
    size=st.integers(1, 900),
    ahead=st.integers(1, 3000),
)
def test_what_lies_there_is_the_record(
    between: list[str], indent: bool, size: int, ahead: int
) -> None:
    start, *children, end = _pieces(INVENTORY, 3, indent=indent)
    gaps = iter(between)
    text = start + "".join(next(gaps) + child for child in children) + next(gaps) + end
    data = text.encode()
    found = read(data, size, ahead=ahead)
    assert [child.text for child in found] == children
    for child in found:
        assert data[child.offset : child.offset + child.length].decode() == child.text
        assert child.line == data[: child.offset].count(b"\n") + 1


@pytest.mark.parametrize("message", PAPERS)
@pytest.mark.parametrize("indent", [True, False])
def test_a_stretch_read_again_gives_the_same_records(message: str, indent: bool) -> None:
    data = right(message, 5, indent=indent).encode()
    found = read(data)[:-1]
    first, last = found[1], found[3]
    stretch = data[first.offset : last.offset + last.length].decode()
    head = Reader([data.decode()]).head
    assert message_of(head) is not None
    again = Reader.inside(head, stretch, offset=first.offset, line=first.line)
    for one, other in zip(again.children(whole=False), found[1:4], strict=True):
        assert one[:4] == other[:4]


def test_a_message_of_many_is_cut_in_hundreds() -> None:
    text = right(ORDER, 250)
    found, results = judged(text)
    data = text.encode()
    assert [(cut.first, cut.records) for cut in found.cuts] == [(1, 100), (101, 100), (201, 50)]
    assert [result.ordinal for result in results] == list(range(1, 251))
    for cut in found.cuts:
        stretch = data[cut.offset : cut.end]
        assert stretch.startswith(b"<ceb:Order>")
        assert stretch.endswith(b"</ceb:Order>")
        assert stretch.count(b"<ceb:Order>") == cut.records


@given(size=st.integers(1, 5000), ahead=st.integers(1, 20_000))
def test_it_does_not_matter_in_what_blocks_bytes_arrive(size: int, ahead: int) -> None:
    text = right(INVENTORY, 4).replace("<ceb:gnum>1<", "<ceb:gnum><![CDATA[1]]><", 2)
    whole = read(text.encode())
    parts = read(text.encode(), size, ahead=ahead)
    assert [child[:4] for child in parts] == [child[:4] for child in whole]
