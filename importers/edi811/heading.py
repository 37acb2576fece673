"""The head of an X12 811 bill, its stated totals and balances, and how X12 writes money and dates."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from importers.edi811.interchange import Segment, TransactionSet, broken
from importers.edi811.levels import Outline
from ledger_core import Bill, Combined, Control, DocumentRefused, Figure, NotANumber, parse_decimal

#: Without CUR an 811 is in US dollars: the senders of the telecom guides write CUR only for another currency.
CURRENCY = "USD"
# N101 of the party that issues the bill, best first: issuer, seller, remit-to, payee, vendor.
_ISSUERS = ("II", "SE", "RI", "PE", "VN")
_ACCOUNTS = ("11", "14", "12")  # REF01: account, master account, billing account
_CREDITS = frozenset({"CN", "CR"})  # BIG07: credit invoice, credit memo
_DATE = re.compile(r"(\d{2}|\d{4})(\d{2})(\d{2})", re.ASCII)
_IMPLIED = re.compile(r"[+-]?\d{1,20}", re.ASCII)
_LARGEST = Decimal(10) ** 15  # major units: no bill is larger, and every store can hold its sum
_SMALLEST = -40  # exponent
_SHORT = 15  # characters: fewer, without an exponent, spell nothing beyond either bound
_CORRECT = "Ask the sender to correct the bill and transmit it again."
# BAL02: previous balance and beginning balance open the account, an ending balance closes it, payments lower it.
_OPENING, _CLOSING, _PAYMENT = frozenset({"PB", "J9"}), frozenset({"YB"}), frozenset({"TP"})


def decimal(name: str, segment: Segment, position: int) -> Decimal:
    """An element of type R: it means what it shows. Raises DocumentRefused."""
    text = segment.at(position)
    try:
        value = parse_decimal(text)
    except NotANumber as error:
        where = f"{name}:segment {segment.ordinal} {segment.id}{position:02d}"
        raise DocumentRefused(where, error.found, _CORRECT) from error
    if len(text) < _SHORT and "e" not in text and "E" not in text:
        return value
    return bounded(name, segment, value)


def bounded(name: str, segment: Segment, value: Decimal) -> Decimal:
    """The value, if it is of a size that money can have. Raises DocumentRefused."""
    exponent = value.as_tuple().exponent
    if abs(value) >= _LARGEST or (isinstance(exponent, int) and exponent < _SMALLEST):
        raise broken(name, segment, "an amount beyond what a bill can state", _CORRECT)
    return value


def implied(name: str, segment: Segment, position: int) -> Decimal:
    """An element of type N2 (TDS01, ITA07): two decimals are implied, unless the sender shows a point after all.

    Some senders write both in one group, so each figure is read by itself; the tie to the body proves the choice.
    """
    text = segment.at(position)
    if _IMPLIED.fullmatch(text):
        return bounded(name, segment, Decimal(text).scaleb(-2) or Decimal(0))
    if "." not in text or "e" in text.lower():
        where = f"{name}:segment {segment.ordinal} {segment.id}{position:02d}"
        raise DocumentRefused(where, f"'{text[:80]}' is not an amount", _CORRECT)
    return decimal(name, segment, position)


def day(name: str, segment: Segment, text: str) -> date | None:
    """CCYYMMDD, or YYMMDD of releases before 4010 (70 to 99 are of the last century). Empty text is None."""
    if not text:
        return None
    parts = _DATE.fullmatch(text)
    try:
        if parts is None:
            raise ValueError("neither six nor eight digits")  # noqa: TRY301 (one handler for both ways to be wrong)
        year, month, of_month = map(int, parts.groups())
        if len(parts[1]) == 2:
            year += 1900 if year >= 70 else 2000
        return date(year, month, of_month)
    except ValueError as error:
        raise broken(name, segment, f"'{text[:40]}' is not a date", _CORRECT) from error


def period(name: str, segment: Segment) -> tuple[date | None, date | None]:
    """The dates of a DTM: its date twice, or both ends of its range (DTM05 RD8)."""
    if segment.at(5) == "RD8":
        start, _, end = segment.at(6).partition("-")
        return day(name, segment, start), day(name, segment, end)
    single = day(name, segment, segment.at(2))
    return single, single


def head(name: str, one: TransactionSet, plan: Outline) -> Bill:
    """The head: BIG, CUR, REF, ITD, DTM and N1 of the header. Raises DocumentRefused where identity lacks."""
    big = plan.first("BIG")
    if big is None:
        raise broken(name, one.header, "no BIG segment, so no invoice")
    currency, due = plan.first("CUR"), plan.first("ITD")
    starts, ends = plan.first("DTM", "186"), plan.first("DTM", "187")
    due_date = day(name, due, due.at(6)) if due else None
    if due_date is None and (stated := plan.first("DTM", "814")):
        due_date = day(name, stated, stated.at(2))
    code = currency.at(2) if currency else CURRENCY
    if not re.fullmatch(r"[A-Z]{3}", code):
        raise broken(name, currency or big, f"CUR02 is '{code[:20]}', not a currency", _CORRECT)
    return Bill(
        vendor=_vendor(name, plan, big),
        account=_account(name, plan, big),
        currency=code,
        number=big.at(2) or _reference(plan, "2F") or None,
        bill_date=day(name, big, big.at(1)),
        due_date=due_date,
        period_from=period(name, starts)[0] if starts else None,
        period_to=period(name, ends)[1] if ends else None,
        credit_note=big.at(7).upper() in _CREDITS,
        test=one.test,
        place_kind="segment",
    )


def is_memo(plan: Outline) -> bool:
    """BIG07 `ME`: a memorandum, which is not payable."""
    big = plan.first("BIG")
    return big is not None and big.at(7).upper() == "ME"


def _vendor(name: str, plan: Outline, big: Segment) -> str:
    for role in _ISSUERS:
        party = plan.first("N1", role)
        if party and party.at(2):
            return party.at(2)
    raise broken(name, big, "no N1 segment names who issues the bill", _CORRECT)


def _account(name: str, plan: Outline, big: Segment) -> str:
    """REF 11, 14 or 12 of the header; without any, the number under which the issuer knows the bill-to party."""
    for qualifier in _ACCOUNTS:
        if number := _reference(plan, qualifier):
            return number
    party = plan.first("N1", "BT")
    if party and party.at(4):
        return party.at(4)
    raise broken(name, big, "neither REF 11, 12 or 14 nor N1 BT state an account", _CORRECT)


def _reference(plan: Outline, qualifier: str) -> str:
    segment = plan.first("REF", qualifier)
    return segment.at(2) if segment else ""


def total(name: str, plan: Outline) -> Figure | None:
    """TDS01, the sum of current charges and adjustments; None where the bill states none."""
    found = [segment for segment in plan.totals if segment.id == "TDS"]
    if len(found) > 1:
        raise broken(name, found[1], "a second TDS: the bill states two totals", _CORRECT)
    if not found:
        return None
    return Figure("TDS", "bill", implied(name, found[0], 1), found[0].locator())


def balances(name: str, plan: Outline, current: Figure | None) -> tuple[Figure | None, Figure | None, list[Control]]:
    """Previous balance, amount due, and the identity between them (INV-24): opening + movements + TDS = closing.

    A payment lowers the balance, whichever sign its sender writes. The identity binds only where every BAL is of a
    known kind; else it is recorded as a comparison.
    """
    opening = closing = None
    plus, minus, known = [current] if current else [], [], current is not None
    for segment in plan.totals:
        if segment.id != "BAL":
            continue
        kind = segment.at(2)
        figure = Figure(f"BAL {segment.at(1)} {kind}", "bill", decimal(name, segment, 3), segment.locator())
        if kind in _OPENING and opening is None:
            opening = figure
            plus.append(figure)
        elif kind in _CLOSING and closing is None:
            closing = figure
        elif kind in _PAYMENT and figure.stated > 0:
            minus.append(figure)
        else:
            known = known and kind in _PAYMENT
            plus.append(figure)
    if opening is None or closing is None:
        return opening, closing, []
    return opening, closing, [Control(closing, Combined(tuple(plus), tuple(minus)), binding=known)]
