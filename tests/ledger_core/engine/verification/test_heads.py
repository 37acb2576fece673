"""A head kept elsewhere finds what a ledger alone cannot show: a rewritten past, or an old copy put back."""

from pathlib import Path

import pytest

from ledger_core.engine.checkpoint import note, read_checkpoint
from ledger_core.errors import InputRefused
from ledger_core.store import log
from ledger_core.store.database import Database
from tests.ledger_core.books import MARIA, NOTARY, Books, books, charge
from tests.ledger_core.engine.verification.spoiling import filled, verified


def _head(kept: Books) -> str:
    with kept.ledger.reading() as connection:
        return note("harbor", log.head(connection), NOTARY)


def test_books_that_grew_still_stand_against_an_older_head(kept: Books) -> None:
    head = _head(kept)
    kept.close("2026-09")
    assert verified(kept, against=read_checkpoint(head)).ok
    with kept.ledger.reading() as connection:
        first = log.head(connection, 3)
    assert verified(kept, against=read_checkpoint(f"3:{first.root.hex()}")).ok


def test_an_old_copy_put_back_is_found(tmp_path_factory: pytest.TempPathFactory) -> None:
    kept = filled(tmp_path_factory)
    old = (kept.folder / "ledger.db").read_bytes()
    kept.close("2026-09")
    head = _head(kept)
    for name in ("ledger.db-wal", "ledger.db-shm"):
        (kept.folder / name).unlink(missing_ok=True)
    (kept.folder / "ledger.db").write_bytes(old)
    assert verified(kept).ok  # by itself it is a good ledger
    (difference,) = verified(kept, against=read_checkpoint(head)).differences
    assert (difference.kind, difference.expected, difference.found) == ("head", "13 facts", "12 facts")


def test_a_wholesale_rewrite_with_the_same_keys_is_found(tmp_path: Path) -> None:
    """Whoever holds every key can write other books that verify; they do not begin with the facts of a kept head."""
    for name in ("true", "false"):
        (tmp_path / name).mkdir()
    true = books(Database(tmp_path / "true" / "ledger.db"), tmp_path / "true")
    true.receive([charge("29.95")])
    head = _head(true)
    false = books(Database(tmp_path / "false" / "ledger.db"), tmp_path / "false")
    false.receive([charge("19.95")])
    assert verified(false).ok
    (difference,) = verified(false, against=read_checkpoint(head)).differences
    assert difference.where == "the first 3 facts"


def test_a_head_that_another_key_signed_is_found(kept: Books) -> None:
    with kept.ledger.reading() as connection:
        forged = note("harbor", log.head(connection), MARIA)
    (difference,) = verified(kept, against=read_checkpoint(forged)).differences
    assert difference.where == "the head's signature"


def test_a_head_of_another_log_is_found(kept: Books) -> None:
    with kept.ledger.reading() as connection:
        other = note("elsewhere", log.head(connection), NOTARY)
    (difference,) = verified(kept, against=read_checkpoint(other)).differences
    assert (difference.where, difference.found) == ("the log's name", "tollbook/harbor")


@pytest.mark.parametrize("written", ["", "7", "7:abc", "tollbook/harbor\n7\nAAAA\n\n\u2014 tollbook/harbor AAAA\n"])
def test_what_is_no_head_is_refused(written: str) -> None:
    with pytest.raises(InputRefused, match="neither a signed head nor SIZE:ROOT"):
        read_checkpoint(written, "head.txt")
