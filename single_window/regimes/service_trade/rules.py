"""The rules of service contracts (服务贸易合同), record by record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from single_window.domain.conditions import Record, day_of
from single_window.domain.findings import Finding
from single_window.domain.rules import Params, Rulebook
from single_window.domain.taxes import last_day
from single_window.regimes.service_trade import bop, technology
from single_window.regimes.service_trade.technology import FREE, PROHIBITED, RESTRICTED, Technology
from single_window.regimes.service_trade.terms import (
    CONTRACT,
    EXPORT,
    IMPORT,
    YES,
    finding,
    on,
)

book = Rulebook()

Found = Sequence[Finding] | None

CLASSES = {"1": FREE, "2": RESTRICTED, "3": PROHIBITED}
_LUMP, _ROYALTY, _BOTH = "1", "2", "3"
SECTIONS = {"technology": "Technology", "outsource": "Outsourcing"}
"""Kinds of service that have a section of their own."""
LINKS: Mapping[str, tuple[str, ...]] = {"repair": ("1", "2"), "logistics": ("3", "4")}
"""Kinds of service that belong to goods, and by which numbers: declaration, work order, waybill."""
REGISTERED, CLOSED, FIRST = "1", "3", "0"


@book.rule("SVC-CHANGE-NO", message=CONTRACT)
def a_registration_comes_first(record: Record, p: Params) -> Found:
    """The registration has number 0, changes and the closing count from 1."""
    head = record["Head"]
    number = head["changeNo"]
    first = head["registerType"] == REGISTERED
    counted = number.isascii() and number.isdecimal() and number == str(int(number))
    if counted and first == (number == FIRST):
        return None
    expected = FIRST if first else "1"
    return [finding("SVC-CHANGE-NO", "reject", "Head/changeNo", number, expected=expected)]


@book.rule("SVC-SECTION", "SVC-SECTION-EXTRA", "SVC-LINK", message=CONTRACT)
def a_kind_of_service_has_its_section(record: Record, p: Params) -> Found:
    """Technology and outsourcing have sections of their own, repair and logistics name goods."""
    kind = record["Head"]["serviceKind"]
    found = [
        finding("SVC-SECTION", "reject", section)
        for name, section in SECTIONS.items()
        if name == kind and not record.get(section)
    ]
    found += [
        finding("SVC-SECTION-EXTRA", "warn", section)
        for name, section in SECTIONS.items()
        if name != kind and record.get(section)
    ]
    wanted = LINKS.get(kind, ())
    links = record.get("LinkedGoods") or ()
    if wanted and not any(link.get("linkKind") in wanted for link in links):
        found.append(finding("SVC-LINK", "warn", "LinkedGoods", expected=" / ".join(wanted)))
    return found


@book.rule("SVC-GIVEN", "SVC-RELATED", message=CONTRACT)
def what_goes_with_something_else_is_given(record: Record, p: Params) -> Found:
    """A contract to pay says who bears the taxes, and its total unless royalties leave it open."""
    head, tech = record["Head"], record.get("Technology") or {}
    found: list[Finding] = []
    if head["direction"] == IMPORT and not head.get("taxBasis"):
        found.append(finding("SVC-GIVEN", "reject", "Head/taxBasis"))
    open_ended = tech.get("feeKind") in (_ROYALTY, _BOTH) or head["serviceKind"] == "licence"
    if not head.get("totalAmount") and not open_ended:
        found.append(finding("SVC-GIVEN", "reject", "Head/totalAmount"))
    if head["relatedParty"] == YES and not (head.get("relatedStatement") or "").strip():
        found.append(finding("SVC-RELATED", "reject", "Head/relatedStatement"))
    return found


@book.rule("SVC-DATES", "SVC-DATES-EFFECT", "SVC-DATES-SIGNED", message=CONTRACT)
def dates_are_in_order(record: Record, p: Params) -> Found:
    """Signed, in effect, ended: in this order, and signed before it is filed."""
    head = record["Head"]
    signed, effect = day_of(head["signDate"]), day_of(head["effectiveDate"])
    end = day_of(head.get("endDate") or "")
    found: list[Finding] = []
    if signed and signed > p.day:
        found.append(_order("SVC-DATES-SIGNED", "signDate", signed, p.day))
    if signed and effect and effect < signed:
        warned = finding("SVC-DATES-EFFECT", "warn", "Head/effectiveDate", f"{effect}")
        found.append(warned)
    if effect and end and end < effect:
        found.append(_order("SVC-DATES", "endDate", end, effect))
    return found


def _order(code: str, name: str, told: date, other: date) -> Finding:
    return finding(code, "reject", f"Head/{name}", f"{told}", expected=f"{other}")


@book.rule("SVC-WHT-10", message=CONTRACT)
def a_contract_is_reported_in_time(record: Record, p: Params) -> Found:
    """A contract with a non-resident who is paid is reported within 30 days (SVC-WHT-10)."""
    head = record["Head"]
    signed = day_of(head["signDate"])
    if head["direction"] != IMPORT or head["registerType"] != REGISTERED or signed is None:
        return None
    due = last_day(signed, on(p.day)["report_days"])
    if p.day <= due:
        return None
    path = "Head/signDate"
    return [finding("SVC-WHT-10", "warn", path, f"{p.day}", expected=f"{due}")]


@book.rule("SVC-FOREIGN", "SVC-WHT-07", "SVC-WHT-07-OPEN", message=CONTRACT)
def a_treaty_is_there_where_it_is_claimed(record: Record, p: Params) -> Found:
    """The other party is abroad; a treaty that it claims is one of its country (SVC-WHT-07)."""
    party, values = record["ForeignParty"], on(p.day)
    country = party["country"]
    if country == "CHN":
        return [finding("SVC-FOREIGN", "reject", "ForeignParty/country", country)]
    if party.get("treatyClaim") != YES:
        return None
    path = "ForeignParty/treatyClaim"
    if country in values["no_treaty"]:
        return [finding("SVC-WHT-07", "hold", path, country)]
    known = any(row["place"] == country for row in values["treaties"])
    return None if known else [finding("SVC-WHT-07-OPEN", "warn", path, country)]


@book.rule(
    *sorted(bop.CODES - {"SVC-BOP-02", "SVC-BOP-06", "SVC-BOP-06-NAMED", "RISK-S-04"}),
    message=CONTRACT,
)
def the_code_goes_with_the_contract(record: Record, p: Params) -> Found:
    """The code is one of the edition in force, and goes with kind and direction."""
    head, values, path = record["Head"], on(p.day), "Head/bopCode"
    wrong = bop.current(head["bopCode"], path, values)
    return wrong or bop.fits(head["bopCode"], head["serviceKind"], head["direction"], path, values)


@book.rule(*sorted(technology.CODES - {"SVC-TEC-02-PAYMENT"}), message=CONTRACT)
def technology_may_be_traded(record: Record, p: Params) -> Found:
    """Prohibited, licensed, registered: what the class of the technology asks for (SVC-TEC)."""
    tech = record.get("Technology")
    if not tech or record["Head"]["registerType"] == CLOSED:
        return None
    contract = technology_of(record, p.day)
    return [
        *technology.allowed(contract),
        *(technology.in_time(contract, on(p.day)) if not tech.get("registrationNo") else ()),
    ]


def technology_of(record: Record, day: date) -> Technology:
    """What a contract says of its technology, as of the day on which it is not registered yet."""
    head, tech = record["Head"], record["Technology"]
    fee = tech["feeKind"]
    return Technology(
        CLASSES.get(tech["techClass"]),
        export=head["direction"] == EXPORT,
        effective=day_of(head["effectiveDate"]),
        registered=day,
        lump=fee != _ROYALTY,
        royalty=fee != _LUMP,
        base=day_of(tech.get("firstRoyaltyDate") or ""),
        licensed=bool((tech.get("licenceNo") or "").strip()),
    )
