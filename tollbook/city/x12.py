"""Write a wireline bill as an X12 811 interchange, version 4010 (consolidated service invoice)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby

import attrs

from tollbook.city.bills import Bill
from tollbook.city.catalogue import WIRELINE_VENDORS
from tollbook.city.charging import lines_of
from tollbook.city.city import City
from tollbook.city.drops import Copy
from tollbook.city.lines import CENT, Line, total_of

Segment = tuple[str, ...]


@attrs.frozen
class _Dialect:
    """How one vendor writes: separators, what follows a segment, and whether TDS and ITA07 show their point."""

    sender: str
    element: str
    terminator: str
    ending: str
    explicit: bool


_DIALECTS = (
    _Dialect("TOLLANDTEL", "*", "~", "\r\n", explicit=False),
    _Dialect("CASCADEFIBER", "|", "~", "\n", explicit=True),
)
#: Taxed at three percent inside the price, so printed for information only (TXI07 `O`).
_INCLUDED = Decimal(3)


def interchange(city: City, bill: Bill, sent: date, copy: Copy = Copy.FIRST) -> bytes:
    """The whole file. Its counts are right always; its TDS is wrong by 90.00 in the copy that is misadded."""
    dialect = _DIALECTS[WIRELINE_VENDORS.index(bill.account.vendor)]
    lines = list(lines_of(city, bill, revised=copy is Copy.REVISED))
    stated = total_of(lines) + (90 if copy is Copy.MISADDED else 0)
    currency = "CAD" if copy is Copy.FOREIGN else "USD"
    body = [*_heading(city, bill, currency, _implied(stated, dialect)), *_tree(bill, lines, dialect)]
    control = f"{bill.account.index + 1:05d}{sent:%m%d}"
    transaction = [("ST", "811", "0001"), *body, ("SE", str(len(body) + 2), "0001")]
    segments = [
        *_opening(city, dialect, sent, control),
        *transaction,
        ("GE", "1", str(int(control))),
        ("IEA", "1", control),
    ]
    text = "".join(dialect.element.join(s) + dialect.terminator + dialect.ending for s in segments)
    return text.encode("ascii")


def _opening(city: City, dialect: _Dialect, sent: date, control: str) -> Iterator[Segment]:
    receiver = city.entity.upper().replace(" ", "")
    ids = ("ZZ", dialect.sender.ljust(15), "ZZ", receiver.ljust(15))
    blank = " " * 10
    yield ("ISA", "00", blank, "00", blank, *ids, f"{sent:%y%m%d}", "0415", "U", "00401", control, "0", "P", ">")
    yield ("GS", "CI", dialect.sender, receiver, f"{sent:%Y%m%d}", "0415", str(int(control)), "X", "004010")


def _heading(city: City, bill: Bill, currency: str, total: str) -> Iterator[Segment]:
    assert bill.due is not None, "a wireline bill says when it is due"
    account = bill.account.number
    yield ("BIG", f"{bill.last + timedelta(days=1):%Y%m%d}", bill.number)
    yield ("CUR", "SE", currency)
    yield ("REF", "11", account)
    yield ("ITD", "", "", "", "", "", f"{bill.due:%Y%m%d}")
    yield ("DTM", "186", f"{bill.first:%Y%m%d}")
    yield ("DTM", "187", f"{bill.last:%Y%m%d}")
    yield ("N1", "RI", bill.account.vendor, "92", _DIALECTS[WIRELINE_VENDORS.index(bill.account.vendor)].sender)
    yield ("N1", "BT", city.entity.upper(), "92", account)
    yield ("TDS", total)


def _tree(bill: Bill, lines: list[Line], dialect: _Dialect) -> Iterator[Segment]:
    """Provider 1, account 2, line 5, and below each line its charges (8) and its usage (9)."""
    yield ("HL", "1", "", "1", "1")
    yield ("HL", "2", "1", "2", "1")
    yield ("REF", "12", bill.account.number)
    level, item = 2, 0
    for service, group in groupby(lines, key=lambda line: line.service):
        assert service is not None, "every charge of this vendor belongs to a line"
        own = list(group)
        level += 1
        parent = str(level)
        yield ("HL", parent, "2", "5", "1")
        yield ("SI", "TI", "TN", service.name)
        yield ("AMT", "5", _plain(total_of(own)))
        for code, part in (("8", [c for c in own if c.kind != "usage"]), ("9", [c for c in own if c.kind == "usage"])):
            if part:
                level += 1
                yield ("HL", str(level), parent, code, "0")
            for line in part:
                item += line.kind in ("recurring", "one-time", "usage")
                yield from _charge(bill, line, item, dialect)
    yield ("CTT", str(level))


def _charge(bill: Bill, line: Line, item: int, dialect: _Dialect) -> Iterator[Segment]:
    """One charge; its days of service are said where they are not the bill's own."""
    if line.kind == "tax":
        percent = "" if line.percent is None else _plain(line.percent)
        yield ("TXI", "ZZ", _plain(line.amount), percent, "CD", line.text, "", "A")
        return
    if line.kind == "credit":
        credit = _implied(-line.amount, dialect)
        yield ("ITA", "A", "TI", "", "06", "", "", credit, "", "", "", "", "", line.text)
        return
    yield ("IT1", str(item), _plain(line.quantity), line.unit, _plain(line.rate), "", "SV", line.product)
    yield ("PID", "F", "", "", "", line.text)
    if (line.first, line.last) != (bill.first, bill.last):
        yield ("DTM", "150", f"{line.first:%Y%m%d}")
        yield ("DTM", "151", f"{line.last:%Y%m%d}")
    if line.product == "PRI":
        included = (line.amount * _INCLUDED / 100).quantize(CENT, ROUND_HALF_UP)
        yield ("TXI", "ZZ", _plain(included), _plain(_INCLUDED), "CD", "INCLUDED EXCISE", "", "O")


def _implied(amount: Decimal, dialect: _Dialect) -> str:
    """Money as this vendor writes it in TDS and ITA07: with its point, or in whole cents."""
    return f"{amount:.2f}" if dialect.explicit else str(int(amount.scaleb(2)))


def _plain(number: Decimal) -> str:
    """X12 type R: no exponent, no trailing zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
