"""A claim: what may be paid of one bill now, line by line, and the digest by which it is certified (RCW 42.24.080).

What may be paid is what the bill made payable, less what is held, less what was claimed before. It is worked out for
each bucket of the bill's cost, so that the lines of all claims of a bill, and what is held of it, sum to what the bill
booked there.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import attrs

from ledger_core.canonical import row_bytes
from ledger_core.facts.discrepancy import Discrepancy
from ledger_core.money import fixed

#: What the auditing officer says. The law asks for this certificate before any claim is paid (RCW 42.24.080).
STATEMENT = (
    "The goods have been furnished, the services rendered or the labor performed as described; the claim is a just, due"
    " and unpaid obligation against the entity, and I am authorized to authenticate and certify it."
)
#: The same where the vendor draws the money itself: it may have done so already.
DRAWN_STATEMENT = (
    "The goods have been furnished, the services rendered or the labor performed as described; the claim is a just"
    " obligation against the entity, which the vendor draws under a standing order, and I am authorized to authenticate"
    " and certify it."
)
_VERSION = 1


class Place(NamedTuple):
    """Where cost of a bill is booked: one line of a voucher. `string` is as the site writes it, "" where none is."""

    account: str
    fund: str
    department: str
    object: str
    string: str


@attrs.frozen
class ClaimLine:
    """What a claim takes from one place, in minor units. `line` is that of the bill's posting of that place; places
    that the bill itself did not book follow behind."""

    line: int
    place: Place
    amount: int


@attrs.frozen
class Claim:
    """What may be paid of a bill, as shown and as certified. Amounts in minor units; a credit is negative.

    `fact` posted the bill, `number` counts its claims from 1. `payable` is what the bill made payable, `held` what is
    withheld of it, `before` what earlier claims took.
    """

    bill: str
    fact: int
    number: int
    vendor: str
    account: str
    invoice: str
    currency: str
    payable: int
    held: int
    before: int
    lines: tuple[ClaimLine, ...]

    @property
    def amount(self) -> int:
        """What the claim comes to: the sum of its lines."""
        return sum(line.amount for line in self.lines)

    @property
    def digest(self) -> str:
        """SHA-256 over the canonical bytes of everything that is certified, in lower-case hex."""
        return hashlib.sha256(row_bytes(self._certified())).hexdigest()

    @property
    def id(self) -> str:
        """How people name it."""
        return f"C-{self.digest[:16]}"

    def _certified(self) -> list[Any]:
        head = [self.bill, self.fact, self.number, self.vendor, self.account, self.invoice, self.currency]
        amounts = [self.payable, self.held, self.before, self.amount]
        return [_VERSION, *head, *amounts, [[line.line, *line.place, line.amount] for line in self.lines]]


@attrs.frozen
class Standing:
    """What a claim is worked out from: minor units by place. `booked` is what the bill (and its reversal) put there,
    `held` what is withheld of that, `claimed` what earlier claims took. `order` is the line of the bill's posting by
    place."""

    booked: Mapping[Place, int]
    held: Mapping[Place, int]
    claimed: Mapping[Place, int]
    order: Mapping[Place, int]

    def lines(self) -> tuple[ClaimLine, ...]:
        """What is left of each place, in the bill's order. Lines of zero are left out."""
        left: dict[Place, int] = defaultdict(int)
        for place, amount in self.booked.items():
            left[place] += amount
        for taken in (self.held, self.claimed):
            for place, amount in taken.items():
                left[place] -= amount
        return tuple(_numbered([(place, amount) for place, amount in left.items() if amount], self.order))


def _numbered(left: Iterable[tuple[Place, int]], order: Mapping[Place, int]) -> list[ClaimLine]:
    own = [ClaimLine(order[place], place, amount) for place, amount in left if place in order]
    others = sorted((place, amount) for place, amount in left if place not in order)
    last = max(order.values(), default=0)
    return [
        *sorted(own, key=lambda line: line.line),
        *(ClaimLine(last + number, place, amount) for number, (place, amount) in enumerate(others, 1)),
    ]


def line_content(line: ClaimLine) -> dict[str, Any]:
    """A line as it stands in a fact."""
    return {"line": line.line, **line.place._asdict(), "amount": line.amount}


def read_line(content: Mapping[str, Any]) -> ClaimLine:
    """The line that `line_content` wrote."""
    return ClaimLine(content["line"], Place(*(content[name] for name in Place._fields)), content["amount"])


def netted(amounts: Sequence[int]) -> tuple[bool, ...]:
    """Which of an account's claims leave together: all that are to be paid, and of the credits, in order, those that
    they cover. What leaves never comes to less than zero: a vendor is not sent a bill, its next payment is reduced."""
    left = sum(amount for amount in amounts if amount > 0)
    leaves = []
    for amount in amounts:
        covered = amount > 0 or left + amount >= 0
        left += amount if covered and amount < 0 else 0
        leaves.append(covered)
    return tuple(leaves)


def nothing_to_claim(bill: str, payable: int, held: int, currency: str) -> Discrepancy:
    """Why a bill gives no claim: all is claimed, all is held, or it never was owed to its vendor."""
    if not payable:
        found = "it owes its vendor nothing: it was paid by card, taken back, or comes to zero"
    elif held == payable:
        found = f"all of it is held, {fixed(held, currency)} {currency}"
    else:
        found = "all that may be paid of it is claimed already"
    return Discrepancy("nothing-to-claim", f"bill {bill}", found, "See `tollbook payables`.")


def held_after_it_left(bill: str, standing: int, held: int, currency: str) -> Discrepancy | None:
    """Why a bill of which something was held after it had left gives no credit: `standing` is what may be claimed now,
    in minor units. To take it from the next payment is for a dispute and the vendor's credit to say, not for a hold."""
    if standing >= 0 or held <= 0:
        return None
    found = f"{fixed(-standing, currency)} {currency} of what is held of it has left already"
    return Discrepancy("held-after-sent", f"bill {bill}", found, "Dispute it as paid and claimed, or release it.")
