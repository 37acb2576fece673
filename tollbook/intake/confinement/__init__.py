"""Confinement: what holds a stranger's code back, set before any of it is imported.

`confine` is called in the child, `Warden` watches it from its parent, `available_means` says what this machine offers.
"""

from tollbook.intake.confinement.confine import confine
from tollbook.intake.confinement.errors import ConfinementUnavailable
from tollbook.intake.confinement.limits import Limits
from tollbook.intake.confinement.means import Means, confined_by_kernel
from tollbook.intake.confinement.probe import available_means
from tollbook.intake.confinement.verdict import Ending, Verdict
from tollbook.intake.confinement.warden import Warden

__all__ = [
    "ConfinementUnavailable",
    "Ending",
    "Limits",
    "Means",
    "Verdict",
    "Warden",
    "available_means",
    "confine",
    "confined_by_kernel",
]
