"""Disputes: what is withheld stays unpaid and uncharged until it is decided, and every cent ends somewhere."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from ledger_core.engine.chargeback import charge_back
from ledger_core.engine.disputing import Advance, Claim, advance, credited, open_dispute
from ledger_core.engine.holding import Because, Portion, hold
from ledger_core.engine.recoding import Selection
from ledger_core.engine.reversal import reverse
from ledger_core.engine.verification.verification import Request, verify
from ledger_core.errors import LedgerRefused, TollbookError, Unknown, UsageRefused
from ledger_core.facts.charge import Charge, ChargeKind
from ledger_core.facts.fact import Fact
from ledger_core.policy.disputes import Mode, State, Step
from ledger_core.policy.periods import parse_period
from ledger_core.projections import bills, holds
from ledger_core.projections.disputes import Dispute, dispute_of, disputes
from ledger_core.projections.statements import Statements
from ledger_core.store import log
from ledger_core.store.database import Database
from tests.ledger_core.books import ACCOUNT, MARIA, VENDOR, Books, books, charge, owned

_ROLES = ("cost", "payable", "suspense", "revenue", "due_from", "due_to", "retained", "disputed", "held")
OPENED = date(2026, 9, 2)


@pytest.fixture
def kept(database: Database, tmp_path: Path) -> Books:
    """Books of an internal service fund: Police's line with 10.00, its tax of 1.01 and a wrong excise of 0.30, and
    Parks' line with 7.00 and 0.70."""
    made = books(database, tmp_path, default_fund="520")
    owned(made)
    made.load("funds", [{"fund": "520", "name": "IT", "kind": "internal-service"}, {"fund": "001", "name": "General"}])
    made.load("account_roles", [{"role": role, "account": role} for role in _ROLES])
    made.load("vendor_accounts", [{"vendor": VENDOR, "account": ACCOUNT, "treatment": "recover", "paying_fund": "520",
                                   "terms_days": "30", "dispute_days": "60"}])  # fmt: skip
    made.receive(
        [
            charge("10.00", line=1),
            charge("1.01", line=2, kind=ChargeKind.TAX, product="SALES"),
            charge("0.30", line=3, kind=ChargeKind.TAX, product="EXCISE"),
            charge("7.00", "2065550101", line=4),
            charge("0.70", "2065550101", line=5, kind=ChargeKind.TAX, product="SALES"),
        ]
    )
    return made


def bill_of(kept: Books) -> str:
    with kept.ledger.reading() as connection:
        return bills.all_bills(connection)[-1].bill


def opened(
    kept: Books, *lines: int | tuple[int, int], reason: str = "The contract says 8.00", bill: str = "", **claim: object
) -> Dispute:
    named = bill or bill_of(kept)
    portions = tuple(Portion.of(named, *((line,) if isinstance(line, int) else line)) for line in lines)
    with kept.ledger.acting(MARIA) as act:
        (made,) = open_dispute(act, Claim(portions, **{"on": OPENED, **claim}), reason, kept.folder / "spool")  # type: ignore[arg-type]  # fields by name
        return made


def took(kept: Books, name: str, step: Step, amount: int | None = None, **fields: object) -> Dispute:
    with kept.ledger.acting(MARIA) as act:
        found = Advance(step, amount=amount, **{"on": date(2026, 9, 20), **fields})  # type: ignore[arg-type]  # fields by name
        advance(act, name, found, "As they wrote", kept.folder / "spool")
        return dispute_of(act.connection, name)


def gave(kept: Books, name: str, credits_: Sequence[Charge], number: str, day: date) -> tuple[Dispute, Sequence[Fact]]:
    """The vendor's next bill, with a credit on its first line."""
    judged = kept.receive(credits_, number, bill_date=day, period_from=day.replace(day=1), period_to=day)
    assert judged.fact is not None
    with kept.ledger.acting(MARIA) as act:
        amount = -int(credits_[0].exact * 100)
        facts = credited(act, name, (judged.fact.sequence, 1), amount, spools=kept.folder / "spool")
        return dispute_of(act.connection, name), facts


