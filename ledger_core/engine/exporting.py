"""Sending entries out: a batch is chosen once, written by an exporter, and recorded with the digest of its bytes.

What was sent is sent again only as the same batch, byte for byte, and marked as such (INV-66). The memo book never
leaves. What is owed to vendors leaves as certified claims, with their amounts and lines, never with printed totals
(INV-43).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import attrs
from sqlalchemy import Connection, select

from ledger_core.contracts.exporter import ExportEntry, Exporter, ExportLine, Route
from ledger_core.engine.ledger import Ledger
from ledger_core.errors import InputRefused, LedgerRefused, Unknown, VerificationFailed
from ledger_core.facts import catalogue
from ledger_core.facts.chart import PLAIN, ChartString, ChartTemplate, parse_template
from ledger_core.facts.entry import Book
from ledger_core.facts.fact import Fact
from ledger_core.policy.claims import ClaimLine, netted
from ledger_core.policy.periods import Period
from ledger_core.projections import covers, reference
from ledger_core.projections.bills import of_fact
from ledger_core.projections.due_day import SHEETS, due_day
from ledger_core.projections.exports import Routed, Standing, exports, routes
from ledger_core.projections.payables import Certified, Payables
from ledger_core.store import log
from ledger_core.store.door import Draft, Signer
from ledger_core.store.tables import BODIES

_PREFIX = {Route.JOURNAL: "J", Route.VOUCHERS: "V"}
_UNCOVERED = "a credit leaves with a payment to its account, and none leaves now"
_REPLACES = "what left of the bill that it replaces is not taken back yet: both leave together"


@attrs.frozen
class Export:
    """A file ready to be written: its name, its bytes, and the companion document. `again` marks a repetition."""

    batch: str
    name: str
    content: bytes
    fact: Fact
    again: bool

    @property
    def sidecar(self) -> dict[str, Any]:
        """What goes beside the file, for whoever loads it: counts, sums per fund, digest and head of the log."""
        told = ("target", "batch", "exporter", "exporter_version", "sha256", "lines", "funds", "head")
        recorded = {name: self.fact.content[name] for name in told}
        entries = [f"E{sequence}" for sequence in self.fact.content["entries"]]
        return {**recorded, "file": self.name, "entries": entries, "again": self.again}


@attrs.frozen
class Exported:
    """What an export came to: the file, None where nothing was ready, and what did not leave."""

    export: Export | None
    waiting: tuple[Routed, ...]
    stray: tuple[Routed, ...]


def export(ledger: Ledger, exporter: Exporter, period: Period | None, signer: Signer) -> Exported:
    """Send everything of the exporter's route that is ready, of one period or of all, as one batch."""
    route = Route(exporter.route)
    with ledger.acting(signer) as act:
        connection = act.connection
        every = list(routes(connection))
        ready = [routed for routed in every if routed.standing is Standing.READY and routed.route is route]
        leaving, uncovered = _covered(ready, period)
        known = [routed for routed in every if _within(routed, period)]
        waits = [routed for routed in known if routed.standing is Standing.WAITING and routed.route is route]
        stray = tuple(routed for routed in known if routed.standing is Standing.STRAY)
        if not leaving:
            return Exported(None, (*waits, *uncovered), stray)
        batch = f"{_PREFIX[route]}{len(exports(connection, route)) + 1:04d}"
        facts, claims = [routed.fact for routed in leaving], [routed.claim for routed in leaving if routed.claim]
        writing = _Entries(connection, act.door.last)
        entries = writing.of_claims(facts, claims) if claims else writing.of(facts)
        content = b"".join(exporter.write(batch, entries))
        head = log.head(connection)
        told = {
            "target": route.value,
            "batch": batch,
            "exporter": exporter.name,
            "exporter_version": exporter.version,
            "sha256": hashlib.sha256(content).hexdigest(),
            "entries": [fact.sequence for fact in facts],
            "lines": sum(len(entry.lines) for entry in entries),
            "funds": _claimed_sums(claims) if claims else _sums(connection, facts),
            "head": {"size": head.size, "root": head.root.hex()},
            "period": str(period) if period else None,
            **({"claims": [claim.fact for claim in claims]} if claims else {}),
        }
        fact = act.record(Draft(catalogue.EXPORT_MADE, f"export/{route}/{batch}", told, act.id))
    return Exported(Export(batch, _name(batch, exporter), content, fact, again=False), (*waits, *uncovered), stray)


