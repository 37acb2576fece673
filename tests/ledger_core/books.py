"""Small books for tests: a ledger opened at a fixed hour, bills received through the engine without an importer.

The archive holds a made-up document for each bill, so that the books verify.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

import attrs

from ledger_core.engine.certifying import certify, certify_ready
from ledger_core.engine.crediting import home
from ledger_core.engine.destruction import Destruction, destroy
from ledger_core.engine.examining import Examiner
from ledger_core.engine.ledger import Ledger, Opening, create
from ledger_core.engine.paying import File, Payment, Read, load_payments
from ledger_core.engine.preparation import posting_rows
from ledger_core.engine.reception import Judged, Origin, Received, Reception
from ledger_core.facts import catalogue
from ledger_core.facts.bill import Bill, Control, Figure, Totals, Usage
from ledger_core.facts.body import POSTINGS, REFERENCE
from ledger_core.facts.charge import Charge, ChargeKind, Locator, columns_of
from ledger_core.facts.entry import Book, Entry, EntryKind, Posting, Role
from ledger_core.facts.fact import Fact
from ledger_core.facts.reference import ReferenceRow, key_text, value_text
from ledger_core.facts.sheet import SHEETS
from ledger_core.money import exact_sum
from ledger_core.policy import controls as tying
from ledger_core.signature import PersonalKey
from ledger_core.store.database import Database
from ledger_core.store.door import Draft
from ledger_core.store.rows import FewRows, stored
from ledger_core.store.spool import Spool

MARIA = PersonalKey("maria", b"m" * 32)
INTAKE = PersonalKey("service-intake", b"i" * 32)
NOTARY = PersonalKey("notary", b"n" * 32)
VENDOR, ACCOUNT = "Union Tel", "100-200"
_BILL = Bill(
    VENDOR,
    ACCOUNT,
    "USD",
    bill_date=date(2026, 8, 28),
    period_from=date(2026, 8, 1),
    period_to=date(2026, 8, 31),
)


@attrs.define
class Hours:
    """A clock that moves one second each time it is asked."""

    now: datetime = datetime(2026, 9, 1, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@attrs.frozen
class Books:
    """A ledger with its archive, and short ways to do to it what people do."""

    ledger: Ledger
    folder: Path

    @property
    def archive(self) -> Path:
        """The archive's folder."""
        return self.folder / "archive"

    def load(self, sheet: str, rows: Iterable[Mapping[str, str]]) -> Fact:
        """Load rows of a reference sheet: cells by column, `from` and `to` as ISO dates."""
        read = [_reference_row(sheet, line, cells) for line, cells in enumerate(rows, 1)]
        body = tuple(
            (row.line, key_text(row), _iso(row.valid_from), _iso(row.valid_to), value_text(row)) for row in read
        )
        with self.ledger.acting(MARIA) as act:
            return act.record(
                Draft(
                    catalogue.REFERENCE_LOADED,
                    f"reference/{sheet}/{act.id}",
                    {"sheet": sheet},
                    act.id,
                    rows=(FewRows(REFERENCE, body),),
                )
            )

    def receive(
        self,
        charges: Sequence[Charge],
        number: str = "1",
        *,
        usage: Sequence[Usage] = (),
        controls: Sequence[Control] = (),
        stated: str | None = None,
        due: str | None = None,
        **head: Any,
    ) -> Judged:
        """Receive a bill of these charges, with a total that ties where none is `stated`, and a total `due` where the
        vendor prints one. A document of its own is archived first."""
        bill = attrs.evolve(_BILL, number=number, **head)
        document = self.document(f"{bill} {charges}".encode(), f"bill {number}.csv")
        own = exact_sum(charge.exact for charge in charges) if stated is None else Decimal(stated)
        total = Figure("Total current charges", "bill", own, Locator("9", 0, 1))
        claimed = None if due is None else Figure("Total due", "bill", Decimal(due), Locator("10", 0, 1))
        with Spool(self.folder / "spool.db") as spool:
            origin = Origin((document,), "made_up", "1", states_total=True, ordinal=1)
            reception = Reception(self.ledger, origin, bill, spool)
            columns = columns_of(charges)
            reception.feed(columns)
            totals = Totals(len(charges), total, tuple(controls), amount_due=claimed, usage=tuple(usage))
            return reception.conclude(totals, lambda: [columns], INTAKE)

    def document(self, content: bytes, name: str) -> Received:
        """Archive a document and record that it was received, unless it was."""
        sha256 = hashlib.sha256(content).hexdigest()
        file = self.archive / sha256[:2] / sha256
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            self.record(
                catalogue.DOCUMENT_RECEIVED,
                f"document/{sha256}",
                {"sha256": sha256, "name": name, "size": len(content), "plugin": "tests", "importer": "made_up",
                 "importer_version": "1", "part": "", "group": "", "needed": ""},
            )  # fmt: skip
        return Received(sha256, name)

    def record(self, kind: str, key: str, content: Mapping[str, Any]) -> Fact:
        """Record a fact without rows."""
        with self.ledger.acting(MARIA) as act:
            return act.record(Draft(kind, key, content, act.id))

    def certify(self, *bills: str, by: PersonalKey = MARIA) -> list[Fact]:
        """Certify what may be claimed of these bills; of none named, of all. No check has anything against them."""
        Examiner(self.ledger, INTAKE, ()).catch_up()
        with self.ledger.acting(by) as act:
            if bills:
                return [certify(act, bill) for bill in bills]
            return [fact for _, fact in certify_ready(act, None) if fact is not None]

    def pay(self, *payments: Payment, name: str = "payments.csv") -> tuple[Read, ...]:
        """Load payments, as from a file of that name."""
        content = repr(payments).encode()
        sha256 = hashlib.sha256(content).hexdigest()
        file = self.archive / sha256[:2] / sha256
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        with self.ledger.acting(MARIA) as act:
            return load_payments(act, payments, File(sha256, name, len(content))).rows

    def close(self, period: str) -> Fact:
        """Close a period ("2026-08")."""
        return self.record(catalogue.PERIOD_CLOSED, f"period/{period}/{self.size() + 1}", {"period": period})

    def reverse(self, sequence: int, effective: date = date(2026, 9, 30)) -> Fact:
        """Negate the entry of a fact, line by line."""
        with self.ledger.acting(MARIA) as act:
            postings = [_posting(row) for row in stored(act.connection, POSTINGS, sequence)]
            entry = Entry(EntryKind.BILL, effective, tuple(postings)).reversed(effective, "a test", sequence)
            return act.record(
                Draft(
                    catalogue.ENTRY_POSTED,
                    f"entry/reversal/{sequence}",
                    {"entry": "reversal", "narrative": entry.narrative, "reverses": sequence},
                    act.id,
                    effective=effective,
                    rows=(FewRows(POSTINGS, tuple(posting_rows(entry))),),
                )
            )

    def size(self) -> int:
        """How many facts the log holds."""
        with self.ledger.reading() as connection:
            return int(connection.exec_driver_sql("SELECT count(*) FROM log").scalar_one())


