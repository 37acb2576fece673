"""The reference pages say what the code says: each is written from it, and committed."""

from pathlib import Path

import pytest

from tests.house.pages import FOLDER, PAGES


@pytest.mark.parametrize("name", PAGES)
def test_a_written_page_is_what_the_code_says(name: str) -> None:
    stands = (FOLDER / name).read_text("utf-8")
    assert stands == PAGES[name](), "write it anew: .venv/bin/python -m tests.house.pages"


def test_every_command_has_a_module(repository: Path) -> None:
    from tollbook.cli.program import COMMANDS

    missing = [
        name for name, module in COMMANDS.items() if not (repository / f"{module.replace('.', '/')}.py").exists()
    ]
    assert missing == []
