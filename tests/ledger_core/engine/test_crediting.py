"""Credits go home: to whoever bore the charge, even where the line has moved; what is not certain waits."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ledger_core.engine.crediting import home, home_waiting, refuse
from ledger_core.engine.ledger import Act
from ledger_core.engine.recoding import Recoding, Selection, Target, recode
from ledger_core.engine.reversal import reverse
from ledger_core.errors import AlreadyRecorded, LedgerRefused, NotPermitted, Unknown, UsageRefused
from ledger_core.facts import catalogue
from ledger_core.facts.charge import ChargeKind
from ledger_core.projections.credits import MATCHED, PLACED, PROPOSED, REVIEW, UNMATCHED, credit_named
from ledger_core.store.database import Database
from ledger_core.store.door import Draft
from tests.ledger_core.books import INTAKE, MARIA, Books, books, charge
from tests.ledger_core.engine.accounts import gaps, held
from tests.ledger_core.engine.credit_books import (
    LINE,
    OTHER,
    bill,
    credit,
    decided,
    departments,
    homed,
    kept_fact,
    known,
    moving_line,
    outcomes,
    own,
    recoded,
    waiting_names,
)


@pytest.fixture
def kept(database: Database, tmp_path: Path) -> Books:
    """Books with four departments; Parks owns a line until June, Police from July; fund 520 pays."""
    made = books(database, tmp_path)
    moving_line(made)
    return made


# --- what is certain ------------------------------------------------------------------------------------------------


def test_a_credit_follows_the_split_of_its_charge_although_the_line_has_moved(kept: Books) -> None:
    """Parks bore the charge in June; Police owns the line when the credit comes in August (J4, INV-35)."""
    june = bill(kept, 6, [charge("30.00", kind=ChargeKind.ONE_TIME, product="INSTALL")])
    bill(kept, 7, [charge("12.00")])
    august = bill(kept, 8, [charge("12.00"), credit("-30.00")])
    assert held(kept, august)[2, "cost", "Police"] == -3000
    done = homed(kept, august)
    assert outcomes(done) == [(2, MATCHED, "follows")]
    assert held(kept, june) == {(1, "cost", "Parks"): 3000}
    assert held(kept, august) == {(1, "cost", "Police"): 1200, (2, "cost", "Parks"): -3000}
    assert [row.charge for row in known(kept, f"{august}:2").rows] == [(kept_fact(kept, june), 1)]


def test_it_follows_what_people_made_of_the_charge_since(kept: Books) -> None:
    june = bill(kept, 6, [charge("30.01", kind=ChargeKind.ONE_TIME)])
    recoded(kept, june, 1, Target("Parks", "5420"), Target("Water", "5420"))
    august = bill(kept, 8, [credit("-30.01", line=1)])
    homed(kept, august)
    split = held(kept, june)
    assert sorted(split.values()) == [1500, 1501]
    assert held(kept, august) == {key: -amount for key, amount in split.items()}


def test_a_service_records_entries_only_as_what_follows_from_credits(kept: Books) -> None:
    june = bill(kept, 6, [charge("30.00", kind=ChargeKind.ONE_TIME)])
    done = homed(kept, bill(kept, 8, [credit("-30.00", line=1)]))
    assert done.entry is not None
    assert (done.fact.actor.person, done.entry.actor.person) == ("service-intake", "service-intake")
    assert (done.entry.act, done.entry.based_on) == (done.fact.act, done.fact.sequence)
    with pytest.raises(NotPermitted), kept.ledger.acting(INTAKE) as act:
        recode(act, Recoding((Selection(june),), (Target("Water", "5420"),)), "no", kept.folder / "spools")


def test_a_credit_of_a_closed_month_is_a_correction_in_the_open_one(kept: Books) -> None:
    bill(kept, 6, [charge("30.00", kind=ChargeKind.ONE_TIME)])
    august = bill(kept, 8, [credit("-30.00", line=1)])
    kept.close("2026-08")
    done = homed(kept, august)
    assert done.entry is not None
    assert str(done.entry.effective) == "2026-09-01"


def test_the_days_that_are_credited_tell_equal_months_apart(kept: Books) -> None:
    days: dict[str, Any] = {"service_from": date(2026, 6, 1), "service_to": date(2026, 6, 30)}
    june = bill(kept, 6, [charge("12.00", **days)])
    bill(kept, 7, [charge("12.00", service_from=date(2026, 7, 1), service_to=date(2026, 7, 31))])
    august = bill(kept, 8, [credit("-12.00", line=1, **days)])
    assert outcomes(homed(kept, august)) == [(1, MATCHED, "follows")]
    assert known(kept, f"{august}:1").rows[0].charge == (kept_fact(kept, june), 1)


def test_tax_goes_with_its_line(kept: Books) -> None:
    tax = {"kind": ChargeKind.TAX, "product": "STATE TAX"}
    june = bill(kept, 6, [charge("30.00", kind=ChargeKind.ONE_TIME), charge("0.95", line=2, **tax)])
    bill(kept, 7, [charge("12.00"), charge("0.95", line=2, **tax)])
    august = bill(kept, 8, [charge("-0.95", line=1, **tax), credit("-30.00")])
    assert outcomes(homed(kept, august)) == [(1, MATCHED, "follows"), (2, MATCHED, "follows")]
    assert known(kept, f"{august}:1").rows[0].charge == (kept_fact(kept, june), 2)
    assert held(kept, august) == {(1, "cost", "Parks"): -95, (2, "cost", "Parks"): -3000}


def test_an_adjustment_below_zero_is_a_credit(kept: Books) -> None:
    bill(kept, 6, [charge("30.00", kind=ChargeKind.ONE_TIME)])
    august = bill(kept, 8, [charge("-30.00", kind=ChargeKind.ADJUSTMENT, product="ADJ")])
    assert outcomes(homed(kept, august)) == [(1, MATCHED, "follows")]


def test_one_charge_is_given_back_once(kept: Books) -> None:
    """Two credits of the same amount on one bill: the first follows the charge, nothing is left for the second."""
    bill(kept, 6, [charge("30.00", kind=ChargeKind.ONE_TIME)])
    august = bill(kept, 8, [credit("-30.00", line=1), credit("-30.00")])
    assert [outcome for _, outcome, _ in outcomes(homed(kept, august))] == [MATCHED, UNMATCHED]


def test_what_was_given_back_on_an_earlier_bill_is_not_given_back_again(kept: Books) -> None:
    bill(kept, 6, [charge("30.00", kind=ChargeKind.ONE_TIME)])
    homed(kept, bill(kept, 7, [credit("-30.00", line=1)]))
    assert outcomes(homed(kept, bill(kept, 8, [credit("-30.00", line=1)])))[0][1] == UNMATCHED


def test_fractions_of_a_cent_go_home_exactly(kept: Books) -> None:
    june = bill(kept, 6, [charge("10.0123", kind=ChargeKind.ONE_TIME), charge("1.0077", OTHER, line=2)])
    recoded(kept, june, 1, Target("Parks", "5420"), Target("Water", "5420"))
    august = bill(kept, 8, [credit("-10.0123", line=1), charge("5.0023", OTHER)])
    homed(kept, august)
    assert {key: -amount for key, amount in held(kept, june).items() if key[0] == 1} == {
        key: amount for key, amount in held(kept, august).items() if key[0] == 1
    }


# --- what recurs ----------------------------------------------------------------------------------------------------


def test_a_recurring_credit_is_coded_like_a_charge(kept: Books) -> None:
    discount = credit("-2.00", product="LOYALTY")
    homed(kept, bill(kept, 6, [charge("12.00"), discount]))
    july = bill(kept, 7, [charge("12.00"), discount])
    done = homed(kept, july)
    assert (done.recurring, done.verdicts, done.entry) == (1, (), None)
    assert held(kept, july)[2, "cost", "Police"] == -200


def test_a_discount_in_place_of_a_price_is_no_credit(kept: Books) -> None:
    bill(kept, 6, [charge("12.00")])
    july = bill(kept, 7, [charge("12.00"), charge("-2.00", line=2)])
    done = homed(kept, july)
    assert (done.verdicts, done.fact.bodies) == ((), ())
    assert home(kept.ledger, july, INTAKE, kept.folder / "spools") is None


def test_a_product_that_the_site_calls_recurring_recurs_from_its_first_bill(kept: Books) -> None:
    kept.load("charge_codes", [{"vendor": "", "product": "LOY*", "class": "recurring"}])
    bill(kept, 6, [charge("12.00")])
    july = bill(kept, 7, [charge("12.00"), credit("-2.00", product="LOYALTY")])
    assert homed(kept, july).recurring == 1


# --- what is proposed -----------------------------------------------------------------------------------------------


def test_equal_months_are_proposed_and_nobody_is_given_the_credit_yet(kept: Books) -> None:
    """June's charge was Parks', July's is Police's: the candidates differ, so it lies in suspense."""
    bill(kept, 6, [charge("12.00")])
    bill(kept, 7, [charge("12.00")])
    august = bill(kept, 8, [credit("-12.00", line=1)])
    assert outcomes(homed(kept, august)) == [(1, PROPOSED, "candidates")]
    assert held(kept, august) == {(1, "suspense", ""): -1200}
    assert waiting_names(kept) == [f"{august}:1"]


def test_it_keeps_its_coding_where_every_candidate_would_leave_it_there(kept: Books) -> None:
    bill(kept, 7, [charge("12.00")])
    august = bill(kept, 8, [charge("12.00"), credit("-12.00")])
    done = homed(kept, august)
    assert (outcomes(done), done.entry) == ([(2, PROPOSED, "candidates")], None)
    assert held(kept, august)[2, "cost", "Police"] == -1200


def test_what_a_rule_claims_stays_with_it_where_nothing_certain_says_otherwise(kept: Books) -> None:
    """A resource that nobody owns: its charges and its credits go by the same rule, and nobody has to confirm that."""
    kept.load(
        "rules",
        [{"rule": "shared", "priority": "1", "service": "nobody", "department": "Water", "percent": "100",
          "object": "5420"}],
    )  # fmt: skip
    bill(kept, 6, [charge("12.00", "nobody")])
    bill(kept, 7, [charge("12.00", "nobody")])
    august = bill(kept, 8, [credit("-12.00", "nobody", line=1)])
    assert outcomes(homed(kept, august)) == [(1, PLACED, "as-coded")]
    assert held(kept, august) == {(1, "cost", "Water"): -1200}
    assert waiting_names(kept) == []


def test_a_person_says_which_charge_it_follows(kept: Books) -> None:
    june = bill(kept, 6, [charge("12.00")])
    bill(kept, 7, [charge("12.00")])
    august = bill(kept, 8, [credit("-12.00", line=1)])
    homed(kept, august)
    with pytest.raises(UsageRefused, match="2 things"):
        decided(kept, f"{august}:1")
    done = decided(kept, f"{august}:1", f"{june}:1")
    assert done.fact.content["decision"] == "confirmed"
    assert held(kept, august) == {(1, "cost", "Parks"): -1200}
    assert waiting_names(kept) == []


def test_part_of_a_charge_is_proposed_and_shared_by_largest_remainder(kept: Books) -> None:
    june = bill(kept, 6, [charge("30.00", kind=ChargeKind.ONE_TIME, product="X")])
    recoded(kept, june, 1, Target("Parks", "5420"), Target("Water", "5420"))
    august = bill(kept, 8, [credit("-10.01", line=1, product="X")])
    assert outcomes(homed(kept, august))[0][1] == PROPOSED
    decided(kept, f"{august}:1")
    assert sorted(held(kept, august).items()) == [((1, "cost", "Parks"), -501), ((1, "cost", "Water"), -500)]


def test_the_tax_beside_a_confirmed_credit_goes_with_it(kept: Books) -> None:
    tax = {"kind": ChargeKind.TAX, "product": "STATE TAX"}
    june = bill(kept, 6, [charge("12.00"), charge("0.95", line=2, **tax)])
    bill(kept, 7, [charge("12.00"), charge("0.95", line=2, **tax)])
    august = bill(kept, 8, [credit("-12.00", line=1), charge("-0.95", line=2, **tax)])
    homed(kept, august)
    decided(kept, f"{august}:1", f"{june}:1")
    assert held(kept, august) == {(1, "cost", "Parks"): -1200, (2, "cost", "Parks"): -95}
    assert waiting_names(kept) == []


def test_a_refused_proposal_goes_to_the_owner_of_the_credited_days(kept: Books) -> None:
    bill(kept, 6, [charge("12.00")])
    bill(kept, 7, [charge("12.00")])
    days: dict[str, Any] = {"service_from": date(2026, 6, 10), "service_to": date(2026, 6, 20)}
    august = bill(kept, 8, [credit("-12.00", line=1, **days)])
    homed(kept, august)
    with kept.ledger.acting(MARIA) as act:
        found = credit_named(act.connection, f"{august}:1", act.door.last)
        refuse(act, found, "A goodwill credit", kept.folder / "spools")
    assert list(gaps(kept)) == []
    assert held(kept, august) == {(1, "cost", "Parks"): -1200}
    assert known(kept, f"{august}:1").outcome == PLACED
    assert waiting_names(kept) == []


# --- what follows nothing -------------------------------------------------------------------------------------------


def test_a_credit_that_nobody_expects_goes_to_the_owner_of_the_credited_days_and_is_shown(kept: Books) -> None:
    bill(kept, 7, [charge("12.00")])
    days: dict[str, Any] = {"service_from": date(2026, 6, 10), "service_to": date(2026, 6, 20)}
    august = bill(kept, 8, [credit("-7.00", line=1, **days)])
    assert outcomes(homed(kept, august)) == [(1, UNMATCHED, "owner")]
    assert held(kept, august) == {(1, "cost", "Parks"): -700}
    assert waiting_names(kept) == [f"{august}:1"]


def test_where_nobody_owned_the_service_it_lies_in_suspense(kept: Books) -> None:
    own(kept, "2065550109", "IT", first="2026-08-01")
    bill(kept, 7, [charge("12.00")])
    days: dict[str, Any] = {"service_from": date(2026, 6, 10), "service_to": date(2026, 6, 20)}
    august = bill(kept, 8, [credit("-7.00", "2065550109", line=1, **days)])
    assert outcomes(homed(kept, august)) == [(1, UNMATCHED, "suspense")]
    assert held(kept, august) == {(1, "suspense", ""): -700}


def test_a_discount_of_the_whole_account_is_shared_by_what_it_discounts(kept: Books) -> None:
    """Taxes bear nothing of it; what lies in suspense bears its share there."""
    tax = charge("5.00", kind=ChargeKind.TAX, product="TAX", line=4)
    kept.receive([charge("3.00")], "0", bill_date=date(2026, 7, 31), period_to=date(2026, 7, 31))
    august = bill(
        kept, 8, [charge("20.00"), charge("10.00", "nobody", line=2), charge("0.01", OTHER, line=3), tax,
                  credit("-1.00", "", line=5)]
    )  # fmt: skip
    assert outcomes(homed(kept, august)) == [(5, UNMATCHED, "pro-rata")]
    shares = {key: amount for key, amount in held(kept, august).items() if key[0] == 5}
    assert shares == {(5, "cost", "Police"): -67, (5, "suspense", ""): -33}


def test_a_discount_of_an_earlier_month_is_shared_by_that_months_charges(kept: Books) -> None:
    bill(kept, 6, [charge("20.00")])
    bill(kept, 7, [charge("20.00")])
    days: dict[str, Any] = {"service_from": date(2026, 6, 1), "service_to": date(2026, 6, 30)}
    august = bill(kept, 8, [charge("20.00"), credit("-3.00", "", **days)])
    homed(kept, august)
    assert held(kept, august)[2, "cost", "Parks"] == -300


def test_an_accounts_first_bill_has_nothing_that_its_credits_could_follow(kept: Books) -> None:
    june = bill(kept, 6, [charge("20.00"), credit("-3.00")])
    assert outcomes(homed(kept, june)) == [(2, PLACED, "as-coded")]
    assert waiting_names(kept) == []


# --- what a person should look at first -----------------------------------------------------------------------------


def test_a_closed_string_goes_to_review_and_to_nobody(kept: Books) -> None:
    """Parks is dissolved in July. The line is with Police now, which must not be given Parks' money silently."""
    june = bill(kept, 6, [charge("30.00", kind=ChargeKind.ONE_TIME)])
    kept.load("departments", [{"department": "Parks", "fund": "001", "treatment": "recover", "to": "2026-07-31"}])
    august = bill(kept, 8, [credit("-30.00", line=1)])
    assert outcomes(homed(kept, august)) == [(1, REVIEW, "string-expired")]
    assert held(kept, august) == {(1, "suspense", ""): -3000}
    assert waiting_names(kept) == [f"{august}:1"]
    with pytest.raises(LedgerRefused, match="not valid") as refused:
        decided(kept, f"{august}:1", f"{june}:1")
    assert refused.value.code == "string-expired"


