"""`verify --deep`: the archive, read again and coded as known then, gives the rows that the log has sealed."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from ledger_core.engine.reception import Reception
from ledger_core.engine.verification.verification import Request, Verified, verify
from ledger_core.facts.charge import ChargeColumns
from tests.stories.harbor_site import harbor_site
from tests.tollbook.sites import new_site, take_in
from tollbook.rereading import Rereading
from tollbook.site import Site


def _deep(site: Site) -> tuple[Verified, list[str]]:
    with Rereading(site) as again:
        found = verify(Request(site.database, site.path("archive"), deep=again.differences))
        return found, again.left_out


def test_every_kind_of_bill_read_again_is_what_was_posted(tmp_path: Path) -> None:
    """Sets of files, several bills in a file, sub-cent rounding, splits, card payments: all by digest."""
    found, left_out = _deep(harbor_site(tmp_path))
    assert found.differences == ()
    assert left_out == []


def test_charges_that_the_document_does_not_state_are_found(
    shared_made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody posts other lines than the document has, and seals them properly: only reading it again shows it."""
    feed = Reception.feed

    def forging(reception: Reception, columns: ChargeColumns) -> None:
        assert isinstance(columns.service, list)
        feed(reception, attrs.evolve(columns, service=["2065559999", *columns.service[1:]]))

    site = new_site(tmp_path)
    with monkeypatch.context() as forged:
        forged.setattr(Reception, "feed", forging)
        take_in(site, [shared_made / "x12-811" / "01-implied.edi"])
    assert verify(Request(site.database, site.path("archive"))).ok
    found, _ = _deep(site)
    assert [difference.kind for difference in found.differences] == ["charges"]


def test_a_document_that_no_importer_reads_any_more_is_named(shared_made: Path, tmp_path: Path) -> None:
    site = new_site(tmp_path)
    [outcome] = take_in(site, [shared_made / "x12-811" / "01-implied.edi"])
    kept = site.path("archive") / outcome.sha256[:2] / outcome.sha256
    kept.chmod(0o600)
    kept.write_bytes(b"ISA*00*")
    found, left_out = _deep(site)
    assert not found.ok
    assert left_out == [outcome.bills[0].bill]
