"""Statements: what a department is charged, line by line, as it was when the month was charged back."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from ledger_core.errors import Unknown, VerificationFailed
from ledger_core.facts.charge import ChargeKind
from ledger_core.policy.periods import Period
from ledger_core.projections.statement_lines import StatementLine
from ledger_core.projections.statements import Statement, Statements
from tests.ledger_core.books import Books, charge
from tests.ledger_core.small_month import SmallMonth, small_month

AUGUST, SEPTEMBER = Period(2026, 8), Period(2026, 9)


@pytest.fixture
def month(some_books: Books) -> SmallMonth:
    """The small month, charged back, on either store."""
    made = small_month(some_books)
    made.charge_back()
    return made


def statement(month: SmallMonth, department: str, period: Period = AUGUST) -> Statement:
    with month.books.ledger.reading() as connection:
        return Statements(connection, period).of(department)


def september(month: SmallMonth, *lines: tuple[str, str]) -> None:
    """Close August, bill (amount, service) lines of September, charge September back."""
    month.books.close("2026-08")
    charges = [charge(amount, service, line=number) for number, (amount, service) in enumerate(lines, 1)]
    month.books.receive(charges, "september", bill_date=date(2026, 9, 28))
    month.charge_back("2026-09")


def shown(lines: tuple[StatementLine, ...]) -> list[tuple[str, int]]:
    return [(line.named, line.amount) for line in lines]


class TestAMonth:
    def test_is_stated_for_whoever_bears_something(self, month: SmallMonth) -> None:
        """Water's own bill is on its statement though nobody charges it; IT, which keeps its cost, gets none."""
        with month.books.ledger.reading() as connection:
            assert Statements(connection, AUGUST).departments == ["Parks", "Police", "Water"]

    def test_sums_to_charged_and_booked_directly(self, month: SmallMonth) -> None:
        water = statement(month, "Water")
        assert (water.recovered, water.reimbursed, water.direct, water.total) == (200, 0, 2998, 3198)
        assert sum(line.amount for line in water.lines) == 3198

    def test_shows_every_line_with_its_reason(self, month: SmallMonth) -> None:
        police = statement(month, "Police")
        assert [(line.charge, line.amount, line.whole) for line in police.lines] == [
            (f"{month.bill}:1", 4250, 4250),
            (f"{month.bill}:2", 95, 95),
            (f"{month.bill}:6", 501, 1001),
        ]
        owned, _, split = (line.why for line in police.lines)
        assert split.startswith("Rule shared gives 50 percent of it to department Police (row ")
        assert owned.startswith("2065550100 belonged to department Police on the day that decides (row ")

    def test_groups_lines_by_class_and_service(self, month: SmallMonth) -> None:
        (group,) = statement(month, "Police").classes
        assert (group.name, group.amount) == ("object 5420", 4846)
        assert [(service.named, service.amount) for service in group.services] == [
            ("2065550100", 4345),
            ("Account 100-200", 501),
        ]

    def test_keeps_one_time_costs_apart(self, some_books: Books) -> None:
        made = small_month(some_books)
        some_books.receive([charge("99.00", kind=ChargeKind.EQUIPMENT, product="handset")], "handset")
        made.charge_back()
        police = statement(made, "Police")
        assert [(line.product, line.amount) for line in police.one_time] == [("handset", 9900)]
        assert police.total == 4846 + 9900
        assert sum(group.amount for group in police.classes) == 4846

    def test_says_what_is_kept_and_what_nobody_owns(self, month: SmallMonth) -> None:
        keeper = statement(month, "IT")
        assert (keeper.total, shown(keeper.kept), keeper.suspense) == (0, [("2065550103", 600)], 2120)

    def test_shows_a_line_that_was_moved_before_the_run_where_it_ended(self, some_books: Books) -> None:
        made = small_month(some_books)
        made.recode(3, "Police", "the desk moved")
        made.charge_back()
        moved = next(line for line in statement(made, "Police").lines if line.charge == f"{made.bill}:3")
        assert (moved.amount, moved.corrects) == (1975, "")
        assert moved.why.endswith(": the desk moved")
        assert shown(statement(made, "Parks").lines) == [("Account 100-200", 300)]


