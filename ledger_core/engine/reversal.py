"""Reversal: a posted bill taken back whole, line by line, in an open period, so that it can be posted again (INV-06).

What people recoded since is undone first, by an entry of its own: then the reversal is the exact negation of the bill's
entry, and every posting is still the sum of the charge parts that it carries (INV-27).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import attrs
from sqlalchemy import Connection, select

from ledger_core.engine.ledger import Act
from ledger_core.engine.moving import Move, Moving
from ledger_core.engine.preparation import posting_rows
from ledger_core.engine.sharing import Shares
from ledger_core.errors import AlreadyRecorded, LedgerRefused, Unknown, UsageRefused
from ledger_core.facts import catalogue
from ledger_core.facts.body import CHARGES, POSTINGS, SHARES
from ledger_core.facts.entry import HOLD_ROLES, Book, Entry, EntryKind, Posting, Role
from ledger_core.facts.fact import Fact
from ledger_core.money import fixed
from ledger_core.policy.periods import effective_date, parse_period
from ledger_core.projections import bills, periods
from ledger_core.projections.bills import PostedBill
from ledger_core.projections.disputes import disputes
from ledger_core.projections.holds import held
from ledger_core.projections.parts import PartReader
from ledger_core.store import log
from ledger_core.store.door import Draft
from ledger_core.store.rows import FewRows, selected_batches, stored
from ledger_core.store.tables import BODIES

_REASON = "reversal"
_SHARES = BODIES["shares"].c


@attrs.frozen
class Reversed:
    """A bill that was taken back: `fact` posted the reversal, `undone` what undid recodings before it, if any did."""

    bill: PostedBill
    fact: Fact
    undone: Fact | None


def reverse(act: Act, bill: str, reason: str, spools: Path) -> Reversed:
    """Record the reversal of a posted bill, dated like the bill, or at the first open day after it (INV-39).

    Raises Unknown for a bill that is not there, AlreadyRecorded where it is reversed already, LedgerRefused where
    anything of it is held or claimed, UsageRefused without a reason. `spools` is a folder for files that live as long
    as the call.
    """
    if not reason.strip():
        raise UsageRefused("--reason", "it is empty", "Say why: the books keep it.")
    posted = bills.named(act.connection, bill)
    if posted is None:
        raise Unknown(f"bill {bill[:80]}", "the ledger holds none of that name", "Take it from `tollbook charges`.")
    if posted.reversed_by is not None:
        found = f"it is reversed already, by E{posted.reversed_by}"
        raise AlreadyRecorded(f"bill {bill}", found, "Import its documents again, or `tollbook reread` them.")
    _refuse_held(act, posted)
    _refuse_claimed(act, posted)
    closed = {parse_period(period) for period in periods.closed(act.connection)}
    day = effective_date(date.fromisoformat(posted.effective), closed)
    undone = _undo(act, posted, day, reason, spools)
    return Reversed(posted, _negate(act, posted, day, reason, spools), undone)


@attrs.frozen
class Recoded:
    """A line of a bill that people coded otherwise than it arrived: the entry that did it last, and its reason."""

    line: int
    entry: Fact

    @property
    def words(self) -> str:
        """The line, who, where and why."""
        fact = self.entry
        return f"line {self.line}: {fact.actor.person} in E{fact.sequence} ({fact.content['narrative']})"


def recoded_lines(connection: Connection, bill: PostedBill) -> list[Recoded]:
    """What a reversal of the bill would drop, by line. What was moved and moved back is nothing."""
    moved = {line for line, move in _recoded(connection, bill) if any(amount for _, amount, _ in move.parts())}
    query = select(_SHARES.charge_line, _SHARES.fact).where(_SHARES.charge_fact == bill.fact).distinct()
    last: dict[int, Fact] = {}
    for line, fact in connection.execute(query.order_by(_SHARES.charge_line, _SHARES.fact)):
        if line in moved and (entry := log.fact(connection, fact)).content["entry"] == EntryKind.RECLASS:
            last[line] = entry
    return [Recoded(line, entry) for line, entry in last.items()]


def _refuse_claimed(act: Act, bill: PostedBill) -> None:
    """What is paid and claimed back has no hold, and would be pending for ever: its credit could follow nothing."""
    pending = [one for one in disputes(act.connection, act.door.last) if one.bill == bill.bill and one.pending]
    if pending:
        found = f"{fixed(pending[0].pending, bill.currency)} {bill.currency} of it is claimed in {pending[0].dispute}"
        raise LedgerRefused(f"bill {bill.bill}", found, "Settle or withdraw the dispute first.", code="dispute-state")


def _refuse_held(act: Act, bill: PostedBill) -> None:
    amounts = [amount for (fact, _), amount in held(act.connection, act.door.last).lines.items() if fact == bill.fact]
    if amounts:
        lines = "1 line" if len(amounts) == 1 else f"{len(amounts)} lines"
        found = f"{fixed(sum(amounts), bill.currency)} {bill.currency} of it is held, on {lines}"
        raise LedgerRefused(f"bill {bill.bill}", found, "Release it, or settle its disputes, first.", code="held")


def _negate(act: Act, bill: PostedBill, day: date, reason: str, spools: Path) -> Fact:
    entry = _entry(act.connection, bill).reversed(day, reason, bill.fact) if _has_entry(act, bill) else None
    content = {
        "entry": EntryKind.REVERSAL.value,
        "narrative": reason,
        "reverses": bill.fact,
        "bill": bill.bill,
        "total": -bill.total,
    }
    with Shares.spooled(spools, _REASON, act.id) as shares:
        for line, posting, amount, exact in _own_parts(act.connection, bill.fact):
            shares.add((bill.fact, line), posting, -amount, _negated(exact))
        postings = (FewRows(POSTINGS, tuple(posting_rows(entry))),) if entry else ()
        rows = (*postings, *shares.sealed())
        key = f"entry/reversal/{bill.fact}"
        return act.record(Draft(catalogue.ENTRY_POSTED, key, content, act.id, day, act.door.last, rows))


def _has_entry(act: Act, bill: PostedBill) -> bool:
    return any(True for _ in stored(act.connection, POSTINGS, bill.fact))


def _entry(connection: Connection, bill: PostedBill) -> Entry:
    """The bill's entry, read back."""
    postings = []
    for row in stored(connection, POSTINGS, bill.fact):
        cells = dict(zip(POSTINGS.columns, row, strict=True))
        del cells["line"], cells["effective"]
        postings.append(Posting(**cells | {"role": Role(cells["role"]), "book": Book(cells["book"])}))
    return Entry(EntryKind.BILL, date.fromisoformat(bill.effective), tuple(postings))


