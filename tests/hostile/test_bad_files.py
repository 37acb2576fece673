"""Bad input gets a clear error and nothing lost: code, place, value found and advice, and not a row posted."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ledger_core import safe_cell
from ledger_core.engine.reception import Verdict
from tests.hostile.bad_files import FOCUS_HEADER, WORKBOOKS, BadFile, card, focus, plain_files, workbooks
from tests.hostile.conftest import Target, edi
from tests.hostile.program import COMMAND
from tests.standing import rows_of
from tests.tollbook.sites import new_site
from tollbook.worksheet.columns import harmless

MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def attacks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, BadFile]:
    """Every attack by its title."""
    folder = tmp_path_factory.mktemp("workbooks")
    return {bad.title: bad for bad in (*plain_files(), *workbooks(folder))}


@pytest.mark.parametrize("title", [*(bad.title for bad in plain_files()), *WORKBOOKS])
def test_a_bad_file_gets_a_clear_error_and_nothing_is_lost(
    target: Target, attacks: dict[str, BadFile], title: str
) -> None:
    bad = attacks[title]
    before = target.standing()
    outcome = target.dropped(bad.name, bad.content)
    assert outcome.verdict is Verdict.REJECTED
    problem = outcome.all_problems[0]
    assert problem.code == bad.code
    assert bad.where in problem.where
    assert bad.found in problem.found
    assert bad.do in problem.do
    assert problem.do, "there is advice"
    assert target.standing() == before, "nothing posted"
    assert target.archived(outcome) == bad.content, "nothing lost"
    assert target.state(outcome) == ("rejected", bad.code)
    reason = target.reason(outcome)
    assert all(words in reason for words in (problem.code, problem.where, problem.found, problem.do))
    assert list(target.site.path("inbox").iterdir()) == []


def test_after_all_of_that_the_next_file_posts(target: Target) -> None:
    assert target.dropped("next.edi", edi(1000)).verdict is Verdict.POSTED


def test_a_rejected_file_that_comes_again_is_said_to_be_as_bad_and_adds_no_fact(target: Target) -> None:
    bad = next(plain_files())
    first = target.dropped("again.edi", bad.content + b"!")
    with target.site.ledger().reading() as connection:
        facts = connection.exec_driver_sql("SELECT count(*) FROM log").scalar()
    again = target.dropped("again.edi", bad.content + b"!")
    assert (again.verdict, again.all_problems) == (first.verdict, first.all_problems)
    with target.site.ledger().reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM log").scalar() == facts


@pytest.mark.parametrize("kind", ["card", "focus"])
def test_a_field_of_100_megabytes_is_refused_without_taking_that_much_memory(tmp_path: Path, kind: str) -> None:
    """The largest process of the import, importers' included, stays far below the file."""
    site = new_site(tmp_path)
    good = {"card": card(), "focus": focus()}[kind]
    mark = {"card": b"HARBOR TIRES", "focus": b"compute"}[kind]
    file = site.path("inbox") / f"{kind}.csv"
    with file.open("wb") as stream:
        before, _, after = good.partition(mark)
        stream.write(before)
        for _ in range(100):
            stream.write(b"x" * MEBIBYTE)
        stream.write(after)
    code, largest, words = _measured(tmp_path, ["--site", str(site.folder), "import", str(site.path("inbox"))])
    assert code == 3, words
    assert "broken" in words
    assert largest < 300 * MEBIBYTE
    assert rows_of(site)["charges"] == 0
    assert file.name in {path.name for path in site.path("rejected").iterdir()}


_MEASURE = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], capture_output=True, text=True)
print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
print(done.stdout, done.stderr)
"""


def _measured(folder: Path, arguments: list[str]) -> tuple[int, int, str]:
    """Exit code, resident bytes of the largest process, and words of a command."""
    environment = {**os.environ, "TOLLBOOK_KEYS": str(folder / "keys")}
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, *COMMAND, *arguments],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    first, _, words = done.stdout.partition("\n")
    code, largest = first.split()
    return int(code), int(largest), words


_FORMULAS = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", '=HYPERLINK("http://x")')


@pytest.mark.parametrize(("month", "formula"), list(enumerate(_FORMULAS, 1)))
def test_a_formula_in_a_bill_is_kept_as_the_text_that_it_is(target: Target, month: int, formula: str) -> None:
    outcome = target.dropped(f"formula-{month}.csv", card(merchant=formula, day=f"2025-0{month}-03"))
    assert outcome.verdict is Verdict.POSTED, outcome.all_problems
    with target.site.ledger().reading() as connection:
        texts = connection.exec_driver_sql("SELECT text FROM particulars").scalars().all()
    assert any(formula in text for text in texts)


@pytest.mark.parametrize("formula", _FORMULAS)
def test_a_formula_goes_out_to_a_table_as_text(formula: str) -> None:
    assert safe_cell(formula) == f"'{formula}"
    assert harmless(formula) == f"'{formula}"


def test_a_table_without_rows_is_no_bill(target: Target) -> None:
    outcome = target.dropped("header-only.csv", FOCUS_HEADER.encode())
    assert outcome.verdict is Verdict.REJECTED
    assert outcome.all_problems[0].code in {"no-lines", "broken"}


def test_reading_a_name_from_a_workbook_never_leaves_the_workbook(target: Target) -> None:
    """A part named `../../ledger.db` inside the archive is a name, and nothing is unpacked to disk."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../../ledger.db", b"gone")
        archive.writestr("[Content_Types].xml", b"<Types/>")
    outcome = target.dropped("escape.xlsx", packed.getvalue())
    assert outcome.verdict is Verdict.REJECTED
    assert (target.site.folder / "ledger.db").read_bytes()[:15] == b"SQLite format 3"
