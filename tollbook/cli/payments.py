"""`tollbook load payments`: what was paid is read back, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from ledger_core.engine.paying import File, Read, State, judged, load_payments
from ledger_core.money import fixed
from ledger_core.store import log
from tollbook.archive import Archive, digest
from tollbook.cli.answer import console, document, print_json
from tollbook.naming import shown
from tollbook.sheets.payments import read_payments
from tollbook.site import Site

_REFUSED = 3


def take_payments(site: Site, file: Path, *, dry_run: bool, as_json: bool) -> int:
    """Load a file of payments and say what became of it. 3 where a row is refused, else 0."""
    with site.ledger().reading() as connection:
        currency = log.fact(connection, 1).content["currency"]
        payments = read_payments(file, currency)
        found: Sequence[Read] = judged(connection, payments) if dry_run else ()
        sequence, sha256 = log.last_sequence(connection), digest(file)
    fact = None
    if not dry_run:
        kept = Archive(site.path("archive")).keep(file)
        with site.ledger().acting(site.signer()) as act:
            loaded = load_payments(act, payments, File(kept.sha256, shown(file.name), kept.size))
        found, fact, sequence, sha256 = loaded.rows, loaded.fact.sequence, loaded.fact.sequence, kept.sha256
    counts = {state.value: sum(row.state is state for row in found) for state in State}
    if as_json:
        told = {"dry_run": dry_run, "sha256": sha256, "fact": fact, "currency": currency, "counts": counts}
        print_json(document("payments", sequence, {**told, "rows": [_content(row) for row in found]}))
    else:
        _show(found, currency, counts, dry_run=dry_run)
    return _REFUSED if counts[State.REFUSED] else 0


def _content(row: Read) -> dict[str, Any]:
    payment = row.payment
    return {
        "row": payment.row,
        "state": row.state.value,
        "bill": row.bill,
        "entry": None if row.fact is None else f"E{row.fact.sequence}",
        "amount": payment.amount,
        "paid": payment.paid.isoformat(),
        "effective": row.fact.effective.isoformat() if row.fact is not None and row.fact.effective else None,
        "method": payment.method,
        "reference": payment.reference,
        "problem": None if row.problem is None else attrs.asdict(row.problem),
    }


def _show(found: Sequence[Read], currency: str, counts: dict[str, int], *, dry_run: bool) -> None:
    out = console()
    for row in found:
        amount = f"{fixed(row.payment.amount, currency)} {currency}"
        entry = f", E{row.fact.sequence}" if row.fact is not None else ""
        if row.problem is None:
            out.print(f"{row.state.value}: {row.payment.reference}, {amount} of {row.bill}{entry}", markup=False)
        else:
            problem = row.problem
            out.print(f"refused: {problem.where}: {problem.found}. {problem.do}", markup=False)
    posted = sum(row.payment.amount for row in found if row.state is State.POSTED)
    said = "would be posted" if dry_run else "posted"
    out.print(
        f"{counts[State.POSTED]} payments {said}, {fixed(posted, currency)} {currency}; {counts[State.KNOWN]} known,"
        f" {counts[State.REFUSED]} refused.",
        markup=False,
    )
