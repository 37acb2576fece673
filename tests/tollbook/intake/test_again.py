"""Documents that are read again: once what they charged was taken back, and not before."""

from pathlib import Path

import pytest

from ledger_core.engine.reception import Verdict
from ledger_core.engine.reversal import reverse
from ledger_core.errors import Unknown
from ledger_core.projections import bills
from tests.tollbook.sites import new_site, take_in
from tollbook.intake.again import documents_of, place_of
from tollbook.intake.intake import Intake
from tollbook.site import Site


@pytest.fixture
def harbor(repository: Path) -> Path:
    """The bills of the hand-worked city: four files that make one bill, and three files of one or more."""
    return repository / "tests" / "stories" / "harbor" / "bills"


def verdicts(site: Site, folder: Path) -> dict[str, Verdict]:
    return {outcome.path.name: outcome.verdict for outcome in take_in(site, [folder])}


def take_back(site: Site, number: str) -> str:
    """Reverse the standing bill of that number."""
    with site.ledger().acting(site.signer("coordinator")) as act:
        (bill,) = [one for one in bills.all_bills(act.connection) if one.number == number and one.state == bills.POSTED]
        reverse(act, bill.bill, "a test", site.path("spool"))
    return bill.bill


def test_nothing_is_read_again_while_every_bill_stands(tmp_path: Path, harbor: Path) -> None:
    site = new_site(tmp_path)
    take_in(site, [harbor])
    assert set(verdicts(site, harbor).values()) == {Verdict.KNOWN}


def test_a_set_whose_bill_was_taken_back_posts_again(tmp_path: Path, harbor: Path) -> None:
    site = new_site(tmp_path)
    take_in(site, [harbor])
    bill = take_back(site, "9100000001")
    posted = {name for name, verdict in verdicts(site, harbor).items() if verdict is Verdict.POSTED}
    assert len(posted) == 4
    with site.ledger().reading() as connection:
        assert bills.named(connection, f"{bill}.2") is not None
    assert set(verdicts(site, harbor).values()) == {Verdict.KNOWN}


def test_one_bill_of_a_file_of_three_posts_again_and_the_others_stand(tmp_path: Path, harbor: Path) -> None:
    site = new_site(tmp_path)
    take_in(site, [harbor])
    take_back(site, "GB-2608-2")
    (outcome,) = take_in(site, [harbor / "811_GRANDBAY_20260801.edi"])
    assert [bill.verdict for bill in outcome.bills] == [Verdict.KNOWN, Verdict.POSTED, Verdict.KNOWN]


def test_the_documents_of_a_bill_are_found_by_bill_and_by_digest(tmp_path: Path, harbor: Path) -> None:
    site = new_site(tmp_path)
    take_in(site, [harbor])
    with site.ledger().reading() as connection:
        (bill,) = [one for one in bills.all_bills(connection) if one.number == "9100000001"]
        by_bill = documents_of(connection, bill.bill)
        by_set = documents_of(connection, f"{bill.bill.rpartition('-')[0]}-0")
        by_part = documents_of(connection, by_bill[2].sha256[:12])
        assert len(by_bill) == 4
        assert {one.sha256 for one in by_bill} == {one.sha256 for one in by_set} == {one.sha256 for one in by_part}
        for unknown in ("B-0123456789abcdef-0", "0123456789abcdef", bill.document[:4], ""):
            with pytest.raises(Unknown):
                documents_of(connection, unknown)


def test_a_trial_records_nothing_and_finds_nothing_wrong(tmp_path: Path, harbor: Path) -> None:
    site = new_site(tmp_path)
    take_in(site, [harbor])
    with site.ledger().reading() as connection:
        size = len(bills.all_bills(connection))
        found = [documents_of(connection, bill.bill) for bill in bills.all_bills(connection)]
    with Intake(site) as intake:
        assert [intake.trial(one, [place_of(site, part) for part in one]) for one in found] == [[]] * size
    with site.ledger().reading() as connection:
        assert len(bills.all_bills(connection)) == size


def test_a_file_that_the_archive_lost_is_said(tmp_path: Path, harbor: Path) -> None:
    site = new_site(tmp_path)
    take_in(site, [harbor / "PCard Expenses_2026_08.csv"])
    (kept,) = site.path("archive").glob("*/*")
    with site.ledger().reading() as connection:
        received = documents_of(connection, kept.name)
    kept.unlink()
    with Intake(site) as intake, pytest.raises(Unknown, match="verify"):
        intake.trial(received, [place_of(site, received[0])])
