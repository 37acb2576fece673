"""What happens to services: errors that a check of bills should find, and right things that look like them.

Each name says what happens. `tollbook.city.casting` decides to which service and when.
"""

from __future__ import annotations

from tollbook.city.city import Medium, Tale, Verdict


def _wrong(name: str, code: str, *also: str) -> Tale:
    return Tale(name, code, Verdict.PLANTED, also)


def _right(name: str, code: str) -> Tale:
    return Tale(name, code, Verdict.INNOCENT)


#: The errors of each medium; one named twice happens twice as often.
_MOBILE_WRONG = (
    _wrong("dearer", "rate-above-contract", "variance", "plan-unexpected"),
    _wrong("dearer", "rate-above-contract", "variance", "plan-unexpected"),
    _wrong("not-listed", "not-in-inventory"),
    _wrong("too-early", "before-start"),
    _wrong("too-late", "after-end", "zero-use"),
    _wrong("too-late", "after-end", "zero-use"),
    _wrong("twice", "duplicate-line", "variance"),
    _wrong("equipment-without-order", "one-time-without-order", "variance"),
    _wrong("federal-excise", "tax-exempt", "variance"),
    _wrong("levy-doubled", "tax-excessive", "variance"),
    _wrong("usf-inflated", "usf-excessive", "variance"),
    _wrong("unused", "zero-use", "low-use"),
    _wrong("unused", "zero-use", "low-use"),
    _wrong("hardly-used", "low-use", "zero-use"),
    _wrong("third-party", "third-party-charge", "one-time-without-order", "variance"),
    _wrong("other-plan", "plan-unexpected", "variance", "low-use"),
    _wrong("spike", "variance"),
)
_MOBILE_RIGHT = (
    _right("recharged", "duplicate-line"),
    _right("plan-changed", "plan-unexpected"),
    _right("seasonal", "zero-use"),
    _right("spare", "zero-use"),
    _right("started", "before-start"),
    _right("listed-late", "before-start"),
    _right("listed-next-month", "before-start"),
    _right("ended", "after-end"),
    _right("equipment-ordered", "one-time-without-order"),
    _right("equipment-ordered-late", "one-time-without-order"),
    _right("third-party-waived", "third-party-charge"),
    _right("usage-only", "variance"),
)
_WIRELINE_WRONG = (
    _wrong("dearer", "rate-above-contract", "variance"),
    _wrong("old-rate", "rate-above-contract", "variance"),
    _wrong("not-listed", "not-in-inventory"),
    _wrong("too-early", "before-start"),
    _wrong("too-late", "after-end"),
    _wrong("too-late", "after-end"),
    _wrong("twice", "duplicate-line", "variance"),
    _wrong("jack-without-order", "one-time-without-order", "variance"),
    _wrong("work-again", "one-time-without-order", "duplicate-line", "variance"),
    _wrong("work-dearer", "rate-above-contract", "one-time-without-order", "variance"),
    _wrong("install-without-order", "install-fee", "one-time-without-order", "variance"),
    _wrong("termination-undue", "termination-fee", "one-time-without-order", "variance"),
    _wrong("federal-excise", "tax-exempt", "variance"),
    _wrong("tax-rate", "tax-excessive", "variance"),
    _wrong("levy-doubled", "tax-excessive", "variance"),
    _wrong("prorated-wrong", "proration-wrong", "variance", "before-start"),
    _wrong("other-plan", "plan-unexpected", "variance"),
    _wrong("spike", "variance"),
)
_WIRELINE_RIGHT = (
    _right("two-jacks", "duplicate-line"),
    _right("jack-ordered-late", "one-time-without-order"),
    _right("ordered-for-all", "one-time-without-order"),
    _right("billed-late", "one-time-without-order"),
    _right("boxes-added", "variance"),
    _right("recharged", "duplicate-line"),
    _right("started", "proration-wrong"),
    _right("ended", "proration-wrong"),
    _right("termination-due", "termination-fee"),
    _right("plan-changed", "plan-unexpected"),
    _right("seasonal", "variance"),
    _right("excise-in-name", "tax-exempt"),
)
_CLOUD_WRONG = (
    _wrong("dearer", "rate-above-contract", "variance"),
    _wrong("miscounted", "extension-wrong", "rate-above-contract", "variance"),
    _wrong("twice", "duplicate-line", "variance"),
    _wrong("not-listed", "not-in-inventory"),
    _wrong("too-late", "after-end"),
    _wrong("spike", "variance"),
)
_CLOUD_RIGHT = (
    _right("cheaper", "rate-above-contract"),
    _right("started", "before-start"),
    _right("ended", "after-end"),
    _right("seasonal", "variance"),
)

#: Errors and look-alikes by medium.
TALES: dict[Medium, tuple[tuple[Tale, ...], tuple[Tale, ...]]] = {
    Medium.MOBILE: (_MOBILE_WRONG, _MOBILE_RIGHT),
    Medium.WIRELINE: (_WIRELINE_WRONG, _WIRELINE_RIGHT),
    Medium.CLOUD: (_CLOUD_WRONG, _CLOUD_RIGHT),
}

#: What older cases are to the checks of bills.
UNKNOWN = _wrong("unknown", "not-in-inventory")
TWICE = _wrong("twice", "duplicate-line", "variance")
#: What happens to whole bills, or to accounts.
LATE_FEE = _wrong("late-fee", "late-fee")
LATE_FEE_AGREED = _right("late-fee-agreed", "late-fee")
LATE_FEE_WAIVED = _right("late-fee-waived", "late-fee")
RATE_CHANGED = _right("rate-changed", "rate-above-contract")
RENUMBERED = _wrong("billed-twice", "duplicate-bill", "duplicate-line", "variance")
LATE_BILL = _right("two-months-at-once", "duplicate-bill")
FOREIGN = _wrong("other-currency", "currency-unexpected")
