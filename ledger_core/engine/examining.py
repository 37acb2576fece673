"""Examining a posted bill: every check looks at its lines, in batches, and what is told of it becomes a fact.

The bill stands in the books already; nothing here moves money or holds up a posting. What was judged on is named in the
fact (`based_on`), so that the same examination can be made again (INV-32).
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import attrs
from sqlalchemy import Connection, exc

from ledger_core import canonical
from ledger_core.contracts.check import Check, CheckedBill, Examination, Grounds, Line, Objection
from ledger_core.engine.ledger import Act, Ledger
from ledger_core.engine.telling import FAILED, Told, Waivers, told
from ledger_core.errors import LedgerRefused
from ledger_core.facts import catalogue
from ledger_core.facts.body import EXCEPTIONS
from ledger_core.facts.fact import Fact
from ledger_core.facts.reference import Reference
from ledger_core.projections import checks as checked
from ledger_core.projections import reference
from ledger_core.projections.past import BooksPast, checked_bill, line_batches
from ledger_core.store import log
from ledger_core.store.door import Draft, Signer
from ledger_core.store.rows import FewRows

#: Objections to one bill that are kept; beyond it they are counted. Somebody who has so many changes a contract row.
MOST = 50_000
#: The largest stake that both stores hold, in minor units.
_MOST_STAKE = 2**63 - 1
#: Bills whose checks are recorded in one act.
_TOGETHER = 50
#: What is not a check's own fault: the ledger or its store gave way beneath it.
_NOT_THE_CHECK = (LedgerRefused, exc.SQLAlchemyError, sqlite3.Error)


@attrs.frozen
class Examined:
    """What came of examining one bill. `fact` is the new `bill-checked`, None where nothing has changed since the last
    one. `stake` is that of open objections, in minor units."""

    bill: str
    open: int
    waived: int
    stake: int
    left_off: int
    fact: Fact | None


@attrs.frozen
class Judgement:
    """One bill's objections, not recorded yet."""

    bill: CheckedBill
    versions: tuple[tuple[str, str], ...]
    told: tuple[Told, ...]
    left_off: int
    until: int


@attrs.define
class Examiner:
    """Examines bills of one ledger as `signer`, with these checks. Reference data is read once a load."""

    ledger: Ledger
    signer: Signer
    checks: Sequence[Check]
    loaded: reference.Latest = attrs.field(factory=reference.Latest)

    def examine(self, bills: Iterable[int]) -> list[Examined]:
        """Examine the bills that these facts posted, each on what is known now, and record what was found of each.

        Raises Unknown for a sequence that is no bill's, NotEnrolled, LedgerBusy, LedgerUnavailable.
        """
        waiting = list(bills)
        done: list[Examined] = []
        for at in range(0, len(waiting), _TOGETHER):
            with self.ledger.reading() as connection:
                known = self.loaded.known(connection)
                judged = [judge(connection, known, self.checks, one) for one in waiting[at : at + _TOGETHER]]
            with self.ledger.acting(self.signer) as act:
                done += [_record(act, judgement) for judgement in judged]
        return done

    def catch_up(self) -> list[Examined]:
        """Examine the bills that never were: those that a crash left, or that came before there were checks."""
        with self.ledger.reading() as connection:
            left = [bill.fact for bill in checked.unchecked(connection)]
        return self.examine(left)


def judge(
    connection: Connection, known: Reference, checks: Sequence[Check], sequence: int, until: int | None = None
) -> Judgement:
    """What the checks say of the bill that fact `sequence` posted, on reference data as `known` and on the books as
    they stood at sequence `until` (None: now)."""
    until = log.last_sequence(connection) if until is None else until
    bill = checked_bill(log.fact(connection, sequence))
    grounds = Grounds(known, BooksPast(connection, bill, until))
    found = _Found(bill, Waivers.in_force(known, bill))
    opened = [opened for check in checks if (opened := _opened(check, bill, grounds, found)) is not None]
    taken_back: Counter[tuple[str, int]] = Counter()
    if opened:
        for lines in line_batches(connection, sequence):
            taken_back.update((line.service, -line.amount) for line in lines if line.amount < 0)
            opened = [one for one in opened if found.take(one, lines)]
        for one in opened:
            found.take(one, None)
    versions = tuple((check.name, check.version) for check in checks)
    return Judgement(bill, versions, tuple(told(bill, found.raised, taken_back)), found.left_off, until)


