"""A small reader of the city's bills that only adds columns: written apart from the importers and from the city."""

import csv
from collections import defaultdict
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import NamedTuple


class Sums(NamedTuple):
    """What one bill states as its total, what its charges come to, how many of those cost something, and every other
    pair of figures that must be equal, by what it is."""

    stated: Decimal | None
    computed: Decimal
    charges: int
    pairs: dict[str, tuple[object, object]]


def table(path: Path) -> list[dict[str, str]]:
    """A tab-separated file by its header; quotes are no quotes."""
    rows = [line.split("\t") for line in path.read_bytes().decode("utf-8").split("\r\n") if line]
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def total(rows: list[dict[str, str]], column: str) -> Decimal:
    return sum((Decimal(row[column]) for row in rows), Decimal(0))


def mobile(folder: Path) -> Sums:
    """Four files: the account's summary against the lines' summary, the lines' against the charges and the usage."""
    (account,) = table(folder / "AccountSummary.txt")
    lines = table(folder / "Account & Wireless Summary.txt")
    charges = table(folder / "Acct & Wireless Charges Detail Summary Usage.txt")
    usage = table(folder / "Wireless Usage Detail.txt")
    current, adjustments = Decimal(account["Total Current Charges"]), Decimal(account["Adjustments"])
    forward = sum((Decimal(account[c]) for c in ("Previous Balance", "Payments", "Adjustments")), Decimal(0))
    pairs: dict[str, tuple[object, object]] = {
        "balance forward": (Decimal(account["Balance Forward"]), forward),
        "amount due": (Decimal(account["Total Amount Due"]), forward + current),
        "lines": (current, total(lines, "Total Charges")),
        "charges": (current, total(charges, "Cost")),
        "calls": (Decimal(account["Usage and Purchase Charges"]), total(usage, "Total")),
        "monthly": (Decimal(account["Monthly Charges"]), total(lines, "Monthly Charges")),
        "equipment": (Decimal(account["Equipment Charges"]), total(lines, "Equipment Charges")),
        "surcharges": (
            Decimal(account["Surcharges and OC&Cs"]),
            total(lines, "Total Surcharges and Other Charges and Credits"),
        ),
        "taxes": (
            Decimal(account["Taxes, Governmental Surcharges, and Fees"]),
            total(lines, "Taxes, Governmental Surcharges and Fees"),
        ),
    }
    costs: dict[str, Decimal] = defaultdict(Decimal)
    for row in charges:
        costs[row["Wireless Number"]] += Decimal(row["Cost"])
    for row in lines:
        pairs[row["Wireless Number"]] = (Decimal(row["Total Charges"]), costs[row["Wireless Number"]])
    paying = sum(Decimal(row["Cost"]) != 0 for row in charges) + (adjustments != 0)
    return Sums(current + adjustments, total(charges, "Cost") + adjustments, paying, pairs)


def wireline(path: Path) -> Sums:
    """An X12 811: charges, taxes that add and credits against TDS; counts against what was counted."""
    text = path.read_bytes().decode("ascii")
    element, end = text[3], text[105]
    segments = [part.strip().split(element) for part in text.split(end) if part.strip()]
    point = any(s[0] == "TDS" and "." in s[1] for s in segments)

    def money(cell: str) -> Decimal:
        return Decimal(cell) if point else Decimal(cell).scaleb(-2)

    computed, charges, levels = Decimal(0), 0, 0
    stated = Decimal(0)
    lines: dict[str, tuple[object, object]] = {}
    here, subtotal = "", Decimal(0)
    for s in segments:
        amount = Decimal(0)
        if s[0] == "TDS":
            stated = money(s[1])
        elif s[0] == "HL":
            levels += 1
        elif s[0] == "SI":
            here, subtotal = s[3], Decimal(0)
        elif s[0] == "AMT":
            lines[here] = (Decimal(s[2]), Decimal(0))
        elif s[0] == "IT1":
            amount = Decimal(s[4]) if s[3] == "M4" else Decimal(s[2]) * Decimal(s[4])
        elif s[0] == "TXI" and s[7] == "A":
            amount = Decimal(s[2])
        elif s[0] == "ITA":
            amount = -money(s[7])
        computed += amount
        subtotal += amount
        charges += amount != 0
        if here in lines:
            lines[here] = (lines[here][0], subtotal)
    by_name = {s[0]: s for s in segments}
    first = next(n for n, s in enumerate(segments) if s[0] == "ST")
    last = next(n for n, s in enumerate(segments) if s[0] == "SE")
    pairs: dict[str, tuple[object, object]] = {
        "segments": (int(by_name["SE"][1]), last - first + 1),
        "levels": (int(by_name["CTT"][1]), levels),
        "control": (by_name["ISA"][13], by_name["IEA"][2]),
        "group": (by_name["GS"][6], by_name["GE"][2]),
        "separator of ISA": (len(text.split(end)[0]), 105),
    }
    return Sums(stated, computed, charges, pairs | lines)


def cloud(path: Path) -> Sums:
    """A FOCUS export states no total; its rows are summed exactly and rounded once."""
    with path.open(encoding="utf-8", newline="") as stream:
        costs = [Decimal(row["BilledCost"]) for row in csv.DictReader(stream)]
    exact = sum(costs, Decimal(0))
    return Sums(None, exact.quantize(Decimal("0.01"), ROUND_HALF_EVEN), sum(c != 0 for c in costs), {})


def card(path: Path) -> Sums:
    """A card statement: rows with a key against the subtotals, the subtotals against the grand total, the last one."""
    subtotals: list[tuple[Decimal, Decimal]] = []
    part, whole, charges = Decimal(0), Decimal(0), 0
    with path.open(encoding="utf-8", newline="") as stream:
        for row in list(csv.reader(stream, delimiter="\t"))[1:]:
            if row[1]:
                part += Decimal(row[5].replace(",", ""))
                charges += 1
            elif row[5]:
                subtotals.append((Decimal(row[5].replace(",", "")), part))
                whole, part = whole + part, Decimal(0)
    stated = subtotals.pop()[0]
    pairs: dict[str, tuple[object, object]] = {f"subtotal {n}": pair for n, pair in enumerate(subtotals)}
    return Sums(stated, whole, charges, pairs)


READERS = {"mobile": mobile, "wireline": wireline, "cloud": cloud, "card": card}
