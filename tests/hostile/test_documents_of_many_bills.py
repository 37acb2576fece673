"""A document of several bills is done with when each of them is: a crash between two loses nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger_core.engine.reception import Verdict
from ledger_core.projections import documents
from tests.hostile.strangers import Stranger
from tests.standing import posted_bills
from tests.tollbook.sites import new_site, take_in
from tollbook.intake.intake import Intake
from tollbook.intake.reading import Reading
from tollbook.site import Site

_MARK = b"STRANGER\n"
_BAD, _GOOD = "totals(1, attrs.evolve(TOTAL, stated=Decimal('6')))", "totals()"


class Killed(BaseException):
    """Stands in for the end of the process."""


def _site(folder: Path, *ends: str) -> Site:
    site = new_site(folder)
    body = ""
    for n, end in enumerate(ends):
        body += f"    yield BillStarted({n}, bill('S-{n}'))\n    yield Charged({n}, charge())\n"
        body += f"    yield BillEnded({n}, {end})\n"
    source = Stranger("two bills", f"\ndef records(documents):\n{body}", ()).source(_MARK, str(site.folder))
    (site.path("extensions") / "strange.py").write_text(source, "utf-8")
    (site.path("inbox") / "two.txt").write_bytes(_MARK)
    return site


def _state(site: Site) -> str:
    with site.ledger().reading() as connection:
        (document,) = documents.all_documents(connection)
    return document.state


def test_killed_between_two_bills_the_second_still_posts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = _site(tmp_path, _GOOD, _GOOD)
    conclude = Reading._conclude

    def killed(self: Reading, number: int, **more: int) -> object:
        if number == 1:
            raise Killed
        return conclude(self, number, **more)

    monkeypatch.setattr(Reading, "_conclude", killed)
    with pytest.raises(Killed):
        take_in(site, [site.path("inbox")])
    monkeypatch.undo()
    assert (len(posted_bills(site)), _state(site)) == (1, documents.WAITING)
    (outcome,) = take_in(site, [site.path("inbox")])
    assert [bill.verdict for bill in outcome.bills] == [Verdict.KNOWN, Verdict.POSTED]
    assert (len(posted_bills(site)), _state(site)) == (2, documents.POSTED)


@pytest.mark.parametrize("ends", [(_BAD, _GOOD), (_GOOD, _BAD)], ids=["first", "last"])
def test_killed_before_the_refusal_of_one_bill_is_recorded_it_is_refused_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: tuple[str, str]
) -> None:
    site = _site(tmp_path, *ends)

    def killed(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(Intake, "_settle", killed)
    with pytest.raises(Killed):
        take_in(site, [site.path("inbox")])
    monkeypatch.undo()
    assert (len(posted_bills(site)), _state(site)) == (1, documents.WAITING)
    (outcome,) = take_in(site, [site.path("inbox")])
    assert outcome.verdict is Verdict.REJECTED
    assert {bill.verdict for bill in outcome.bills} == {Verdict.KNOWN, Verdict.REJECTED}
    assert (len(posted_bills(site)), _state(site)) == (1, documents.REFUSED)
    assert list(site.path("rejected").glob("*.reason.txt")) != []


def test_a_document_whose_last_bill_is_a_second_copy_is_done_with_too(tmp_path: Path) -> None:
    site = _site(tmp_path, _GOOD, _GOOD)
    take_in(site, [site.path("inbox")])
    extension = site.path("extensions") / "strange.py"
    extension.write_text(extension.read_text("utf-8").replace("bill('S-0')", "bill('S-7')"), "utf-8")
    (site.path("inbox") / "two.txt").write_bytes(_MARK + b"other bytes")
    (outcome,) = take_in(site, [site.path("inbox")])
    assert [bill.verdict for bill in outcome.bills] == [Verdict.POSTED, Verdict.KNOWN]
    with site.ledger().reading() as connection:
        assert [one.state for one in documents.all_documents(connection)] == [documents.POSTED, documents.KNOWN]
    (site.path("inbox") / "two.txt").write_bytes(_MARK + b"other bytes")
    (again,) = take_in(site, [site.path("inbox")])
    assert (again.verdict, again.bills) == (Verdict.KNOWN, ())
