"""What the lines used: the list of calls, and the quantities that the line summary states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

import attrs

from importers.verizon_wireless.account import Account, rows_of
from importers.verizon_wireless.days import day_of
from importers.verizon_wireless.parts import QUANTITIES, Part
from ledger_core import Control, Counted, Figure, Usage, exact_sum

#: Units of which a line's zero is said too: a line that used nothing must be told from one that nothing is known of.
_ALWAYS = frozenset({"minutes", "messages", "gigabytes"})
Summaries = Mapping[str, Mapping[str, Figure]]


@attrs.define
class Calls:
    """The calls of one line: how many, their minutes, and what they cost."""

    records: int = 0
    minutes: Decimal = Decimal(0)
    charges: Decimal = Decimal(0)


@attrs.frozen
class CallList:
    """The list of calls, summed by line. `odd` are the calls whose own amounts do not add up."""

    by_service: Mapping[str, Calls]
    odd: tuple[Control, ...]


def calls_of(part: Part, account: Account) -> CallList:
    """One pass over the list of calls; only the sums are kept, for there may be millions of them."""
    lines: dict[str, Calls] = {}
    odd: list[Control] = []
    for row in rows_of(part, account):
        day_of(part, row, account.cycle)
        service = part.text(row, "Wireless Number")
        calls = lines.setdefault(service, Calls())
        calls.records += 1
        calls.minutes = exact_sum((calls.minutes, part.quantity_in(row, "Min") or Decimal(0)))
        total = part.number_in(row, "Total")
        calls.charges = exact_sum((calls.charges, total))
        computed = exact_sum((part.number_in(row, "Charge"), part.number_in(row, "Long Dist./Other Charges")))
        if total != computed:
            odd.append(Control(Figure("Total", f"call of {service}", total, part.locator(row)), Counted(computed)))
    return CallList(lines, tuple(odd))


def usage_controls(calls: CallList, summaries: Summaries) -> Iterator[Control]:
    """What the calls of each line come to, beside what its summary states: minutes and charges.

    They are memo: data and messages are not in the call list, and roaming minutes are counted elsewhere. Only that a
    call's own amounts add up binds: otherwise the file is not what the vendor wrote.
    """
    yield from calls.odd
    for service, captions in summaries.items():
        if service not in calls.by_service:
            continue
        made = calls.by_service[service]
        if "Voice Plan Usage" in captions:
            yield Control(captions["Voice Plan Usage"], Counted(made.minutes), binding=False)
        yield Control(captions["Usage and Purchase Charges"], Counted(made.charges), binding=False)


def usage_of(calls: CallList, summaries: Summaries) -> Iterator[Usage]:
    """What each line used, in the vendor's own units; roaming counts as use.

    The summary's quantities stand, since it has a row for every line and data is in no list; calls of a line that the
    summary says nothing of are summed here. The row without a number repeats the account and is no line.
    """
    for service in sorted({*summaries, *calls.by_service} - {""}):
        made = calls.by_service.get(service, Calls())
        for unit, quantity in _used(summaries.get(service, {}), made).items():
            if quantity or unit in _ALWAYS:
                yield Usage(service, unit, quantity, made.records if unit == "minutes" else 0)


def _used(captions: Mapping[str, Figure], made: Calls) -> dict[str, Decimal]:
    """The quantities of one line by unit."""
    used: dict[str, Decimal] = {}
    for caption, unit in QUANTITIES.items():
        if figure := captions.get(caption):
            used[unit] = exact_sum((used.get(unit, Decimal(0)), figure.stated))
    if "Voice Plan Usage" not in captions:  # no number, such as `unlimited`: what is left are the calls
        roamed = used.pop("minutes", Decimal(0))
        if made.records or roamed:
            used["minutes"] = exact_sum((roamed, made.minutes))
    return used
