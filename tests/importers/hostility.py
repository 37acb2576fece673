"""What every importer must survive: bytes that mean nothing, good files damaged, and one digit that is another."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import strategies as st

from ledger_core import Importer, InputRefused
from tests.importers.judging import Verdict, judge
from tests.importers.reading import document, read


@contextmanager
def files(parts: dict[str, bytes]) -> Iterator[list[Path]]:
    """The parts as files in a folder of their own."""
    with TemporaryDirectory() as folder:
        for name, body in parts.items():
            (Path(folder) / name).write_bytes(body)
        yield [Path(folder) / name for name in parts]


def outcome(importer: Importer, parts: dict[str, bytes]) -> tuple[Verdict, ...] | InputRefused:
    """The verdicts on a document, or the refusal that its reading ended with. Any other exception fails the test."""
    with files(parts) as paths:
        try:
            for path in paths:
                importer.identify(document(path))
            return judge(read(importer, *paths))
        except InputRefused as error:
            refusal = error
    assert refusal.where, "a refusal says where"
    assert refusal.found, "a refusal says what was found"
    assert refusal.do, "a refusal says what to do"
    return refusal


def posts(found: tuple[Verdict, ...] | InputRefused) -> bool:
    """Whether every bill would go into the ledger without a person having looked at it."""
    return not isinstance(found, InputRefused) and all(not verdict.reason for verdict in found)


@st.composite
def damaged(draw: st.DrawFn, body: bytes) -> bytes:
    """`body` with a few bytes replaced, put in, taken out, a stretch repeated, or its end cut off."""
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(len(body) - 1, 0)))
        reach = draw(st.integers(0, 40))
        piece = draw(
            st.one_of(st.binary(max_size=6), st.sampled_from([b"\t", b'"', b"\n", b"-", b",", b"NaN", b"1e999"]))
        )
        body = draw(
            st.sampled_from(
                [
                    body[:at] + piece + body[at + 1 :],
                    body[:at] + piece + body[at:],
                    body[:at] + body[at + reach :],
                    body[: at + reach] + body[at:],
                    body[:at],
                ]
            )
        )
    return body


@st.composite
def one_digit_changed(draw: st.DrawFn, spans: Sequence[tuple[int, int]], body: bytes) -> bytes:
    """`body` with one digit inside one of the `spans` (first byte, byte after the last) made another digit."""
    places = [at for start, end in spans for at in range(start, end) if body[at : at + 1].isdigit()]
    at = draw(st.sampled_from(places))
    digit = draw(st.sampled_from([d for d in b"0123456789" if d != body[at]]))
    return body[:at] + bytes([digit]) + body[at + 1 :]


def cells_of(body: bytes, wanted: Callable[[int, int], bool], delimiter: bytes = b"\t") -> list[tuple[int, int]]:
    """The spans of the cells of a delimited file that holds no quoted delimiter: `wanted(row, column)`, both from 1."""
    spans, at = [], 0
    for number, line in enumerate(body.split(b"\n"), 1):
        start = at
        for column, cell in enumerate(line.split(delimiter), 1):
            if wanted(number, column):
                spans.append((start, start + len(cell)))
            start += len(cell) + 1
        at += len(line) + 1
    return spans


def repacked(body: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """The workbook with some of its parts changed, whole again as an archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            new.writestr(member.filename, change(member.filename, old.read(member)))
    return packed.getvalue()
