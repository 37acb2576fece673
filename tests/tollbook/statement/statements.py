"""Statements made by hand for tests of how they are written: calm ones and hostile ones."""

from __future__ import annotations

from datetime import date
from typing import Any

from ledger_core.policy.periods import Period
from ledger_core.projections.chargebacks import Charged
from ledger_core.projections.statement_lines import StatementLine
from ledger_core.projections.statements import BudgetLine, Change, ClassGroup, Person, ServiceGroup, Statement


def line(amount: int = 4250, **fields: Any) -> StatementLine:
    """A monthly line of the Police."""
    usual: dict[str, Any] = {
        "charge": "B-1-0:1", "bill": "B-1-0", "vendor": "Union Tel", "account": "100-200", "number": "77",
        "bill_date": "2026-08-28", "service": "2065550100", "kind": "recurring", "product": "Voice plan",
        "quantity": "1", "unit": "MO", "rate": "42.50", "exact": "42.5", "service_from": "2026-08-01",
        "service_to": "2026-08-31", "object": "5420", "string": "001.Police.5420", "way": "recover", "entry": "E9:1",
        "whole": amount, "amount": amount, "corrects": "", "why": "2065550100 belonged to the Police.",
    }  # fmt: skip
    return StatementLine(**usual | fields)


def statement(*lines: StatementLine, **fields: Any) -> Statement:
    """A statement of these lines: one service, one-time costs and corrections where lines are such."""
    regular = tuple(one for one in lines if not one.one_time and not one.corrects)
    services = (ServiceGroup("Union Tel", "100-200", "2065550100", _sum(regular), regular),) if regular else ()
    usual: dict[str, Any] = {
        "entity": "City of Harbor", "sequence": 31, "cut": 28, "issued": date(2026, 9, 3), "period": Period(2026, 8),
        "fiscal_year": 2026, "department": "01210", "name": "Police", "fund": "001", "fund_name": "General fund",
        "currency": "USD", "journals": (Charged(29, "2026-08", 28, "01210", "001", "USD", _sum(lines), "CB-1"),),
        "before": 123456, "recovered": _sum(lines), "reimbursed": 0, "direct": 0,
        "classes": (ClassGroup("telephones", _sum(regular), services),) if regular else (),
        "one_time": tuple(one for one in lines if one.one_time and not one.corrects),
        "corrections": tuple(one for one in lines if one.corrects), "kept": (), "held": (), "pending": (),
        "suspense": 2070, "budgets": (BudgetLine("5420", "telephones", 100000, 127706),), "previous": 4000,
        "changes": (Change("telephones", "2065550100", 4000, 4250), Change("telephones", "9", None, 100)),
        "recipients": (Person("ada", "Ada Alder", "contact"),),
        "contacts": (Person("rosa", "Rosa Quill", "account_coordinator"),), "last_day": date(2026, 9, 30),
    }  # fmt: skip
    return Statement(**usual | fields)


def _sum(lines: tuple[StatementLine, ...]) -> int:
    return sum(one.amount for one in lines)
