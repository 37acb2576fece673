"""Charging a month back: what was coded is charged once, what corrects it comes in the next month, all is proved."""

from collections import defaultdict
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from ledger_core.engine.chargeback import Run, charge_back, preview
from ledger_core.errors import PeriodClosed
from ledger_core.facts.entry import Role
from ledger_core.facts.fact import Fact
from ledger_core.policy.periods import Period, parse_period
from ledger_core.store.tables import BODIES
from tests.ledger_core.books import ACCOUNT, MARIA, VENDOR, Books, charge
from tests.ledger_core.small_month import SmallMonth, small_month

AUGUST, SEPTEMBER = Period(2026, 8), Period(2026, 9)
CHARGED = {"Parks": 2275, "Police": 4846, "Water": 200}


@pytest.fixture
def month(some_books: Books) -> SmallMonth:
    """The small month, not charged yet, on either store."""
    return small_month(some_books)


def run(month: SmallMonth, period: Period = AUGUST) -> Run:
    return charge_back(month.books.ledger, period, MARIA)


def amounts(done: Run) -> dict[str, int]:
    return {charged.department: charged.amount for charged in done.departments}


def postings(month: SmallMonth, facts: tuple[Fact, ...]) -> dict[tuple[str, str, str, str], int]:
    """Minor units by (fund, role, department, partner) over some entries."""
    table = BODIES["postings"]
    sums: dict[tuple[str, str, str, str], int] = defaultdict(int)
    with month.books.ledger.reading() as connection:
        for row in connection.execute(select(table).where(table.c.fact.in_([fact.sequence for fact in facts]))):
            sums[row.fund, row.role, row.department, row.partner] += row.amount
    return {key: amount for key, amount in sums.items() if amount}


def test_each_department_is_charged_what_was_coded_to_it(month: SmallMonth) -> None:
    """Suspense, what IT keeps and what was booked directly are charged to nobody."""
    done = run(month)
    assert amounts(done) == CHARGED
    assert [fact.content["department"] for fact in done.posted] == ["Parks", "Police", "Water"]


def test_the_internal_service_fund_earns_what_the_users_bear(month: SmallMonth) -> None:
    """INV-28 and J3: revenue in the paying fund, cost in the user's, each owing the other."""
    assert postings(month, run(month).posted) == {
        ("520", Role.REVENUE, "", ""): -7321,
        ("520", Role.DUE_FROM, "", "001"): 7121,
        ("520", Role.DUE_FROM, "", "410"): 200,
        ("001", Role.COST, "Police", ""): 4846,
        ("001", Role.COST, "Parks", ""): 2275,
        ("001", Role.DUE_TO, "", "520"): -7121,
        ("410", Role.COST, "Water", ""): 200,
        ("410", Role.DUE_TO, "", "520"): -200,
    }


def test_an_entry_is_one_department_s_and_says_what_it_rests_on(month: SmallMonth) -> None:
    cut = month.books.size()
    police = run(month).posted[1]
    assert police.key == "entry/chargeback/2026-08/Police/USD/1"
    assert police.based_on == cut
    assert police.effective == date(2026, 8, 31)
    assert dict(police.content) == {
        "entry": "chargeback",
        "period": "2026-08",
        "department": "Police",
        "fund": "001",
        "currency": "USD",
        "amount": 4846,
        "journal": "CB-2026-08-Police-1",
        "narrative": "Chargeback 2026-08, department Police",
    }


def test_every_proof_holds_and_every_bill_is_accounted_for(month: SmallMonth) -> None:
    """INV-26: charged + direct + retained + suspense + held is what the bills credit, to the cent."""
    done = run(month)
    assert done.holds
    bills = next(proof for proof in done.proofs if proof.name.startswith("INV-26 bills"))
    assert bills.left == bills.right == 10041 + 2998
    assert {proof.name.split()[0] for proof in done.proofs} == {"INV-07", "INV-26", "INV-28", "INV-30"}


def test_a_preview_says_the_same_and_posts_nothing(month: SmallMonth) -> None:
    before = month.books.size()
    shown = preview(month.books.ledger, AUGUST)
    assert month.books.size() == before
    assert shown.posted == ()
    done = run(month)
    assert (shown.departments, shown.proofs, shown.cut) == (done.departments, done.proofs, done.cut)


def test_a_second_run_with_nothing_new_posts_nothing(month: SmallMonth) -> None:
    first = run(month)
    again = run(month)
    assert again.posted == ()
    assert again.departments == first.departments
    assert again.proofs == first.proofs


def test_a_late_bill_of_the_month_is_a_second_run_of_it(month: SmallMonth) -> None:
    run(month)
    month.late_bill()
    again = run(month)
    assert [fact.content["journal"] for fact in again.posted] == ["CB-2026-08-Parks-2"]
    assert amounts(again) == CHARGED | {"Parks": 2275 + 700}
    assert again.holds


def test_a_recoding_before_the_run_is_charged_where_it_ended(month: SmallMonth) -> None:
    month.recode(3, "Police")
    assert amounts(run(month)) == {"Parks": 300, "Police": 4846 + 1975, "Water": 200}


