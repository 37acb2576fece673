"""A check for tests: it objects to whatever it is told to, so that what becomes of objections can be watched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import attrs

from ledger_core.contracts.check import CheckedBill, Examination, Grounds, Line, Objection
from ledger_core.engine.examining import Examined, Examiner
from tests.ledger_core.books import INTAKE, Books

Opinion = Callable[[Line], Objection | None]


def odd(line: Line, code: str = "odd", stake: int | None = None, **fields: Any) -> Objection:
    """An objection to a line; its whole amount is at stake where nothing else is said."""
    plain = Objection(code, line, line.amount if stake is None else stake, 80, "made up", "it is odd", "Look at it.")
    return attrs.evolve(plain, **fields)


@attrs.frozen
class Always:
    """Says of each line what `opinion` says; nothing of lines for which that is None."""

    opinion: Opinion = odd
    name: str = "always"
    version: str = "1"
    codes: tuple[str, ...] = ("odd",)

    def open(self, bill: CheckedBill, grounds: Grounds) -> Examination | None:
        """Every bill."""
        return _Telling(self.opinion)


@attrs.frozen
class _Telling:
    opinion: Opinion

    def look(self, lines: Sequence[Line]) -> Iterable[Objection]:
        return [found for line in lines if (found := self.opinion(line)) is not None]

    def end(self) -> Iterable[Objection]:
        return ()


def examine(kept: Books, *checks: Always, bills: Sequence[int]) -> list[Examined]:
    """Examine bills as the intake does."""
    return Examiner(kept.ledger, INTAKE, checks).examine(bills)
