"""Which objections are told: one cause once, by its strongest explanation; waivers are kept to, and credits answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_core.contracts.check import CheckedBill, Line, Objection
from ledger_core.engine.telling import CODES, FAILED, Told, Waivers, told
from ledger_core.facts.reference import Reference, ReferenceRow

_BILL = CheckedBill(
    fact=7,
    bill="B-0011223344556677-0",
    vendor="Union Tel",
    account="100-200",
    number="1",
    bill_date=date(2026, 9, 1),
    period_from=date(2026, 8, 1),
    period_to=date(2026, 8, 31),
    effective=date(2026, 9, 1),
    currency="USD",
    charges=3,
    total=9000,
)


def _line(number: int = 1, amount: int = 3000, service: str = "2065550100", product: str = "POTS") -> Line:
    return Line(number, "recurring", service, "line", "", product, None, "", None, None, amount, None, None)


def _raised(code: str, line: Line | None = None, stake: int = 100, waiver: str = "") -> Told:
    objection = Objection(code, line, stake, 80, "a cause", "it is odd", "Look.", (("shown", "this"),))
    return Told("a-check", objection, waiver)


def _words(found: Sequence[Told]) -> list[tuple[int, str]]:
    return [(one.objection.line.line if one.objection.line else 0, one.objection.code) for one in found]


def test_a_line_is_told_of_once_and_the_others_are_named_in_its_evidence() -> None:
    raised = [_raised("variance", _line(), 900), _raised("duplicate-line", _line(), 3000)]
    (one,) = told(_BILL, raised, {})
    assert one.objection.code == "duplicate-line"
    assert one.objection.evidence == (("shown", "this"), ("also", "variance, 9.00"))


@pytest.mark.parametrize(("strong", "weak"), list(pairwise(CODES))[1:])
def test_the_order_of_codes_is_the_order_of_strength(strong: str, weak: str) -> None:
    raised = [_raised(weak, _line(), 500), _raised(strong, _line(), 1)]
    assert _words(told(_BILL, raised, {})) == [(1, strong)]


def test_what_somebody_elses_check_says_stands_before_what_history_suggests() -> None:
    raised = [_raised("variance", _line()), _raised("my-own-code", _line()), _raised("tax-excessive", _line(2))]
    assert _words(told(_BILL, [*raised, _raised("my-own-code", _line(2))], {})) == [
        (1, "my-own-code"),
        (2, "my-own-code"),
    ]
    assert _words(told(_BILL, [*raised, _raised("rate-above-contract", _line())], {}))[0] == (1, "rate-above-contract")


def test_objections_to_two_lines_are_two() -> None:
    raised = [_raised("late-fee", _line(2)), _raised("late-fee", _line(1))]
    assert _words(told(_BILL, raised, {})) == [(1, "late-fee"), (2, "late-fee")]


def test_of_a_bill_that_is_a_duplicate_nothing_else_is_told() -> None:
    raised = [_raised("rate-above-contract", _line()), _raised("duplicate-bill"), _raised(FAILED)]
    assert _words(told(_BILL, raised, {})) == [(0, "duplicate-bill"), (0, FAILED)]


def test_a_bill_whose_doubling_is_waived_speaks_line_by_line() -> None:
    raised = [_raised("rate-above-contract", _line()), _raised("duplicate-bill", waiver="9.1")]
    assert _words(told(_BILL, raised, {})) == [(0, "duplicate-bill"), (1, "rate-above-contract")]


def test_what_a_waiver_covers_makes_room_for_the_next_explanation() -> None:
    raised = [_raised("duplicate-line", _line(), waiver="9.1"), _raised("rate-above-contract", _line())]
    found = told(_BILL, raised, {})
    assert [(one.objection.code, one.waiver) for one in found] == [
        ("duplicate-line", "9.1"),
        ("rate-above-contract", ""),
    ]


def test_a_credit_for_the_same_service_and_amount_answers_one_line() -> None:
    raised = [_raised("late-fee", _line(1)), _raised("late-fee", _line(2)), _raised("late-fee", _line(3, 2000))]
    assert _words(told(_BILL, raised, {("2065550100", 3000): 1})) == [(1, "late-fee"), (3, "late-fee")]
    assert _words(told(_BILL, raised, {("2065550199", 3000): 1}))[1] == (2, "late-fee")


_codes = st.sampled_from([*CODES, "my-own-code", FAILED])
_objections = st.builds(
    _raised,
    _codes,
    st.none() | st.sampled_from([_line(1, 1000), _line(2, 1000), _line(3, 2000)]),
    st.integers(0, 3000),
    st.sampled_from(["", "", "9.1"]),
)


@given(st.lists(_objections, max_size=12), st.randoms(use_true_random=False))
def test_the_order_in_which_checks_speak_changes_nothing(raised: list[Told], chance: object) -> None:
    """INV-32 in spirit: the same objections, the same rows."""
    mixed = sorted(raised, key=lambda _: chance.random())  # type: ignore[attr-defined]  # hypothesis' random
    answers = {("2065550100", 1000): 1}
    assert told(_BILL, mixed, answers) == told(_BILL, raised, answers)


@given(st.lists(_objections, max_size=12))
def test_every_waived_objection_is_told_and_no_open_line_twice(raised: list[Told]) -> None:
    found = told(_BILL, raised, {})
    assert [one for one in found if one.waiver] == sorted((one for one in raised if one.waiver), key=found.index)
    lines = [one.objection.line.line for one in found if not one.waiver and one.objection.line]
    assert len(lines) == len(set(lines))


# --- waivers ---------------------------------------------------------------------------------------------------------


def _waiver(**cells: str) -> ReferenceRow:
    first, last = (date.fromisoformat(cells.pop(end)) if end in cells else None for end in ("first", "last"))
    return ReferenceRow(9, 1, "waivers", ("seasonal",), first, last, cells)


@pytest.mark.parametrize(
    ("row", "covered"),
    [
        pytest.param(_waiver(), True, id="anything"),
        pytest.param(_waiver(code="zero-use"), True, id="the code"),
        pytest.param(_waiver(code="late-fee"), False, id="another code"),
        pytest.param(_waiver(vendor="Union Tel", account="100-200"), True, id="the account"),
        pytest.param(_waiver(account="100-201"), False, id="another account"),
        pytest.param(_waiver(service="206555*"), True, id="services that begin so"),
        pytest.param(_waiver(service="2065550199"), False, id="another service"),
        pytest.param(_waiver(product="POTS"), True, id="the product"),
        pytest.param(_waiver(product="pots"), False, id="a product is written as the bill writes it"),
        pytest.param(_waiver(most="29.95"), True, id="up to this amount"),
        pytest.param(_waiver(most="29.94"), False, id="not more than it says"),
        pytest.param(_waiver(last="2026-08-31"), True, id="until the end of the bill's cycle"),
        pytest.param(_waiver(last="2026-08-30"), False, id="ended before it"),
        pytest.param(_waiver(first="2026-09-01"), False, id="not in force yet"),
    ],
)
def test_what_a_waiver_covers(row: ReferenceRow, covered: bool) -> None:
    objection = Objection("zero-use", _line(amount=2995), 2995, 85, "x", "it is odd", "Look.")
    assert Waivers.in_force(Reference([row]), _BILL).covering(objection) == ("9.1" if covered else "")


def test_a_check_that_failed_is_never_waived() -> None:
    failed = Objection(FAILED, None, 0, 99, "x", "it raised KeyError", "Report it.")
    assert Waivers.in_force(Reference([_waiver()]), _BILL).covering(failed) == ""
