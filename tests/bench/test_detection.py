"""The detection bench works: a small city goes through it, and what is said is held against the key rightly."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

from bench import record
from bench.detection import Said, Taken, figures, judge, percent
from tollbook.city import Planted


def row(code: str, verdict: str = "planted", *, service: str = "s1", stake: str = "100", **more: object) -> Planted:
    """A row of a key about the bill 1 of the account A."""
    fixed = {"case": "case", "month": "2026-09", "file": "f", "vendor": "V", "account": "A", "bill": "1", "text": "t"}
    cells = {"products": ("P",), "amounts": ("100",), "start": "2026-09-01", **more}
    return Planted(**fixed, service=service, code=code, verdict=verdict, stake=stake, **cells)  # type: ignore[arg-type]  # by name


def taken(*key: Planted, said: tuple[Said, ...] = (), refused: dict[str, set[str]] | None = None) -> Taken:
    """A city of one bill with ten lines."""
    return Taken(key, {("A", "1", "2026-09-01"): "B-1"}, said, refused or {}, 10, 4.0, 1.0)


def said(code: str, service: str = "s1", stake: int = 100, charge: int = 1) -> Said:
    return Said("B-1", service, code, frozenset({charge}), stake)


def test_an_error_is_found_only_under_its_own_name_and_said_rightly_under_others_too() -> None:
    error = row("after-end", also=("zero-use",))
    found = judge(taken(error, said=(said("after-end"), said("zero-use", stake=40)))).codes
    assert (found["after-end"].planted, found["after-end"].found, found["after-end"].right) == (1, 1, 1)
    assert (found["zero-use"].right, found["zero-use"].wrong, found["zero-use"].right_money) == (1, 0, 40)
    missed = judge(taken(error, said=(said("zero-use"),)))
    assert (missed.codes["after-end"].found, missed.codes["after-end"].shown) == (0, 1)
    assert missed.missed == [error]


def test_an_objection_to_a_look_alike_or_to_a_clean_line_is_wrong() -> None:
    look_alike = row("late-fee", "innocent", service="", stake="0")
    found = judge(taken(look_alike, said=(said("late-fee", ""), said("variance", "s9", 700, 5))))
    assert (found.codes["late-fee"].wrong, found.codes["late-fee"].alike, found.codes["late-fee"].innocent) == (1, 1, 1)
    assert (found.codes["variance"].wrong, found.codes["variance"].wrong_money) == (1, 700)
    assert (found.clean, found.touched) == (10, 2)


def test_what_may_be_said_or_not_counts_neither_way() -> None:
    found = judge(taken(row("zero-use", "either"), said=(said("zero-use"),))).whole()
    assert (found.planted, found.right, found.wrong) == (0, 0, 0)


def test_a_bill_that_is_a_copy_makes_each_of_its_lines_wrong() -> None:
    copy = row("duplicate-bill", service="", products=(), amounts=(), also=("duplicate-line",))
    found = judge(taken(copy, said=(said("duplicate-bill", "", charge=0), said("duplicate-line", "s4"))))
    assert found.whole().wrong == 0
    assert found.codes["duplicate-bill"].found == 1


def test_another_currency_is_found_at_the_door() -> None:
    foreign = row("currency-unexpected", service="", products=(), amounts=())
    assert judge(taken(foreign, refused={"f": {"currency"}})).codes["currency-unexpected"].found == 1
    assert judge(taken(foreign)).codes["currency-unexpected"].found == 0


def test_percents_are_rounded_down() -> None:
    assert percent(Decimal(9_999), Decimal(10_000)) == "99.9"
    assert percent(0, 0) is None


def test_the_page_shows_each_kind_and_what_falls_short() -> None:
    machine = {"cores": 2, "processor": "some", "memory_gigabytes": 24, "load_before": 0}
    found = figures(judge(taken(row("late-fee", stake="300"), row("variance"), said=(said("variance"),))), [5])
    run = {"row": "detection", "lines": 10, "date": "2026-09-01", "commit": "abc", "machine": machine}
    page = record.page([run | {"figures": {"size": "tiny", "months": 6, "held_out": found}}])
    assert "| late fee | 1 | 0 | 0.0 | 0.0 | 0 |" in page.replace("late-fee", "late fee")
    assert "recall money percent is 25.0 on held-out seeds, not 98" in page
    later = run | {"figures": {"size": "tiny", "months": 6, "asked": found}}
    both = record.page([run | {"figures": {"size": "tiny", "months": 6, "held_out": found}}, later])
    assert "on seeds chosen for one run" in both
    assert "on held-out seeds" in both


def test_a_tiny_city_goes_through_it(tmp_path: Path, repository: Path) -> None:
    """Whatever the checks find: the refused currency is found at the door, without any of them."""
    ended = subprocess.run(
        [sys.executable, "-m", "bench", "--rows", "detection", "--size", "tiny", "--seeds", "3", "--folder", tmp_path,
         "--dry"],
        cwd=repository, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    (line,) = [line for line in ended.stdout.splitlines() if "asked.currency-unexpected" in line]
    assert "planted=1 found=1" in line
