"""The page of JSON documents names every document that a command prints, and every key of those that are promised."""

from __future__ import annotations

import re
from pathlib import Path

_DOCUMENT = re.compile(r"\bdocument\(\s*\"([a-z]+)\"")
#: Documents that the page lists under the command that prints them.
_UNDER = {"consistency": "prove --consistency", "key": "key new", "payments": "load payments", "plugins": "plugin list"}


def test_every_document_stands_on_the_page(repository: Path) -> None:
    page = (repository / "docs" / "reference" / "json.md").read_text("utf-8")
    rows = " ".join(line.split("|")[1] for line in page.splitlines() if line.startswith("| `"))
    named = set(re.findall(r"`([^`]+)`", rows))
    printed = {
        name
        for path in sorted((repository / "tollbook" / "cli").glob("*.py"))
        for name in _DOCUMENT.findall(path.read_text("utf-8"))
    }
    assert printed
    assert {name for name in printed if _UNDER.get(name, name) not in named} == set()


def test_the_page_promises_what_the_commands_say_they_print(repository: Path) -> None:
    """Every command that takes --json has a row."""
    from tollbook.cli.program import COMMANDS

    page = (repository / "docs" / "reference" / "json.md").read_text("utf-8")
    silent = [
        name
        for name, module in COMMANDS.items()
        if "json_option" in (repository / f"{module.replace('.', '/')}.py").read_text("utf-8")
        and f"`{name}`" not in page
        and f"`{name} " not in page
    ]
    assert silent == []