def held_now(kept: Books) -> dict[int, int]:
    with kept.ledger.reading() as connection:
        lines = holds.held(connection, log.last_sequence(connection)).lines
        return {line: amount for (_, line), amount in lines.items()}


def charged(kept: Books, period: str) -> dict[str, int]:
    """Charge the month back, its proofs holding: by department what the month came to."""
    run = charge_back(kept.ledger, parse_period(period), MARIA)
    assert all(proof.holds for proof in run.proofs), run.proofs
    return {one.department: one.amount for one in run.departments if one.amount}


def by_fund(kept: Books, *, memo: bool = False) -> dict[tuple[str, str], int]:
    """Minor units by (fund, role) of the actual book, or of the memo book; what is zero left out."""
    query = text("SELECT fund, role, sum(amount) FROM postings WHERE book = :book GROUP BY fund, role")
    with kept.ledger.reading() as connection:
        rows = connection.execute(query, {"book": "memo" if memo else "actual"})
        return {(fund, role): int(amount) for fund, role, amount in rows if amount}


# --- opening ---------------------------------------------------------------------------------------------------------


def test_the_disputed_lines_and_their_tax_are_held(kept: Books) -> None:
    """2.00 of 10.00 taxed with 1.01 and 0.30: 0.202 and 0.06, together 0.26 of 1.31."""
    one = opened(kept, (1, 200), codes=("rate-above-contract",))
    assert [(line.line, line.amount, line.what) for line in one.lines] == [
        (1, 200, "named"), (2, 20, "tax"), (3, 6, "tax"),
    ]  # fmt: skip
    assert (one.amount, one.tax, one.pending, one.mode, one.state) == (226, 26, 226, Mode.WITHHELD, State.OPEN)
    assert held_now(kept) == {1: 200, 2: 20, 3: 6}
    assert charged(kept, "2026-08") == {"Police": 1131 - 226, "Parks": 770}
    assert verify(Request(kept.ledger.database, kept.archive)).differences == ()


def test_tax_can_be_left_out_and_be_disputed_alone(kept: Books) -> None:
    assert opened(kept, 1, tax=False).amount == 1000
    assert opened(kept, 3).amount == 30
    assert held_now(kept) == {1: 1000, 3: 30}


def test_of_a_whole_bill_the_tax_is_named_already(kept: Books) -> None:
    with kept.ledger.acting(MARIA) as act:
        whole = Claim((Portion(Selection(bill_of(kept))),), OPENED)
        (one,) = open_dispute(act, whole, "A copy of July's", kept.folder / "spool")
    assert (one.amount, one.tax) == (1901, 0)


def test_a_bill_of_which_something_is_claimed_back_is_not_reversed(kept: Books) -> None:
    """Its credit could follow nothing any more; once the dispute is withdrawn, the bill is reversed as ever."""
    one = opened(kept, (1, 600), mode=Mode.CLAIMED)
    with pytest.raises(LedgerRefused, match=rf"is claimed in {one.dispute}"), kept.ledger.acting(MARIA) as act:
        reverse(act, bill_of(kept), "wrong", kept.folder / "spool")
    took(kept, one.dispute, Step.WITHDRAWN)
    with kept.ledger.acting(MARIA) as act:
        assert reverse(act, bill_of(kept), "wrong", kept.folder / "spool").undone is None


def test_what_is_disputed_already_is_not_disputed_twice(kept: Books) -> None:
    first = opened(kept, (1, 600), tax=False)
    with pytest.raises(LedgerRefused, match=rf"there is 4\.00; {first.dispute} is about it") as refused:
        opened(kept, (1, 401))
    assert refused.value.code == "too-much"
    assert opened(kept, 1, tax=False).amount == 400
    with pytest.raises(LedgerRefused, match="not disputed already"):
        opened(kept, 1, tax=False)


def test_lines_of_several_bills_make_a_dispute_each(kept: Books) -> None:
    first = bill_of(kept)
    kept.receive([charge("12.00")], "2", bill_date=date(2026, 7, 28))
    portions = (Portion.of(first, 1, 200), Portion.of(bill_of(kept), 1, 400))
    with kept.ledger.acting(MARIA) as act:
        made = open_dispute(act, Claim(portions, OPENED), "The contract says 8.00", kept.folder / "spool")
    assert sorted(one.amount for one in made) == [226, 400]
    assert len({one.dispute for one in made}) == 2
    with kept.ledger.reading() as connection:
        assert disputes(connection) == list(made)