def test_a_closed_string_of_the_owner_of_the_credited_days_goes_to_review_too(kept: Books) -> None:
    bill(kept, 7, [charge("12.00")])
    kept.load("departments", [{"department": "Parks", "fund": "001", "treatment": "recover", "to": "2026-07-31"}])
    days: dict[str, Any] = {"service_from": date(2026, 6, 10), "service_to": date(2026, 6, 20)}
    august = bill(kept, 8, [credit("-7.00", line=1, **days)])
    assert outcomes(homed(kept, august)) == [(1, REVIEW, "string-expired")]
    assert held(kept, august) == {(1, "suspense", ""): -700}


def test_cost_of_an_award_goes_to_review_and_follows_when_a_person_says_so(kept: Books) -> None:
    own(kept, "2065550150", "Health")
    june = bill(kept, 6, [charge("30.00", "2065550150", kind=ChargeKind.ONE_TIME)])
    august = bill(kept, 8, [credit("-30.00", "2065550150", line=1)])
    assert outcomes(homed(kept, august)) == [(1, REVIEW, "award")]
    assert held(kept, august) == {(1, "suspense", ""): -3000}
    decided(kept, f"{august}:1", f"{june}:1")
    assert held(kept, august) == {(1, "cost", "Health"): -3000}


def test_a_past_fiscal_year_goes_to_review(database: Database, tmp_path: Path) -> None:
    made = books(database, tmp_path, fiscal_year_start_month=7)
    departments(made)
    own(made, LINE, "Parks")
    june = bill(made, 6, [charge("30.00", kind=ChargeKind.ONE_TIME)])
    august = bill(made, 8, [credit("-30.00", line=1)])
    assert outcomes(homed(made, august)) == [(1, REVIEW, "past-year")]
    decided(made, f"{august}:1")
    assert held(made, august) == {(1, "cost", "Parks"): -3000}
    assert known(made, f"{august}:1").rows[0].charge == (kept_fact(made, june), 1)


