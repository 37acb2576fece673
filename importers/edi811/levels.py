"""The outline of an X12 811: its header segments, its tree of hierarchical levels (HL), the totals that it states."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable

import attrs

from importers.edi811.amounts import Amounts
from importers.edi811.interchange import RESEND, Segment, broken
from ledger_core import DocumentRefused

ACCOUNT, LINE, USAGE = "2", "5", "9"  # HL03 of the telecom guides; 1 is the provider, 4 a billing group, 8 detail
HEADER = -1  # the place of what stands above all levels
_DEEPEST = 32
_LONGEST_COUNT = 9  # digits
_NOTHING = ("", "", "")
ITEMS = frozenset({"IT1", "SLN", "TCD", "USD"})
_TELEPHONE, _CIRCUITS = "TN", frozenset({"CI", "CK", "CKT"})
# Segments and parties that only insurers write into an 811; VEH and III are vehicles and coverages.
_INSURANCE = frozenset({"VEH", "III"})
_PARTIES = frozenset({"N1", "NM1"})
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


@attrs.define
class Levels:
    """The levels of one set by number (HL01), in their order, as columns: a bill may have half a million.

    Most senders number them 1, 2, 3 ...; then the numbers are not kept.
    """

    _ordinals: array[int] = attrs.field(factory=lambda: array("q"))
    _parents: list[str] = attrs.field(factory=list)
    _codes: list[str] = attrs.field(factory=list)
    _said: dict[int, tuple[str, str, str]] = attrs.field(factory=dict)
    _numbers: list[str] = attrs.field(factory=list)
    _by_number: dict[str, int] | None = None

    def __len__(self) -> int:
        return len(self._ordinals)

    def place(self, number: str) -> int | None:
        """Which of the levels has this number, counted from 0; None for none."""
        if self._by_number is not None:
            return self._by_number.get(number)
        if not (number.isascii() and number.isdigit() and len(number) <= _LONGEST_COUNT and number[0] != "0"):
            return None
        return int(number) - 1 if int(number) <= len(self) else None

    def number(self, place: int) -> str:
        """The number of the level at a place."""
        return str(place + 1) if self._by_number is None else self._numbers[place]

    def add(self, number: str, ordinal: int, parent: str, code: str) -> None:
        """One more level, whose number is new."""
        if self._by_number is None and number != str(len(self) + 1):
            self._numbers = [str(place + 1) for place in range(len(self))]
            self._by_number = {number: place for place, number in enumerate(self._numbers)}
        if self._by_number is not None:
            self._by_number[number] = len(self)
            self._numbers.append(number)
        self._ordinals.append(ordinal)
        self._parents.append(sys.intern(parent))
        self._codes.append(sys.intern(code))

    def at(self, place: int) -> Level:
        """The level at that place."""
        said = self._said.get(place, _NOTHING)
        return Level(self._ordinals[place], self._parents[place], self._codes[place], *said)

    def describe(self, place: int, level: Level) -> None:
        """Keep what a level's own segments say."""
        said = (level.service, level.service_kind, level.account)
        if said != _NOTHING:
            self._said[place] = said


@attrs.frozen
class Context:
    """What the chain of parents says of every charge under one level. `chain` are places of levels, its own first."""

    chain: tuple[int, ...] = ()
    service: str = ""
    service_kind: str = ""
    account: str = ""
    usage: bool = False


@attrs.frozen
class Outline:
    """What is read of a transaction set before its charges.

    `header` are the segments before the first HL, `totals` the TDS and BAL wherever they stand, `amounts` the AMT of
    each level by the level's place (HEADER is the header), `foreign` the first segment that no telephone bill holds.
    """

    header: tuple[Segment, ...]
    levels: Levels
    totals: tuple[Segment, ...]
    amounts: Amounts
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
    identifier = segment.id
    if identifier in _PARTIES:
        return (identifier, segment.at(1)) in _INSURANCE_PARTIES
    return identifier in _INSURANCE