def test_what_was_held_before_is_taken_over(kept: Books) -> None:
    with kept.ledger.acting(MARIA) as act:
        hold(act, [Portion.of(bill_of(kept), 1)], Because("Looks wrong"), kept.folder / "spool")
    one = opened(kept, (1, 200), tax=False)
    with kept.ledger.reading() as connection:
        until = log.last_sequence(connection)
        found = [list(holds.held(connection, until, dispute=name).lines.values()) for name in ("", one.dispute)]
    assert found == [[800], [200]]


def test_the_deadline_comes_from_the_agreement_before_the_account(kept: Books) -> None:
    """60 days from 28 August are 27 October 2026, a Tuesday; 30 days are a Sunday, and Friday is the last day."""
    assert opened(kept, (1, 1), tax=False).deadline == date(2026, 10, 27)
    kept.load("agreements", [{"contract": "MSA-1", "vendor": VENDOR, "account": "", "dispute_days": "30"}])
    one = opened(kept, (1, 1), tax=False)
    assert (one.deadline, one.due, one.late) == (date(2026, 9, 25), date(2026, 9, 27), False)


def test_a_late_dispute_is_recorded_all_the_same_and_marked_late(kept: Books) -> None:
    one = opened(kept, 1, on=date(2026, 10, 28))
    assert (one.late, one.state, one.amount) == (True, State.OPEN, 1131)


def test_a_dispute_whose_notice_is_late_is_late(kept: Books) -> None:
    one = opened(kept, 1)
    assert not one.late
    assert took(kept, one.dispute, Step.NOTICED, on=date(2026, 10, 28), method="portal").late


@pytest.mark.parametrize(
    ("portions", "reason", "error"),
    [
        ((), "why", UsageRefused),
        ((Portion.of("B-none-1", 1),), " ", UsageRefused),
        ((Portion.of("B-none-1", 1),), "why", Unknown),
    ],
)
def test_what_cannot_be_disputed_is_refused(
    kept: Books, portions: tuple[Portion, ...], reason: str, error: type[TollbookError]
) -> None:
    size = kept.size()
    with pytest.raises(error), kept.ledger.acting(MARIA) as act:
        open_dispute(act, Claim(portions, OPENED), reason, kept.folder / "spool")
    assert kept.size() == size


def test_a_credit_alone_is_nothing_to_dispute(kept: Books) -> None:
    kept.receive([charge("-5.00", kind=ChargeKind.CREDIT)], "2")
    with pytest.raises(LedgerRefused, match=r"comes to -5\.00"):
        opened(kept, 1)


def test_a_department_sees_what_of_its_charges_is_claimed_back(kept: Books) -> None:
    """A third of a charge is claimed: each department its part, on the statement, while it is pending."""
    kept.receive([charge("9.00", "", kind=ChargeKind.USAGE)], "2")
    one = opened(kept, (1, 300), mode=Mode.CLAIMED)
    charged(kept, "2026-08")
    with kept.ledger.reading() as connection:
        found = [Statements(connection, parse_period("2026-08")).of(name) for name in ("Police", "Parks")]
    assert [[(line.amount, line.whole) for line in statement.pending] for statement in found] == [
        [(100, 900)], [(200, 900)],
    ]  # fmt: skip
    assert all(one.dispute in line.why for statement in found for line in statement.pending)
    took(kept, one.dispute, Step.REFUSED)
    kept.receive([charge("1.00")], "3", bill_date=date(2026, 9, 28))
    charged(kept, "2026-09")
    with kept.ledger.reading() as connection:
        assert Statements(connection, parse_period("2026-09")).of("Police").pending == ()


# --- the vendor answers ----------------------------------------------------------------------------------------------