def test_what_a_person_recoded_since_waits_no_more(kept: Books) -> None:
    bill(kept, 6, [charge("12.00")])
    bill(kept, 7, [charge("12.00")])
    august = bill(kept, 8, [credit("-12.00", line=1)])
    homed(kept, august)
    recoded(kept, august, 1, Target("Water", "5420"))
    assert waiting_names(kept) == []


# --- what is refused ------------------------------------------------------------------------------------------------


def test_a_credit_is_matched_once(kept: Books) -> None:
    june = bill(kept, 6, [charge("30.00", kind=ChargeKind.ONE_TIME), charge("30.00", OTHER, line=2)])
    august = bill(kept, 8, [credit("-30.00", line=1)])
    homed(kept, august)
    with pytest.raises(AlreadyRecorded, match=f"follows {june}:1") as refused:
        decided(kept, f"{august}:1", f"{june}:2")
    assert refused.value.code == "credit-matched-twice"


def test_no_more_is_given_back_than_was_charged(kept: Books) -> None:
    june = bill(kept, 6, [charge("10.00"), charge("5.00", OTHER, line=2)])
    august = bill(kept, 8, [credit("-12.00", line=1)])
    homed(kept, august)
    with pytest.raises(LedgerRefused, match=r"10\.00 USD are left") as refused:
        decided(kept, f"{august}:1", f"{june}:1")
    assert refused.value.code == "credit-exceeds"
    decided(kept, f"{august}:1", f"{june}:1", f"{june}:2")
    assert held(kept, august) == {(1, "cost", "Parks"): -800, (1, "cost", "Police"): -400}


