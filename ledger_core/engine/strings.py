"""Where a person's coding is put: the bucket of a department and object in the fund that paid, valid on the day."""

from __future__ import annotations

from datetime import date

import attrs
from sqlalchemy import Connection

from ledger_core.errors import LedgerRefused
from ledger_core.facts.chart import PLAIN, parse_template
from ledger_core.facts.discrepancy import Discrepancy
from ledger_core.facts.entry import Role
from ledger_core.facts.reference import Reference
from ledger_core.facts.sheet import RETAIN
from ledger_core.policy.buckets import RETAINED, Buckets, Payer
from ledger_core.projections import reference
from ledger_core.projections.bills import PostedBill
from ledger_core.projections.parts import Bucket
from ledger_core.store import log

_SHEETS = frozenset({"departments", "chart", "billed_strings", "vendor_accounts", "account_roles"})


@attrs.define(eq=False)
class Strings:
    """The buckets of one entry dated `on`, by what is known now. Worked out once each."""

    connection: Connection
    on: date
    _known: Reference = attrs.field(init=False)
    _accounts: dict[str, str] = attrs.field(init=False)
    _policies: dict[tuple[str, str], Buckets] = attrs.field(factory=dict, init=False)
    _found: dict[tuple[int, str, str, str, bool], Bucket] = attrs.field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        self._known = reference.known(self.connection, _SHEETS)
        roles = self._known.all_in_force("account_roles", self.on)
        self._accounts = {row.key[0]: row.cell("account") for row in roles}

    def bucket(
        self, bill: PostedBill, old: Bucket, department: str, account_object: str | None, retained: bool
    ) -> Bucket:
        """The bucket for a department beside `old`, of the same fund and vendor. An object of None is that of `old`.

        Raises LedgerRefused where the account string is not valid on the day (INV-11).
        """
        main = old.object if account_object is None else account_object
        key = (bill.fact, old.fund, department, main, retained)
        bucket = self._found.get(key)
        if bucket is None:
            bucket = self._found[key] = self._bucket(bill, old, (department, main), retained=retained)
        return bucket

    def account(self, role: Role) -> str:
        """The site's account for a role; the role's own name where no sheet says it."""
        return self._accounts.get(role, role.value)

    def own_department(self, fund: str) -> str:
        """The department whose cost stays with the paying fund. Raises LedgerRefused where that is not one."""
        rows = self._known.all_in_force("departments", self.on)
        own = [row.key[0] for row in rows if row.cell("treatment") == RETAIN and row.cell("fund") == fund]
        if len(own) != 1:
            found = f"{len(own)} departments of fund {fund} have the treatment '{RETAIN}'"
            raise LedgerRefused("retain", found, "Name one with --department.", code="department-needed")
        return own[0]

    def _bucket(self, bill: PostedBill, old: Bucket, target: tuple[str, str], *, retained: bool) -> Bucket:
        found = self._policy(bill, old.fund).of(*target)
        if isinstance(found, Discrepancy):
            raise LedgerRefused(f"{found.where}, on {self.on}", found.found, found.do, code=found.code)
        role = Role.RETAINED if retained or found.state == RETAINED else Role.COST
        return old._replace(
            account=self.account(role),
            role=role.value,
            department=target[0],
            object=target[1],
            booked=".".join(part for part in (old.fund, target[1]) if part),
            billed=found.billed,
        )

    def _policy(self, bill: PostedBill, fund: str) -> Buckets:
        treatment = self._treatment(bill)
        policy = self._policies.get((fund, treatment))
        if policy is None:
            written = log.fact(self.connection, 1).content["chart_template"]
            template = parse_template(written) if written else PLAIN
            policy = self._policies[fund, treatment] = Buckets(self._known, Payer(fund, treatment), template, self.on)
        return policy

    def _treatment(self, bill: PostedBill) -> str:
        """What the vendor account says, looked up on the day on which the bill was."""
        day = date.fromisoformat(bill.period_to or bill.bill_date or bill.effective)
        for account in (bill.account, ""):
            row = self._known.in_force("vendor_accounts", (bill.vendor, account), day)
            if row is not None:
                return row.cell("treatment")
        return ""