def test_steps_are_kept_with_their_days_methods_and_references(kept: Books) -> None:
    one = opened(kept, (1, 200))
    assert took(kept, one.dispute, Step.NOTICED, method="portal", reference="T-4711").state is State.NOTICED
    late = took(kept, one.dispute, Step.ESCALATED, on=date(2026, 10, 25), method="letter", reference="Director")
    assert (late.state, late.noticed) == (State.ESCALATED, date(2026, 9, 20))
    assert [(step.step, step.method, step.reference) for step in late.steps] == [
        (Step.NOTICED, "portal", "T-4711"), (Step.ESCALATED, "letter", "Director"),
    ]  # fmt: skip


def test_lost_it_is_released_and_charged_in_the_open_month(kept: Books) -> None:
    """J5, lost: per fund to the cent. No actual account moves by the hold or its release."""
    one = opened(kept, 3)  # the excise of 0.30
    assert charged(kept, "2026-08") == {"Police": 1101, "Parks": 770}
    before = by_fund(kept)
    assert before == {
        ("520", "cost"): 1901, ("520", "payable"): -1901,
        ("520", "due_from"): 1871, ("520", "revenue"): -1871, ("001", "cost"): 1871, ("001", "due_to"): -1871,
    }  # fmt: skip
    assert by_fund(kept, memo=True) == {("520", "disputed"): 30, ("520", "held"): -30}
    kept.close("2026-08")
    lost = took(kept, one.dispute, Step.REFUSED)
    assert (lost.state, lost.pending, lost.dropped) == (State.REFUSED, 0, 30)
    assert by_fund(kept, memo=True) == {}
    assert by_fund(kept) == before
    assert charged(kept, "2026-09") == {"Police": 30}
    assert by_fund(kept)[("520", "due_from")] == 1901


def test_won_it_stays_held_until_the_credit_comes_and_both_net_to_zero(kept: Books) -> None:
    """J5, won: the vendor's later credit clears the pair; no department is ever charged."""
    one = opened(kept, 3)
    assert charged(kept, "2026-08") == {"Police": 1101, "Parks": 770}
    kept.close("2026-08")
    won = took(kept, one.dispute, Step.CONCEDED)
    assert (won.state, won.pending, won.conceded) == (State.CONCEDED, 30, 30)
    assert charged(kept, "2026-09") == {}
    assert held_now(kept) == {3: 30}
    kept.close("2026-09")
    credit = charge("-0.30", kind=ChargeKind.CREDIT, product="EXCISE")
    settled, facts = gave(kept, one.dispute, [credit], "3", date(2026, 10, 28))
    assert (settled.state, settled.pending, settled.credited) == (State.SETTLED, 0, 30)
    assert [fact.content.get("step") or fact.content["entry"] for fact in facts] == ["release", "credited", "settled"]
    assert str(facts[0].effective) == "2026-10-28"
    assert (held_now(kept), by_fund(kept, memo=True)) == ({}, {})
    assert charged(kept, "2026-10") == {}
    assert by_fund(kept) == {
        ("520", "cost"): 1871, ("520", "payable"): -1871,
        ("520", "due_from"): 1871, ("520", "revenue"): -1871, ("001", "cost"): 1871, ("001", "due_to"): -1871,
    }  # fmt: skip
    assert verify(Request(kept.ledger.database, kept.archive)).differences == ()


def test_conceded_in_part_the_rest_is_released_and_charged(kept: Books) -> None:
    """J5, in between: 0.20 of 0.30 comes back, 0.10 is ours."""
    one = opened(kept, 3)
    charged(kept, "2026-08")
    kept.close("2026-08")
    part = took(kept, one.dispute, Step.CONCEDED, 20, final=True)
    assert (part.state, part.conceded, part.dropped, part.pending) == (State.CONCEDED, 20, 10, 20)
    assert charged(kept, "2026-09") == {"Police": 10}
    assert by_fund(kept, memo=True) == {("520", "disputed"): 20, ("520", "held"): -20}
    settled, _ = gave(kept, one.dispute, [charge("-0.20", kind=ChargeKind.CREDIT)], "3", date(2026, 9, 28))
    assert settled.state is State.SETTLED
    assert charged(kept, "2026-09") == {"Police": 10}
    assert by_fund(kept)[("520", "due_from")] == 1881


