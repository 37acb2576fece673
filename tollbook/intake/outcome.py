"""What became of a file that was taken in: a value that commands print and folders mirror."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import attrs

from ledger_core.engine.reception import Judged, Verdict
from ledger_core.facts.discrepancy import Discrepancy

#: The gravest verdict of a file's bills is the file's own.
_GRAVITY = (
    Verdict.REJECTED,
    Verdict.REVISION,
    Verdict.WAITING,
    Verdict.ESTIMATE,
    Verdict.POSTED,
    Verdict.KNOWN,
)


@attrs.frozen
class FileOutcome:
    """One file: its digest, what happened, which importer read it, its bills, and what is wrong with it.

    Of a set of files that make one bill, the first in the importer's order carries the bill. `missing` names the
    parts that a waiting file waits for. `sha256` is empty for what was not read: a link, a pipe, a file that may not
    be read or is not whole.
    """

    path: Path
    sha256: str
    verdict: Verdict
    importer: str = ""
    bills: tuple[Judged, ...] = ()
    problems: tuple[Discrepancy, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def kept(self) -> bool:
        """Whether its bytes are in the archive."""
        return bool(self.sha256)

    @property
    def unfinished(self) -> bool:
        """Whether it was left alone because somebody is still writing it."""
        return self.verdict is Verdict.WAITING and not self.kept

    @property
    def all_problems(self) -> tuple[Discrepancy, ...]:
        """The file's own problems and those of its bills."""
        return (*self.problems, *(problem for bill in self.bills for problem in bill.problems))


def gravest(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of a file with these bills."""
    found = set(verdicts)
    return next(verdict for verdict in _GRAVITY if verdict in found)


def counts(outcomes: Iterable[FileOutcome]) -> dict[str, int]:
    """How many files came to what, in the contract's order."""
    counted = Counter(outcome.verdict for outcome in outcomes)
    order = (Verdict.POSTED, Verdict.KNOWN, Verdict.WAITING, Verdict.ESTIMATE, Verdict.REVISION, Verdict.REJECTED)
    return {verdict.value: counted[verdict] for verdict in order}


def exit_code(outcomes: Iterable[FileOutcome]) -> int:
    """3 if a file or bill is rejected or a revision; else 1 if anything waits, is an estimate, lies in suspense or
    raised an exception; else 0 (contract)."""
    code = 0
    for outcome in outcomes:
        if outcome.verdict in (Verdict.REJECTED, Verdict.REVISION):
            return 3
        suspense = any(bill.suspense or bill.objections for bill in outcome.bills)
        if outcome.verdict in (Verdict.WAITING, Verdict.ESTIMATE) or suspense or outcome.all_problems:
            code = 1
    return code
