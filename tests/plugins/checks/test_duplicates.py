"""The same thing twice: a line on one bill or on two, and a whole bill under another name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from ledger_core import Line
from tests.plugins.checks.examined import OTHER, PHONE, Earlier, examined, line, month, vendor, words

_POTS = month("POTS", "29.95", text="Line of a person")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([_POTS, _POTS], ["duplicate-line 2 29.95"], id="the same line twice"),
        pytest.param([_POTS] * 3, ["duplicate-line 2 29.95", "duplicate-line 3 29.95"], id="and a third time"),
        pytest.param([_POTS, _POTS._replace(service=OTHER)], [], id="two services"),
        pytest.param([_POTS, _POTS._replace(text="Line of another")], [], id="told apart by what is written"),
        pytest.param([_POTS, _POTS._replace(amount=2994)], [], id="not the same amount"),
        pytest.param(
            [_POTS._replace(service_from="2026-08-01", service_to="2026-08-15"),
             _POTS._replace(service_from="2026-08-16", service_to="2026-08-31")],
            [],
            id="two halves of a month",
        ),
        pytest.param([line("usage", "LD", "0.49"), line("usage", "LD", "0.49")], [], id="two calls"),
        pytest.param([line("tax", "STATE", "0.95"), line("tax", "STATE", "0.95")], [], id="two taxes"),
        pytest.param([_POTS._replace(service="")] * 2, [], id="two things of the account that the bill does not name"),
        pytest.param([month("BUNDLE", "0.00"), month("BUNDLE", "0.00")], [], id="bundles that cost nothing"),
        pytest.param(
            [_POTS, line("credit", "POTS CREDIT", "-29.95"), _POTS], [], id="charged, taken back and charged again"
        ),
    ],
)  # fmt: skip
def test_the_same_line_on_one_bill(lines: list[Line], expected: list[str]) -> None:
    assert words(examined(lines)) == expected


def test_two_equal_things_with_an_order_each_are_two() -> None:
    jack = line("one-time", "JACK", "35.00", service_from="2026-08-10", service_to="2026-08-10")
    orders = [
        vendor(order=f"WO-{number}", service=PHONE, action="move", product="JACK", amount="35", ordered="2026-08-01")
        for number in (1, 2)
    ]
    assert words(examined([jack, jack], {"orders": orders})) == []
    assert words(examined([jack, jack], {"orders": orders[:1]})) == ["duplicate-line 2 35.00"]


def test_rows_of_a_cloud_cost_export_repeat() -> None:
    assert words(examined([_POTS, _POTS], payable=False)) == []


_JULY: Mapping[str, Any] = {"service_from": "2026-07-01", "service_to": "2026-07-28"}


@pytest.mark.parametrize(
    ("earlier", "now", "expected"),
    [
        pytest.param(
            Earlier("2026-07", (_POTS._replace(**_JULY),)),
            _POTS._replace(**_JULY),
            ["duplicate-line 1 29.95"],
            id="July, charged on July's bill already",
        ),
        pytest.param(Earlier("2026-07", (_POTS,)), _POTS, [], id="a month and the next"),
        pytest.param(
            Earlier("2026-07", (_POTS._replace(service=OTHER, **_JULY),)),
            _POTS._replace(**_JULY),
            [],
            id="another line",
        ),
        pytest.param(
            Earlier("2026-07", (_POTS,), fields={"period_to": date(2026, 8, 1)}),
            _POTS,
            [],
            id="periods that share the day between them",
        ),
        pytest.param(
            Earlier("2026-07", (_POTS,), fields={"period_from": date(2026, 8, 1), "period_to": date(2026, 8, 31)}),
            _POTS,
            ["duplicate-line 1 29.95"],
            id="another bill for the same month",
        ),
    ],
)
def test_the_same_line_on_two_bills(earlier: Earlier, now: Line, expected: list[str]) -> None:
    assert words(examined([now, month("X", "1.00", OTHER)], past=[earlier])) == expected


# --- bills -----------------------------------------------------------------------------------------------------------

_LINES = (_POTS, month("POTS", "31.00", OTHER), line("tax", "STATE", "3.96", ""))
_AUGUST: Mapping[str, Any] = {"period_from": date(2026, 8, 1), "period_to": date(2026, 8, 31),
                              "bill_date": date(2026, 9, 1)}  # fmt: skip


def _other(*lines: Line, **fields: Any) -> Earlier:
    return Earlier("2026-08", lines or _LINES, fields={**_AUGUST, "number": "A-77", **fields})


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        pytest.param(_other(), ["duplicate-bill 0 64.91"], id="under another number"),
        pytest.param(_other(*reversed(_LINES)), ["duplicate-bill 0 64.91"], id="in another order"),
        pytest.param(
            _other(*(one._replace(service=one.service and f"{one.service[:3]}-{one.service[3:]}") for one in _LINES)),
            ["duplicate-bill 0 64.91"],
            id="with telephone numbers written otherwise, as another file format does",
        ),
        pytest.param(
            _other(*_LINES, month("FREE", "0.00")), ["duplicate-bill 0 64.91"], id="and lines that cost nothing"
        ),
        pytest.param(
            _other(account="100200", vendor="UNION TEL"),
            ["duplicate-bill 0 64.91"],
            id="from the account otherwise spelled",
        ),
        pytest.param(
            _other(period_from=date(2026, 7, 1), period_to=date(2026, 7, 31)),
            [],
            id="the month before, at a fixed price",
        ),
        pytest.param(
            _other(
                _POTS._replace(service="2065550199"),
                month("POTS", "31.00", "2065550198"),
                line("tax", "STATE", "3.96", ""),
            ),
            [],
            id="the same total for another line",
        ),
        pytest.param(
            _other(period_from=None, period_to=None, bill_date=date(2026, 9, 10)),
            ["duplicate-bill 0 64.91"],
            id="dated some days later, without a period",
        ),
    ],
)
def test_the_same_bill_again(other: Earlier, expected: list[str]) -> None:
    """Nothing is told of its lines then."""
    assert words(examined(_LINES, past=[other])) == expected


def test_a_bill_told_to_be_a_duplicate_names_the_other_one() -> None:
    (told,) = examined(_LINES, past=[_other()])
    assert told.objection.found == "all its charges, 64.91, stand on bill A-77 of Union Tel already"
    assert told.objection.confidence == 96
    (told,) = examined(_LINES, past=[_other(account="", vendor="")])
    assert told.objection.confidence == 85


def test_half_a_bill_again_is_told_line_by_line() -> None:
    other = _other(_POTS, month("POTS", "1.00", "2065550177"))
    assert words(examined([_POTS, month("X", "5.00", OTHER)], past=[other])) == ["duplicate-line 1 29.95"]
    assert _POTS.service == PHONE
