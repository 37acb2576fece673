"""The rows of the table: each measures one thing and returns its figures. Seconds are wall seconds unless named."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import attrs

from bench import checking, detection, million, peers, server, telephone, truth
from bench.floor import sqlite_append
from bench.million import Million
from bench.places import Workshop
from bench.process import Broken
from ledger_core.projections.balances import account_balance
from ledger_core.store.database import Database

Figures = dict[str, Any]
_MEGABYTE = 1_000_000
_MONTHS = 10


@attrs.frozen
class Wanted:
    """How thoroughly to measure: pairs of the headline figure, samples of what must be true, balances asked; the size
    and the seeds of the cities whose bills are checked.
    """

    pairs: int = 5
    samples: int = 20
    balances: int = 5_000
    size: str = "city"
    tuning: tuple[int, ...] = detection.TUNING
    held_out: tuple[int, ...] = detection.HELD_OUT
    asked: tuple[int, ...] = ()


def headline(shop: Workshop, wanted: Wanted) -> Figures:
    """The million on SQLite: beside a bare append and beside `ledger`, with all that must be true at the end."""
    bill = million.make(shop)
    empty = million.site(bill, "site-empty")
    peers.provide_ledger()
    peer = peers.installed("ledger")
    journal = peers.journal("ledger", shop.folder / "million.ledger", bill.amounts()) if peer else None
    imports: list[float] = []
    processors: list[float] = []
    rival: list[float] = []
    million.take(bill, shop.copy(empty, "site-warm"))
    for turn in range(wanted.pairs):
        for ours in (True, False) if turn % 2 == 0 else (False, True):
            if ours:
                ended = million.take(bill, shop.copy(empty, "site-million"))
                imports.append(ended.wall)
                processors.append(ended.cpu)
            elif journal is not None:
                rival.append(peers.balance(shop, "ledger", journal).wall)
    floor = [sqlite_append(shop.folder / "bare.db", shop.lines) for _ in range(3)]
    watched = million.take(bill, shop.copy(empty, "site-watched"), watched=True)
    bare = median(one.wall for one in floor)
    ratios = [ours / theirs for ours, theirs in zip(imports, rival, strict=False)]
    return {
        "import_seconds": _rounded(imports),
        "import_cpu_seconds": _rounded(processors),
        "bare_append_seconds": _rounded([one.wall for one in floor]),
        "times_bare_append": round(median(imports) / bare, 2),
        "cpu_times_bare_append": round(median(processors) / median(one.cpu for one in floor), 2),
        "ledger_seconds": _rounded(rival),
        "times_ledger_median": round(median(ratios), 2) if ratios else None,
        "times_ledger_worst": round(max(ratios), 2) if ratios else None,
        "peak_pss_megabytes": round((watched.pss or 0) / _MEGABYTE),
        **truth.check(bill, shop.folder / "site-million", median(imports), wanted.samples),
    }


def object_path(shop: Workshop, wanted: Wanted) -> Figures:
    """The same number of charges as an X12 811, whose importer yields one charge at a time."""
    del wanted
    file = shop.folder / f"telephone-{shop.lines}.edi"
    total = telephone.write(file, shop.lines)
    site = shop.folder / "site-telephone"
    shutil.rmtree(site, ignore_errors=True)
    shop.tollbook(site, "init", site)
    ended = shop.tollbook(site, "import", file, "--json", watched=True)
    (found,) = ended.answer()["files"]
    if found["outcome"] != "posted" or (found["bills"][0]["charges"], found["bills"][0]["total"]) != (
        shop.lines,
        total,
    ):
        raise Broken(f"the telephone bill is {found['outcome']}: {found['problems'][:3]}")
    return {
        "import_seconds": round(ended.wall, 2),
        "import_cpu_seconds": round(ended.cpu, 2),
        "peak_pss_megabytes": round((ended.pss or 0) / _MEGABYTE),
    }


def postgres(shop: Workshop, wanted: Wanted) -> Figures:
    """The million on an embedded PostgreSQL, beside a bare COPY into the same server."""
    del wanted
    bill = million.make(shop)
    with server.running() as url:
        shutil.rmtree(shop.folder / "site-postgres", ignore_errors=True)
        site = million.site(bill, "site-postgres", server.new_database(url, "tollbook"))
        ended = million.take(bill, site, watched=True)
        copies = [server.bare_copy(server.new_database(url, f"bare{turn}"), shop.lines) for turn in range(3)]
    return {
        "import_seconds": round(ended.wall, 2),
        "bare_copy_seconds": _rounded(copies),
        "times_bare_copy": round(ended.wall / median(copies), 2),
        "peak_pss_megabytes": round((ended.pss or 0) / _MEGABYTE),
    }


def ten_bills(shop: Workshop, wanted: Wanted) -> Figures:
    """Ten months of the million in one site, then one account as of a day, as known at a random sequence."""
    first = million.make(shop, seed=1, month=1)
    shutil.rmtree(shop.folder / "site-ten", ignore_errors=True)
    site = million.site(first, "site-ten")
    taken = []
    for month in range(1, _MONTHS + 1):
        bill = million.make(shop, seed=month, month=month)
        ended = million.take(bill, site)
        taken.append(ended.wall)
        _forget(bill)
    return {
        "import_seconds": _rounded(taken),
        "tenth_times_first": round(taken[-1] / taken[0], 2),
        "charges_in_site": shop.lines * _MONTHS,
        **_balances(site, wanted.balances),
    }


def _forget(bill: Million) -> None:
    bill.bill.unlink()
    shutil.rmtree(bill.reference)


def _balances(site: Path, times: int) -> Figures:
    """Milliseconds of one account's balance over a warm connection."""
    rng = random.Random(7)  # noqa: S311 - a sample
    taken: list[float] = []
    with Database(site / "ledger.db").reading() as connection:
        accounts = [
            tuple(row) for row in connection.exec_driver_sql("SELECT DISTINCT account, fund, department FROM postings")
        ]
        last = int(connection.exec_driver_sql("SELECT max(sequence) FROM log").scalar_one())
        for _ in range(times):
            account, known = rng.choice(accounts), rng.randint(1, last)
            as_of = date(2026, rng.randint(1, 12), 28)
            started = time.perf_counter()
            account_balance(connection, *account, until=known, as_of=as_of)
            taken.append((time.perf_counter() - started) * 1000)
    taken.sort()
    return {
        "balance_milliseconds_median": round(median(taken), 3),
        "balance_milliseconds_p99": round(taken[int(times * 0.99)], 3),
    }


