"""From a declaration to the paper that cancels it or takes it back."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import update

from single_window.storage import tables as t
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
