"""Receiving a bill: judge it on what is known now, then record it whole, or say why not. Bad input posts nothing.

The verdict is a value. What was judged on (reference data, closed periods, the bill that stands under this identity)
is looked at again inside the write door; where it moved, the bill is judged again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any

import attrs
from sqlalchemy import Connection

from ledger_core import canonical
from ledger_core.engine.comparison import differing_lines
from ledger_core.engine.ledger import Act, Ledger
from ledger_core.engine.passage import Passage
from ledger_core.engine.preparation import Preparation, Prepared, Terms
from ledger_core.engine.tie_out import control_content, control_rows
from ledger_core.engine.usage import usage_rows
from ledger_core.facts import catalogue
from ledger_core.facts.bill import Bill, Figure, Totals
from ledger_core.facts.charge import ChargeColumns, Locator
from ledger_core.facts.chart import PLAIN, parse_template
from ledger_core.facts.discrepancy import Discrepancy
from ledger_core.facts.entry import Role
from ledger_core.facts.fact import Fact
from ledger_core.facts.reference import Reference
from ledger_core.money import EXACT, parse_decimal, plain, round_minor
from ledger_core.policy.coder import Coder
from ledger_core.policy.controls import Checked, check_totals, gaps, outstanding
from ledger_core.policy.footing import Acceptance, accepted_by_two, bearer, footing_content, footing_ref
from ledger_core.policy.limits import limits_of
from ledger_core.policy.periods import effective_date, parse_period
from ledger_core.projections import bills, covers, periods, reference
from ledger_core.projections.gaps import acceptances
from ledger_core.store import log
from ledger_core.store.door import Draft, Signer
from ledger_core.store.spool import Spool

#: Where a total stands that a person typed from the paper.
COVER_PLACE = "cover"
Batches = Callable[[], Iterable[ChargeColumns]]
_CREDIT = {"ap": Role.PAYABLE, "autopay": Role.PAYABLE, "card": Role.CARD_CLEARING}


class Verdict(StrEnum):
    """What became of a bill."""

    POSTED = "posted"
    KNOWN = "known"
    WAITING = "waiting"
    ESTIMATE = "estimate"
    REVISION = "revision"
    REJECTED = "rejected"


@attrs.frozen
class Received:
    """One archived document: its digest and the name it came under, and which part of a set it is ("" alone)."""

    sha256: str
    name: str
    part: str = ""


@attrs.frozen
class Origin:
    """Where a bill comes from: documents in the importer's order, the importer, and which bill of them it is."""

    documents: tuple[Received, ...]
    importer: str
    importer_version: str
    states_total: bool
    ordinal: int

    @property
    def bill(self) -> str:
        """The bill's id: the documents' digest and the ordinal, equal on every machine."""
        shas = [document.sha256 for document in self.documents]
        digest = shas[0] if len(shas) == 1 else hashlib.sha256("".join(sorted(shas)).encode()).hexdigest()
        return f"B-{digest[:16]}-{self.ordinal}"

    @property
    def name(self) -> str:
        """The documents' names, for messages: of a set the first, and how many more."""
        more = len(self.documents) - 1
        return self.documents[0].name + (f" and {more} more" if more else "")


@attrs.frozen
class Judged:
    """A bill that was judged. `fact` is set once it is posted, `objections` and what they put `in_question` once it
    was examined. `figures` counts all controls, of many of which `controls` are the outstanding ones. Amounts in minor
    units."""

    verdict: Verdict
    origin: Origin
    head: Bill
    effective: date | None = None
    charges: int = 0
    total: int = 0
    suspense: int = 0
    controls: tuple[Checked, ...] = ()
    problems: tuple[Discrepancy, ...] = ()
    bill: str = ""
    fact: Fact | None = None
    objections: int = 0
    in_question: int = 0
    figures: int = 0


def preparing(
    known: Reference, head: Bill, effective: date, opened: Mapping[str, Any], where: str, spool: Spool
) -> Preparation:
    """The preparation of a bill on reference data as known, for an effective date. `opened` is the content of the
    ledger's first fact. The same inputs give the same rows: what `verify --deep` relies on (INV-32)."""
    template = parse_template(opened["chart_template"]) if opened["chart_template"] else PLAIN
    coder = Coder(known, head, effective, opened["default_fund"], template)
    return Preparation(
        where=where,
        vendor=head.vendor,
        currency=head.currency,
        effective=effective,
        coder=coder,
        terms=_terms(known, head, effective, coder.paying_fund),
        spool=spool,
    )


def identity_of(head: Bill) -> str:
    """What makes two bills the same bill: vendor, account, and its number, or where it has none its period."""
    named = head.number or f"{head.period_from}..{head.period_to}"
    kind = "number" if head.number else "period"
    return canonical.row_bytes([head.vendor, head.account, kind, named, head.currency]).decode()


