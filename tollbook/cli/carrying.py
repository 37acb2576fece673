"""Carrying out what was asked, or preparing it for another person: one way for every command that decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

import attrs
from sqlalchemy import Connection

from ledger_core.engine import crediting, seconding
from ledger_core.engine.decision import HOLD, accept, assign, decide, open_items
from ledger_core.engine.disputing import Claim, open_dispute
from ledger_core.engine.holding import Because, hold, release
from ledger_core.engine.ledger import Act
from ledger_core.engine.recoding import Recoding, recode
from ledger_core.errors import UsageRefused
from ledger_core.facts.fact import Fact
from ledger_core.money import parse_decimal
from ledger_core.policy.disputes import Mode
from ledger_core.projections.credits import OPEN as WAITING
from ledger_core.projections.credits import credit_named, name_of
from ledger_core.projections.disputes import Dispute
from ledger_core.projections.exceptions import ExceptionItem, open_exceptions
from ledger_core.projections.prepared import Prepared
from tollbook.cli.answer import console
from tollbook.cli.asked import Asked
from tollbook.cli.portions import Named, named_portions
from tollbook.cli.selection import chosen, recodings, targets
from tollbook.site import Site
from tollbook.today import today
from tollbook.waiving import Rule, waive


@attrs.frozen
class Done:
    """What came of it: the facts that say so, charges concerned and those that were as asked already, minor units, the
    items answered, the disputes opened.

    `prepared` names what another person has to decide. Then the rest is what it would come to, and no fact says so.
    """

    facts: tuple[Fact, ...] = ()
    items: tuple[str, ...] = ()
    charges: int = 0
    unchanged: int = 0
    amount: int = 0
    disputes: tuple[Dispute, ...] = ()
    prepared: str | None = None


@attrs.frozen
class Carrying:
    """An act of somebody who decides. `queue` is what is open, where it was read in this act already."""

    act: Act
    site: Site
    queue: Sequence[ExceptionItem] | None = None

    def decide(self, asked: Asked) -> Done:
        """Carry it out; or prepare it, where this person or the site needs another. Where nothing is to be done,
        nothing is prepared either. Raises what the decision itself raises."""
        if not seconding.needs_another(self.act, asked.decision, self.day):
            return self.carry_out(asked)
        with self.act.rehearsal() as trial:
            done = attrs.evolve(self, act=trial).carry_out(asked)
        if not done.facts:
            return done
        came = seconding.Came(done.charges, done.amount, done.items)
        fact = seconding.prepare(self.act, asked.decision, asked.arguments(), asked.reason, came)
        return attrs.evolve(done, facts=(), prepared=f"P{fact.sequence}")

    def take(self, one: Prepared, reason: str) -> Fact:
        """Take what another person prepared, as it was asked then."""
        return seconding.second(self.act, one, self._came, reason)

    def carry_out(self, asked: Asked) -> Done:
        """Do it, through the engine. `facts` are all that this records."""
        before = len(self.act.door.facts)
        done = _DOING[asked.decision](self, asked)
        return attrs.evolve(done, facts=tuple(self.act.door.facts[before:]))

    def _came(self, one: Prepared) -> seconding.Came:
        done = self.carry_out(Asked.of(one.decision, one.reason, one.arguments))
        return seconding.Came(done.charges, done.amount, done.items)

    @property
    def connection(self) -> Connection:
        """The connection of the act."""
        return self.act.connection

    @property
    def day(self) -> date:
        """The day on which it is decided."""
        return today(self.connection, self.site)

    def open(self) -> Sequence[ExceptionItem]:
        """The queue."""
        return open_exceptions(self.connection, self.day) if self.queue is None else self.queue

    def portions(self, asked: Asked) -> Named:
        """What of charges was named."""
        named = chosen(asked.named, asked.bill, asked.service)
        return named_portions(self.connection, named, self.open(), asked.amount)


def rule_of(asked: Asked) -> Rule | None:
    """The rule that the options of `accept` say. Raises UsageRefused, NotANumber."""
    if asked.rule is None:
        if asked.most is not None or asked.until is not None:
            raise UsageRefused("--most, --to", "they need --rule", "Name the rule, or leave them out.")
        return None
    if asked.until is None:
        raise UsageRefused("--rule", "it has no last day", "Say with --to until when it holds; it can be renewed.")
    if len(asked.named) != 1:
        raise UsageRefused("--rule", f"{len(asked.named)} items are named", "Make one rule of one item at a time.")
    amount = None if asked.most is None else parse_decimal(asked.most, "--most")
    if amount is not None and amount < 0:
        raise UsageRefused("--most", "it is below zero", "Name an amount.")
    return Rule(asked.rule, amount, date.fromisoformat(asked.until), asked.reason)


def say_prepared(done: Done) -> None:
    """Tell whoever asked that another person decides."""
    console().print(
        f"Prepared as {done.prepared}. Another person decides: tollbook decide {done.prepared}", markup=False
    )


# --- decisions ------------------------------------------------------------------------------------------------------


def _accept(carrying: Carrying, asked: Asked) -> Done:
    rule, queue = rule_of(asked), carrying.open()
    found = open_items(carrying.connection, asked.named, queue)
    if rule is not None:
        waive(carrying.act, found[0], rule)
    accept(carrying.act, asked.named, asked.reason, queue)
    return _of_items(found)


def _assign(carrying: Carrying, asked: Asked) -> Done:
    queue = carrying.open()
    assign(carrying.act, asked.named, asked.owner or "", asked.reason, queue)
    return _of_items(open_items(carrying.connection, asked.named, queue))


def _hold(carrying: Carrying, asked: Asked) -> Done:
    named = carrying.portions(asked)
    why = Because(asked.reason, items=named.items)
    done = hold(carrying.act, named.portions, why, carrying.site.path("spool"))
    if named.items and done.facts:
        decide(carrying.act, HOLD, named.items, asked.reason)
    return Done((), named.items, done.charges, done.unchanged, done.amount)


def _release(carrying: Carrying, asked: Asked) -> Done:
    named = carrying.portions(asked)
    why = Because(asked.reason, items=named.items)
    done = release(carrying.act, named.portions, why, carrying.site.path("spool"))
    return Done((), named.items, done.charges, done.unchanged, done.amount)


def _dispute(carrying: Carrying, asked: Asked) -> Done:
    named = carrying.portions(asked)
    day = carrying.day if asked.on is None else date.fromisoformat(asked.on)
    mode = None if asked.mode is None else Mode(asked.mode)
    claim = Claim(named.portions, day, mode, named.codes, named.items, tax=asked.tax)
    opened = open_dispute(carrying.act, claim, asked.reason, carrying.site.path("spool"))
    lines, amount = sum(len(one.lines) for one in opened), sum(one.amount for one in opened)
    return Done((), named.items, lines, 0, amount, opened)


def _recode(carrying: Carrying, asked: Asked) -> Done:
    bearers = targets(asked.department, asked.object, asked.split)
    plan = Recoding((), bearers, retained=asked.decision == "retain", suspense_only=asked.suspense)
    named = chosen(asked.named, asked.bill, asked.service)
    queue = carrying.open() if named.items else ()
    spools = carrying.site.path("spool")
    done = [
        recode(carrying.act, one, asked.reason, spools) for one in recodings(carrying.connection, named, plan, queue)
    ]
    charges, unchanged = sum(one.charges for one in done), sum(one.unchanged for one in done)
    return Done((), named.items, charges, unchanged, sum(one.amount for one in done))


def _credit(carrying: Carrying, asked: Asked) -> Done:
    """A credit follows what the item's text names first, or nothing of it. Tax that went along before is done."""
    found, spools = open_items(carrying.connection, asked.named, carrying.open()), carrying.site.path("spool")
    for item in found:
        credit = credit_named(carrying.connection, str(item.charge), carrying.act.door.last)
        if credit.outcome not in WAITING:
            continue
        if asked.decision == "refuse":
            crediting.refuse(carrying.act, credit, asked.reason, spools)
            continue
        first = next(row for row in credit.rows if row.dispute or row.charge_fact)
        follows = first.dispute or name_of(carrying.connection, first.charge)
        crediting.confirm(carrying.act, credit, [follows], asked.reason, spools)
    return _of_items(found)


def _of_items(found: Sequence[ExceptionItem]) -> Done:
    names = tuple(item.item for item in found)
    return Done((), names, sum(item.lines for item in found), 0, sum(item.amount for item in found))


_DOING: Mapping[str, Callable[[Carrying, Asked], Done]] = {
    "accept": _accept,
    "assign": _assign,
    "hold": _hold,
    "release": _release,
    "dispute": _dispute,
    "code": _recode,
    "retain": _recode,
    "confirm": _credit,
    "refuse": _credit,
}
