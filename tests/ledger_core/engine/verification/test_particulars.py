"""Particulars are the same, differ, or were destroyed under a fact: three verdicts, never mixed up."""

import pytest
import sqlalchemy
from sqlalchemy import text

from ledger_core.engine.destruction import Destruction, destroy
from ledger_core.engine.verification.difference import Destroyed
from ledger_core.errors import NotEnrolled, Unknown
from tests.ledger_core.books import INTAKE, MARIA, Books
from tests.ledger_core.engine.verification.spoiling import change, tampering, verified


def test_destroyed_particulars_are_said_to_be_so_and_the_books_verify(kept: Books) -> None:
    assert verified(kept).destroyed == (Destroyed(fact=8, under=12, count=1),)
    with kept.ledger.acting(MARIA) as act:
        fact = destroy(act, Destruction(6, "GS2010-001", "retention is over"))
    assert fact.content["lines"] == [[1, 4]]
    found = verified(kept)
    assert found.ok
    assert found.destroyed == (Destroyed(fact=6, under=13, count=4), Destroyed(fact=8, under=12, count=1))
    with kept.ledger.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM particulars WHERE fact = 6").scalar_one() == 0


def test_particulars_are_destroyed_once(kept: Books) -> None:
    with pytest.raises(Unknown, match="none of them"), kept.ledger.acting(MARIA) as act:
        destroy(act, Destruction(8, "GS2010-001", lines=[1]))


def test_only_an_administrator_destroys(kept: Books) -> None:
    with pytest.raises(NotEnrolled, match="administrator"), kept.ledger.acting(INTAKE) as act:
        destroy(act, Destruction(6, "GS2010-001"))
    assert verified(kept).ok


def test_particulars_cannot_simply_be_deleted(kept: Books) -> None:
    with (
        pytest.raises(sqlalchemy.exc.DBAPIError, match="append-only"),
        kept.ledger.acting(MARIA) as act,
    ):
        act.connection.execute(text("DELETE FROM particulars WHERE fact = 6"))


def test_particulars_deleted_behind_the_guards_are_found(kept: Books) -> None:
    change(kept, "DELETE FROM particulars WHERE fact = 6 AND line = 2")
    (difference,) = verified(kept).differences
    assert (difference.kind, difference.where) == ("particulars", "fact 6, particulars")


def test_a_leaf_put_there_without_a_fact_does_not_pass_for_destruction(kept: Books) -> None:
    """The guard lets a row go once its leaf is kept, so whoever writes to the file can destroy; not without a trace."""
    with kept.ledger.reading() as connection:
        leaf = connection.exec_driver_sql("SELECT leaf FROM destroyed").scalar_one()
    with tampering(kept.ledger.database) as connection:
        connection.execute(text("INSERT INTO destroyed VALUES (6, 2, :leaf, 12)"), {"leaf": leaf})
        connection.execute(text("DELETE FROM particulars WHERE fact = 6 AND line = 2"))
    kinds = {difference.kind for difference in verified(kept).differences}
    assert kinds == {"destroyed", "particulars"}


def test_destroyed_particulars_that_come_back_are_found(kept: Books) -> None:
    change(kept, "INSERT INTO particulars VALUES (8, 1, 'Line 1', :salt)", salt=b"s" * 32)
    assert "particulars" in {difference.kind for difference in verified(kept).differences}
