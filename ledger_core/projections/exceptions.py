"""The reading of exceptions: bills, lines and files that need a person, or never came, by money times confidence."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import chain
from typing import Any

import attrs
from sqlalchemy import Connection

from ledger_core.canonical import read_row, row_bytes
from ledger_core.facts import catalogue
from ledger_core.facts.fact import Fact
from ledger_core.facts.reference import Reference
from ledger_core.policy.limits import limits_of
from ledger_core.projections import documents, people, reference
from ledger_core.projections.agenda import agenda
from ledger_core.projections.bills import PostedBill
from ledger_core.projections.charges import charge_id, standing_bills
from ledger_core.projections.checks import Raised, raised
from ledger_core.projections.dispute_warnings import (
    DISPUTE,
    Waiting,
    first_charge,
    waiting_disputes,
    waiting_holds,
)
from ledger_core.projections.disputes import amounts_disputed
from ledger_core.projections.documents import KnownDocument
from ledger_core.projections.reminders import BILL, SERVICES, Reminder
from ledger_core.projections.suspense import Unassigned, unassigned
from ledger_core.projections.today import day_at
from ledger_core.projections.unbilled_services import unbilled_services
from ledger_core.projections.vendor_accounts import hint, unexplained
from ledger_core.projections.waiting_credits import CREDIT, WaitingCredit, waiting_credits
from ledger_core.store import log

SUSPENSE = "suspense"
EXCEPTION = "exception"
DOCUMENT = "document"
MISSING = "missing"
DEADLINE = "deadline"
INVENTORY = "inventory"
CHECK = "check"
ACCOUNT = "account"
#: The code of a line in suspense that no owner, printed code or rule claims.
UNASSIGNED = "unassigned"
#: The code of files that wait for other parts of their bill.
INCOMPLETE = "incomplete-set"

#: By what a reminder is about, the kind of its item and the letter of its name.
_KINDS = {BILL: (MISSING, "M"), SERVICES: (INVENTORY, "I")}

_SETTLED = frozenset({documents.POSTED, documents.KNOWN, documents.RELEASED})
_COORDINATOR = "coordinator"
_OWNERS = ("suspense", _COORDINATOR)  # roles in the sheet of people, the first that somebody has


@attrs.frozen
class ExceptionItem:
    """One thing for a person to decide. `amount` is what is at stake, in minor units.

    `item` names it, the same on every reading. `charge` is the only or first line concerned, `service` and `lines` say
    which others. `owner` is a person, `due` the bill's due date. `documents` are the digests of the files that it
    is about. `confidence` is a whole percent: what is no check's opinion is certain. `charges` are the line numbers of
    what a check objects to, each with what is in question.
    """

    item: str
    kind: str
    code: str
    bill: str | None
    charge: str | None
    vendor: str | None
    amount: int
    currency: str
    owner: str
    due: str | None
    text: str
    service: str | None = None
    lines: int = 0
    documents: tuple[str, ...] = ()
    confidence: int = 100
    charges: tuple[tuple[int, int], ...] = ()

    @property
    def rank(self) -> int:
        """The amount at stake times the confidence, in minor units: the queue's order."""
        return abs(self.amount) * self.confidence // 100


@attrs.frozen
class WaitingFiles:
    """Files that wait, and what for: the missing parts of their bill, or the word for what else they lack."""

    files: tuple[str, ...]
    missing: tuple[str, ...]
    received: int
    decided: int
    sha256: str
    group: str
    documents: tuple[str, ...]


def open_exceptions(connection: Connection, today: date | None = None) -> list[ExceptionItem]:
    """Everything that needs a person and was not decided yet: by money times confidence, the largest first, then by
    `item`.

    `today` says what is late and which deadlines come; without it, the day on which the last fact was recorded.
    """
    return queue_and_agenda(connection, today)[0]


