"""Each planted oddity stands in the files where the answer key says, and nothing of the key gets there itself."""

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest

from tests.tollbook.city.adding_up import mobile, table, wireline
from tollbook.city import Case, City, Planted, answer_key, plan_city, write_key, write_month, write_reference
from tollbook.city.sheets import SHEETS

_CHARGES = "Acct & Wireless Charges Detail Summary Usage.txt"


@pytest.fixture(scope="module")
def city() -> City:
    return plan_city("tiny", 11)


@pytest.fixture(scope="module")
def site(city: City, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the reference sheets and a folder for each month."""
    folder = tmp_path_factory.mktemp("site")
    write_reference(city, folder / "reference")
    for month in city.calendar.all():
        write_month(city, month, folder / str(month))
    return folder


def places(city: City, case: Case) -> list[Planted]:
    found = [planted for planted in answer_key(city) if planted.case == case.value]
    assert found, "no place, no test"
    return found


def sheet(site: Path, kind: str) -> list[dict[str, str]]:
    assert kind in SHEETS
    with (site / "reference" / f"{kind}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def original(site: Path, place: Planted) -> Path:
    """The first writing of a bill that landed twice."""
    return site / place.month / (place.file.rsplit("_", 1)[0] + ".edi")


def test_a_duplicate_bill_has_the_same_bytes_under_another_name(city: City, site: Path) -> None:
    for place in places(city, Case.DUPLICATE_BILL):
        assert (site / place.month / place.file).read_bytes() == original(site, place).read_bytes()


def test_a_second_copy_differs_only_in_its_envelope(city: City, site: Path) -> None:
    for place in places(city, Case.SECOND_COPY):
        copy = (site / place.month / place.file).read_text("ascii").splitlines()
        first = original(site, place).read_text("ascii").splitlines()
        assert {a[:3] for a, b in zip(copy, first, strict=True) if a != b} == {"ISA", "GS*", "GE*", "IEA"}


def test_a_revision_has_the_same_number_and_another_total(city: City, site: Path) -> None:
    for place in places(city, Case.REVISION):
        revised, first = wireline(site / place.month / place.file), wireline(original(site, place))
        assert revised.computed == revised.stated != first.stated
        assert f"*{place.bill}~" in (site / place.month / place.file).read_text("ascii")


def test_totals_that_do_not_tie_are_ninety_too_high(city: City, site: Path) -> None:
    for place in places(city, Case.TOTALS_OFF):
        found = wireline(site / place.month / place.file)
        assert found.stated is not None
        assert found.stated - found.computed == 90


def test_a_duplicate_line_stands_twice_and_the_bill_still_ties(city: City, site: Path) -> None:
    for place in places(city, Case.DUPLICATE_LINE):
        rows = [
            tuple(row.values())
            for row in table(site / place.month / place.file / _CHARGES)
            if row["Wireless Number"] == place.service and row["Item Category"] == "Monthly Charges"
        ]
        assert len(rows) == 2
        assert len(set(rows)) == 1


def test_an_unknown_service_is_billed_but_in_no_sheet(city: City, site: Path) -> None:
    known = {row["service"] for row in sheet(site, "services")}
    for place in places(city, Case.UNKNOWN_SERVICE):
        rows = table(site / place.month / place.file / _CHARGES)
        codes = {row["Cost Center"] for row in rows if row["Wireless Number"] == place.service}
        assert codes == {""}
        assert place.service not in known


def test_a_net_credit_bill_is_negative_and_is_carried_to_the_next_bill(city: City, site: Path) -> None:
    for place in places(city, Case.NET_CREDIT):
        assert mobile(site / place.month / place.file).stated == Decimal("-41.37")
        following = site / "2026-09" / place.file.replace(place.month, "2026-09")
        (account,) = table(following / "AccountSummary.txt")
        assert (account["Previous Balance"], account["Payments"]) == ("-41.37", "0.00")


def test_a_balance_adjustment_stands_in_the_balance_section_only(city: City, site: Path) -> None:
    for place in places(city, Case.BALANCE_ADJUSTMENT):
        (account,) = table(site / place.month / place.file / "AccountSummary.txt")
        assert account["Adjustments"] == "-35.55"
        assert all(row["Cost"] != "-35.55" for row in table(site / place.month / place.file / _CHARGES))


def test_each_mobile_bill_begins_with_what_the_last_one_asked_for(city: City, site: Path) -> None:
    """INV-24."""
    for folder in (site / "2026-08").iterdir():
        if folder.is_dir():
            (now,) = table(folder / "AccountSummary.txt")
            (before,) = table(site / "2026-07" / folder.name.replace("08", "07") / "AccountSummary.txt")
            assert now["Previous Balance"] == before["Total Amount Due"]


def test_a_bill_paid_by_card_comes_and_is_on_the_statement_with_its_total(city: City, site: Path) -> None:
    by_card = {row["account"] for row in sheet(site, "vendor_accounts") if row["paid_by"] == "card"}
    for place in places(city, Case.CARD_PAID):
        assert place.account in by_card
        statement = next((site / place.month).glob("PCard*.csv"))
        with statement.open(encoding="utf-8", newline="") as stream:
            rows = [row for row in csv.reader(stream, delimiter="\t") if row[15] == f"ACCOUNT {place.account}"]
        assert [Decimal(row[5].replace(",", "")) for row in rows] == [wireline(site / place.month / place.file).stated]
        assert rows[0][4] == place.vendor


def test_an_owner_changes_inside_the_cycle(city: City, site: Path) -> None:
    for place in places(city, Case.OWNER_CHANGES):
        rows = [row for row in sheet(site, "services") if row["service"] == place.service]
        before, after = sorted(rows, key=lambda row: row["from"])
        assert before["department"] != after["department"]
        assert "2026-07-15" < after["from"] <= "2026-08-31"
        assert after["from"] in place.text


def test_an_account_string_has_ended_before_the_bill_that_needs_it(city: City, site: Path) -> None:
    services = {row["service"]: row for row in sheet(site, "services")}
    for place in places(city, Case.EXPIRED_STRING):
        service = services[place.service]
        (string,) = [
            row
            for row in sheet(site, "billed_strings")
            if (row["department"], row["object"]) == (service["department"], service["object"])
        ]
        assert string["to"] == "2026-07-31"
        assert place.month > "2026-07"
        assert f"SI*TI*TN*{place.service}~" in (site / place.month / place.file).read_text("ascii")


def test_a_cloud_bill_holds_amounts_below_a_cent(city: City, site: Path) -> None:
    for place in places(city, Case.SUB_CENT):
        with (site / place.month / place.file).open(encoding="utf-8", newline="") as stream:
            costs = [Decimal(row["BilledCost"]) for row in csv.DictReader(stream)]
        assert any(cost != cost.quantize(Decimal("0.01")) for cost in costs)


def test_a_missing_bill_never_comes_and_a_late_one_comes_a_month_later(city: City, site: Path) -> None:
    for place in places(city, Case.MISSING_BILL):
        assert not list(site.rglob(place.file))
        assert list((site / "2026-08").glob(f"811_{place.account}_*"))
    for place in places(city, Case.LATE_BILL):
        assert [path.parent.name for path in site.rglob(place.file)] == ["2026-09"]
        assert "_20260801" in place.file


def test_every_place_of_the_key_but_the_missing_one_exists(city: City, site: Path) -> None:
    lost = {p.file for p in answer_key(city) if not (site / p.month / p.file).exists()}
    # What lands late is also named, by what stands inside it, in the month it should have come.
    assert lost == {place.file for place in places(city, Case.MISSING_BILL)}


def test_the_key_is_written_only_where_it_is_asked_for(city: City, site: Path, tmp_path: Path) -> None:
    write_key(city, tmp_path / "key.json")
    rows = json.loads((tmp_path / "key.json").read_text("utf-8"))
    assert [Planted(**row) for row in rows] == answer_key(city)
    cases = {case.value.encode() for case in Case}
    assert not [path for path in site.rglob("*") if path.is_file() and any(c in path.read_bytes() for c in cases)]
