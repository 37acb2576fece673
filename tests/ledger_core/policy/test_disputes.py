"""Policy of disputes: which tax goes along, how amounts are shared over lines, what state follows, and what warns."""

from datetime import date

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_core.policy.deadlines import BusinessDays
from ledger_core.policy.disputes import (
    Account,
    BilledLine,
    Course,
    Mode,
    State,
    Step,
    Warned,
    apportion,
    related_tax,
    state_of,
    warning,
)

_amounts = st.dictionaries(st.integers(1, 30), st.integers(-9_999, 9_999), min_size=1, max_size=8)


# --- tax -------------------------------------------------------------------------------------------------------------


def test_tax_goes_along_in_the_proportion_of_what_is_disputed() -> None:
    """200 of 1000 are a fifth of 101 and 30: 26.2 of 131, of which 20.05 and 5.95."""
    lines = [
        BilledLine(1, "recurring", "A", 1000),
        BilledLine(2, "tax", "A", 101),
        BilledLine(3, "surcharge", "A", 30),
        BilledLine(4, "recurring", "B", 700),
        BilledLine(5, "tax", "B", 70),
    ]
    assert related_tax(lines, {1: 200}) == {2: 20, 3: 6}
    assert related_tax(lines, {1: 1000, 4: 700}) == {2: 101, 3: 30, 5: 70}


def test_a_discount_is_part_of_what_is_taxed() -> None:
    lines = [BilledLine(1, "recurring", "A", 1000), BilledLine(2, "credit", "A", -200), BilledLine(3, "tax", "A", 80)]
    assert related_tax(lines, {1: 400}) == {3: 40}


def test_tax_that_is_named_itself_is_not_counted_twice() -> None:
    lines = [BilledLine(1, "recurring", "A", 1000), BilledLine(2, "tax", "A", 100), BilledLine(3, "tax", "A", 10)]
    assert related_tax(lines, {1: 500, 2: 100}) == {3: 5}
    assert related_tax(lines, {2: 100}) == {}


@pytest.mark.parametrize(
    ("base", "disputed"),
    [(0, 500), (-1000, 500), (1000, 1001), (1000, 0)],
    ids=["nothing is taxed", "what is taxed is a credit", "more than is taxed", "nothing is disputed"],
)
def test_without_a_proportion_no_tax_goes_along(base: int, disputed: int) -> None:
    lines = [BilledLine(1, "recurring", "A", base), BilledLine(2, "tax", "A", 100)]
    assert related_tax(lines, {1: disputed}) == {}


@given(
    st.lists(st.integers(1, 99_999), min_size=1, max_size=4),
    st.lists(st.integers(-999, 9_999), min_size=1, max_size=5),
    st.integers(1, 100),
)
def test_tax_is_rounded_once_and_no_line_gives_more_than_it_has(
    base: list[int], taxes: list[int], percent: int
) -> None:
    lines = [BilledLine(number, "recurring", "A", amount) for number, amount in enumerate(base, 1)]
    lines += [BilledLine(100 + number, "tax", "A", amount) for number, amount in enumerate(taxes, 1)]
    disputed = {line.line: line.amount * percent // 100 for line in lines if line.kind != "tax"}
    found = related_tax(lines, disputed)
    by_line = {line.line: line.amount for line in lines}
    assert all(0 < abs(part) <= abs(by_line[line]) and part * by_line[line] > 0 for line, part in found.items())
    exact = sum(taxes) * sum(disputed.values())
    if sum(disputed.values()) and sum(taxes):
        assert abs(sum(found.values()) * sum(base) - exact) < sum(base)
    if percent == 100:
        assert sum(found.values()) == sum(taxes)


# --- sharing ---------------------------------------------------------------------------------------------------------


@given(_amounts, st.integers(0, 100))
def test_an_amount_is_shared_exactly_and_no_line_gets_more_than_it_has(amounts: dict[int, int], percent: int) -> None:
    whole = sum(amounts.values())
    total = abs(whole) * percent // 100 * (1 if whole > 0 else -1)
    shares = apportion(total, amounts)
    assert sum(shares.values()) == total
    assert shares.keys() == amounts.keys()
    for key, share in shares.items():
        assert abs(share) <= abs(amounts[key])
        assert share * amounts[key] >= 0


@given(_amounts)
def test_all_of_it_is_each_line_whole(amounts: dict[int, int]) -> None:
    if sum(amounts.values()):
        assert apportion(sum(amounts.values()), amounts) == amounts


@given(_amounts, st.integers(1, 99))
def test_credits_share_as_charges_do(amounts: dict[int, int], percent: int) -> None:
    total = sum(amounts.values()) * percent // 100
    if total * sum(amounts.values()) > 0:
        turned = apportion(-total, {key: -amount for key, amount in amounts.items()})
        assert turned == {key: -share for key, share in apportion(total, amounts).items()}


# --- states ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("account", "steps", "state"),
    [
        (Account(100), [], State.OPEN),
        (Account(100), [Step.NOTICED], State.NOTICED),
        (Account(100, conceded=40), [Step.NOTICED, Step.ESCALATED, Step.CONCEDED], State.ESCALATED),
        (Account(100, conceded=40, dropped=60), [Step.CONCEDED, Step.REFUSED], State.CONCEDED),
        (Account(100, conceded=40, credited=40, dropped=60), [Step.CONCEDED, Step.REFUSED], State.SETTLED),
        (Account(100, conceded=100, credited=100), [Step.CREDITED], State.SETTLED),
        (Account(100, dropped=100), [Step.REFUSED, Step.WITHDRAWN], State.WITHDRAWN),
        (Account(100, dropped=100), [Step.NOTICED, Step.EXPIRED], State.EXPIRED),
    ],
)
def test_the_state_follows_from_the_sums_and_the_steps(account: Account, steps: list[Step], state: State) -> None:
    assert state_of(account, steps) is state