def queue_and_agenda(connection: Connection, today: date | None = None) -> tuple[list[ExceptionItem], list[Reminder]]:
    """The queue, and beside it everything that is late or comes, what asks for nobody included: earliest day first."""
    day = today or day_at(connection, log.fact(connection, log.last_sequence(connection)).recorded)
    owners = _Owners(reference.known(connection, {"people"}), _first_person(connection))
    decided, assigned = _decisions(connection)
    bills = standing_bills(connection, log.last_sequence(connection))
    credits_ = list(waiting_credits(connection))
    found = [
        *_of_bills(connection, owners, credits_),
        *(_credit_item(one, owners) for one in credits_),
        *_of_checks(connection, bills, owners),
        *_of_documents(connection, owners),
        *_of_accounts(connection, owners),
        *(_waiting_item(one, owners) for one in waiting_disputes(connection, day)),
        *(_waiting_item(one, owners) for one in waiting_holds(connection)),
    ]
    waiting = [item for item in found if item.item not in decided]
    reminders = agenda(connection, day, waiting)
    asking = chain((one for one in reminders if one.asks), unbilled_services(connection, day))
    reminded = (_reminder_item(one, owners) for one in asking)
    waiting += [item for item in reminded if item.item not in decided]
    items = [attrs.evolve(item, owner=assigned.get(item.item, item.owner)) for item in waiting]
    return sorted(items, key=lambda item: (-item.rank, -abs(item.amount), item.item.encode())), reminders


def waiting_files(connection: Connection) -> list[WaitingFiles]:
    """Files that wait: together those of one bill, in the order in which they came."""
    groups: dict[tuple[str, str], list[KnownDocument]] = defaultdict(list)
    for document in documents.in_state(connection, documents.WAITING):
        groups[document.importer, document.group or document.sha256].append(document)
    return [_waiting(group) for group in groups.values()]


# --- bills ------------------------------------------------------------------------------------------------------


def _of_bills(connection: Connection, owners: _Owners, credits_: Sequence[WaitingCredit]) -> Iterator[ExceptionItem]:
    """Suspense, and what was odd as bills came. A credit that waits lies in suspense as an item of its own."""
    until = log.last_sequence(connection)
    bills = standing_bills(connection, until)
    in_suspense: dict[int, list[Unassigned]] = defaultdict(list)
    for found in unassigned(connection, until=until, without={one.credit.place for one in credits_}):
        in_suspense[found.bill.fact].append(found)
    for bill in bills:
        raised: Sequence[Mapping[str, Any]] = log.fact(connection, bill.fact).content["exceptions"]
        causes = {one["where"]: one for one in raised}
        told = set()
        for lines in in_suspense[bill.fact]:
            cause = causes.get(f"service {lines.service or '(the account)'}")
            told.add(id(cause))
            yield _suspense_item(lines, cause, owners)
        for number, one in enumerate(raised):
            if id(one) not in told:
                yield _exception_item(bill, one, number, owners)


def _suspense_item(found: Unassigned, cause: Mapping[str, Any] | None, owners: _Owners) -> ExceptionItem:
    bill, code = found.bill, cause["code"] if cause else UNASSIGNED
    lines = "1 line" if found.lines == 1 else f"{found.lines} lines"
    named = " ".join(part for part in (bill.vendor, bill.number or bill.account) if part) or bill.bill
    where = f"{found.service or 'the account itself'} on {named}, {lines}"
    why = f"{cause['found']}. {cause['do']}" if cause else "no owner, printed code or rule claims it. Load its owner."
    return ExceptionItem(
        item=_name("S", SUSPENSE, bill.bill, found.service, code),
        kind=SUSPENSE,
        code=code,
        bill=bill.bill,
        charge=charge_id(bill.bill, found.first),
        vendor=bill.vendor,
        amount=found.amount,
        currency=bill.currency,
        owner=owners.on(date.fromisoformat(bill.effective)),
        due=bill.due_date,
        text=f"{where}: {why}",
        service=found.service,
        lines=found.lines,
    )


