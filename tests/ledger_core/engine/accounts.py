"""What must be true of any books after any act: entries balance, and postings of cost are the sum of charge parts."""

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import text

from ledger_core.projections import bills
from ledger_core.projections.parts import Lines, standing_charges
from tests.ledger_core.books import Books


def gaps(kept: Books) -> Iterator[tuple[object, ...]]:
    """Every posting of cost that is not the sum of the parts it carries, and every entry that does not balance."""
    with kept.ledger.reading() as connection:
        carried: dict[tuple[int, int], int] = defaultdict(int)
        for fact, posting, amount in connection.execute(text("SELECT fact, posting, amount FROM attribution")):
            carried[fact, posting] += amount
        sums: dict[tuple[int, str], int] = defaultdict(int)
        query = text("SELECT fact, line, role, fund, amount FROM postings ORDER BY fact, line")
        for fact, line, role, fund, amount in connection.execute(query):
            sums[fact, fund] += amount
            if role not in {"payable", "card_clearing", "cash"} and carried[fact, line] != amount:
                yield fact, line, amount, carried[fact, line]
        yield from ((*key, "unbalanced", amount) for key, amount in sums.items() if amount)


def held(kept: Books, bill: str) -> dict[tuple[int, str, str], int]:
    """Minor units by (line, role, department), as they stand."""
    with kept.ledger.reading() as connection:
        posted = bills.named(connection, bill)
        assert posted is not None
        return {
            (found.line, part.bucket.role, part.bucket.department): part.amount
            for found in standing_charges(connection, Lines(posted.fact, posted.currency))
            for part in found.parts
        }


def balances(kept: Books) -> dict[tuple[str, str, str], int]:
    """Minor units by (role, fund, department), what is zero left out."""
    query = text("SELECT role, fund, department, sum(amount) FROM postings GROUP BY role, fund, department")
    with kept.ledger.reading() as connection:
        return {(role, fund, name): int(total) for role, fund, name, total in connection.execute(query) if total}
