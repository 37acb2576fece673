"""What is charged once: with its order or without, fees that are due or not, third parties, paying late."""

from __future__ import annotations

import pytest

from ledger_core import Line
from tests.plugins.checks.examined import OTHER, PHONE, Earlier, Sheets, examined, line, month, vendor, words

_CODES: Sheets = {
    "charge_codes": [
        {"vendor": "Union Tel", "product": "JACK", "class": "one-time"},
        {"vendor": "Union Tel", "product": "INST*", "class": "install"},
        {"vendor": "", "product": "ETF", "class": "termination"},
        {"vendor": "Union Tel", "product": "VMAIL", "class": "recurring"},
        {"vendor": "Union Tel", "product": "TONES", "class": "third-party"},
        {"vendor": "Union Tel", "product": "LPC", "class": "late-fee"},
    ]
}
_TERM = vendor(contract="K-7", term_months="36", late_fees="no", **{"from": "2025-01-01"})
_OVER = {**_TERM, "from": "2020-01-01"}


def _sheets(*orders: dict[str, str], terms: dict[str, str] | None = None) -> Sheets:
    return {**_CODES, "orders": orders or [vendor(order="WO-0", service="x", action="move", ordered="2026-01-02")],
            **({"agreements": [terms]} if terms else {})}  # fmt: skip


def _order(action: str, product: str = "", amount: str = "", service: str = PHONE, **cells: str) -> dict[str, str]:
    plain = vendor(order="WO-1", service=service, action=action, product=product, amount=amount, ordered="2026-08-03")
    return {**plain, **cells}


def _once(product: str, amount: str, **fields: str) -> Line:
    return line("one-time", product, amount, **{"service_from": "2026-08-10", "service_to": "2026-08-10", **fields})


@pytest.mark.parametrize(
    ("sheets", "lines", "expected"),
    [
        pytest.param(_CODES, [_once("JACK", "35.00")], [], id="no orders are kept"),
        pytest.param(_sheets(), [_once("JACK", "35.00")], ["one-time-without-order 1 35.00"], id="nobody ordered it"),
        pytest.param(_sheets(_order("move", "JACK", "35")), [_once("JACK", "35.00")], [], id="ordered"),
        pytest.param(_sheets(_order("move")), [_once("JACK", "35.00")], [], id="ordered, without a product or price"),
        pytest.param(
            _sheets(_order("move", "JACK", "35", ordered="2026-08-14")),
            [_once("JACK", "35.00")],
            [],
            id="written later",
        ),
        pytest.param(
            _sheets(_order("move", "JACK", "35", ordered="2025-08-14")),
            [_once("JACK", "35.00")],
            ["one-time-without-order 1 35.00"],
            id="an order of a year ago",
        ),
        pytest.param(
            _sheets(_order("move", "JACK", "35", OTHER)),
            [_once("JACK", "35.00")],
            ["one-time-without-order 1 35.00"],
            id="an order of another line",
        ),
        pytest.param(
            _sheets(_order("move", "JACK", "35")),
            [_once("JACK", "60.00")],
            ["one-time-without-order 1 25.00"],
            id="more than the order allows",
        ),
        pytest.param(
            _sheets(_order("move", "JACK", "35")),
            [_once("JACK", "35.00"), _once("JACK", "35.00", service_to="2026-08-11")],
            ["one-time-without-order 2 35.00"],
            id="one order explains one charge",
        ),
        pytest.param(_sheets(), [_once("VMAIL", "9.00")], [], id="sold by the piece, and a monthly thing by its code"),
        pytest.param(_sheets(), [line("credit", "JACK", "-35.00")], [], id="a credit"),
        pytest.param(
            _sheets(), [_once("INST2", "95.00")], ["install-fee 1 95.00"], id="an installation nobody ordered"
        ),
        pytest.param(_sheets(_order("install", "INST2", "95")), [_once("INST2", "95.00")], [], id="installed by order"),
        pytest.param(
            _sheets(_order("disconnect")),
            [_once("INST2", "95.00")],
            ["install-fee 1 95.00"],
            id="another kind of order",
        ),
        pytest.param(
            _sheets(terms=_TERM), [_once("ETF", "480.00")], ["termination-fee 1 480.00"], id="ended by nobody's order"
        ),
        pytest.param(_sheets(_order("disconnect"), terms=_TERM), [_once("ETF", "480.00")], [], id="within the term"),
        pytest.param(
            _sheets(_order("disconnect"), terms=_OVER),
            [_once("ETF", "480.00")],
            ["termination-fee 1 480.00"],
            id="after the term",
        ),
        pytest.param(
            _sheets(_order("disconnect", "ETF", "480"), terms=_OVER),
            [_once("ETF", "480.00")],
            [],
            id="by the order itself",
        ),
    ],
)
def test_what_is_charged_once(sheets: Sheets, lines: list[Line], expected: list[str]) -> None:
    assert words(examined(lines, sheets)) == expected


