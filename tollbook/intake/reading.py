"""Reading a document, or the set of documents that make one bill: from records of a stranger to judged bills.

Nothing is recorded before the importer has said that it finished: a failed envelope refuses every bill in it, and a
plugin that dies half-way has posted nothing. Then each bill stands or falls alone.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import attrs

from ledger_core.contracts.importer import BillEnded, BillRefused, BillStarted, Charged, EnvelopeChecked
from ledger_core.engine.ledger import Ledger
from ledger_core.engine.reception import Judged, Origin, Received, Reception, Verdict
from ledger_core.errors import DocumentRefused, InputRefused, TollbookError
from ledger_core.facts.bill import Bill, Totals
from ledger_core.facts.charge import ChargeColumns, Locator
from ledger_core.facts.discrepancy import Discrepancy
from ledger_core.policy.controls import check_envelope, gaps
from ledger_core.projections import reference
from ledger_core.signature import PersonalKey
from ledger_core.store.spool import Spool
from tollbook.intake import wire
from tollbook.intake.batches import Batches, Controls
from tollbook.intake.confinement.limits import Limits
from tollbook.intake.recognition import Reader
from tollbook.intake.worker import Job, PluginFailed, Worker, run_job
from tollbook.leftovers import own_name, sweep

#: Bills of one document. A cloud export holds some thousands; each costs memory and a spool.
_MOST_BILLS = 20_000
_STANDS = (Verdict.POSTED, Verdict.KNOWN)
_LARGE = 5_000  # charges in its first batch make a bill a large one
_EXTRACT = "tollbook.intake.extraction:extract"
Progress = Callable[[int], None]


@attrs.define
class _OpenBill:
    """One bill while its document is read."""

    head: Bill
    origin: Origin
    batches: Batches
    controls: Controls
    reception: Reception | None = None
    totals: Totals | None = None
    refused: Discrepancy | None = None


@attrs.frozen
class Surroundings:
    """What reading needs of the site: the ledger, who signs, the folder for spools, and the importers' process."""

    ledger: Ledger
    signer: PersonalKey
    spools: Path
    worker: Worker
    limits: Limits = attrs.field(factory=Limits)
    allow_unconfined: bool = False
    allow_test_documents: bool = False
    loaded: reference.Latest = attrs.field(factory=reference.Latest)


