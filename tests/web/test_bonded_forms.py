"""Papers of a repair are entered by form: the same record that a program would send, and filed."""

from __future__ import annotations

import pytest

from single_window.intake.forms import from_message
from tests import repairs
from tests.portal import Portal
from tests.web.entering import enter, send

PAPERS = {
    "EMS111": repairs.account("A-1"),
    "INV101": repairs.inventory("W-1", "I"),
    "bonded_repair/DecMessage": repairs.declaration("C-1", "E", "QD021426E000000001", WorkUsd="9"),
    "SAS121": repairs.gate_pass("P-1", "I", "QD021426I000000001"),
}


@pytest.mark.parametrize("where", PAPERS)
def test_a_form_makes_the_paper_that_a_program_would_send(portal: Portal, where: str) -> None:
    _, (values,) = from_message(PAPERS[where])
    client = portal.browser()
    path = enter(client, f"/forms/new/{where}", values)
    made = client.get(f"{path}/message.xml").data
    assert from_message(made)[1] == [values]
    answer = send(client, path, "file_anyway")
    assert (answer.status_code, "/submissions/" in (answer.location or "")) == (303, True)
    portal.work()
    name = where.rpartition("/")[2]
    (item,) = portal.call(f"/api/v1/declarations?message={name}").json["items"]
    assert item["decision"] in ("accept", "warn")
    for lang in ("zh", "en"):
        page = portal.browser(lang=lang).get(f"/declarations/{item['id']}")
        assert (page.status_code, values[_number(name)] in page.text) == (200, True)


def test_lines_within_lines_are_entered_line_by_line(portal: Portal) -> None:
    values = repairs.with_permit(PAPERS["bonded_repair/DecMessage"])
    client = portal.browser()
    path = enter(client, "/forms/new/bonded_repair/DecMessage", values)
    assert from_message(client.get(f"{path}/message.xml").data)[1] == [values]
    limit = "DecLists.DecList.2.DecGoodsLimits.DecGoodsLimit"
    assert send(client, path, f"copy:{limit}.1").status_code == 303
    assert send(client, path, f"delete:{limit}.1").status_code == 303
    assert send(client, path, "copy:DecLists.DecList.2").status_code == 303
    (made,) = from_message(client.get(f"{path}/message.xml").data)[1]
    third = {n.replace("List.2.", "List.3."): v for n, v in values.items() if "List.2." in n}
    assert made == values | third | {"DecLists.DecList.3.GNo": "3"}


def _number(name: str) -> str:
    return {
        "EMS111": "EmsPutrecBsc.etpsPreentNo",
        "INV101": "BondInvtBsc.etpsInnerInvtNo",
        "DecMessage": "DecHead.ContrNo",
        "SAS121": "SasPassportBsc.sasPassportPreentNo",
    }[name]


def test_the_form_of_each_regime_begins_with_its_own_mode(portal: Portal) -> None:
    for regime, mode in (("bonded_repair", "1371"), ("ecommerce_export", "9710")):
        page = portal.browser().get(f"/forms/new/{regime}/DecMessage").text
        assert f'value="{mode}"' in page
    page = portal.browser().get("/forms").text
    assert "/forms/new/bonded_repair/DecMessage" in page
    assert "/forms/new/ecommerce_export/DecMessage" in page
