"""Taking files in: keep, recognise, wait for other parts, read, record. Bad input posts nothing, loses nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import attrs

from ledger_core.canonical import row_bytes
from ledger_core.engine.crediting import home_waiting
from ledger_core.engine.examining import Examiner
from ledger_core.engine.reception import Judged, Received, Verdict
from ledger_core.errors import InputRefused, TollbookError, Unknown
from ledger_core.facts import catalogue
from ledger_core.facts.discrepancy import Discrepancy
from ledger_core.projections import documents
from ledger_core.projections.documents import KnownDocument
from ledger_core.store.door import Draft
from tollbook import extensions
from tollbook.archive import Archive, Kept, digest
from tollbook.intake.again import stands, untied
from tollbook.intake.confinement.errors import ConfinementUnavailable
from tollbook.intake.confinement.limits import MEBIBYTE, Limits
from tollbook.intake.folder import in_inbox
from tollbook.intake.outcome import FileOutcome, gravest
from tollbook.intake.reading import Progress, Reading, Surroundings
from tollbook.intake.recognition import Reader, Recognised, Recogniser
from tollbook.intake.worker import PRELOADED, PluginFailed, Worker
from tollbook.intake.writers import being_written
from tollbook.leftovers import sweep
from tollbook.naming import shown
from tollbook.plain_file import BeingWritten, FileGone, FileUnreadable, NotAPlainFile, open_plainly
from tollbook.plain_file import being_written as still_written
from tollbook.site import Settings, Site

_DONE = (documents.POSTED, documents.KNOWN)


@attrs.frozen
class _Arrival:
    """A file that is kept and recognised, and not decided yet."""

    path: Path
    kept: Kept
    reader: Reader


@attrs.define
class Intake:
    """Takes files into a site. A context manager: it holds the importers' worker process."""

    site: Site
    progress: Callable[[Path], Progress] = lambda _: lambda _: None
    _worker: Worker = attrs.field(init=False)
    _around: Surroundings = attrs.field(init=False)
    _archive: Archive = attrs.field(init=False)
    _recogniser: Recogniser = attrs.field(init=False)
    _examiner: Examiner = attrs.field(init=False)
    _caught_up: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        settings = self.site.settings
        limits = limits_of(settings)
        self._worker = Worker(preload=(*PRELOADED, "tollbook.intake.extraction"))
        self._archive = Archive(self.site.path("archive"))
        self.site.path("spool").mkdir(exist_ok=True)
        sweep(self.site.path("spool"))
        for name in ("archive", "rejected"):
            sweep(self.site.path(name), ".*.part")
        self._around = Surroundings(
            ledger=self.site.ledger(),
            signer=self.site.intake(),
            spools=self.site.path("spool"),
            worker=self._worker,
            limits=limits,
            allow_unconfined=settings.allow_unconfined,
            allow_test_documents=settings.allow_test_documents,
        )
        around = self._around
        self._examiner = Examiner(around.ledger, around.signer, extensions.checks(), around.loaded)
        own = extensions.in_folder(self.site.path("extensions"))
        self._recogniser = Recogniser(self._worker, extensions.installed(), own, settings.allow_unconfined, limits)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, at: TracebackType | None
    ) -> None:
        self._worker.close()

    def take(self, paths: Sequence[Path], tell: Callable[[FileOutcome], None] = lambda _: None) -> list[FileOutcome]:
        """Take complete files in. `tell` hears of each file as soon as it is decided. Files that together make one
        bill are found among these and among those that came before. Bills that a crash left unexamined are examined
        first."""
        if not self._caught_up:
            self._examiner.catch_up()
            self._caught_up = True
        arrivals: list[_Arrival] = []
        outcomes: dict[Path, FileOutcome] = {}

        def decided(found: Iterable[FileOutcome]) -> None:
            for outcome in found:
                outcomes[outcome.path] = outcome
                tell(outcome)

        unfinished = being_written(paths)
        for path in paths:
            arrival = self._arrival(path, unfinished=path in unfinished)
            if arrival is None:
                continue
            if isinstance(arrival, FileOutcome):
                decided([arrival])
            elif arrival.reader.needed:
                arrivals.append(arrival)
            else:
                decided(self._read([arrival], (_received(arrival),)))
        for together in _sets(arrivals):
            decided(self._read_set(together))
        self._send_credits_home()
        return [outcomes[path] for path in paths if path in outcomes]

    # --- again --------------------------------------------------------------------------------------------------

    def again(self, received: Sequence[Received], paths: Sequence[Path]) -> list[FileOutcome]:
        """Read archived documents that make one bill, or one document, again, through the importer that knows them now.

        `paths` say where they came from, for what is told of them. Raises Unknown where the archive lacks one.
        """
        arrivals = self._arrivals_again(received, paths)
        if isinstance(arrivals, FileOutcome):
            return [arrivals]
        outcomes = self._read(arrivals, tuple(map(_received, arrivals)))
        self._send_credits_home()
        return outcomes

    def trial(self, received: Sequence[Received], paths: Sequence[Path]) -> list[Discrepancy]:
        """What would refuse these documents as a whole, or a bill's own total, were they read again. Records nothing.

        Raises Unknown where the archive lacks one.
        """
        arrivals = self._arrivals_again(received, paths)
        if isinstance(arrivals, FileOutcome):
            return list(arrivals.problems)
        files = tuple(arrival.kept.path for arrival in arrivals)
        reading = Reading(self._around, arrivals[0].reader, tuple(map(_received, arrivals)), files)
        try:
            return [
                gap
                for head, origin, batches, totals in reading.charges()
                for gap in untied(head, origin, batches(), totals)
            ]
        except (InputRefused, PluginFailed, ConfinementUnavailable) as refused:
            return [_problem(refused)]

    def _arrivals_again(self, received: Sequence[Received], paths: Sequence[Path]) -> list[_Arrival] | FileOutcome:
        arrivals = []
        for document, path in zip(received, paths, strict=True):
            file = self._archive.path(document.sha256)
            if not file.exists():
                raise Unknown(f"archive {document.sha256[:16]}", "no such file is kept", "Run `tollbook verify`.")
            recognised = self._recogniser.recognise(document.name, str(file))
            if recognised.reader is None:
                assert recognised.problem is not None
                problems = (recognised.problem, *recognised.failures)
                return FileOutcome(path, document.sha256, Verdict.REJECTED, problems=problems)
            arrivals.append(_Arrival(path, Kept(document.sha256, file.stat().st_size, file), recognised.reader))
        return sorted(
            arrivals, key=lambda arrival: [*arrival.reader.needed, arrival.reader.part].index(arrival.reader.part)
        )

    # --- arriving -----------------------------------------------------------------------------------------------

    def _arrival(self, path: Path, *, unfinished: bool) -> _Arrival | FileOutcome | None:
        """What came under that name; None where it is gone, because somebody else has taken it in meanwhile."""
        try:
            if unfinished:
                raise still_written(path)
            return self._arrive(path)
        except FileGone:
            return None
        except BeingWritten as refused:
            return FileOutcome(path, "", Verdict.WAITING, problems=(_problem(refused),))
        except (NotAPlainFile, FileUnreadable) as refused:
            return FileOutcome(path, "", Verdict.REJECTED, problems=(_problem(refused),))

    def _arrive(self, path: Path) -> _Arrival | FileOutcome:
        follow = not in_inbox(self.site, path)  # who names a link means its file; who drops one might mean ours
        if (again := self._seen(path, follow=follow)) is not None:
            return again
        self._worker.warm()
        kept = self._archive.keep(path, follow=follow)
        name = shown(path.name)
        recognised = self._recogniser.recognise(name, str(kept.path))
        self._receive(name, kept, recognised)
        if recognised.reader is None:
            assert recognised.problem is not None
            problems = (recognised.problem, *recognised.failures)
            self._refuse([kept.sha256], Verdict.REJECTED, problems)
            return FileOutcome(path, kept.sha256, Verdict.REJECTED, problems=problems)
        return _Arrival(path, kept, recognised.reader)

    def _seen(self, path: Path, *, follow: bool) -> FileOutcome | None:
        """The same bytes again post nothing, and are not copied again to find that out."""
        with open_plainly(path, follow=follow) as stream:
            size = os.fstat(stream.fileno()).st_size
        with self._around.ledger.reading() as connection:
            if not documents.of_size(connection, size):
                return None
            sha256 = digest(path, follow=follow)
            document = documents.known(connection, sha256)
            if document is None or document.state not in _DONE or not stands(connection, document):
                return None
        if not self._archive.path(sha256).exists():
            return None
        return FileOutcome(path, sha256, Verdict.KNOWN, document.importer)

    def _receive(self, name: str, kept: Kept, recognised: Recognised) -> None:
        reader = recognised.reader
        failed = [[one.where.partition(",")[0], one.code, one.found] for one in recognised.failures]
        with self._around.ledger.acting(self._around.signer) as act:
            if documents.known(act.connection, kept.sha256) is not None:
                return
            content = {
                "sha256": kept.sha256,
                "name": name,
                "size": kept.size,
                "plugin": reader.plugin.name if reader else "",
                "importer": reader.importer if reader else "",
                "importer_version": reader.version if reader else "",
                "part": reader.part if reader else "",
                "group": reader.group if reader else "",
                "needed": row_bytes(reader.needed).decode() if reader and reader.needed else "",
                **({"failed": failed} if reader and failed else {}),
            }
            act.record(Draft(catalogue.DOCUMENT_RECEIVED, f"document/{kept.sha256}", content, act.id))

    # --- sets ---------------------------------------------------------------------------------------------------

    def _read_set(self, arrivals: list[_Arrival]) -> list[FileOutcome]:
        """The files of one bill: read when every part is there, otherwise said to wait."""
        reader = arrivals[0].reader
        parts = {one.part: Received(one.sha256, one.name, one.part) for one in self._parts(reader)}
        # What was dropped now stands before what came earlier under the same part.
        parts |= {arrival.reader.part: _received(arrival) for arrival in arrivals}
        missing = tuple(part for part in reader.needed if part not in parts)
        current = [arrival for arrival in arrivals if parts[arrival.reader.part].sha256 == arrival.kept.sha256]
        replaced = [self._superseded(arrival) for arrival in arrivals if arrival not in current]
        if missing:
            return [*replaced, *(self._waiting(arrival, missing) for arrival in current)]
        return [*replaced, *self._read(current, tuple(parts[part] for part in reader.needed))]

    def _superseded(self, arrival: _Arrival) -> FileOutcome:
        found = f"another file that came with it is the bill's part '{arrival.reader.part}' too"
        problem = Discrepancy("superseded", shown(arrival.path.name), found, "Drop the right one of them again, alone.")
        self._refuse([arrival.kept.sha256], Verdict.REJECTED, [problem])
        return FileOutcome(
            arrival.path, arrival.kept.sha256, Verdict.REJECTED, arrival.reader.importer, problems=(problem,)
        )

    def _parts(self, reader: Reader) -> list[KnownDocument]:
        with self._around.ledger.reading() as connection:
            found = documents.in_group(connection, reader.importer, reader.group)
        return [document for document in found if document.plugin == reader.plugin.name]

    def _waiting(self, arrival: _Arrival, missing: tuple[str, ...]) -> FileOutcome:
        found = f"it is one of {len(arrival.reader.needed)} files of a bill; missing: {', '.join(missing)}"
        problem = Discrepancy(
            "incomplete-set", shown(arrival.path.name), found, "Drop the missing files, in any order."
        )
        return FileOutcome(
            arrival.path,
            arrival.kept.sha256,
            Verdict.WAITING,
            arrival.reader.importer,
            problems=(problem,),
            missing=missing,
        )

    # --- reading ------------------------------------------------------------------------------------------------

    def _read(self, arrivals: list[_Arrival], received: tuple[Received, ...]) -> list[FileOutcome]:
        first = arrivals[0]
        paths = tuple(self._archive.path(document.sha256) for document in received)
        progress = self.progress(first.path)
        reading = Reading(self._around, first.reader, received, paths, progress, self._examined)
        problems: tuple[Discrepancy, ...] = ()
        judged: list[Judged] = []
        try:
            judged = reading.judged()
            verdict = gravest(bill.verdict for bill in judged)
        except (InputRefused, PluginFailed, ConfinementUnavailable) as refused:
            verdict, problems = Verdict.REJECTED, (_problem(refused),)
        self._settle(received, verdict, judged, problems)
        return [
            FileOutcome(
                arrival.path,
                arrival.kept.sha256,
                verdict,
                first.reader.importer,
                tuple(judged) if arrival is first else (),
                problems,
            )
            for arrival in arrivals
        ]

    def _examined(self, bill: Judged) -> Judged:
        """A bill that was posted, with what the checks object to in it."""
        assert bill.fact is not None
        (found,) = self._examiner.examine([bill.fact.sequence])
        return attrs.evolve(bill, objections=found.open, in_question=found.stake)

    def _send_credits_home(self) -> None:
        """Look at the credits of bills that nobody has looked at, those that a crash left among them: the oldest bill
        first, whichever came first, once everything that came with it is in the books."""
        home_waiting(self._around.ledger, self._around.signer, self._around.spools)

    def _settle(
        self,
        received: tuple[Received, ...],
        verdict: Verdict,
        judged: list[Judged],
        problems: tuple[Discrepancy, ...],
    ) -> None:
        """What the log says of documents whose last bill did not post."""
        if verdict is Verdict.POSTED:
            if judged[-1].verdict is Verdict.POSTED:
                return
            verdict = Verdict.KNOWN
        found = [
            *problems,
            *(problem for bill in judged if bill.verdict is not Verdict.POSTED for problem in bill.problems),
        ]
        self._refuse([document.sha256 for document in received], verdict, found)

    def _refuse(self, shas: list[str], verdict: Verdict, problems: Iterable[Discrepancy]) -> None:
        listed = [attrs.asdict(problem) for problem in problems]
        code = listed[0]["code"] if listed else ""
        with self._around.ledger.acting(self._around.signer) as act:
            now = [documents.known(act.connection, sha) for sha in shas]
            if all(document and (document.state, document.code) == (verdict.value, code) for document in now):
                return  # nothing new to say of it
            content: dict[str, Any] = {
                "documents": [{"sha256": sha} for sha in shas],
                "outcome": verdict.value,
                "code": code,
                "problems": listed,
            }
            act.record(Draft(catalogue.DOCUMENT_REFUSED, f"refused/{shas[0]}/{act.id}", content, act.id))


def _sets(arrivals: list[_Arrival]) -> list[list[_Arrival]]:
    """Arrivals that belong to one bill, together, in the importer's order."""
    groups: dict[tuple[object, ...], list[_Arrival]] = {}
    for arrival in arrivals:
        reader = arrival.reader
        groups.setdefault((reader.plugin, reader.importer, reader.group, reader.needed), []).append(arrival)
    return [sorted(group, key=lambda a: a.reader.needed.index(a.reader.part)) for group in groups.values()]


def _received(arrival: _Arrival) -> Received:
    return Received(arrival.kept.sha256, shown(arrival.path.name), arrival.reader.part)


def limits_of(settings: Settings) -> Limits:
    """What the site lets an importer take for one document."""
    return Limits(
        wall_seconds=float(settings.plugin_seconds),
        cpu_seconds=settings.plugin_seconds,
        memory=settings.plugin_memory_mb * MEBIBYTE,
    )


def _problem(refused: TollbookError) -> Discrepancy:
    return Discrepancy(refused.code, refused.where, refused.found, refused.do)
