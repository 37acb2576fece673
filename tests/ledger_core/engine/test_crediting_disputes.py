"""Credits of disputes: the charge and its credit net to zero for whoever bore the charge, wherever the line is now."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ledger_core.engine.chargeback import charge_back
from ledger_core.engine.disputing import Advance, Claim, advance, open_dispute
from ledger_core.engine.holding import Portion
from ledger_core.engine.verification.verification import Request, verify
from ledger_core.errors import LedgerRefused
from ledger_core.facts.charge import ChargeKind
from ledger_core.policy.disputes import Mode, State, Step
from ledger_core.policy.periods import parse_period
from ledger_core.projections import holds
from ledger_core.projections.credits import MATCHED, PROPOSED
from ledger_core.projections.disputes import Dispute, dispute_of
from ledger_core.store import log
from ledger_core.store.database import Database
from tests.ledger_core.books import MARIA, Books, books, charge
from tests.ledger_core.engine.accounts import held
from tests.ledger_core.engine.credit_books import OTHER, bill, credit, decided, homed, known, moving_line, outcomes

TAX: dict[str, Any] = {"kind": ChargeKind.TAX, "product": "STATE TAX"}


@pytest.fixture
def kept(database: Database, tmp_path: Path) -> Books:
    """Books in which Parks owns a line until June and Police from July; fund 520 pays."""
    made = books(database, tmp_path, default_fund="520")
    moving_line(made)
    roles = ("cost", "payable", "suspense", "revenue", "due_from", "due_to", "retained", "disputed", "held")
    made.load("account_roles", [{"role": role, "account": role} for role in roles])
    return made


def disputed(made: Books, name: str, *lines: int, mode: Mode = Mode.WITHHELD, amount: int | None = None) -> str:
    portions = tuple(Portion.of(name, line, amount) if amount else Portion.of(name, line) for line in lines)
    with made.ledger.acting(MARIA) as act:
        claim = Claim(portions, date(2026, 7, 10), mode)
        (one,) = open_dispute(act, claim, "The contract says 10.00", made.folder / "spools")
    return one.dispute


def step(made: Books, name: str, taken: Step, amount: int | None = None, **fields: Any) -> None:
    with made.ledger.acting(MARIA) as act:
        found = Advance(taken, date(2026, 7, 20), amount, **fields)
        advance(act, name, found, "As they wrote", made.folder / "spools")


def state(made: Books, name: str) -> Dispute:
    with made.ledger.reading() as connection:
        return dispute_of(connection, name)


def charged(made: Books, *months: str) -> dict[str, int]:
    """What the departments are charged in all, after the runs of these months."""
    sums: dict[str, int] = defaultdict(int)
    for month in months:
        for one in charge_back(made.ledger, parse_period(month), MARIA).departments:
            sums[one.department] = one.amount
    return dict(sums)


def sound(made: Books) -> bool:
    found = verify(Request(made.ledger.database, made.archive))
    assert found.differences == ()
    return found.ok


def test_a_wrong_rate_is_credited_two_months_later_to_who_bore_it(kept: Books) -> None:
    """30.00 on Parks' line, of which 12.00 and its tax are withheld; Police owns the line when the credit comes. Parks
    is never charged what was held: the charge that is released and its credit meet in one run."""
    june = bill(kept, 6, [charge("30.00"), charge("3.00", line=2, **TAX)])
    name = disputed(kept, june, 1, amount=1200)
    step(kept, name, Step.CONCEDED)
    assert charged(kept, "2026-06") == {"Parks": 3300 - 1320}
    bill(kept, 7, [charge("18.00")])
    august = bill(kept, 8, [charge("18.00"), credit("-12.00"), charge("-1.20", line=3, **TAX)])
    assert outcomes(homed(kept, august)) == [(2, MATCHED, "follows"), (3, MATCHED, "follows")]
    assert held(kept, august) == {
        (1, "cost", "Police"): 1800,
        (2, "cost", "Parks"): -1200,
        (3, "cost", "Parks"): -120,
    }
    done = state(kept, name)
    assert (done.state, done.credited, done.pending) == (State.SETTLED, 1320, 0)
    with kept.ledger.reading() as connection:
        assert holds.held(connection, log.last_sequence(connection)).lines == {}
    months = charged(kept, "2026-07", "2026-08")
    assert months["Police"] == 1800
    assert months.get("Parks", 0) == 0
    assert sound(kept)


def test_the_credit_of_a_claim_goes_back_to_who_was_charged(kept: Books) -> None:
    june = bill(kept, 6, [charge("30.00")])
    name = disputed(kept, june, 1, mode=Mode.CLAIMED, amount=1200)
    assert charged(kept, "2026-06") == {"Parks": 3000}
    august = bill(kept, 8, [credit("-12.00", line=1)])
    homed(kept, august)
    assert state(kept, name).state is State.SETTLED
    assert charged(kept, "2026-08") == {"Parks": -1200}


def test_a_dispute_that_waits_stands_before_an_equal_charge(kept: Books) -> None:
    june = bill(kept, 6, [charge("12.00")])
    bill(kept, 7, [charge("12.00")])
    name = disputed(kept, june, 1)
    august = bill(kept, 8, [charge("12.00"), credit("-12.00")])
    assert outcomes(homed(kept, august)) == [(2, MATCHED, "follows")]
    assert known(kept, f"{august}:2").rows[0].dispute == name


def test_a_printed_reference_of_the_vendor_tells_the_dispute(kept: Books) -> None:
    """Part of it, while the rest waits on."""
    june = bill(kept, 6, [charge("30.00"), charge("9.00", OTHER, line=2)])
    name = disputed(kept, june, 1, 2)
    step(kept, name, Step.NOTICED, reference="CLM-88213")
    august = bill(kept, 8, [credit("-13.00", "", line=1, text="Credit as agreed, ticket CLM-88213")])
    assert outcomes(homed(kept, august)) == [(1, MATCHED, "follows")]
    assert held(kept, august) == {(1, "cost", "Parks"): -1000, (1, "cost", "Police"): -300}
    assert (state(kept, name).credited, state(kept, name).pending) == (1300, 2600)
    assert sound(kept)


def test_less_than_is_pending_is_proposed_and_confirmed_for_one_line(kept: Books) -> None:
    june = bill(kept, 6, [charge("30.00"), charge("9.00", OTHER, line=2)])
    name = disputed(kept, june, 1, 2)
    august = bill(kept, 8, [credit("-5.00", line=1)])
    assert outcomes(homed(kept, august)) == [(1, PROPOSED, "candidates")]
    decided(kept, f"{august}:1", name)
    assert held(kept, august) == {(1, "cost", "Parks"): -500}
    assert {line.line: line.credited for line in state(kept, name).lines} == {1: 500, 2: 0}


def test_no_more_is_credited_than_is_pending(kept: Books) -> None:
    june = bill(kept, 6, [charge("30.00")])
    name = disputed(kept, june, 1, amount=1200)
    step(kept, name, Step.CONCEDED, 500, final=True)
    august = bill(kept, 8, [credit("-12.00", line=1)])
    homed(kept, august)
    with pytest.raises(LedgerRefused, match=r"5\.00 USD of it are pending") as refused:
        decided(kept, f"{august}:1", name)
    assert refused.value.code == "credit-exceeds"
