"""Every file that was received is in the archive, whole and unchanged, or it is named."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ledger_core.books import Books
from tests.ledger_core.engine.verification.spoiling import verified


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def _changed(file: Path) -> None:
    file.write_bytes(b"X" + file.read_bytes()[1:])


def _removed(file: Path) -> None:
    file.unlink()


@pytest.mark.parametrize("spoil", [_cut, _changed, _removed])
def test_a_spoiled_archive_file_is_named(kept: Books, spoil: Callable[[Path], None]) -> None:
    file = min(path for path in kept.archive.rglob("*") if path.is_file())
    spoil(file)
    (difference,) = verified(kept).differences
    assert (difference.kind, difference.id) == ("file", file.name)


def test_swapped_archive_files_are_both_named(kept: Books) -> None:
    one, other = (path for path in kept.archive.rglob("*") if path.is_file())
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)
    assert {difference.id for difference in verified(kept).differences} == {one.name, other.name}


def test_a_file_that_no_fact_names_is_no_difference(kept: Books) -> None:
    """A crash between archiving and recording leaves one; it is taken in again, not accused."""
    (kept.archive / "ff").mkdir(exist_ok=True)
    (kept.archive / "ff" / ("f" * 64)).write_bytes(b"left over")
    assert verified(kept).ok
