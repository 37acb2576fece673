"""The reading of disputes: what is disputed with whom, where each dispute is, and what is pending. A fold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import attrs
from sqlalchemy import Connection, select

from ledger_core.errors import Unknown
from ledger_core.facts import catalogue
from ledger_core.facts.fact import Fact
from ledger_core.policy.disputes import Account, Course, Mode, State, Step, state_of
from ledger_core.store import log
from ledger_core.store.tables import BODIES

#: What a row of the body `disputed` says of its charge.
NAMED, TAX, CONCEDED, CREDITED, DROPPED = "named", "tax", "conceded", "credited", "dropped"
_ROWS = BODIES["disputed"].c
_KINDS = (catalogue.DISPUTE_OPENED, catalogue.DISPUTE_ADVANCED)


class DisputedLine(NamedTuple):
    """One charge in a dispute: the fact that posted its bill, its line, and of the disputed amount what was decided.
    Minor units with the sign of the charge. `what` is 'named', or 'tax' where it goes along with a named line."""

    fact: int
    line: int
    amount: int
    what: str = NAMED
    conceded: int = 0
    credited: int = 0
    dropped: int = 0

    @property
    def account(self) -> Account:
        """The sums of this line."""
        return Account(self.amount, self.conceded, self.credited, self.dropped)


@attrs.frozen
class Taken:
    """One step that a dispute took: the fact, what it was, the day that it is about, and what was said of it.

    `amount` in minor units, 0 where it decides none; `credit` is the charge (fact, line) of the vendor's credit.
    """

    fact: int
    step: Step
    on: date
    amount: int
    method: str
    reference: str
    reason: str
    credit: tuple[int, int] | None
    entries: tuple[int, ...]
    person: str


@attrs.frozen
class Dispute:
    """One dispute, of lines of one bill. Amounts in minor units of `currency`.

    `fact` opened it and `posted` posted its bill. `deadline` is the last day on which notice is in time, None where
    nothing sets one; `late` says that it was opened, or notice given, after that day. `due` is the bill's due date.
    """

    dispute: str
    fact: int
    vendor: str
    account: str
    bill: str
    posted: int
    number: str | None
    currency: str
    mode: Mode
    state: State
    lines: tuple[DisputedLine, ...]
    opened: date
    deadline: date | None
    due: date | None
    late: bool
    reason: str
    codes: tuple[str, ...]
    items: tuple[str, ...]
    person: str
    entries: tuple[int, ...]
    steps: tuple[Taken, ...]

    @property
    def sums(self) -> Account:
        """All lines together."""
        return Account(
            sum(line.amount for line in self.lines),
            sum(line.conceded for line in self.lines),
            sum(line.credited for line in self.lines),
            sum(line.dropped for line in self.lines),
        )

    @property
    def amount(self) -> int:
        """Everything that was disputed, related tax included."""
        return self.sums.amount

    @property
    def tax(self) -> int:
        """What of the amount is tax that goes along."""
        return sum(line.amount for line in self.lines if line.what == TAX)

    @property
    def conceded(self) -> int:
        """What the vendor conceded."""
        return self.sums.conceded

    @property
    def credited(self) -> int:
        """What the vendor credited."""
        return self.sums.credited

    @property
    def dropped(self) -> int:
        """What was refused, withdrawn or expired."""
        return self.sums.dropped

    @property
    def pending(self) -> int:
        """What may still come back: undecided, or conceded and not credited."""
        return self.sums.pending

    @property
    def noticed(self) -> date | None:
        """The day on which the vendor was first told."""
        return next((step.on for step in self.steps if step.step is Step.NOTICED), None)

    @property
    def course(self) -> Course:
        """What is to be watched of it."""
        told = [step.on for step in self.steps if step.step in {Step.NOTICED, Step.ESCALATED}]
        promised = [step.on for step in self.steps if step.step is Step.CONCEDED]
        return Course(
            self.sums, self.mode, self.opened, self.due, self.deadline, self.noticed or (told[0] if told else None),
            max(told, default=None), max(promised, default=None),
        )  # fmt: skip


def disputes(connection: Connection, until: int | None = None) -> list[Dispute]:
    """Every dispute as known at sequence `until` (None: now), in the order in which they were opened."""
    rows = _rows(connection, until)
    opened: dict[str, Fact] = {}
    steps: dict[str, list[Fact]] = defaultdict(list)
    for fact in log.facts(connection, _KINDS, until=until):
        name = fact.content["dispute"]
        if fact.kind == catalogue.DISPUTE_OPENED:
            opened[name] = fact
        else:
            steps[name].append(fact)
    return [_dispute(fact, steps[name], rows) for name, fact in opened.items()]


def dispute_of(connection: Connection, name: str, until: int | None = None) -> Dispute:
    """The dispute of that id. Raises Unknown."""
    found = next((one for one in disputes(connection, until) if one.dispute == name), None)
    if found is None:
        raise Unknown(
            f"dispute {name[:40]}", "the ledger holds none of that name", "Take it from `tollbook dispute list`."
        )
    return found


def disputed_lines(connection: Connection, until: int | None = None) -> Mapping[tuple[int, int], list[Dispute]]:
    """By charge (fact of its bill, line), the disputes about it of which not everything was dropped."""
    found: dict[tuple[int, int], list[Dispute]] = defaultdict(list)
    for one in disputes(connection, until):
        for line in one.lines:
            if line.amount != line.dropped:
                found[line.fact, line.line].append(one)
    return found


def amounts_disputed(connection: Connection, until: int | None = None) -> Mapping[tuple[int, int], int]:
    """By charge (fact of its bill, line), what was disputed of it and not dropped, in minor units."""
    found: dict[tuple[int, int], int] = defaultdict(int)
    for one in disputes(connection, until):
        for line in one.lines:
            found[line.fact, line.line] += line.amount - line.dropped
    return {place: amount for place, amount in found.items() if amount}


def _rows(connection: Connection, until: int | None) -> Mapping[int, list[tuple[int, int, int, str]]]:
    query = select(_ROWS.fact, _ROWS.charge_fact, _ROWS.charge_line, _ROWS.amount, _ROWS.what)
    if until is not None:
        query = query.where(_ROWS.fact <= until)
    found: dict[int, list[tuple[int, int, int, str]]] = defaultdict(list)
    for fact, *row in connection.execute(query.order_by(_ROWS.fact, _ROWS.line)):
        found[fact].append((row[0], row[1], row[2], row[3]))
    return found


def _dispute(fact: Fact, steps: Sequence[Fact], rows: Mapping[int, list[tuple[int, int, int, str]]]) -> Dispute:
    content = fact.content
    taken = tuple(_taken(step) for step in steps)
    lines = tuple(_lines(rows[fact.sequence], [row for step in steps for row in rows.get(step.sequence, ())]))
    deadline = _day(content["deadline"])
    made = Dispute(
        dispute=content["dispute"],
        fact=fact.sequence,
        **{name: content[name] for name in ("vendor", "account", "bill", "posted", "number", "currency", "reason")},
        mode=Mode(content["mode"]),
        state=State.OPEN,
        lines=lines,
        opened=date.fromisoformat(content["opened"]),
        deadline=deadline,
        due=_day(content["due"]),
        late=False,
        codes=tuple(content["codes"]),
        items=tuple(content["items"]),
        person=fact.actor.person,
        entries=tuple(content["entries"]),
        steps=taken,
    )
    told = made.noticed or made.opened
    return attrs.evolve(
        made,
        state=state_of(made.sums, [step.step for step in taken]),
        late=deadline is not None and max(told, made.opened) > deadline,
    )


def _lines(
    opened: Sequence[tuple[int, int, int, str]], decided: Sequence[tuple[int, int, int, str]]
) -> Iterator[DisputedLine]:
    sums: dict[tuple[int, int, str], int] = defaultdict(int)
    for fact, line, amount, what in decided:
        sums[fact, line, what] += amount
    for fact, line, amount, what in opened:
        yield DisputedLine(fact, line, amount, what, *(sums[fact, line, one] for one in (CONCEDED, CREDITED, DROPPED)))


def _taken(fact: Fact) -> Taken:
    content: Mapping[str, Any] = fact.content
    credit = content["credit"]
    return Taken(
        fact.sequence,
        Step(content["step"]),
        date.fromisoformat(content["on"]),
        content["amount"],
        content["method"],
        content["reference"],
        content["reason"],
        None if credit is None else (credit["fact"], credit["line"]),
        tuple(content["entries"]),
        fact.actor.person,
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
