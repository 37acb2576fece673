"""Why: one sentence, from the evidence alone."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import attrs
import pytest

from ledger_core.engine.reception import Origin, Reception
from ledger_core.engine.reversal import reverse
from ledger_core.errors import Unknown
from ledger_core.facts.bill import Bill, Figure, Totals
from ledger_core.facts.charge import Charge, ChargeColumns, ChargeKind, Locator, columns_of
from ledger_core.projections.evidence import Why, why
from ledger_core.store.database import Database
from ledger_core.store.spool import Spool
from tests.ledger_core.books import INTAKE, MARIA, charge
from tests.ledger_core.small_month import SmallMonth

_BILL = "on Union Tel bill 1 of 2026-08-28"


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """The embedded store; test_two_stores.py says that the other answers alike."""
    return Database(tmp_path / "ledger.db")


def _why(month: SmallMonth, line: int, bill: str | None = None) -> Why:
    with month.books.ledger.reading() as connection:
        return why(connection, f"{bill or month.bill}:{line}", until=month.books.size())


def test_an_owner_is_named_with_the_row_that_says_so(month: SmallMonth) -> None:
    answer = _why(month, 1)
    assert answer.sentence == (
        f"Police department (Police) bears 42.50 USD for a recurring charge POTS of service 2065550100 {_BILL}, "
        "because 2065550100 belonged to it, says row 4.1 of the sheet services, loaded by maria on 2026-09-01."
    )
    assert [(ground.kind, ground.ref) for ground in answer.because] == [
        ("bill", f"E{month.entry}"),
        ("amount", f"{month.bill}:1"),
        ("owner", "4.1"),
    ]


def test_the_evidence_does_not_change_when_the_owner_does(month: SmallMonth) -> None:
    before = _why(month, 1)
    month.books.load(
        "services", [{"vendor": "", "account": "", "service": "2065550100", "department": "Parks", "object": "5420"}]
    )
    assert _why(month, 1) == before


def test_a_split_says_who_bears_which_part(month: SmallMonth) -> None:
    answer = _why(month, 6)
    assert answer.sentence.startswith(f"10.01 USD for a usage charge minutes {_BILL} is split: Parks department")
    for percent, amount in (("30", "3.00"), ("50", "5.01"), ("20", "2.00")):
        assert f"{amount} ({percent} percent)" in answer.sentence
    assert answer.sentence.endswith(
        ", because rule shared splits it so, says the sheet rules, loaded by maria on 2026-09-01."
    )
    assert answer.sentence.count("because") == 1, "said once for all parts"
    assert [ground.ref for ground in answer.because if ground.kind == "split"] == ["5.2", "5.1", "5.3"]


def test_suspense_is_said_plainly(month: SmallMonth) -> None:
    assert _why(month, 4).sentence == (
        f"Suspense holds 20.70 USD for a recurring charge POTS of service 2065550199 {_BILL}, because no owner, "
        "printed code or rule claims it."
    )


def test_a_tax_is_named_as_one(month: SmallMonth) -> None:
    assert " 0.95 USD for a tax of service 2065550100 " in _why(month, 2).sentence


def test_a_sentence_begins_like_one_where_a_department_has_no_name(month: SmallMonth) -> None:
    month.books.load("departments", [{"department": "Police", "name": "", "fund": "001", "treatment": "recover"}])
    assert _why(month, 1).sentence.startswith("Department Police bears 42.50 USD")


def test_nobody_bears_a_bill_that_was_reversed(month: SmallMonth) -> None:
    with month.books.ledger.acting(MARIA) as act:
        fact = reverse(act, month.bill, "another city's", month.books.folder).fact
    answer = _why(month, 6)
    assert answer.sentence == (
        f"Nobody bears 10.01 USD for a usage charge minutes {_BILL} any more, because maria reversed the bill on "
        f"2026-09-01 in E{fact.sequence} (another city's)."
    )
    assert {ground.kind for ground in answer.because} == {"bill", "amount", "reversal"}
    with month.books.ledger.reading() as connection:
        before = why(connection, f"{month.bill}:6", until=fact.sequence - 1)
    assert "is split: Parks department" in before.sentence


def test_a_recoding_is_told_with_its_reason(month: SmallMonth) -> None:
    moved = month.recode(1, "Water", "the line moved to the pumps")
    answer = _why(month, 1)
    assert answer.sentence.startswith("Water department (Water) bears 42.50 USD")
    assert f"maria moved it on 2026-09-01 in E{moved.sequence} (the line moved to the pumps)" in answer.sentence


def test_what_charged_it_is_a_ground(month: SmallMonth) -> None:
    month.charge_back()
    grounds = [ground for ground in _why(month, 1).because if ground.kind == "charged"]
    assert [ground.text for ground in grounds] == [
        "charged to department Police for 2026-08, journal CB-2026-08-Police-1"
    ]


def test_quantity_and_rate_are_shown_where_they_make_the_amount(month: SmallMonth) -> None:
    posted = month.books.receive(
        [
            charge("1.40", kind=ChargeKind.USAGE, quantity=Decimal(40), unit="min", rate=Decimal("0.035")),
            charge("9.99", line=2, quantity=Decimal(3), rate=Decimal("3.50")),
        ],
        "usage",
    )
    amounts = [_why(month, line, posted.bill).because[1].text for line in (1, 2)]
    assert amounts == [
        "40 min x 0.035 = 1.4 USD, booked as 1.40 USD",
        "3 x 3.5; the bill states 9.99 USD, booked as 9.99 USD",
    ]


def test_a_printed_code_is_quoted(month: SmallMonth) -> None:
    month.books.load("codes", [{"vendor": "", "account": "", "code": "CC47", "department": "Water", "object": "5420"}])
    posted = month.books.receive([charge("1.00", "meter", customer_code="CC47")], "coded")
    assert "because the customer code CC47 printed on the bill is its own" in _why(month, 1, posted.bill).sentence


def test_a_charge_that_nobody_posted_is_unknown(month: SmallMonth) -> None:
    with pytest.raises(Unknown):
        _why(month, 99)


def test_a_bill_without_an_account_is_named_by_its_file(month: SmallMonth) -> None:
    """A card statement has neither vendor nor account."""
    posted = month.books.receive([charge("1.00")], "", vendor="", account="")
    assert " on bill .csv of 2026-08-28, because " in _why(month, 1, posted.bill).sentence


def test_a_card_line_that_pays_a_bill_is_no_cost_and_no_suspense(month: SmallMonth) -> None:
    month.books.load(
        "vendor_accounts", [{"vendor": "Grand Bay", "account": "77", "treatment": "recover", "paid_by": "card"}]
    )
    line = _one_column(charge("25.99", "", text="GRAND BAY 77"))
    total = Figure("total", "bill", Decimal("25.99"), Locator("1", 0, 1))
    with Spool(month.books.folder / "card.spool") as spool:
        origin = Origin((month.books.document(b"card", "card.csv"),), "made_up", "1", True, 1)
        reception = Reception(month.books.ledger, origin, Bill("", "", "USD", bill_date=date(2026, 8, 30)), spool)
        reception.feed(line)
        posted = reception.conclude(Totals(1, total), lambda: [line], INTAKE)
    answer = _why(month, 1, posted.bill)
    assert answer.sentence.startswith("Card clearing holds 25.99 USD")
    assert "because it pays an account whose own bills are the cost" in answer.sentence
    assert answer.because[2].kind == "payment"


def _one_column(line: Charge) -> ChargeColumns:
    """As an importer of card statements gives it: one kind of service for all lines."""
    return attrs.evolve(columns_of([line]), service_kind="card")
