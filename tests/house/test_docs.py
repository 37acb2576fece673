"""The docs are true: every example runs and says what is shown, every link leads somewhere, no page names a machine."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.beginnings import Beginnings
from tests.house.examples import PageRun, as_shown, blocks, commands

_ROOT = Path(__file__).resolve().parents[2]
_LINK = re.compile(r"!?\[[^\]]*\]\((?P<to>[^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(?P<text>.+?) *$", re.MULTILINE)
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
#: Folders that only stand on the machine of whoever wrote the page.
_MACHINE = re.compile(r"(?<![\w.$}/])/(?:home|root|tmp|work|Users|workspace)/")
_LONGEST_PICTURE = 300_000  # bytes


def _pages() -> list[str]:
    found = [*_ROOT.glob("*.md"), *(_ROOT / "docs").rglob("*.md")]
    return sorted(path.relative_to(_ROOT).as_posix() for path in found)


def _run_pages() -> list[str]:
    return [name for name in _pages() if any(block.runs for block in blocks((_ROOT / name).read_text("utf-8")))]


@pytest.fixture(scope="session")
def beginnings(tmp_path_factory: pytest.TempPathFactory) -> Beginnings:
    own = tmp_path_factory.getbasetemp()
    return Beginnings((own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "beginnings")


@pytest.mark.parametrize("name", _run_pages())
def test_the_examples_of_a_page_run_as_shown(name: str, tmp_path: Path, beginnings: Beginnings) -> None:
    wrong = PageRun(name, tmp_path, beginnings).run((_ROOT / name).read_text("utf-8"))
    assert not wrong, "\n".join(wrong)


def test_every_example_is_run_or_says_why_not() -> None:
    """A block in a language that could run, and does not, carries its reason."""
    silent = [
        f"{name}:{block.line}"
        for name in _pages()
        for block in blocks((_ROOT / name).read_text("utf-8"))
        if block.language in {"console", "python", "sh", "bash", "shell"} and not block.order and not block.runs
    ]
    assert silent == []


@pytest.mark.parametrize("name", _pages())
def test_links_lead_somewhere(name: str) -> None:
    page = _ROOT / name
    broken = [to for to in _links(page.read_text("utf-8")) if not _leads(page, to)]
    assert broken == []


def _links(text: str) -> Iterator[str]:
    for found in _LINK.finditer(_FENCED.sub("", text)):
        if "://" not in found["to"]:
            yield found["to"]


def _leads(page: Path, to: str) -> bool:
    place, _, anchor = to.partition("#")
    target = (page.parent / place).resolve() if place else page
    if not target.exists():
        return False
    return not anchor or anchor in _anchors(target.read_text("utf-8"))


def _anchors(text: str) -> set[str]:
    """The names of headings, as the places that show Markdown make them."""
    return {
        re.sub(r"[^\w\- ]", "", found["text"].lower()).replace(" ", "-")
        for found in _HEADING.finditer(_FENCED.sub("", text))
    }


@pytest.mark.parametrize("name", _pages())
def test_no_page_names_a_folder_of_a_machine(name: str) -> None:
    text = (_ROOT / name).read_text("utf-8")
    assert [found[0] for found in _MACHINE.finditer(text)] == []


def test_every_page_is_reached_from_the_index() -> None:
    """A page that nothing leads to is not read."""
    seen: set[Path] = set()
    waiting = [_ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        targets = ((page.parent / to.partition("#")[0]).resolve() for to in _links(page.read_text("utf-8")))
        waiting += [target for target in targets if target.is_file()]
    docs = {path.resolve() for path in (_ROOT / "docs").rglob("*.md")}
    assert {path.relative_to(_ROOT).as_posix() for path in docs - seen} == set()


def test_every_decision_has_a_number_of_its_own_and_stands_in_the_list() -> None:
    folder = _ROOT / "docs" / "decisions"
    pages = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert [int(name[:4]) for name in pages] == list(range(1, len(pages) + 1))
    index = (folder / "README.md").read_text("utf-8")
    assert [name for name in pages if f"({name})" not in index] == []


def test_pictures_are_small() -> None:
    pictures = (_ROOT / "docs" / "pictures").glob("*")
    assert [path.name for path in pictures if path.stat().st_size > _LONGEST_PICTURE] == []


# --- the machinery itself ---------------------------------------------------------------------------------------------


def test_a_block_is_read_with_what_its_comment_orders() -> None:
    page = "a\n\n<!-- file: x/y.csv -->\n```csv\n1,2\n```\n\n```console\n$ a \\\n  b\nout\n\n$ c\n```\n"
    first, second = blocks(page)
    assert (first.order, first.word, first.body) == ("file", "x/y.csv", "1,2\n")
    assert [(one.text, one.shown) for one in commands(second.body)] == [("a \\\n  b", "out\n"), ("c", "")]


@pytest.mark.parametrize(
    ("shown", "said", "same"),
    [
        ("", "anything", True),
        ("a\nb", "a  \nb\n", True),
        ("a ... d", "a b\nc d", True),
        ("a", "a\nb", False),
        ("a\n...", "a\nb", True),
        ("a.b", "axb", False),
    ],
)
def test_output_is_compared_line_by_line(shown: str, said: str, same: bool) -> None:
    assert as_shown(shown, said) is same


def test_an_example_that_says_something_else_is_found(tmp_path: Path, beginnings: Beginnings) -> None:
    run = PageRun("page.md", tmp_path, beginnings)
    assert run.run("```console\n$ echo right\nright\n```\n") == []
    assert "instead of" in run.run("```console\n$ echo wrong\nright\n```\n")[0]
    assert "exit 7" in run.run("```console\n$ exit 7\n```\n")[0]
    assert "Expected" in run.run("```python\n>>> 1 + 1\n3\n\n```\n")[0]
