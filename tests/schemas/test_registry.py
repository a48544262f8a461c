"""What the registry tells about the messages."""

from __future__ import annotations

import subprocess
import sys

import pytest

from schemas.registry import gate, message, messages, path_of


def test_the_import_interface_is_complete() -> None:
    numbers = "311 312 411 412 511 512 513 514 621 622 623 624 625 626 711 712 816 818 900"
    assert {name for name in messages() if name.startswith("CEB")} >= {
        f"CEB{number}Message" for number in numbers.split()
    }


def test_the_export_interface_is_complete() -> None:
    asked = "213 303 403 505 507 509 603 605 607 701"
    answered = "214 304 404 506 508 510 604 606 608 702 792"
    for numbers, is_receipt in ((f"{asked} 215", False), (f"{answered} 216", True)):
        for number in numbers.split():
            found = message(f"CEB{number}Message")
            assert (found.is_receipt, found.regime) == (is_receipt, "ecommerce_export")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("CEB311Message", ("OrderHead/ebpCode", "OrderHead/orderNo")),
        ("CEB411Message", ("PaymentHead/payCode", "PaymentHead/payTransactionId")),
        ("CEB511Message", ("LogisticsHead/logisticsCode", "LogisticsHead/logisticsNo")),
        ("CEB621Message", ("InventoryHead/ebpCode", "InventoryHead/orderNo")),
    ],
)
def test_the_papers_of_a_trade_are_known_by_their_business_keys(
    name: str, key: tuple[str, ...]
) -> None:
    assert message(name).key == key


def test_an_inventory_comes_with_its_parts_as_often_as_the_interface_says() -> None:
    found = message("CEB621Message")
    assert [(part.name, part.min, part.max) for part in found.parts] == [
        ("BaseTransfer", 1, 1),
        ("BaseSubscribe", 0, 5),
        ("ExtendMessage", 0, 1),
        ("Signature", 1, 1),
    ]
    assert found.part("Signature").namespace != found.namespace
    assert (found.records_min, found.records_max) == (1, 100)


def test_in_an_export_paper_the_signature_may_be_left_out_and_comes_before_the_extension() -> None:
    found = message("CEB603Message")
    assert [(part.name, part.min, part.max) for part in found.parts] == [
        ("BaseTransfer", 1, 1),
        ("BaseSubscribe", 0, 5),
        ("Signature", 0, 1),
        ("ExtendMessage", 0, 1),
    ]
    assert message("CEB604Message").parts == ()


def test_a_tax_bill_message_holds_any_number_of_bills_and_nothing_else() -> None:
    found = message("CEB816Message")
    assert (found.records_max, found.parts, found.is_receipt) == (None, (), True)


def test_a_message_nobody_described_is_not_known() -> None:
    for ask in (message, gate, path_of):
        with pytest.raises(KeyError):
            ask("CEB999Message")
    assert "CEB999Message" not in messages()


def test_a_field_is_found_by_its_path_with_or_without_indexes() -> None:
    found = message("CEB621Message")
    assert found.field("InventoryList[3]/qty") is found.field("InventoryList/qty")
    assert found.field("").name == "Inventory"
    with pytest.raises(KeyError):
        found.field("InventoryHead/qty")


def test_the_slower_engine_is_not_loaded_before_it_is_asked() -> None:
    ask = (
        "import sys, schemas.registry as r; r.gate('CEB621Message'); r.messages()['CEB311Message']"
    )
    seen = f"{ask}; sys.exit('xmlschema' in sys.modules)"
    subprocess.run([sys.executable, "-c", seen], check=True)