def _exception_item(bill: PostedBill, raised: Mapping[str, Any], number: int, owners: _Owners) -> ExceptionItem:
    named = " ".join(part for part in (bill.vendor, bill.number or bill.account) if part) or bill.bill
    return ExceptionItem(
        item=_name("X", EXCEPTION, bill.bill, raised["code"], raised["where"], str(number)),
        kind=EXCEPTION,
        code=raised["code"],
        bill=bill.bill,
        charge=None,
        vendor=bill.vendor,
        amount=int(raised["stake"]),
        currency=bill.currency,
        owner=owners.on(date.fromisoformat(bill.effective)),
        due=bill.due_date,
        text=f"{named}, {raised['where']}: {raised['found']}. {raised['do']}",
    )


def _of_checks(connection: Connection, bills: Sequence[PostedBill], owners: _Owners) -> Iterator[ExceptionItem]:
    """What checks object to and no waiver covers: one item for each cause on a bill. What is disputed already, by the
    names of its charges, asks for nobody any more."""
    causes: dict[tuple[str, str, str], list[Raised]] = defaultdict(list)
    disputed = amounts_disputed(connection)
    for one in raised(connection, bills):
        if one.waiver is None:
            causes[one.bill, one.code, one.cause].append(one)
    by_id = {bill.bill: bill for bill in bills}
    for (bill, _, _), found in causes.items():
        if not all(_is_disputed(one, disputed) for one in found):
            yield _check_item(by_id[bill], found, owners)


def _is_disputed(one: Raised, disputed: Mapping[tuple[int, int], int]) -> bool:
    """Whether all that an objection puts in question is disputed."""
    return (one.posted, one.charge) in disputed and abs(disputed[one.posted, one.charge]) >= abs(one.stake)


def _check_item(bill: PostedBill, found: Sequence[Raised], owners: _Owners) -> ExceptionItem:
    first, charges = found[0], tuple((one.charge, one.stake) for one in found)
    amount = sum(one.stake for one in found)
    services = {one.service for one in found}
    named = " ".join(part for part in (bill.vendor, bill.number or bill.account) if part) or bill.bill
    more = f" ({len(found)} lines)" if len(found) > 1 else ""
    # By money; where no money is at stake, the plain mean.
    weights = [one.stake if amount else 1 for one in found]
    confidence = sum(one.confidence * weight for one, weight in zip(found, weights, strict=True)) // sum(weights)
    return ExceptionItem(
        item=_check_name(found),
        kind=CHECK,
        code=first.code,
        bill=bill.bill,
        charge=charge_id(bill.bill, first.charge) if first.charge else None,
        vendor=bill.vendor,
        amount=amount,
        currency=bill.currency,
        owner=owners.on(date.fromisoformat(bill.effective)),
        due=bill.due_date,
        text=f"{named}: {first.found}{more}. {first.do}",
        service=first.service if len(services) == 1 else None,
        lines=len(found),
        confidence=confidence,
        charges=charges,
    )


def _check_name(found: Sequence[Raised]) -> str:
    """The lines are part of the name: what was accepted were these, and others are looked at anew."""
    first, lines = found[0], (f"{one.charge}/{one.stake}" for one in found)
    return _name("C", CHECK, first.bill, first.code, first.cause, *lines)


def decided_objections(connection: Connection, bill: PostedBill) -> frozenset[tuple[str, int]]:
    """Code and charge line of what checks object to in a bill and a person has decided, or disputed."""
    decided, _ = _decisions(connection)
    disputed = amounts_disputed(connection)
    causes: dict[tuple[str, str], list[Raised]] = defaultdict(list)
    for one in raised(connection, [bill]):
        if one.waiver is None:
            causes[one.code, one.cause].append(one)
    return frozenset(
        (one.code, one.charge)
        for found in causes.values()
        for one in found
        if _check_name(found) in decided or _is_disputed(one, disputed)
    )


# --- vendor accounts --------------------------------------------------------------------------------------------


