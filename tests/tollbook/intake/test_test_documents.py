"""A document that its sender marks as a test (X12 ISA15 `T`) is rejected as such, unless the site allows it."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from ledger_core.engine.reception import Verdict
from tests.tollbook.sites import new_site, take_in


@pytest.fixture
def test_bill(shared_made: Path, tmp_path: Path) -> Path:
    """A made bill whose interchange header says T, for test, where it said P, for production."""
    written = (shared_made / "x12-811" / "01-implied.edi").read_bytes()
    assert written.count(b"*P*>") == 1
    file = tmp_path / "test.edi"
    file.write_bytes(written.replace(b"*P*>", b"*T*>"))
    return file


def test_a_test_document_posts_nothing_and_says_why(test_bill: Path, tmp_path: Path) -> None:
    [outcome] = take_in(new_site(tmp_path), [test_bill])
    assert outcome.verdict is Verdict.REJECTED
    assert [problem.code for problem in outcome.all_problems] == ["test"]


def test_a_site_that_allows_tests_posts_it(test_bill: Path, tmp_path: Path) -> None:
    site = new_site(tmp_path)
    allowing = attrs.evolve(site, settings=attrs.evolve(site.settings, allow_test_documents=True))
    [outcome] = take_in(allowing, [test_bill])
    assert outcome.verdict is Verdict.POSTED