class TestLaterMonths:
    def test_year_to_date_grows_by_the_month(self, month: SmallMonth) -> None:
        september(month, ("42.50", "2065550100"))
        police = statement(month, "Police", SEPTEMBER)
        assert (police.before, police.total, police.after) == (4846, 4250, 4846 + 4250)

    def test_a_fiscal_year_begins_anew(self, some_books: Books) -> None:
        some_books.load("calendar", [{"key": "fiscal_year_start_month", "value": "9"}])
        made = small_month(some_books)
        made.charge_back()
        september(made, ("42.50", "2065550100"))
        police = statement(made, "Police", SEPTEMBER)
        assert (police.fiscal_year, police.before, police.after) == (2027, 0, 4250)
        assert statement(made, "Police").fiscal_year == 2026

    def test_say_what_changed(self, month: SmallMonth) -> None:
        september(month, ("45.00", "2065550100"), ("3.00", "2065550100"), ("19.75", "2065550101"))
        police = statement(month, "Police", SEPTEMBER)
        assert police.previous == 4846
        assert [
            (change.named, change.word, change.before, change.now, change.difference) for change in police.changes
        ] == [
            ("2065550100", "changed", 4345, 4800, 455),
            ("Account 100-200", "gone", 501, None, -501),
        ]
        assert [change.word for change in statement(month, "Parks", SEPTEMBER).changes] == ["gone"]

    def test_what_changed_explains_the_whole_difference(self, month: SmallMonth) -> None:
        """One-time costs and corrections are no services, but a head asks after all of the difference."""
        month.books.close("2026-08")
        month.recode(3, "Police")
        month.books.receive(
            [charge("99.00", kind=ChargeKind.ONE_TIME), charge("42.50", line=2)], "3", bill_date=date(2026, 9, 28)
        )
        month.charge_back("2026-09")
        police = statement(month, "Police", SEPTEMBER)
        assert [(change.named, change.difference) for change in police.changes[-2:]] == [
            ("Corrections of earlier months", 1975),
            ("One-time costs", 9900),
        ]
        assert police.previous is not None
        assert sum(change.difference for change in police.changes) == police.total - police.previous

    def test_a_first_month_has_nothing_to_change_from(self, month: SmallMonth) -> None:
        assert (statement(month, "Police").previous, statement(month, "Police").changes) == (None, ())

    def test_a_correction_names_the_month_that_it_corrects(self, month: SmallMonth) -> None:
        month.books.close("2026-08")
        month.recode(3, "Water", "the line is the pump's")
        month.charge_back("2026-09")
        parks, water = statement(month, "Parks", SEPTEMBER), statement(month, "Water", SEPTEMBER)
        for found, amount in ((parks, -1975), (water, 1975)):
            (line,) = found.corrections
            assert (line.charge, line.amount, line.corrects) == (f"{month.bill}:3", amount, "2026-08")
            assert line.why.endswith(": the line is the pump's")
            assert found.total == amount
        assert statement(month, "Parks").total == 2275

    def test_a_reversed_bill_is_given_back_line_by_line(self, month: SmallMonth) -> None:
        month.books.reverse(month.entry)
        month.charge_back("2026-09")
        police = statement(month, "Police", SEPTEMBER)
        assert {(line.charge, line.amount, line.corrects) for line in police.corrections} == {
            (f"{month.bill}:1", -4250, "2026-08"),
            (f"{month.bill}:2", -95, "2026-08"),
            (f"{month.bill}:6", -501, "2026-08"),
        }

    def test_a_bill_posted_anew_corrects_the_month_it_was_first_charged_in(self, month: SmallMonth) -> None:
        month.books.reverse(month.entry)
        month.books.receive([charge("40.00")], "1", bill_date=date(2026, 9, 1))
        month.charge_back("2026-09")
        police = statement(month, "Police", SEPTEMBER)
        assert sum(line.amount for line in police.corrections) == police.total == 4000 - 4846
        assert {line.corrects for line in police.corrections} == {"2026-08"}

    def test_a_statement_read_again_is_the_same(self, month: SmallMonth) -> None:
        """INV-08: whatever is recorded after the chargeback, the figures are those of its cut."""
        before = statement(month, "Parks")
        month.books.load("people", [{"person": "zoe", "name": "Zoe", "role": "contact", "department": "Parks"}])
        september(month, ("1.00", "2065550101"))
        month.recode(3, "Water")
        month.charge_back("2026-09")
        assert statement(month, "Parks") == before


class TestBudgets:
    def test_say_what_remains_for_an_object(self, some_books: Books) -> None:
        some_books.load(
            "budgets",
            [{"fiscal_year": year, "department": "Police", "object": "5420", "service_class": "telephones",
              "amount": amount} for year, amount in (("2026", "100.00"), ("2027", "9.00"))],
        )  # fmt: skip
        made = small_month(some_books)
        made.charge_back()
        police = statement(made, "Police")
        assert [(line.name, line.budget, line.spent, line.remaining) for line in police.budgets] == [
            ("telephones", 10000, 4846, 5154)
        ]
        assert [group.name for group in police.classes] == ["telephones"]


class TestWhoToAsk:
    def test_is_in_the_sheet_of_people(self, some_books: Books) -> None:
        some_books.load(
            "people",
            [{"person": "ana", "name": "Ana", "role": "contact", "department": "Police"},
             {"person": "ben", "name": "Ben", "role": "account_coordinator", "department": ""}],
        )  # fmt: skip
        some_books.load("calendar", [{"key": "objection_days", "value": "10"}])
        made = small_month(some_books)
        made.charge_back()
        police = statement(made, "Police")
        assert ([person.name for person in police.recipients], [person.name for person in police.contacts]) == (
            ["Ana"],
            ["Ben"],
        )
        assert police.last_day == max(police.issued, police.period.last_day) + timedelta(days=10)

    def test_objections_end_thirty_days_after_the_issue_or_the_month_whichever_is_later(
        self, month: SmallMonth
    ) -> None:
        police = statement(month, "Police")
        assert police.last_day == max(police.issued, date(2026, 8, 31)) + timedelta(days=30)


class TestRefusals:
    def test_a_month_that_is_not_charged_back_has_no_statements(self, month: SmallMonth) -> None:
        with pytest.raises(Unknown, match="period 2026-09: it is not charged back yet"):
            statement(month, "Police", SEPTEMBER)

    @pytest.mark.parametrize("department", ["Zoo", ""])
    def test_a_department_without_anything_has_none(self, month: SmallMonth, department: str) -> None:
        with pytest.raises(Unknown, match="nothing in 2026-08 is charged to it"):
            statement(month, department)

    def test_nothing_is_shown_where_the_books_contradict_themselves(self, month: SmallMonth) -> None:
        """A reading that says another amount than the postings do."""
        with month.books.ledger.database.writing() as connection:
            connection.execute(text("UPDATE chargebacks SET amount = amount + 1 WHERE department = 'Police'"))
        with pytest.raises(VerificationFailed, match=r"differ: 48\.46 and 48\.47 USD"):
            statement(month, "Police")
