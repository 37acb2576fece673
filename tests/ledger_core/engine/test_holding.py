"""Holding: what is held is neither charged back nor recoded, no actual money moves, and everything adds up."""

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from sqlalchemy import text

from ledger_core.engine.chargeback import charge_back
from ledger_core.engine.holding import Because, Portion, Withheld, hold, release
from ledger_core.engine.recoding import Recoding, Selection, Target, recode
from ledger_core.engine.reversal import reverse
from ledger_core.engine.verification.verification import Request, verify
from ledger_core.errors import LedgerRefused, TollbookError, Unknown, UsageRefused
from ledger_core.facts.charge import ChargeKind
from ledger_core.policy.periods import parse_period
from ledger_core.projections import bills, holds
from ledger_core.projections.balances import balances
from ledger_core.projections.charges import Asked, charge_lines
from ledger_core.projections.evidence import why
from ledger_core.projections.months import Months
from ledger_core.projections.statements import Statements
from ledger_core.projections.suspense import unassigned
from ledger_core.projections.trail import paths
from ledger_core.store import log
from ledger_core.store.database import Database
from tests.ledger_core.books import MARIA, Books, books, charge, owned
from tests.ledger_core.engine.accounts import gaps

LOST = "2065559999"  # a line that nobody owns
_ROLES = ("cost", "payable", "suspense", "revenue", "due_from", "due_to", "retained", "disputed", "held")
AUGUST, SEPTEMBER = parse_period("2026-08"), parse_period("2026-09")


@pytest.fixture
def kept(database: Database, tmp_path: Path) -> Books:
    """Books with two departments, a rule, and one bill: Police's line, Parks' line, an unowned line, split usage."""
    made = books(database, tmp_path)
    owned(made)
    made.load("account_roles", [{"role": role, "account": role} for role in _ROLES])
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


def held_now(kept: Books) -> dict[int, int]:
    """What is held by line of the last bill."""
    with kept.ledger.reading() as connection:
        found = holds.held(connection, log.last_sequence(connection))
        return {line: amount for (_, line), amount in found.lines.items()}


def holding(kept: Books, *lines: int | tuple[int, int], why: Because | None = None) -> Withheld:
    with kept.ledger.acting(MARIA) as act:
        return hold(act, _portions(kept, lines), why or Because("The rate looks wrong"), kept.folder / "spool")


def releasing(kept: Books, *lines: int | tuple[int, int], why: Because | None = None) -> Withheld:
    with kept.ledger.acting(MARIA) as act:
        return release(act, _portions(kept, lines), why or Because("It was right"), kept.folder / "spool")


def _portions(kept: Books, lines: tuple[int | tuple[int, int], ...]) -> list[Portion]:
    bill = bill_of(kept)
    return [Portion.of(bill, line) if isinstance(line, int) else Portion.of(bill, *line) for line in lines]


def charged(kept: Books, period: str = "2026-08") -> dict[str, int]:
    """Charge the month back, its proofs holding: by department what the month came to."""
    run = charge_back(kept.ledger, parse_period(period), MARIA)
    assert all(proof.holds for proof in run.proofs), run.proofs
    return {one.department: one.amount for one in run.departments}


def by_department(kept: Books) -> dict[str, tuple[int, int, int]]:
    """Attributed, charged and held."""
    with kept.ledger.reading() as connection:
        found = balances(connection, ("department",), until=log.last_sequence(connection))
        return {str(row.department): (row.attributed or 0, row.charged or 0, row.held or 0) for row in found.rows}


def test_a_hold_is_a_memo_pair_of_the_same_dimensions_as_the_cost(kept: Books) -> None:
    done = holding(kept, 1)
    (fact,) = done.facts
    assert (done.charges, done.amount, fact.content["entry"], str(fact.effective)) == (1, 1000, "hold", "2026-08-28")
    with kept.ledger.reading() as connection:
        rows = connection.execute(
            text(
                "SELECT role, partner, book, fund, department, object, vendor, booked, billed, amount FROM postings "
                "WHERE fact = :fact ORDER BY line"
            ),
            {"fact": fact.sequence},
        ).all()
        cost = connection.exec_driver_sql(
            "SELECT fund, department, object, vendor, booked, billed FROM postings WHERE role = 'cost' "
            "AND department = 'Police' ORDER BY fact, line"
        ).first()
    assert cost is not None
    assert [tuple(row) for row in rows] == [
        ("disputed", "cost", "memo", *cost, 1000),
        ("held", "cost", "memo", *cost, -1000),
    ]
    assert list(gaps(kept)) == []


