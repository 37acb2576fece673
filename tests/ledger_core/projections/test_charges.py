"""Charges with their shares."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_core.errors import Unknown
from ledger_core.money import from_minor, parse_decimal
from ledger_core.projections.charges import Asked, ChargeLine, bytewise, charge_lines, charge_named
from tests.ledger_core.books import Books, charge
from tests.ledger_core.small_month import SmallMonth

_ANY = Asked()


def _lines(books: Books, asked: Asked = _ANY, until: int = 0) -> list[ChargeLine]:
    with books.ledger.reading() as connection:
        return list(charge_lines(connection, asked, until=until or books.size()))


def _shares(line: ChargeLine) -> list[tuple[str, int, str]]:
    return [(share.department, share.amount, share.reason) for share in line.shares]


@given(st.integers(min_value=0, max_value=3_000))
def test_lines_come_in_the_bytewise_order_of_their_numbers(last: int) -> None:
    assert list(bytewise(last)) == sorted(range(1, last + 1), key=lambda number: str(number).encode())


def test_charges_come_in_the_bytewise_order_of_their_ids(month: SmallMonth) -> None:
    """Across bills and batches: line 10 stands before line 2."""
    month.books.receive([charge("1.00", f"{line:010}", line=line) for line in range(1, 1_203)], "long")
    ids = [line.charge.encode() for line in _lines(month.books)]
    assert len(ids) == 7 + 1 + 1_202
    assert ids == sorted(ids)


def test_shares_say_who_bears_each_charge_and_why(month: SmallMonth) -> None:
    shared = [line for line in _lines(month.books) if line.bill == month.bill]
    assert {line.charge.rpartition(":")[2]: _shares(line) for line in shared} == {
        "1": [("Police", 4250, "owner")],
        "2": [("Police", 95, "owner")],
        "3": [("Parks", 1975, "owner")],
        "4": [("", 2070, "suspense")],
        "5": [("", 50, "suspense")],
        "6": [("Parks", 300, "split"), ("Police", 501, "split"), ("Water", 200, "split")],
        "7": [("IT", 600, "owner")],
    }


def test_what_a_recoding_moved_off_is_left_out(month: SmallMonth) -> None:
    """Also when it is moved back: the posting that put it there last is named."""
    before = month.books.size()
    there, back = month.recode(1, "Water"), month.recode(1, "Police")
    line = _lines(month.books)[1]
    assert line.charge == f"{month.bill}:1"
    assert [(s.department, s.amount, s.reason) for s in line.shares] == [("Police", 4250, "manual")]
    assert line.shares[0].posting.startswith(f"E{back.sequence}:")
    (in_between,) = [one.shares for one in _lines(month.books, until=there.sequence) if one.charge == line.charge]
    assert [share.department for share in in_between] == ["Water"]
    assert _lines(month.books, until=before)[1].shares[0].posting == f"E{month.entry}:1"


def test_shares_sum_to_the_charge_whatever_happened(month: SmallMonth) -> None:
    for number in (1, 4, 6):
        month.recode(number, "Parks")
    month.charge_back()
    for line in _lines(month.books):
        assert sum(share.amount for share in line.shares) == line.amount
        assert parse_decimal(line.exact) == from_minor(line.amount, line.currency)


def test_a_charge_of_zero_still_says_whose_it_is(month: SmallMonth) -> None:
    month.books.receive([charge("0.00"), charge("1.00", line=2)], "zero")
    (line,) = _lines(month.books, Asked(_bill_of(month, "zero")))[:1]
    assert (line.exact, _shares(line)) == ("0", [("Police", 0, "owner")])


def test_fractions_of_a_cent_keep_their_exact_text(month: SmallMonth) -> None:
    month.books.receive([charge("0.1234567"), charge("0.2000001", line=2), charge("0.3", "2065550101")], "cloud")
    lines = _lines(month.books, Asked(_bill_of(month, "cloud")))
    assert [line.exact for line in lines] == ["0.1234567", "0.2000001", "0.3"]
    assert sum(Decimal(line.exact) for line in lines) == Decimal("0.6234568")
    assert sum(line.amount for line in lines) == 62


def test_charges_of_reversed_bills_are_left_out_from_the_reversal_on(month: SmallMonth) -> None:
    before = month.books.size()
    month.books.reverse(month.entry)
    assert {line.vendor for line in _lines(month.books)} == {"Grand Bay"}
    assert {line.vendor for line in _lines(month.books, until=before)} == {"Grand Bay", "Union Tel"}


def test_charges_are_found_by_department_and_service(month: SmallMonth) -> None:
    def found(**asked: str) -> list[str]:
        return [line.charge.rpartition(":")[2] for line in _lines(month.books, Asked(month.bill, **asked))]

    assert found(department="Parks") == ["3", "6"]
    assert found(department="") == ["4", "5"]
    assert found(service="2065550100") == ["1", "2"]
    assert found(service="") == ["6"]
    assert found(service="2065550100", department="Parks") == []


def test_charges_are_found_by_the_month_of_their_bill(month: SmallMonth) -> None:
    assert len(_lines(month.books, Asked(period="2026-08"))) == 8
    assert _lines(month.books, Asked(period="2026-09")) == []


def test_a_bill_that_was_never_posted_is_unknown(month: SmallMonth) -> None:
    with pytest.raises(Unknown, match="bill B-0: the ledger holds none of that name"):
        _lines(month.books, Asked("B-0"))


def test_a_line_that_a_bill_does_not_have_is_unknown(month: SmallMonth) -> None:
    with month.books.ledger.reading() as connection:
        assert charge_named(connection, f"{month.bill}:7")[1] == 7
        for line in ("0", "8", "01", "x", "", "²", "-1"):
            with pytest.raises(Unknown, match="holds none of that name"):
                charge_named(connection, f"{month.bill}:{line}")


def _bill_of(month: SmallMonth, number: str) -> str:
    return next(line.bill for line in _lines(month.books) if line.number == number)
