"""The same message in any encoding that XML allows reads as the same records."""

from __future__ import annotations

import codecs

import pytest

from single_window.intake.markup import Refused, encoding_of
from tests.intake.documents import judged, read, right

_TEXT = right(count=2)


def _said(name: str) -> str:
    return _TEXT.replace("UTF-8", name, 1)


def _bare() -> str:
    """Without an XML declaration."""
    return _TEXT.partition("?>\n")[2]


FILES = {
    "UTF-8": _TEXT.encode(),
    "UTF-8 with a mark": codecs.BOM_UTF8 + _TEXT.encode(),
    "UTF-8 without a declaration": _bare().encode(),
    "utf8 in small letters": _said("utf8").encode(),
    "GBK": _said("GBK").encode("gbk"),
    "GB2312 that holds more": _said("GB2312").encode("gbk"),
    "GB18030": _said("gb18030").encode("gb18030"),
    "UTF-16 with a mark": _said("UTF-16").encode("utf-16"),
    "UTF-16 big end first": codecs.BOM_UTF16_BE + _said("UTF-16").encode("utf-16-be"),
    "UTF-16 without a mark": _said("UTF-16").encode("utf-16-le"),
    "UTF-16 big end first, no mark": _said("UTF-16").encode("utf-16-be"),
    "UTF-16 without mark or declaration": _bare().encode("utf-16-le"),
    "UTF-16 big end first, nothing said": _bare().encode("utf-16-be"),
    "UTF-32 with a mark": codecs.BOM_UTF32_LE + _said("UTF-32").encode("utf-32-le"),
    "apostrophes": _TEXT.replace('"UTF-8"', "'UTF-8'", 1).encode(),
}


@pytest.mark.parametrize("name", FILES)
def test_the_records_are_the_same(name: str) -> None:
    wanted = [result.record for result in judged(_TEXT)[1]]
    got = [result.record for result in judged(FILES[name])[1]]
    assert got == wanted
    assert wanted[0] is not None


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_characters_cut_at_the_end_of_a_block_stay_whole(name: str, size: int) -> None:
    texts = [child.text for child in read(FILES[name], size)]
    assert texts == [child.text for child in read(_TEXT.encode())]


def test_latin_1_reads_its_own_letters() -> None:
    text = _TEXT.encode("ascii", "xmlcharrefreplace").decode().replace("SKU", "SKÜ")
    data = text.replace("UTF-8", "ISO-8859-1", 1).encode("latin-1")
    _, results = judged(data)
    assert results[0].record is not None
    assert results[0].record["OrderList"][0]["itemNo"].startswith("SKÜ")


def test_character_references_read_as_their_characters() -> None:
    wanted = [result.record for result in judged(_TEXT)[1]]
    data = _TEXT.encode("ascii", "xmlcharrefreplace")
    assert [result.record for result in judged(data)[1]] == wanted


@pytest.mark.parametrize("name", ["klingon", "utf-7", "idna", "unicode_escape", "base64"])
def test_what_is_no_charset_is_refused(name: str) -> None:
    with pytest.raises(Refused) as refused:
        encoding_of(f'<?xml version="1.0" encoding="{name}"?>'.encode())
    assert refused.value.code == "ENV-ENCODING"
    assert refused.value.values == {"value": name}