def test_the_bills_own_entry_and_the_trial_balance_are_untouched(kept: Books) -> None:
    with kept.ledger.reading() as connection:
        before = balances(connection, until=log.last_sequence(connection))
    holding(kept, 1, 3)
    with kept.ledger.reading() as connection:
        assert balances(connection, until=log.last_sequence(connection)) == before


def test_what_is_held_is_not_charged_back_until_it_is_released(kept: Books) -> None:
    """INV-36."""
    holding(kept, 1, (4, 50))
    assert charged(kept) == {"Parks": 701 + 33, "Police": 17}
    releasing(kept, 1)
    assert charged(kept, "2026-09") == {"Police": 1000}


def test_a_hold_after_the_month_was_charged_gives_it_back_and_its_release_charges_it_again(kept: Books) -> None:
    assert charged(kept) == {"Parks": 768, "Police": 1033}
    kept.close("2026-08")
    done = holding(kept, 1)
    assert [str(fact.effective) for fact in done.facts] == ["2026-09-01"]
    assert charged(kept, "2026-09") == {"Police": -1000}
    kept.close("2026-09")
    releasing(kept, 1)
    assert charged(kept, "2026-10") == {"Police": 1000}


def test_balances_say_what_is_held_of_what_is_attributed(kept: Books) -> None:
    """The sum of all is still the sum of the charges."""
    holding(kept, 1)
    charged(kept)
    assert by_department(kept) == {"": (555, 0, 0), "Parks": (0, 768, 0), "Police": (1000, 33, 1000)}


def test_shares_sum_to_the_charge_and_say_which_part_is_held(kept: Books) -> None:
    holding(kept, (1, 250), 3, (4, 50))
    with kept.ledger.reading() as connection:
        lines = list(charge_lines(connection, Asked(), until=log.last_sequence(connection)))
    assert [[(one.department, one.amount, one.state) for one in line.shares] for line in lines] == [
        [("Police", 750, "coded"), ("Police", 250, "held")],
        [("Parks", 701, "coded")],
        [("", 555, "held")],
        [("Parks", 33, "coded"), ("Parks", 34, "held"), ("Police", 17, "coded"), ("Police", 16, "held")],
    ]
    assert all(sum(share.amount for share in line.shares) == line.amount for line in lines)


def test_a_part_of_a_charge_is_held_of_its_parts_by_largest_remainder(kept: Books) -> None:
    """50 of 67 and 33 cents: 33.5 and 16.5, the spare cent to the first."""
    done = holding(kept, (4, 50))
    with kept.ledger.reading() as connection:
        query = text("SELECT department, amount FROM postings WHERE fact = :fact AND role = 'disputed'")
        rows = connection.execute(query, {"fact": done.facts[0].sequence}).all()
    assert sorted(map(tuple, rows)) == [("Parks", 34), ("Police", 16)]
    assert held_now(kept) == {4: 50}


def test_what_lies_in_suspense_can_be_held_and_leaves_the_queue_meanwhile(kept: Books) -> None:
    holding(kept, 3)
    with kept.ledger.reading() as connection:
        assert unassigned(connection, until=log.last_sequence(connection)) == []
    releasing(kept, 3)
    with kept.ledger.reading() as connection:
        assert [one.amount for one in unassigned(connection, until=log.last_sequence(connection))] == [555]


def test_credits_are_held_with_their_sign(kept: Books) -> None:
    kept.receive([charge("20.00"), charge("-3.00", line=2, kind=ChargeKind.CREDIT)], "2")
    assert holding(kept, (2, -100)).amount == -100
    with pytest.raises(LedgerRefused, match="sign"):
        holding(kept, (2, 100))
    assert held_now(kept) == {2: -100}