def test_a_charge_of_another_account_is_refused(kept: Books) -> None:
    other = kept.receive([charge("30.00")], "x", account="999").bill
    bill(kept, 6, [charge("12.00")])
    august = bill(kept, 8, [credit("-7.00", line=1)])
    homed(kept, august)
    with pytest.raises(LedgerRefused, match="same account") as refused:
        decided(kept, f"{august}:1", f"{other}:1")
    assert refused.value.code == "other-account"


def test_a_charge_of_a_reversed_bill_is_refused(kept: Books) -> None:
    june = bill(kept, 6, [charge("30.00", kind=ChargeKind.ONE_TIME)])
    bill(kept, 7, [charge("12.00")])
    with kept.ledger.acting(MARIA) as act:
        reverse(act, june, "Wrong city", kept.folder / "spools")
    august = bill(kept, 8, [credit("-30.00", line=1)])
    assert outcomes(homed(kept, august))[0][1] == UNMATCHED
    with pytest.raises(LedgerRefused, match="reversed") as refused:
        decided(kept, f"{august}:1", f"{june}:1")
    assert refused.value.code == "reversed"


def test_what_is_no_charge_and_what_has_no_reason_is_refused(kept: Books) -> None:
    bill(kept, 6, [charge("12.00")])
    august = bill(kept, 8, [charge("12.00", OTHER), credit("-7.00")])
    homed(kept, august)
    with pytest.raises(UsageRefused, match="charges nothing"):
        decided(kept, f"{august}:2", f"{august}:2")
    with pytest.raises(UsageRefused, match="reason"):
        decided(kept, f"{august}:2", f"{august}:1", reason=" ")
    with pytest.raises(Unknown, match="no credit"):
        decided(kept, f"{august}:1", f"{august}:1")
    with pytest.raises(Unknown, match="waits for a credit"):
        decided(kept, f"{august}:2", "DSP-none")


