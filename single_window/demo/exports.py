"""Consistent exports of invented parties: order, waybill, inventory, and the papers that follow."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any, NamedTuple

from schemas import registry
from schemas.fields import Field
from single_window.demo.cast import Goods, goods, parties

Record = dict[str, Any]

ORDER, RECEIPT, WAYBILL, INVENTORY = (f"CEB{n}Message" for n in (303, 403, 505, 603))
CANCELLATION, RETURN, TALLY = (f"CEB{n}Message" for n in (605, 213, 215))
ARRIVAL, DEPARTURE, BINDING, SUMMARY = (f"CEB{n}Message" for n in (507, 509, 607, 701))
SALE, WAREHOUSE = "OverseasSaleMessage", "OverseasWarehouseMessage"
PAPERS = (ORDER, WAYBILL, INVENTORY)

_ORDER_TYPES = {"9710": "B", "9810": "W"}
_COUNTRY, _PORT = "502", "2478"
VALUE_MOST = Decimal(4500)
"""Goods of one parcel in CNY: within what may go by inventory (5,000)."""


@dataclass(frozen=True, slots=True)
class Export:
    """The papers of one sale abroad, each a record by the name of its message."""

    order_no: str
    mode: str
    records: Mapping[str, Record]

    @property
    def head(self) -> Record:
        """The head of its inventory."""
        told: Record = self.records[INVENTORY]["InventoryHead"]
        return told


class _Sold(NamedTuple):
    goods: Goods
    pieces: int
    price: Decimal


@dataclass(frozen=True, slots=True)
class _Way:
    """How a series of exports is declared."""

    day: date
    mode: str
    flag: str
    mark: str


def exports(
    count: int, seed: int, day: date, *, mode: str = "9610", flag: str = "A", mark: str = ""
) -> Iterator[Export]:
    """`count` exports of the day in one mode; `flag` is the statistics flag, A or B."""
    digest = sha256(f"{seed}|{day}|{mode}|{flag}|{mark}".encode()).hexdigest()
    rng = random.Random(digest)
    for number in range(1, count + 1):
        serial = f"{day:%y%m%d}{digest[:6].upper()}{number:05d}"
        yield _export(rng, serial, _Way(day, mode, flag, mark))


def _export(rng: random.Random, serial: str, way: _Way) -> Export:
    known = parties()
    shop, carrier = rng.choice(known["shops"]), rng.choice(known["logistics"])
    at = datetime.combine(way.day, time()) + timedelta(seconds=rng.randrange(3 * 3600))
    sold = _basket(rng)
    seller = {"ebcCode": shop["code"], "ebcName": shop["name"]}
    names = seller | {
        "ebpCode": known["platform"]["code"],
        "ebpName": known["platform"]["name"],
        "orderNo": f"EX{serial}{way.mark}",
    }
    carried = {
        "logisticsCode": carrier["code"],
        "logisticsName": carrier["name"],
        "logisticsNo": f"EL{serial}",
    }
    value = sum((each.price * each.pieces for each in sold), Decimal(0))
    parcel = _parcel(sold)
    order = {
        "OrderHead": _stamp(rng, at)
        | {"orderType": _ORDER_TYPES.get(way.mode, "E"), "goodsValue": f"{value:f}"}
        | names
        | {"freight": "0", "currency": "142"},
        "OrderList": [_ordered_line(at, each) for at, each in enumerate(sold, 1)],
    }
    waybill = _stamp(rng, at + timedelta(minutes=20)) | carried | seller | parcel
    waybill |= {"currency": "142", "goodsInfo": sold[0].goods.name}
    head = _stamp(rng, at + timedelta(minutes=40)) | names | carried | parcel
    head |= _declared(serial, shop, way)
    lines = [_declared_line(at, each) for at, each in enumerate(sold, 1)]
    if way.mode == "1210":
        lines = [line | {"itemRecordNo": line["gnum"]} for line in lines]
    inventory = {"InventoryHead": head, "InventoryList": lines}
    records = {ORDER: order, WAYBILL: waybill, INVENTORY: inventory}
    ordered = {name: in_order(name, told) for name, told in records.items()}
    return Export(names["orderNo"], way.mode, ordered)


def _parcel(sold: Sequence[_Sold]) -> Record:
    weight = sum((each.goods.kilograms * each.pieces for each in sold), Decimal(0))
    return {
        "freight": "0",
        "insuredFee": "0",
        "packNo": "1",
        "grossWeight": f"{weight + Decimal('0.3'):f}",
        "netWeight": f"{weight:f}",
    }


def _declared(serial: str, shop: Mapping[str, str], way: _Way) -> Record:
    """What an inventory says beside names, waybill and parcel."""
    known = parties()
    told = {
        "customsCode": known["customs_code"],
        "copNo": f"{serial}X",
        "ieFlag": "E",
        "portCode": known["port_code"],
        "ieDate": f"{way.day:%Y%m%d}",
        "statisticsFlag": way.flag,
        "agentCode": known["agent"]["code"],
        "agentName": known["agent"]["name"],
        "ownerCode": shop["code"],
        "ownerName": shop["name"],
        "tradeMode": way.mode,
        "trafMode": "5",
        "country": _COUNTRY,
        "POD": _PORT,
        "fCurrency": "142",
        "fFlag": "3",
        "iCurrency": "142",
        "iFlag": "3",
        "wrapType": "2",
    }
    if way.mode != "1210":
        return told
    area = known["area"]
    return told | {
        "iacCode": area["code"],
        "iacName": area["name"],
        "emsNo": known["account_book"],
    }


def _basket(rng: random.Random) -> list[_Sold]:
    sold, left = [], VALUE_MOST
    for item in rng.sample(goods(), rng.choice((1, 2, 3))):
        price = Decimal(rng.randrange(item.price_from * 50, item.price_to * 50, 10)) / 100
        pieces = rng.choice((2, 3, 4))
        if price * pieces <= left:
            sold.append(_Sold(item, pieces, price.quantize(Decimal("0.01"))))
            left -= price * pieces
    return sold or [_Sold(goods()[1], 2, Decimal("99.00"))]


def _stamp(rng: random.Random, at: datetime) -> dict[str, str]:
    guid = str(uuid.UUID(int=rng.getrandbits(128), version=4)).upper()
    return {"guid": guid, "appType": "1", "appTime": f"{at:%Y%m%d%H%M%S}", "appStatus": "2"}


def _ordered_line(at: int, sold: _Sold) -> dict[str, str]:
    return {
        "gnum": str(at),
        "itemNo": f"SKU{sold.goods.gcode}",
        "itemName": sold.goods.name,
        "unit": sold.goods.unit,
        "currency": "142",
        "qty": str(sold.pieces),
        "price": f"{sold.price:f}",
        "totalPrice": f"{sold.price * sold.pieces:f}",
    }


def _declared_line(at: int, sold: _Sold) -> dict[str, str]:
    item = sold.goods
    line = _ordered_line(at, sold) | {
        "gcode": item.gcode,
        "gname": item.name,
        "gmodel": item.model,
        "barCode": parties()["no_bar_code"],
        "country": _COUNTRY,
        "qty1": item.quantity(item.unit1, sold.pieces),
        "unit1": item.unit1,
    }
    if item.unit2:
        line |= {"qty2": item.quantity(item.unit2, sold.pieces), "unit2": item.unit2}
    return line


def in_order(message: str, record: Mapping[str, Any]) -> Record:
    """The record with its elements as the schema orders them."""
    return _ordered(registry.message(message).record_field, record)


def _ordered(group: Field, told: Mapping[str, Any]) -> Record:
    found: Record = {}
    for field in group.children:
        value = told.get(field.name)
        if isinstance(value, list):
            found[field.name] = [_ordered(field, each) for each in value]
        elif isinstance(value, Mapping):
            found[field.name] = _ordered(field, value)
        elif value is not None:
            found[field.name] = value
    return found


# --- what follows -------------------------------------------------------------------------------


def following(message: str, sold: Sequence[Export], **more: Any) -> Record:
    """A paper that names the parcels of exports: arrival, departure, binding, summary and so on.

    `more` is put into its head (or, flat, into itself); `numbers` are customs' own of the exports,
    `quantities` what comes back by line number.
    """
    numbers: Sequence[str] = more.pop("numbers", ())
    quantities: Mapping[str, str] | None = more.pop("quantities", None)
    first, known = sold[0].head, parties()
    at = datetime.strptime(first["appTime"], "%Y%m%d%H%M%S") + timedelta(hours=2)  # noqa: DTZ007
    salt = f"{message}|{[each.order_no for each in sold]}|{more}"
    head = dict(first) | {
        "guid": str(uuid.uuid5(uuid.NAMESPACE_OID, salt)).upper(),
        "appTime": f"{at:%Y%m%d%H%M%S}",
        "copNo": f"{first['copNo']}{message[3:6]}",
        "coElNo": f"{first['copNo'][:-1]}R",
        "operatorCode": known["site"]["code"],
        "operatorName": known["site"]["name"],
        "ieFlag": "I" if message in (RETURN, TALLY) else "E",
        "domesticTrafNo": known["lorry"]["number"],
        "trafName": "CA987",
        "voyageNo": "CA987",
        "billNo": "999-00000002",
        "leaveTime": f"{at + timedelta(hours=6):%Y%m%d%H%M%S}",
        "declAgentCode": first["agentCode"],
        "declAgentName": first["agentName"],
        "summaryFlag": "1",
        "itemNameFlag": "1",
        "invtNo": numbers[0] if numbers else None,
        "reason": known["reasons"]["returned"],
        "msgCount": "1",
        "msgSeqNo": "1",
        **_abroad(first, at),
    } | more  # fmt: skip
    lines = _named(message, sold, numbers, quantities)
    if message == SALE:
        total = sum((Decimal(line["totalPrice"]) for line in lines), Decimal(0))
        head["goodsValue"] = f"{total:f}"
    record: Record = {}
    for child in registry.message(message).record_field.children:
        if child.kind != "group":
            record = head
            break
        record[child.name] = lines if child.repeats else head
    return in_order(message, record)


def _abroad(first: Mapping[str, str], at: datetime) -> Record:
    """What a sale from an overseas warehouse, and the warehouse itself, say beyond the export."""
    warehouse = parties()["warehouse"]
    return {
        "saleNo": f"S{first['copNo']}",
        "soldDate": f"{at:%Y%m%d}",
        "currency": "142",
        "warehouseNo": warehouse["number"],
        "warehouseName": warehouse["name"],
        "place": warehouse["place"],
        "operatorName": warehouse["operator"],
        "validFrom": warehouse["from"],
    }


def _named(
    message: str,
    sold: Sequence[Export],
    numbers: Sequence[str],
    quantities: Mapping[str, str] | None,
) -> list[dict[str, str]]:
    if message == SUMMARY:
        return [{"invtNo": number} for number in numbers]
    if message in (RETURN, SALE):
        return [
            line | _part(line, quantities[line["gnum"]] if quantities else line["qty"])
            for line in sold[0].records[INVENTORY]["InventoryList"]
            if quantities is None or line["gnum"] in quantities
        ]
    return [
        {"gnum": str(at), "logisticsNo": each.head["logisticsNo"]}
        for at, each in enumerate(sold, 1)
    ]


def _part(line: Mapping[str, str], quantity: str) -> dict[str, str]:
    """A line's quantities for a part of it: statutory ones in proportion."""
    share = Decimal(quantity) / Decimal(line["qty"])
    told = {"qty": quantity, "totalPrice": f"{Decimal(line['price']) * Decimal(quantity):f}"}
    for name in ("qty1", "qty2"):
        if name in line:
            told[name] = (
                f"{(Decimal(line[name]) * share).quantize(Decimal('0.00001')).normalize():f}"
            )
    return told
