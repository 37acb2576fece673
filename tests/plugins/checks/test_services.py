"""Services: in the inventory or not, billed before their start or after their end, at another plan, unused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from ledger_core import Line, Usage
from tests.plugins.checks.examined import (
    OTHER,
    PHONE,
    Earlier,
    Sheets,
    days,
    examined,
    line,
    month,
    used,
    vendor,
    words,
)

_FROM, _TO = "from", "to"


def _inventory(*rows: Mapping[str, str]) -> Sheets:
    return {"inventory": [vendor(**row) for row in rows]}


_KEPT = {"service": OTHER}  # a row that shows that the account's inventory is kept
_RATE = {"contracts": [vendor(product="POTS", rate="31")]}


@pytest.mark.parametrize(
    ("sheets", "lines", "expected"),
    [
        pytest.param({}, [month("POTS", "31.00")], [], id="no inventory is kept for the account"),
        pytest.param(_inventory({"service": PHONE}), [month("POTS", "31.00")], [], id="in service since ever"),
        pytest.param(
            _inventory(_KEPT),
            [month("POTS", "31.00"), line("tax", "STATE", "2.02"), line("credit", "LOYAL", "-5.00")],
            ["not-in-inventory 1 31.00", "not-in-inventory 2 2.02"],
            id="nobody has it: what it costs, and the tax on that",
        ),
        pytest.param(_inventory(_KEPT), [month("TRUNK", "31.00", "")], [], id="a charge of the account itself"),
        pytest.param(
            {
                **_inventory(_KEPT),
                "orders": [vendor(order="WO-1", service=PHONE, action="install", ordered="2026-07-01")],
            },
            [month("POTS", "31.00")],
            [],
            id="ordered, and not in the inventory yet",
        ),
        pytest.param(
            _inventory({"service": PHONE, _FROM: "2026-10-01"}),
            [month("POTS", "31.00")],
            ["before-start 1 31.00"],
            id="starts after the month",
        ),
        pytest.param(
            _inventory({"service": PHONE, _TO: "2026-07-15"}),
            [month("POTS", "31.00"), line("one-time", "ETF", "50.00")],
            ["after-end 1 31.00"],
            id="ended before the month; what ends it costs once",
        ),
        pytest.param(
            {
                **_inventory({"service": PHONE, _TO: "2026-07-15"}),
                "charge_codes": [{"vendor": "Union Tel", "product": "VMAIL", "class": "recurring"}],
            },
            [line("one-time", "VMAIL", "9.00")],
            ["after-end 1 9.00"],
            id="sold by the piece, and a monthly thing by its code",
        ),
        pytest.param(
            _inventory({"service": PHONE, _FROM: "2026-08-12", _TO: "2026-08-20"}),
            [month("POTS", "9.00", **days("12", "20"))],
            [],
            id="a part of the month at both ends, charged for its days",
        ),
        pytest.param(
            _inventory({"service": PHONE, _TO: "2026-08-10"}),
            [month("POTS", "10.00")],
            [],
            id="the last days, prorated",
        ),
        pytest.param(
            {**_inventory({"service": PHONE, _TO: "2026-08-10"}), **_RATE},
            [month("POTS", "31.00")],
            ["after-end 1 21.00"],
            id="the whole month's price for ten days of it: the other 21",
        ),
        pytest.param(
            {
                **_inventory({"service": PHONE}),
                "orders": [
                    vendor(
                        order="WO-2", service=PHONE, action="disconnect", ordered="2026-05-01", effective="2026-06-30"
                    )
                ],
            },
            [month("POTS", "31.00")],
            ["after-end 1 31.00"],
            id="disconnected by order, and the inventory does not say so",
        ),
        pytest.param(
            {
                **_inventory({"service": PHONE, _FROM: "2026-08-06"}),
                "orders": [
                    vendor(order="WO-3", service=PHONE, action="install", ordered="2026-07-01", effective="2026-08-01")
                ],
                **_RATE,
            },
            [month("POTS", "31.00")],
            [],
            id="in the inventory five days after it was installed",
        ),
        pytest.param(
            _inventory({"service": PHONE, _TO: "2026-05-31"}, {"service": PHONE, _FROM: "2026-07-01"}),
            [month("POTS", "31.00")],
            [],
            id="ended and started again",
        ),
        pytest.param(
            _inventory({"service": PHONE, _TO: "2026-07-31"}),
            [month("POTS", "31.00"), line("credit", "REFUND", "-31.00")],
            [],
            id="charged once more and taken back on the same bill",
        ),
    ],
)
def test_what_is_in_service(sheets: Sheets, lines: list[Line], expected: list[str]) -> None:
    assert words(examined(lines, sheets)) == expected


def test_lines_of_a_service_that_nobody_has_are_one_cause() -> None:
    found = examined([month("POTS", "31.00"), line("usage", "LD", "2.00")], _inventory(_KEPT))
    assert {one.objection.cause for one in found} == {PHONE}
    assert found[0].objection.evidence[0] == ("inventory looked for", f"{PHONE} of Union Tel 100-200")


# --- plans -----------------------------------------------------------------------------------------------------------

_PLANS: Sheets = {
    **_inventory({"service": PHONE, "plan": "UNL-40"}),
    "contracts": [vendor(product="UNL-40", rate="40"), vendor(product="UNL-60", rate="60")],
}


@pytest.mark.parametrize(
    ("sheets", "lines", "expected"),
    [
        pytest.param(_PLANS, [month("UNL-40", "40.00")], [], id="the plan"),
        pytest.param(_PLANS, [month("UNL 40 Smartphone", "40.00")], [], id="the plan's name inside a longer one"),
        pytest.param(_PLANS, [month("UNL-60", "60.00")], ["plan-unexpected 1 20.00"], id="a dearer plan"),
        pytest.param(_PLANS, [month("UNL-40", "40.00"), month("TETHER", "9.00")], [], id="a feature beside the plan"),
        pytest.param(
            _PLANS,
            [month("TETHER", "9.00"), month("UNL-60", "60.00")],
            ["plan-unexpected 2 20.00"],
            id="the dearer one",
        ),
        pytest.param(_inventory({"service": PHONE}), [month("UNL-60", "60.00")], [], id="the inventory names no plan"),
        pytest.param(
            {
                **_PLANS,
                "orders": [vendor(order="C-1", service=PHONE, action="change", product="UNL-60", ordered="2026-07-20")],
            },
            [month("UNL-60", "60.00")],
            [],
            id="changed by order",
        ),
        pytest.param(
            _inventory(
                {"service": PHONE, "plan": "UNL-40", _TO: "2026-08-14"},
                {"service": PHONE, "plan": "UNL-60", _FROM: "2026-08-15"},
            ),
            [month("UNL-40", "18.06", **days("1", "14")), month("UNL-60", "32.90", **days("15", "31"))],
            [],
            id="both plans in the month of the change",
        ),
    ],
)
def test_which_plan_is_billed(sheets: Sheets, lines: list[Line], expected: list[str]) -> None:
    assert words(examined(lines, sheets)) == expected


# --- use -------------------------------------------------------------------------------------------------------------


def _months(*uses: Mapping[str, Sequence[Usage]]) -> list[Earlier]:
    """Earlier bills, the oldest first, with what was used on each."""
    return [Earlier(f"2026-{at:02d}", (month("UNL-40", "40.00"),), use) for at, use in enumerate(uses, 8 - len(uses))]


_NONE, _SOME = {PHONE: used(minutes="0", gigabytes="0")}, {PHONE: used(minutes="12", gigabytes="0.4")}


@pytest.mark.parametrize(
    ("past", "now", "expected"),
    [
        pytest.param([_NONE, _NONE], _NONE, ["zero-use 1 40.00"], id="three months without use"),
        pytest.param([_NONE], _NONE, [], id="two months say too little"),
        pytest.param([_NONE, _NONE], _SOME, [], id="used this month"),
        pytest.param([_SOME, _NONE, _NONE], _NONE, [], id="a season of three months"),
        pytest.param([_SOME, *[_NONE] * 5], _NONE, ["zero-use 1 40.00"], id="not any more, for half a year"),
        pytest.param([_NONE, {OTHER: used(minutes="0")}], _NONE, [], id="a month of which the bill does not say"),
        pytest.param([{}, _NONE, _NONE], _NONE, ["zero-use 1 40.00"], id="before that, bills did not say"),
        pytest.param([_NONE, _NONE], {}, [], id="this bill does not say"),
    ],
)
def test_what_is_not_used(
    past: Sequence[Mapping[str, Sequence[Usage]]], now: Mapping[str, Sequence[Usage]], expected: list[str]
) -> None:
    assert words(examined([month("UNL-40", "40.00")], past=_months(*past), used=now)) == expected


def test_hardly_used_is_said_beside_others_with_the_same_plan() -> None:
    """One of seven uses a hundredth of what the others do; a plan for meters, of which all use little, is let pass."""
    phones = [f"20655501{number:02d}" for number in range(7)]
    meters = [f"20655502{number:02d}" for number in range(7)]
    use = {phone: used(gigabytes="4") for phone in phones} | {meter: used(gigabytes="0.01") for meter in meters}
    use[phones[3]] = used(gigabytes="0.02")
    lines = [month("UNL-40", "40.00", phone) for phone in phones] + [month("METER", "4.60", meter) for meter in meters]
    past = [Earlier(f"2026-0{at}", tuple(lines), use) for at in (6, 7)]
    assert words(examined(lines, past=past, used=use)) == ["low-use 4 40.00"]


# --- variance --------------------------------------------------------------------------------------------------------


def _history(kind: str, *amounts: str) -> list[Earlier]:
    """Earlier months up to July 2026, the oldest first; "" is a month without such a charge."""
    found = []
    for back, amount in enumerate(reversed(amounts), 1):
        at = 2026 * 12 + 7 - back
        lines = (line(kind, "X", amount),) if amount else ()
        found.append(Earlier(f"{at // 12}-{at % 12 + 1:02d}", (*lines, month("Y", "1.00", OTHER))))
    return found


@pytest.mark.parametrize(
    ("kind", "before", "now", "expected"),
    [
        pytest.param("usage", ["10.00", "12.00", "9.00"], "110.00", ["variance 1 100.00"], id="ten times the usual"),
        pytest.param("usage", ["10.00", "12.00"], "110.00", [], id="two months say too little"),
        pytest.param("usage", ["10.00", "90.00", "40.00"], "110.00", [], id="months that always differed"),
        pytest.param("usage", ["1.00", "1.20", "0.90"], "4.00", [], id="four times the usual, and next to no money"),
        pytest.param("usage", ["1.00", "1.20", "0.90"], "12.00", ["variance 1 11.00"], id="twelve times"),
        pytest.param("usage", ["100.00", "100.00", "100.00"], "120.00", [], id="a fifth more"),
        pytest.param("recurring", ["40.00", "40.00", "40.00"], "80.00", ["variance 1 40.00"], id="a price doubled"),
        pytest.param("recurring", ["40.00", "40.00", "40.00"], "12.00", [], id="less than usual"),
        pytest.param("recurring", ["", "40.00", "40.00"], "80.00", [], id="a young service has too few months"),
        pytest.param(
            "usage", ["", "", "", ""], "200.00", [], id="of a service without any charge before, inventories know"
        ),
        pytest.param(
            "usage",
            ["20.00", "300.00", *["20.00"] * 11],
            "280.00",
            [],
            id="a season: last August was as dear",
        ),
        pytest.param("usage", ["20.00"] * 13, "280.00", ["variance 1 260.00"], id="no season"),
    ],
)
def test_what_is_far_above_the_usual(kind: str, before: list[str], now: str, expected: list[str]) -> None:
    assert words(examined([line(kind, "X", now)], past=_history(kind, *before))) == expected


def test_one_odd_month_bends_neither_the_usual_nor_its_scatter() -> None:
    past = _history("usage", "10.00", "500.00", "11.00", "9.00", "10.00")
    assert words(examined([line("usage", "X", "120.00")], past=past)) == ["variance 1 110.00"]


def test_recurring_charges_that_a_contract_prices_are_left_to_the_rates() -> None:
    sheets: Sheets = {"contracts": [vendor(product="X", rate="80")]}
    past = _history("recurring", "40.00", "40.00", "40.00")
    assert words(examined([month("X", "80.00")], sheets, past)) == []


def test_what_is_too_much_lies_on_the_dearest_lines_first() -> None:
    past = _history("usage", "10.00", "10.00", "10.00")
    found = examined([line("usage", "X", "20.00"), line("usage", "X", "90.00", rate=None)], past=past)
    assert words(found) == ["variance 1 10.00", "variance 2 90.00"]