def test_a_correction_of_a_charged_month_lands_in_the_open_one(month: SmallMonth) -> None:
    """J6: what one fund is owed less by one, it is owed more by another; revenue does not change."""
    run(month)
    month.books.close("2026-08")
    moved = month.recode(3, "Water")
    assert moved.effective == date(2026, 9, 1)
    corrected = run(month, SEPTEMBER)
    assert amounts(corrected) == {"Parks": -1975, "Water": 1975}
    assert [charged.previous for charged in corrected.departments] == [2275, 200]
    assert corrected.holds
    assert postings(month, corrected.posted) == {
        ("520", Role.DUE_FROM, "", "001"): -1975,
        ("520", Role.DUE_FROM, "", "410"): 1975,
        ("001", Role.COST, "Parks", ""): -1975,
        ("001", Role.DUE_TO, "", "520"): 1975,
        ("410", Role.COST, "Water", ""): 1975,
        ("410", Role.DUE_TO, "", "520"): -1975,
    }


def test_what_left_suspense_later_is_charged_once(month: SmallMonth) -> None:
    run(month)
    month.books.close("2026-08")
    month.recode(4, "Police")
    assert amounts(run(month, SEPTEMBER)) == {"Police": 2070}
    assert run(month, SEPTEMBER).posted == ()


def test_a_reversed_bill_is_given_back(month: SmallMonth) -> None:
    """The reversal of a charged bill is a credit to everybody who was charged for it."""
    run(month)
    month.books.reverse(month.entry)
    assert amounts(run(month, SEPTEMBER)) == {name: -amount for name, amount in CHARGED.items()}


def test_a_later_month_takes_what_an_earlier_run_could_not_see(month: SmallMonth) -> None:
    """A month that was never charged back is not lost: the next run takes it with it."""
    assert amounts(run(month, SEPTEMBER)) == CHARGED
    assert run(month, AUGUST).posted == ()


def test_a_reimbursed_account_moves_cost_by_its_object_and_earns_nothing(some_books: Books) -> None:
    """INV-29 and INV-30: the payer's cost leaves by the object by which it arrives; within a fund nobody owes."""
    for sheet, rows in (
        ("departments", [{"department": "Parks", "fund": "001"}, {"department": "Water", "fund": "410"}]),
        ("vendor_accounts", [{"vendor": VENDOR, "account": ACCOUNT, "treatment": "reimburse", "paying_fund": "001"}]),
        ("services", [{"service": "1", "department": "Parks", "object": "64220"},
                      {"service": "2", "department": "Water", "object": "64220"}]),
    ):  # fmt: skip
        some_books.load(sheet, rows)
    bill = some_books.receive([charge("10.00", "1"), charge("2.50", "2", line=2)])
    month = SmallMonth(some_books, bill, bill)
    done = run(month)
    assert done.holds
    assert postings(month, done.posted) == {
        ("001", Role.COST, "", ""): -1250,
        ("001", Role.COST, "Parks", ""): 1000,
        ("001", Role.DUE_FROM, "", "410"): 250,
        ("410", Role.COST, "Water", ""): 250,
        ("410", Role.DUE_TO, "", "001"): -250,
    }


def test_a_net_credit_is_the_same_entry_with_the_signs_turned(month: SmallMonth) -> None:
    """J4: a credit memo on a department's line goes back to the department."""
    run(month)
    month.books.receive([charge("-5.00")], "credit", bill_date=date(2026, 9, 10), credit_note=True)
    done = run(month, SEPTEMBER)
    assert amounts(done) == {"Police": -500}
    assert postings(month, done.posted) == {
        ("520", Role.REVENUE, "", ""): 500,
        ("520", Role.DUE_FROM, "", "001"): -500,
        ("001", Role.COST, "Police", ""): -500,
        ("001", Role.DUE_TO, "", "520"): 500,
    }


def test_the_fund_is_the_one_the_coding_went_by(month: SmallMonth) -> None:
    """A department that moved to another fund since is charged where its account string lies."""
    month.books.load("departments", [{"department": "Police", "fund": "410", "treatment": "recover"}])
    police = next(charged for charged in run(month).departments if charged.department == "Police")
    assert police.fund == "001"


def test_a_closed_month_takes_no_chargeback(month: SmallMonth) -> None:
    """INV-39."""
    month.books.close("2026-08")
    with pytest.raises(PeriodClosed, match="it is closed, and an entry dated 2026-08-31"):
        run(month)


def test_an_empty_ledger_charges_nobody(some_books: Books) -> None:
    done = charge_back(some_books.ledger, parse_period("0001-01"), MARIA)
    assert (done.departments, done.posted, done.proofs) == ((), (), ())


def test_the_same_facts_give_the_same_entries(month: SmallMonth) -> None:
    """INV-32: a run is a function of what was recorded; two previews of one cut are one."""
    assert preview(month.books.ledger, AUGUST) == preview(month.books.ledger, AUGUST)
    assert run(month).posted[0].recorded > datetime(2026, 9, 1, tzinfo=UTC)