def _of_accounts(connection: Connection, owners: _Owners) -> Iterator[ExceptionItem]:
    """Accounts whose vendor claims what our books cannot explain."""
    for found in unexplained(connection):
        last, gap = found.last, found.unexplained or 0
        yield ExceptionItem(
            item=_name("V", ACCOUNT, last.vendor, last.account, last.bill, str(gap)),
            kind=ACCOUNT,
            code="account-unexplained",
            bill=last.bill,
            charge=None,
            vendor=last.vendor,
            amount=gap,
            currency=last.currency,
            owner=owners.on(date.fromisoformat(last.effective)),
            due=last.due_date,
            text=f"{last.vendor} {last.account}: {hint(found)} See `tollbook reconcile`.",
        )


def _credit_item(one: WaitingCredit, owners: _Owners) -> ExceptionItem:
    credit = one.credit
    return ExceptionItem(
        item=one.item,
        kind=CREDIT,
        code=one.code,
        bill=credit.bill.bill,
        charge=credit.name,
        vendor=credit.bill.vendor,
        amount=credit.amount,
        currency=credit.bill.currency,
        owner=owners.on(date.fromisoformat(credit.bill.effective)),
        due=credit.bill.due_date,
        text=one.text,
        service=credit.service,
        lines=1,
        charges=((credit.line, credit.amount),),
    )


def _waiting_item(one: Waiting, owners: _Owners) -> ExceptionItem:
    """What a dispute asks for, or what is held and nobody decides."""
    return ExceptionItem(
        item=_name("P" if one.kind == DISPUTE else "H", one.kind, *one.key),
        kind=one.kind,
        code=one.code,
        bill=one.bill.bill,
        charge=first_charge(one),
        vendor=one.bill.vendor,
        amount=one.amount,
        currency=one.bill.currency,
        owner=owners.on(date.fromisoformat(one.bill.effective)),
        due=one.day.isoformat() if one.day else None,
        text=one.text,
        lines=len(one.charges),
        charges=one.charges,
    )


def _reminder_item(reminder: Reminder, owners: _Owners) -> ExceptionItem:
    """A bill that never came, or a deadline with something left to do until it."""
    kind, prefix = _KINDS.get(reminder.what, (DEADLINE, "T"))
    return ExceptionItem(
        item=_name(prefix, kind, *reminder.key),
        kind=kind,
        code=reminder.code,
        bill=reminder.bill,
        charge=None,
        vendor=reminder.vendor,
        amount=reminder.amount,
        currency=reminder.currency,
        owner=owners.on(reminder.day),
        due=reminder.day.isoformat(),
        text=reminder.text,
        lines=reminder.lines,
    )


# --- documents --------------------------------------------------------------------------------------------------


def _of_documents(connection: Connection, owners: _Owners) -> Iterator[ExceptionItem]:
    currency = log.fact(connection, 1).content["currency"]
    for waiting in waiting_files(connection):
        received = log.fact(connection, waiting.received)
        wanted = f"missing {', '.join(waiting.missing)}. Drop the missing files, in any order."
        if waiting.decided != waiting.received:
            wanted = _first_problem(log.fact(connection, waiting.decided).content["problems"])
        text = f"{', '.join(waiting.files)}: {wanted}"
        name = _name("D", DOCUMENT, documents.WAITING, waiting.group or waiting.sha256)
        code = INCOMPLETE if waiting.group else waiting.missing[0]
        item = _document_item(name, code, 0, currency, owners.on(received.recorded.date()), text)
        yield attrs.evolve(item, documents=waiting.documents)
    for fact in _refusals(connection):
        problems = fact.content["problems"]
        stake = max((abs(int(problem["stake"])) for problem in problems), default=0)
        names = [document.name for document in _documents_of(connection, fact)]
        text = _refused_text(names, problems) + _may_be_accepted(connection, fact, stake, currency)
        shas = sorted(document["sha256"] for document in fact.content["documents"])
        outcome, code = fact.content["outcome"], fact.content["code"]
        name = _name("D", DOCUMENT, outcome, code, *shas)
        item = _document_item(name, code or outcome, stake, currency, owners.on(fact.recorded.date()), text)
        yield attrs.evolve(item, documents=tuple(shas))


