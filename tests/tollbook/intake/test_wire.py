"""Many controls of a bill travel in short, some thousands at a time, and wait in a file: the same figures arrive."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ledger_core.contracts.importer import BillEnded
from ledger_core.facts.bill import Combined, Control, Counted, Figure, LineSum, Totals
from ledger_core.facts.charge import Locator
from tollbook.intake import wire
from tollbook.intake.batches import Controls

_BILL = Figure("TDS", "bill", Decimal("4.50"), Locator("8", 10, 20, 1, "a.txt"))


def _controls(count: int) -> list[Control]:
    kinds = (LineSum(((1, 2), (5, 9))), Counted(Decimal("0.1")), LineSum(()), Combined((_BILL,), (_BILL,)))
    return [
        Control(
            Figure("AMT 5", f"service {n}", Decimal(n).scaleb(-2), Locator(str(n), n, n + 9)), kinds[n % 4], bool(n % 3)
        )
        for n in range(count)
    ]


def _sent(controls: list[Control]) -> list[Any]:
    sent: list[Any] = []
    wire.Gathered(sent.append).take(BillEnded(0, Totals(7, _BILL, controls)))
    return sent


@pytest.mark.parametrize(("count", "frames"), [(0, 1), (1_000, 1), (1_001, 2), (6_000, 4)])
def test_every_figure_arrives(count: int, frames: int, tmp_path: Path) -> None:
    """Sums of other figures come last: they are few, and travel with the totals."""
    sent = _sent(_controls(count))
    assert len(sent) == frames
    kept = Controls(tmp_path / "bill.controls")
    for written in sent[:-1]:
        more = wire.read(written)
        assert isinstance(more, wire.MoreControls)
        kept.add(more.controls)
    ended = wire.read(sent[-1])
    assert isinstance(ended, BillEnded)
    kept.end(ended.totals.controls)
    wanted = _controls(count)
    if frames > 1:
        wanted.sort(key=lambda control: isinstance(control.equals, Combined))
    assert list(kept) == list(kept) == wanted
    assert len(kept) == count
    assert all(one in kept for one in wanted[-2:])
    assert _controls(count + 1)[-1] not in kept


def _short(**changed: Any) -> list[Any]:
    cells = {
        "name": "AMT 5", "scope": "bill", "stated": "1.00", "place": "3", "start": 1, "end": 9, "document": 0,
        "member": None, "binding": True, "equals": [[1, 2]],
    }  # fmt: skip
    return ["controls", 0, [list((cells | changed).values())]]


def test_a_control_in_short_reads() -> None:
    assert isinstance(wire.read(_short()), wire.MoreControls)


@pytest.mark.parametrize(
    "changed",
    [
        {"stated": "NaN"}, {"stated": 1}, {"stated": "1" * 30}, {"name": "a\0b"}, {"scope": None}, {"place": 3},
        {"start": "1"}, {"start": True}, {"binding": 1}, {"equals": [[1]]}, {"equals": [[1, 2.5]]}, {"equals": "x"},
        {"equals": None}, {"member": 7}, {"scope": "x" * 70_000},
    ],
)  # fmt: skip
def test_a_control_in_short_that_is_none_is_garbled(changed: dict[str, Any]) -> None:
    with pytest.raises(wire.Garbled):
        wire.read(_short(**changed))