@attrs.define
class Reading:
    """One document, or one set, being read by its importer. `paths` are the archived files, in the importer's order.

    `examined` is given each bill as soon as it is posted, and gives it back with what the checks said.
    """

    around: Surroundings
    reader: Reader
    documents: tuple[Received, ...]
    paths: tuple[Path, ...]
    progress: Progress = lambda _: None
    examined: Callable[[Judged], Judged] = lambda judged: judged
    _bills: dict[int, _OpenBill] = attrs.field(factory=dict)
    _envelope: list[Discrepancy] = attrs.field(factory=list)

    def judged(self) -> list[Judged]:
        """Read everything, then judge and record bill by bill. Raises DocumentRefused or PluginFailed: then nothing
        was recorded."""
        self._sweep()
        try:
            with _uncollected():
                self._read()
            judged: list[Judged] = []
            for number in self._bills:
                decided = sum(one.verdict in _STANDS for one in judged)
                concluded = self._conclude(number, pending=len(self._bills) - 1 - decided)
                judged.append(concluded if concluded.fact is None else self.examined(concluded))
            return judged
        finally:
            self._sweep()

    def charges(self) -> Iterator[tuple[Bill, Origin, Batches, Totals | None]]:
        """Read everything and hand out the bills without judging them (what `verify --deep` compares)."""
        self._sweep()
        try:
            self._read(stream=False)
            for bill in self._bills.values():
                yield bill.head, bill.origin, bill.batches, bill.totals
        finally:
            self._sweep()

    # --- reading ------------------------------------------------------------------------------------------------

    def _read(self, *, stream: bool = True) -> None:
        names = [document.name for document in self.documents]
        job = Job(
            _EXTRACT,
            self.reader.plugin,
            tuple(str(path) for path in self.paths),
            {"names": names, "importer": self.reader.importer},
            self.around.limits,
            self.around.allow_unconfined,
        )
        with closing(run_job(self.around.worker, job, idle=self._give_way)) as records:  # a refusal ends the job too
            for written in records:
                try:
                    self._take(wire.read(written), stream=stream)
                except (wire.Garbled, _OutOfOrder) as wrong:
                    raise self._fault(str(wrong)) from wrong
        if not self._bills:
            raise DocumentRefused(", ".join(names), "there is no bill in it", "Ask for the bill.", code="no-lines")
        for number, bill in self._bills.items():
            if bill.totals is None and bill.refused is None:
                raise self._fault(f"bill {number} without its totals")

    def _give_way(self) -> None:
        """While the importer is silent, nobody waits for the write door because of it."""
        for bill in self._bills.values():
            if bill.reception is not None:
                bill.reception.give_way()

    def _take(self, record: Any, *, stream: bool) -> None:
        match record:
            case BillStarted(number, head):
                self._start(number, head, stream=stream)
            case Charged(number, ChargeColumns() as columns):
                self._require_documents(columns.document if isinstance(columns.document, list) else [columns.document])
                self._charge(self._open(number), columns)
            case wire.MoreControls(number, controls):
                self._require_documents(control.figure.locator.document for control in controls)
                self._open(number).controls.add(controls)
            case BillEnded(number, totals):
                self._require_documents(at.document for at in _locators(totals))
                bill = self._open(number)
                if bill.controls:
                    bill.controls.end(totals.controls)
                    totals = attrs.evolve(totals, controls=bill.controls)
                bill.totals = totals
            case BillRefused(number, discrepancy):
                self._refuse(number, discrepancy)
            case EnvelopeChecked(controls):
                name = ", ".join(document.name for document in self.documents)
                self._envelope += [attrs.evolve(gap, code="broken") for gap in gaps(check_envelope(controls), name)]

    def _start(self, number: int, head: Bill, *, stream: bool) -> None:
        if number != len(self._bills):
            raise _OutOfOrder(f"bill {number} started after bill {len(self._bills) - 1}")
        if number >= _MOST_BILLS:
            raise _OutOfOrder(f"more than {_MOST_BILLS} bills in one document")
        reader = self.reader
        origin = Origin(self.documents, reader.importer, reader.version, reader.states_total, number)
        batches, controls = Batches(self._file(number, "batches")), Controls(self._file(number, "controls"))
        bill = _OpenBill(head, origin, batches, controls)
        self._bills[number] = bill
        if stream and number == 0:  # the only bill of most documents is coded while it is read
            bill.reception = self._reception(number, bill)

    def _require_documents(self, numbers: Iterable[Any]) -> None:
        """Every place that is named lies in one of the documents that were read."""
        cells = list(numbers)
        if set(map(type, cells)) - {int} or (cells and not 0 <= min(cells) <= max(cells) < len(self.documents)):
            raise _OutOfOrder(f"a place in a document that is none of the {len(self.documents)} read")

    def _reception(self, number: int, bill: _OpenBill) -> Reception:
        spool = Spool(self._file(number, "spool"))
        spool.open()
        around = self.around
        return Reception(
            around.ledger, bill.origin, bill.head, spool, around.allow_test_documents, loaded=around.loaded
        )

    def _charge(self, bill: _OpenBill, columns: ChargeColumns) -> None:
        bill.batches.add(columns)
        if bill.reception is not None:
            if columns.count >= _LARGE:
                bill.reception.pass_through(self.around.signer)
            bill.reception.feed(columns)
        self.progress(columns.count)

    def _open(self, number: int) -> _OpenBill:
        bill = self._bills.get(number)
        if bill is None or bill.totals is not None or bill.refused is not None:
            raise _OutOfOrder(f"something for bill {number}, which is not open")
        return bill

    def _refuse(self, number: int, discrepancy: Discrepancy) -> None:
        if number == len(self._bills):  # refused before it could be started: a memo without a head
            head = Bill(vendor="", account="", currency="XXX")
            self._start(number, head, stream=False)
        self._open(number).refused = discrepancy

    # --- judging ------------------------------------------------------------------------------------------------

    def _conclude(self, number: int, *, pending: int) -> Judged:
        """Judge one bill. `pending` says how many others of the document stand in no books, so far or for good."""
        bill = self._bills[number]
        if problems := [*self._envelope, *([bill.refused] if bill.refused else [])]:
            return Judged(Verdict.REJECTED, bill.origin, bill.head, problems=tuple(problems))
        assert bill.totals is not None
        try:
            reception = bill.reception or self._fed(number, bill)
            reception.pending = pending
            return reception.conclude(bill.totals, bill.batches, self.around.signer)
        except InputRefused as refused:
            problem = Discrepancy(refused.code, refused.where, refused.found, refused.do)
            return Judged(Verdict.REJECTED, bill.origin, bill.head, problems=(problem,))
        finally:
            self._close(number)

    def _fed(self, number: int, bill: _OpenBill) -> Reception:
        reception = bill.reception = self._reception(number, bill)
        for columns in bill.batches():
            reception.feed(columns)
        return reception

    def _close(self, number: int) -> None:
        bill = self._bills[number]
        if bill.reception is not None:
            bill.reception.spool.close()
            bill.reception.spool.discard()
        bill.batches.discard()
        bill.controls.discard()

    def _file(self, number: int, kind: str) -> Path:
        return self.around.spools / own_name(self.documents[0].sha256[:32], f"{number}.{kind}")

    def _sweep(self) -> None:
        """Remove what reading this document, now or before a crash, left in the spool folder."""
        for number in self._bills:
            self._close(number)
        sweep(self.around.spools, f"{self.documents[0].sha256[:32]}.*")

    def _fault(self, found: str) -> TollbookError:
        where = f"plugin {self.reader.plugin.name}, {', '.join(document.name for document in self.documents)}"
        return PluginFailed(where, f"it sent {found}", "Report it to the plugin's author.", code="plugin-garbled")


def _locators(totals: Totals) -> Iterator[Locator]:
    """Where the figures of a bill were read."""
    for figure in (totals.total, totals.previous_balance, totals.amount_due):
        if figure is not None:
            yield figure.locator
    for control in totals.controls:
        yield control.figure.locator


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the cycle collector: a bill's rows make no cycles, and going through millions of them takes half as
    long again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _OutOfOrder(Exception):
    """Records that do not follow the contract's order."""
