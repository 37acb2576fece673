"""X12 interchanges: separators read from ISA, segments with their byte offsets, and the envelopes' own counts."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator
from decimal import Decimal
from typing import BinaryIO

import attrs

from ledger_core import Control, Counted, Discrepancy, DocumentRefused, Figure, Locator

_BOM = b"\xef\xbb\xbf"
_BLANK = b" \t\r\n"
_BLOCK = 1 << 17  # bytes read at a time: what is kept of a document does not grow with it
_LARGEST_DOCUMENT = 512 * 2**20  # bytes
_LARGEST_SEGMENT = 4 * 2**20
_LARGEST_ELEMENT = 2**20
_LONGEST_ISA = 512
_IDENTIFIERS = 1_000  # different ones that are remembered; a real set has some thirty
_ENVELOPE = frozenset({"ISA", "TA1", "GS", "ST", "SE", "GE", "IEA"})
RESEND = "Ask the sender to transmit the interchange again."


@attrs.frozen
class Separators:
    """What ISA declares: the byte between elements, and the byte that ends a segment."""

    element: bytes
    terminator: bytes


@attrs.define(eq=False)
class Segment:
    """One segment: `raw` is bytes `start` up to, not including, `end` of the document, without its terminator.

    `id` is its identifier ("IT1"), `ordinal` counts the segments of the document from 1, `after` is the byte after its
    terminator. Not frozen, for there are millions of them; nobody changes one.
    """

    id: str
    ordinal: int
    start: int
    end: int
    after: int
    raw: bytes
    separators: Separators
    _elements: list[str] | None = None

    @property
    def elements(self) -> list[str]:
        """All elements, the identifier first, without the blanks that fixed-length senders add."""
        found = self._elements
        if found is None:
            text = self.raw.decode("utf-8")
            found = text.split(self.separators.element.decode("ascii"))
            if len(text.split(None, 1)) != 1 or text[-1:].isspace():
                found = list(map(str.strip, found))
            self._elements = found
        return found

    def at(self, position: int) -> str:
        """Element `position` by X12 counting (IT104 is 4), "" where the segment is shorter."""
        elements = self._elements or self.elements
        return elements[position] if position < len(elements) else ""

    def locator(self) -> Locator:
        """Where the segment stands in the document."""
        return Locator(place=str(self.ordinal), start=self.start, end=self.end)


def broken(name: str, segment: Segment, found: str, do: str = RESEND) -> DocumentRefused:
    """The refusal of what one segment says."""
    return DocumentRefused(f"{name}:segment {segment.ordinal} {segment.id[:8]}", found, do)


@attrs.frozen
class TransactionSet:
    """One ST to SE: where it lies, in which interchange, and what is wrong with its envelopes (`fault`)."""

    isa: Segment
    header: Segment
    trailer: Segment
    segments: int
    fault: Discrepancy | None = None

    @property
    def test(self) -> bool:
        """ISA15 `T`: the sender declares test data."""
        return self.isa.at(15).upper() == "T"


@attrs.frozen
class Envelopes:
    """All transaction sets of a document, and the counts of its interchanges and groups that hold."""

    sets: tuple[TransactionSet, ...]
    controls: tuple[Control, ...]


def check_text(name: str, stream: BinaryIO) -> None:
    """The document is UTF-8 (or plain ASCII) of a bearable size and without NUL, or it is refused as broken."""
    size = stream.seek(0, os.SEEK_END)
    if size > _LARGEST_DOCUMENT:
        raise DocumentRefused(name, f"{size} bytes in one document", "Ask the sender for smaller interchanges.")
    decoder = codecs.getincrementaldecoder("utf-8")()
    wrong: DocumentRefused | None = None
    stream.seek(0)
    position = 0
    while block := stream.read(_BLOCK):
        if (nul := block.find(b"\0")) >= 0:
            raise DocumentRefused(f"{name}:byte {position + nul}", "a NUL character, so this is no text", RESEND)
        waiting = len(decoder.getstate()[0])
        if wrong is None and (waiting or not block.isascii()):
            wrong = _misspelt(name, decoder, block, position - waiting)
        position += len(block)
    if wrong is None and decoder.getstate()[0]:
        wrong = _misspelt(name, decoder, b"", position - len(decoder.getstate()[0]))
    if wrong is not None:
        raise wrong


def _misspelt(name: str, decoder: codecs.IncrementalDecoder, block: bytes, position: int) -> DocumentRefused | None:
    """The refusal of the first byte that is no UTF-8, if there is one. An empty block is the end."""
    try:
        decoder.decode(block, final=not block)
    except UnicodeDecodeError as error:
        where, found = f"{name}:byte {position + error.start}", f"byte {error.object[error.start]:#04x} is not UTF-8"
        return DocumentRefused(where, found, "Ask the sender for UTF-8 or plain ASCII.")
    return None


def segments(name: str, stream: BinaryIO, *, sparse: bool = False) -> Iterator[Segment]:
    """Every segment of every interchange in order; each ISA brings its own separators. `sparse` leaves out those that
    are of no envelope and follow another such one. Raises DocumentRefused."""
    stream.seek(0)
    position = _past_blanks(stream, len(_BOM) if stream.read(len(_BOM)) == _BOM else 0)
    ordinal = 1
    while position is not None:
        separators = _separators(name, stream, position, ordinal)
        start, position = position, None
        for segment in _run(name, stream, (start, None), ordinal, separators, sparse=sparse):
            yield segment
            if segment.id == "IEA":
                position, ordinal = _past_blanks(stream, segment.after), segment.ordinal + 1
                break


def segments_of(name: str, stream: BinaryIO, one: TransactionSet) -> Iterator[Segment]:
    """The segments of one transaction set again, ST first and SE last."""
    span = one.header.start, one.trailer.end
    return _run(name, stream, span, one.header.ordinal, one.header.separators)


def _separators(name: str, stream: BinaryIO, start: int, ordinal: int) -> Separators:
    """Element separator and segment terminator, as ISA declares them.

    The terminator follows the one character of ISA16: position 106 where ISA has its fixed length, earlier where a
    sender collapsed the padding.
    """
    where = f"{name}:segment {ordinal}"
    stream.seek(start)
    head = stream.read(_LONGEST_ISA)
    separator = head[3:4]
    parts = head.split(separator, 16) if len(separator) == 1 else []
    if not head.startswith(b"ISA") or len(parts) != 17 or len(parts[16]) < 2:
        raise DocumentRefused(where, f"{head[:20]!r} where an interchange should start with ISA", RESEND)
    terminator = parts[16][1:2]
    printable = separator.isascii() and not separator.isalnum() and not separator.isspace()
    if not printable or not terminator.isascii() or terminator.isalnum() or terminator in (separator, b" "):
        raise DocumentRefused(where, f"ISA declares {separator!r} and {terminator!r} as separators", RESEND)
    return Separators(separator, terminator)


def _run(
    name: str,
    stream: BinaryIO,
    span: tuple[int, int | None],
    ordinal: int,
    separators: Separators,
    *,
    sparse: bool = False,
) -> Iterator[Segment]:
    """The segments of a span of bytes, as long as the separators hold. The last one may lack its terminator."""
    element = separators.element
    identifiers: dict[bytes, str] = {}
    inner = False
    for piece_start, piece, after in _pieces(name, stream, span, separators.terminator):
        # Senders break and indent lines after terminators: blanks around a segment are no part of it.
        raw = piece.strip(_BLANK)
        if not raw:
            continue
        start = piece_start if piece[0] == raw[0] else piece_start + len(piece) - len(piece.lstrip(_BLANK))
        if len(raw) > _LARGEST_ELEMENT:
            _check_length(f"{name}:segment {ordinal}", raw, element)
        head = raw.partition(element)[0]
        identifier = identifiers.get(head)
        if identifier is None:
            identifier = head.decode("utf-8", "replace").strip()
            if len(identifiers) < _IDENTIFIERS:
                identifiers[head] = identifier
        before, inner = inner, sparse and identifier not in _ENVELOPE
        if before and inner:
            ordinal += 1
            continue
        yield Segment(identifier, ordinal, start, start + len(raw), after, raw, separators)
        ordinal += 1


def _pieces(
    name: str, stream: BinaryIO, span: tuple[int, int | None], terminator: bytes
) -> Iterator[tuple[int, bytes, int]]:
    """What stands between terminators: its first byte, its bytes, and the byte after its terminator. The stream is
    sought anew for each block, for others may read it in between."""
    position, end = span
    read_to, rest = position, b""
    while end is None or read_to < end:
        stream.seek(read_to)
        block = stream.read(_BLOCK if end is None else min(_BLOCK, end - read_to))
        if not block:
            break
        read_to += len(block)
        *pieces, rest = (rest + block).split(terminator)
        for piece in pieces:
            yield position, piece, position + len(piece) + 1
            position += len(piece) + 1
        if len(rest) > _LARGEST_SEGMENT + _BLOCK:
            raise DocumentRefused(f"{name}:byte {position}", f"a segment of more than {_LARGEST_SEGMENT} bytes", RESEND)
    if rest:
        yield position, rest, position + len(rest)


def _check_length(where: str, raw: bytes, separator: bytes) -> None:
    if len(raw) > _LARGEST_SEGMENT or max(map(len, raw.split(separator))) > _LARGEST_ELEMENT:
        raise DocumentRefused(where, f"a segment of more than {len(raw)} bytes", RESEND)


def _past_blanks(stream: BinaryIO, position: int) -> int | None:
    """The first byte from `position` on that is no blank, for senders break and indent lines after terminators; None
    at the end."""
    stream.seek(position)
    while block := stream.read(_BLOCK):
        if left := block.lstrip(_BLANK):
            return position + len(block) - len(left)
        position += len(block)
    return None


def envelopes(name: str, stream: BinaryIO) -> Envelopes:
    """Walks ISA/GS/ST to SE/GE/IEA. A wrong count or control number becomes the fault of every set inside; an envelope
    without its end, or segments outside any, raise DocumentRefused (X12.5, X12.6)."""
    check_text(name, stream)
    every = segments(name, stream, sparse=True)
    sets: list[TransactionSet] = []
    controls: list[Control] = []
    for isa in every:
        if isa.id != "ISA":
            raise broken(name, isa, "a segment outside any interchange")
        found, counts = _interchange(name, every, isa)
        sets += found
        controls += counts
    if not sets:
        raise DocumentRefused(name, "no transaction set", RESEND)
    return Envelopes(tuple(sets), tuple(controls))


def _interchange(name: str, stream: Iterator[Segment], isa: Segment) -> tuple[list[TransactionSet], list[Control]]:
    sets: list[TransactionSet] = []
    controls: list[Control] = []
    groups = 0
    for segment in stream:
        if segment.id == "GS":
            found, counts = _group(name, stream, segment, isa)
            sets, controls, groups = sets + found, controls + counts, groups + 1
        elif segment.id == "IEA":
            return _sealed(name, (isa, 13), segment, groups, sets, controls)
        elif segment.id != "TA1":  # an acknowledgement may stand between ISA and GS
            raise broken(name, segment, "a segment outside any functional group")
    raise broken(name, isa, "the interchange has no end (IEA): the file was cut")


def _group(
    name: str, stream: Iterator[Segment], gs: Segment, isa: Segment
) -> tuple[list[TransactionSet], list[Control]]:
    sets: list[TransactionSet] = []
    for segment in stream:
        if segment.id == "ST":
            sets.append(_transaction_set(name, stream, segment, isa))
        elif segment.id == "GE":
            return _sealed(name, (gs, 6), segment, len(sets), sets, [])
        else:
            raise broken(name, segment, "a segment outside any transaction set")
    raise broken(name, gs, "the functional group has no end (GE): the file was cut")


def _transaction_set(name: str, stream: Iterator[Segment], header: Segment, isa: Segment) -> TransactionSet:
    for segment in stream:
        if segment.id == "SE":
            count = segment.ordinal - header.ordinal + 1
            fault = _fault(name, (header, 2), segment, count)
            return TransactionSet(isa, header, segment, count, fault)
        if segment.id in _ENVELOPE and segment.id != "TA1":
            raise broken(name, segment, f"{segment.id} inside a transaction set that has no end (SE)")
    raise broken(name, header, "the transaction set has no end (SE): the file was cut")


def _sealed(
    name: str,
    opening: tuple[Segment, int],
    trailer: Segment,
    count: int,
    sets: list[TransactionSet],
    controls: list[Control],
) -> tuple[list[TransactionSet], list[Control]]:
    """What a trailer says of everything inside: a fault for each set, or one more count that holds."""
    fault = _fault(name, opening, trailer, count)
    if fault:
        return [attrs.evolve(one, fault=one.fault or fault) for one in sets], controls
    return sets, [*controls, counted(trailer, f"file, {opening[0].id} {trailer.at(2)}", count)]


def counted(segment: Segment, scope: str, count: int) -> Control:
    """The control that element 1 of a trailer equals what was counted."""
    figure = Figure(f"{segment.id}01", scope, Decimal(segment.at(1)), segment.locator())
    return Control(figure, Counted(Decimal(count)))


def _fault(name: str, opening: tuple[Segment, int], trailer: Segment, count: int) -> Discrepancy | None:
    """Why a trailer (element 1 a count, element 2 the control number of its opening) does not fit, if so."""
    where = f"{name}:segment {trailer.ordinal} {trailer.id}"
    stated, (head, position) = trailer.at(1), opening
    if not (stated.isascii() and stated.isdigit() and len(stated) <= 10 and int(stated) == count):
        found = f"{trailer.id}01 states {stated[:20]!r}, there are {count}"
    elif trailer.at(2) != head.at(position):
        found = f"{trailer.id}02 is {trailer.at(2)[:20]!r}, {head.id}{position:02d} is {head.at(position)[:20]!r}"
    else:
        return None
    return Discrepancy("broken", where, found, RESEND)
