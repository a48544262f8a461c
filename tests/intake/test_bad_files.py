"""What cannot be taken is refused as a whole, with a code that says why and where it can a line."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from schemas.registry import messages
from single_window.declarations.words import wording
from single_window.intake.markup import ATTRIBUTES_MAX, CHILD_MAX, DEPTH_MAX, Refused
from single_window.intake.reading import Reader
from single_window.intake.surveying import survey
from tests.intake.documents import ORDER, judged, right

_GOOD = right()
_END = f"</ceb:{ORDER}>"


def _in_record(text: str) -> str:
    """The right message with something put at the start of its record."""
    return _GOOD.replace("<ceb:Order>", f"<ceb:Order>{text}", 1)


def _before_record(text: str) -> str:
    return _GOOD.replace("<ceb:Order>", f"{text}<ceb:Order>", 1)


def _prolog(text: str) -> str:
    return _GOOD.replace("?>\n", f"?>\n{text}\n", 1)


_DEEP = "<a>" * (DEPTH_MAX + 1) + "</a>" * (DEPTH_MAX + 1)
_MANY = "<a " + " ".join(f'a{n}=""' for n in range(ATTRIBUTES_MAX + 1)) + "/>"
_BOMB = '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
_OUTSIDE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'

FILES: dict[str, tuple[str, str | bytes]] = {
    "nothing at all": ("ENV-EMPTY", b""),
    "white space only": ("ENV-EMPTY", " \n\t" * 50),
    "a lot of white space": ("ENV-HEAD-TOO-LARGE", " " * 300_000),
    "a long comment first": ("ENV-HEAD-TOO-LARGE", _prolog(f"<!--{'x' * 70_000}-->")),
    "a picture": ("ENV-BYTES", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\xff\xff"),
    "words": ("ENV-MALFORMED", "orderNo,goodsValue\n1,2\n"),
    "JSON": ("ENV-MALFORMED", '{"orderNo": "1"}'),
    "GBK that says UTF-8": ("ENV-BYTES", _GOOD.encode("gbk")),
    "an encoding nobody knows": ("ENV-ENCODING", _GOOD.replace("UTF-8", "KLINGON-8", 1)),
    "a codec that is no charset": ("ENV-ENCODING", _GOOD.replace("UTF-8", "unicode_escape", 1)),
    "half a character at the end": ("ENV-BYTES", _GOOD.encode() + b"\xe4"),
    "cut in the start tag": ("ENV-MALFORMED", _GOOD[:90]),
    "cut after the start tag": ("ENV-TRUNCATED", _GOOD[: _GOOD.index("<ceb:Order>")]),
    "cut in a record": ("ENV-TRUNCATED", _GOOD[: len(_GOOD) // 2]),
    "cut before the end tag": ("ENV-TRUNCATED", _GOOD[: _GOOD.index(_END)]),
    "cut in the end tag": ("ENV-TRUNCATED", _GOOD[: _GOOD.index(_END) + 5]),
    "another end tag": ("ENV-MALFORMED", _GOOD.replace(_END, "</ceb:CEB411Message>")),
    "something after the end": ("ENV-MALFORMED", _GOOD + "<more/>"),
    "words after the end": ("ENV-MALFORMED", _GOOD + "end"),
    "a root that is closed at once": (
        "ENV-MALFORMED",
        f'<c:{ORDER} xmlns:c="http://www.chinaport.gov.cn/ceb"/><more/>',
    ),
    "two messages in one": ("ENV-MALFORMED", _GOOD + _GOOD),
    "tags that cross": ("ENV-MALFORMED", _in_record("<a><b></a></b>")),
    "an ampersand alone": ("ENV-MALFORMED", _in_record("<a>R&D</a>")),
    "a character XML forbids": ("ENV-MALFORMED", _in_record("<a>\x01</a>")),
    "an attribute twice": ("ENV-MALFORMED", _in_record('<a b="1" b="2"/>')),
    "a prefix nobody declared": ("ENV-MALFORMED", _in_record("<no:a/>")),
    "two hyphens in a comment": ("ENV-MALFORMED", _before_record("<!-- a -- b -->")),
    "a second XML declaration": ("ENV-MALFORMED", _before_record('<?xml version="1.0"?>')),
    "an entity nobody declared": ("ENV-MALFORMED", _in_record("<a>&nbsp;</a>")),
    "a document type": ("ENV-DOCTYPE", _prolog("<!DOCTYPE CEB311Message>")),
    "an entity bomb": ("ENV-DOCTYPE", _prolog(_BOMB)),
    "an entity from outside": ("ENV-DOCTYPE", _prolog(_OUTSIDE)),
    "nesting without end": ("ENV-TOO-DEEP", _in_record(_DEEP)),
    "attributes without end": ("ENV-ATTRIBUTES", _in_record(f"{_MANY}<b></b>")),
    "a record without end": ("ENV-TOO-LARGE", _in_record(f"<a>{'x' * CHILD_MAX}</a>")),
    "another namespace": ("ENV-NAMESPACE", _GOOD.replace("gov.cn/ceb", "gov.cn/CEB")),
    "no namespace": ("ENV-NAMESPACE", "<CEB311Message><Order/></CEB311Message>"),
    "an unknown message": ("ENV-UNKNOWN-MESSAGE", _GOOD.replace("CEB311M", "CEB999M")),
    "a page": ("ENV-UNKNOWN-MESSAGE", "<html><body/></html>"),
}


@pytest.mark.parametrize("what", FILES)
def test_it_is_refused_whole(what: str) -> None:
    code, data = FILES[what]
    with pytest.raises(Refused) as refused:
        judged(data)
    assert refused.value.code == code
    assert code in wording()


@pytest.mark.parametrize(
    ("what", "line"), [("tags that cross", 3), ("an ampersand alone", 3), ("a document type", 2)]
)
def test_the_line_of_the_fault_is_told(what: str, line: int) -> None:
    _, data = FILES[what]
    assert isinstance(data, str)
    with pytest.raises(Refused) as refused:
        judged(data.replace("<ceb:Order>", "\n<ceb:Order>", 1))
    assert refused.value.line == line


def test_no_part_of_a_message_is_taken_for_a_whole_one() -> None:
    text = right(count=2)
    for at in range(1, len(text.rstrip()), 97):
        with pytest.raises(Refused):
            judged(text[:at])


def test_a_gigabyte_of_spaces_is_given_up_after_the_first_blocks() -> None:
    taken = 0

    def spaces() -> Iterator[str]:
        nonlocal taken
        while True:
            taken += 1
            yield " " * 65536

    with pytest.raises(Refused):
        Reader(spaces())
    assert taken < 20


def test_a_gigabyte_of_spaces_between_records_needs_no_memory() -> None:
    start, rest = _GOOD.split("<ceb:Order>", 1)

    def texts() -> Iterator[str]:
        yield start
        for _ in range(1600):
            yield " " * 65536
        yield "<ceb:Order>" + rest

    reader = Reader(texts())
    child = next(iter(reader.children()))
    assert child.text.startswith("<ceb:Order>")
    assert child.offset == len(start.encode()) + 1600 * 65536


def test_every_message_that_has_a_schema_is_known() -> None:
    for message in messages():
        namespace = messages()[message].namespace
        root = f'<c:{message} xmlns:c="{namespace}"/>' if namespace else f"<{message}/>"
        assert survey([root], "ignored").message.name == message
