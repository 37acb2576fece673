"""The reading of payables: of each bill what is owed, held, certified, sent out and paid. Few facts, so a view.

What may be paid of a bill is what it made payable, less what is held of it, less what was claimed before. A claim
counts as long as it is what would be certified again, or once it has left; one that was overtaken by a hold, a release
or a reversal before it left counts no more, and its bill is to be certified again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property

import attrs
from sqlalchemy import Connection, func, select

from ledger_core.facts import catalogue
from ledger_core.facts.entry import COST_ROLES, Book, EntryKind, Role
from ledger_core.facts.fact import Fact
from ledger_core.policy.claims import Claim, ClaimLine, Place, Standing, read_line
from ledger_core.projections import bills, covers
from ledger_core.projections.bills import PostedBill
from ledger_core.projections.card_clearing import cleared_by_card
from ledger_core.store import log
from ledger_core.store.tables import BODIES

_POSTINGS, _SHARES = BODIES["postings"].c, BODIES["shares"].c
#: Roles that say what is owed to a vendor.
OWED = (Role.PAYABLE.value, Role.HELD.value)


@attrs.frozen
class Certified:
    """One claim as it was certified. Amounts in minor units.

    `stands` says whether it counts: it has left in `batch`, or is still what would be certified.
    """

    fact: int
    claim: str
    bill: str
    vendor: str
    account: str
    invoice: str
    currency: str
    number: int
    amount: int
    digest: str
    lines: tuple[ClaimLine, ...]
    person: str
    recorded: datetime
    batch: str
    stands: bool


@attrs.frozen
class Paid:
    """One payment read back: the entry that posted it, what it paid of the bill in minor units, when and how."""

    fact: int
    bill: str
    amount: int
    paid: date
    method: str
    reference: str


@attrs.frozen
class OpenItem:
    """One bill among the payables, in minor units: a credit is negative.

    `payable` is what the bill and its reversal credited to payable, `card` what they credited to card clearing. `held`
    is withheld, `claims` are all that were ever certified. `account` and `invoice` are as the paper has them.
    """

    bill: PostedBill
    account: str
    invoice: str
    payable: int
    card: int
    held: int
    claims: tuple[Certified, ...]
    payments: tuple[Paid, ...]
    paid_by_card: int

    @property
    def standing(self) -> tuple[Certified, ...]:
        """The claims that count."""
        return tuple(claim for claim in self.claims if claim.stands)

    @property
    def certified(self) -> int:
        """What was claimed of it: sent out or ready to be."""
        return sum(claim.amount for claim in self.standing)

    @property
    def exported(self) -> int:
        """What left for accounts payable."""
        return sum(claim.amount for claim in self.standing if claim.batch)

    @property
    def paid(self) -> int:
        """What was paid, by warrant, draft or card."""
        return sum(payment.amount for payment in self.payments) + self.paid_by_card

    @property
    def released(self) -> int:
        """What may be paid of it altogether, claimed or not."""
        return self.payable - self.held

    @property
    def open(self) -> int:
        """What may be paid of it and nobody has certified yet."""
        return self.released - self.certified

    @property
    def in_transit(self) -> int:
        """What left and was not read back as paid."""
        return self.exported - sum(payment.amount for payment in self.payments)

    @property
    def outstanding(self) -> int:
        """What the books say the vendor has not got."""
        return self.payable + self.card - self.paid


class Payables:
    """The open items as known at sequence `until` (None: now) and dated up to `as_of` (None: whenever)."""

    def __init__(self, connection: Connection, until: int | None = None, as_of: date | None = None) -> None:
        self._connection = connection
        self._until = log.last_sequence(connection) if until is None else until
        self._as_of = as_of
        self._day = as_of.isoformat() if as_of else "9999-12-31"
        self._covers = covers.entered(connection, self._until)
        self._batches = _batches(self._facts(catalogue.EXPORT_MADE))
        self._claims: dict[str, list[Fact]] = defaultdict(list)
        for fact in self._facts(catalogue.CLAIM_CERTIFIED):
            self._claims[fact.content["bill"]].append(fact)
        self._items: dict[str, OpenItem] = {}

    def every(self) -> Iterator[OpenItem]:
        """Every bill, in order of posting."""
        for bill in bills.all_bills(self._connection):
            if bill.fact <= self._until and bill.effective <= self._day:
                yield self.of_bill(bill)

    def all(self) -> Iterator[OpenItem]:
        """Every bill that owed anything to its vendor or to the card, in order of posting."""
        for item in self.every():
            if item.payable or item.card or item.claims or item.payments or _owes(self._owed, item.bill):
                yield item

    def of_bill(self, bill: PostedBill) -> OpenItem:
        """One bill's item."""
        item = self._items.get(bill.bill)
        if item is None:
            item = self._items[bill.bill] = self._item(bill)
        return item

    def claim(self, bill: PostedBill) -> Claim:
        """What may be paid of a bill now, as the next claim of it. Its amount may be zero."""
        return self._claim(bill, self.of_bill(bill).standing, len(self._claims[bill.bill]) + 1)

    # --- items --------------------------------------------------------------------------------------------------

    def _item(self, bill: PostedBill) -> OpenItem:
        account, invoice = self._paper(bill)
        return OpenItem(
            bill=bill,
            account=account,
            invoice=invoice,
            payable=self._owed_of(bill, OWED),
            card=self._owed_of(bill, (Role.CARD_CLEARING.value,)),
            held=self._held.get(bill.fact, 0),
            claims=tuple(self._certified(bill)),
            payments=tuple(self._payments.get(bill.bill, ())),
            paid_by_card=self._card.get(bill.fact, 0),
        )

    def _certified(self, bill: PostedBill) -> Iterator[Certified]:
        """The bill's claims in order, each judged on those before it."""
        standing: list[Certified] = []
        overtaken = {voided for fact in self._claims[bill.bill] for voided in fact.content["voids"]}
        for number, fact in enumerate(self._claims[bill.bill], 1):
            content = fact.content
            batch = self._batches.get(fact.sequence, "")
            stands = bool(batch) or (
                fact.sequence not in overtaken and self._claim(bill, standing, number).digest == content["digest"]
            )
            certified = Certified(
                fact=fact.sequence,
                claim=content["claim"],
                bill=bill.bill,
                number=number,
                **{name: content[name] for name in ("vendor", "account", "invoice", "currency", "amount")},
                digest=content["digest"],
                lines=tuple(map(read_line, content["lines"])),
                person=fact.actor.person,
                recorded=fact.recorded,
                batch=batch,
                stands=stands,
            )
            if stands:
                standing.append(certified)
            yield certified

    def _claim(self, bill: PostedBill, before: Sequence[Certified], number: int) -> Claim:
        account, invoice = self._paper(bill)
        claimed: dict[Place, int] = defaultdict(int)
        for line in (line for claim in before for line in claim.lines):
            claimed[line.place] += line.amount
        booked, order = self._booked(bill)
        return Claim(
            bill=bill.bill,
            fact=bill.fact,
            number=number,
            vendor=bill.vendor,
            account=account,
            invoice=invoice,
            currency=bill.currency,
            payable=self._owed_of(bill, OWED),
            held=self._held.get(bill.fact, 0),
            before=sum(claim.amount for claim in before),
            lines=Standing(booked, self._held_places(bill), claimed, order).lines(),
        )

    def _paper(self, bill: PostedBill) -> tuple[str, str]:
        """Account and number as the paper states them; a cover's word goes before the file's."""
        cover = self._covers.get(covers.first_generation(bill.bill))
        return (cover and cover.account) or bill.account, (cover and cover.number) or bill.number or ""

    # --- amounts ------------------------------------------------------------------------------------------------

    @cached_property
    def _owed(self) -> Mapping[int, Mapping[str, int]]:
        """By fact, what its entry credited to payable and to card clearing. Payments are not among them."""
        roles = (*OWED, Role.CARD_CLEARING.value)
        query = (
            select(_POSTINGS.fact, _POSTINGS.role, func.sum(_POSTINGS.amount))
            .where(_POSTINGS.role.in_(roles), _POSTINGS.book == Book.ACTUAL.value)
            .where(_POSTINGS.fact <= self._until, _POSTINGS.effective <= self._day)
            .group_by(_POSTINGS.fact, _POSTINGS.role)
        )
        owed: dict[int, dict[str, int]] = defaultdict(dict)
        for fact, role, amount in self._connection.execute(query):
            owed[fact][role] = -int(amount)
        return owed

    def _owed_of(self, bill: PostedBill, roles: Sequence[str]) -> int:
        """What a bill and its reversal made payable. A card statement's own debits to clearing are payments."""
        facts = [bill.fact, *([bill.reversed_by] if bill.reversed_by else [])]
        found = sum(self._owed.get(fact, {}).get(role, 0) for fact in facts for role in roles)
        paid_by_card = Role.CARD_CLEARING.value in roles and self._owes_vendor(bill)
        return 0 if paid_by_card else found

    def _owes_vendor(self, bill: PostedBill) -> bool:
        return any(role in self._owed.get(bill.fact, {}) for role in OWED)

    @cached_property
    def _held(self) -> Mapping[int, int]:
        """By bill (its fact), what holds and releases withhold of it."""
        held: dict[int, int] = defaultdict(int)
        for (fact, _), amount in self._holds.items():
            held[fact] += amount
        return held

    @cached_property
    def _holds(self) -> Mapping[tuple[int, tuple[str, ...]], int]:
        """By bill and place, what is withheld: the disputed side of the memo pairs. Instead of the cost's account the
        place has its role, which stands in the pair as partner."""
        place = (_POSTINGS.fund, _POSTINGS.department, _POSTINGS.object, _POSTINGS.booked, _POSTINGS.partner)
        query = (
            select(_SHARES.charge_fact, *place, func.sum(_SHARES.amount))
            .where(_SHARES.fact == _POSTINGS.fact, _SHARES.posting == _POSTINGS.line, _SHARES.charge_fact > 0)
            .where(_POSTINGS.role == Role.DISPUTED.value, _POSTINGS.book == Book.MEMO.value)
            .where(_POSTINGS.fact <= self._until, _POSTINGS.effective <= self._day)
            .group_by(_SHARES.charge_fact, *place)
        )
        return {(fact, tuple(where)): int(amount) for fact, *where, amount in self._connection.execute(query) if amount}

    def _held_places(self, bill: PostedBill) -> dict[Place, int]:
        found = {where: amount for (fact, where), amount in self._holds.items() if fact == bill.fact}
        accounts = self._cost_accounts(bill) if found else {}
        held: dict[Place, int] = defaultdict(int)
        for where, amount in found.items():
            held[Place(accounts[where], *where[:-1])] += amount
        return held

    def _cost_accounts(self, bill: PostedBill) -> Mapping[tuple[str, ...], str]:
        """The account under which cost of a bill lies at a place: the bill's own, else that of a later recoding."""
        touching = select(_SHARES.fact).where(_SHARES.charge_fact == bill.fact).distinct()
        query = (
            select(
                _POSTINGS.fund,
                _POSTINGS.department,
                _POSTINGS.object,
                _POSTINGS.booked,
                _POSTINGS.role,
                _POSTINGS.account,
            )
            .where((_POSTINGS.fact == bill.fact) | _POSTINGS.fact.in_(touching))
            .where(_POSTINGS.role.in_(sorted(COST_ROLES)))
            .order_by(_POSTINGS.fact.desc(), _POSTINGS.line.desc())
        )
        return {tuple(where): account for *where, account in self._connection.execute(query)}

    def _booked(self, bill: PostedBill) -> tuple[dict[Place, int], dict[Place, int]]:
        """What the bill and its reversal put at each place, and the line of the bill's posting of that place."""
        booked: dict[Place, int] = defaultdict(int)
        order: dict[Place, int] = {}
        facts = [bill.fact, *([bill.reversed_by] if bill.reversed_by else [])]
        names = (_POSTINGS.account, _POSTINGS.fund, _POSTINGS.department, _POSTINGS.object, _POSTINGS.booked)
        query = (
            select(_POSTINGS.line, _POSTINGS.amount, *names)
            .where(_POSTINGS.fact.in_(facts), _POSTINGS.role.not_in(OWED), _POSTINGS.book == Book.ACTUAL.value)
            .where(_POSTINGS.fact <= self._until, _POSTINGS.effective <= self._day)
            .order_by(_POSTINGS.fact, _POSTINGS.line)
        )
        for line, amount, *where in self._connection.execute(query):
            place = Place(*where)
            booked[place] += amount
            order.setdefault(place, line)
        return booked, order

    # --- payments -----------------------------------------------------------------------------------------------

    @cached_property
    def _payments(self) -> Mapping[str, list[Paid]]:
        found: dict[str, list[Paid]] = defaultdict(list)
        for paid in payments(self._connection, self._until):
            if paid.paid.isoformat() <= self._day:
                found[paid.bill].append(paid)
        return found

    @cached_property
    def _card(self) -> Mapping[int, int]:
        """By bill, what card statements cleared of it: an account's payments go to its oldest bills first."""
        left = cleared_by_card(self._connection, self._until, self._day)
        paid: dict[int, int] = {}
        if not left:
            return paid
        for bill in sorted(bills.all_bills(self._connection), key=lambda bill: (bill.bill_date or "", bill.fact)):
            key = (bill.vendor, bill.account)
            owed = self._owed_of(bill, (Role.CARD_CLEARING.value,))
            if bill.fact <= self._until and owed and key in left:
                paid[bill.fact] = min(owed, left[key]) if owed > 0 else 0
                left[key] -= paid[bill.fact]
        return paid

    def _facts(self, kind: str) -> Iterator[Fact]:
        """Facts of a kind as known, recorded on or before the day where one is given."""
        for fact in log.facts(self._connection, [kind], until=self._until):
            if self._as_of is None or fact.recorded.date() <= self._as_of:
                yield fact


def payments(connection: Connection, until: int | None = None) -> Iterator[Paid]:
    """Every payment read back, in order of recording."""
    for fact in log.facts(connection, [catalogue.ENTRY_POSTED], until=until):
        content = fact.content
        if content["entry"] == EntryKind.PAYMENT:
            paid = date.fromisoformat(content["paid"])
            yield Paid(fact.sequence, content["bill"], content["amount"], paid, content["method"], content["reference"])


def _batches(exports: Iterator[Fact]) -> Mapping[int, str]:
    """By claim, the batch in which it left."""
    return {int(claim): fact.content["batch"] for fact in exports for claim in fact.content.get("claims", ())}


def _owes(owed: Mapping[int, Mapping[str, int]], bill: PostedBill) -> bool:
    return any(owed.get(bill.fact, {}).values())
