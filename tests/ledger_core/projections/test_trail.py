"""The trail, both ways."""

import pytest

from ledger_core.errors import Unknown
from ledger_core.projections.trail import Path, paths
from tests.ledger_core.small_month import SmallMonth


def _paths(month: SmallMonth, wanted: object) -> list[Path]:
    with month.books.ledger.reading() as connection:
        return list(paths(connection, str(wanted), until=month.books.size()))


def _lines(found: list[Path]) -> list[str]:
    return [path.charge.rpartition(":")[2] for path in found]


def _one(month: SmallMonth, line: int) -> Path:
    (path,) = _paths(month, f"{month.bill}:{line}")
    return path


def test_a_charge_leads_to_its_bytes_and_its_posting(month: SmallMonth) -> None:
    path = _one(month, 3)
    document = month.shared.origin.documents[0]
    assert (path.document.sha256, path.document.name, path.document.importer) == (
        document.sha256,
        document.name,
        "made_up",
    )
    assert (path.start, path.end) == (30, 40)
    (posting,) = path.postings
    assert (posting.posting, posting.entry, posting.kind) == (f"E{month.entry}:2", f"E{month.entry}", "bill")
    assert (posting.department, posting.fund, posting.amount) == ("Parks", "520", 1975 + 300)
    assert path.statements == ()


def test_a_split_charge_leads_to_every_posting(month: SmallMonth) -> None:
    assert [posting.department for posting in _one(month, 6).postings] == ["Police", "Parks", "Water"]


def test_recodings_and_chargebacks_are_on_the_way(month: SmallMonth) -> None:
    """What was charged and then moved was on one statement, and will be on another as a correction."""
    month.charge_back()
    moved = month.recode(1, "Water")
    month.charge_back("2026-09")
    path = _one(month, 1)
    assert [posting.kind for posting in path.postings].count("reclass") == 2
    assert {posting.department for posting in path.postings if posting.entry == f"E{moved.sequence}"} == {
        "Police",
        "Water",
    }
    assert {(p.fund, p.department) for p in path.postings if p.kind == "chargeback"} == {
        ("001", "Police"),
        ("410", "Water"),
    }
    assert path.statements == (("2026-08", "Police"), ("2026-09", "Police"), ("2026-09", "Water"))


def test_a_posting_says_what_of_it_stands_for_the_charge(month: SmallMonth) -> None:
    """A posting carries many charges; the parts of one, where nobody charged it yet, sum to its amount."""
    (posting,) = _one(month, 3).postings
    assert (posting.amount, posting.part) == (1975 + 300, 1975)
    assert [posting.part for posting in _one(month, 6).postings] == [501, 300, 200]
    month.charge_back()
    month.recode(1, "Water")
    moved = {(posting.kind, posting.department): posting.part for posting in _one(month, 1).postings}
    whole = moved["bill", "Police"]
    assert moved["reclass", "Police"] == -whole
    assert moved["reclass", "Water"] == whole
    assert moved["chargeback", "Police"] == whole


def test_what_is_not_charged_back_is_on_no_statement(month: SmallMonth) -> None:
    """Suspense, what IT keeps, and what was booked directly."""
    month.charge_back()
    assert [_one(month, line).statements for line in (4, 7)] == [(), ()]
    (direct,) = _paths(month, f"{month.direct.bill}:1")
    assert direct.statements == ()


def test_reversals_are_on_the_way(month: SmallMonth) -> None:
    undone = month.books.reverse(month.entry)
    kinds = {posting.kind: posting.amount for posting in _one(month, 3).postings}
    assert kinds == {"bill": 2275, "reversal": -2275}
    assert _lines(_paths(month, f"E{undone.sequence}:2")) == ["3", "6"]


def test_a_posting_leads_back_to_its_charges(month: SmallMonth) -> None:
    assert _lines(_paths(month, f"E{month.entry}:1")) == ["1", "2", "6"]
    assert _lines(_paths(month, f"E{month.entry}:3")) == ["4", "5"]


def test_the_credit_side_and_the_entry_stand_for_the_whole_bill(month: SmallMonth) -> None:
    every = [str(line) for line in range(1, 8)]
    assert _lines(_paths(month, f"E{month.entry}")) == every
    assert _lines(_paths(month, f"E{month.entry}:6")) == every
    assert _lines(_paths(month, month.bill)) == every


def test_a_recoding_leads_back_to_the_charges_that_it_moved(month: SmallMonth) -> None:
    moved = month.recode(4, "Water")
    for wanted in (f"E{moved.sequence}", f"E{moved.sequence}:1", f"E{moved.sequence}:2"):
        assert _lines(_paths(month, wanted)) == ["4"]


def test_a_chargeback_leads_back_to_what_it_charged(month: SmallMonth) -> None:
    """Its recodings included; through each of its postings."""
    month.recode(4, "Police")
    police = next(fact for fact in month.charge_back() if fact.content["department"] == "Police")
    for wanted in (f"E{police.sequence}", f"E{police.sequence}:1", f"E{police.sequence}:2"):
        assert _lines(_paths(month, wanted)) == ["1", "2", "4", "6"]


def test_both_ways_agree(month: SmallMonth) -> None:
    """Every posting on a charge's way leads back to that charge."""
    month.recode(1, "Water")
    month.charge_back()
    month.recode(6, "IT")
    month.books.reverse(month.entry)
    month.charge_back("2026-09")
    for path in _paths(month, month.bill):
        for posting in path.postings:
            assert path.charge in {back.charge for back in _paths(month, posting.posting)}, posting


def test_a_place_in_a_file_leads_to_its_charges(month: SmallMonth) -> None:
    sha256 = month.shared.origin.documents[0].sha256
    assert _lines(_paths(month, f"{sha256}:3")) == ["3"]
    assert _lines(_paths(month, sha256)) == [str(line) for line in range(1, 8)]


def test_what_the_ledger_does_not_hold_is_unknown(month: SmallMonth) -> None:
    """Said before the first path is asked for."""
    wanted = ["", "nonsense", "B-0-1", "B-0-1:1", "E0", "E1", "E99", "E99:1", f"E{month.entry}:99", "f" * 64]
    with month.books.ledger.reading() as connection:
        for name in wanted:
            with pytest.raises(Unknown):
                paths(connection, name, until=month.books.size())


def test_a_place_without_a_charge_is_unknown(month: SmallMonth) -> None:
    with pytest.raises(Unknown, match=r"place 99: no posted charge was read there"):
        _paths(month, f"{month.shared.origin.documents[0].sha256}:99")
