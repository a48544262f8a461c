"""Who transmits a message that has no part to say so: the company that its record names."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from single_window.intake.submissions import NotTaken
from single_window.storage import tables as t
from tests import repairs
from tests.window import Window

CLIENTS = (
    '<Package xmlns="http://www.w3.org/2000/09/xmldsig#"><EnvelopInfo/><DataInfo><BussinessData>'
    f"<InvtMessage><OperCusRegCode>{repairs.COMPANY}</OperCusRegCode></InvtMessage>"
    "</BussinessData></DataInfo></Package>"
).encode()
PAPERS = {
    "inventory": repairs.inventory("W-1", "I"),
    "pass": repairs.gate_pass("P-1", "I", "QD021426I000000001"),
    "account": repairs.account("A-1"),
    "declaration": repairs.declaration("C-1", "I"),
    "import client": CLIENTS,
}


def _filed_by(window: Window, code: str, body: bytes) -> None:
    with window.store.database.write() as connection:
        own = t.organisations.c.id == window.other
        connection.execute(update(t.organisations).where(own).values(code=code))
    window.receive(body, organisation_id=window.other)
    window.check()


@pytest.mark.parametrize("body", PAPERS.values(), ids=PAPERS)
def test_a_company_files_its_own_papers(sqlite_window: Window, body: bytes) -> None:
    _filed_by(sqlite_window, repairs.COMPANY, body)
    (message,) = sqlite_window.rows(of=t.messages)
    assert (message.sender, bool(message.refused)) == (repairs.COMPANY, False)


@pytest.mark.parametrize("body", PAPERS.values(), ids=PAPERS)
def test_and_no_other_s(sqlite_window: Window, body: bytes) -> None:
    with pytest.raises(NotTaken) as refused:
        _filed_by(sqlite_window, "110000X999", body)
    assert refused.value.findings[0].code == "REC-COMPANY"
