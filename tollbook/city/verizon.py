"""Write a mobile bill as four tab-separated files in the layout of Verizon Wireless raw data downloads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import attrs

from tollbook.city.bills import Bill, bill_of
from tollbook.city.charging import lines_of
from tollbook.city.city import City
from tollbook.city.lines import Line, scenes
from tollbook.city.services import services_of
from tollbook.city.usage import NOTHING, Used, used

Cells = tuple[str, ...]

_HEAD = ("ECPD Profile ID", "Bill Cycle Date", "Account Number")
ACCOUNT_COLUMNS = (
    *_HEAD,
    *("Date Due", "Invoice Number", "Bill Period", "Bill Name", "Previous Balance", "Payments", "Adjustments"),
    *("Balance Forward", "Account Charges and Credits", "Charges for Third-Party Services to Account"),
    *("Monthly Charges", "Late Fee", "Usage Charges - Voice", "Usage Charges - Messaging", "Usage Charges - Data"),
    *("Usage Charges - Roaming", "Usage Charges - International", "Usage Charges - Purchases"),
    *("Usage and Purchase Charges", "Equipment Charges", "Surcharges and OC&Cs"),
    *("Taxes, Governmental Surcharges, and Fees", "Charges for Third-Party Services to Lines"),
    *("Total Current Charges", "Total Amount Due", "Remittance Address"),
)
LINE_COLUMNS = (
    *_HEAD,
    *("Date Due", "Invoice Number", "Bill Period", "Wireless Number", "User Name", "Cost Center", "User ID"),
    *("Your Calling Plan", "Account Charges and Credits", "Monthly Charges", "Usage and Purchase Charges"),
    *("Equipment Charges", "Total Surcharges and Other Charges and Credits"),
    *("Taxes, Governmental Surcharges and Fees", "Third Party Charges", "Total Charges", "Voice Plan Usage"),
    *("Messaging Usage", "Data Usage (KB)", "Data Usage (MB)", "Data Usage (GB)", "Voice Roaming"),
    *("Messaging Roaming", "Data Roaming (KB)", "Data Roaming (MB)", "Data Roaming (GB)"),
)
CHARGE_COLUMNS = (
    *_HEAD,
    *("Invoice Number", "Wireless Number", "User Name", "Cost Center", "User ID", "Item Category", "Date"),
    *("Item Type", "Item Description", "Vendor Name / Contact Information", "Share Description", "Share Voice"),
    *("Share Messaging", "Share Data", "Usage Period", "Allowance", "Used", "Billable", "Cost", "Order Details"),
)
USAGE_COLUMNS = (
    *_HEAD,
    *("Invoice Number", "Wireless Number", "User Name", "Usage Category", "Account Authorization Code", "Date"),
    *("Time", "Number", "Rate", "Usage Type", "Description", "Origination", "Destination", "Intl. Call Type"),
    *("Min", "Charge", "Long Dist./Other Charges", "Total"),
)

#: The sum of the line summary that each kind belongs to, in the order of its columns.
_GROUPS = ("account", "monthly", "usage", "equipment", "surcharges", "taxes", "third")
_GROUP_OF = {
    "recurring": "monthly",
    "usage": "usage",
    "equipment": "equipment",
    "surcharge": "surcharges",
    "credit": "surcharges",
    "tax": "taxes",
    "third-party": "third",
}
_CATEGORY = {
    "recurring": ("Monthly Charges", "Monthly access"),
    "equipment": ("Equipment Charges", "Equipment"),
    "surcharge": ("Surcharges", "Surcharge"),
    "credit": ("Other Charges and Credits", "Credit"),
    "tax": ("Taxes, Governmental Surcharges and Fees", "Tax"),
    "third-party": ("Third Party Charges", "Third Party"),
    "late-fee": ("Account Charges and Credits", "Late Fee"),
}
_NOBODY = ("N/A", "N/A", "N/A", "N/A")
_NOTHING = Decimal("0.00")
_TOWNS = ("Tolland WA", "Millbrook WA", "Ferry Point WA", "Alder Bay OR")


@attrs.frozen
class _Balance:
    """The balance section: what stood open, what was paid (negative), what was adjusted."""

    previous: Decimal
    payments: Decimal
    adjustments: Decimal

    @property
    def forward(self) -> Decimal:
        return self.previous + self.payments + self.adjustments


def mobile_files(city: City, bill: Bill) -> dict[str, bytes]:
    """The four files of the bill by their exact names; CRLF, UTF-8, no byte order mark."""
    lines = list(lines_of(city, bill))
    balance = _balance(city, bill, lines)
    charges = [line for line in lines if line.kind != "adjustment"]
    by_service: dict[str, list[Line]] = {"": []}
    for line in charges:
        by_service.setdefault(line.service.name if line.service else "", []).append(line)
    summary: list[Cells] = []
    detail: list[Cells] = []
    usage: list[Cells] = []
    uses = {scene.service.name: used(scene) for scene in scenes(city, bill, services_of(city, bill.account))}
    for name, own in by_service.items():
        who = _who(own[0]) if name else _NOBODY
        use = uses.get(name, NOTHING)
        calls = list(_calls(city, bill, own, use.calls)) if name else []
        minutes = sum(int(row[-4]) for row in calls)
        summary.append(_summary_row(bill, who, own, minutes, use))
        detail.extend(_charge_rows(bill, who, own, use))
        usage.extend((*_head(bill), *who[:2], *row) for row in calls)
    return {
        "AccountSummary.txt": _table(ACCOUNT_COLUMNS, [_account_row(city, bill, balance, charges)]),
        "Account & Wireless Summary.txt": _table(LINE_COLUMNS, summary),
        "Acct & Wireless Charges Detail Summary Usage.txt": _table(CHARGE_COLUMNS, detail),
        "Wireless Usage Detail.txt": _table(USAGE_COLUMNS, usage),
    }


def amount_due(city: City, bill: Bill) -> Decimal:
    """What the bill asks for in all: the balance carried forward plus current charges."""
    lines = list(lines_of(city, bill))
    return _balance(city, bill, lines).forward + _sum(line for line in lines if line.kind != "adjustment")


def _balance(city: City, bill: Bill, lines: list[Line]) -> _Balance:
    """Last month's amount due, paid in full unless it was a credit. The first bill follows one never seen."""
    if bill.month == city.calendar.first:
        previous = Decimal(city.dice("before", bill.account.number).randrange(10_000, 900_000)).scaleb(-2)
    else:
        previous = amount_due(city, bill_of(bill.account, bill.month.plus(-1)))
    payments = -max(previous, _NOTHING)
    return _Balance(previous, payments, _sum(line for line in lines if line.kind == "adjustment"))


