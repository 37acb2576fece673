"""A month of the city's bills: every bill adds up by itself, except the one that is planted not to."""

import hashlib
from pathlib import Path

import pytest

from tests.tollbook.city.adding_up import READERS, Sums
from tollbook.city import City, Expected, Month, expected, plan_city, write_month, write_reference

_MONTHS = [("tiny", n) for n in (1, 2, 3)] + [("city", 2)]


@pytest.fixture(scope="module", params=_MONTHS, ids=[f"{size}-{n}" for size, n in _MONTHS])
def month(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Expected, Sums]]:
    """What each landing must come to, beside what its files add up to."""
    size, ordinal = request.param
    city = plan_city(size, 3)
    folder = tmp_path_factory.mktemp("inbox")
    write_month(city, city.calendar.month(ordinal), folder)
    return [(e, READERS[e.medium](folder / e.path)) for e in expected(city, city.calendar.month(ordinal))]


def test_charges_add_up_to_the_expected_total(month: list[tuple[Expected, Sums]]) -> None:
    for wanted, found in month:
        assert found.computed.scaleb(2) == wanted.total - wanted.gap, wanted.path
        assert found.charges == wanted.charges, wanted.path


def test_stated_totals_tie_except_by_the_planted_gap(month: list[tuple[Expected, Sums]]) -> None:
    for wanted, found in month:
        if wanted.medium == "cloud":
            assert found.stated is None
        else:
            assert found.stated is not None
            assert (found.stated - found.computed).scaleb(2) == wanted.gap, wanted.path
        assert (wanted.outcome == "rejected") == (wanted.gap != 0 or "_foreign" in wanted.path)


def test_every_other_figure_ties_too(month: list[tuple[Expected, Sums]]) -> None:
    untied = [(e.path, name) for e, found in month for name, (a, b) in found.pairs.items() if a != b]
    assert untied == []


def test_departments_and_payments_sum_to_the_posted_total(month: list[tuple[Expected, Sums]]) -> None:
    for wanted, _ in month:
        if wanted.outcome == "posted":
            assert sum(wanted.departments.values()) + wanted.payments == wanted.total, wanted.path
        else:
            assert wanted.departments == {}


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def write_all(city: City, folder: Path) -> dict[str, str]:
    write_reference(city, folder / "reference")
    for month in city.calendar.all():
        write_month(city, month, folder / str(month))
    return digests(folder)


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    once = write_all(plan_city("tiny", 5), tmp_path / "once")
    assert write_all(plan_city("tiny", 5), tmp_path / "again") == once
    assert write_all(plan_city("tiny", 6), tmp_path / "other") != once


def test_every_written_file_is_named_and_no_other_stands(tmp_path: Path) -> None:
    city = plan_city("tiny")
    written = write_month(city, Month(2026, 8), tmp_path)
    assert sorted(file.name for file in written) == sorted(digests(tmp_path))
