"""The pages of docs/reference that are written from the code: run `python -m tests.house.pages` to write them anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.house import check_page, command_page, error_page, fact_page, sheet_page

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"

PAGES: dict[str, Callable[[], str]] = {
    "checks.md": check_page.text,
    "commands.md": command_page.text,
    "errors.md": error_page.text,
    "facts.md": fact_page.text,
    "sheets.md": sheet_page.text,
}


def write() -> None:
    """Write every page."""
    for name, text in PAGES.items():
        (FOLDER / name).write_text(text(), "utf-8")


if __name__ == "__main__":
    write()