@attrs.frozen
class _Basis:
    """What a judgement rests on, to be looked at again inside the door."""

    load: int
    closed: frozenset[str]
    standing: str | None
    cover: int | None
    accepted: tuple[int, ...]


@attrs.define
class Reception:
    """One bill being received: feed its batches, then `conclude`. `spool` is a file of this bill alone.

    `allow_test` lets a bill stand that its sender marks as a test. `pending` is how many other bills of the document
    stand in no books when this one is concluded: while there are any, the document is not posted. Receptions that share
    `loaded` read reference data once.
    """

    ledger: Ledger
    origin: Origin
    head: Bill
    spool: Spool
    allow_test: bool = False
    pending: int = 0
    loaded: reference.Latest = attrs.field(factory=reference.Latest)
    _basis: _Basis = attrs.field(init=False)
    _standing: bills.PostedBill | None = attrs.field(init=False)
    _preparation: Preparation = attrs.field(init=False)
    _generation: int = attrs.field(init=False)
    _content: Mapping[str, Any] = attrs.field(init=False)
    _passage: Passage | None = attrs.field(default=None, init=False)
    _displaced: bool = attrs.field(default=False, init=False)

    _cover: covers.Cover | None = attrs.field(init=False)
    _printed: Bill = attrs.field(init=False)
    _acceptances: tuple[Acceptance, ...] = attrs.field(init=False)
    _limit: int = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._printed = self.head
        with self.ledger.reading() as connection:
            self._look(connection)

    def _look(self, connection: Connection) -> None:
        opened = log.fact(connection, 1).content
        self._cover = _cover_of(connection, self.origin)
        self.head = _covered_head(self._printed, self._cover)
        known = self.loaded.known(connection)
        identity = identity_of(self.head)
        self._standing = bills.standing(connection, identity)
        self._generation = bills.generations(connection, identity) + 1
        closed = periods.closed(connection)
        standing = self._standing.bill if self._standing else None
        cover = self._cover.fact if self._cover else None
        self._acceptances = _acceptances_of(connection, self.origin)
        accepted = tuple(one.fact for one in self._acceptances)
        self._basis = _Basis(reference.last_load(connection), closed, standing, cover, accepted)
        self._limit = limits_of(known, wanted_date(self.head), opened["currency"]).gap
        effective = effective_date(wanted_date(self.head), {parse_period(period) for period in closed})
        self._preparation = preparing(known, self.head, effective, opened, self.origin.name, self.spool)
        self._content = opened

    def pass_through(self, signer: Signer) -> None:
        """Before the first charge of a large bill: let its rows go through the write door while it is read, if the
        door is free and the bill could stand."""
        if self._standing is not None or self.head.provisional or self._preparation.charges:
            return
        passage = Passage.through(self.ledger, signer)
        if passage is None:
            return
        self.spool.stream(passage)
        if self._moved(passage.act.connection):
            self.spool.clear()
            return
        self._passage = passage

    def feed(self, columns: ChargeColumns) -> None:
        """Take the next charges. Raises InputRefused."""
        if self._displaced:
            return
        self._preparation.feed(columns)
        self.give_way()

    def give_way(self) -> None:
        """Leave the write door to whoever waits for it, if this bill's rows are on their way through it."""
        if self._passage is not None and self._passage.awaited():
            self._displaced = True
            self.spool.clear()

    def refuse(self, problems: Iterable[Discrepancy]) -> Judged:
        """A verdict that something outside the bill's own totals forces."""
        return self._judged(Verdict.REJECTED, problems=tuple(problems))

    def conclude(self, totals: Totals, again: Batches, signer: Signer) -> Judged:
        """Judge the bill and, where it may stand, record it. `again` gives its batches once more, for a bill that
        states fractions, or when what was judged on has moved."""
        stated = totals
        if self._displaced:
            self._judge_again(again)
        while True:
            totals = _covered_totals(stated, self._cover)
            verdict = self._judge(totals, again)
            if isinstance(verdict, Judged):
                return verdict
            checked, prepared = verdict
            posted = self._record(totals, checked, prepared, signer)
            if posted is not None:
                return posted
            self._judge_again(again)

    def _judge_again(self, again: Batches) -> None:
        self._displaced = False
        self.spool.clear()
        with self.ledger.reading() as connection:
            self._look(connection)
        for columns in again():
            self._preparation.feed(columns)

    def _judge(self, totals: Totals, again: Batches) -> Judged | tuple[Collection[Checked], Prepared]:
        preparation = self._preparation
        checked = accepted_by_two(
            check_totals(
                totals, preparation.charges, preparation.exact_total, preparation.sum_of_lines, preparation.slack
            ),
            self._acceptances,
            self._limit,
            self.head.currency,
        )
        if refused := self._outright(checked):
            return self._judged(Verdict.REJECTED, checked, refused)
        if self._standing is not None:
            return self._beside(self._standing, checked, again)
        if self.head.provisional:
            return self._judged(Verdict.ESTIMATE, checked, [_provisional(self.origin)])
        if totals.total is None and self.origin.states_total:
            return self._judged(Verdict.WAITING, checked, [_no_total(self.origin)])
        stated = None if totals.total is None else totals.total.stated
        own = next(iter(checked))
        if own.accepted and own.gap and own.locator is not None:
            preparation.foot(own.gap, own.locator, footing_ref(own.accepted))
        prepared = attrs.evolve(preparation.finish(stated, again()), usage=usage_rows(totals, self.origin.name))
        return checked, prepared

    def _outright(self, checked: Collection[Checked]) -> list[Discrepancy]:
        """What refuses the bill whatever the ledger holds."""
        currency = self._content["currency"]
        if self.head.test and not self.allow_test:
            return [Discrepancy("test", self.origin.name, "the sender marks it as a test", "Ask for the real bill.")]
        if self.head.currency != currency:
            found = f"the bill is in {self.head.currency}, this ledger in {currency}"
            return [Discrepancy("currency", self.origin.name, found, "Take it into a ledger of its own currency.")]
        found_gaps = gaps(checked, self.origin.name, currency)
        if not self._preparation.charges and not found_gaps:
            return [Discrepancy("no-lines", self.origin.name, "the bill has no lines", "Ask for the detailed bill.")]
        return found_gaps

    def _beside(self, standing: bills.PostedBill, checked: Collection[Checked], again: Batches) -> Judged:
        """The same charges in other bytes are a second copy; different ones are a revision (INV-13)."""
        with self.ledger.reading() as connection:
            differing = differing_lines(connection, standing, again(), self.origin.name)
        if differing:
            return self._judged(Verdict.REVISION, checked, differing)
        return attrs.evolve(self._judged(Verdict.KNOWN, checked), bill=standing.bill)

    def _judged(
        self, verdict: Verdict, checked: Collection[Checked] = (), problems: Iterable[Discrepancy] = ()
    ) -> Judged:
        return Judged(
            verdict=verdict,
            origin=self.origin,
            head=self.head,
            charges=self._preparation.charges,
            controls=tuple(outstanding(checked)),
            figures=len(checked),
            problems=tuple(problems),
        )

    # --- recording ----------------------------------------------------------------------------------------------

    def _record(
        self, totals: Totals, checked: Collection[Checked], prepared: Prepared, signer: Signer
    ) -> Judged | None:
        """Record the bill in one transaction, or None when what it was judged on has moved."""
        sealed = self.spool.sealed()
        passage = self._passage if self._passage is not None and self._passage.open else None
        door = passage.completed() if passage else self.ledger.acting(signer, spool=self.spool.path)
        with door as act:
            if self._moved(act.connection):
                assert passage is None, "nothing moves while this bill holds the door"
                return None
            chain = _chain(act.connection, self.head, totals, self.origin)
            prepared = attrs.evolve(prepared, discrepancies=(*prepared.discrepancies, *chain))
            fact = act.record(self._draft(act, totals, checked, prepared, sealed))
        return attrs.evolve(
            self._judged(Verdict.POSTED, checked, prepared.discrepancies),
            effective=self._preparation.effective,
            charges=prepared.charges,
            total=prepared.total,
            suspense=prepared.suspense,
            bill=fact.content["bill"],
            fact=fact,
        )

    def _moved(self, connection: Connection) -> bool:
        standing = bills.standing(connection, identity_of(self.head))
        cover = _cover_of(connection, self.origin)
        now = _Basis(
            reference.last_load(connection),
            periods.closed(connection),
            standing.bill if standing is not None else None,
            cover.fact if cover is not None else None,
            tuple(one.fact for one in _acceptances_of(connection, self.origin)),
        )
        return now != self._basis

    def _draft(
        self, act: Act, totals: Totals, checked: Collection[Checked], prepared: Prepared, sealed: Iterable[Any]
    ) -> Draft:
        identity = identity_of(self.head)
        postings = (prepared.postings,) if prepared.postings.rows else ()
        return Draft(
            kind=catalogue.BILL_POSTED,
            key=f"bill/{hashlib.sha256(identity.encode()).hexdigest()[:32]}/{self._generation}",
            content=self._fact_content(identity, totals, checked, prepared),
            act=act.id,
            effective=self._preparation.effective,
            based_on=self._basis.load,
            rows=(*sealed, *postings, *prepared.usage, *control_rows(checked)),
        )

    def _fact_content(
        self, identity: str, totals: Totals, checked: Collection[Checked], prepared: Prepared
    ) -> dict[str, Any]:
        bill = self.origin.bill if self._generation == 1 else f"{self.origin.bill}.{self._generation}"
        due = totals.amount_due
        return {
            "bill": bill,
            "identity": identity,
            "generation": self._generation,
            "head": head_content(self.head),
            "importer": [self.origin.importer, self.origin.importer_version],
            "documents": [{"sha256": d.sha256, "name": d.name, "part": d.part} for d in self.origin.documents],
            "ordinal": self.origin.ordinal,
            "charges": prepared.charges,
            "total": prepared.total,
            "exact_total": plain(prepared.exact_total),
            "suspense": prepared.suspense,
            "entry": "bill",
            "payable": totals.total is not None,
            "amount_due": plain(due.stated) if due else None,
            "controls": [control_content(control) for control in outstanding(checked)],
            "exceptions": [attrs.asdict(found) for found in prepared.discrepancies],
            **({"pending": self.pending} if self.pending else {}),
            **footing_content(checked, prepared.charges),
        }


