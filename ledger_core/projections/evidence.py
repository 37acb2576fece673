"""The evidence of a charge: why this department bears this amount, in one sentence and ground by ground.

Everything is read from what was recorded with the coding; nothing is decided again here, so that a change of owners
tomorrow does not change today's answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import attrs
from sqlalchemy import Connection, select

from ledger_core.canonical import read_row
from ledger_core.facts.charge import ChargeKind
from ledger_core.facts.entry import EntryKind
from ledger_core.facts.fact import Fact
from ledger_core.facts.reference import Reference
from ledger_core.facts.sheet import SHEETS
from ledger_core.money import EXACT, fixed, parse_decimal
from ledger_core.policy.buckets import SUSPENSE
from ledger_core.policy.coding import CODE, OWNER, PAYMENT, RULE, SPLIT
from ledger_core.policy.footing import FOOTING
from ledger_core.projections import reference
from ledger_core.projections.charges import ChargeLine, ChargeReader, Share, charge_named
from ledger_core.projections.checks import raised
from ledger_core.projections.credit_words import credit_clause, credit_grounds_of
from ledger_core.projections.trail import Path, paths
from ledger_core.store import log
from ledger_core.store.tables import BODIES

_ROWS, _CHARGES = BODIES["reference"].c, BODIES["charges"].c
CREDIT = "credit"  # the evidence of parts that crediting moved
_UNCLAIMED = "no owner, printed code or rule claims it"


@attrs.frozen
class Because:
    """One ground: its kind, what holds it (a charge, an entry, a posting, or row "FACT.LINE"), and its words."""

    kind: str
    ref: str
    text: str


@attrs.frozen
class Why:
    """The answer: one sentence, and the grounds it stands on."""

    charge: str
    sentence: str
    because: tuple[Because, ...]


@attrs.frozen
class _LoadedRow:
    """A row of a reference sheet, and the fact that loaded it."""

    ref: str
    sheet: str
    cells: dict[str, str]
    days: tuple[str | None, str | None]
    loaded: Fact

    @property
    def source(self) -> str:
        fact = self.loaded
        return f"row {self.ref} of the sheet {self.sheet}, loaded by {fact.actor.person} on {fact.recorded:%Y-%m-%d}"

    @property
    def validity(self) -> str:
        first, last = self.days
        since = f"from {first}" if first else "since ever"
        return f"{since} to {last}" if last else since


def why(connection: Connection, charge: str, *, until: int) -> Why:
    """Why a charge is borne by whom, as known at sequence `until`. Raises Unknown."""
    return _Question(connection, charge, until).answer()


class _Question:
    """One question, with everything that was recorded about the charge at hand."""

    def __init__(self, connection: Connection, charge: str, until: int) -> None:
        self._connection = connection
        self._bill, line = charge_named(connection, charge)
        self._until, self._place = until, (self._bill.fact, line)
        reader = ChargeReader(connection, until)
        self._line: ChargeLine = next(reader.lines_of(self._bill, line=line))
        self._code: str = connection.execute(
            select(_CHARGES.customer_code).where(_CHARGES.fact == self._bill.fact, _CHARGES.line == line)
        ).scalar_one()
        self._path: Path = next(paths(connection, charge, until=until))
        reversed_by = self._bill.reversed_by
        known = reversed_by is not None and reversed_by <= until
        self._taken_back: Fact | None = log.fact(connection, reversed_by) if known and reversed_by else None
        self._departments: Reference = reference.known(connection, {"departments"}, until=until)

    def answer(self) -> Why:
        """The sentence and its grounds."""
        sentence = self._sentence()
        return Why(self._line.charge, sentence[:1].upper() + sentence[1:], tuple(self._grounds()))

    def _sentence(self) -> str:
        line, shares = self._line, self._line.shares
        what = f"{_described(line)} on {self._named()}"
        amount = f"{fixed(line.amount, line.currency)} {line.currency}"
        if self._taken_back is not None:
            return f"Nobody bears {amount} for {what} any more, because {_moved(self._taken_back)}."
        if not shares:
            return f"Nobody bears {amount} for {what}, because nothing of it is left."
        if len(shares) == 1:
            return f"{self._who(shares[0])} {amount} for {what}, because {self._reason(shares[0])}."
        return f"{amount} for {what} is split: {'; '.join(self._parts(shares))}."

    def _parts(self, shares: Sequence[Share]) -> Iterator[str]:
        """Who bears what, and what decided it: said once for all parts that the same thing decided."""
        alike: dict[str, list[str]] = {}
        for share in shares:
            rule = self._split_by(share)
            percent = f" ({rule.cells['percent']} percent)" if rule and rule.cells.get("percent") else ""
            part = f"{self._name(share)} {fixed(share.amount, self._line.currency)}{percent}"
            alike.setdefault(self._reason(share) if rule is None else _by_rule(rule), []).append(part)
        for reason, parts in alike.items():
            yield f"{_listed(parts)}, because {reason}"

    def _split_by(self, share: Share) -> _LoadedRow | None:
        """The row of the rule that gives this part of a split; None where something else decided it."""
        decided_on_arrival = self._entry(share).content["entry"] == EntryKind.BILL
        row = self._row(share.ref) if decided_on_arrival and share.reason == SPLIT else None
        return row if row is not None and "rule" in row.cells else None

    def _named(self) -> str:
        """The bill by what it states of itself; else by its file, as a card statement."""
        bill = self._bill
        named = f"bill {bill.number}" if bill.number else f"account {bill.account}" if bill.account else ""
        dated = f" of {bill.bill_date}" if bill.bill_date else ""
        return (f"{bill.vendor} {named}".strip() or self._path.document.name) + dated

    def _who(self, share: Share) -> str:
        if not share.department:
            return f"{self._name(share).capitalize()} holds"
        return f"{self._name(share)} {'is credited' if share.amount < 0 else 'bears'}"

    def _name(self, share: Share) -> str:
        if not share.department:
            return {PAYMENT: "card clearing", FOOTING: "the paying fund"}.get(share.reason, "suspense")
        row = self._departments.in_force("departments", (share.department,), date.fromisoformat(self._bill.effective))
        name = row.cell("name") if row else ""
        return f"{name} ({share.department})" if name else f"department {share.department}"

    def _reason(self, share: Share) -> str:
        """What decided a share, as a clause."""
        entry, row = self._entry(share), self._row(share.ref)
        if said := credit_clause(self._connection, self._place, self._until, moved=share.reason == CREDIT):
            return f"{said}, as {entry.actor.person} recorded in E{entry.sequence}" if share.reason == CREDIT else said
        if entry.content["entry"] != EntryKind.BILL:
            return _moved(entry)
        if share.reason == FOOTING:
            fact = log.fact(self._connection, int(share.ref.partition(".")[0]))
            return f"the bill's total is off by it, and {fact.actor.person} was the second to accept that"
        if share.reason == SUSPENSE or row is None:
            return _UNCLAIMED
        service = self._line.service or "the account"
        clause = {
            OWNER: f"{service} belonged to it",
            CODE: f"the customer code {self._code} printed on the bill is its own",
            PAYMENT: "it pays an account whose own bills are the cost",
            RULE: f"rule {row.cells.get('rule', '')} gives it to {self._name(share)}",
        }.get(share.reason, self._split(row))
        return f"{clause}, says {row.source}"

    def _split(self, row: _LoadedRow) -> str:
        if "rule" in row.cells:
            return f"rule {row.cells['rule']} gives it {row.cells.get('percent', '')} percent"
        return f"{self._line.service or 'the account'} changed owners within the days of service"

    # --- grounds ------------------------------------------------------------------------------------------------

    def _grounds(self) -> Iterator[Because]:
        line, bill = self._line, self._bill
        source = self._path.document
        read = f"{source.name}, {line.locator.kind} {line.locator.place}, read by {source.importer} {source.version}"
        yield Because("bill", f"E{bill.fact}", f"{self._named()}, effective {bill.effective}: {read}")
        yield Because("amount", line.charge, _amount(line))
        for share in line.shares if self._taken_back is None else ():
            yield self._coding(share)
        for said in credit_grounds_of(self._connection, self._place, self._until, line.currency):
            yield Because(said.kind, said.ref, said.text)
        told: set[str] = set()
        for posting in self._path.postings:
            if posting.kind == EntryKind.CHARGEBACK:
                run = log.fact(self._connection, posting.sequence).content
                text = f"charged to department {run['department']} for {run['period']}, journal {run['journal']}"
                yield Because("charged", posting.posting, text)
            elif posting.kind != EntryKind.BILL and (posting.kind not in _PAIRED or posting.entry not in told):
                told.add(posting.entry)
                yield Because(posting.kind, posting.posting, _moved(log.fact(self._connection, posting.sequence)))
        yield from self._objections()

    def _objections(self) -> Iterator[Because]:
        """What checks objected to in it, the last time they looked."""
        for one in raised(self._connection, [self._bill], self._until):
            if one.charge == self._place[1]:
                stake = f"{fixed(one.stake, self._line.currency)} {self._line.currency} in question"
                waived = f"; waived by row {one.waiver}" if one.waiver else ""
                yield Because("objection", f"{one.checked}.{one.line}", f"{one.code}: {one.found}; {stake}{waived}")

    def _coding(self, share: Share) -> Because:
        amount = f"{fixed(share.amount, self._line.currency)} {self._line.currency} to {self._name(share)}"
        row = self._row(share.ref)
        if row is None:
            return Because(share.reason, share.posting, f"{amount}: {self._reason(share)}")
        cells = ", ".join(f"{name} {cell}" for name, cell in row.cells.items() if cell)
        return Because(share.reason, row.ref, f"{amount}: {cells}, valid {row.validity}; {row.source}")

    def _entry(self, share: Share) -> Fact:
        sequence = int(share.posting.removeprefix("E").partition(":")[0])
        return log.fact(self._connection, sequence)

    def _row(self, ref: str) -> _LoadedRow | None:
        """The row "FACT.LINE" as it was loaded; None where the coding names none."""
        fact, _, line = ref.partition(".")
        if not (fact.isdecimal() and line.isdecimal()):
            return None
        query = select(BODIES["reference"]).where(_ROWS.fact == int(fact), _ROWS.line == int(line))
        row: Any = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        loaded = log.fact(self._connection, int(fact))
        sheet = loaded.content["sheet"]
        key = zip(SHEETS[sheet].key, read_row(row.key.encode()), strict=True)
        return _LoadedRow(
            ref, sheet, {**dict(key), **read_row(row.value.encode())[0]}, (row.valid_from, row.valid_to), loaded
        )


def _by_rule(row: _LoadedRow) -> str:
    fact = row.loaded
    return (
        f"rule {row.cells['rule']} splits it so, says the sheet {row.sheet}, loaded by {fact.actor.person} on "
        f"{fact.recorded:%Y-%m-%d}"
    )


def _listed(parts: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def _described(line: ChargeLine) -> str:
    """What was bought: the kind, the product, the service, the days."""
    article = "an" if line.kind in {ChargeKind.EQUIPMENT, ChargeKind.ADJUSTMENT} else "a"
    charge = line.kind if line.kind in _NOUNS else f"{line.kind} charge"
    product = f" {line.product}" if line.product not in {"", line.kind} else ""
    service = f" of service {line.service}" if line.service else ""
    days = f", {line.service_from} to {line.service_to}" if line.service_from and line.service_to else ""
    return f"{article} {charge}{product}{service}{days}"


_DID: dict[str, str] = {
    EntryKind.REVERSAL: "reversed the bill",
    EntryKind.HOLD: "held it",
    EntryKind.RELEASE: "released it",
}
#: Entries whose postings come in pairs, and are told once.
_PAIRED = frozenset({EntryKind.HOLD, EntryKind.RELEASE})
_NOUNS = frozenset(
    {
        ChargeKind.TAX,
        ChargeKind.SURCHARGE,
        ChargeKind.FEE,
        ChargeKind.CREDIT,
        ChargeKind.ADJUSTMENT,
        ChargeKind.TRANSFER,
    }
)


def _amount(line: ChargeLine) -> str:
    """How the amount comes about, as far as the bill states it."""
    booked = f"{fixed(line.amount, line.currency)} {line.currency}"
    exact = parse_decimal(line.exact)
    stated = f"the bill states {line.exact} {line.currency}, booked as {booked}"
    if line.quantity is None or line.rate is None:
        return stated
    times = f"{line.quantity} {line.unit}".rstrip() + f" x {line.rate}"
    if EXACT.multiply(parse_decimal(line.quantity), parse_decimal(line.rate)) == exact:
        return f"{times} = {line.exact} {line.currency}, booked as {booked}"
    return f"{times}; {stated}"


def _moved(entry: Fact) -> str:
    narrative = entry.content.get("narrative") or entry.content["entry"]
    did = _DID.get(entry.content["entry"], "moved it")
    return f"{entry.actor.person} {did} on {entry.recorded:%Y-%m-%d} in E{entry.sequence} ({narrative})"
