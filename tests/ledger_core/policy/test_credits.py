"""Which credits recur, and what the others may follow: pure, so every case is a table."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_core.facts.charge import ChargeKind
from ledger_core.facts.reference import Reference, ReferenceRow
from ledger_core.policy.credits import (
    BilledLine,
    Disputed,
    Earlier,
    Expected,
    candidates,
    exact,
    granted,
    is_credit,
    named_recurring,
    recurs,
    tax_part,
)


def line(amount: int, **fields: Any) -> BilledLine:
    return BilledLine(
        **{"fact": 9, "line": 1, "service": "S1", "product": "P", "kind": "credit", "amount": amount, "first": None,
           "last": None, **fields}
    )  # fmt: skip


def earlier(amount: int, age: int = 1, left: int | None = None, **fields: Any) -> Earlier:
    charge = line(amount, **{"fact": 9 - age, "kind": "recurring", **fields})
    return Earlier(charge, amount if left is None else left, age)


def expected(pending: int, *lines: Disputed, name: str = "DSP-1", names: tuple[str, ...] = ()) -> Expected:
    return Expected(name, pending, lines, names)


# --- which lines are credits ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "last", "is_one"),
    [
        (ChargeKind.CREDIT, None, True),
        (ChargeKind.ADJUSTMENT, None, True),
        (ChargeKind.TAX, None, True),
        (ChargeKind.LATE_FEE, None, True),
        (ChargeKind.RECURRING, None, False),
        (ChargeKind.RECURRING, "2026-08-31", False),
        (ChargeKind.RECURRING, "2026-07-31", True),
        (ChargeKind.USAGE, "2026-07-31", True),
        (ChargeKind.USAGE, "2026-08-02", False),
        (ChargeKind.TRANSFER, None, False),
        (ChargeKind.ROUNDING, None, False),
    ],
)
def test_a_discount_in_the_bills_own_cycle_is_no_credit(kind: ChargeKind, last: str | None, is_one: bool) -> None:
    assert is_credit(line(-100, kind=kind.value, last=last), "2026-08-01") is is_one
    assert not is_credit(line(100, kind=kind.value, last=last), "2026-08-01")


@pytest.mark.parametrize(
    ("cycles", "answer"),
    [
        ([], False),
        ([{("S1", "P"): {-100}}], True),
        ([{("S1", "P"): {-90}}], False),
        ([{("S1", "P"): {-90}}, {("S1", "P"): {-95}}], True),
        ([{}, {("S1", "P"): {-100}}], False),
        ([{("S2", "P"): {-100}}], False),
        ([{}, {}, {}, {("S1", "P"): {-90}}, {("S1", "P"): {-90}}], False),
    ],
)
def test_what_came_with_the_last_bills_recurs(cycles: list[dict[tuple[str, str], set[int]]], answer: bool) -> None:
    assert recurs(line(-100), cycles) is answer


# --- what they may follow -------------------------------------------------------------------------------------------


def test_the_same_service_and_amount_is_exact_where_it_is_alone() -> None:
    (found,) = candidates(line(-100), [earlier(100), earlier(100, service="S2"), earlier(90)], [])
    assert found.exact
    assert exact([found]) is found


def test_two_equal_charges_are_not_certain_unless_the_days_say_which() -> None:
    june = earlier(100, 2, first="2026-06-01", last="2026-06-30")
    july = earlier(100, 1, first="2026-07-01", last="2026-07-31")
    assert exact(candidates(line(-100), [june, july], [])) is None
    found = exact(candidates(line(-100, first="2026-06-01", last="2026-06-30"), [june, july], []))
    assert found is not None
    assert found.targets == ((june.charge.place, 100),)


def test_less_than_a_charge_is_proposed_where_product_or_days_agree() -> None:
    assert candidates(line(-50, product="X"), [earlier(100)], []) == ()
    (found,) = candidates(line(-50), [earlier(100)], [])
    assert not found.exact
    dated = line(-50, product="X", first="2026-07-10", last="2026-07-12")
    assert len(candidates(dated, [earlier(100, first="2026-07-01", last="2026-07-31")], [])) == 1


def test_tax_follows_tax_and_nothing_else_does() -> None:
    tax = earlier(100, kind="tax")
    assert candidates(line(-100), [tax], []) == ()
    assert len(candidates(line(-100, kind="tax"), [tax, earlier(100)], [])) == 1


def test_what_is_credited_already_is_not_proposed() -> None:
    assert candidates(line(-100), [earlier(100, left=99)], []) == ()


def test_the_account_itself_follows_only_charges_with_its_code() -> None:
    card = line(-100, service="", code="A")
    charges = [earlier(100, service="", code="A"), earlier(100, service="", code="B")]
    assert [one.targets[0][0] for one in candidates(card, charges, [])] == [charges[0].charge.place]


def test_an_amount_that_only_one_service_was_billed_is_proposed_to_the_account() -> None:
    credit = line(-123, service="")
    found = candidates(credit, [earlier(123, 1), earlier(123, 2), earlier(55, service="S2")], [])
    assert [one.exact for one in found] == [False, False]
    assert candidates(credit, [earlier(123), earlier(123, service="S2")], []) == ()


def test_a_dispute_stands_before_an_equal_charge() -> None:
    waits = expected(100, Disputed((8, 1), "S1", "P", 100))
    found = exact(candidates(line(-100), [earlier(100), earlier(100, 2)], [waits]))
    assert found is not None
    assert found.dispute == "DSP-1"


def test_two_disputes_of_the_same_amount_are_not_certain_unless_one_is_named() -> None:
    waits = [
        expected(100, Disputed((number, 1), "S1", "P", 100), name=f"DSP-{number}", names=(f"TICKET-{number}",))
        for number in (7, 8)
    ]
    assert exact(candidates(line(-100), [], waits)) is None
    found = exact(candidates(line(-100), [], waits, "as agreed in TICKET-8"))
    assert found is not None
    assert found.dispute == "DSP-8"


def test_one_line_of_a_dispute_is_credited_alone() -> None:
    waits = expected(300, Disputed((8, 1), "S1", "P", 100), Disputed((8, 2), "S2", "P", 200))
    found = exact(candidates(line(-100), [], [waits]))
    assert found is not None
    assert found.targets == (((8, 1), 100),)


def test_more_than_is_pending_follows_no_dispute() -> None:
    assert candidates(line(-101), [], [expected(100, Disputed((8, 1), "S1", "P", 100))], "DSP-1") == ()


def test_tax_goes_with_the_bill_of_the_charge_that_is_credited_beside_it() -> None:
    credit = line(-7, kind="tax", product="TAX")
    charges = [earlier(7, 1, kind="tax", product="TAX"), earlier(7, 2, kind="tax", product="TAX")]
    found = tax_part(credit, {7}, charges)
    assert found is not None
    assert found.targets == ((charges[1].charge.place, 7),)
    assert tax_part(credit, {6}, charges) is None
    assert tax_part(line(-8, kind="tax", product="TAX"), {7}, charges) is None


_LINES = st.lists(
    st.builds(
        earlier,
        st.integers(1, 300),
        st.integers(0, 6),
        service=st.sampled_from(["", "S1", "S2"]),
        product=st.sampled_from(["P", "Q"]),
        line=st.integers(1, 50),
    ),
    max_size=12,
)


@given(_LINES, st.integers(1, 300), st.sampled_from(["", "S1"]), st.randoms())
def test_the_order_in_which_charges_are_read_does_not_matter(
    charges: list[Earlier], amount: int, service: str, shuffled: Any
) -> None:
    """And nothing is proposed of which too little is left."""
    credit = line(-amount, service=service)
    again = list(charges)
    shuffled.shuffle(again)
    found = candidates(credit, charges, [])
    assert found == candidates(credit, again, [])
    left = {one.charge.place: one.left for one in charges}
    assert all(weight >= amount or left[place] >= amount for one in found for place, weight in one.targets)
    assert all(0 < one.score <= 100 for one in found)


# --- what the sheets say --------------------------------------------------------------------------------------------


def row(sheet: str, *key: str, **value: str) -> ReferenceRow:
    return ReferenceRow(1, 1, sheet, key, None, None, value)


def test_a_product_that_the_site_calls_recurring_recurs_by_the_pattern_that_says_most() -> None:
    known = Reference(
        [
            row("charge_codes", "", "DISC*", **{"class": "recurring"}),
            row("charge_codes", "", "DISC-ONE*", **{"class": "credit"}),
        ]
    )
    day = date(2026, 8, 31)
    assert named_recurring(known, "Union Tel", "DISC-5", day)
    assert not named_recurring(known, "Union Tel", "DISC-ONE-TIME", day)
    assert not named_recurring(known, "Union Tel", "", day)


def test_awards_are_known_by_fund_and_by_the_charts_grants() -> None:
    day = date(2026, 8, 31)
    fund = [row("departments", "Health", fund="150"), row("funds", "150", kind="special-revenue")]
    assert granted(Reference(fund), "Health", "5420", day)
    assert not granted(Reference([row("departments", "Parks", fund="001")]), "Parks", "5420", day)
    string = row("chart", "001", "Parks", "", "", "", "G-77", "", "5420", "")
    assert granted(Reference([string]), "Parks", "5420.10", day)
    assert not granted(
        Reference([string, row("chart", "001", "Parks", "", "", "", "", "", "5420", "")]), "Parks", "5420", day
    )
