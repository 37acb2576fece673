"""The million: a bill of a million lines, its sheets, and an import that only counts if its answer is right."""

from __future__ import annotations

import csv
import json
import sqlite3
from pathlib import Path
from typing import Any

import attrs

from bench.places import Workshop
from bench.process import Broken, Measured

_SHEETS = ("departments", "services", "rules")
_COSTS = ("cost", "suspense", "retained", "rounding", "prepaid")


@attrs.frozen
class Million:
    """A bill by the definition, with the answer that the importer must arrive at."""

    shop: Workshop
    bill: Path
    reference: Path

    @property
    def expected(self) -> dict[str, Any]:
        """Charges, total in cents, and the sum of each department ("" is suspense)."""
        read: dict[str, Any] = json.loads((self.reference / "expected.json").read_text("utf-8"))
        return read

    def amounts(self) -> list[tuple[str, str]]:
        """Day and amount of each line, for programs that start from a journal."""
        with self.bill.open(newline="", encoding="utf-8") as stream:
            return [(row["ChargePeriodStart"][:10], row["BilledCost"]) for row in csv.DictReader(stream)]


def make(shop: Workshop, seed: int = 7, month: int = 9) -> Million:
    """Write the bill and its reference sheets, unless they are there."""
    name = f"focus-{shop.lines}-{seed}-{month}"
    bill, reference = shop.folder / f"{name}.csv", shop.folder / f"{name}-reference"
    if not bill.exists():
        part = bill.with_suffix(".part")
        shop.script("focus_million.py", str(shop.lines), part, str(seed), str(month))
        part.rename(bill)
    if not (reference / "expected.json").exists():
        shop.script("million_oracle.py", bill, reference)
    return Million(shop, bill, reference)


def site(million: Million, name: str, database: str = "") -> Path:
    """A new site with the million's reference data."""
    shop = million.shop
    folder = shop.folder / name
    if (folder / "tollbook.toml").exists():
        return folder
    ended = shop.tollbook(folder, "init", folder, *(("--database", database) if database else ()))
    if ended.code:
        raise Broken(f"init ended with {ended.code}")
    for sheet in _SHEETS:
        ended = shop.tollbook(folder, "load", sheet, million.reference / f"{sheet}.csv")
        if ended.code:
            raise Broken(f"load {sheet} ended with {ended.code}")
    return folder


def take(million: Million, folder: Path, *, watched: bool = False) -> Measured:
    """Import the bill. Raises Broken unless it posts whole, with some of it in suspense (exit 1)."""
    ended = million.shop.tollbook(folder, "import", million.bill, "--json", watched=watched)
    if ended.code != 1:
        raise Broken(f"import ended with {ended.code}: {ended.output[:2000]}")
    (file,) = ended.answer()["files"]
    (bill,) = file["bills"]
    expected = million.expected
    found = (file["outcome"], bill["charges"], bill["total"], bill["suspense"])
    if found != ("posted", expected["charges"], expected["total"], expected["by"].get("", 0)):
        raise Broken(f"import says {found}")
    return ended


def check_departments(million: Million, folder: Path) -> None:
    """Every department's sum is the expected one. Raises Broken."""
    marks = ", ".join("?" * len(_COSTS))
    connection = sqlite3.connect(f"{(folder / 'ledger.db').absolute().as_uri()}?mode=ro", uri=True)
    found = dict(
        connection.execute(
            f"SELECT department, sum(amount) FROM postings WHERE role IN ({marks}) GROUP BY 1",  # noqa: S608 - marks
            _COSTS,
        )
    )
    connection.close()
    if found != million.expected["by"]:
        raise Broken("the departments' sums are not the expected ones")