@attrs.frozen
class _Opened:
    """A check at work."""

    check: Check
    work: Examination


def _opened(check: Check, bill: CheckedBill, grounds: Grounds, found: _Found) -> _Opened | None:
    try:
        work = check.open(bill, grounds)
    except _NOT_THE_CHECK:
        raise
    except Exception as failure:  # noqa: BLE001 - a check's own fault: told of, and the others go on
        found.failed(check, failure)
        return None
    return None if work is None else _Opened(check, work)


@attrs.define
class _Found:
    """What the checks raised so far."""

    bill: CheckedBill
    waivers: Waivers
    raised: list[Told] = attrs.field(factory=list)
    left_off: int = 0

    def take(self, opened: _Opened, lines: Sequence[Line] | None) -> bool:
        """Show a check at work some lines, or that there are no more. False where it failed: it is asked no more."""
        try:
            for objection in opened.work.end() if lines is None else opened.work.look(lines):
                _require_sound(objection, self.bill)
                self._keep(opened.check, objection)
        except _NOT_THE_CHECK:
            raise
        except Exception as failure:  # noqa: BLE001 - as above
            self.failed(opened.check, failure)
            return False
        return True

    def failed(self, check: Check, failure: Exception) -> None:
        """A check that raised an error of its own. Its message is left out: it may quote a person's name."""
        found = f"the check {check.name} {check.version} raised {type(failure).__name__}"
        do = "Report it to its author; what it would have found is not known."
        self.raised.append(Told(check.name, Objection(FAILED, None, 0, 99, check.name, found, do)))

    def _keep(self, check: Check, objection: Objection) -> None:
        if len(self.raised) >= MOST:
            self.left_off += 1
            return
        self.raised.append(Told(check.name, objection, self.waivers.covering(objection)))


def _require_sound(objection: Objection, bill: CheckedBill) -> None:
    """Raises ValueError, TypeError or NotText for what no row of the bill can say: the check's own fault, found before
    it could stop the recording of others."""
    if objection.line is not None and not 1 <= objection.line.line <= bill.charges:
        raise ValueError(f"line {objection.line.line} of a bill of {bill.charges}")
    if type(objection.stake) is not int or abs(objection.stake) > _MOST_STAKE:
        raise ValueError("a stake that is no amount in minor units")
    told = (objection.code, objection.cause, objection.found, objection.do)
    for text in (*told, *(part for pair in objection.evidence for part in pair)):
        if not isinstance(text, str):
            raise TypeError("a text that is none")
        canonical.check_text(text)


# --- recording ------------------------------------------------------------------------------------------------------


def exception_rows(judgement: Judgement) -> tuple[tuple[Any, ...], ...]:
    """The rows of the body `exceptions`, in its order."""
    return tuple(_row(number, one) for number, one in enumerate(judgement.told, 1))


def _row(number: int, one: Told) -> tuple[Any, ...]:
    objection = one.objection
    line: Line | None = objection.line
    return (
        number,
        one.check,
        objection.code,
        line.line if line else 0,
        line.service if line else "",
        objection.stake,
        objection.confidence,
        objection.cause,
        one.waiver or None,
        objection.found,
        objection.do,
        canonical.row_bytes([list(pair) for pair in objection.evidence]).decode(),
    )


def _record(act: Act, judgement: Judgement) -> Examined:
    """Record what was found, unless the last fact of this bill says the same."""
    rows = exception_rows(judgement)
    body = (FewRows(EXCEPTIONS, rows),) if rows else ()
    open_ones = [one.objection for one in judgement.told if not one.waiver]
    content: dict[str, Any] = {
        "bill": judgement.bill.bill,
        "posted": judgement.bill.fact,
        "checks": [list(pair) for pair in judgement.versions],
        "open": len(open_ones),
        "waived": len(judgement.told) - len(open_ones),
        "stake": sum(objection.stake for objection in open_ones),
        "left_off": judgement.left_off,
    }
    last = checked.latest(act.connection, judgement.bill.bill)
    fact = None
    if last is None or last.content != content or last.bodies != tuple(rows.commitment for rows in body):
        number = 1 + (checked.number_of(last) if last else 0)
        key = f"check/{judgement.bill.bill}/{number}"
        fact = act.record(Draft(catalogue.BILL_CHECKED, key, content, act.id, based_on=judgement.until, rows=body))
    return Examined(judgement.bill.bill, content["open"], content["waived"], content["stake"], judgement.left_off, fact)