@pytest.mark.parametrize("asked", [(1, 1001), (1, 0), (1, -5), (2, 702)])
def test_more_than_there_is_cannot_be_held(kept: Books, asked: tuple[int, int]) -> None:
    with pytest.raises(LedgerRefused) as refused:
        holding(kept, asked)
    assert refused.value.code == "too-much"


def test_what_is_held_already_cannot_be_held_twice(kept: Books) -> None:
    holding(kept, (1, 600))
    with pytest.raises(LedgerRefused, match=r"there is 4\.00"):
        holding(kept, (1, 401))
    assert holding(kept, 1).amount == 400
    assert holding(kept, 1).unchanged == 1


def test_more_than_is_held_cannot_be_released(kept: Books) -> None:
    """A release beyond what was billed, and held, is refused with the reason."""
    holding(kept, (1, 600))
    with pytest.raises(LedgerRefused, match=r"7\.00 of it cannot be released: there is 6\.00") as refused:
        releasing(kept, (1, 700))
    assert refused.value.code == "too-much"
    assert releasing(kept, 2).unchanged == 1


def test_what_is_held_is_released_bit_by_bit(kept: Books) -> None:
    holding(kept, (1, 600))
    holding(kept, (1, 300))
    assert [releasing(kept, *lines).amount for lines in (((1, 100),), ((1, 500),), (1,))] == [100, 500, 300]
    assert held_now(kept) == {}
    with pytest.raises(LedgerRefused, match=r"there is 0\.00"):
        releasing(kept, (1, 1))


def test_what_a_dispute_holds_is_released_by_the_dispute_alone(kept: Books) -> None:
    dispute = Because("Wrong rate", dispute="DSP-0f1e2d3c4b5a6978")
    holding(kept, (1, 600), why=dispute)
    with pytest.raises(LedgerRefused, match="dispute DSP-0f1e2d3c4b5a6978 holds it"):
        releasing(kept, 1)
    assert releasing(kept, (1, 200), why=dispute).amount == 200
    with kept.ledger.reading() as connection:
        until = log.last_sequence(connection)
        assert list(holds.held(connection, until, dispute=dispute.dispute).lines.values()) == [400]
        assert holds.held(connection, until, dispute="").lines == {}


def test_what_is_held_is_neither_recoded_nor_reversed(kept: Books) -> None:
    holding(kept, (1, 1))
    bill = bill_of(kept)
    plan = Recoding((Selection(bill, ((1, 1),)),), (Target("Parks", "5420"),))
    with pytest.raises(LedgerRefused, match="Release it first") as recoded, kept.ledger.acting(MARIA) as act:
        recode(act, plan, "why", kept.folder / "spool")
    with pytest.raises(LedgerRefused, match=r"0\.01 USD of it is held") as reversed_, kept.ledger.acting(MARIA) as act:
        reverse(act, bill, "why", kept.folder / "spool")
    assert recoded.value.code == reversed_.value.code == "held"


def test_after_the_release_it_is_recoded_and_reversed_as_ever(kept: Books) -> None:
    holding(kept, 1, 4)
    releasing(kept, 1, 4)
    bill = bill_of(kept)
    with kept.ledger.acting(MARIA) as act:
        split = (Target("Police", "5420", Fraction(1)), Target("Parks", "5420", Fraction(2)))
        recode(act, Recoding((Selection(bill, ((1, 1),)),), split), "why", kept.folder / "spool")
        reverse(act, bill, "why", kept.folder / "spool")
    assert list(gaps(kept)) == []
    with kept.ledger.reading() as connection:
        assert {row.balance for row in balances(connection, until=log.last_sequence(connection)).rows} == {0}


def test_a_recoded_charge_is_held_where_it_is_now(kept: Books) -> None:
    bill = bill_of(kept)
    with kept.ledger.acting(MARIA) as act:
        recode(act, Recoding((Selection(bill, ((1, 1),)),), (Target("Parks", "5420"),)), "why", kept.folder / "spool")
    holding(kept, 1)
    assert charged(kept) == {"Parks": 768, "Police": 33}