def _cover_of(connection: Connection, origin: Origin) -> covers.Cover | None:
    return covers.of_documents(connection, origin.bill, [document.sha256 for document in origin.documents])


def _acceptances_of(connection: Connection, origin: Origin) -> tuple[Acceptance, ...]:
    return acceptances(connection, origin.bill, [document.sha256 for document in origin.documents])


def _covered_head(head: Bill, cover: covers.Cover | None) -> Bill:
    """The head with what only the paper states; what the file states stands."""
    if cover is None:
        return head
    return attrs.evolve(
        head,
        account=head.account or cover.account or "",
        number=head.number or cover.number,
        bill_date=head.bill_date or cover.bill_date,
    )


def _covered_totals(totals: Totals, cover: covers.Cover | None) -> Totals:
    """The totals with the one that only the paper states. Its place is the cover."""
    if cover is None or totals.total is not None:
        return totals
    figure = Figure("total", "bill", parse_decimal(cover.total), Locator(COVER_PLACE, 0, 0))
    return attrs.evolve(totals, total=figure)


def head_content(head: Bill) -> dict[str, Any]:
    """A bill's head as it stands in a fact."""
    return {
        field.name: value.isoformat() if isinstance(value := getattr(head, field.name), date) else value
        for field in attrs.fields(Bill)
    }


