"""Where an owner's cost is put on a day: fund, treatment and account string, if the string is valid then (INV-11)."""

from __future__ import annotations

from datetime import date

import attrs

from ledger_core.errors import InputRefused
from ledger_core.facts.chart import DIMENSIONS, ChartString, ChartTemplate
from ledger_core.facts.discrepancy import Discrepancy
from ledger_core.facts.reference import Reference, ReferenceRow
from ledger_core.facts.sheet import RETAIN, Treatment

CODED = "coded"
SUSPENSE = "suspense"
RETAINED = "retained"
CLEARING = "card"


@attrs.frozen(eq=False)
class Bucket:
    """What charges coded alike have in common. One object for each, so that `is` tells buckets of one Coder apart.

    `fund` is the department's on the day, `treatment` 'recover', 'reimburse' or 'direct', `state` 'coded', 'suspense',
    'retained' or 'card' (a payment of another bill), `billed` the string that will be charged. All but treatment and
    state are "" in suspense and in card clearing.
    """

    department: str
    fund: str
    object: str
    treatment: str
    state: str
    billed: str


@attrs.frozen
class Payer:
    """Who pays the bill: the paying fund, and how the vendor account is charged on ("" where no sheet says it)."""

    fund: str
    treatment: str = ""


def default_fund(reference: Reference, on: date) -> str:
    """The fund that pays where no vendor account says otherwise: the first internal service fund, else the first fund
    of the sheet, else "".
    """
    funds = reference.all_in_force("funds", on)
    internal = [row for row in funds if row.cell("kind") == "internal-service"]
    return next((row.key[0] for row in (*internal, *funds)), "")


class Buckets:
    """The bucket of every department and object, for one payer and one effective date. Worked out once each.

    What is asked is whether a string is valid on the day on which the entry is dated (INV-11); who is to be charged is
    decided by the coding date and not here.
    """

    def __init__(self, reference: Reference, payer: Payer, template: ChartTemplate, on: date) -> None:
        self._reference = reference
        self._payer = payer
        self._template = template
        self._on = on
        self._known: dict[tuple[str, str], Bucket | Discrepancy] = {}
        self._interned: dict[tuple[str, ...], Bucket] = {}
        self.suspense = self._intern("", "", "", payer.treatment or Treatment.RECOVER, SUSPENSE, "")
        self.clearing = self._intern("", "", "", payer.treatment or Treatment.RECOVER, CLEARING, "")

    def of(self, department: str, account_object: str) -> Bucket | Discrepancy:
        """The bucket for a department and object; a discrepancy where its string is not valid on the day.

        The object may carry a sub-object after a point.
        """
        key = (department, account_object)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._work_out(department, account_object)
        return found

    def _work_out(self, department: str, account_object: str) -> Bucket | Discrepancy:
        fund, treatment = self._payer.fund, self._payer.treatment
        if self._reference.holds("departments"):
            row = self._reference.in_force("departments", (department,), self._on)
            if row is None:
                known = self._reference.with_cell("departments", "department", department)
                return _expired(f"department {department}", self._on) if known else _unknown(f"department {department}")
            fund = row.cell("fund")
            own = row.cell("treatment")
            if own == RETAIN and fund == self._payer.fund and treatment != Treatment.DIRECT:
                return self._bucket((department, fund, account_object), treatment, RETAINED)
            treatment = treatment or (own if own != RETAIN else "")
        return self._bucket((department, fund, account_object), treatment, CODED)

    def _bucket(self, where: tuple[str, str, str], treatment: str, state: str) -> Bucket | Discrepancy:
        billed = self._string(*where)
        if isinstance(billed, Discrepancy):
            return billed
        return self._intern(*where, treatment or Treatment.RECOVER, state, billed)

    def _string(self, department: str, fund: str, account_object: str) -> str | Discrepancy:
        """The string to be charged, or what is wrong with it on that day."""
        name = f"account string of department {department}, object {account_object or '(none)'}, fund {fund}"
        main, _, sub = account_object.partition(".")
        wanted = ChartString(fund=fund, department=department, object=main, subobject=sub)
        listed = self._reference.with_cell("chart", "department", department)
        if listed:
            fitting = [row for row in listed if _fits(row, wanted)]
            valid = [row for row in fitting if row.covers(self._on)]
            if not valid:
                return _expired(name, self._on) if fitting else _unknown(name)
            wanted = _completed(wanted, valid)
        strings = [
            row
            for row in self._reference.with_cell("billed_strings", "department", department)
            if row.cell("object") in {account_object, ""}
        ]
        if strings:
            stated = self._stated_string(department, account_object)
            return stated if stated is not None else _expired(name, self._on)
        try:
            return self._template.join(wanted, name)
        except InputRefused as refused:
            return Discrepancy("string-malformed", refused.where, refused.found, refused.do)

    def _stated_string(self, department: str, account_object: str) -> str | None:
        for key in ((department, account_object), (department, "")):
            row = self._reference.in_force("billed_strings", key, self._on)
            if row is not None:
                return row.cell("string")
        return None

    def _intern(self, *values: str) -> Bucket:
        bucket = self._interned.get(values)
        if bucket is None:
            bucket = self._interned[values] = Bucket(*map(str, values))
        return bucket


def _fits(row: ReferenceRow, wanted: ChartString) -> bool:
    """Whether a row of the chart speaks of the string: what either leaves empty is any."""
    return all(
        not getattr(wanted, name) or row.cell(name) in {"", getattr(wanted, name)}
        for name in ("fund", "object", "subobject")
    )


def _completed(wanted: ChartString, valid: list[ReferenceRow]) -> ChartString:
    """The string with the dimensions that the chart alone knows, where only one row of it can be meant."""
    if len(valid) > 1:
        return wanted
    return ChartString(**{name: getattr(wanted, name) or valid[0].cell(name) for name in DIMENSIONS})


def _expired(what: str, on: date) -> Discrepancy:
    return Discrepancy(
        "string-expired",
        what,
        f"not valid on {on}, the effective date",
        "Move the service to a valid string, or load a version that covers the day.",
    )


def _unknown(what: str) -> Discrepancy:
    return Discrepancy("string-unknown", what, "in no sheet", "Load it, or correct the owner, code or rule.")