def test_a_claimed_dispute_moves_no_money(kept: Books) -> None:
    """Paid and claimed: it stays charged, and is shown as pending."""
    one = opened(kept, 3, mode=Mode.CLAIMED)
    assert (held_now(kept), one.pending, one.entries) == ({}, 30, ())
    assert charged(kept, "2026-08") == {"Police": 1131, "Parks": 770}
    settled, facts = gave(kept, one.dispute, [charge("-0.30", kind=ChargeKind.CREDIT)], "2", date(2026, 9, 28))
    assert [fact.content["step"] for fact in facts] == ["credited", "settled"]
    assert settled.state is State.SETTLED
    assert charged(kept, "2026-09") == {"Police": -30}


def test_what_was_paid_can_only_be_claimed(kept: Books) -> None:
    kept.load("vendor_accounts", [{"vendor": VENDOR, "account": ACCOUNT, "treatment": "recover", "paying_fund": "520",
                                   "paid_by": "card"}])  # fmt: skip
    kept.receive([charge("12.00")], "2")
    assert opened(kept, (1, 400)).mode is Mode.CLAIMED


def test_credits_come_in_parts_and_lines_of_a_dispute_share_them(kept: Books) -> None:
    """1.13 of 2.26: half of each line, the spare cents by largest remainder."""
    one = opened(kept, (1, 200))
    part, _ = gave(kept, one.dispute, [charge("-1.13", kind=ChargeKind.CREDIT)], "2", date(2026, 9, 28))
    assert [(line.amount, line.conceded, line.credited) for line in part.lines] == [(200, 100, 100), (20, 10, 10),
                                                                                    (6, 3, 3)]  # fmt: skip
    assert (part.state, part.pending, held_now(kept)) == (State.OPEN, 113, {1: 100, 2: 10, 3: 3})
    settled, _ = gave(kept, one.dispute, [charge("-1.13", kind=ChargeKind.CREDIT)], "3", date(2026, 10, 28))
    assert (settled.state, held_now(kept)) == (State.SETTLED, {})


def test_a_credit_beyond_what_is_pending_is_refused(kept: Books) -> None:
    one = opened(kept, 3)
    took(kept, one.dispute, Step.REFUSED, 10)
    with pytest.raises(LedgerRefused, match=r"0\.21 of it cannot be: 0\.20 USD is pending") as refused:
        gave(kept, one.dispute, [charge("-0.21", kind=ChargeKind.CREDIT)], "2", date(2026, 9, 28))
    assert refused.value.code == "too-much"


@pytest.mark.parametrize(
    ("step", "amount", "on", "code"),
    [
        (Step.CONCEDED, 31, date(2026, 9, 20), "too-much"),
        (Step.REFUSED, 0, date(2026, 9, 20), "too-much"),
        (Step.NOTICED, None, date(2026, 9, 1), "dispute-state"),
        (Step.EXPIRED, None, date(2026, 10, 27), "dispute-state"),
        (Step.CREDITED, 30, date(2026, 9, 20), "usage"),
    ],
)
def test_steps_that_do_not_fit_are_refused(kept: Books, step: Step, amount: int | None, on: date, code: str) -> None:
    one = opened(kept, 3)
    with pytest.raises(TollbookError) as refused:
        took(kept, one.dispute, step, amount, on=on)
    assert refused.value.code == code


def test_what_is_decided_is_not_decided_again(kept: Books) -> None:
    one = opened(kept, 3)
    assert took(kept, one.dispute, Step.WITHDRAWN).state is State.WITHDRAWN
    with pytest.raises(LedgerRefused, match="it is withdrawn: nothing of it is undecided"):
        took(kept, one.dispute, Step.CONCEDED)
    assert opened(kept, 3).amount == 30


def test_after_the_deadline_it_may_expire(kept: Books) -> None:
    one = opened(kept, 3)
    gone = took(kept, one.dispute, Step.EXPIRED, on=date(2026, 10, 28))
    assert (gone.state, held_now(kept)) == (State.EXPIRED, {})


def test_a_dispute_that_is_not_there_is_unknown(kept: Books) -> None:
    with pytest.raises(Unknown, match="DSP-0000000000000000"):
        took(kept, "DSP-0000000000000000", Step.CONCEDED)