def _own_parts(connection: Connection, fact: int) -> Iterator[tuple[int, int, int, str | None]]:
    """What the bill itself attributed: (line of the charge, posting, minor units, exact text), a part a row."""
    whole = f'SELECT line, posting, amount, "exact" FROM {CHARGES.name} WHERE fact = {int(fact)}'  # noqa: S608 - an integer
    split = f'SELECT charge_line, posting, amount, "exact" FROM {SHARES.name} WHERE fact = {int(fact)}'  # noqa: S608 - an integer
    statements = (f"{whole} AND posting IS NOT NULL ORDER BY line", f"{split} AND charge_fact = 0 ORDER BY line")
    for batch in chain.from_iterable(selected_batches(connection, statement) for statement in statements):
        yield from batch


def _undo(act: Act, bill: PostedBill, day: date, reason: str, spools: Path) -> Fact | None:
    """Move what was recoded back to where the bill had put it. None where nothing was."""
    with Shares.spooled(spools, _REASON, act.id) as shares:
        moving = Moving(day, shares)
        count = 0
        for line, move in _recoded(act.connection, bill):
            parts = move.parts()
            count += bool(parts)
            for bucket, amount, exact in parts:
                moving.put((bill.fact, line), bucket, amount, exact)
        if not count:
            return None
        entry = moving.entry(reason)
        content: dict[str, Any] = {
            "entry": entry.kind.value,
            "narrative": reason,
            "state": _REASON,
            "targets": [],
            "charges": count,
            "amount": 0,
            "items": [],
        }
        key = f"entry/reclass/{act.id}/{len(act.door.facts) + 1}"
        rows = moving.rows(entry)
        return act.record(Draft(catalogue.ENTRY_POSTED, key, content, act.id, day, act.door.last, rows))


def _recoded(connection: Connection, bill: PostedBill) -> Iterator[tuple[int, Move]]:
    """By line, the negation of everything that later entries moved of it."""
    reader = PartReader(connection, bill.fact, bill.currency)
    query = (
        select(*(_SHARES[name] for name in ("charge_line", "fact", "posting", "amount", "exact")))
        .where(_SHARES.charge_fact == bill.fact)
        .order_by(_SHARES.charge_line, _SHARES.fact, _SHARES.line)
    )
    found: Iterator[Any] = iter(connection.execute(query, execution_options={"stream_results": True}))
    for line, rows in groupby(found, key=itemgetter(0)):
        move = Move(bill.currency)
        for _, fact, posting, amount, exact in rows:
            bucket = reader.bucket(fact, posting)
            if bucket.role not in HOLD_ROLES:  # nothing is held any more: the memo pair is out already
                move.add(bucket, amount, exact, -1)
        yield int(line), move


def _negated(exact: str | None) -> str | None:
    if exact is None or exact == "0":
        return exact
    return exact[1:] if exact.startswith("-") else f"-{exact}"
