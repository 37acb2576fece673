"""The page docs/reference/sheets.md, written from the definitions of the reference sheets."""

from __future__ import annotations

from collections.abc import Iterator

from ledger_core.facts.sheet import SHEETS, Column, ColumnKind, Sheet

_INTRODUCTION = """\
# Reference sheets

What `tollbook load KIND FILE` takes: CSV in UTF-8, or XLSX. The headers must be these, in any order; an unknown column
is refused, and a sheet with a fault is refused as a whole.

- Codes are text: leading zeros are part of them. Dates are written `2026-09-30`.
- `from` and `to` are inclusive; an empty one is open.
- A load adds and changes the rows that it holds, and leaves all others as they are. To end a row, load it again with
  the same `from` and a `to`.
- `--dry-run` shows what a load would add, change and end, and records nothing.

`tollbook init` lays all of them out in `reference/`, each with one example row.
"""


def text() -> str:
    """The whole page."""
    return "\n".join((*_INTRODUCTION.splitlines(), "", *_sections()))


def _sections() -> Iterator[str]:
    for sheet in SHEETS.values():
        yield f"## {sheet.name}"
        yield ""
        yield sheet.about
        yield ""
        yield f"One row for each {_named(sheet.key)}.{_grouped(sheet)}"
        yield ""
        yield "| column | holds | required | meaning | example |"
        yield "|---|---|---|---|---|"
        for column in sheet.columns:
            required = "yes" if column.required else ""
            example = f"`{column.example}`" if column.example else ""
            yield f"| `{column.name}` | {_holds(column)} | {required} | {column.meaning} | {example} |"
        yield ""


def _named(key: tuple[str, ...]) -> str:
    return " and ".join(f"`{name}`" for name in key) if len(key) < 3 else ", ".join(f"`{name}`" for name in key)


def _grouped(sheet: Sheet) -> str:
    return f" Rows of one `{sheet.group}` are loaded and replaced together." if sheet.group else ""


def _holds(column: Column) -> str:
    if column.kind is ColumnKind.CHOICE:
        return ", ".join(f"`{choice}`" for choice in column.choices)
    return column.kind.value
