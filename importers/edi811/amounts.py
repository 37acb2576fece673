"""The amounts (AMT) that a bill states beside its charges, kept as columns: a large bill has hundreds of thousands."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from itertools import groupby

import attrs

from importers.edi811.interchange import Segment, Separators

_NUMBERS = "q"  # 64 bits


@attrs.define(eq=False)
class Amounts:
    """AMT segments in their order, each with the place that it was stated under, whatever that counts."""

    _places: array[int] = attrs.field(factory=lambda: array(_NUMBERS))
    _ordinals: array[int] = attrs.field(factory=lambda: array(_NUMBERS))
    _starts: array[int] = attrs.field(factory=lambda: array(_NUMBERS))
    _raws: list[bytes] = attrs.field(factory=list)
    _separators: Separators | None = None

    def add(self, place: int, segment: Segment) -> None:
        """Keep one more; all are of one set, which has the separators of its interchange."""
        self._places.append(place)
        self._ordinals.append(segment.ordinal)
        self._starts.append(segment.start)
        self._raws.append(segment.raw)
        self._separators = segment.separators

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[tuple[int, Segment]]:
        """Each place with its segment."""
        for place, ordinal, start, raw in zip(self._places, self._ordinals, self._starts, self._raws, strict=True):
            assert self._separators is not None
            end = start + len(raw)
            yield place, Segment("AMT", ordinal, start, end, end, raw, self._separators)

    def by_place(self) -> Iterator[tuple[int, list[Segment]]]:
        """The segments that follow each other under one place."""
        for place, found in groupby(self, key=lambda pair: pair[0]):
            yield place, [segment for _, segment in found]

    def places(self) -> Iterator[int]:
        """Where amounts are stated, once for each of them."""
        return iter(self._places)


@attrs.define(eq=False)
class Ranges:
    """Which lines lie under each of `size` places: one range each in a bill whose levels follow each other, more where
    they do not. Only watched places are kept. The last place, -1, is the bill."""

    size: int
    _watched: bytearray = attrs.field(init=False)
    _firsts: array[int] = attrs.field(init=False)
    _lasts: array[int] = attrs.field(init=False)
    _earlier: dict[int, list[tuple[int, int]]] = attrs.field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self._watched = bytearray(self.size + 1)
        self._firsts = array(_NUMBERS, bytes(8 * (self.size + 1)))
        self._lasts = array(_NUMBERS, bytes(8 * (self.size + 1)))

    def watch(self, places: Iterator[int]) -> None:
        """Keep the lines of these places."""
        for place in places:
            self._watched[place] = 1

    def add(self, first: int, last: int, chain: tuple[int, ...]) -> None:
        """Count lines `first` to `last`, which follow all lines so far, under each place of a chain and the bill."""
        for place in (*chain, -1):
            if not self._watched[place]:
                continue
            if self._lasts[place] != first - 1 or first == 1:
                if self._lasts[place]:
                    self._earlier.setdefault(place, []).append((self._firsts[place], self._lasts[place]))
                self._firsts[place] = first
            self._lasts[place] = last

    def of(self, place: int) -> tuple[tuple[int, int], ...]:
        """The lines under a place, as inclusive ranges."""
        if not self._lasts[place]:
            return ()
        return (*self._earlier.get(place, ()), (self._firsts[place], self._lasts[place]))
