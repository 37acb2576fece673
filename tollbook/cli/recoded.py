"""What `tollbook code` and `tollbook retain` answer: which charges moved."""

from __future__ import annotations

from ledger_core.facts import catalogue
from ledger_core.money import fixed
from ledger_core.store import log
from tollbook.cli.answer import console, document, many, print_json
from tollbook.cli.asked import Asked
from tollbook.cli.carrying import Carrying, Done, say_prepared
from tollbook.cli.selection import chosen, targets
from tollbook.site import Site


def record(site: Site, asked: Asked, *, as_json: bool) -> int:
    """Recode in one act, and say what came of it. 1 where nothing had to move."""
    chosen(asked.named, asked.bill, asked.service)
    targets(asked.department, asked.object, asked.split)
    with site.ledger().acting(site.signer()) as act:
        done = Carrying(act, site).decide(asked)
        currency = log.fact(act.connection, 1).content["currency"]
        sequence = act.door.last
    _answer(done, currency, sequence, asked.decision, as_json=as_json)
    return 0 if done.charges else 1


def _answer(done: Done, currency: str, sequence: int, name: str, *, as_json: bool) -> None:
    entries = [f"E{fact.sequence}" for fact in done.facts if fact.kind == catalogue.ENTRY_POSTED]
    if as_json:
        figures = {"charges": done.charges, "unchanged": done.unchanged, "amount": done.amount, "currency": currency}
        print_json(document(name, sequence, {"entries": entries, **figures, "prepared": done.prepared}))
    elif done.prepared:
        say_prepared(done)
    else:
        lines = many(done.charges, "charge")
        said = (
            f"{lines} moved, {fixed(done.amount, currency)} {currency}, in {', '.join(entries)}."
            if done.charges
            else ""
        )
        there = f"{done.unchanged} there already." if done.unchanged else ""
        console().print(" ".join(part for part in (said, there) if part) or "Nothing moved.", markup=False)
