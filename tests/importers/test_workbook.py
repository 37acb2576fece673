"""Workbooks from outside: what is too large, too wide or written to deceive is refused before any sheet is read."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest

from importers import workbook
from importers.workbook import sheet_names, sheets
from ledger_core import DocumentRefused
from tests.importers.hostility import files, repacked
from tests.importers.reading import document

_SAMPLE = Path(__file__).parent / "samples" / "bill_sheet" / "harbour-electric.xlsx"
_CELLS = sheets(document(_SAMPLE), ("bill", "lines"))


def _refusal(body: bytes) -> str:
    with files({"bill.xlsx": body}) as (path,), pytest.raises(DocumentRefused) as caught:
        sheets(document(path), ("bill", "lines"))
    return caught.value.found


def test_cells_come_in_rows_from_the_first_one_on() -> None:
    assert sheet_names(document(_SAMPLE)) == ("bill", "lines")
    assert _CELLS["bill"][0] == ["vendor", "Harbour Electric"]
    assert len(_CELLS["lines"]) == 5


def test_a_sheet_that_is_not_there_is_left_out() -> None:
    assert set(sheets(document(_SAMPLE), ("bill", "payments"))) == {"bill"}


def test_names_of_sheets_are_read_as_people_wrote_them() -> None:
    body = repacked(_SAMPLE.read_bytes(), lambda _, part: part.replace(b'name="lines"', b"name='R&amp;D'"))
    with files({"bill.xlsx": body}) as (path,):
        assert sheet_names(document(path)) == ("bill", "R&D")


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    body = repacked(
        _SAMPLE.read_bytes(), lambda name, part: part + b" " * (65 << 20) if name.endswith("sheet2.xml") else part
    )
    assert len(body) < 1 << 20
    assert "larger than 64 MiB" in _refusal(body)


def test_a_part_packed_a_thousandfold_is_refused_however_small() -> None:
    body = repacked(
        _SAMPLE.read_bytes(), lambda name, part: part + b" " * (2 << 20) if name.endswith("sheet2.xml") else part
    )
    assert "packed suspiciously tightly" in _refusal(body)


def test_what_is_unpacked_counts_and_not_what_the_archive_says_of_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "_LARGEST", 4096)
    directory = re.compile(rb"(PK\x01\x02.{20}).{4}", re.DOTALL)  # ... and the unpacked size of one of its files
    body = directory.sub(lambda found: found[1] + b"\x10\0\0\0", _SAMPLE.read_bytes())
    assert "unpacked" in _refusal(body)


def test_a_sheet_spread_over_the_whole_grid_is_refused() -> None:
    """One cell in the last corner would otherwise become seventeen thousand million empty ones."""
    body = repacked(_SAMPLE.read_bytes(), lambda _, part: part.replace(b'r="B1"', b'r="XFD1048576"'))
    assert "has a cell at XFD1048576" in _refusal(body)


def test_entities_are_never_expanded() -> None:
    bomb = b'<!DOCTYPE w [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet'
    body = repacked(
        _SAMPLE.read_bytes(), lambda name, part: part.replace(b"<worksheet", bomb) if "sheet" in name else part
    )
    assert "no plain UTF-8 XML" in _refusal(body)


def test_two_files_of_one_name_are_refused() -> None:
    """Two readers might each take another one of them."""
    body = io.BytesIO(_SAMPLE.read_bytes())
    with zipfile.ZipFile(body, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("xl/workbook.xml", "<workbook/>")
    assert "two of one name" in _refusal(body.getvalue())


def test_unusual_packing_is_refused() -> None:
    body = io.BytesIO(_SAMPLE.read_bytes())
    with zipfile.ZipFile(body, "a", zipfile.ZIP_LZMA) as archive:
        archive.writestr("xl/extra.xml", "<x/>")
    assert "packed in an unusual way" in _refusal(body.getvalue())


def test_external_links_and_objects_are_never_looked_at() -> None:
    body = io.BytesIO(_SAMPLE.read_bytes())
    with zipfile.ZipFile(body, "a") as archive:
        archive.writestr("xl/externalLinks/externalLink1.xml", "<!DOCTYPE never read>")
        archive.writestr("xl/vbaProject.bin", b"\0\0\0")
    with files({"bill.xlsx": body.getvalue()}) as (path,):
        assert sheets(document(path), ("bill", "lines")) == _CELLS


@pytest.mark.parametrize("size", [0, 3, 30, 3000])
def test_a_truncated_workbook_is_refused(size: int) -> None:
    assert "cannot be unpacked" in _refusal(_SAMPLE.read_bytes()[:size])
    with files({"bill.xlsx": _SAMPLE.read_bytes()[:size]}) as (path,):
        assert sheet_names(document(path)) == ()
