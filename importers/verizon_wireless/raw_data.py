"""Reads the raw data of a month and account: recognises the parts, and makes a charge of every row with a cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from importers.delimited import Row
from importers.verizon_wireless.account import Account, read_account, rows_of
from importers.verizon_wireless.captions import (
    Line,
    Posted,
    account_controls,
    line_controls,
    summaries_of,
    totals_of,
)
from importers.verizon_wireless.days import day_of
from importers.verizon_wireless.parts import (
    ACCOUNT,
    DETAIL,
    JOIN,
    LINES,
    PARTS,
    USAGE,
    USAGE_KINDS,
    Part,
    names_of,
    opened,
    part_of,
)
from importers.verizon_wireless.usage import calls_of, usage_controls, usage_of
from ledger_core import (
    BillEnded,
    BillStarted,
    Charge,
    Charged,
    ChargeKind,
    Document,
    Lookalike,
    Recognition,
    Record,
)

# Item Category -> group of the line's captions, kind. A name not listed is a one-time charge of no group.
_CATEGORIES = {
    "account charges and credits": ("account", ChargeKind.FEE),
    "monthly charges": ("monthly", ChargeKind.RECURRING),
    **{kind.lower(): ("usage", ChargeKind.USAGE) for kind in USAGE_KINDS},
    "equipment charges": ("equipment", ChargeKind.EQUIPMENT),
    "surcharges": ("surcharges", ChargeKind.SURCHARGE),
    "other charges and credits": ("surcharges", ChargeKind.FEE),
    "taxes, governmental surcharges and fees": ("taxes", ChargeKind.TAX),
    "taxes, governmental surcharges, and fees": ("taxes", ChargeKind.TAX),
    "third party charges": ("third party", ChargeKind.ONE_TIME),
    "third-party charges": ("third party", ChargeKind.ONE_TIME),
}


class VerizonWireless:
    """Reads the four raw data files of a month and account as one bill."""

    name: str = "verizon_wireless"
    version: str = "2"
    states_total: bool = True
    overlapping: bool = False

    def identify(self, document: Document) -> Recognition | Lookalike | None:
        """Which of the four parts this is, by its header; account and invoice from its first row."""
        header, _, body = document.head().partition(b"\n")
        names = names_of(header.decode("cp1252", "replace"))
        part = part_of(names)
        if part is None:
            if set(JOIN) <= set(names) and "ECPD Profile ID" in names:
                return Lookalike(
                    "lookalike", "a raw data file of another report: its columns are of none of the four parts"
                )
            return None
        cells = body.partition(b"\n")[0].decode("cp1252", "replace").rstrip("\r").split("\t")
        key = dict(zip(names, cells, strict=False))
        bill = [key.get(name, "").strip() for name in ("Account Number", "Invoice Number")]
        group = "/".join(bill) if any(bill) else ""  # a part without rows cannot say whose it is
        return Recognition(PARTS[part], PARTS, group)

    def extract(self, documents: Sequence[Document]) -> Iterator[Record]:
        """One bill from its four parts, in the order of `needed`."""
        parts = opened(documents)
        account = read_account(parts[ACCOUNT])
        yield BillStarted(0, account.head)
        posted = Posted()
        for charge, line in _charges(parts[DETAIL], account):
            posted.add(line)
            yield Charged(0, charge)
        if adjustment := account.figures["Adjustments"].stated:
            posted.adjusted = len(posted.lines) + 1
            where = account.figures["Adjustments"].locator
            yield Charged(0, Charge(where, ChargeKind.ADJUSTMENT, adjustment, product="Adjustments"))
        summaries = summaries_of(parts[LINES], account)
        calls = calls_of(parts[USAGE], account)
        controls = [
            *account_controls(account, posted),
            *line_controls(account, summaries, posted),
            *usage_controls(calls, summaries),
        ]
        yield BillEnded(0, totals_of(account, posted, controls, list(usage_of(calls, summaries))))


def _charges(part: Part, account: Account) -> Iterator[tuple[Charge, Line]]:
    """Every detail row with a cost. Rows of allowances cost nothing and are no charges."""
    for row in rows_of(part, account):
        cost = part.number_in(row, "Cost")
        if cost:
            line, kind = _classified(part, row, cost)
            yield _charge(part, row, account, cost, line, kind), line


def _classified(part: Part, row: Row, cost: Decimal) -> tuple[Line, ChargeKind]:
    category = part.text(row, "Item Category").lower()
    group, kind = _CATEGORIES.get(category, ("", ChargeKind.ONE_TIME))
    item = part.text(row, "Item Type").lower()
    late = item == "late fee"
    if late:
        kind = ChargeKind.LATE_FEE
    elif item == "credit" or (kind is ChargeKind.FEE and cost < 0):
        kind = ChargeKind.CREDIT
    return Line(part.text(row, "Wireless Number"), category, group, late), kind


def _charge(part: Part, row: Row, account: Account, cost: Decimal, line: Line, kind: ChargeKind) -> Charge:
    description = part.text(row, "Item Description")
    lasting = {ChargeKind.RECURRING, ChargeKind.EQUIPMENT, ChargeKind.SURCHARGE, ChargeKind.TAX}
    used = kind is ChargeKind.USAGE
    day = day_of(part, row, account.cycle)
    user = part.text(row, "User Name")
    return Charge(
        part.locator(row),
        kind,
        cost,
        service=line.service,
        service_kind="line" if line.service else "",
        # What was bought or called may speak of a person: there the category must do.
        product=description if kind in lasting else part.text(row, "Item Category"),
        customer_code=part.text(row, "Cost Center") or part.text(row, "User ID"),
        quantity=part.quantity_in(row, "Billable") if used else None,
        unit=part.text(row, "Item Type") if used else "",
        service_from=day,
        service_to=day,
        text="; ".join(filter(None, (user, description))),
    )
