"""What the simulated tax and FX offices keep of services: no more than was recorded is paid."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapters.stubs.books import Books
from adapters.stubs.desk import read_message
from adapters.stubs.forms import script
from tests import services

AGENCY = "urn:single-window:agency:1"


class Office:
    """A simulated agency without its sockets."""

    def __init__(self, name: str, folder: Path) -> None:
        self.script, self._path = script(name), folder / f"{name}.db"
        self._count = 0
        self.open()

    def open(self) -> None:
        """Begins, or goes on where it was."""
        self.books = Books(self.script, self._path, delay=0.0, slow=0.0)

    def told(self, body: bytes) -> str:
        """What is answered at last to a message of one record."""
        self._count += 1
        self.books.take(f"M{self._count}", read_message(self.script, body), now=1000.0)
        *_, last = self.books.due(now=10.0**9, limit=1000)
        return last.body.decode()


def record(payment: str, amount: str, asked_by: str, covers: str) -> bytes:
    """What tax is told of a payment."""
    return _written("TaxRecord", payment, amount, recordFor=asked_by, recordAmount=covers)


def paid(payment: str, amount: str, number: str, covers: str) -> bytes:
    """What FX is told of a payment."""
    return _written("FxPayment", payment, amount, taxRecordNo=number, recordAmount=covers)


def _written(name: str, payment: str, amount: str, **more: str) -> bytes:
    told = {
        "guid": f"{name}-{payment}", "reference": "1", "payerCode": "91120118MA07TEK03K",
        "paymentNo": payment, "contractNo": "ENG-2026-001", "amount": amount, "currency": "USD",
        **more,
    }  # fmt: skip
    inner = "".join(f"<{each}>{text}</{each}>" for each, text in told.items())
    told_record = f"<{name}>{inner}</{name}>"
    return f'<{name}Message xmlns="{AGENCY}" guid="G">{told_record}</{name}Message>'.encode()


def value(answer: str, name: str) -> str:
    """An element of an answer; "" where it is not there."""
    found = re.search(f"<{name}>([^<]*)</{name}>", answer)
    return found[1] if found else ""


def test_tax_gives_one_number_for_a_record_and_counts_it_down(tmp_path: Path) -> None:
    office = Office("tax", tmp_path)
    first = office.told(record("P1", "60.00", "P1", "100.00"))
    office.open()
    second = office.told(record("P2", "30.00", "P1", "100.00"))
    assert value(first, "taxRecordNo") == value(second, "taxRecordNo") != ""
    assert value(first, "verificationCode") == value(second, "verificationCode") != ""
    assert (value(first, "remaining"), value(second, "remaining")) == ("40", "10")
    third = office.told(record("P3", "10.01", "P1", "100.00"))
    assert value(third, "returnStatus") == "REJECTED"
    assert "10" in value(third, "returnInfo"), "it says what is left"


def test_a_payment_that_is_filed_again_is_counted_once(tmp_path: Path) -> None:
    office = Office("tax", tmp_path)
    office.told(record("P1", "60.00", "P1", "100.00"))
    mended = record("P1", "70.00", "P1", "100.00").replace(b"TaxRecord-P1", b"TaxRecord-P1-2")
    assert value(office.told(mended), "remaining") == "30"
    beyond = record("P1", "100.01", "P1", "100.00").replace(b"TaxRecord-P1", b"TaxRecord-P1-3")
    assert value(office.told(beyond), "returnStatus") == "REJECTED"
    office.open()
    assert value(office.told(record("P2", "30.00", "P1", "100.00")), "remaining") == "0"


@pytest.mark.parametrize(
    ("total", "covers"), [("160000.00", "70000.00"), ("70000.00", "160000.00")]
)
def test_fx_refuses_what_record_or_contract_lacks(tmp_path: Path, total: str, covers: str) -> None:
    office = Office("fx", tmp_path)
    opened = office.told(services.paper("engineering-contract", {"Head.totalAmount": total}))
    assert value(opened, "returnStatus") == "ACCEPTED"
    short = office.told(paid("P1", "80000.00", "TR1", covers))
    assert (value(short, "returnStatus"), "70000" in value(short, "returnInfo")) == (
        "REJECTED",
        True,
    )
    taken = office.told(paid("P2", "70000.00", "TR1", covers))
    assert value(taken, "returnStatus") == "ACCEPTED"
    assert value(taken, "balance") in ("0", "90000")


def test_receipts_count_down_the_contract_that_they_belong_to(tmp_path: Path) -> None:
    office = Office("fx", tmp_path)
    office.told(services.paper("kpo-contract", {"Head.totalAmount": "150000.00"}))
    first = office.told(services.paper("kpo-receipt"))
    assert (value(first, "returnStatus"), value(first, "balance")) == ("ACCEPTED", "50000")
    again = {"Head.receiptNo": "R2", "Head.guid": "5E2C0000-0000-4000-8000-0000000000FF"}
    second = office.told(services.paper("kpo-receipt", again))
    assert value(second, "returnStatus") == "REJECTED"
