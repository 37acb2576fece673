"""A telephone bill of a million charges as an X12 811: the path of importers that yield one charge at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_CHARGES = 4  # of one line
_SEGMENTS_END = "~\n"


def write(file: Path, charges: int) -> int:
    """Write the bill; returns its total in cents. All figures in it tie."""
    body = list(_body(charges))
    opening = [
        "ISA*00*          *00*          *ZZ*BENCHTEL       *ZZ*CITY           *260905*0415*U*00401*000000001*0*P*>",
        "GS*CI*BENCHTEL*CITY*20260905*0415*1*X*004010",
        "ST*811*0001",
    ]
    closing = [f"SE*{len(body) + 2}*0001", "GE*1*1", "IEA*1*000000001"]
    with file.open("w", encoding="ascii") as stream:
        for segment in (*opening, *body, *closing):
            stream.write(segment + _SEGMENTS_END)
    return _total(charges)


def _cents(item: int) -> int:
    return 100 + item * 37 % 9_900


def _total(charges: int) -> int:
    return sum(map(_cents, range(charges)))


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}".rstrip("0").rstrip(".")


def _body(charges: int) -> Iterator[str]:
    yield from (
        "BIG*20260901*BT-1", "CUR*SE*USD", "REF*11*8005550100", "DTM*186*20260801", "DTM*187*20260831",
        "N1*RI*BENCH TELEPHONE CO*92*BTC", "N1*BT*CITY*92*8005550100", f"TDS*{_total(charges)}",
        "HL*1**1*1", "HL*2*1*2*1", "REF*12*8005550100",
    )  # fmt: skip
    level = 2
    for first in range(0, charges, _CHARGES):
        items = range(first, min(first + _CHARGES, charges))
        yield f"HL*{level + 1}*2*5*1"
        yield f"SI*TI*TN*{2_000_000_000 + first // _CHARGES}"
        yield f"AMT*5*{_money(sum(map(_cents, items)))}"
        yield f"HL*{level + 2}*{level + 1}*8*0"
        level += 2
        for item in items:
            yield f"IT1*{item + 1}*1*MO*{_money(_cents(item))}**SV*P{item % _CHARGES}"
            yield f"PID*F****P{item % _CHARGES} service {item}"
    yield f"CTT*{level}"
