"""Accepting a gap: two named people, each with a reason, take a bill in whose total is off within the site's limit."""

from __future__ import annotations

from typing import Any

import attrs

from ledger_core.engine.ledger import Act
from ledger_core.engine.reception import Judged, wanted_date
from ledger_core.errors import LedgerRefused, TwoPeopleNeeded, UsageRefused
from ledger_core.facts import catalogue
from ledger_core.facts.fact import Fact
from ledger_core.money import fixed, plain
from ledger_core.policy.controls import Checked
from ledger_core.policy.footing import beyond, figures_of, untied
from ledger_core.policy.limits import limits_of
from ledger_core.projections import reference
from ledger_core.projections.gaps import acceptances
from ledger_core.store import log
from ledger_core.store.door import Draft


@attrs.frozen
class GapAccepted:
    """One person's acceptance. `complete` says that a second person has accepted the same figures: the bill may be
    taken in."""

    fact: Fact
    complete: bool
    people: tuple[str, ...]


def accept_gap(act: Act, bill: Judged, reason: str) -> GapAccepted:
    """Record that this person accepts the figures of a bill that was refused for its totals.

    Raises UsageRefused without a reason, LedgerRefused where every total ties (`no-gap`) and beyond the site's limit
    (`gap-beyond-limit`), TwoPeopleNeeded for who accepted the same figures before.
    """
    if not reason.strip():
        raise UsageRefused("--reason", "it is empty", "Say why: the books keep it.")
    where = f"bill {bill.origin.bill}"
    if not untied(bill.controls):
        raise LedgerRefused(where, "every total of it ties", "Import its document.", code="no-gap")
    _require_within(act, bill, where)
    documents = [document.sha256 for document in bill.origin.documents]
    figures = figures_of(bill.controls)
    before = [one for one in acceptances(act.connection, bill.origin.bill, documents) if one.figures == figures]
    people = {one.person: one.fact for one in before}
    if act.person.person in people:
        raise TwoPeopleNeeded(
            where, f"{act.person.person} accepted its gap already", "Let another person accept it too."
        )
    fact = _record(act, bill, documents[0], reason)
    return GapAccepted(fact, bool(people), (*people, act.person.person))


def _require_within(act: Act, bill: Judged, where: str) -> None:
    currency = log.fact(act.connection, 1).content["currency"]
    known = reference.known(act.connection, {"limits"})
    limit = limits_of(known, wanted_date(bill.head), currency).gap
    for control in beyond(bill.controls, limit, currency):
        found = f"{control.name} ({control.scope}) {_figures(control)}, the site accepts {fixed(limit, currency)}"
        do = "Ask the vendor for a corrected bill; the limit is the row `gap` of the sheet limits."
        if control.counted:
            found, do = f"{control.name} counts {_figures(control)}: no count is accepted", "Ask for the whole file."
        raise LedgerRefused(where, found, do, code="gap-beyond-limit")


def _figures(control: Checked) -> str:
    stated = plain(control.stated) if control.stated is not None else "nothing"
    return f"states {stated}, its lines make {plain(control.computed)}, gap {plain(control.gap)}"


def _record(act: Act, bill: Judged, sha256: str, reason: str) -> Fact:
    names = ("name", "scope", "stated", "computed")
    controls: list[dict[str, Any]] = [
        dict(zip(names, figures, strict=True)) | {"gap": plain(control.gap)}
        for figures, control in zip(figures_of(bill.controls), untied(bill.controls), strict=True)
    ]
    content = {"bill": bill.origin.bill, "document": sha256, "controls": controls, "reason": reason}
    key = f"gap/{sha256}/{bill.origin.bill}/{act.id}"
    return act.record(Draft(catalogue.GAP_ACCEPTED, key, content, act.id, based_on=act.door.last))
