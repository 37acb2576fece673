"""Rows are sealed alike whether here or in a process of their own; a process that is lost says so."""

import os
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_core import canonical, tree
from ledger_core.errors import LedgerUnavailable
from ledger_core.store import sealing
from ledger_core.store.sealing import SALT_BYTES, Batch, Sealed, Sealing

_ROWS = [(line, f"text {line}\n", None) for line in range(1, 5_001)]


def _batches() -> list[Batch]:
    plain = [Batch("charges", canonical.lines_bytes(_ROWS[at : at + 700])) for at in range(0, len(_ROWS), 700)]
    salts = bytes(range(256)) * (SALT_BYTES * 64 // 256)
    return [*plain, Batch("particulars", canonical.lines_bytes(_ROWS[:64]), salts)]


def _expected() -> dict[str, Sealed]:
    whole = tree.root_of(tree.leaf_hashes(canonical.rows_bytes(_ROWS)))
    salts = [bytes(range(256))[at : at + SALT_BYTES] for at in range(0, 256, SALT_BYTES)]
    salted = [
        tree.salted_leaf_hash(salts[at % len(salts)], line) for at, line in enumerate(canonical.rows_bytes(_ROWS[:64]))
    ]
    return {"charges": Sealed(len(_ROWS), whole.hex()), "particulars": Sealed(64, tree.root_of(salted).hex())}


@pytest.mark.parametrize("large", [2**40, 50_000, 0], ids=["here", "from some size on elsewhere", "elsewhere"])
def test_the_roots_do_not_depend_on_where_they_are_computed(monkeypatch: pytest.MonkeyPatch, large: int) -> None:
    monkeypatch.setattr(sealing, "_LARGE", large)
    sealed = Sealing()
    for batch in _batches():
        sealed.add(batch)
    assert sealed.sealed() == _expected()
    sealed.close()


def test_after_closing_it_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "_LARGE", 0)
    sealed = Sealing()
    sealed.add(Batch("charges", b"[1]\n"))
    sealed.close()
    assert sealed.sealed() == {}
    sealed.close()


def test_a_lost_process_is_an_error_of_ours_and_seals_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "_LARGE", 0)
    sealed = Sealing()
    sealed.add(Batch("charges", b"[1]\n"))
    assert sealed._process is not None
    os.kill(sealed._process.pid, signal.SIGKILL)
    sealed._process.wait()
    with pytest.raises(LedgerUnavailable, match="it is gone"):
        sealed.sealed()
    sealed.close()


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1))
def test_no_text_holds_the_newline_between_two_rows(texts: list[str]) -> None:
    rows = [(line, text) for line, text in enumerate(texts)]
    assert canonical.lines_bytes(rows).split(b"\n") == [*canonical.rows_bytes(rows), b""]
