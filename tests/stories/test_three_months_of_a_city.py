"""Three months of a synthetic city, taken in as a coordinator would: every bill comes to what its maker expected.

The city's own oracle knows for each bill what must become of it, what it totals, and whose it is. Planted among clean
bills: second copies, a revision, totals that do not tie, unknown services, an expired string, card payments, credits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from ledger_core.engine.reception import Judged
from ledger_core.facts.entry import COST_ROLES
from ledger_core.projections.exceptions import open_exceptions
from ledger_core.store.tables import BODIES
from tests.stories.harbor_site import load
from tests.tollbook.sites import take_in
from tollbook.city import Case, City, Expected, answer_key, expected, plan_city, write_month, write_reference
from tollbook.intake.outcome import FileOutcome
from tollbook.keys import KeyRing
from tollbook.opening import Wanted, open_site
from tollbook.site import Site

_CENT = Decimal("0.01")
Landing = tuple[Expected, FileOutcome]


@pytest.fixture(scope="module")
def city() -> City:
    return plan_city("tiny", seed=11)


@pytest.fixture(scope="module")
def site(city: City, tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("city")
    wanted = Wanted(folder / "site", "rosa", chart_template="fund:3 department:5 . object:5 . subobject:4", site="city")
    opened = open_site(wanted, KeyRing(folder / "keys"))
    for sheet in write_reference(city, folder / "reference"):
        load(opened, folder / "reference" / sheet.name)
    return opened


@pytest.fixture(scope="module")
def landings(city: City, site: Site, tmp_path_factory: pytest.TempPathFactory) -> list[Landing]:
    """Everything that came, in the order of landing, beside what it must come to."""
    found: list[Landing] = []
    for month in city.calendar.all():
        folder = tmp_path_factory.mktemp(str(month))
        write_month(city, month, folder)
        for wanted in expected(city, month):
            outcomes = take_in(site, [folder / wanted.path])
            first = next((outcome for outcome in outcomes if outcome.bills), outcomes[0])
            found.append((wanted, first))
    return found


def _posted(landings: list[Landing]) -> Iterator[tuple[Expected, Judged]]:
    for wanted, outcome in landings:
        if wanted.outcome == "posted":
            yield wanted, outcome.bills[0]


def _departments(site: Site, bill: Judged) -> dict[str, int]:
    """Cents by department as the bill's own entry has them."""
    assert bill.fact is not None
    p = BODIES["postings"].c
    query = select(p.department, p.amount).where(p.fact == bill.fact.sequence, p.role.in_(sorted(COST_ROLES)))
    sums: dict[str, int] = defaultdict(int)
    with site.ledger().reading() as connection:
        for department, amount in connection.execute(query):
            sums[department] += amount
    return {department: amount for department, amount in sums.items() if amount}


def test_every_bill_comes_to_what_was_expected_of_it(landings: list[Landing]) -> None:
    said = [(wanted.path, wanted.outcome) for wanted, _ in landings]
    assert [(wanted.path, outcome.verdict.value) for wanted, outcome in landings] == said


def test_every_posted_total_and_count_is_the_vendor_s(landings: list[Landing]) -> None:
    for wanted, bill in _posted(landings):
        assert (bill.total, bill.head.vendor, bill.head.account) == (wanted.total, wanted.vendor, wanted.account)


def test_a_bill_that_does_not_tie_is_rejected_with_its_exact_gap(landings: list[Landing]) -> None:
    gaps = [(wanted, outcome) for wanted, outcome in landings if wanted.gap]
    assert gaps, "the city plants one"
    for wanted, outcome in gaps:
        found = Decimal(outcome.all_problems[0].found.rpartition("gap ")[2])
        assert found == wanted.gap * _CENT


def test_every_cent_is_attributed_to_whom_the_city_says(city: City, site: Site, landings: list[Landing]) -> None:
    """Sub-cent bills round once over their postings: a department is less than a cent off for each of its objects."""
    for wanted, bill in _posted(landings):
        departments = dict(wanted.departments)
        if wanted.expired:
            departments[city.expiring.code] -= wanted.expired
            departments[""] = departments.get("", 0) + wanted.expired
        found = _departments(site, bill)
        assert sum(found.values()) == wanted.total - wanted.payments
        if wanted.medium != "cloud":
            assert found == {department: cents for department, cents in departments.items() if cents}, wanted.path
            continue
        for department, exact in wanted.exact.items():
            assert abs(found.get(department, 0) * _CENT - Decimal(exact)) < 2 * _CENT, (wanted.path, department)


def test_what_was_planted_in_lines_is_raised_as_an_exception(city: City, site: Site, landings: list[Landing]) -> None:
    codes: dict[str, set[str]] = defaultdict(set)
    bills: dict[str, str] = {}
    for wanted, outcome in landings:
        codes[wanted.path.partition("/")[0]] |= {problem.code for problem in outcome.all_problems}
        bills |= {bill.bill: wanted.path for bill in outcome.bills}
    with site.ledger().reading() as connection:
        for item in open_exceptions(connection):
            codes[bills.get(item.bill or "", "")].add(item.code)
    for planted in answer_key(city):
        if planted.case == Case.DUPLICATE_LINE:
            assert "duplicate-line" in codes[planted.file], planted
        if planted.case == Case.EXPIRED_STRING:
            assert "string-expired" in codes[planted.file], planted


def test_card_clearing_comes_to_zero_once_bill_and_statement_are_in(site: Site, landings: list[Landing]) -> None:
    """The carrier paid by card: its bill credits clearing, the card line that names it debits the same."""
    assert landings
    p = BODIES["postings"].c
    with site.ledger().reading() as connection:
        amounts = connection.execute(select(p.amount).where(p.role == "card_clearing")).scalars().all()
    assert amounts
    assert sum(amounts) == 0


def test_bills_that_never_came_are_in_the_queue_and_late_ones_are_not(
    city: City, site: Site, landings: list[Landing]
) -> None:
    """What was refused is missing too, until a bill that ties stands in its place."""
    never = {(planted.month, planted.account) for planted in answer_key(city) if planted.case == Case.MISSING_BILL}
    refused = {(wanted.path, wanted.account) for wanted, _ in landings if wanted.gap}
    # By then every cycle of the last month is late, and none of the month after.
    today = city.calendar.all()[-1].last + timedelta(days=8)
    with site.ledger().reading() as connection:
        missing = [item for item in open_exceptions(connection, today) if item.code == "bill-missing"]
    assert never
    for month, account in never:
        assert any(account in item.text and month in item.text for item in missing), (month, account)
    assert len(missing) == len(never) + len(refused)
