"""The built-in checks: opinions on posted bills, one module a family, each with its ground and its evidence."""

from __future__ import annotations

from ledger_core import Check, hookimpl
from plugins.checks.duplicate_bills import DuplicateBills
from plugins.checks.duplicate_lines import DuplicateLines
from plugins.checks.extensions import LineExtensions
from plugins.checks.idle import Idle
from plugins.checks.inventory import Inventory
from plugins.checks.late_fees import LateFees
from plugins.checks.one_time import OneTimeCharges
from plugins.checks.plans import Plans
from plugins.checks.proration import Proration
from plugins.checks.rates import Rates
from plugins.checks.taxes import Taxes
from plugins.checks.third_parties import ThirdParties
from plugins.checks.variance import Variance

BUILT_IN: tuple[Check, ...] = (
    DuplicateBills(),
    DuplicateLines(),
    Inventory(),
    Taxes(),
    ThirdParties(),
    LateFees(),
    OneTimeCharges(),
    Plans(),
    LineExtensions(),
    Proration(),
    Rates(),
    Idle(),
    Variance(),
)


@hookimpl
def checks() -> tuple[Check, ...]:
    """Every built-in check."""
    return BUILT_IN
