"""The outline of an X12 811: its header segments, its tree of hierarchical levels (HL), the totals that it states."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from importers.edi811.interchange import RESEND, Segment, broken
from ledger_core import DocumentRefused

ACCOUNT, LINE, USAGE = "2", "5", "9"  # HL03 of the telecom guides; 1 is the provider, 4 a billing group, 8 detail
_DEEPEST = 32
_ITEMS = frozenset({"IT1", "SLN", "TCD", "USD"})
_TELEPHONE, _CIRCUITS = "TN", frozenset({"CI", "CK", "CKT"})
# Segments and parties that only insurers write into an 811; VEH and III are vehicles and coverages.
_INSURANCE = frozenset({"VEH", "III"})
_INSURANCE_PARTIES = frozenset({("N1", "IN"), ("NM1", "IN"), ("NM1", "IL")})


@attrs.frozen
class Level:
    """One HL: its segment's ordinal, who is above it, and what its own segments say of the service and the account."""

    ordinal: int
    parent: str
    code: str
    service: str = ""
    service_kind: str = ""
    account: str = ""


@attrs.frozen
class Context:
    """What the chain of parents says of every charge under one level. `chain` starts at the level itself."""

    chain: tuple[str, ...] = ()
    service: str = ""
    service_kind: str = ""
    account: str = ""
    usage: bool = False


@attrs.frozen
class Outline:
    """What is read of a transaction set before its charges.

    `header` are the segments before the first HL, `totals` the TDS and BAL wherever they stand, `amounts` the AMT of
    each level ("" is the header), `foreign` the first segment that no telephone bill holds.
    """

    header: tuple[Segment, ...]
    levels: dict[str, Level]
    totals: tuple[Segment, ...]
    amounts: tuple[tuple[str, Segment], ...]
    count: Segment | None
    foreign: Segment | None

    def first(self, identifier: str, qualifier: str | None = None) -> Segment | None:
        """The first header segment of this kind (whose element 1 is `qualifier`)."""
        for segment in self.header:
            if segment.id == identifier and (qualifier is None or segment.at(1) == qualifier):
                return segment
        return None


def is_foreign(segment: Segment) -> bool:
    """Whether only an insurer's 811 holds this segment."""
    if segment.id in ("N1", "NM1"):
        return (segment.id, segment.at(1)) in _INSURANCE_PARTIES
    return segment.id in _INSURANCE


def outline(name: str, segments: Iterable[Segment]) -> Outline:
    """One pass over a transaction set. Levels may refer to parents that follow. Raises DocumentRefused."""
    header: list[Segment] = []
    totals: list[Segment] = []
    amounts: list[tuple[str, Segment]] = []
    levels: dict[str, Level] = {}
    count = foreign = None
    here, inside = "", False
    for segment in segments:
        match segment.id:
            case "HL":
                here, inside = _open(name, segment, levels), False
            case "TDS" | "BAL":
                totals.append(segment)
            case "AMT" if not inside:
                amounts.append((here, segment))
            case "CTT":
                count = segment
            case "SI" | "REF" if here and not inside:
                levels[here] = _described(levels[here], segment)
            case identifier if identifier in _ITEMS:
                inside = True
        if not here and not inside:
            header.append(segment)
        foreign = foreign or (segment if is_foreign(segment) else None)
    return Outline(tuple(header), levels, tuple(totals), tuple(amounts), count, foreign)


def _open(name: str, segment: Segment, levels: dict[str, Level]) -> str:
    """Starts the level of an HL: its number (HL01), which must be new."""
    number = segment.at(1)
    if not number or number in levels:
        raise broken(name, segment, f"HL01 is {number[:20]!r}, which is empty or stood before")
    levels[number] = Level(segment.ordinal, segment.at(2), segment.at(3))
    return number


def _described(level: Level, segment: Segment) -> Level:
    """The level with what one of its own SI (service characteristics) or REF segments adds."""
    if segment.id == "REF":
        account = segment.at(2) if segment.at(1) in ("12", "14") and not level.account else level.account
        return attrs.evolve(level, account=account)
    if level.code != LINE or level.service_kind == "line":
        return level
    # SI02/SI03, SI04/SI05 ... are pairs of code and value; a telephone number wins over any other name of the line.
    pairs = [(segment.at(n), segment.at(n + 1)) for n in range(2, len(segment.elements), 2) if segment.at(n + 1)]
    for code, value in pairs:
        if code == _TELEPHONE:
            return attrs.evolve(level, service=value, service_kind="line")
    if not pairs or level.service:
        return level
    code, value = pairs[0]
    return attrs.evolve(level, service=value, service_kind="circuit" if code in _CIRCUITS else "")


def context(name: str, levels: dict[str, Level], number: str, account: str) -> Context:
    """Walks HL02 from a level to the root. A missing parent, a circle or a chain without end is broken.

    `account` is the bill's own: a level that names it again names no account below it.
    """
    found = Context()
    level = levels[number]
    while True:
        if number in found.chain or len(found.chain) >= _DEEPEST:
            raise misplaced(name, level, "the parents of this HL form a circle, or too long a chain")
        found = _inherited(found, number, level)
        if not level.parent:
            return attrs.evolve(found, account="") if found.account == account else found
        number = level.parent
        if number not in levels:
            raise misplaced(name, level, f"HL02 names the parent {number[:20]!r}, which does not exist")
        level = levels[number]


def misplaced(name: str, level: Level, found: str) -> DocumentRefused:
    """The refusal of a level by its place in the tree."""
    return DocumentRefused(f"{name}:segment {level.ordinal} HL", found, RESEND)


def _inherited(found: Context, number: str, level: Level) -> Context:
    nearer = bool(found.service)
    return Context(
        chain=(*found.chain, number),
        service=found.service if nearer else level.service,
        service_kind=found.service_kind if nearer else level.service_kind,
        account=found.account or level.account,
        usage=found.usage or level.code == USAGE,
    )
