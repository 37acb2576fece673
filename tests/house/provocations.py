"""One provocation for every class of error: real code, brought to where it cannot go on."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from email.message import EmailMessage
from functools import partial
from pathlib import Path

import attrs
import msgspec

from importers.pcard import PurchasingCard
from ledger_core import Document, tree
from ledger_core.canonical import check_text
from ledger_core.engine import chargeback, closing
from ledger_core.engine.columns import Gate
from ledger_core.engine.loading import Source, load
from ledger_core.engine.recoding import Recoding, Selection, Target, recode
from ledger_core.errors import (
    AlreadyRecorded,
    DocumentRefused,
    InputRefused,
    LedgerBusy,
    LedgerRefused,
    LedgerUnavailable,
    NotADate,
    NotANumber,
    NotEnrolled,
    NotPermitted,
    NotText,
    PeriodClosed,
    ServicesWouldEnd,
    SheetRefused,
    SiteNotFound,
    TollbookError,
    TwoPeopleNeeded,
    Unbalanced,
    Unknown,
    UsageRefused,
    VerificationFailed,
)
from ledger_core.facts import catalogue
from ledger_core.facts.charge import columns_of
from ledger_core.facts.chart import parse_template
from ledger_core.facts.entry import Entry, EntryKind, Posting, Role
from ledger_core.facts.reference import ReferenceRow
from ledger_core.money import parse_decimal
from ledger_core.policy.allocation import allocate
from ledger_core.policy.periods import parse_period
from ledger_core.signature import PersonalKey
from ledger_core.store.database import Database
from ledger_core.store.door import Draft, open_door
from tests.ledger_core.books import INTAKE, MARIA, Books, Hours, books, charge, owned
from tollbook.digest.sending import MailNotSent, send
from tollbook.intake.confinement.confine import require_kernel_means
from tollbook.intake.confinement.errors import ConfinementUnavailable
from tollbook.intake.worker import Job, PluginFailed, PluginSource, Worker, run_job
from tollbook.plain_file import BeingWritten, FileGone, FileUnreadable, NotAPlainFile, open_plainly
from tollbook.sheets.patch import preview
from tollbook.sheets.reading import SheetProblems, read_sheet
from tollbook.site import MailServer, find_site

_AUGUST = parse_period("2026-08")
_ACCOUNTS = ("cost", "payable", "suspense", "revenue", "due_from", "due_to")


def _books(folder: Path, **opening: bool) -> Books:
    return books(Database(folder / "ledger.db"), folder, **opening)


def _site_not_found(folder: Path) -> None:
    find_site(folder)


def _usage(_: Path) -> None:
    parse_period("August 2026")


def _input(_: Path) -> None:
    parse_template("fund:3 department")
    parse_template("fund department")


def _number(_: Path) -> None:
    parse_decimal("1,234.56")


def _date(_: Path) -> None:
    batch = columns_of([charge("1.00", service_from=date(2026, 8, 1))])
    Gate("august.csv", "USD").admitted(attrs.evolve(batch, service_from="2026-02-30"))


def _text(_: Path) -> None:
    check_text("a\x00b", "august.csv:4")


def _document(folder: Path) -> None:
    file = folder / "august.csv"
    file.write_bytes(b"")
    list(PurchasingCard().extract([Document(file.name, file, 0)]))


def _sheet(folder: Path) -> None:
    file = folder / "services.csv"
    file.write_text("vendor,account,service,department,object,from,to\r\n", "utf-8")
    read_sheet(file, "services")


def _services_would_end(folder: Path) -> None:
    kept = _books(folder)
    owned(kept)
    lines = [("Union Tel", "100-200", f"206555010{line}") for line in range(2)]
    rows = [ReferenceRow(0, n, "services", key, None, date(2026, 8, 31), {}) for n, key in enumerate(lines, 1)]
    with kept.ledger.acting(MARIA) as act:
        load(act, Source("services", "services.csv", ""), partial(preview, rows=rows))


def _mail(_: Path) -> None:
    send(EmailMessage(), MailServer("127.0.0.1", "tollbook@harbor.example", 1))  # nobody listens there


def _sheet_problems(folder: Path) -> None:
    file = folder / "services.csv"
    file.write_text("vendor,account,service,department,from\r\nA,1,2,01770,31.12.2026\r\n", "utf-8")
    read_sheet(file, "services")


def _file_gone(folder: Path) -> None:
    _open(folder / "august.csv")


def _not_a_plain_file(folder: Path) -> None:
    os.mkfifo(folder / "august.csv")
    _open(folder / "august.csv")


def _file_unreadable(folder: Path) -> None:
    _open(folder / ("august" * 60))


def _being_written(folder: Path) -> None:
    file = folder / "august.csv"
    file.write_bytes(b"half")
    with open_plainly(file, follow=False):
        file.write_bytes(b"half and half")


def _open(file: Path) -> None:
    with open_plainly(file, follow=False):
        raise AssertionError("there is no file to read")


def _ledger(_: Path) -> None:
    allocate(100, [0, 0], ["01770", "01880"])


def _unbalanced(_: Path) -> None:
    cost = Posting("5188000", Role.COST, "520", 2995, "USD")
    payable = Posting("2130000", Role.PAYABLE, "520", -2990, "USD")
    Entry(EntryKind.BILL, date(2026, 8, 28), (cost, payable))


def _closed(folder: Path) -> None:
    kept = _books(folder)
    closing.close(kept.ledger, _AUGUST, MARIA)
    closing.close(kept.ledger, _AUGUST, MARIA)


def _recorded(folder: Path) -> None:
    _books(folder)
    _books(folder)


def _enrolled(folder: Path) -> None:
    with _books(folder).ledger.acting(PersonalKey("kim", b"k" * 32)):
        raise AssertionError("nobody enrolled her")


def _permitted(folder: Path) -> None:
    with _books(folder).ledger.acting(INTAKE) as act:
        act.record(Draft(catalogue.PERIOD_CLOSED, "period/2026-08/1", {"period": "2026-08"}, act.id))


def _two_people(folder: Path) -> None:
    kept = _books(folder, one_person=False)
    owned(kept)
    kept.load("account_roles", [{"role": role, "account": role} for role in _ACCOUNTS])
    kept.receive([charge("29.95")])
    chargeback.charge_back(kept.ledger, _AUGUST, MARIA)
    closing.approve(kept.ledger, _AUGUST, MARIA)


def _unknown(folder: Path) -> None:
    with _books(folder).ledger.acting(MARIA) as act:
        recode(act, Recoding((Selection("B-0011223344556677-0"),), (Target("01770"),)), "a reason", folder)


def _busy(folder: Path) -> None:
    database = _books(folder).ledger.database
    with ExitStack() as doors:
        for _ in range(2):
            doors.enter_context(open_door(database, "harbor", MARIA, Hours(), wait=0.0))


def _unavailable(folder: Path) -> None:
    with Database(folder / "ledger.db").reading():
        raise AssertionError("there is no such file")


def _verification(_: Path) -> None:
    tree.root_from_path(b"leaf", 3, 3, [])


def _confinement(_: Path) -> None:
    require_kernel_means([])


def _no_importer(folder: Path) -> None:
    file, document = folder / "my_export.py", folder / "august.csv"
    file.write_text("raise KeyError('total')\n", "utf-8")
    document.write_bytes(b"bill")
    source = PluginSource.from_file(file)
    arguments = {"plugins": [msgspec.to_builtins(source)], "names": [document.name]}
    with Worker() as worker:
        list(run_job(worker, Job("tollbook.intake.extraction:identify", source, (str(document),), arguments)))


PROVOCATIONS: dict[type[TollbookError], Callable[[Path], None]] = {
    UsageRefused: _usage,
    SiteNotFound: _site_not_found,
    InputRefused: _input,
    NotANumber: _number,
    NotADate: _date,
    NotText: _text,
    DocumentRefused: _document,
    FileGone: _file_gone,
    NotAPlainFile: _not_a_plain_file,
    FileUnreadable: _file_unreadable,
    BeingWritten: _being_written,
    SheetRefused: _sheet,
    ServicesWouldEnd: _services_would_end,
    MailNotSent: _mail,
    SheetProblems: _sheet_problems,
    PluginFailed: _no_importer,
    ConfinementUnavailable: _confinement,
    LedgerRefused: _ledger,
    Unbalanced: _unbalanced,
    PeriodClosed: _closed,
    AlreadyRecorded: _recorded,
    NotEnrolled: _enrolled,
    NotPermitted: _permitted,
    TwoPeopleNeeded: _two_people,
    Unknown: _unknown,
    LedgerBusy: _busy,
    LedgerUnavailable: _unavailable,
    VerificationFailed: _verification,
}