def test_a_hold_goes_by_the_fund_that_the_cost_went_by(kept: Books) -> None:
    """A department that moved to another fund since gets its money back in the fund that was charged."""
    charged(kept)
    kept.load("departments", [{"department": "Police", "fund": "410", "treatment": "recover"}])
    holding(kept, 1)
    charge_back(kept.ledger, SEPTEMBER, MARIA)
    with kept.ledger.reading() as connection:
        costs = [one for one in Months(connection, log.last_sequence(connection)).all() if one.department == "Police"]
    assert {one.department_fund for one in costs} == {"001"}


def test_a_release_is_not_dated_before_its_hold(kept: Books) -> None:
    kept.close("2026-08")
    holding(kept, 1)
    kept.record("period-reopened", "period/2026-08/again", {"period": "2026-08", "reason": "late"})
    assert [str(fact.effective) for fact in releasing(kept, 1).facts] == ["2026-09-01"]


def test_a_hold_may_be_dated_later(kept: Books) -> None:
    done = holding(kept, 1, why=Because("later", since=date(2026, 10, 15)))
    assert [str(fact.effective) for fact in done.facts] == ["2026-10-15"]


def test_the_memo_pair_verifies_like_any_entry(kept: Books) -> None:
    holding(kept, 1, (4, 50))
    assert verify(Request(kept.ledger.database, kept.archive)).differences == ()


def test_a_whole_bill_is_held_in_one_act(kept: Books) -> None:
    with kept.ledger.acting(MARIA) as act:
        done = hold(act, [Portion(Selection(bill_of(kept)))], Because("A copy of last month's"), kept.folder / "spool")
    assert (done.charges, done.amount) == (4, 2356)
    assert charged(kept) == {}


@pytest.mark.parametrize(
    ("portions", "why", "error"),
    [
        ([], Because("why"), UsageRefused),
        ([Portion.of("B-none-1", 1)], Because("why"), Unknown),
        ([Portion.of("B-none-1", 1)], Because("  "), UsageRefused),
        ([Portion(Selection("B-none-1"), 5)], Because("why"), UsageRefused),
        ([Portion.of("B-none-1", 1, 5), Portion.of("B-none-1", 1, 6)], Because("why"), UsageRefused),
    ],
)
def test_what_cannot_be_followed_is_refused(
    kept: Books, portions: list[Portion], why: Because, error: type[TollbookError]
) -> None:
    size = kept.size()
    with pytest.raises(error), kept.ledger.acting(MARIA) as act:
        hold(act, portions, why, kept.folder / "spool")
    assert kept.size() == size


def test_statements_say_what_is_held_and_not_billed(kept: Books) -> None:
    holding(kept, (1, 250), 2)
    charged(kept)
    with kept.ledger.reading() as connection:
        police = Statements(connection, AUGUST).of("Police")
    assert [(line.charge, line.amount, line.whole) for line in police.held] == [(f"{bill_of(kept)}:1", 250, 1000)]
    assert (police.total, police.suspense) == (783, 555)
    (line,) = [line for line in police.lines if line.charge.endswith(":1")]
    assert "maria held it on 2026-09-01 in E" in line.why
    kept.close("2026-08")
    releasing(kept, 1, 2)
    charged(kept, "2026-09")
    with kept.ledger.reading() as connection:
        before, after = (Statements(connection, month).of("Police") for month in (AUGUST, SEPTEMBER))
    assert before == police
    assert [(line.amount, line.corrects) for line in after.corrections] == [(250, "2026-08")]
    assert (after.held, after.total) == ((), 250)


def test_a_trace_shows_the_hold_and_what_gave_it_back(kept: Books) -> None:
    charged(kept)
    done = holding(kept, 1)
    charged(kept, "2026-09")
    with kept.ledger.reading() as connection:
        (path,) = paths(connection, f"{bill_of(kept)}:1", until=log.last_sequence(connection))
        (behind,) = paths(connection, f"E{done.facts[0].sequence}", until=log.last_sequence(connection))
        grounds = why(connection, f"{bill_of(kept)}:1", until=log.last_sequence(connection))
    assert [(one.kind, one.part) for one in path.postings if one.kind == "hold"] == [("hold", 1000), ("hold", -1000)]
    assert sum(one.part for one in path.postings if one.kind == "chargeback") == 0
    assert path.statements == (("2026-08", "Police"), ("2026-09", "Police"))
    assert behind == path
    assert "because maria held it on 2026-09-01" in grounds.sentence
