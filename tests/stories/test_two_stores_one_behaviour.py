"""One story on both stores: the hand-worked city on SQLite and on PostgreSQL ends in equal books."""

from __future__ import annotations

from pathlib import Path

from ledger_core.engine.ledger import READINGS
from ledger_core.projections import readings
from ledger_core.store import log
from tests.stories.harbor_site import harbor_site
from tollbook.site import Site


def _digests(site: Site) -> dict[str, str]:
    with site.ledger().reading() as connection:
        return {reading.table.name: readings.digest(connection, reading.table) for reading in READINGS}


def _roots(site: Site) -> list[tuple[str, str, int, str]]:
    """Every body of every fact, but those whose leaves are salted afresh."""
    with site.ledger().reading() as connection:
        facts = list(log.facts(connection))
    return [
        (fact.key, body.name, body.count, body.root)
        for fact in facts
        for body in fact.bodies
        if body.name != "particulars"
    ]


def test_every_reading_and_every_body_is_equal_on_both_stores(tmp_path: Path, postgres_database: str) -> None:
    embedded = harbor_site(tmp_path / "embedded")
    server = harbor_site(tmp_path / "server", database=postgres_database)
    assert _digests(embedded) == _digests(server)
    assert _roots(embedded) == _roots(server)