def _account_row(city: City, bill: Bill, balance: _Balance, charges: list[Line]) -> Cells:
    groups = _grouped(charges)
    uses = {p: _sum(c for c in charges if c.product == p) for p in ("VOICE", "INTL")}
    late = _sum(line for line in charges if line.kind == "late-fee")
    current = _sum(charges)
    none = "0.00"
    return (
        *_long_head(bill),
        city.entity.upper(),
        _money(balance.previous),
        _money(balance.payments),
        _money(balance.adjustments),
        _money(balance.forward),
        _money(groups["account"] - late),
        none,
        _money(groups["monthly"]),
        _money(late),
        *(_money(uses["VOICE"]), none, none, none, _money(uses["INTL"]), none),
        _money(groups["usage"]),
        _money(groups["equipment"]),
        _money(groups["surcharges"]),
        _money(groups["taxes"]),
        _money(groups["third"]),
        _money(current),
        _money(balance.forward + current),
        "PO BOX 0, TOLLAND WA 98000",
    )


def _summary_row(bill: Bill, who: Cells, own: list[Line], minutes: int, use: Used) -> Cells:
    """One line's sums; the row without a number carries what belongs to the account."""
    groups = _grouped(own)
    nobody = who == _NOBODY
    plan = "N/A" if nobody else own[0].text
    return (
        *_long_head(bill),
        *who,
        plan,
        *(_money(groups[g]) for g in _GROUPS[:-1]),
        "" if nobody else _money(groups["third"]),
        _money(_sum(own)),
        "0" if nobody else f"{minutes}.000000000000000",
        "0" if nobody else f"{use.messages}.000000000000000",
        *("0.00", "0.000", f"{use.gigabytes:.3f}", "0.00000000", "0.00000000", "0.00000000", "0.000", "0.000"),
    )


