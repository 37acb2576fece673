"""What is wrong with a sheet beyond single cells: rows that contradict each other, values that their key refuses."""

from pathlib import Path

import pytest

from tollbook.sheets.reading import SheetProblems, read_sheet

_RATES = "vendor,account,product,rate,from,to\n"
_LIMIT = "key,value\n"
_TAX = "tax,vendor,jurisdiction,exempt,basis,rate,from,to\n"


def found(folder: Path, kind: str, text: str, currency: str = "") -> list[str]:
    """What is wrong with a sheet, as place and finding; nothing where it is taken."""
    path = folder / "sheet.csv"
    path.write_text(text, "utf-8")
    try:
        read_sheet(path, kind, currency)
    except SheetProblems as refused:
        return [f"{problem.where}: {problem.found}" for problem in refused.problems]
    return []


class TestOverlaps:
    """What was agreed holds for one stretch at a time: nothing decides between two rates of one day."""

    def test_two_rates_of_one_day_are_refused_and_both_rows_named(self, tmp_path: Path) -> None:
        text = f"{_RATES}C,1,A,10,2026-01-01,\nC,1,B,9,,\nC,1,A,11,2026-07-01,\n"
        told = "row 4 holds from 2026-07-01, and row 2 of the same vendor, account, product until further notice"
        assert found(tmp_path, "contracts", text) == [f"sheet.csv:4: from: {told}"]

    def test_one_shared_day_is_an_overlap_and_the_next_day_is_none(self, tmp_path: Path) -> None:
        shared = f"{_RATES}C,,A,11,2026-07-01,\nC,,A,10,,2026-07-01\n"
        told = "row 2 holds from 2026-07-01, and row 3 of the same vendor, account, product until 2026-07-01"
        assert found(tmp_path, "contracts", shared) == [f"sheet.csv:2: from: {told}"]
        assert found(tmp_path, "contracts", shared.replace(",,2026-07-01", ",,2026-06-30")) == []

    def test_a_rate_of_one_account_stands_beside_that_of_all(self, tmp_path: Path) -> None:
        assert found(tmp_path, "contracts", f"{_RATES}C,,A,10,,\nC,1,A,9,,\nD,,A,8,,\n") == []

    def test_taxes_and_agreements_do_not_overlap_either(self, tmp_path: Path) -> None:
        taxes = f"{_TAX}FET,,US,yes,,,2026-01-01,\nFET,,US,no,percent,3,2026-06-01,\n"
        assert "row 3 holds from 2026-06-01, and row 2" in found(tmp_path, "taxes", taxes)[0]
        agreements = "contract,vendor,dispute_days,from,to\nK1,C,60,,2026-12-31\nK1,C,30,2026-12-31,\n"
        assert "row 3 holds from 2026-12-31, and row 2" in found(tmp_path, "agreements", agreements)[0]

    def test_an_owner_may_be_overtaken(self, tmp_path: Path) -> None:
        """Who owns a line changes by a later row; only what was agreed has to be ended."""
        text = "vendor,account,service,department,from\nC,1,x,police,2026-01-01\nC,1,x,parks,2026-03-01\n"
        assert found(tmp_path, "services", text) == []


class TestValues:
    """A value that could not be followed is refused where it is written."""

    @pytest.mark.parametrize(
        ("kind", "text", "expected"),
        [
            ("limits", f"{_LIMIT}gap,-0.01\n", "'-0.01' is not an amount of USD of 0 or more"),
            ("limits", f"{_LIMIT}gap,0.001\n", "'0.001' is not an amount of USD of 0 or more"),
            ("limits", f"{_LIMIT}gap,NaN\n", "'NaN' is not an amount of USD of 0 or more"),
            ("limits", f"{_LIMIT}dispute_days,-1\n", "'-1' is not a number of days from 0 to 3660"),
            ("limits", f"{_LIMIT}dispute_days,9999\n", "'9999' is not a number of days from 0 to 3660"),
            ("limits", f"{_LIMIT}dispute_days,sixty\n", "'sixty' is not a number of days"),
            ("limits", f"{_LIMIT}certify_by_two,maybe\n", "'maybe' is neither yes nor no"),
            ("limits", f"{_LIMIT}patience,1\n", "'patience' is not one of gap, arrival_days"),
            ("holidays", "date,name\nChristmas,\n", "'Christmas' is not a date as year-month-day"),
            ("holidays", "date,name\n2026-02-29,\n", "'2026-02-29' is a day that does not exist"),
            ("holidays", "date,name\n2026-12-25,a\n2026-12-25,b\n", "the same date and first day as in row 2"),
            ("agreements", "contract,vendor,dispute_days\nK,C,-60\n", "'-60' is not a whole number"),
            ("agreements", "contract,vendor,dispute_days\nK,C,100000\n", "'100000' is not from 0 to 3660"),
            ("agreements", "contract,vendor,late_fees\nK,C,perhaps\n", "'perhaps' is not one of yes, no"),
            ("vendor_accounts", "vendor,treatment,dispute_days\nC,recover,-1\n", "'-1' is not a whole number"),
            ("taxes", "tax,exempt,rate\nFET,no,3\n", "an empty cell, and FET is owed"),
            ("taxes", "tax,exempt,basis\nFET,no,usf\n", "an empty cell, and FET is owed"),
            ("taxes", "tax,exempt,basis,rate\nFET,no,percent,-3\n", "'-3' is below 0"),
            ("taxes", "tax,exempt,basis,rate,share\nF,no,usf,36,101\n", "'101' is not above 0 and at most 100"),
            ("orders", "order,vendor,action,amount,ordered\nP,C,install,-1,2026-01-01\n", "'-1' is below 0"),
            ("orders", "order,vendor,action,ordered\nP,C,smash,2026-01-01\n", "'smash' is not one of install, move"),
            ("orders", "order,vendor,action\nP,C,install\n", "ordered: a column that is missing"),
            ("waivers", "waiver,code,reason,most\nw,zero-use,r,-5\n", "'-5' is below 0"),
            ("waivers", "waiver,code,reason\nw,zero-use,\n", "an empty cell"),
            ("charge_codes", "product,class\nX,fun\n", "'fun' is not one of recurring, one-time, install"),
            ("inventory", "vendor,service\nC,\n", "an empty cell"),
        ],
    )
    def test_what_makes_no_sense_is_told(self, tmp_path: Path, kind: str, text: str, expected: str) -> None:
        (told,) = found(tmp_path, kind, text, "USD")
        assert expected in told

    def test_every_limit_takes_its_kind_of_value(self, tmp_path: Path) -> None:
        text = f"{_LIMIT}gap,0.05\nvalidation_days,0\nverification_days,3\ndispute_days,180\ncertify_by_two,yes\n"
        assert found(tmp_path, "limits", f"{text}decide_by_two,no\n", "USD") == []

    def test_a_gap_is_whole_minor_units_of_the_sites_own_currency(self, tmp_path: Path) -> None:
        assert found(tmp_path, "limits", f"{_LIMIT}gap,0.005\n", "KWD") == []

    def test_a_tax_that_the_body_does_not_owe_needs_no_rate(self, tmp_path: Path) -> None:
        assert found(tmp_path, "taxes", "tax,exempt,certificate\nFET,yes,EX-1\n") == []
