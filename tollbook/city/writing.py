"""Write a city to folders: its reference sheets, and a month of its bills. The only module here that touches files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import attrs

from tollbook.city.card import statement
from tollbook.city.city import City, Medium
from tollbook.city.drops import Drop, drops
from tollbook.city.focus import export
from tollbook.city.months import Month
from tollbook.city.sheets import write_sheets
from tollbook.city.verizon import mobile_files
from tollbook.city.x12 import interchange


@attrs.frozen
class WrittenFile:
    """A file that stands: its path below the folder with `/` between parts, and its kind.

    The kind is the sheet's for a sheet, and for a bill its medium (`mobile`, `wireline`, `cloud`, `card`).
    """

    name: str
    kind: str


def write_reference(city: City, folder: Path) -> tuple[WrittenFile, ...]:
    """Write the reference sheets as CSV, in the order in which they are to be loaded. Makes the folder if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(WrittenFile(path.name, kind) for kind, path in write_sheets(city, folder))


def write_month(city: City, month: Month, folder: Path) -> tuple[WrittenFile, ...]:
    """Write what lands in that month, as `written_month` does, and name all files."""
    return tuple(written_month(city, month, folder))


def written_month(city: City, month: Month, folder: Path) -> Iterator[WrittenFile]:
    """Write what lands in that month, file by file; memory holds one account's bill, and of a cloud's a few rows.

    A mobile bill's four files lie in a folder of their account and month; all others lie in `folder` itself, whose
    names never collide. Overwrites files of the same name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for drop in drops(city, month):
        yield from _write(city, drop, folder)


def _write(city: City, drop: Drop, folder: Path) -> Iterator[WrittenFile]:
    medium = drop.bill.account.medium
    target = folder / drop.path
    if medium is Medium.MOBILE:
        target.mkdir(exist_ok=True)
        for name, content in mobile_files(city, drop.bill).items():
            (target / name).write_bytes(content)
            yield WrittenFile(f"{drop.path}/{name}", medium.value)
        return
    if medium is Medium.WIRELINE:
        target.write_bytes(interchange(city, drop.bill, drop.sent, drop.copy))
    else:
        pieces = export(city, drop.bill) if medium is Medium.CLOUD else statement(city, drop.bill)
        with target.open("w", encoding="utf-8", newline="") as stream:
            stream.writelines(pieces)
    yield WrittenFile(drop.path, medium.value)