# --- crashes and reversals ------------------------------------------------------------------------------------------


def test_what_a_crash_left_is_looked_at_by_the_next_run(kept: Books) -> None:
    bill(kept, 6, [charge("30.00", kind=ChargeKind.ONE_TIME)])
    august = bill(kept, 8, [credit("-30.00", line=1)])

    class Crash(Exception):
        pass

    recording = Act.record

    def crashing(act: Act, draft: Draft) -> Any:
        if draft.kind == catalogue.ENTRY_POSTED:
            raise Crash
        return recording(act, draft)

    size = kept.size()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Act, "record", crashing)
        with pytest.raises(Crash):
            home(kept.ledger, august, INTAKE, kept.folder / "spools")
    assert kept.size() == size
    done = home_waiting(kept.ledger, INTAKE, kept.folder / "spools")
    assert [outcomes(one) for one in done] == [[(1, MATCHED, "follows")]]
    assert home_waiting(kept.ledger, INTAKE, kept.folder / "spools") == []


def test_a_reversed_credit_gives_nothing_back_any_more(kept: Books) -> None:
    bill(kept, 6, [charge("30.00", kind=ChargeKind.ONE_TIME)])
    july = bill(kept, 7, [credit("-30.00", line=1)])
    homed(kept, july)
    with kept.ledger.acting(MARIA) as act:
        reverse(act, july, "Wrong city", kept.folder / "spools")
    assert list(gaps(kept)) == []
    assert outcomes(homed(kept, bill(kept, 8, [credit("-30.00", line=1)]))) == [(1, MATCHED, "follows")]
