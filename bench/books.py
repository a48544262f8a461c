"""The agencies' own books: what each received, how often, and whether it still owes an answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

KEYS = {
    "CEB311Message": ("ebpCode", "orderNo"),
    "CEB411Message": ("payCode", "payTransactionId"),
    "CEB511Message": ("logisticsCode", "logisticsNo"),
}
INVENTORY_KEY = ("ebpCode", "orderNo")


@dataclass(slots=True)
class Book:
    """What one agency has received: (message, business key) and how often it came."""

    received: Counter[tuple[str, str]] = field(default_factory=Counter)
    repeated: int = 0

    def add(self, item: Mapping[str, Any]) -> None:
        """Enters one record of the agency's list."""
        names = KEYS.get(item["message"], INVENTORY_KEY)
        self.received[item["message"], "|".join(str(item.get(name, "")) for name in names)] += 1
        self.repeated += item["times_received"] > 1


class Agencies:
    """Asks the simulated agencies over HTTP."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self.addresses = addresses
        self._session = requests.Session()
        self._session.trust_env = False

    def health(self) -> dict[str, dict[str, int]]:
        """Records entered and receipts still owed, by agency."""
        return {
            name: self._session.get(f"{url}/health", timeout=30).json()
            for name, url in self.addresses.items()
        }

    def book(self, name: str) -> Book:
        """The whole book of one agency."""
        book, after = Book(), 0
        while True:
            where = f"{self.addresses[name]}/books?after={after}&limit=10000"
            page = self._session.get(where, timeout=120).json()
            for item in page["items"]:
                book.add(item)
            if page["next"] is None:
                return book
            after = page["next"]

    def quiet(self, expected: Mapping[str, int]) -> bool:
        """Whether each has at least so many records and owes nothing any more."""
        return all(
            told["records"] >= expected[name] and not told["receipts_owed"]
            for name, told in self.health().items()
        )
