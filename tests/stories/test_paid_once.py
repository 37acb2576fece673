"""What somebody might try so that Millrace pays one bill twice, or charges what is held: none of it works."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.stories.millrace_town import UMA, Line, Paper, Town, circuit, millrace, right_month

_AUGUST = (date(2026, 8, 1), date(2026, 8, 31))
_PAID = "Cascade Fiber,700100,M-0826,853.28,2026-09-01,warrant,W-1"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with millrace(tmp_path) as town:
        town.on(date(2026, 9, 2))
        yield town


def _sent(town: Town) -> list[Decimal]:
    """The amount of every voucher that ever left, in order."""
    found: dict[tuple[str, str], Decimal] = {}
    for file in sorted((town.folder / "site" / "exports").glob("ap_voucher_csv-*.csv")):
        with file.open(newline="", encoding="utf-8") as text:
            for row in csv.DictReader(text):
                found[row["voucher_id"], row["trace_id"].partition(":")[0]] = Decimal(row["amount"])
    return list(found.values())


def _sent_and_posted_again(town: Town, *lines: Line) -> tuple[str, str]:
    """A bill that left, was taken back, and was posted again from the same file: both names."""
    bill = town.take_in(Paper("M-0826", _AUGUST[1], lines))["bill"]
    town.do("certify", bill, actor=UMA)
    town.do("export", "vouchers", actor=UMA)
    town.do("reverse", bill, "--reason", "it is read again")
    file = town.folder / "typed" / "M-0826.xlsx"
    again = town.ask("import", str(file), codes=(0, 1))["files"][0]["bills"][0]["bill"]
    return bill, again


class TestABillThatLeftAndWasPostedAgain:
    def test_it_does_not_leave_while_nobody_certified_what_takes_the_first_back(self, town: Town) -> None:
        bill, again = _sent_and_posted_again(town, *right_month(8))
        town.do("certify", again, actor=UMA)
        told = town.do("export", "vouchers", actor=UMA, codes=(0, 1))
        assert _sent(town) == [Decimal("853.28")]
        assert f"tollbook certify {bill}" in told

    def test_it_leaves_with_what_takes_the_first_back_and_nothing_more_is_paid(self, town: Town) -> None:
        _sent_and_posted_again(town, *right_month(8))
        town.do("certify", "--all-ready", actor=UMA)
        town.do("export", "vouchers", actor=UMA)
        assert sorted(_sent(town)) == [Decimal("-853.28"), Decimal("853.28"), Decimal("853.28")]
        town.holds_together("2026-08", "2026-09")

    def test_it_waits_where_that_leaves_in_another_month(self, town: Town) -> None:
        bill = town.take_in(Paper("M-0826", _AUGUST[1], right_month(8)))["bill"]
        town.do("certify", bill, actor=UMA)
        town.do("export", "vouchers", actor=UMA)
        town.charged("2026-08")
        town.do("close", "2026-08", actor=UMA)
        town.do("reverse", bill, "--reason", "it is read again")
        town.ask("import", str(town.folder / "typed" / "M-0826.xlsx"), codes=(0, 1))
        town.do("certify", "--all-ready", actor=UMA)
        town.do("export", "vouchers", "2026-09", actor=UMA, codes=(0, 1))
        assert _sent(town) == [Decimal("853.28")]
        town.do("export", "vouchers", actor=UMA)
        assert sum(_sent(town)) == Decimal("853.28")

    def test_it_waits_where_less_is_owed_now_than_has_left(self, town: Town) -> None:
        """66.06 is disputed after the bill left and was posted again: the vendor already has more than is owed now."""
        _, again = _sent_and_posted_again(town, *circuit("C-1", 8, "460.00", "46.46"), *right_month(8)[2:])
        town.do("dispute", "open", f"{again}:1", "--amount", "60.00", "--mode", "withheld", "--reason", "K-26-4")
        town.do("certify", "--all-ready", actor=UMA)
        town.do("export", "vouchers", actor=UMA, codes=(0, 1))
        assert sum(_sent(town)) == Decimal("919.34")
        town.holds_together("2026-08", "2026-09")


class TestABillThatWasPaidWithoutAVoucher:
    """Somebody paid from the certificate, and the payment was read back before anything left."""

    @pytest.fixture
    def paid(self, town: Town) -> str:
        bill: str = town.take_in(Paper("M-0826", _AUGUST[1], right_month(8)))["bill"]
        town.do("certify", bill, actor=UMA)
        file = town.folder / "paid.csv"
        rows = ("vendor,account,number,amount,paid,method,reference", _PAID)
        file.write_text("\n".join(rows) + "\n", "utf-8")
        town.do("load", "payments", str(file), actor=UMA)
        return bill

    def test_its_claim_does_not_leave_any_more(self, town: Town, paid: str) -> None:
        told = town.do("export", "vouchers", actor=UMA, codes=(0, 1))
        assert _sent(town) == []
        assert "853.28 USD of it was paid before it left" in told

    def test_nor_does_what_is_posted_in_its_place(self, town: Town, paid: str) -> None:
        town.do("reverse", paid, "--reason", "it is read again")
        town.ask("import", str(town.folder / "typed" / "M-0826.xlsx"), codes=(0, 1))
        town.do("certify", "--all-ready", actor=UMA)
        told = town.do("export", "vouchers", actor=UMA, codes=(0, 1))
        assert _sent(town) == []
        assert f"{paid}, which it replaces, was paid" in told


class TestACreditThatIsHeld:
    def test_it_moves_nowhere_until_it_is_released(self, town: Town) -> None:
        """Else Police bore the hold's end and Parks the credit, and both would be charged wrongly (INV-36)."""
        august = town.take_in(Paper("M-0826", _AUGUST[1], right_month(8)))["bill"]
        town.on(date(2026, 10, 2))
        given = Line("credit", "C-1", "ADJUSTMENT", "-50.00", *_AUGUST)
        september = town.take_in(Paper("M-0926", date(2026, 9, 30), [*right_month(9), given]))["bill"]
        credit = f"{september}:7"
        town.charged("2026-08")
        town.do("hold", credit, "--reason", "we asked what it is for")
        refused = town.refused("credits", "confirm", credit, "--with", f"{august}:3", "--reason", "it is the park's")
        assert refused.code == "held"
        assert town.charged("2026-09") == {"01210": 44040, "01320": 27525, "04010": 13763}
        town.do("release", credit, "--reason", "they told us")
        town.do("credits", "confirm", credit, "--with", f"{august}:3", "--reason", "it is the park's")
        assert town.charged("2026-09") == {"01210": 44040, "01320": 22525, "04010": 13763}
        town.holds_together("2026-08", "2026-09")
