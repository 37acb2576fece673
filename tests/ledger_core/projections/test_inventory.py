"""The inventory of a day: what was loaded and what was billed, side by side, on either store."""

from datetime import date
from pathlib import Path

import pytest

from ledger_core.facts.charge import ChargeKind
from ledger_core.projections.bills import named
from ledger_core.projections.exceptions import ExceptionItem, open_exceptions
from ledger_core.projections.inventory import InService, inventory
from ledger_core.store.database import Database
from tests.ledger_core.books import ACCOUNT, VENDOR, Books, books, charge, owned

_SINCE = {"from": "2020-01-01"}
_AUGUST, _SEPTEMBER = date(2026, 8, 28), date(2026, 9, 28)


def _line(service: str, **cells: str) -> dict[str, str]:
    return {"vendor": VENDOR, "account": ACCOUNT, "service": service, **cells}


@pytest.fixture
def kept(database: Database, tmp_path: Path) -> Books:
    """Two owned lines in the inventory, one of them moved to another plan; a mobile without a bill; bills of two
    months, the second of which charges for a line that nobody knows."""
    made = books(database, tmp_path)
    owned(made)
    made.load("vendor_accounts", [{"vendor": VENDOR, "account": ACCOUNT, "treatment": "recover", "cycle_day": "28"}])
    made.load(
        "inventory",
        [
            _line("2065550100", kind="line", location="City Hall", plan="POTS", contract="K1", **_SINCE),
            _line("2065550101", kind="line", plan="POTS", **{"from": "2021-01-01", "to": "2026-06-30"}),
            _line("2065550101", kind="line", plan="PRI", equipment="Box 7", **{"from": "2026-07-01"}),
            _line("mobile", kind="mobile", **{"from": "2022-01-01"}),
        ],
    )
    lines = [charge("29.95"), charge("10.01", "2065550101", line=2)]
    made.receive(lines, "1", bill_date=_AUGUST)
    more = [charge("5.00", "unknown", line=3), charge("1.25", "unknown", line=4, kind=ChargeKind.TAX)]
    made.receive([*lines, *more], "2", bill_date=_SEPTEMBER)
    return made


def _services(kept: Books, day: str, until: int | None = None) -> dict[str, InService]:
    with kept.ledger.reading() as connection:
        return {one.service: one for one in inventory(connection, date.fromisoformat(day), until).services()}


def _differences(kept: Books, day: str, cycles: int = 2) -> list[tuple[str, str, int, str]]:
    with kept.ledger.reading() as connection:
        found = inventory(connection, date.fromisoformat(day)).differences(cycles)
    return [(one.code, one.service, one.amount, one.found) for one in found]


def test_loads_and_bills_both_say_what_is_in_service(kept: Books) -> None:
    found = _services(kept, "2026-10-01")
    assert list(found) == ["2065550100", "2065550101", "mobile", "unknown"]
    line = found["2065550100"]
    assert (line.kind, line.location, line.plan, line.contract) == ("line", "City Hall", "POTS", "K1")
    assert (line.department, line.object, line.start, line.end) == ("Police", "5420", date(2020, 1, 1), None)
    assert line.billed is not None
    assert (line.billed.day, line.billed.recurring, line.billed.products) == (_SEPTEMBER, 2995, ("POTS",))
    assert (found["mobile"].billed, found["mobile"].listed) == (None, True)
    unknown = found["unknown"]
    assert (unknown.listed, unknown.department, unknown.start) == (False, "", None)
    assert unknown.billed is not None
    assert (unknown.billed.recurring, unknown.billed.total) == (500, 625)


def test_a_service_begins_with_the_stretch_that_the_day_lies_in(kept: Books) -> None:
    """A change of plan is no new beginning; a gap is."""
    line = _services(kept, "2026-10-01")["2065550101"]
    assert (line.start, line.end, line.plan, line.equipment) == (date(2021, 1, 1), None, "PRI", "Box 7")
    before = _services(kept, "2026-05-01")["2065550101"]
    assert (before.plan, before.billed) == ("POTS", None)
    kept.load("inventory", [_line("mobile", **{"from": "2022-01-01", "to": "2023-12-31"})])
    kept.load("inventory", [_line("mobile", **{"from": "2024-02-01", "to": "2026-12-31"})])
    assert _services(kept, "2026-10-01")["mobile"].start == date(2024, 2, 1)
    assert _services(kept, "2023-01-01")["mobile"].end == date(2023, 12, 31)
    assert "mobile" not in _services(kept, "2024-01-15")


def test_it_is_asked_as_of_a_day_and_as_known_at_a_position(kept: Books) -> None:
    assert "unknown" not in _services(kept, "2026-09-01")
    known = kept.size()
    kept.load("inventory", [_line("new", **{"from": "2026-01-01"})])
    assert "new" in _services(kept, "2026-09-01")
    assert "new" not in _services(kept, "2026-09-01", until=known)


