"""Chart strings: the dimensions that an amount is booked on, and the one line of text in which a site writes them."""

from __future__ import annotations

import re

import attrs

from ledger_core.errors import InputRefused

_SEGMENT = re.compile(r"([a-z]+)(?::([1-9]\d?))?", re.ASCII)


@attrs.frozen
class ChartString:
    """One combination of dimensions (domain.md 1.3). Every code is text: leading zeros are part of it, "" is none."""

    fund: str = ""
    department: str = ""
    division: str = ""
    program: str = ""
    project: str = ""
    grant: str = ""
    activity: str = ""
    object: str = ""
    subobject: str = ""


DIMENSIONS = tuple(field.name for field in attrs.fields(ChartString))


@attrs.frozen
class Segment:
    """One dimension of a template: `width` characters, or any number up to the next separator where None.

    `separator` is what stands before it.
    """

    dimension: str
    width: int | None
    separator: str = ""


@attrs.frozen
class ChartTemplate:
    """How a site writes its chart strings. `text` is the template's own spelling."""

    text: str
    segments: tuple[Segment, ...]

    def split(self, string: str, where: str = "account string") -> ChartString:
        """The dimensions of a string. Segments at the end may be missing where a separator would open them.

        Raises InputRefused naming `where`, the segment and the character at which it was to begin.
        """
        cells: dict[str, str] = {}
        at = 0
        for number, segment in enumerate(self.segments):
            if at == len(string) and number and segment.separator:
                break
            if not string.startswith(segment.separator, at):
                raise self._refused(where, string, f"'{segment.separator}' before the {segment.dimension}", at)
            at += len(segment.separator)
            cell = self._cell(string, at, number)
            if not cell or len(cell) != (segment.width or len(cell)):
                raise self._refused(where, string, _expected(segment), at)
            cells[segment.dimension] = cell
            at += len(cell)
        if at != len(string):
            raise self._refused(where, string, "the end", at)
        return ChartString(**cells)

    def join(self, chart: ChartString, where: str = "account string") -> str:
        """The string as the site writes it; empty dimensions at the end are left out with their separators.

        Raises InputRefused where `split` could not read the result back: a code too long, too short, missing, or
        holding the separator.
        """
        cells = [(segment, getattr(chart, segment.dimension)) for segment in self.segments]
        while len(cells) > 1 and not cells[-1][1] and cells[-1][0].separator:
            cells.pop()
        string = "".join(segment.separator + cell for segment, cell in cells)
        read = self.split(string, where)
        for segment, cell in cells:
            if getattr(read, segment.dimension) != cell:
                raise self._refused(where, string, f"'{cell}' as {_expected(segment)}", 0)
        return string

    def _cell(self, string: str, at: int, number: int) -> str:
        width = self.segments[number].width
        if width is not None:
            return string[at : at + width]
        following = self.segments[number + 1].separator if number + 1 < len(self.segments) else ""
        end = string.find(following, at) if following else -1
        return string[at:] if end < 0 else string[at:end]

    def _refused(self, where: str, string: str, expected: str, at: int) -> InputRefused:
        return InputRefused(
            where,
            f"'{string[:80]}' does not have {expected} at character {at + 1}",
            f"Write it as the template says: {self.text}",
            code="string-malformed",
        )


def _expected(segment: Segment) -> str:
    size = f"{segment.width} characters of " if segment.width else "a code for "
    return f"{size}{segment.dimension}"


def parse_template(text: str, where: str = "chart template") -> ChartTemplate:
    """The template that a text spells: dimensions with their widths, and separators, apart by blanks.

    `fund:3 department:5 . object:5 . subobject:4` splits `52001770.64160.1800`; a dimension without a width reaches
    to the next separator. Raises InputRefused naming `where`.
    """
    segments: list[Segment] = []
    separator = ""
    for word in text.split():
        match = _SEGMENT.fullmatch(word)
        if match is None:
            separator += word
            continue
        dimension, width = match[1], int(match[2]) if match[2] else None
        if dimension not in DIMENSIONS or dimension in {segment.dimension for segment in segments}:
            raise InputRefused(where, f"'{word}' is not a dimension, or stands twice", f"Use {', '.join(DIMENSIONS)}.")
        if segments and segments[-1].width is None and not separator:
            raise InputRefused(
                where, f"'{word}' follows a dimension without a width", "Give it a width, or put a separator between."
            )
        segments.append(Segment(dimension, width, separator))
        separator = ""
    if not segments or separator:
        raise InputRefused(where, f"'{text[:80]}' does not end with a dimension", "Write it as: fund . department")
    return ChartTemplate(text, tuple(segments))


#: How a site without a template of its own writes its strings.
PLAIN = parse_template("fund . department . object . subobject")