def books(database: Database, folder: Path, **opening: Any) -> Books:
    """New books: opened by Maria, who is alone, with a service that takes bills in. `folder` keeps the archive."""
    first = Opening("harbor", "City of Harbor", "USD", "America/Los_Angeles", MARIA, NOTARY.public, (INTAKE,))
    first = attrs.evolve(first, **opening)
    return Books(create(database, Hours(), first), folder)


def charge(exact: str, service: str = "2065550100", *, line: int = 1, **fields: Any) -> Charge:
    """A monthly charge for a line."""
    monthly = Charge(
        Locator(str(line), 10 * line, 10 * line + 10),
        ChargeKind.RECURRING,
        Decimal(exact),
        service=service,
        service_kind="line",
        product="POTS",
        text=f"Line {line}",
    )
    return attrs.evolve(monthly, **fields)


def owned(books: Books) -> None:
    """Two departments that own two lines, and a rule that splits a third of everything else."""
    books.load(
        "departments",
        [{"department": name, "name": name, "fund": "001", "treatment": "recover"} for name in ("Police", "Parks")],
    )
    books.load(
        "services",
        [
            {"vendor": VENDOR, "account": ACCOUNT, "service": service, "department": department, "object": "5420"}
            for service, department in (("2065550100", "Police"), ("2065550101", "Parks"))
        ],
    )
    books.load(
        "rules",
        [
            {"rule": "shared", "priority": "1", "kind": "usage", "department": department, "percent": percent,
             "object": "5420"}
            for department, percent in (("Police", "33.3333"), ("Parks", "66.6667"))
        ],
    )  # fmt: skip


def filled_in(kept: Books) -> None:
    """Every kind of row: two bills (one with a split, one in fractions of a cent), a credit that may
    follow a charge, a reversal, a closed month, and the particulars of one line destroyed. Twelve facts."""
    owned(kept)
    with patch.object(tying, "MANY", 0):
        first = kept.receive(
            [
                charge("29.95"),
                charge("10.01", "2065550101", line=2),
                charge("7.77", "shared", line=3, kind=ChargeKind.USAGE),
                charge("1.00", "nobody's", line=4),
            ],
            usage=[Usage("2065550100", "minutes", Decimal(21), 2), Usage("2065550101", "minutes", Decimal(0))],
        )
    assert first.fact is not None
    second = kept.receive(
        [
            charge("0.00412", "shared", kind=ChargeKind.USAGE),
            charge("10.01234", "2065550101", line=2),
            charge("-4.00", "2065550101", line=3, kind=ChargeKind.CREDIT),
        ],
        "2",
    )
    assert second.fact is not None
    home(kept.ledger, second.bill, INTAKE, kept.folder / "spools")
    kept.close("2026-08")
    kept.reverse(first.fact.sequence)
    with kept.ledger.acting(MARIA) as act:
        destroy(act, Destruction(second.fact.sequence, "GS2010-001", lines=[1]))


def _reference_row(sheet: str, line: int, cells: Mapping[str, str]) -> ReferenceRow:
    shape = SHEETS[sheet]
    first, last = (date.fromisoformat(cells[name]) if cells.get(name) else None for name in ("from", "to"))
    value = {name: text for name, text in cells.items() if name not in {*shape.key, "from", "to"} and text}
    return ReferenceRow(0, line, sheet, tuple(cells.get(name, "") for name in shape.key), first, last, value)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _posting(row: Sequence[Any]) -> Posting:
    cells = dict(zip(POSTINGS.columns, row, strict=True))
    del cells["line"], cells["effective"]
    return Posting(**cells | {"role": Role(cells["role"]), "book": Book(cells["book"])})
