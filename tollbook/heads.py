"""Signed heads: what leaves the operator's hands at close, export and backup, so that a rewrite is found later."""

from __future__ import annotations

from ledger_core.engine.checkpoint import note
from ledger_core.errors import NotEnrolled
from ledger_core.store.log import Head
from tollbook.site import Site


def signed(site: Site, head: Head) -> str | None:
    """The note over a head with the notary's signature; None where the notary's key is not at hand."""
    try:
        return note(site.ledger().site(), head, site.notary())
    except NotEnrolled:
        return None
