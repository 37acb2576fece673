"""A coding: to whom a charge goes, in which parts, and the reference row that decided."""

from __future__ import annotations

from fractions import Fraction

import attrs

from ledger_core.facts.discrepancy import Discrepancy
from ledger_core.policy.buckets import Bucket

OWNER, CODE, RULE, SPLIT, PAYMENT = "owner", "code", "rule", "split", "payment"


@attrs.frozen(eq=False)
class Coding:
    """How a charge is coded, and why. Charges coded alike share one object.

    `reason` is 'owner', 'code', 'rule', 'split', 'payment' or 'suspense'; `ref` the reference row that decided
    ("FACT.LINE"; "" in suspense), of a split the first one. The weights of `parts` sum to one. A part of a split may
    lie in suspense: days on which nobody owned the service, a share whose string has expired.
    """

    reason: str
    ref: str
    parts: tuple[tuple[Bucket, Fraction], ...]
    discrepancy: Discrepancy | None = None
    part_refs: tuple[str, ...] = ()

    @property
    def refs(self) -> tuple[str, ...]:
        """The deciding row of each part."""
        return self.part_refs or (self.ref,)
