"""What the bill states about its charges: captions of the account and of each line, and what they sum."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs

from importers.verizon_wireless.account import Account, rows_of
from importers.verizon_wireless.parts import CAPTIONS, LINE_CAPTIONS, QUANTITIES, USAGE_KINDS, Part
from ledger_core import Combined, Control, Figure, LineSum, Locator, Totals, Usage, exact_sum


@attrs.frozen
class Line:
    """What a charge counts into: its service, its group in the captions, its usage kind, whether it is a late fee."""

    service: str
    category: str
    group: str
    late: bool


@attrs.define
class Posted:
    """The charges so far as the captions see them, by line number from 1."""

    lines: list[Line] = attrs.Factory(list)
    by_service: dict[str, list[int]] = attrs.Factory(dict)
    adjusted: int = 0

    def add(self, line: Line) -> None:
        """Count one more charge."""
        self.lines.append(line)
        self.by_service.setdefault(line.service, []).append(len(self.lines))

    def all_known(self) -> bool:
        """Whether every charge has a group; otherwise what a caption sums is not known, and it binds only as a part."""
        return all(line.group for line in self.lines)


def _ranges(lines: Iterable[int]) -> LineSum:
    """Ascending line numbers as inclusive ranges."""
    ranges: list[tuple[int, int]] = []
    for line in lines:
        if ranges and ranges[-1][1] == line - 1:
            ranges[-1] = (ranges[-1][0], line)
        else:
            ranges.append((line, line))
    return LineSum(tuple(ranges))


def account_controls(account: Account, posted: Posted) -> Iterator[Control]:
    """The captions of the bill's first page: what each sums, and how they add up."""
    figure = account.figures
    adjustment = (posted.adjusted,) if posted.adjusted else ()
    yield Control(figure["Adjustments"], _ranges(adjustment))
    yield Control(figure["Total Current Charges"], _ranges(range(1, len(posted.lines) + 1)))
    yield Control(figure["Total Current Charges"], Combined(tuple(figure[name] for name in CAPTIONS)))
    balances = ("Previous Balance", "Payments", "Adjustments")
    yield Control(figure["Balance Forward"], Combined(tuple(figure[name] for name in balances)))
    due = (figure["Balance Forward"], figure["Total Current Charges"])
    yield Control(figure["Total Amount Due"], Combined(due))
    usage = tuple(figure[f"Usage Charges - {kind}"] for kind in USAGE_KINDS)
    yield Control(figure["Usage and Purchase Charges"], Combined(usage))
    binding = posted.all_known()
    for name, lines in _sums_of_captions(posted).items():
        yield Control(figure[name], _ranges(lines), binding)


def _sums_of_captions(posted: Posted) -> dict[str, list[int]]:
    """The line numbers under each caption of the account summary."""
    sums: dict[str, list[int]] = {name: [] for name in CAPTIONS}
    sums |= {f"Usage Charges - {kind}": [] for kind in USAGE_KINDS}
    plain = {
        "account": "Account Charges and Credits",
        "monthly": "Monthly Charges",
        "usage": "Usage and Purchase Charges",
        "equipment": "Equipment Charges",
        "surcharges": "Surcharges and OC&Cs",
        "taxes": "Taxes, Governmental Surcharges, and Fees",
    }
    for number, line in enumerate(posted.lines, 1):
        if line.late:
            sums["Late Fee"].append(number)
        elif line.group == "third party":
            sums[f"Charges for Third-Party Services to {'Lines' if line.service else 'Account'}"].append(number)
        elif line.group:
            sums[plain[line.group]].append(number)
        if line.group == "usage":
            sums[f"Usage Charges - {line.category.capitalize()}"].append(number)
    return sums


def summaries_of(part: Part, account: Account) -> dict[str, dict[str, Figure]]:
    """What the summary states of each line, by number ("" the account): its captions, its total, its use.

    A number may have several rows, such as one for each calling plan of the month; what they state is added.
    """
    lines: dict[str, dict[str, Figure]] = {}
    for row in rows_of(part, account):
        service = part.text(row, "Wireless Number")
        scope = f"service {service}" if service else "account"
        captions = lines.setdefault(service, {})
        for name in (*LINE_CAPTIONS, "Total Charges", *filter(part.has, QUANTITIES)):
            stated = part.quantity_in(row, name) if name in QUANTITIES else part.number_in(row, name)
            if stated is None:
                continue
            figure = Figure(name, scope, stated, part.locator(row))
            before = captions.get(name)
            captions[name] = _added(before, figure) if before else figure
    return lines


def _added(first: Figure, second: Figure) -> Figure:
    start, end = first.locator, second.locator
    where = Locator(f"{start.place} to {end.place}", start.start, end.end, start.document)
    return attrs.evolve(first, stated=exact_sum((first.stated, second.stated)), locator=where)


def line_controls(account: Account, summaries: Mapping[str, Mapping[str, Figure]], posted: Posted) -> Iterator[Control]:
    """Each line's total and captions against its charges, and all lines against the bill."""
    binding = posted.all_known()
    for service, captions in summaries.items():
        lines = posted.by_service.get(service, [])
        yield Control(captions["Total Charges"], _ranges(lines))
        yield Control(captions["Total Charges"], Combined(tuple(captions[name] for name in LINE_CAPTIONS)))
        for name, group in LINE_CAPTIONS.items():
            under = [line for line in lines if posted.lines[line - 1].group == group]
            yield Control(captions[name], _ranges(under), binding)
    every = tuple(captions["Total Charges"] for captions in summaries.values())
    yield Control(account.figures["Total Current Charges"], Combined(every))


def totals_of(account: Account, posted: Posted, controls: Sequence[Control], usage: Sequence[Usage]) -> Totals:
    """The totals of the bill; no figure of the file is the sum of both, so the row that states them is its place."""
    current, adjustments = account.figures["Total Current Charges"], account.figures["Adjustments"]
    stated = exact_sum((current.stated, adjustments.stated))
    return Totals(
        charges=len(posted.lines) + (1 if posted.adjusted else 0),
        total=Figure("Total Current Charges + Adjustments", "bill", stated, current.locator),
        controls=tuple(controls),
        previous_balance=account.figures["Previous Balance"],
        amount_due=account.figures["Total Amount Due"],
        usage=tuple(usage),
    )