def verification(shop: Workshop, wanted: Wanted) -> Figures:
    """Recomputing everything of one bill, beside taking it in."""
    del wanted
    bill = million.make(shop)
    site = shop.copy(million.site(bill, "site-empty"), "site-verify")
    taken = million.take(bill, site)
    ended = shop.tollbook(site, "verify", "--json", watched=True)
    if ended.code or not ended.answer()["ok"]:
        raise Broken(f"verify ended with {ended.code}")
    return {
        "import_seconds": round(taken.wall, 2),
        "verify_seconds": round(ended.wall, 2),
        "times_import": round(ended.wall / taken.wall, 2),
        "peak_pss_megabytes": round((ended.pss or 0) / _MEGABYTE),
    }


def fractions(shop: Workshop, wanted: Wanted) -> Figures:
    """The million with fractions of a cent: rounded once over the bill, which goes through its batches again."""
    del wanted
    whole = million.make(shop)
    file = shop.folder / f"fractions-{shop.lines}.csv"
    with whole.bill.open(encoding="utf-8") as source, file.open("w", encoding="utf-8") as target:
        target.write(source.readline())
        for number, row in enumerate(source):
            zone, cost, rest = row.split(",", 2)
            target.write(f"{zone},{cost}{number % 1000:03d},{rest}")
    site = shop.copy(million.site(whole, "site-empty"), "site-fractions")
    with closing(file.open("rb")):
        ended = shop.tollbook(site, "import", file, "--json", watched=True)
    (found,) = ended.answer()["files"]
    if found["outcome"] != "posted":
        raise Broken(f"the bill with fractions is {found['outcome']}: {found['problems'][:3]}")
    return {
        "import_seconds": round(ended.wall, 2),
        "import_cpu_seconds": round(ended.cpu, 2),
        "peak_pss_megabytes": round((ended.pss or 0) / _MEGABYTE),
    }


def other_ledgers(shop: Workshop, wanted: Wanted) -> Figures:
    """Those ledgers that are installed, loading and balancing the same amounts."""
    del wanted
    amounts = million.make(shop).amounts()
    peers.provide_ledger()
    found: Figures = {}
    for name in filter(peers.installed, peers.COMMANDS):
        journal = peers.journal(name, shop.folder / f"million.{name}", amounts)
        ended = peers.balance(shop, name, journal, watched=True)
        found[f"{name}_seconds"] = round(ended.wall, 2)
        found[f"{name}_peak_pss_megabytes"] = round((ended.pss or 0) / _MEGABYTE)
    return found


def found_errors(shop: Workshop, wanted: Wanted) -> Figures:
    """What the checks find of the errors in cities' bills: on seeds that they were tuned on and on others, or on those
    asked for.
    """
    found: Figures = {"size": wanted.size, "months": detection.MONTHS}
    parts = (("asked", wanted.asked),) if wanted.asked else (("tuning", wanted.tuning), ("held_out", wanted.held_out))
    for name, seeds in parts:
        if seeds:
            found[name] = detection.figures(detection.measure(shop, wanted.size, seeds), seeds)
    return found


def checked_month(shop: Workshop, wanted: Wanted) -> Figures:
    """Checking a metropolitan city's month again, beside taking it in."""
    del wanted
    return checking.measure(shop)


def _rounded(seconds: list[float]) -> list[float]:
    return [round(one, 2) for one in seconds]


ROWS: dict[str, Callable[[Workshop, Wanted], Figures]] = {
    "million": headline,
    "fractions": fractions,
    "objects": object_path,
    "postgres": postgres,
    "verify": verification,
    "ten": ten_bills,
    "peers": other_ledgers,
    "checking": checked_month,
    "detection": found_errors,
}

#: Rows that measure cities: they do without the scripts that define the million.
WITHOUT_DEFINITION = frozenset({"checking", "detection"})