def _document_item(item: str, code: str, amount: int, currency: str, owner: str, text: str) -> ExceptionItem:
    return ExceptionItem(item, DOCUMENT, code, None, None, None, amount, currency, owner, None, text)


def _refusals(connection: Connection) -> list[Fact]:
    """The facts that say why documents were not taken in and that still hold, in order."""
    sequences = {
        document.decided
        for document in documents.all_documents(connection)
        if document.state not in _SETTLED and document.state != documents.WAITING
    }
    return [log.fact(connection, sequence) for sequence in sorted(sequences)]


def _documents_of(connection: Connection, fact: Fact) -> list[KnownDocument]:
    found = [documents.known(connection, document["sha256"]) for document in fact.content["documents"]]
    return [document for document in found if document is not None]


def _refused_text(names: Sequence[str], problems: Sequence[Mapping[str, Any]]) -> str:
    """The files and the first problem; a file that the problem begins with is not named twice."""
    problem = _first_problem(problems)
    return problem if len(names) == 1 and problem.startswith(names[0]) else f"{', '.join(names)}: {problem}"


def _may_be_accepted(connection: Connection, refused: Fact, stake: int, currency: str) -> str:
    """How a gap within the site's limit is accepted; nothing where it is no gap, or a larger one."""
    limits = limits_of(reference.known(connection, {"limits"}), refused.recorded.date(), currency)
    if refused.content["code"] != "gap" or not 0 < stake <= limits.gap:
        return ""
    digits = refused.content["documents"][0]["sha256"][:16]
    return f" Or two people accept it: `tollbook accept-gap {digits}`."


def _first_problem(problems: Sequence[Mapping[str, Any]]) -> str:
    if not problems:
        return "it was not taken in."
    more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{problems[0]['where']}: {problems[0]['found']}. {problems[0]['do']}{more}"


def _waiting(group: list[KnownDocument]) -> WaitingFiles:
    first = group[0]
    needed = read_row(first.needed.encode()) if first.needed else []
    missing = [part for part in needed if part not in {document.part for document in group}]
    names = tuple(document.name for document in group)
    # A file whose parts are all there waits for what its refusal named: a total, as a rule.
    return WaitingFiles(
        names,
        tuple(missing or [first.code or "unread"]),
        first.received,
        first.decided,
        first.sha256,
        first.group,
        tuple(document.sha256 for document in group),
    )


# --- people -----------------------------------------------------------------------------------------------------


def _decisions(connection: Connection) -> tuple[set[str], dict[str, str]]:
    """The items that are closed, and who was given the others."""
    closed: set[str] = set()
    assigned: dict[str, str] = {}
    for fact in log.facts(connection, [catalogue.EXCEPTION_DECIDED]):
        if fact.content["decision"] == "assign":
            assigned |= dict.fromkeys(fact.content["items"], fact.content["owner"])
        else:
            closed |= set(fact.content["items"])
    return closed, assigned


@attrs.frozen
class _Owners:
    """Who looks after what nobody owns: whom the sheet of people names; until it does, who was enrolled first."""

    people: Reference
    first: str

    def on(self, day: date) -> str:
        """The person, on a day."""
        rows = self.people.all_in_force("people", day)
        for role in _OWNERS:
            named = [row for row in rows if row.cell("role") == role]
            if named:
                return min(named, key=lambda row: (row.cell("department") != "", row.key)).cell("person")
        return self.first


def _first_person(connection: Connection) -> str:
    """The coordinator who was enrolled first, as a rule by opening the ledger; "" where nobody was."""
    names = (one.person for one in people.enrolled(connection).values() if _COORDINATOR in one.roles)
    return next(names, "")


def _name(prefix: str, *parts: str) -> str:
    return f"{prefix}-{hashlib.sha256(row_bytes(parts)).hexdigest()[:16]}"
