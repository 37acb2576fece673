"""Books in which credits come: four departments, a line that changes hands, and short ways to take bills in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import text

from ledger_core.engine.crediting import Homed, confirm, home
from ledger_core.engine.recoding import Recoding, Selection, Target, recode
from ledger_core.facts.charge import Charge, ChargeKind
from ledger_core.projections.credits import Credit, credit_named, waiting
from ledger_core.store import log
from tests.ledger_core.books import ACCOUNT, INTAKE, MARIA, VENDOR, Books, charge
from tests.ledger_core.engine.accounts import gaps

LINE, OTHER = "2065550100", "2065550101"
MONTHS = {5: 31, 6: 30, 7: 31, 8: 31, 9: 30}


def moving_line(made: Books) -> None:
    """Four departments; Parks owns a line until June, Police from July, and another one; fund 520 pays."""
    departments(made)
    own(made, LINE, "Parks", to="2026-06-30")
    own(made, LINE, "Police", first="2026-07-01")
    own(made, OTHER, "Police")


def departments(made: Books) -> None:
    made.load(
        "departments",
        [
            {"department": name, "name": name, "fund": fund, "treatment": "retain" if name == "IT" else "recover"}
            for name, fund in (("Police", "001"), ("Parks", "001"), ("Water", "410"), ("IT", "520"), ("Health", "150"))
        ],
    )
    made.load(
        "vendor_accounts",
        [{"vendor": VENDOR, "account": ACCOUNT, "treatment": "recover", "paying_fund": "520"}],
    )
    made.load("funds", [{"fund": "150", "kind": "special-revenue"}, {"fund": "520", "kind": "internal-service"}])


def own(made: Books, service: str, department: str, first: str = "", to: str = "") -> None:
    made.load(
        "services",
        [{"vendor": "", "account": "", "service": service, "department": department, "object": "5420", "from": first,
          "to": to}],
    )  # fmt: skip


def bill(made: Books, month: int, charges: Sequence[Charge], **head: Any) -> str:
    """The bill of a month, dated its last day; its id."""
    last = date(2026, month, MONTHS[month])
    days = {"bill_date": last, "period_from": date(2026, month, 1), "period_to": last, **head}
    judged = made.receive(charges, f"{month}", **days)
    assert judged.fact is not None, judged.problems
    return judged.bill


def credit(exact: str, service: str = LINE, *, line: int = 2, **fields: Any) -> Charge:
    return charge(exact, service, line=line, kind=ChargeKind.CREDIT, **{"product": "CREDIT", **fields})


def homed(made: Books, name: str) -> Homed:
    """Look at the credits of a bill, as the service that takes bills in does."""
    done = home(made.ledger, name, INTAKE, made.folder / "spools")
    assert done is not None
    entry = 0 if done.entry is None else done.entry.sequence
    assert [gap for gap in gaps(made) if gap[0] == entry] == []
    return done


def outcomes(done: Homed) -> list[tuple[int, str, str]]:
    return [(one.credit.line, one.outcome, one.code) for one in done.verdicts]


def known(made: Books, name: str) -> Credit:
    with made.ledger.reading() as connection:
        return credit_named(connection, name, log.last_sequence(connection))


def waiting_names(made: Books) -> list[str]:
    with made.ledger.reading() as connection:
        return [one.name for one in waiting(connection, log.last_sequence(connection))]


def decided(made: Books, name: str, *follows: str, reason: str = "The vendor says so") -> Homed:
    with made.ledger.acting(MARIA) as act:
        found = credit_named(act.connection, name, act.door.last)
        done = confirm(act, found, follows, reason, made.folder / "spools")
    entry = 0 if done.entry is None else done.entry.sequence
    assert [gap for gap in gaps(made) if gap[0] == entry] == []
    return done


def recoded(made: Books, name: str, line: int, *targets: Target) -> None:
    with made.ledger.acting(MARIA) as act:
        recode(act, Recoding((Selection(name, ((line, line),)),), targets), "moved", made.folder / "spools")


def kept_fact(made: Books, name: str) -> int:
    with made.ledger.reading() as connection:
        return int(connection.execute(text("SELECT fact FROM bills WHERE bill = :bill"), {"bill": name}).scalar_one())
