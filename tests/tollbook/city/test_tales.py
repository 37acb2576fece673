"""Errors planted in the bills, and right things that look like them: what the key says stands in the files."""

import csv
import os
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.tollbook.city.adding_up import table
from tollbook.city import Calendar, City, Planted, answer_key, plan_city, write_month, write_reference
from tollbook.city import tales as every
from tollbook.city.city import Tale, Verdict

_CHARGES = "Acct & Wireless Charges Detail Summary Usage.txt"
_SEED, _MONTHS = 4, 6
_CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def city() -> City:
    return plan_city("city", _SEED, Calendar(months=_MONTHS))


@pytest.fixture(scope="module")
def key(city: City) -> list[Planted]:
    return [row for row in answer_key(city) if row.code]


@pytest.fixture(scope="module")
def bills(city: City, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the reference sheets and a folder for each of the last two months."""
    folder = tmp_path_factory.mktemp("bills")
    write_reference(city, folder / "reference")
    for month in city.calendar.all()[-2:]:
        write_month(city, month, folder / str(month))
    return folder


def sheet(bills: Path, kind: str) -> list[dict[str, str]]:
    with (bills / "reference" / f"{kind}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def written(bills: Path, row: Planted) -> Counter[Decimal]:
    """The amounts that the row's file holds for its service, in minor units."""
    path = bills / row.month / row.file
    if path.is_dir():
        wanted = row.service or "N/A"
        found = [r for r in table(path / _CHARGES) if r["Wireless Number"] == wanted]
        return Counter(Decimal(r["Cost"]).scaleb(2) for r in found)
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as stream:
            return Counter(
                Decimal(r["BilledCost"]).scaleb(2) for r in csv.DictReader(stream) if r["ResourceId"] == row.service
            )
    return Counter(amount.scaleb(2) for amount, *_ in circuits(path)[row.service])


def circuits(path: Path) -> dict[str, list[tuple[Decimal, str, str]]]:
    """Amount, product and days of every charge of an 811, by line; days are empty where they are the bill's."""
    text = path.read_bytes().decode("ascii")
    element, end = text[3], text[105]
    found: dict[str, list[tuple[Decimal, str, str]]] = defaultdict(list)
    here = ""
    for s in (part.strip().split(element) for part in text.split(end) if part.strip()):
        match s[0]:
            case "SI":
                here = s[3]
            case "IT1":
                amount = Decimal(s[4]) if s[3] == "M4" else Decimal(s[2]) * Decimal(s[4])
                found[here].append((amount, s[7], ""))
            case "DTM" if s[1] in ("150", "151"):
                amount, product, days = found[here].pop()
                found[here].append((amount, product, days + s[2]))
            case "TXI" if s[7] == "A":
                found[here].append((Decimal(s[2]), s[6], ""))
            case "ITA":
                money = Decimal(s[7]) if "." in s[7] else Decimal(s[7]).scaleb(-2)
                found[here].append((-money, s[13], ""))
    return found


def named_tales() -> set[tuple[str, str]]:
    whole = [tale for tale in vars(every).values() if isinstance(tale, Tale)]
    of_services = [tale for wrong, right in every.TALES.values() for tale in (*wrong, *right)]
    return {(tale.name, tale.code) for tale in (*whole, *of_services)}


def test_every_error_and_every_look_alike_happens() -> None:
    """In one city or another, of a few."""
    found: set[tuple[str, str]] = set()
    for seed in (1, 2, 3):
        rows = answer_key(plan_city("city", seed, Calendar(months=_MONTHS)))
        found |= {(row.case, row.code) for row in rows if row.code}
    assert found == named_tales()


def test_an_error_costs_something_and_a_look_alike_nothing(key: list[Planted]) -> None:
    for row in key:
        if row.verdict == Verdict.INNOCENT:
            assert row.stake == "0", row
        else:
            assert Decimal(row.stake) > 0, row


def test_errors_are_as_rare_as_they_are_in_a_city(city: City, key: list[Planted], bills: Path) -> None:
    """Between one and three percent of the lines of carriers, over the months."""
    last = str(city.calendar.all()[-1])
    lines = 0
    for path in (bills / last).iterdir():
        if path.is_dir():
            lines += sum(Decimal(row["Cost"]) != 0 for row in table(path / _CHARGES))
        elif path.suffix == ".edi":
            lines += sum(map(len, circuits(path).values()))
    wrong = sum(len(row.products) for row in key if row.verdict == Verdict.PLANTED and row.bill)
    assert Decimal("0.01") < Decimal(wrong) / _MONTHS / lines < Decimal("0.03")


def test_the_lines_of_the_key_stand_in_the_files(city: City, key: list[Planted], bills: Path) -> None:
    months = {str(month) for month in city.calendar.all()[-2:]}
    looked = 0
    for row in key:
        if row.month in months and row.products:
            missing = Counter(map(Decimal, row.amounts)) - written(bills, row)
            assert not missing, (row, missing)
            looked += 1
    assert looked > 100


def test_what_is_not_in_the_inventory_is_not_there(key: list[Planted], bills: Path) -> None:
    listed = {row["service"] for row in sheet(bills, "inventory")}
    unlisted = {row.service for row in key if row.code == "not-in-inventory"}
    assert unlisted
    assert not unlisted & listed


def test_services_are_billed_before_their_start_and_after_their_end(key: list[Planted], bills: Path) -> None:
    rows = {row["service"]: row for row in sheet(bills, "inventory")}
    for row in key:
        if row.verdict != Verdict.PLANTED:
            continue
        start = date.fromisoformat(row.start)
        if row.code == "before-start":
            assert date.fromisoformat(rows[row.service]["from"]) > start + timedelta(days=27), row
        if row.code == "after-end":
            assert date.fromisoformat(rows[row.service]["to"]) < start, row


def test_a_charge_without_an_order_has_none_and_the_look_alike_has_one(key: list[Planted], bills: Path) -> None:
    ordered = {(row["service"], row["action"]) for row in sheet(bills, "orders")}
    for row in key:
        if row.case in {"equipment-without-order", "jack-without-order", "install-without-order"}:
            assert not {(row.service, action) for action in ("equipment", "move", "install")} & ordered, row
        if row.case in {"equipment-ordered", "equipment-ordered-late", "jack-ordered-late", "two-jacks"}:
            assert {(row.service, action) for action in ("equipment", "move")} & ordered, row


def test_a_right_part_of_a_month_is_the_rate_by_days_and_a_wrong_one_is_not(
    city: City, key: list[Planted], bills: Path
) -> None:
    """Computed anew from the rates of the contract and the days that the bill prints."""
    rates: dict[tuple[str, str, str], list[tuple[str, Decimal]]] = defaultdict(list)
    for agreed in sheet(bills, "contracts"):
        named = (agreed["vendor"], agreed["account"], agreed["product"])
        rates[named].append((agreed["from"], Decimal(agreed["rate"])))
    months = {str(month) for month in city.calendar.all()[-2:]}
    for row in key:
        if row.code != "proration-wrong" or row.month not in months:
            continue
        (part,) = [
            c for c in circuits(bills / row.month / row.file)[row.service] if len(c[2]) == 16 and c[2][:8] != c[2][8:]
        ]
        amount, product, days = part
        first, last = (date.fromisoformat(f"{d[:4]}-{d[4:6]}-{d[6:]}") for d in (days[:8], days[8:]))
        own = rates.get((row.vendor, row.account, product)) or rates[row.vendor, "", product]
        rate = max((since, price) for since, price in own if since <= row.start)[1]
        start = date.fromisoformat(row.start)
        whole = ((start.replace(day=28) + timedelta(days=4)).replace(day=1) - start).days
        right = rate * ((last - first).days + 1) / whole
        assert (abs(amount - right) <= _CENT) == (row.verdict == Verdict.INNOCENT), row


def test_universal_service_is_never_above_its_cap_but_where_that_is_planted(
    city: City, key: list[Planted], bills: Path
) -> None:
    """47 CFR 54.712: interstate share times factor, of what is paid for communications."""
    month = str(city.calendar.all()[-1])
    (factor,) = [row for row in sheet(bills, "taxes") if row["basis"] == "usf" and not row["to"]]
    inflated = {(row.file, row.service) for row in key if row.code == "usf-excessive" and row.month == month}
    found: set[tuple[str, str]] = set()
    for folder in (bills / month).iterdir():
        base: dict[str, Decimal] = defaultdict(Decimal)
        passed: dict[str, Decimal] = defaultdict(Decimal)
        for row in table(folder / _CHARGES) if folder.is_dir() else ():
            used = row["Item Category"] in {"Monthly Charges", "International", "Voice"}
            base[row["Wireless Number"]] += Decimal(row["Cost"]) if used else 0
            passed[row["Wireless Number"]] += Decimal(row["Cost"]) if row["Item Category"] == "Surcharges" else 0
        cap = Decimal(factor["rate"]) * Decimal(factor["share"]) / 10_000
        found |= {(folder.name, s) for s, amount in passed.items() if amount > base[s] * cap + _CENT}
    assert inflated
    # A plan taken back within the bill is a credit of its category.
    assert found == inflated


def test_waivers_cover_look_alikes_and_no_error(key: list[Planted], bills: Path) -> None:
    waived = {(row["code"], row["account"], row["service"]) for row in sheet(bills, "waivers")}
    assert waived
    for row in key:
        if row.verdict == Verdict.PLANTED:
            assert not {(row.code, row.account, row.service), (row.code, row.account, "")} & waived, row
        elif row.case in {"spare", "third-party-waived"}:
            assert (row.code, row.account, row.service) in waived


def test_the_hash_seed_of_the_interpreter_changes_nothing() -> None:
    """Bytes are a function of size, seed and calendar alone, on any machine."""
    program = (
        "import hashlib, tempfile; from pathlib import Path; from tollbook.city import *\n"
        "city, folder = plan_city('tiny', 9), Path(tempfile.mkdtemp())\n"
        "write_reference(city, folder / 'r'); [write_month(city, m, folder / str(m)) for m in city.calendar.all()]\n"
        "write_key(city, folder / 'key'); digest = hashlib.sha256()\n"
        "for path in sorted(p for p in folder.rglob('*') if p.is_file()):\n"
        "    digest.update(path.relative_to(folder).as_posix().encode()); digest.update(path.read_bytes())\n"
        "print(digest.hexdigest())"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1
