"""The reading of the inventory: what is in service on a day, from what was loaded and what was billed, and where the
two differ.

A service is in it where the sheet `inventory` has it in force, where the sheet `services` gives it an owner, or where
the bills of its account's newest cycle charge for it. Differences are told for accounts whose inventory is kept: those
that the sheet `inventory` has rows for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

import attrs
from sqlalchemy import Connection

from ledger_core.facts.reference import Reference, ReferenceRow
from ledger_core.policy.cycles import Account, Cycles
from ledger_core.policy.plans import same_plan
from ledger_core.projections import reference
from ledger_core.projections.charges import standing_bills
from ledger_core.projections.service_bills import Billed, ServiceBills, bill_day
from ledger_core.store import log

#: The sheets that the inventory is read from.
SHEETS = frozenset({"inventory", "services", "vendor_accounts"})
#: For how many cycles in a row a service may be on no bill before that is told.
CYCLES = 2
NOT_BILLED, UNLISTED, OTHER_PLAN = "not-billed", "not-in-inventory", "plan-unexpected"
_DAY, _MONTH = timedelta(days=1), timedelta(days=31)


@attrs.frozen
class InService:
    """One service on a day. What nobody loaded is "" or None; an `account` of "" is any account of the vendor.

    `start` and `end` are the first and last day of the stretch of service that the day lies in, None where open.
    `department` and `object` are its owner's. `billed` is what was last charged, None where it never was.
    `listed` says whether the sheet `inventory` has it.
    """

    vendor: str
    account: str
    service: str
    kind: str = ""
    location: str = ""
    plan: str = ""
    contract: str = ""
    equipment: str = ""
    start: date | None = None
    end: date | None = None
    department: str = ""
    object: str = ""
    billed: Billed | None = None
    listed: bool = False


@attrs.frozen
class Difference:
    """What inventory and bills tell differently of a service. `amount` is what was last charged, in minor units: the
    recurring part; 0 where nothing was. `bill` is the bill that says so."""

    code: str
    vendor: str
    account: str
    service: str
    bill: str | None
    amount: int
    currency: str
    found: str


class Inventory:
    """Everything in service on `day`, as `known` and billed. `known` holds SHEETS."""

    def __init__(self, known: Reference, bills: ServiceBills, day: date, currency: str) -> None:
        self.day = day
        self._known = known
        self._bills = bills
        self._currency = currency
        self._kept = {row.key[:2] for row in known.versions("inventory")}
        self._wanted: dict[Account, set[str]] = defaultdict(set)
        for sheet in ("inventory", "services"):
            for vendor, number, service in known.histories(sheet):
                self._wanted[vendor, number].add(service)

    def services(self) -> list[InService]:
        """All of them, by vendor, account and service."""
        found: dict[tuple[str, str, str], InService] = {}
        matched: set[tuple[str, ...]] = set()
        for account in self._bills.accounts:
            newest = self._bills.periods(account)[0]
            for service, billed in self._bills.last(account, self._sought(account)).items():
                row = self._in_force("inventory", account, service)
                owner = self._in_force("services", account, service)
                matched |= {(one.sheet, *one.key) for one in (row, owner) if one is not None}
                if row is not None or owner is not None or service in self._bills.of(account, newest):
                    found[*account, service] = self._service((*account, service), row, owner, billed)
        for row in self._known.all_in_force("inventory", self.day):
            if ("inventory", *row.key) not in matched:
                owner = self._in_force("services", (row.key[0], row.key[1]), row.key[2])
                if owner is not None:
                    matched.add(("services", *owner.key))
                found[row.key[0], row.key[1], row.key[2]] = self._service(row.key, row, owner, None)
        for owner in self._known.all_in_force("services", self.day):
            if owner.key[2] and ("services", *owner.key) not in matched:
                found[owner.key[0], owner.key[1], owner.key[2]] = self._service(owner.key, None, owner, None)
        return [found[key] for key in sorted(found)]

    def differences(self, cycles: int = CYCLES) -> list[Difference]:
        """Where inventory and bills differ, by vendor, account and service. A service may be on no bill of so many
        `cycles` in a row before it is told."""
        return sorted(
            (*self._unlisted(), *self._other_plans(), *self.unbilled(cycles)),
            key=lambda one: (one.vendor, one.account, one.service, one.code),
        )

    def unbilled(self, cycles: int = CYCLES) -> Iterator[Difference]:
        """What was in service all through the newest `cycles` cycles of its account, and is on no bill of them."""
        for row in self._known.all_in_force("inventory", self.day):
            vendor, named, service = row.key
            accounts = self._bills.of_vendor(vendor, named)
            periods = {one: self._bills.periods(one)[:cycles] for one in accounts}
            full = [one for one, found in periods.items() if len(found) == cycles]
            # An account of the vendor that the row does not name could bill it: all of them are asked.
            if not full or len(full) < len(accounts):
                continue
            first, _ = _stretch(self._known.history("inventory", row.key), self.day)
            if first is not None and any(first > self._bills.day(one, periods[one][-1]) - _MONTH for one in full):
                continue  # it may have begun after the bills of the oldest of these cycles were drawn up
            if any(service in self._bills.of(one, cycle) for one in full for cycle in periods[one]):
                continue
            found = f"in service since {first or 'ever'}, and on no bill of the last {cycles} cycles"
            yield Difference(NOT_BILLED, vendor, named, service, None, 0, self._currency, found)

    # --- differences --------------------------------------------------------------------------------------------

    def _unlisted(self) -> Iterator[Difference]:
        for account, service, billed in self._newest():
            if not billed.recurring or not self._kept.intersection({account, (account[0], "")}):
                continue
            if self._on(account, service, billed.day) is None:
                yield self._of(UNLISTED, account, service, billed, "billed, and not in the inventory")

    def _other_plans(self) -> Iterator[Difference]:
        for account, service, billed in self._newest():
            row = self._on(account, service, billed.day)
            plan = row.cell("plan") if row is not None else ""
            if plan and billed.products and not any(same_plan(plan, product) for product in billed.products):
                found = f"billed {', '.join(billed.products)}; the inventory has {plan}"
                yield self._of(OTHER_PLAN, account, service, billed, found)

    def _newest(self) -> Iterator[tuple[Account, str, Billed]]:
        for account in self._bills.accounts:
            newest = self._bills.of(account, self._bills.periods(account)[0])
            yield from ((account, service, billed) for service, billed in newest.items())

    @staticmethod
    def _of(code: str, account: Account, service: str, billed: Billed, found: str) -> Difference:
        return Difference(code, *account, service, billed.bill, billed.recurring, billed.currency, found)

    # --- rows ---------------------------------------------------------------------------------------------------

    def _sought(self, account: Account) -> frozenset[str]:
        """The services that somebody loaded for an account by its number: looked for on older bills too."""
        return frozenset(self._wanted.get(account, ()))

    def _in_force(self, sheet: str, account: Account, service: str) -> ReferenceRow | None:
        return self._on(account, service, self.day, sheet)

    def _on(self, account: Account, service: str, day: date, sheet: str = "inventory") -> ReferenceRow | None:
        """The row of a service that holds on a day: the most specific one."""
        vendors = (account[0],) if sheet == "inventory" else (account[0], "")
        for vendor in dict.fromkeys(vendors):
            for number in dict.fromkeys((account[1], "")):
                row = self._known.in_force(sheet, (vendor, number, service), day)
                if row is not None:
                    return row
        return None

    def _service(
        self, key: Sequence[str], row: ReferenceRow | None, owner: ReferenceRow | None, billed: Billed | None
    ) -> InService:
        told = row or owner
        start, end = (None, None) if told is None else _stretch(self._known.history(told.sheet, told.key), self.day)
        vendor, account, service = key
        kind = billed.kind if billed else ""
        found = InService(vendor, account, service, kind, start=start, end=end, billed=billed, listed=row is not None)
        if owner is not None:
            found = attrs.evolve(found, department=owner.cell("department"), object=owner.cell("object"))
        if row is not None:
            found = attrs.evolve(
                found,
                kind=row.cell("kind") or kind,
                location=row.cell("location"),
                plan=row.cell("plan"),
                contract=row.cell("contract"),
                equipment=row.cell("equipment"),
            )
        return found


def inventory(connection: Connection, day: date, until: int | None = None) -> Inventory:
    """The inventory of a day, as known at sequence `until` (None: now): rows in force, bills dated up to the day."""
    last = log.last_sequence(connection) if until is None else until
    known = reference.known(connection, SHEETS, until=last)
    bills = (bill for bill in standing_bills(connection, last) if bill_day(bill) <= day)
    currency = log.fact(connection, 1).content["currency"]
    return Inventory(known, ServiceBills(connection, bills, Cycles(known)), day, currency)


def _stretch(history: Iterable[Sequence[ReferenceRow]], day: date) -> tuple[date | None, date | None]:
    """First and last day of the stretch around `day` on which some version holds without a gap; None where open."""
    stretches: list[tuple[date, date]] = []
    for begins, ends in sorted((row.valid_from or date.min, row.valid_to or date.max) for (row, *_) in history):
        before = stretches[-1] if stretches else None
        if before is not None and (before[1] == date.max or begins <= before[1] + _DAY):
            stretches[-1] = (before[0], max(before[1], ends))
        else:
            stretches.append((begins, ends))
    first, last = next(one for one in stretches if one[0] <= day <= one[1])
    return (None if first == date.min else first), (None if last == date.max else last)
