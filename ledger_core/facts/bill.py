"""A bill as the vendor states it: its head, the figures printed on it, and the totals that bind its charges."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal

import attrs

from ledger_core.facts.charge import Locator


@attrs.frozen
class Bill:
    """The head of one bill. What the file does not state is None, never guessed.

    `vendor` is the issuer's name as printed, `account` the billing account (BAN). The period's ends are inclusive.
    `provisional` data has no invoice yet: it is an estimate and does not post. `test` marks a document that its sender
    declared a test (X12 ISA15 `T`). `place_kind` is what a locator's place counts: "row", "segment", "cell".
    """

    vendor: str
    account: str
    currency: str
    number: str | None = None
    bill_date: date | None = None
    due_date: date | None = None
    period_from: date | None = None
    period_to: date | None = None
    credit_note: bool = False
    provisional: bool = False
    test: bool = False
    place_kind: str = "row"


@attrs.frozen
class Figure:
    """One number that the document states, and where. `name` is the vendor's caption, `scope` what it speaks of
    ("bill", "service 2065550100", "cost centre 4711", "file"). Money is in major units; counts are whole."""

    name: str
    scope: str
    stated: Decimal
    locator: Locator


@attrs.frozen
class LineSum:
    """The figure equals the sum of these charges: inclusive ranges of line numbers in the bill, counted from 1."""

    ranges: tuple[tuple[int, int], ...]


@attrs.frozen
class Combined:
    """The figure equals a signed sum of other figures of this bill (previous balance + payments + ...)."""

    plus: tuple[Figure, ...]
    minus: tuple[Figure, ...] = ()


@attrs.frozen
class Counted:
    """The figure equals what the importer itself counted while reading (segments of a set, rows of a file), or a sum
    over records that are not charges (minutes, usage that explains a charge)."""

    value: Decimal


@attrs.frozen
class Control:
    """A stated figure and what it must equal. The engine, not the importer, does the arithmetic and refuses a gap.

    `binding` False records the comparison and does not refuse the bill (a memo total, such as original currencies).
    """

    figure: Figure
    equals: LineSum | Combined | Counted
    binding: bool = True


@attrs.frozen
class Usage:
    """What one service used in the bill's period, whatever it cost: `quantity` of `unit` ("minutes", "messages",
    "gigabytes", as the vendor names them).

    `service` is the name that charges carry. A quantity of zero says that the vendor states no use; a service without
    any such value is one of which the bill does not say. `records` counts the call or meter records of the file behind
    it, 0 where the vendor states the sum alone.
    """

    service: str
    unit: str
    quantity: Decimal
    records: int = 0


@attrs.frozen
class Totals:
    """What a bill states at its end. Last record of a bill.

    `total` is the figure that the sum of all charges must equal: current charges plus adjustments and credits, without
    balance forward and payments (INV-23). None means that the bill states none. It is checked by the engine, it needs
    no control of its own. `previous_balance` and `amount_due` feed the bill chain (INV-24). `usage` posts nothing and
    proves nothing; checks read it. `controls` is gone through more than once: an importer whose bills state hundreds of
    thousands of figures gives a collection that makes them anew, instead of a tuple.
    """

    charges: int
    total: Figure | None = None
    controls: Collection[Control] = ()
    previous_balance: Figure | None = None
    amount_due: Figure | None = None
    usage: tuple[Usage, ...] = ()