def test_an_owner_without_a_row_in_the_inventory_is_in_service_all_the_same(kept: Books) -> None:
    kept.load("services", [{"vendor": "", "account": "", "service": "fax", "department": "Parks", "object": "5420"}])
    fax = _services(kept, "2026-09-01")["fax"]
    assert (fax.vendor, fax.account, fax.department, fax.listed) == ("", "", "Parks", False)


def test_what_is_loaded_for_any_account_is_the_service_that_one_bills(kept: Books) -> None:
    kept.load("inventory", [{"vendor": VENDOR, "account": "", "service": "unknown", "plan": "POTS"}])
    kept.load("services", [{"vendor": "", "account": "", "service": "unknown", "department": "Parks", "object": "1"}])
    found = _services(kept, "2026-10-01")
    assert (found["unknown"].account, found["unknown"].department, found["unknown"].listed) == (ACCOUNT, "Parks", True)
    assert sum(name == "unknown" for name in found) == 1


class TestDifferences:
    def test_each_is_told_with_what_it_costs(self, kept: Books) -> None:
        assert _differences(kept, "2026-10-01") == [
            ("plan-unexpected", "2065550101", 1001, "billed POTS; the inventory has PRI"),
            ("not-billed", "mobile", 0, "in service since 2022-01-01, and on no bill of the last 2 cycles"),
            ("not-in-inventory", "unknown", 500, "billed, and not in the inventory"),
        ]

    def test_a_service_may_be_on_no_bill_for_some_cycles(self, kept: Books) -> None:
        assert [one for one in _differences(kept, "2026-10-01", 3) if one[0] == "not-billed"] == []
        assert [one[1] for one in _differences(kept, "2026-09-01", 1) if one[0] == "not-billed"] == ["mobile"]

    def test_one_that_has_just_begun_is_not_missed_yet(self, kept: Books) -> None:
        kept.load("inventory", [_line("young", **{"from": "2026-07-29"}), _line("old", **{"from": "2026-07-28"})])
        assert [one[1] for one in _differences(kept, "2026-10-01") if one[0] == "not-billed"] == ["mobile", "old"]

    def test_one_that_any_account_may_bill_is_looked_for_on_all_of_them(self, kept: Books) -> None:
        kept.load("inventory", [{"vendor": VENDOR, "account": "", "service": "roaming"}])
        assert "roaming" in [one[1] for one in _differences(kept, "2026-10-01")]
        kept.receive([charge("3.00", "roaming")], "3", account="other", bill_date=_AUGUST)
        kept.receive([charge("3.00", "roaming")], "4", account="other", bill_date=_SEPTEMBER)
        assert "roaming" not in [one[1] for one in _differences(kept, "2026-10-01")]

    def test_an_account_whose_inventory_nobody_keeps_has_none(self, kept: Books) -> None:
        kept.receive([charge("3.00", "x")], "5", vendor="Other", account="9", bill_date=_SEPTEMBER)
        assert "x" in _services(kept, "2026-10-01")
        assert "x" not in [one[1] for one in _differences(kept, "2026-10-01")]

    def test_a_reversed_bill_says_nothing(self, kept: Books) -> None:
        billed = _services(kept, "2026-10-01")["unknown"].billed
        assert billed is not None
        with kept.ledger.reading() as connection:
            bill = named(connection, billed.bill)
        assert bill is not None
        kept.reverse(bill.fact)
        assert "unknown" not in _services(kept, "2026-10-01")


class TestQueue:
    def _items(self, kept: Books, day: str) -> list[ExceptionItem]:
        with kept.ledger.reading() as connection:
            return [one for one in open_exceptions(connection, date.fromisoformat(day)) if one.kind == "inventory"]

    def test_services_of_an_account_that_no_bill_has_are_one_item(self, kept: Books) -> None:
        """What is billed otherwise than listed, checks object to on the bill itself."""
        (item,) = self._items(kept, "2026-10-01")
        assert (item.code, item.amount, item.vendor, item.bill, item.lines) == ("not-billed", 0, VENDOR, None, 1)
        assert item.text == (
            f"{VENDOR} {ACCOUNT}: 1 service in the inventory is on no bill of the last 2 cycles (mobile)."
            " End it in the inventory, or ask the vendor where it is billed."
        )

    def test_other_services_are_another_item(self, kept: Books) -> None:
        (one,) = self._items(kept, "2026-10-01")
        kept.load("inventory", [_line("old", **{"from": "2026-07-01"})])
        (two,) = self._items(kept, "2026-10-01")
        assert one.item != two.item
        assert "2 services in the inventory are on no bill of the last 2 cycles (mobile, old)" in two.text

    def test_before_two_cycles_have_come_nothing_is_missed(self, kept: Books) -> None:
        assert self._items(kept, "2026-09-01") == []
