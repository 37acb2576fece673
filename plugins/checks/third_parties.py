"""Charges of third parties on a carrier's bill: what somebody else sold, and the carrier collects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import attrs

from ledger_core import CheckedBill, Examination, Grounds, Line, Objection, fixed
from plugins.checks.classes import THIRD_PARTY, Classes

CODE = "third-party-charge"
#: The sheet says what the product is.
_LISTED = 95
#: The vendor's own words say it.
_NAMED = 85


@attrs.frozen
class ThirdParties:
    """Looks at charges that the sheet `charge_codes`, or the vendor's own name of them, says to be a third party's.

    A department that wants such a thing has a waiver for it.
    """

    name: str = "third-parties"
    version: str = "1"
    codes: tuple[str, ...] = (CODE,)

    def open(self, bill: CheckedBill, grounds: Grounds) -> Examination | None:
        """Bills that state a total."""
        return _ThirdParties(bill, Classes(grounds.reference, bill)) if bill.payable else None


@attrs.frozen
class _ThirdParties:
    bill: CheckedBill
    classes: Classes

    def look(self, lines: Sequence[Line]) -> Iterator[Objection]:
        """Every charge of a third party."""
        of = self.classes.of
        for line in lines:
            if line.amount > 0 and of(line) == THIRD_PARTY:
                listed = self.classes.row(line.product) is not None
                whose = f" for {line.service}" if line.service else ""
                yield Objection(
                    CODE,
                    line,
                    line.amount,
                    _LISTED if listed else _NAMED,
                    line.service or line.product,
                    f"{line.product}{whose}: {fixed(line.amount, self.bill.currency)} on behalf of somebody else",
                    "Dispute it and have such charges blocked; or waive it, if the department wants it.",
                    self.classes.evidence(line),
                )

    def end(self) -> Iterable[Objection]:
        """Nothing is kept for later."""
        return ()
