"""Five short lives of bills in Millrace: paid and claimed, a chain that breaks, a late bill, an exempt tax, a twin.

Each is a town of its own; amounts are those of millrace/worked.md unless a test says otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.stories.millrace_town import (
    ACCOUNT,
    PLANS,
    UMA,
    VENDOR,
    Line,
    Paper,
    Town,
    circuit,
    millrace,
    right_month,
)

_AUGUST = (date(2026, 8, 1), date(2026, 8, 31))


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with millrace(tmp_path) as town:
        town.on(date(2026, 9, 2))
        yield town


def _queued(town: Town, code: str) -> list[dict[str, Any]]:
    return [item for item in town.ask("queue")["items"] if item["code"] == code]


def _shares(town: Town, bill: str, line: int) -> dict[str, int]:
    charges = map(json.loads, town.do("charges", "--bill", bill).splitlines())
    charge = next(charge for charge in charges if charge["charge"] == f"{bill}:{line}")
    return {share["department"]: share["amount"] for share in charge["shares"]}


def _wrong_august() -> Paper:
    lines = [*circuit("C-1", 8, "460.00", "46.46"), *right_month(8)[2:]]
    return Paper("M-0826", date(2026, 8, 31), lines)


def test_what_is_paid_and_claimed_stays_charged_until_the_vendor_credits_it(town: Town) -> None:
    """Claimed: the bill is paid whole and Police bears all of it; the credit brings 66.06 home to Police."""
    bill = town.take_in(_wrong_august())["bill"]
    (item,) = _queued(town, "rate-above-contract")
    town.do("dispute", "open", item["item"], "--mode", "claimed", "--reason", "K-26-4 says 400.00 a month")
    (claim,) = town.ask("certify", bill, actor=UMA)["claims"]
    assert (claim["held"], claim["amount"]) == (0, 91934)
    assert town.charged("2026-08") == {"01210": 50646, "01320": 27525, "04010": 13763}
    (pending,) = town.ask("value")["totals"]
    assert (pending["pending"], pending["recovered"]) == (6606, 0)
    town.holds_together("2026-08", "2026-09")

    town.on(date(2026, 10, 2))
    given = [
        Line("credit", "C-1", "ELINE-1G", "-60.00", *_AUGUST),
        Line("credit", "C-1", "SALES TAX", "-6.06", *_AUGUST),
    ]
    lines = [*right_month(9), *given]
    september = town.take_in(Paper("M-0926", date(2026, 9, 30), lines))["bill"]
    assert _shares(town, september, 7) == {"01210": -6000}
    (dispute,) = town.ask("dispute", "list", "--all")["disputes"]
    assert (dispute["state"], dispute["credited"]) == ("settled", 6606)
    assert town.charged("2026-09") == {"01210": 44040 - 6606, "01320": 27525, "04010": 13763}
    (book,) = town.ask("value")["totals"]
    assert (book["pending"], book["recovered"], book["avoided"]) == (0, 6606, 0)
    town.holds_together("2026-08", "2026-09", "2026-10")


def test_a_bill_whose_previous_balance_is_not_the_last_amount_due_is_an_exception(town: Town) -> None:
    """INV-24: it posts, because its own totals tie, and the break is in the queue with both figures."""
    town.take_in(Paper("M-0826", date(2026, 8, 31), right_month(8), "0.00", "0.00"))
    assert not _queued(town, "chain-broken")
    town.on(date(2026, 10, 2))
    town.take_in(Paper("M-0926", date(2026, 9, 30), right_month(9), "861.81", "-853.28"))
    (broken,) = _queued(town, "chain-broken")
    assert "861.81" in broken["text"]
    assert "853.28" in broken["text"]
    assert broken["amount"] == 853
    town.holds_together("2026-08", "2026-09")


def test_a_late_bill_is_told_of_until_it_comes(town: Town) -> None:
    """INV-25: account and cycle stand in exactly one state, and nobody has to remember."""
    town.take_in(Paper("M-0826", date(2026, 8, 31), right_month(8)))

    def state() -> str:
        (row,) = [row for row in town.ask("expected", "2026-09")["rows"] if row["account"] == ACCOUNT]
        return str(row["state"])

    town.on(date(2026, 9, 30))
    assert state() == "expected"
    assert not _queued(town, "bill-missing")
    town.on(date(2026, 10, 28))
    assert state() == "late"
    (missing,) = _queued(town, "bill-missing")
    assert (missing["vendor"], missing["amount"]) == (VENDOR, 85328)
    town.take_in(Paper("M-0926", date(2026, 9, 30), right_month(9)))
    assert state() == "received"
    assert not _queued(town, "bill-missing")


def test_a_tax_that_the_town_need_not_pay_is_disputed_before_anybody_can_certify(town: Town) -> None:
    """INV-54: federal excise of 12.00 on the police circuit (26 USC 4253(i)). The rest is paid in time."""
    excise = Line("tax", "C-1", "FEDERAL EXCISE", "12.00", *_AUGUST)
    bill = town.take_in(Paper("M-0826", date(2026, 8, 31), [*right_month(8), excise]))["bill"]
    (item,) = _queued(town, "tax-exempt")
    assert item["amount"] == 1200
    assert "exempt taxes of 12.00 USD" in town.refused("certify", bill, actor=UMA).found
    assert not town.ask("payables")["rows"][0]["certified"]

    town.do("dispute", "open", item["item"], "--reason", "exempt under 26 USC 4253(i), certificate EX-2019-4")
    (claim,) = town.ask("certify", bill, actor=UMA)["claims"]
    assert (claim["held"], claim["amount"]) == (1200, 85328)
    assert town.charged("2026-08") == {"01210": 44040, "01320": 27525, "04010": 13763}
    town.holds_together("2026-08")


def test_the_same_bill_in_another_format_is_known_or_doubted(town: Town) -> None:
    """Under its own number it is a second copy and posts nothing; under another number it is held whole."""
    lines = [line for line in right_month(8) if line.kind == "recurring"]
    first = town.take_in(Paper("M-0826", date(2026, 8, 31), lines))
    again = town.ask("import", str(_as_811(town.folder, "M-0826", lines)))
    assert again["counts"]["known"] == 1

    twin = town.ask("import", str(_as_811(town.folder, "M-0826-B", lines)), codes=(1,))
    bill = twin["files"][0]["bills"][0]["bill"]
    assert bill != first["bill"]
    (item,) = _queued(town, "duplicate-bill")
    assert (item["bill"], item["amount"]) == (bill, 77500)
    town.do("hold", item["item"], "--reason", "the same charges as M-0826; asked the vendor")
    assert town.charged("2026-08") == {"01210": 40000, "01320": 25000, "04010": 12500}
    assert "all of it is held" in town.refused("certify", bill, actor=UMA).found
    town.holds_together("2026-08")


def _as_811(folder: Path, number: str, lines: list[Line]) -> Path:
    """The bill as an X12 811, a circuit to a service level."""
    segments = [
        "ISA*00*          *00*          *ZZ*CASCADE        *ZZ*MILLRACE       *260901*0300*U*00401*000000071*0*P*>",
        "GS*CI*CASCADE*MILLRACE*20260901*0300*71*X*004010",
    ]
    body = [
        "ST*811*0001",
        f"BIG*20260831*{number}",
        "CUR*SE*USD",
        f"REF*11*{ACCOUNT}",
        "ITD******20260930",
        "DTM*186*20260801",
        "DTM*187*20260831",
        f"N1*RI*{VENDOR}*92*CF",
        "N1*BT*TOWN OF MILLRACE*92*700100",
        f"TDS*{sum(int(line.amount.replace('.', '')) for line in lines)}",
        "HL*1**1*1",
        "HL*2*1*2*1",
    ]
    for at, line in enumerate(lines):
        level = 3 + 2 * at
        body += [
            f"HL*{level}*2*5*1",
            f"SI*TI*CI*{line.service}",
            f"HL*{level + 1}*{level}*8*0",
            f"IT1*{at + 1}*1*MO*{line.amount}**SV*{PLANS[line.service]}",
            "DTM*150*20260801",
            "DTM*151*20260831",
        ]
    body.append(f"CTT*{2 + 2 * len(lines)}")
    body.append(f"SE*{len(body) + 1}*0001")
    path = folder / f"{number}.edi"
    path.write_text("~\n".join([*segments, *body, "GE*1*71", "IEA*1*000000071"]) + "~\n", "ascii")
    return path
