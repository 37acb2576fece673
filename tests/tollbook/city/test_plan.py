"""A planned city is a pure value of its size, its seed and its calendar."""

import pytest

from tollbook.city import SIZES, Calendar, Month, oddities, plan_city
from tollbook.city.city import Case, Medium


def test_the_same_arguments_plan_an_equal_city() -> None:
    assert plan_city("city", 7) == plan_city("city", 7)


def test_another_seed_plans_another_city() -> None:
    assert plan_city("tiny", 1).accounts != plan_city("tiny", 2).accounts


def test_an_unknown_size_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'huge'; it is one of tiny, city, metro, state"):
        plan_city("huge")


@pytest.mark.parametrize("size", SIZES)
def test_every_kind_of_oddity_is_planted_at_every_size(size: str) -> None:
    assert {planted.case for planted in oddities(plan_city(size))} == {case.value for case in Case}


@pytest.mark.parametrize("size", SIZES)
def test_accounts_and_departments_have_numbers_of_their_own(size: str) -> None:
    city = plan_city(size)
    assert len({(a.vendor, a.number) for a in city.accounts}) == len(city.accounts)
    assert len({d.code for d in city.departments}) == SIZES[size].departments


def test_information_technology_has_the_dotted_string_of_its_kind() -> None:
    assert plan_city("tiny").department("01770").string("64160") == "52001770.64160.1800"


def test_a_directly_booked_account_is_paid_by_the_fund_of_its_one_department() -> None:
    city = plan_city("city")
    direct = [a for a in city.of(Medium.MOBILE) if a.treatment == "direct"]
    assert direct
    assert all(city.department(a.home).fund == a.paying_fund for a in direct)


def test_a_fiscal_year_from_july_is_named_by_the_year_it_ends_in() -> None:
    calendar = Calendar(fiscal_year_start=7)
    assert [calendar.fiscal_year(Month(2026, n)) for n in (1, 6, 7, 12)] == [2026, 2026, 2027, 2027]
    assert Calendar().fiscal_year(Month(2026, 7)) == 2026


def test_months_count_over_the_turn_of_the_year() -> None:
    assert str(Month(2026, 11).plus(3)) == "2027-02"
    assert Month(2027, 1).plus(-1) == Month(2026, 12)
    assert Month(2028, 2).last.day == 29