def test_every_cent_is_undecided_awaited_credited_or_dropped() -> None:
    account = Account(100, conceded=40, credited=15, dropped=20)
    assert (account.undecided, account.awaiting, account.pending) == (40, 25, 65)
    assert account.undecided + account.awaiting + account.credited + account.dropped == account.amount


# --- warnings --------------------------------------------------------------------------------------------------------

_COURSE = Course(
    Account(2500), Mode.WITHHELD, date(2026, 9, 1), date(2026, 9, 25), date(2026, 10, 27), None, None, None
)


def _warned(course: Course, today: date) -> Warned | None:
    return warning(course, today, BusinessDays(), 5)


@pytest.mark.parametrize(
    ("today", "code", "day"),
    [
        (date(2026, 9, 4), None, None),
        (date(2026, 9, 8), "dispute-deadline", date(2026, 9, 8)),  # nobody told in five business days
        (date(2026, 9, 18), "dispute-deadline", date(2026, 9, 25)),  # the bill is due in five
        (date(2026, 10, 20), "dispute-deadline", date(2026, 10, 27)),
        (date(2026, 11, 20), "dispute-deadline", date(2026, 10, 27)),
    ],
)
def test_notice_is_asked_for_before_the_bill_is_due_and_before_the_deadline(
    today: date, code: str | None, day: date | None
) -> None:
    warned = _warned(_COURSE, today)
    assert (warned and warned.code, warned and warned.day) == (code, day)


def test_a_passed_deadline_is_told_as_passed() -> None:
    warned = _warned(_COURSE, date(2026, 10, 28))
    assert warned is not None
    assert warned.found == "notice had to be given by 2026-10-27, and none is recorded"


@pytest.mark.parametrize("course", [Account(2500), Account(2500, conceded=2500)], ids=["told", "promised"])
def test_a_mistyped_far_day_stops_no_queue(course: Account) -> None:
    """It stands in the books for ever, so reading it must be possible."""
    last = date.max
    far = attrs.evolve(_COURSE, account=course, deadline=None, due=None, noticed=last, told=last, promised=last)
    assert _warned(far, date(2026, 9, 4)) is None


def test_a_silent_vendor_is_asked_again_after_a_month_or_before_the_bill_is_due() -> None:
    told = attrs.evolve(_COURSE, noticed=date(2026, 9, 10), told=date(2026, 9, 10))
    assert _warned(told, date(2026, 9, 11)) is None
    near = _warned(told, date(2026, 9, 21))
    assert near is not None
    assert (near.code, near.day) == ("dispute-unanswered", date(2026, 9, 25))
    assert _warned(attrs.evolve(told, mode=Mode.CLAIMED), date(2026, 9, 21)) is None
    late = _warned(told, date(2026, 10, 5))
    assert late is not None
    assert (late.code, late.day) == ("dispute-unanswered", date(2026, 10, 10))
    again = attrs.evolve(told, told=date(2026, 10, 5))
    assert _warned(again, date(2026, 10, 6)) is None


def test_a_credit_that_was_promised_and_does_not_come_is_asked_for() -> None:
    account = Account(2500, conceded=1000, dropped=1500)
    promised = attrs.evolve(_COURSE, account=account, noticed=date(2026, 9, 10), promised=date(2026, 10, 1))
    assert _warned(promised, date(2026, 11, 20)) is None
    warned = _warned(promised, date(2026, 11, 25))
    assert warned is not None
    assert (warned.code, warned.amount, warned.day) == ("dispute-uncredited", 1000, date(2026, 11, 30))


def test_what_is_settled_asks_for_nothing() -> None:
    settled = attrs.evolve(_COURSE, account=Account(2500, conceded=2500, credited=2500), noticed=date(2026, 9, 10))
    assert _warned(settled, date(2027, 9, 1)) is None
