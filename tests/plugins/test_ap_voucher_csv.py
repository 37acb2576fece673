"""Vouchers: a row a fund line, exact to the byte; the lines of a voucher sum to its amount."""

import csv
import io
from decimal import Decimal
from typing import Any

import attrs
import pytest

from ledger_core import ExportEntry
from plugins.ap_voucher_csv import VoucherCsv
from tests.plugins.entries import BILL

_HEAD = (
    "voucher_id,vendor,account,invoice,invoice_date,due_date,currency,amount,line,fund,dept,project,grant,object,"
    "ledger_account,string,line_amount,description,trace_id"
)
_PAPER = "V0001-E18,Grand Bay,8005550700,GB-2608-1,2026-08-01,2026-08-31,USD,79.24"
_WORDS = "Bill Grand Bay 8005550700 GB-2608-1"
_EXPECTED = f"""{_HEAD}
{_PAPER},1,001,01210,,,64220,64000,001.64220,83.24,{_WORDS},E18:1
{_PAPER},2,001,01320,,,64220,64000,001.64220,-4.00,{_WORDS},E18:2
"""


def written(*entries: ExportEntry) -> str:
    return b"".join(VoucherCsv().write("V0001", entries)).decode()


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_bill_is_written_to_the_byte() -> None:
    assert written(BILL) == _EXPECTED.replace("\n", "\r\n")


def test_lines_sum_to_the_amount() -> None:
    rows = read(written(BILL))
    assert sum(Decimal(row["line_amount"]) for row in rows) == Decimal(rows[0]["amount"])


def test_a_credit_is_negative() -> None:
    credit = attrs.evolve(BILL, total=-7924, lines=tuple(attrs.evolve(one, amount=-one.amount) for one in BILL.lines))
    assert {row["amount"] for row in read(written(credit))} == {"-79.24"}


@pytest.mark.parametrize("field", ["vendor", "account", "number", "narrative"])
def test_no_word_of_a_vendor_is_a_formula(field: str) -> None:
    said: dict[str, Any] = {field: "=HYPERLINK(1)"}
    for row in read(written(attrs.evolve(BILL, **said))):
        assert not any(cell.startswith(("=", "+", "@")) for cell in row.values())


def test_what_the_paper_does_not_state_is_empty() -> None:
    (row, *_) = read(written(attrs.evolve(BILL, number="", bill_date=None, due_date=None)))
    assert (row["invoice"], row["invoice_date"], row["due_date"]) == ("", "", "")
