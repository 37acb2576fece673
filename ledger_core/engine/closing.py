"""Closing a period, reopening it, and approving what was prepared in it.

A close refuses little and says much: what is unresolved stands in the certificate, which is the fact itself, with the
head of the log and the sums of every fund at that moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
from sqlalchemy import Connection, func, select

from ledger_core.engine.ledger import Act, Ledger
from ledger_core.errors import LedgerRefused, PeriodClosed, TwoPeopleNeeded, UsageRefused
from ledger_core.facts import catalogue
from ledger_core.facts.discrepancy import Discrepancy
from ledger_core.facts.entry import Role
from ledger_core.facts.fact import Fact
from ledger_core.money import fixed
from ledger_core.policy.periods import Period
from ledger_core.projections import approvals, documents, people, periods
from ledger_core.projections.balances import balances
from ledger_core.projections.months import Months
from ledger_core.store import log
from ledger_core.store.door import Draft, Signer
from ledger_core.store.tables import BODIES

_PERIOD_FACTS = (catalogue.PERIOD_OPENED, catalogue.PERIOD_CLOSED, catalogue.PERIOD_REOPENED)


@attrs.frozen
class Closed:
    """A period that was closed: the fact, and what was unresolved at that moment."""

    fact: Fact
    unresolved: tuple[Discrepancy, ...]


def unresolved(connection: Connection, period: Period) -> list[Discrepancy]:
    """What a person should know before closing: cost not charged, suspense, documents that wait, earlier months."""
    return [
        *_uncharged(connection, period),
        *_unapproved(connection, period),
        *_waiting(connection),
        *_earlier(connection, period),
    ]


def close(ledger: Ledger, period: Period, signer: Signer) -> Closed:
    """Close the period: nothing posts into it any more. Raises PeriodClosed where it is closed already."""
    with ledger.acting(signer) as act:
        if str(period) in periods.closed(act.connection):
            raise PeriodClosed(f"period {period}", "it is closed already", "Nothing needs to be done.")
        found = unresolved(act.connection, period)
        certificate = _certificate(act.connection, period)
        content = {"period": str(period), **certificate, "unresolved": [attrs.asdict(item) for item in found]}
        return Closed(_record(act, catalogue.PERIOD_CLOSED, period, content), tuple(found))


def reopen(ledger: Ledger, period: Period, reason: str, signer: Signer) -> Fact:
    """Let a closed period take entries again. Whoever closed it does not reopen it alone (INV-40).

    Raises LedgerRefused where it is open, UsageRefused without a reason, TwoPeopleNeeded for the one who closed it.
    """
    if not reason.strip():
        raise UsageRefused("--reason", "it is empty", "Say in a sentence why the period must be opened again.")
    with ledger.acting(signer) as act:
        if str(period) not in periods.closed(act.connection):
            raise LedgerRefused(f"period {period}", "it is open", "Nothing needs to be done.", code="period-open")
        closed = _last(act.connection, period)
        alone = people.one_person_site(act.connection)
        if not alone and closed.actor.person == signer.actor.person:
            raise TwoPeopleNeeded(
                f"period {period}",
                f"{closed.actor.person} closed it and would reopen it alone",
                "Let a second person reopen it.",
            )
        content = {"period": str(period), "reason": reason.strip(), "closed_by": closed.actor.person, "alone": alone}
        return _record(act, catalogue.PERIOD_REOPENED, period, content)


def approve(ledger: Ledger, period: Period, signer: Signer) -> Fact | None:
    """Approve the chargebacks of a period that nobody approved yet; None where there are none.

    Raises TwoPeopleNeeded for whoever prepared one of them (INV-42), except on a site opened for one person.
    """
    with ledger.acting(signer) as act:
        open_runs = approvals.unapproved(act.connection, str(period))
        if not open_runs:
            return None
        alone = people.one_person_site(act.connection)
        prepared = {log.fact(act.connection, run.fact).actor.person for run in open_runs}
        if not alone and signer.actor.person in prepared:
            raise TwoPeopleNeeded(
                f"period {period}", f"{signer.actor.person} prepared its chargeback", "Let a second person approve it."
            )
        content = {"period": str(period), "entries": [run.fact for run in open_runs], "alone": alone}
        return act.record(Draft(catalogue.ACT_APPROVED, f"approval/{act.id}", content, act.id))


def _record(act: Act, kind: str, period: Period, content: dict[str, Any]) -> Fact:
    generation = sum(1 for _ in _of_period(act.connection, period)) + 1
    return act.record(Draft(kind, f"period/{period}/{generation}", {**content, "generation": generation}, act.id))


def _of_period(connection: Connection, period: Period) -> Iterator[Fact]:
    return (fact for fact in log.facts(connection, _PERIOD_FACTS) if fact.content["period"] == str(period))


def _last(connection: Connection, period: Period) -> Fact:
    *_, last = _of_period(connection, period)
    return last


def _certificate(connection: Connection, period: Period) -> dict[str, Any]:
    """The head of the log before the close, and debits and credits of every fund up to the end of the period."""
    head = log.head(connection)
    totals = balances(connection, ("fund",), until=head.size, as_of=period.last_day).totals
    return {
        "head": {"size": head.size, "root": head.root.hex()},
        "funds": [attrs.asdict(total) for total in totals],
    }


def _uncharged(connection: Connection, period: Period) -> Iterator[Discrepancy]:
    months = Months(connection, log.last_sequence(connection))
    waiting: dict[tuple[str, str], int] = {}
    suspense: dict[str, int] = {}
    for cost in months.all(period.last_day.isoformat()):
        if cost.role == Role.SUSPENSE:
            suspense[cost.currency] = suspense.get(cost.currency, 0) + cost.amount
        elif cost.open and cost.chargeable:
            key = (cost.department, cost.currency)
            waiting[key] = waiting.get(key, 0) + cost.amount
    for (department, currency), amount in sorted(waiting.items()):
        if amount:
            found = f"{fixed(amount, currency)} {currency} is coded and not charged"
            yield Discrepancy(
                "uncharged", f"department {department}", found, f"Run `tollbook chargeback {period}`.", amount
            )
    for currency, amount in sorted(suspense.items()):
        if amount:
            found = f"{fixed(amount, currency)} {currency} has no owner"
            yield Discrepancy("suspense", "suspense", found, "See `tollbook queue`.", amount)


def _unapproved(connection: Connection, period: Period) -> Iterator[Discrepancy]:
    if people.one_person_site(connection):
        return
    for run in approvals.unapproved(connection, str(period)):
        found = "no second person approved it"
        yield Discrepancy(
            "unapproved", f"journal {run.journal}", found, f"Run `tollbook approve {period}`.", run.amount
        )


def _waiting(connection: Connection) -> Iterator[Discrepancy]:
    for document in documents.in_state(connection, documents.WAITING):
        yield Discrepancy("waiting", document.name, "its bill is not complete", "See `tollbook status`.")


def _earlier(connection: Connection, period: Period) -> Iterator[Discrepancy]:
    p = BODIES["postings"].c
    month = func.substr(p.effective, 1, 7)
    used = connection.execute(select(month).where(p.effective < period.first_day.isoformat()).distinct()).scalars()
    for earlier in sorted(set(used) - periods.closed(connection)):
        yield Discrepancy(
            "earlier-open", f"period {earlier}", "it is still open", f"Close {earlier} first, or leave it."
        )