def outline(name: str, segments: Iterable[Segment]) -> Outline:
    """One pass over a transaction set. Levels may refer to parents that follow. Raises DocumentRefused."""
    header: list[Segment] = []
    totals: list[Segment] = []
    amounts, levels = Amounts(), Levels()
    count = foreign = None
    here, inside = HEADER, False
    for segment in segments:
        match segment.id:
            case "HL":
                here, inside = _open(name, segment, levels), False
            case "TDS" | "BAL":
                totals.append(segment)
            case "AMT" if not inside:
                amounts.add(here, segment)
            case "CTT":
                count = segment
            case "SI" | "REF" if here != HEADER and not inside:
                levels.describe(here, _described(levels.at(here), segment))
            case identifier if identifier in ITEMS:
                inside = True
        if here == HEADER and not inside:
            header.append(segment)
        if foreign is None and is_foreign(segment):
            foreign = segment
    return Outline(tuple(header), levels, tuple(totals), amounts, count, foreign)


def _open(name: str, segment: Segment, levels: Levels) -> int:
    """Starts the level of an HL and returns its place: its number (HL01) must be new."""
    number = segment.at(1)
    if not number or levels.place(number) is not None:
        raise broken(name, segment, f"HL01 is {number[:20]!r}, which is empty or stood before")
    levels.add(number, segment.ordinal, segment.at(2), segment.at(3))
    return len(levels) - 1


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


@attrs.define
class Contexts:
    """What each level inherits. Those above the level asked for last are remembered: they are most often asked next.

    `account` is the bill's own: a level that names it again names no account below it.
    """

    name: str
    levels: Levels
    account: str
    _known: dict[int, Context] = attrs.field(factory=dict)

    def of(self, number: str) -> Context:
        """The context of a level that is there. A missing parent, a circle or a chain without end is broken."""
        place = self.levels.place(number)
        assert place is not None, "a level that the outline does not know"
        chain = self._unknown(place)
        found = self._known.get(chain[-1][1], Context()) if chain else self._known[place]
        for above, _ in reversed(chain):
            found = _inherited(found, above, self.levels.at(above))
            self._known[above] = found
        self._known = {above: self._known[above] for above in found.chain}
        if not found.account or found.account != self.account:
            return found
        return Context(found.chain, found.service, found.service_kind, "", found.usage)

    def _unknown(self, place: int) -> list[tuple[int, int]]:
        """The levels from this one up to the first whose context is known, each with its parent's place."""
        found: list[tuple[int, int]] = []
        seen: set[int] = set()
        while place != HEADER and place not in self._known:
            level = self.levels.at(place)
            if place in seen or len(found) >= _DEEPEST:
                raise misplaced(self.name, level, "the parents of this HL form a circle, or too long a chain")
            parent = self.levels.place(level.parent) if level.parent else HEADER
            if parent is None:
                raise misplaced(self.name, level, f"HL02 names the parent {level.parent[:20]!r}, which does not exist")
            seen.add(place)
            found.append((place, parent))
            place = parent
        above = self._known[place].chain if place != HEADER else ()
        if len(found) + len(above) > _DEEPEST:
            top = self.levels.at(above[-1])
            raise misplaced(self.name, top, "the parents of this HL form a circle, or too long a chain")
        return found


def misplaced(name: str, level: Level, found: str) -> DocumentRefused:
    """The refusal of a level by its place in the tree."""
    return DocumentRefused(f"{name}:segment {level.ordinal} HL", found, RESEND)


def _inherited(above: Context, place: int, level: Level) -> Context:
    """What a level says, and where it says nothing, what is said above it."""
    own = bool(level.service)
    return Context(
        chain=(place, *above.chain),
        service=level.service if own else above.service,
        service_kind=level.service_kind if own else above.service_kind,
        account=level.account or above.account,
        usage=above.usage or level.code == USAGE,
    )