def export_again(ledger: Ledger, exporter: Exporter, batch: str) -> Export:
    """A batch that was sent, written once more: the same bytes, or an error.

    Raises Unknown for no such batch, LedgerRefused where another exporter wrote it, VerificationFailed where the bytes
    differ from those that were sent.
    """
    route = Route(exporter.route)
    with ledger.reading() as connection:
        fact = log.fact_by_key(connection, f"export/{route}/{batch}")
        if fact is None:
            raise Unknown(f"batch {batch}", f"no {route} batch of that name was made", "See the folder exports.")
        wrote = (fact.content["exporter"], fact.content["exporter_version"])
        if wrote != (exporter.name, exporter.version):
            raise LedgerRefused(
                f"batch {batch}",
                f"{wrote[0]} {wrote[1]} wrote it, not {exporter.name} {exporter.version}",
                "Use the exporter that wrote it.",
                code="exporter-changed",
            )
        sent = [log.fact(connection, sequence) for sequence in fact.content["entries"]]
        writing = _Entries(connection, fact.sequence - 1)
        claims = _claims(connection, fact)
        content = b"".join(exporter.write(batch, writing.of_claims(sent, claims) if claims else writing.of(sent)))
    if hashlib.sha256(content).hexdigest() != fact.content["sha256"]:
        raise VerificationFailed(f"batch {batch}", "its bytes are not those that were sent", "Run `tollbook verify`.")
    return Export(batch, _name(batch, exporter), content, fact, again=True)


def _within(routed: Routed, period: Period | None) -> bool:
    effective = routed.fact.effective
    return period is None or (effective is not None and effective.isoformat()[:7] == str(period))


def _covered(ready: Sequence[Routed], period: Period | None) -> tuple[list[Routed], list[Routed]]:
    """What of a period leaves of everything that is ready, and what of it waits: the credits that no payment to their
    account covers, and what replaces a bill whose taking back does not leave with it."""
    accounts: dict[tuple[str, str], list[Routed]] = defaultdict(list)
    for routed in ready:
        if routed.claim is not None:
            accounts[routed.claim.vendor, routed.claim.account].append(routed)
    short: dict[int, str] = {}
    for found in accounts.values():
        short |= _short(found, period)
    within = [routed for routed in ready if _within(routed, period)]
    leaving = [routed for routed in within if routed.claim is None or routed.claim.fact not in short]
    waits = [(routed, short[routed.claim.fact]) for routed in within if routed.claim and routed.claim.fact in short]
    return leaving, [attrs.evolve(routed, standing=Standing.WAITING, why=why) for routed, why in waits]


def _short(ready: Sequence[Routed], period: Period | None) -> dict[int, str]:
    """By fact, why claims of one account do not leave now. The vendor has what a credit takes back: what was posted in
    its place waits for it. What waits covers nothing, so it is asked again until nothing more does."""
    left = [routed.claim for routed in ready if routed.claim and _within(routed, period)]
    others = [routed.claim for routed in ready if routed.claim and not _within(routed, period)]
    back = {covers.first_generation(claim.bill) for claim in others if claim.amount < 0}
    short: dict[int, str] = {}
    while True:
        leaves = netted([claim.amount for claim in left])
        alone = [claim for claim, covered in zip(left, leaves, strict=True) if not covered]
        back |= {covers.first_generation(claim.bill) for claim in alone}
        found = {claim.fact: _REPLACES for claim in left if covers.first_generation(claim.bill) in back}
        found |= {claim.fact: _UNCOVERED for claim in alone}
        if not found:
            return short
        short |= found
        left = [claim for claim in left if claim.fact not in found]


def _claims(connection: Connection, made: Fact) -> list[Certified]:
    """The claims in a batch, in its order."""
    payables = Payables(connection, made.sequence)
    certified = {claim.fact: claim for item in payables.all() for claim in item.claims}
    return [certified[sequence] for sequence in made.content.get("claims", ())]


def _claimed_sums(claims: Iterable[Certified]) -> list[dict[str, Any]]:
    """Debits and credits per currency and fund of claims: their lines, and what is owed for them, in minor units."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for claim in claims:
        owed: dict[str, int] = defaultdict(int)
        for line in claim.lines:
            sums[claim.currency, line.place.fund][0 if line.amount > 0 else 1] += abs(line.amount)
            owed[line.place.fund] -= line.amount
        for fund, amount in owed.items():
            sums[claim.currency, fund][0 if amount > 0 else 1] += abs(amount)
    return _told(sums)


def _told(sums: Mapping[tuple[str, str], Sequence[int]]) -> list[dict[str, Any]]:
    return [
        {"currency": currency, "fund": fund, "debit": debit, "credit": credit}
        for (currency, fund), (debit, credit) in sorted(sums.items())
    ]


def _name(batch: str, exporter: Exporter) -> str:
    return f"{exporter.name}-{batch}{exporter.suffix}"


def _sums(connection: Connection, facts: Iterable[Fact]) -> list[dict[str, Any]]:
    """Debits and credits per currency and fund over all postings of these entries, in minor units."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for fact in facts:
        for row in _rows(connection, fact.sequence):
            sums[row.currency, row.fund][0 if row.amount > 0 else 1] += abs(row.amount)
    return _told(sums)


