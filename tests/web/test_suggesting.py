"""Ready choices beside the inputs of a form: shown with their reason, taken with one click."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from single_window import regimes
from single_window.domain.suggesting import Suggestion
from tests.portal import ORDER, Portal, csrf
from tests.telling import in_both

IMPORT = regimes.load("ecommerce_import")
FORM = f"/forms/new/{ORDER}"
UNIT = ("按件计", "Counted in pieces")


def _suggest(message: str, path: str, values: Mapping[str, str]) -> Sequence[Suggestion]:
    """An invented suggestion: a unit for each line, and a currency where there is a number."""
    if path.endswith("/unit"):
        return [Suggestion("007", UNIT), Suggestion("011", ("成套", "In sets"))]
    if path == "OrderHead/currency" and values.get("OrderHead.orderNo"):
        return [Suggestion("502", ("美元订单", "An order in dollars"))]
    return []


@pytest.fixture(autouse=True)
def _suggesting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(IMPORT, "hooks", replace(IMPORT.hooks, suggest=_suggest))


def _post(client: FlaskClient, do: str, **values: str) -> str:
    """Sends the form as a button does; the page that comes."""
    form = {"csrf": csrf(client, FORM), "_seed": "7" * 32, "_do": do, **values}
    answer = client.post(FORM, data=form, follow_redirects=True)
    assert answer.status_code == 200
    return answer.text


def _choices(page: str) -> list[str]:
    return re.findall(r'name="_do" value="(put:[^"]+)"', page)


@in_both
def test_a_choice_is_shown_with_its_name_and_reason(portal: Portal, lang: str) -> None:
    page = portal.browser(lang=lang).get(FORM).text
    assert _choices(page) == ["put:OrderList.1.unit=007", "put:OrderList.1.unit=011"]
    assert UNIT[lang == "en"] in page


def test_a_choice_that_is_taken_stands_in_its_field_and_is_no_longer_offered(
    portal: Portal,
) -> None:
    client = portal.browser()
    page = _post(client, "put:OrderList.1.unit=011", **{"OrderHead.orderNo": "A-1"})
    (unit,) = re.findall(r'<input[^>]*value="(\w*)"[^>]*name="OrderList.1.unit"', page)
    assert unit == "011"
    assert 'value="A-1"' in page
    assert sorted(_choices(page)) == ["put:OrderHead.currency=502", "put:OrderList.1.unit=007"]


@pytest.mark.parametrize("do", ["put:OrderHead.nothing=1", "put:", "put:x"])
def test_what_is_no_field_puts_nothing(portal: Portal, do: str) -> None:
    page = _post(portal.browser(), do, **{"OrderHead.orderNo": "A-1"})
    assert 'value="A-1"' in page


def test_the_page_s_script_is_told_what_is_suggested_now(portal: Portal) -> None:
    client = portal.browser()
    form = {"csrf": csrf(client, FORM), "_seed": "8" * 32, "_do": "save"}
    for number, offered in (("", False), ("A-1", True)):
        sent = form | {"OrderHead.orderNo": number, "_seed": "8" * 31 + str(int(offered))}
        told = client.post(FORM, data=sent, headers={"Accept": "application/json"}).json
        assert ("f-OrderHead-currency" in told["ready"]) == offered
        assert "put:OrderList.1.unit=007" not in told["ready"].get("f-OrderHead-currency", "")


def test_in_a_trade_a_choice_goes_to_its_own_paper(portal: Portal) -> None:
    client = portal.browser()
    path = "/forms/trades/new/ecommerce_import"
    page = client.get(path).text
    name = f"{ORDER}:OrderList.1.unit"
    assert f"put:{name}=007" in _choices(page)
    form = {"csrf": csrf(client, path), "_seed": "9" * 32, "_do": f"put:{name}=007"}
    page = client.post(path, data=form, follow_redirects=True).text
    (unit,) = re.findall(rf'<input[^>]*value="(\w*)"[^>]*name="{re.escape(name)}"', page)
    assert unit == "007"
