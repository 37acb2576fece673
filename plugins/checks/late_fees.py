"""Late fees: charged although the agreement forbids them, or although no agreement allows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import attrs

from ledger_core import CheckedBill, Examination, Grounds, Line, Objection, ReferenceRow, fixed
from plugins.checks.classes import LATE_FEE, Classes
from plugins.checks.dated import rows_of_account

CODE = "late-fee"
#: The agreement says no.
_FORBIDDEN = 97
#: No agreement says anything: whether it is due hangs on when the last bill was paid.
_NOT_AGREED = 70


@attrs.frozen
class LateFees:
    """Looks at charges for paying late. Those that the account's agreement allows are let pass."""

    name: str = "late-fees"
    version: str = "1"
    codes: tuple[str, ...] = (CODE,)

    def open(self, bill: CheckedBill, grounds: Grounds) -> Examination | None:
        """Bills that state a total: others ask for no payment that could be late."""
        if not bill.payable:
            return None
        terms = [row for row in rows_of_account(grounds.reference, "agreements", bill) if row.covers(bill.day)]
        said = next((row for row in terms if row.cell("late_fees")), None)
        if said is not None and said.cell("late_fees") == "yes":
            return None
        return _LateFees(bill, said, Classes(grounds.reference, bill))


@attrs.frozen
class _LateFees:
    bill: CheckedBill
    terms: ReferenceRow | None
    classes: Classes

    def look(self, lines: Sequence[Line]) -> Iterator[Objection]:
        """Every late fee."""
        of = self.classes.of
        for line in lines:
            if line.amount > 0 and (line.kind == LATE_FEE or of(line) == LATE_FEE):
                yield self._objection(line)

    def end(self) -> Iterable[Objection]:
        """Nothing is kept for later."""
        return ()

    def _objection(self, line: Line) -> Objection:
        amount = fixed(line.amount, self.bill.currency)
        evidence = [("late fee", amount)]
        if self.terms is None:
            found = f"a late fee of {amount}; no agreement of the account allows one"
            do = "See when the last bill was paid; dispute the fee if it was in time, or load what was agreed."
            evidence.append(("agreement", "none that speaks of late fees"))
        else:
            found = f"a late fee of {amount}; agreement {self.terms.cell('contract')} forbids them"
            do = "Dispute it."
            evidence += [("agreement", self.terms.cell("contract")), ("agreement row", self.terms.ref)]
        confidence = _NOT_AGREED if self.terms is None else _FORBIDDEN
        return Objection(CODE, line, line.amount, confidence, "late fee", found, do, tuple(evidence))
