"""What lines used: sealed with the bill, read back by service, and only where the importer says something of it."""

from decimal import Decimal

import pytest
from sqlalchemy import text

from ledger_core.engine.verification.verification import Request, verify
from ledger_core.errors import InputRefused
from ledger_core.facts.bill import Usage
from ledger_core.projections.usage import usage_of
from tests.ledger_core.books import Books, charge
from tests.ledger_core.engine.verification.spoiling import tampering

_USED = (
    Usage("2065550101", "minutes", Decimal(0)),
    Usage("2065550100", "minutes", Decimal(15), 1),
    Usage("2065550100", "gigabytes", Decimal("1.250")),
    Usage("2065550100", "minutes", Decimal("6.5"), 2),
)


def _received(books: Books) -> int:
    fact = books.receive([charge("29.95"), charge("10.00", "2065550101", line=2)], usage=_USED).fact
    assert fact is not None
    return fact.sequence


def test_usage_is_read_by_service_and_summed_by_unit(some_books: Books) -> None:
    """A quantity of zero stays: it says that a line stood idle."""
    sequence = _received(some_books)
    with some_books.ledger.reading() as connection:
        assert usage_of(connection, sequence) == {
            "2065550100": (
                Usage("2065550100", "gigabytes", Decimal("1.25")),
                Usage("2065550100", "minutes", Decimal("21.5"), 3),
            ),
            "2065550101": (Usage("2065550101", "minutes", Decimal(0)),),
        }


def test_the_order_in_which_an_importer_says_it_does_not_count(some_books: Books) -> None:
    """The root is over rows sorted by service and unit."""
    first = some_books.receive([charge("29.95")], usage=_USED).fact
    second = some_books.receive([charge("29.95")], "2", usage=_USED[::-1]).fact
    assert first is not None
    assert second is not None
    assert first.body("usage") == second.body("usage")


def test_a_bill_without_usage_carries_no_body_of_it(some_books: Books) -> None:
    fact = some_books.receive([charge("29.95")]).fact
    assert fact is not None
    assert fact.body("usage") is None
    with some_books.ledger.reading() as connection:
        assert usage_of(connection, fact.sequence) == {}


def test_usage_that_somebody_changed_is_found(some_books: Books) -> None:
    sequence = _received(some_books)
    request = Request(some_books.ledger.database, some_books.archive)
    assert verify(request).ok
    with tampering(some_books.ledger.database) as connection:
        changed = text("UPDATE usage SET quantity = '7' WHERE fact = :fact AND line = 3")
        connection.execute(changed, {"fact": sequence})
    (found,) = verify(request).differences
    assert (found.kind, found.where) == ("usage", f"fact {sequence}, usage")


def test_usage_of_no_fact_is_found(some_books: Books) -> None:
    sequence = _received(some_books)
    with tampering(some_books.ledger.database) as connection:
        slipped_in = text("INSERT INTO usage VALUES (:fact, 1, 'x', 'minutes', '1', 0)")
        connection.execute(slipped_in, {"fact": sequence - 1})
    (found,) = verify(Request(some_books.ledger.database, some_books.archive)).differences
    assert (found.kind, found.expected, found.found) == ("usage", "no rows", "1 rows")


@pytest.mark.parametrize("records", [-1, 2**53 + 1])
def test_a_count_of_records_that_cannot_be_is_the_importers_fault(some_books: Books, records: int) -> None:
    before = some_books.size()
    with pytest.raises(InputRefused, match="usage records"):
        some_books.receive([charge("29.95")], usage=(Usage("2065550100", "minutes", Decimal(1), records),))
    assert some_books.size() == before + 1, "only the document was received"
