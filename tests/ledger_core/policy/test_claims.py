"""Claims: their lines and what is held sum to what was booked, and a credit never leaves alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ledger_core.policy.claims import (
    Claim,
    ClaimLine,
    Place,
    Standing,
    line_content,
    netted,
    nothing_to_claim,
    read_line,
)

_PLACES = [Place("6100", "520", department, "5420", "520.5420") for department in ("Parks", "Police", "Water")]
_AMOUNTS = st.dictionaries(st.sampled_from(_PLACES), st.integers(-5_000, 5_000))


def claim(*lines: ClaimLine, **changed: object) -> Claim:
    """A claim of a bill of 100.00, of which 30.00 is held."""
    known = {
        "bill": "B-0011223344556677-0",
        "fact": 7,
        "number": 1,
        "vendor": "Union Tel",
        "account": "100-200",
        "invoice": "1",
        "currency": "USD",
        "payable": 10_000,
        "held": 3_000,
        "before": 0,
        "lines": lines,
    }
    return Claim(**{**known, **changed})  # type: ignore[arg-type] # each key has its field's type


@given(_AMOUNTS, _AMOUNTS, _AMOUNTS)
def test_booked_less_held_less_claimed_is_what_is_left_of_every_place(
    booked: dict[Place, int], held: dict[Place, int], claimed: dict[Place, int]
) -> None:
    lines = Standing(booked, held, claimed, {place: number for number, place in enumerate(_PLACES, 1)}).lines()
    left = {line.place: line.amount for line in lines}
    for place in _PLACES:
        wanted = booked.get(place, 0) - held.get(place, 0) - claimed.get(place, 0)
        assert left.get(place, 0) == wanted
    assert 0 not in left.values()
    assert len(left) == len(lines)


@given(_AMOUNTS, _AMOUNTS)
def test_once_everything_is_claimed_nothing_is_left(booked: dict[Place, int], held: dict[Place, int]) -> None:
    """However much was held in between: what a first claim takes and a second one takes is all of it."""
    first = Standing(booked, held, {}, {}).lines()
    taken = {line.place: line.amount for line in first}
    second = Standing(booked, {}, taken, {}).lines()
    assert sum(line.amount for line in (*first, *second)) == sum(booked.values())
    both = {place: taken.get(place, 0) for place in _PLACES}
    for line in second:
        both[line.place] += line.amount
    assert Standing(booked, {}, both, {}).lines() == ()


def test_lines_keep_the_numbers_of_the_bill_s_postings() -> None:
    """What the bill itself did not book stands behind them."""
    police, parks, water = _PLACES[1], _PLACES[0], _PLACES[2]
    lines = Standing({police: 500, parks: 300}, {water: 200}, {}, {police: 1, parks: 4}).lines()
    assert [(line.line, line.place.department, line.amount) for line in lines] == [
        (1, "Police", 500),
        (4, "Parks", 300),
        (5, "Water", -200),
    ]


def test_the_digest_binds_everything_that_is_certified() -> None:
    line = ClaimLine(1, _PLACES[0], 7_000)
    first = claim(line)
    assert first.amount == 7_000
    assert first.digest == claim(line).digest
    others = [
        claim(ClaimLine(1, _PLACES[1], 7_000)),
        claim(ClaimLine(1, _PLACES[0], 6_999)),
        *(
            claim(line, **{name: value})
            for name, value in (("held", 2_999), ("number", 2), ("invoice", "2"), ("account", "1"), ("before", 1))
        ),
    ]
    assert len({first.digest, *(other.digest for other in others)}) == 8
    assert first.id == f"C-{first.digest[:16]}"


def test_a_line_reads_back_as_it_was_written() -> None:
    line = ClaimLine(3, _PLACES[2], -5)
    assert read_line(line_content(line)) == line


class TestNetting:
    @given(st.lists(st.integers(-1_000, 1_000).filter(bool)))
    def test_what_leaves_never_comes_to_less_than_nothing(self, amounts: list[int]) -> None:
        leaves = netted(amounts)
        assert sum(amount for amount, goes in zip(amounts, leaves, strict=True) if goes) >= 0
        assert all(goes for amount, goes in zip(amounts, leaves, strict=True) if amount > 0)

    def test_a_credit_leaves_with_a_payment_that_covers_it(self) -> None:
        assert netted([-300]) == (False,)
        assert netted([-300, 200]) == (False, True)
        assert netted([-300, 200, 100]) == (True, True, True)
        assert netted([-300, 400, -200, -100]) == (True, True, False, True)


def test_why_there_is_nothing_to_claim() -> None:
    reasons = [nothing_to_claim("B", payable, held, "USD").found for payable, held in ((0, 0), (500, 500), (500, 0))]
    assert [reason.partition(":")[0] for reason in reasons] == [
        "it owes its vendor nothing",
        "all of it is held, 5.00 USD",
        "all that may be paid of it is claimed already",
    ]