def read_head(content: Mapping[str, Any]) -> Bill:
    """The head that `head_content` wrote."""
    days = {"bill_date", "due_date", "period_from", "period_to"}
    read: dict[str, Any] = {
        name: date.fromisoformat(value) if name in days and value is not None else value
        for name, value in content.items()
    }
    return Bill(**read)


def wanted_date(head: Bill) -> date:
    """A bill's effective date, were every period open: its bill date, else the end of its period."""
    return head.bill_date or head.period_to or head.due_date or date.min


def _terms(known: Reference, head: Bill, on: date, paying_fund: str) -> Terms:
    row = known.in_force("vendor_accounts", (head.vendor, head.account), on)
    paid_by = (row.cell("paid_by") if row else "") or "ap"
    accounts = {Role(role.key[0]): role.cell("account") for role in known.all_in_force("account_roles", on)}
    return Terms(paying_fund, _CREDIT[paid_by], accounts, bearer(known, paying_fund, on.isoformat()))


def _chain(connection: Connection, head: Bill, totals: Totals, origin: Origin) -> list[Discrepancy]:
    """INV-24: this bill's previous balance is the last bill's amount due, or the break is an exception."""
    if totals.previous_balance is None or head.bill_date is None:
        return []
    last = bills.previous(connection, head.vendor, head.account, head.bill_date.isoformat())
    if last is None or last.amount_due is None:
        return []
    stated, due = totals.previous_balance.stated, parse_decimal(last.amount_due)
    if due == stated:
        return []
    found = f"previous balance {plain(stated)}, but bill {last.number or last.bill} ended with {last.amount_due} due"
    stake = abs(round_minor(EXACT.subtract(stated, due), head.currency))
    return [Discrepancy("chain-broken", origin.name, found, "Look for a missing bill or an unrecorded payment.", stake)]


def _provisional(origin: Origin) -> Discrepancy:
    return Discrepancy(
        "provisional", origin.name, "the data has no invoice yet", "It is kept as an estimate; await the final bill."
    )


def _no_total(origin: Origin) -> Discrepancy:
    return Discrepancy(
        "no-total", origin.name, "the bill states no total", "Enter its cover: `tollbook cover` with the paper's total."
    )
