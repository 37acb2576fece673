"""Taxes: what the body is exempt from, what is more than its rate, what may be passed through of universal service."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_core import Line
from tests.plugins.checks.examined import OTHER, PHONE, Sheets, examined, line, month, vendor, words


def _taxes(*rows: dict[str, str]) -> Sheets:
    return {"taxes": [{"vendor": "Union Tel", "exempt": "no", **row} for row in rows]}


_EXCISE = {"tax": "FEDERAL EXCISE", "exempt": "yes", "authority": "IRS", "certificate": "EX-1",
           "certificate_to": "2027-12-31"}  # fmt: skip
_SALES = {"tax": "STATE", "basis": "percent", "rate": "6.5"}
_911 = {"tax": "COUNTY 911", "basis": "per-line", "rate": "0.70"}
_USF = {"tax": "Fed Universal*", "basis": "usf", "rate": "36.6", "share": "37.1"}


def _tax(product: str, amount: str, service: str = PHONE, **fields: str) -> Line:
    return line("tax", product, amount, service, **fields)


@pytest.mark.parametrize(
    ("sheets", "lines", "expected"),
    [
        pytest.param({}, [_tax("FEDERAL EXCISE", "3.00")], [], id="no sheet says anything"),
        pytest.param(_taxes(_EXCISE), [_tax("FEDERAL EXCISE", "3.00")], ["tax-exempt 1 3.00"], id="exempt"),
        pytest.param(_taxes(_EXCISE), [_tax("STATE 911 EXCISE", "0.25")], [], id="another tax with excise in its name"),
        pytest.param(_taxes(_EXCISE), [_tax("FEDERAL EXCISE", "-3.00")], [], id="given back"),
        pytest.param(
            _taxes({**_EXCISE, "to": "2026-06-30"}), [_tax("FEDERAL EXCISE", "3.00")], [], id="exempt until June only"
        ),
        pytest.param(_taxes(_SALES), [month("POTS", "30.00"), _tax("STATE", "1.95")], [], id="6.5 percent of 30.00"),
        pytest.param(
            _taxes(_SALES), [month("POTS", "30.00"), _tax("STATE", "2.85")], ["tax-excessive 2 0.90"], id="9.5 percent"
        ),
        pytest.param(
            _taxes(_SALES), [_tax("STATE", "2.85"), month("POTS", "30.00")], ["tax-excessive 1 0.90"], id="tax first"
        ),
        pytest.param(
            _taxes(_SALES),
            [month("POTS", "30.00"), line("equipment", "PHONE", "100.00"), _tax("STATE", "8.45")],
            [],
            id="on equipment too",
        ),
        pytest.param(
            _taxes(_SALES),
            [month("POTS", "1.03"), month("X", "1.04"), month("Y", "1.03"), _tax("STATE", "0.21")],
            [],
            id="worked out line by line: rounded up on each",
        ),
        pytest.param(
            _taxes(_SALES),
            [month("POTS", "30.00"), _tax("STATE", "1.95"), _tax("STATE", "1.95")],
            ["tax-excessive 3 1.95"],
            id="levied twice",
        ),
        pytest.param(_taxes(_911), [month("POTS", "30.00"), _tax("COUNTY 911", "0.70")], [], id="a line's fee"),
        pytest.param(
            _taxes(_911), [month("POTS", "30.00"), _tax("COUNTY 911", "1.40")], ["tax-excessive 2 0.70"], id="doubled"
        ),
        pytest.param(
            _taxes(_911),
            [month("POTS", "30.00"), month("POTS", "30.00", OTHER), _tax("COUNTY 911", "1.40", "")],
            [],
            id="one fee for two lines, on the account",
        ),
        pytest.param(_taxes(_911), [_tax("COUNTY 911", "2.10", "", quantity="3")], [], id="three lines, as it says"),
        pytest.param(
            _taxes(_USF),
            [month("UNL", "40.00"), line("surcharge", "Fed Universal Service", "5.43")],
            [],
            id="37.1 percent of 40.00, times 36.6 percent",
        ),
        pytest.param(
            _taxes(_USF),
            [month("UNL", "40.00"), line("surcharge", "Fed Universal Service", "5.44")],
            [],
            id="a cent more may be rounding",
        ),
        pytest.param(
            _taxes(_USF),
            [month("UNL", "40.00"), line("surcharge", "Fed Universal Service", "8.00")],
            ["usf-excessive 2 2.57"],
            id="more than may be passed through",
        ),
        pytest.param(
            _taxes(_USF),
            [month("UNL", "40.00"), line("equipment", "PHONE", "60.00"), line("surcharge", "Fed Universal", "13.57")],
            ["usf-excessive 3 8.14"],
            id="equipment is no communication",
        ),
        pytest.param(
            {**_taxes({"tax": "UTILITY", "basis": "percent", "rate": "6", "jurisdiction": "Kent"},
                      {"tax": "UTILITY", "basis": "percent", "rate": "9", "jurisdiction": "Auburn"}),
             "inventory": [vendor(service=PHONE, location="City Hall, Kent")]},
            [month("POTS", "100.00"), _tax("UTILITY", "9.00")],
            ["tax-excessive 2 3.00"],
            id="the rate of the city where the line is",
        ),
        pytest.param(
            _taxes({"tax": "UTILITY", "basis": "percent", "rate": "6", "jurisdiction": "Kent"},
                   {"tax": "UTILITY", "basis": "percent", "rate": "9", "jurisdiction": "Auburn"}),
            [month("POTS", "100.00"), _tax("UTILITY", "9.00")],
            [],
            id="nobody knows where the line is",
        ),
    ],
)  # fmt: skip
def test_what_is_levied(sheets: Sheets, lines: list[Line], expected: list[str]) -> None:
    assert words(examined(lines, sheets)) == expected


def test_an_exemption_shows_its_certificate() -> None:
    (told,) = examined([_tax("FEDERAL EXCISE", "3.00")], _taxes(_EXCISE))
    assert told.objection.confidence == 98
    assert ("certificate", "EX-1, to 2027-12-31") in told.objection.evidence
    (told,) = examined([_tax("FEDERAL EXCISE", "3.00")], _taxes({**_EXCISE, "certificate_to": "2026-01-31"}))
    assert (told.objection.confidence, told.objection.do) == (80, "Renew the certificate, then dispute it.")


@given(st.integers(1, 100_000), st.integers(0, 20_000))
def test_a_surcharge_passes_up_to_a_cent_above_base_times_share_times_factor(base: int, passed: int) -> None:
    """INV-54, for any base and any surcharge in whole cents."""
    lines = [month("UNL", _money(base)), line("surcharge", "Fed Universal Service", _money(passed))]
    most = Fraction(base) * Fraction("0.371") * Fraction("0.366")
    assert bool(words(examined(lines, _taxes(_USF)))) == (passed > most + 1)


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
