"""The one tree of errors: where it happened, what was found, what to do.

A *discrepancy* (the bill is odd) is a value, see `ledger_core.facts.discrepancy`; an error means that we cannot go on;
an assertion is our bug and is never caught.
"""

from __future__ import annotations


class TollbookError(Exception):
    """Something that stops an act. Every branch has an exit code, every leaf a `code` that machines may rely on.

    `where` names file, line, fact or option; `found` what stood there; `do` what the reader can do about it.
    """

    code: str = "error"
    exit_code: int = 1
    #: What was found, a line each, where it is more than one thing: for people who read it on a screen.
    lines: tuple[str, ...] = ()

    def __init__(self, where: str, found: str, do: str, *, code: str | None = None) -> None:
        super().__init__(where, found, do)
        self.where = where
        self.found = found
        self.do = do
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return f"{self.where}: {self.found}. {self.do}"


class UsageRefused(TollbookError):
    """The command was typed in a way that cannot be followed (exit 2)."""

    code = "usage"
    exit_code = 2


class SiteNotFound(UsageRefused):
    """The folder is not a Tollbook site."""

    code = "site-not-found"


class InputRefused(TollbookError):
    """A file, a sheet or a value from outside cannot be taken in (exit 3). Nothing was posted."""

    code = "input-refused"
    exit_code = 3


class NotANumber(InputRefused):
    """A text that should be an exact decimal is not one."""

    code = "not-a-number"


class NotADate(InputRefused):
    """A text that should be a calendar date is not one."""

    code = "not-a-date"


class NotText(InputRefused):
    """A text holds what no store may keep: NUL or a lone surrogate."""

    code = "not-text"


class DocumentRefused(InputRefused):
    """An importer cannot read the document as a bill; `code` tells which kind of refusal."""

    code = "broken"


class SheetRefused(InputRefused):
    """A reference sheet cannot be loaded; `where` names file, row and column."""

    code = "sheet-refused"


class ServicesWouldEnd(SheetRefused):
    """A sheet would end half or more of the services in force; it is taken only by whoever names their number.

    `ended` is how many would end, of `in_force`.
    """

    code = "services-would-end"

    def __init__(self, where: str, ended: int, in_force: int) -> None:
        super().__init__(
            where,
            f"it would end {ended} of the {in_force} services in force",
            f"Nothing was loaded. If they are to end, load it with --yes-end-services {ended}.",
        )
        self.ended = ended
        self.in_force = in_force


class LedgerRefused(TollbookError):
    """The ledger does not take this act (exit 4). Nothing was written."""

    code = "ledger-refused"
    exit_code = 4


class Unbalanced(LedgerRefused):
    """An entry whose debits and credits differ per currency, fund, basis and book (INV-01)."""

    code = "unbalanced"


class PeriodClosed(LedgerRefused):
    """Nothing posts into a closed period (INV-39)."""

    code = "period-closed"


class AlreadyRecorded(LedgerRefused):
    """A fact with this key is in the log already."""

    code = "already-recorded"


class NotEnrolled(LedgerRefused):
    """The actor has no key that this ledger knows, or not the key of the person named."""

    code = "not-enrolled"


class NotPermitted(LedgerRefused):
    """The actor is enrolled, but in no role that may record this."""

    code = "not-permitted"


class TwoPeopleNeeded(LedgerRefused):
    """Preparer and approver must differ (INV-42)."""

    code = "two-people-needed"


class Unknown(LedgerRefused):
    """A bill, charge, entry, period or key that the ledger does not hold."""

    code = "unknown"


class LedgerBusy(LedgerRefused):
    """Another process holds the write door longer than we are willing to wait."""

    code = "ledger-busy"


class LedgerUnavailable(LedgerRefused):
    """The store cannot be opened, read or written (disk full, server gone, file locked)."""

    code = "ledger-unavailable"


class VerificationFailed(TollbookError):
    """Something in the books differs from what was sealed (exit 5)."""

    code = "verification-failed"
    exit_code = 5
