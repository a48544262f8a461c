"""Receipts of the bonded system find the paper that they speak of, whatever it is called by."""

from __future__ import annotations

import pytest

from single_window.storage import tables as t
from single_window.storage.engine import AnyRow
from tests import repairs
from tests.routing.desks import Desk, retry
from tests.window import Window

CLIENTS = (
    b'<Package xmlns="http://www.w3.org/2000/09/xmldsig#"><EnvelopInfo/><DataInfo><BussinessData>'
    b"<DelcareFlag>1</DelcareFlag><InvtMessage><InvtHeadType><EtpsInnerInvtNo>W-1</EtpsInnerInvtNo>"
    b"<PutrecNo>H0214W000001</PutrecNo><BizopEtpsno>120721K001</BizopEtpsno>"
    b"<DclPlcCuscd>0214</DclPlcCuscd><ImpexpMarkcd>I</ImpexpMarkcd><SupvModecd>1371</SupvModecd>"
    b"<MtpckEndprdMarkcd>I</MtpckEndprdMarkcd><DclcusFlag>1</DclcusFlag></InvtHeadType>"
    b"<InvtListType><GdsSeqno>1</GdsSeqno><PutrecSeqno>1</PutrecSeqno><Gdecd>8411121000</Gdecd>"
    b"<DclQty>1</DclQty><DclUnitcd>001</DclUnitcd></InvtListType></InvtMessage>"
    b"</BussinessData></DataInfo></Package>"
)


def filed(window: Window, body: bytes) -> AnyRow:
    window.receive(body)
    window.check()
    return window.rows()[-1]


@pytest.mark.parametrize("body", [repairs.inventory("W-1", "I"), CLIENTS], ids=["own", "client's"])
def test_an_inventory_of_either_layer_is_answered(window: Window, body: bytes) -> None:
    customs = Desk.of("customs")
    row = filed(window, body)
    assert (row.outcome, row.regime) == ("under_way", "bonded_repair")
    customs.answer(window, ("0", "4", "6"), *customs.collect(window))
    row = window.rows()[-1]
    assert (row.outcome, row.trade_key) == ("accepted", row.invt_no)
    told = window.shown(row.id)
    assert {"SeqNo", "bondInvtNo"} <= {*told["numbers"]}
    assert [e["kind"] for e in told["timeline"]][-3:] == ["taken", "accepted", "deducted"]


def test_the_two_layers_are_one_paper(sqlite_window: Window) -> None:
    filed(sqlite_window, repairs.inventory("W-1", "I"))
    assert sqlite_window.codes(filed(sqlite_window, CLIENTS).id) == ["BREP-EXISTS"]


def test_answers_in_any_order_come_to_the_same(window: Window) -> None:
    customs = Desk.of("customs")
    filed(window, repairs.gate_pass("P-1", "I", "QD021426I000000009"))
    customs.answer(window, ("gate", "1", "0"), *customs.collect(window))
    for _ in range(2):
        retry(window, customs)
    assert window.rows()[-1].outcome == "released"
    assert {row.state for row in window.rows(of=t.receipts)} == {"applied"}


def test_of_two_papers_of_one_number_the_one_that_waits_is_answered(window: Window) -> None:
    customs = Desk.of("customs")
    filed(window, repairs.inventory("1", "I"))
    customs.answer(window, ("0",), *customs.collect(window))
    filed(window, repairs.gate_pass("1", "I", "QD021426I000000009"))
    customs.answer(window, ("0", "1"), *customs.collect(window))
    assert [row.outcome for row in window.rows()] == ["under_way", "under_way"]
    assert "passportNo" in window.shown(window.rows()[-1].id)["numbers"]
    assert {row.state for row in window.rows(of=t.receipts)} == {"applied"}
