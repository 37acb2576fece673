"""Recoding: what people decide about charges moves them inside the fund that paid, and nothing is lost or made."""

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from sqlalchemy import text

from ledger_core.engine.recoding import Recoded, Recoding, Selection, Target, recode
from ledger_core.errors import LedgerRefused, NotPermitted, Unknown, UsageRefused
from ledger_core.facts.charge import ChargeKind
from ledger_core.projections import bills
from ledger_core.projections.parts import Lines, standing_charges
from ledger_core.store.database import Database
from tests.ledger_core.books import INTAKE, MARIA, Books, books, charge, owned
from tests.ledger_core.engine.accounts import gaps, held

LOST = "2065559999"  # a line that nobody owns


@pytest.fixture
def kept(database: Database, tmp_path: Path) -> Books:
    """Books with two departments, a rule, and one bill: Police's line, Parks' line, an unowned line, split usage."""
    made = books(database, tmp_path)
    owned(made)
    made.receive(
        [
            charge("10.00", "2065550100", line=1),
            charge("7.01", "2065550101", line=2),
            charge("5.55", LOST, line=3),
            charge("1.00", "", line=4, kind=ChargeKind.USAGE),
        ]
    )
    return made


def bill_of(kept: Books) -> str:
    with kept.ledger.reading() as connection:
        return bills.all_bills(connection)[-1].bill


def recoded(kept: Books, recoding: Recoding, reason: str = "Found it") -> Recoded:
    with kept.ledger.acting(MARIA) as act:
        return recode(act, recoding, reason, kept.folder / "spool")


def to(department: str, *lines: tuple[int, int], bill: str, **rest: object) -> Recoding:
    chosen = Selection(bill, lines or None)
    return Recoding((chosen,), (Target(department, "5420"),), **rest)  # type: ignore[arg-type]  # fields by name


def test_a_line_in_suspense_is_given_to_a_department(kept: Books) -> None:
    bill = bill_of(kept)
    done = recoded(kept, to("Parks", (3, 3), bill=bill))
    assert (done.charges, done.unchanged, done.amount, len(done.facts)) == (1, 0, 555, 1)
    assert held(kept, bill) == {
        (1, "cost", "Police"): 1000,
        (2, "cost", "Parks"): 701,
        (3, "cost", "Parks"): 555,
        (4, "cost", "Police"): 33,
        (4, "cost", "Parks"): 67,
    }
    assert list(gaps(kept)) == []


def test_the_reclass_says_why_and_which_act(kept: Books) -> None:
    done = recoded(kept, to("Parks", (3, 3), bill=bill_of(kept)), "Parks moved the phone")
    (fact,) = done.facts
    assert (fact.content["entry"], fact.content["narrative"]) == ("reclass", "Parks moved the phone")
    with kept.ledger.reading() as connection:
        query = text("SELECT amount, reason, ref FROM shares WHERE fact = :fact ORDER BY line")
        rows = [tuple(row) for row in connection.execute(query, {"fact": fact.sequence})]
    assert rows == [(-555, "manual", fact.act), (555, "manual", fact.act)]


def test_the_entry_is_dated_like_the_bill_while_its_period_is_open(kept: Books) -> None:
    done = recoded(kept, to("Parks", (3, 3), bill=bill_of(kept)))
    assert [str(fact.effective) for fact in done.facts] == ["2026-08-28"]


def test_the_entry_goes_to_the_first_open_period_once_the_bills_is_closed(kept: Books) -> None:
    kept.close("2026-08")
    kept.close("2026-09")
    done = recoded(kept, to("Parks", (3, 3), bill=bill_of(kept)))
    assert [str(fact.effective) for fact in done.facts] == ["2026-10-01"]


def test_bills_of_different_days_make_entries_of_different_days(kept: Books) -> None:
    first = bill_of(kept)
    kept.receive([charge("3.00", LOST)], number="2", bill_date=date(2026, 8, 3))
    both = Recoding((Selection(first, ((3, 3),)), Selection(bill_of(kept))), (Target("Police", "5420"),))
    done = recoded(kept, both)
    assert [str(fact.effective) for fact in done.facts] == ["2026-08-03", "2026-08-28"]
    assert len({fact.act for fact in done.facts}) == 1
    assert list(gaps(kept)) == []


def test_a_split_shares_by_largest_remainder(kept: Books) -> None:
    bill = bill_of(kept)
    halves = (Target("Police", "5420", Fraction(60)), Target("Parks", "5420", Fraction(40)))
    recoded(kept, Recoding((Selection(bill, ((3, 3),)),), halves))
    # 555 cents: 333.0 and 222.0
    assert {key[2]: amount for key, amount in held(kept, bill).items() if key[0] == 3} == {"Police": 333, "Parks": 222}
    assert list(gaps(kept)) == []


def test_recoding_again_and_back_leaves_the_charge_where_it_was(kept: Books) -> None:
    bill = bill_of(kept)
    before = held(kept, bill)
    recoded(kept, to("Police", (2, 2), bill=bill))
    recoded(kept, to("Parks", (2, 2), bill=bill))
    assert held(kept, bill) == before
    assert list(gaps(kept)) == []


