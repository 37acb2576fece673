"""A large bill goes through the write door while it is read: a crash on the way leaves nothing, a rerun all of it."""

import csv
import os
import signal
from pathlib import Path

import pytest

from ledger_core.store import guards, log
from tests.crashing import CrashPoint, run_until
from tests.tollbook.sites import new_site, take_in
from tollbook.site import Site

_LINES = 6_000  # above the size from which bills are large
_POINTS = (
    CrashPoint("with the door just opened", "ledger_core.engine.passage:Passage.through", "after"),
    CrashPoint("with the first rows through the door", "ledger_core.store.bulk:append", "after"),
    CrashPoint("with everything through and nothing sealed", "ledger_core.store.spool:Spool.sealed", "before"),
    CrashPoint("with everything sealed and the guards off", "ledger_core.engine.passage:Passage.completed", "before"),
    CrashPoint("with the fact written, not committed", "ledger_core.projections.readings:advance", "after", 2),
)


def _bill(file: Path) -> None:
    names = ("InvoiceIssuerName", "BillingAccountId", "BillingCurrency", "BillingPeriodStart", "BillingPeriodEnd")
    shared = ("Cloudish Inc.", "900", "USD", "2026-09-01 00:00:00", "2026-10-01 00:00:00", "Usage")
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow([*names, "ChargeCategory", "BilledCost", "ResourceId", "ChargeDescription"])
        writer.writerows([*shared, f"{n % 9}.{n % 100:02d}", f"res-{n % 70}", f"line {n}"] for n in range(_LINES))


def _counted(site: Site) -> tuple[int, int, set[str]]:
    with site.ledger().reading() as connection:
        charges = connection.exec_driver_sql("SELECT count(*) FROM charges").scalar_one()
        guarding = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE type = 'trigger'")
        return len(list(log.facts(connection))), int(charges), {str(sql) for (sql,) in guarding}


@pytest.mark.parametrize("point", _POINTS, ids=lambda point: point.name)
def test_a_crash_on_its_way_through_the_door_leaves_nothing(point: CrashPoint, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="FOCUS needs tollbook[bulk]")
    site = new_site(tmp_path)
    before, _, _ = _counted(site)
    _bill(site.path("inbox") / "large.csv")
    environment = {**os.environ, "TOLLBOOK_KEYS": str(tmp_path / "keys")}
    _, code = run_until(point, ["--site", str(site.folder), "import", str(site.path("inbox"))], environment)
    assert code == -signal.SIGKILL, "the crash point was never reached"
    assert _counted(site) == (before + 1, 0, set(guards.sqlite_guards())), "received, and no more"
    take_in(site, [site.path("inbox")])
    assert _counted(site) == (before + 3, _LINES, set(guards.sqlite_guards())), "received, posted, examined"
    assert [path for path in site.path("spool").iterdir() if path.is_file()] == []