def test_an_order_that_was_looked_for_is_named() -> None:
    (told,) = examined([_once("JACK", "35.00")], _sheets())
    assert told.objection.found == "JACK for 2065550100 of 35.00: no order of the service explains it"
    assert ("order looked for", f"add, change, disconnect, equipment, install, move for {PHONE}") in (
        told.objection.evidence
    )


_JULY = _once("JACK", "35.00", service_from="2026-07-20", service_to="2026-07-20")
_MOVED = _order("move", "JACK", "35", ordered="2026-07-15")


@pytest.mark.parametrize(
    ("orders", "expected"),
    [
        pytest.param([_MOVED], ["one-time-without-order 1 35.00"], id="one order"),
        pytest.param([_MOVED, {**_MOVED, "order": "WO-2"}], [], id="two orders"),
        pytest.param([{**_MOVED, "service": ""}], [], id="one for the whole account"),
        pytest.param([{**_MOVED, "ordered": "2026-09-20"}], [], id="one that came after July's charge"),
    ],
)
def test_what_an_order_explained_in_july_it_does_not_explain_in_august(
    orders: list[dict[str, str]], expected: list[str]
) -> None:
    past = [Earlier("2026-07", (_JULY, month("POTS", "1.00", OTHER)))]
    assert words(examined([_once("JACK", "35.00")], _sheets(*orders), past)) == expected


def test_a_bill_that_came_twice_charged_an_order_once() -> None:
    orders = [_MOVED, {**_MOVED, "order": "WO-2"}]
    lines = (_JULY, month("POTS", "1.00", OTHER))
    past = [Earlier("2026-07", lines), Earlier("2026-07", lines, fields={"bill": "B-again"})]
    assert words(examined([_once("JACK", "35.00")], _sheets(*orders), past)) == []


_CASE = line("equipment", "CASE", "54.99")
_BUYS = _sheets(_order("equipment", "TABLET", "300", OTHER))


@pytest.mark.parametrize(
    ("sheets", "past", "expected"),
    [
        pytest.param(_BUYS, [], ["one-time-without-order 1 54.99"], id="bought without an order"),
        pytest.param(_sheets(), [], [], id="no orders of equipment are kept"),
        pytest.param(_sheets(_order("equipment", "CASE", "54.99")), [], [], id="ordered"),
        pytest.param(_BUYS, [Earlier("2026-07", (_CASE,))], [], id="an instalment: the bill before had it"),
    ],
)
def test_what_equipment_needs(sheets: Sheets, past: list[Earlier], expected: list[str]) -> None:
    assert words(examined([_CASE], sheets, past)) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([month("TONES", "9.99")], ["third-party-charge 1 9.99"], id="by its code"),
        pytest.param(
            [line("one-time", "Third Party Charges", "4.99")], ["third-party-charge 1 4.99"], id="by its name"
        ),
        pytest.param([month("POTS", "29.95")], [], id="the carrier's own"),
        pytest.param([line("credit", "TONES", "-9.99")], [], id="taken back"),
    ],
)
def test_what_somebody_else_sold(lines: list[Line], expected: list[str]) -> None:
    assert words(examined(lines, _CODES)) == expected


@pytest.mark.parametrize(
    ("terms", "line_", "expected", "confidence"),
    [
        pytest.param(None, line("late-fee", "", "12.50", ""), ["late-fee 1 12.50"], 70, id="nothing was agreed"),
        pytest.param(_TERM, line("late-fee", "", "12.50", ""), ["late-fee 1 12.50"], 97, id="forbidden"),
        pytest.param({**_TERM, "late_fees": "yes"}, line("late-fee", "", "12.50", ""), [], 0, id="agreed"),
        pytest.param(None, line("fee", "LPC", "12.50", ""), ["late-fee 1 12.50"], 70, id="known by its code"),
        pytest.param(None, line("late-fee", "", "-12.50", ""), [], 0, id="taken back"),
    ],
)
def test_paying_late(terms: dict[str, str] | None, line_: Line, expected: list[str], confidence: int) -> None:
    found = examined([line_], {**_CODES, **({"agreements": [terms]} if terms else {})})
    assert words(found) == expected
    assert [one.objection.confidence for one in found] == [confidence] * len(expected)