def _charge_rows(bill: Bill, who: Cells, own: list[Line], use: Used) -> Iterator[Cells]:
    """Every charge, and on a number the data allowance that costs nothing."""
    head = (*_head(bill), *who[:3])
    for line in own:
        if line.kind == "usage":
            category = "International" if line.product == "INTL" else "Voice"
            minutes = str(line.quantity)
            shares = ("", "NA", "NA", "NA", "NA", "Current", "0", minutes, minutes)
            yield (*head, "NA", category, "", "minutes", line.text, *shares, _money(line.amount), "")
            continue
        category, item = _category(line)
        day = f"{line.first:%m/%d}" if line.kind == "equipment" else ""
        blanks = ("", "NA", "NA", "NA", "NA", "", "", "", "")
        yield (*head, who[3], category, day, item, line.text, *blanks, _money(line.amount), "")
    if who != _NOBODY:
        shares = ("", "Shared Usage", "NA", "NA", "82000", "Current", "6.000(shared)", f"{use.gigabytes:.3f}", "0")
        yield (*head, "NA", "Data", "", "gigabytes", "GIGABYTE USAGE", *shares, "0.00", "")


def _category(line: Line) -> tuple[str, str]:
    """Item category and type; a credit to the account is one of its own."""
    if line.kind == "credit" and line.service is None:
        return ("Account Charges and Credits", "Credit")
    return _CATEGORY[line.kind]


def _calls(city: City, bill: Bill, own: list[Line], included: int) -> Iterator[Cells]:
    """Call records from category to total. Each charged usage is one call; the others are within the allowance."""
    dice = city.dice("calls", bill.account.number, bill.month, own[0].service and own[0].service.name)
    days = (bill.last - bill.first).days + 1

    def call(kind: str, places: tuple[str, str, str], minutes: int, fee: Decimal, far: Decimal) -> Cells:
        day = bill.first + timedelta(days=dice.randrange(days))
        time = f"{dice.randrange(1, 13)}:{dice.randrange(60):02d}{dice.choice('AP')}"
        period = dice.choice(("Peak", "Off-Peak"))
        amounts = (_money(fee), _money(far), _money(fee + far))
        return ("Voice", "", f"{day:%m/%d}", time, "", period, kind, " ", *places, str(minutes), *amounts)

    for line in own:
        if line.product == "INTL":
            yield call("PlanAllow", (_TOWNS[0], "Toronto ON", "Canada"), int(line.quantity), _NOTHING, line.amount)
        elif line.product == "VOICE":
            yield call("Overage", (_TOWNS[0], _TOWNS[1], ""), int(line.quantity), line.amount, _NOTHING)
    for _ in range(included):
        yield call("PlanAllow", (_TOWNS[0], dice.choice(_TOWNS), ""), dice.randrange(1, 20), _NOTHING, _NOTHING)


def _who(line: Line) -> Cells:
    """Number, user label, cost centre and user id of a line."""
    assert line.service is not None
    return (line.service.name, f"UNIT {line.service.name[-4:]}", line.service.code, " ")


def _grouped(lines: list[Line]) -> dict[str, Decimal]:
    groups: dict[str, Decimal] = defaultdict(lambda: _NOTHING)
    for line in lines:
        groups[_GROUP_OF[line.kind] if line.service else "account"] += line.amount
    return groups


def _head(bill: Bill) -> Cells:
    return ("", _cycle(bill.last), bill.account.number, bill.number)


def _long_head(bill: Bill) -> Cells:
    period = f"{bill.first:%b} {bill.first.day} -{bill.last:%b} {bill.last.day} "
    return ("", _cycle(bill.last), bill.account.number, f"{bill.due:%m/%d/%y}", bill.number, period)


def _cycle(day: date) -> str:
    return f"{day:%b} {day.day}, {day.year}"


def _sum(lines: Iterator[Line] | list[Line]) -> Decimal:
    return sum((line.amount for line in lines), _NOTHING)


def _money(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _table(columns: Cells, rows: list[Cells]) -> bytes:
    assert all(len(row) == len(columns) for row in rows), "a row that does not fill the layout is our own bug"
    return "".join("\t".join(row) + "\r\n" for row in (columns, *rows)).encode()