def _rows(connection: Connection, sequence: int) -> Sequence[Any]:
    table = BODIES["postings"]
    query = select(table).where(table.c.fact == sequence, table.c.book == Book.ACTUAL.value)
    return connection.execute(query.order_by(table.c.line)).all()


class _Entries:
    """Entries as exporters see them, from what was known at sequence `until`."""

    def __init__(self, connection: Connection, until: int) -> None:
        self._connection = connection
        template = log.fact(connection, 1).content["chart_template"]
        self._template: ChartTemplate = parse_template(template) if template else PLAIN
        self._covers = covers.entered(connection, until)
        self._terms = reference.known(connection, SHEETS, until)

    def of(self, facts: Iterable[Fact]) -> list[ExportEntry]:
        """One for each fact, in the same order."""
        return [self._entry(fact) for fact in facts]

    def of_claims(self, posted: Iterable[Fact], claims: Iterable[Certified]) -> list[ExportEntry]:
        """One for each claim, beside the fact that posted its bill."""
        return [self._voucher(fact, claim) for fact, claim in zip(posted, claims, strict=True)]

    def _entry(self, fact: Fact) -> ExportEntry:
        rows = _rows(self._connection, fact.sequence)
        assert fact.effective is not None
        return ExportEntry(
            trace=f"E{fact.sequence}",
            journal=str(fact.content.get("journal") or f"JE-{fact.sequence}"),
            kind=str(fact.content["entry"]),
            effective=fact.effective,
            narrative=str(fact.content.get("narrative") or self._narrative(fact)),
            currency=rows[0].currency,
            lines=tuple(self._line(row) for row in rows),
        )

    def _voucher(self, fact: Fact, claim: Certified) -> ExportEntry:
        assert fact.effective is not None
        return ExportEntry(
            trace=f"E{fact.sequence}",
            journal=f"JE-{fact.sequence}",
            kind=str(fact.content["entry"]),
            effective=fact.effective,
            narrative=self._narrative(fact) + (f", claim {claim.number}" if claim.number > 1 else ""),
            currency=claim.currency,
            lines=tuple(self._claimed(line) for line in claim.lines),
            vendor=claim.vendor,
            account=claim.account,
            number=claim.invoice,
            total=claim.amount,
            **self._days(fact),
        )

    @staticmethod
    def _narrative(fact: Fact) -> str:
        if fact.kind != catalogue.BILL_POSTED:
            return ""
        head = fact.content["head"]
        return " ".join(filter(None, ("Bill", head["vendor"], head["account"], head["number"])))

    def _days(self, bill: Fact) -> dict[str, date | None]:
        """The bill's date, from its cover where that says it, and when it is due."""
        head = bill.content["head"]
        cover = self._covers.get(covers.first_generation(bill.content["bill"]))
        posted = of_fact(self._connection, bill.sequence)
        return {
            "bill_date": (cover and cover.bill_date) or _day(head["bill_date"]),
            "due_date": due_day(posted, self._terms) if posted else None,
        }

    def _claimed(self, line: ClaimLine) -> ExportLine:
        place = line.place
        chart = self._split(place.string)
        return ExportLine(
            line=line.line,
            account=place.account,
            fund=place.fund,
            department=place.department,
            project=chart.project,
            grant=chart.grant,
            object=place.object,
            string=place.string,
            partner="",
            amount=line.amount,
        )

    def _line(self, row: Any) -> ExportLine:
        chart = self._split(row.booked)
        return ExportLine(
            line=row.line,
            account=row.account,
            fund=row.fund,
            department=row.department,
            project=chart.project,
            grant=chart.grant,
            object=row.object,
            string=row.booked,
            partner=row.partner,
            amount=row.amount,
        )

    def _split(self, string: str) -> ChartString:
        """The dimensions of a string; none where it is not written as the site's template says."""
        try:
            return self._template.split(string) if string else ChartString()
        except InputRefused:
            return ChartString()


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
