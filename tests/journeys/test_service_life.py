"""The life of a service: contract, tax record, payment, taxes paid in; receipts; offshore deals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests import services
from tests.journeys.world import World


def file(world: World, name: str, changes: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Hands in a paper of services; the declaration as it was judged."""
    found: dict[str, Any] = world.hand_over(services.paper(name, dict(changes or {})))
    return found


def until(world: World, filed: Mapping[str, Any], outcome: str) -> dict[str, Any]:
    """The declaration, once it has this outcome."""
    assert filed["decision"] in ("accept", "warn"), filed["findings"]
    where = f"/declarations/{filed['id']}"
    world.until(lambda: world.get(where)["outcome"] == outcome, f"{filed['message']} is {outcome}")
    found: dict[str, Any] = world.get(where)
    return found


def test_a_payment_over_the_line(world: World) -> None:
    until(world, file(world, "engineering-contract"), "accepted")
    paid = until(world, file(world, "engineering-payment"), "accepted")
    assert {leg["agency"]: leg["verdict"] for leg in paid["legs"]} == {
        "tax": "accepted",
        "fx": "accepted",
    }
    assert {"taxRecordNo", "verificationCode", "fxCaseNo"} <= set(paid["numbers"])
