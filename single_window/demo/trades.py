"""Consistent bonded trades of invented parties: four papers each, the same for the same seed."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any, NamedTuple

from schemas import registry
from single_window import regimes
from single_window.declarations.sources import sources
from single_window.demo.cast import Goods, goods, id_number, parties
from single_window.domain.money import to_fen
from single_window.domain.regime import Regime
from single_window.domain.rules import Params

Record = dict[str, Any]
Party = dict[str, str]

ORDER, PAYMENT, WAYBILL, INVENTORY = (f"CEB{n}Message" for n in (311, 411, 511, 621))
PAPERS = (ORDER, PAYMENT, WAYBILL, INVENTORY)

VALUE_MOST = Decimal(4200)
"""Goods of one trade in CNY: with freight and insurance well within the single limit."""
LINES_MOST = 3


@dataclass(slots=True)
class Trade:
    """The papers of one purchase, each a record by the name of its message."""

    number: int
    order_no: str
    records: dict[str, Record]


def trades(
    count: int, seed: int, day: date, *, mark: str = "", direct: bool = False
) -> Iterator[Trade]:
    """`count` trades of the day; the first of many are the same as the first of few.

    `mark` is put behind every order number. Trades of another seed, day or mark share no number
    with these. They are bonded (1210) or, with `direct`, bought straight from abroad (9610).
    """
    maker = _Maker(seed, day, mark, direct=direct)
    for number in range(1, count + 1):
        yield maker.trade(number)


class _Buy(NamedTuple):
    goods: Goods
    pieces: int
    price: Decimal

    @property
    def total(self) -> Decimal:
        return self.price * self.pieces


class _Sale(NamedTuple):
    """One purchase: who buys what from whom, who is paid and who carries it."""

    serial: str
    order_no: str
    shop: Party
    pay: Party
    carrier: Party
    person: Party
    at: datetime
    freight: Decimal
    insurance: Decimal
    buys: Sequence[_Buy]

    @property
    def value(self) -> Decimal:
        return sum((buy.total for buy in self.buys), Decimal(0))

    def names(self) -> dict[str, str]:
        """Which order on which platform, and who sells."""
        platform = parties()["platform"]
        return {
            "orderNo": self.order_no,
            "ebpCode": platform["code"],
            "ebpName": platform["name"],
            "ebcCode": self.shop["code"],
            "ebcName": self.shop["name"],
        }


class _Paid(NamedTuple):
    """What the buyer paid, and the parts of it that are not the price of goods or their way."""

    tax: Decimal
    discount: Decimal
    total: Decimal


class _Maker:
    """Makes one trade after another from one stream of chance."""

    def __init__(self, seed: int, day: date, mark: str, *, direct: bool) -> None:
        digest = sha256(f"{seed}|{day}|{mark}{'|9610' if direct else ''}".encode()).hexdigest()
        self._direct = direct
        self._rng = random.Random(digest)
        self._tag = digest[:6].upper()
        self._day = day
        self._mark = mark
        self._regime: Regime = regimes.load("ecommerce_import")
        self._p: Params = self._regime.in_force(day, sources())

    def trade(self, number: int) -> Trade:
        """The next trade; `number` makes its numbers unique."""
        sale = self._sale(number)
        inventory = self._inventory(sale)
        if self._direct:
            inventory = _direct(inventory, sale)
        tax = self._tax(inventory)
        discount = Decimal(self._rng.choice((0, 0, 0, 0, 5, 10)))
        paid = _Paid(tax, discount, sale.value + sale.freight + tax - discount)
        records = {
            ORDER: self._order(sale, paid),
            PAYMENT: self._payment(sale, paid),
            WAYBILL: self._waybill(sale),
            INVENTORY: inventory,
        }
        return Trade(number, sale.order_no, records)

    def _sale(self, number: int) -> _Sale:
        rng, known = self._rng, parties()
        serial = f"{self._day:%y%m%d}{self._tag}{number:07d}"
        return _Sale(
            serial=serial,
            order_no=f"DD{serial}{self._mark}",
            shop=rng.choice(known["shops"]),
            pay=rng.choice(known["payments"]),
            carrier=rng.choice(known["logistics"]),
            person=self._person(number),
            at=datetime.combine(self._day, time()) + timedelta(seconds=rng.randrange(3 * 3600)),
            freight=Decimal(rng.choice((0, 0, 0, 6, 8, 10, 12))),
            insurance=Decimal(rng.choice(("0", "0", "0", "1.20", "2.50"))),
            buys=self._basket(),
        )

    def _person(self, number: int) -> Party:
        rng, people, places = self._rng, parties()["people"], parties()["addresses"]
        return {
            "name": rng.choice(people["surnames"]) + rng.choice(people["given"]),
            "id": id_number(number, int(self._tag, 16)),
            "phone": f"12{rng.randrange(10**9):09d}",
            "address": f"{rng.choice(places['streets'])}{rng.randint(1, 299)}{places['suffix']}",
        }

    def _basket(self) -> list[_Buy]:
        rng = self._rng
        buys: list[_Buy] = []
        left = VALUE_MOST
        for item in rng.sample(goods(), rng.choice((1, 1, 2, 2, LINES_MOST))):
            price = Decimal(rng.randrange(item.price_from * 100, item.price_to * 100, 10)) / 100
            pieces = rng.choice((1, 1, 1, 2, 3))
            while pieces > 1 and price * pieces > left:
                pieces -= 1
            if price * pieces <= left:
                buys.append(_Buy(item, pieces, price.quantize(Decimal("0.01"))))
                left -= price * pieces
        return buys

    def _tax(self, inventory: Record) -> Decimal:
        """What the rules make of the inventory, so that the order can collect it."""
        amounts = self._regime.check(INVENTORY, inventory, self._p).amounts
        assert amounts is not None
        return Decimal(amounts["total"])

    def _guid(self) -> str:
        return str(uuid.UUID(int=self._rng.getrandbits(128), version=4)).upper()

    def _stamp(self, sale: _Sale, minutes: int) -> dict[str, str]:
        at = sale.at + timedelta(minutes=minutes)
        return {
            "guid": self._guid(),
            "appType": "1",
            "appTime": f"{at:%Y%m%d%H%M%S}",
            "appStatus": "2",
        }

    def _order(self, sale: _Sale, paid: _Paid) -> Record:
        person = sale.person
        head = self._stamp(sale, 0) | {"orderType": "I"} | sale.names()
        head |= {
            "goodsValue": _text(sale.value),
            "freight": _text(sale.freight),
            "discount": _text(paid.discount),
            "taxTotal": _text(paid.tax),
            "acturalPaid": _text(paid.total),
            "currency": "142",
            "buyerRegNo": f"U{sale.serial}",
            "buyerName": person["name"],
            "buyerTelephone": person["phone"],
            "buyerIdType": "1",
            "buyerIdNumber": person["id"],
            "payCode": sale.pay["code"],
            "payName": sale.pay["name"],
            "payTransactionId": f"ZF{sale.serial}",
            "consignee": person["name"],
            "consigneeTelephone": person["phone"],
            "consigneeAddress": person["address"],
        }
        lines = [
            {
                "gnum": str(at),
                "itemNo": f"SKU{buy.goods.gcode}",
                "itemName": buy.goods.name,
                "gmodel": buy.goods.model,
                "unit": buy.goods.unit,
                "qty": str(buy.pieces),
                "price": _text(buy.price),
                "totalPrice": _text(buy.total),
                "currency": "142",
                "country": buy.goods.country,
            }
            for at, buy in enumerate(sale.buys, 1)
        ]
        return {"OrderHead": head, "OrderList": lines}

    def _payment(self, sale: _Sale, paid: _Paid) -> Record:
        person, platform = sale.person, parties()["platform"]
        stamp = self._stamp(sale, 1)
        head = stamp | {
            "payCode": sale.pay["code"],
            "payName": sale.pay["name"],
            "payTransactionId": f"ZF{sale.serial}",
            "orderNo": sale.order_no,
            "ebpCode": platform["code"],
            "ebpName": platform["name"],
            "payerIdType": "1",
            "payerIdNumber": person["id"],
            "payerName": person["name"],
            "telephone": person["phone"],
            "amountPaid": _text(paid.total),
            "currency": "142",
            "payTime": stamp["appTime"],
        }
        return {"PaymentHead": head}

    def _waybill(self, sale: _Sale) -> Record:
        person = sale.person
        head = self._stamp(sale, 30) | {
            "logisticsCode": sale.carrier["code"],
            "logisticsName": sale.carrier["name"],
            "logisticsNo": f"YD{sale.serial}",
            "orderNo": sale.order_no,
            "freight": _text(sale.freight),
            "insuredFee": _text(sale.insurance),
            "currency": "142",
            "weight": _gross(sale.buys),
            "packNo": "1",
            "goodsInfo": sale.buys[0].goods.name,
            "consignee": person["name"],
            "consigneeAddress": person["address"],
            "consigneeTelephone": person["phone"],
        }
        return {"LogisticsHead": head}

    def _inventory(self, sale: _Sale) -> Record:
        person, known = sale.person, parties()
        day = f"{self._day:%Y%m%d}"
        head = self._stamp(sale, 60) | sale.names()
        head |= {
            "logisticsNo": f"YD{sale.serial}",
            "logisticsCode": sale.carrier["code"],
            "logisticsName": sale.carrier["name"],
            "copNo": f"{sale.serial}Q",
            "assureCode": sale.shop["code"],
            "emsNo": known["account_book"],
            "ieFlag": "I",
            "declTime": day,
            "customsCode": known["customs_code"],
            "portCode": known["port_code"],
            "ieDate": day,
            "buyerIdType": "1",
            "buyerIdNumber": person["id"],
            "buyerName": person["name"],
            "buyerTelephone": person["phone"],
            "consigneeAddress": person["address"],
            "agentCode": known["agent"]["code"],
            "agentName": known["agent"]["name"],
            "areaCode": known["area"]["code"],
            "areaName": known["area"]["name"],
            "tradeMode": "1210",
            "trafMode": "Y",
            "country": "142",
            "freight": _text(sale.freight),
            "insuredFee": _text(sale.insurance),
            "currency": "142",
            "wrapType": "2",
            "packNo": "1",
            "grossWeight": _gross(sale.buys),
            "netWeight": f"{_net(sale.buys):f}",
        }
        lines = [_line(at, buy) for at, buy in enumerate(sale.buys, 1)]
        return {"InventoryHead": head, "InventoryList": lines}


def _direct(inventory: Record, sale: _Sale) -> Record:
    """The inventory of a parcel that comes straight from abroad: by a flight, on no account."""
    bonded = {"emsNo", "areaCode", "areaName", "itemRecordNo"}
    head = {name: text for name, text in inventory["InventoryHead"].items() if name not in bonded}
    head |= {"tradeMode": "9610", "trafMode": "5", "country": "502"}
    way = {"trafNo": "CA986", "voyageNo": "CA986", "billNo": f"999-{sale.serial[-8:]}"}
    head |= way
    leaves = registry.message(INVENTORY).record_field.children[0].leaves()
    head = {leaf.name: head[leaf.name] for leaf in leaves if leaf.name in head}
    lines = [
        {name: text for name, text in line.items() if name not in bonded}
        for line in inventory["InventoryList"]
    ]
    return {"InventoryHead": head, "InventoryList": lines}


def _line(at: int, buy: _Buy) -> dict[str, str]:
    item = buy.goods
    line = {
        "gnum": str(at),
        "itemRecordNo": item.book_no,
        "itemNo": f"SKU{item.gcode}",
        "itemName": item.name,
        "gcode": item.gcode,
        "gname": item.name,
        "gmodel": item.model,
        "country": item.country,
        "currency": "142",
        "qty": str(buy.pieces),
        "unit": item.unit,
        "qty1": item.quantity(item.unit1, buy.pieces),
        "unit1": item.unit1,
    }
    if item.unit2:
        line |= {"qty2": item.quantity(item.unit2, buy.pieces), "unit2": item.unit2}
    return line | {"price": _text(buy.price), "totalPrice": _text(buy.total)}


def _net(buys: Sequence[_Buy]) -> Decimal:
    return sum((buy.goods.kilograms * buy.pieces for buy in buys), Decimal(0))


def _gross(buys: Sequence[_Buy]) -> str:
    return f"{_net(buys) + Decimal('0.35'):f}"


def _text(amount: Decimal) -> str:
    return f"{to_fen(amount):f}"
