"""From a declaration to the paper that cancels it or takes it back."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import update

from single_window.demo import exports as demo
from single_window.demo.cast import parties
from single_window.demo.writing import serialise
from single_window.storage import tables as t
from single_window.storage.engine import beijing_day, now_ms
from tests.portal import INVENTORY, Portal, made, message

NUMBER = "02132026I000000001"


@pytest.mark.parametrize(
    ("outcome", "offered"),
    [("released", ["CEB625Message"]), ("under_way", ["CEB623Message"]), ("rejected", [])],
)
def test_what_may_follow_is_offered_and_filled_in(
    portal: Portal, outcome: str, offered: list[str]
) -> None:
    (trade,) = made()
    portal.file(message(INVENTORY, [trade]))
    (item,) = portal.call("/api/v1/declarations").json["items"]
    told = {"outcome": outcome, "invt_no": NUMBER, "numbers": f'{{"invtNo": "{NUMBER}"}}'}
    with portal.store.database.write() as connection:
        connection.execute(update(t.declarations).values(told))
    browser = portal.browser()
    page = browser.get(f"/declarations/{item['id']}").text
    links = re.findall(r'href="(/forms/new/(\w+)\?of=\d+)"', page)
    assert [name for _, name in links] == offered
    for link, _ in links:
        form = browser.get(link).text
        assert f'value="{NUMBER}"' in form
        assert trade.order_no in form


@pytest.mark.parametrize(("user", "home"), [("trader", "/trades"), ("broker", "/")])
@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", "Inventory, released: 2. Summary application to be filed by"),
        ("zh", "2 份已放行的清单须在"),
    ],
)
def test_what_is_still_to_be_summed_up_stands_on_the_desk(
    portal: Portal, user: str, home: str, lang: str, words: str
) -> None:
    sold = list(demo.exports(2, 9, beijing_day(now_ms()), flag="B"))
    records = [each.records[demo.INVENTORY] for each in sold]
    body = serialise(demo.INVENTORY, records, guid="D" * 36, sender=parties()["agent"])
    browser = portal.browser(user, lang=lang)
    assert 'id="part-owed"' not in browser.get(home).text
    portal.file(body, by=user)
    with portal.store.database.write() as connection:
        connection.execute(update(t.declarations).values(outcome="released"))
    page = browser.get(home).text
    assert words in page
    link = re.search(r'href="(/forms/new/CEB701Message)"', page)
    assert link and browser.get(link[1]).status_code == 200