def test_what_is_there_already_is_not_moved(kept: Books) -> None:
    done = recoded(kept, to("Police", (1, 1), bill=bill_of(kept)))
    assert (done.facts, done.charges, done.unchanged) == ((), 0, 1)


def test_a_charge_of_zero_says_whose_it_is_too(kept: Books) -> None:
    kept.receive([charge("0.00", LOST), charge("2.00", LOST, line=2)], number="2")
    bill = bill_of(kept)
    recoded(kept, to("Parks", (1, 1), bill=bill))
    assert held(kept, bill) == {(1, "cost", "Parks"): 0, (2, "suspense", ""): 200}


def test_only_what_lies_in_suspense_moves_when_asked_for_that(kept: Books) -> None:
    bill = bill_of(kept)
    done = recoded(kept, to("Parks", bill=bill, suspense_only=True))
    assert done.charges == 1
    assert held(kept, bill)[1, "cost", "Police"] == 1000


def test_retained_cost_stays_with_the_payer_under_a_department_of_its_own(kept: Books) -> None:
    kept.load("departments", [{"department": "IT", "fund": "001", "treatment": "retain"}])
    bill = bill_of(kept)
    done = recoded(kept, Recoding((Selection(bill, ((3, 3),)),), (), retained=True))
    assert done.facts[0].content["state"] == "retained"
    assert held(kept, bill)[3, "retained", "IT"] == 555
    assert list(gaps(kept)) == []


def test_retaining_asks_for_a_department_where_none_is_the_payers_own(kept: Books) -> None:
    with pytest.raises(LedgerRefused, match="--department"):
        recoded(kept, Recoding((Selection(bill_of(kept), ((3, 3),)),), (), retained=True))


def test_fractions_of_a_cent_are_moved_exactly(kept: Books) -> None:
    """The exact parts, too, sum to what the vendor stated."""
    kept.receive([charge("0.1234567", LOST), charge("1.005", LOST, line=2), charge("0.0315433", LOST, line=3)], "2")
    bill = bill_of(kept)
    thirds = tuple(Target(name, "5420", Fraction(1)) for name in ("Police", "Parks"))
    recoded(kept, Recoding((Selection(bill, ((1, 2),)),), thirds))
    with kept.ledger.reading() as connection:
        posted = bills.named(connection, bill)
        assert posted is not None
        found = list(standing_charges(connection, Lines(posted.fact, posted.currency)))
    assert [[part.exact for part in one.parts] for one in found][:2] == [
        ["0.06172835", "0.06172835"],
        ["0.5025", "0.5025"],
    ]
    assert all(sum(part.amount for part in one.parts) == one.amount for one in found)
    assert list(gaps(kept)) == []


def test_a_department_that_no_sheet_knows_is_refused(kept: Books) -> None:
    with pytest.raises(LedgerRefused, match="Nowhere") as refused:
        recoded(kept, to("Nowhere", (3, 3), bill=bill_of(kept)))
    assert refused.value.code == "string-unknown"


@pytest.mark.parametrize(
    ("recoding", "reason", "error"),
    [
        (Recoding((), (Target("Parks"),)), "why", UsageRefused),
        (Recoding((Selection("B-none-1"),), (Target("Parks"),)), "why", Unknown),
        (Recoding((Selection("B-none-1"),), ()), "why", UsageRefused),
        (Recoding((Selection("B-none-1"),), (Target("Parks"),)), "  ", UsageRefused),
    ],
)
def test_what_cannot_be_followed_is_refused(
    kept: Books, recoding: Recoding, reason: str, error: type[Exception]
) -> None:
    size = kept.size()
    with pytest.raises(error):
        recoded(kept, recoding, reason)
    assert kept.size() == size


def test_lines_that_a_bill_does_not_have_are_refused(kept: Books) -> None:
    with pytest.raises(Unknown, match="lines 1 to 4"):
        recoded(kept, to("Parks", (3, 5), bill=bill_of(kept)))


def test_a_service_may_not_recode(kept: Books) -> None:
    """The catalogue gives entries to people; the intake's key can record documents and bills only."""
    with pytest.raises(NotPermitted), kept.ledger.acting(INTAKE) as act:
        recode(act, to("Parks", (3, 3), bill=bill_of(kept)), "why", kept.folder / "spool")


def test_many_lines_of_one_service_move_in_one_act(kept: Books) -> None:
    kept.receive([charge("0.01", LOST if line % 3 else "2065550100", line=line) for line in range(1, 3001)], "2")
    bill = bill_of(kept)
    chosen = Recoding((Selection(bill, service=LOST),), (Target("Parks", "5420"),))
    done = recoded(kept, chosen)
    assert (done.charges, done.amount, len(done.facts)) == (2000, 2000, 1)
    assert list(gaps(kept)) == []
    assert not list((kept.folder / "spool").iterdir())


def test_scattered_lines_named_one_by_one_are_found(kept: Books) -> None:
    kept.receive([charge("0.01", LOST, line=line) for line in range(1, 1001)], "2")
    bill = bill_of(kept)
    chosen = tuple((line, line) for line in range(1000, 0, -2))
    done = recoded(kept, to("Parks", *chosen, bill=bill))
    assert (done.charges, done.amount) == (500, 500)
