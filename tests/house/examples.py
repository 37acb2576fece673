"""The examples of a page of the docs: fenced blocks, what they are to be, and how they are run.

| block | is |
|---|---|
| `console` | commands after `$ `, run by a shell in the page's folder; what follows is their output, `...` anything |
| `console`: `export NAME=VALUE` | holds for the commands after it |
| `python` with `>>>` | run as doctest; all blocks of a page share their names |
| any, after `<!-- file: PATH -->` | written to that file of the page's folder |
| any, after `<!-- not run: WHY -->` | left alone |

`<!-- begin with: NAME -->` anywhere on the page lays out one of `beginnings` before its first block.

A command ends with 0 or 1 (exceptions to look at), unless the output shown begins as a refusal does.
"""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from tests.house.beginnings import PERSON, TODAY, Beginnings

_FENCE = re.compile(
    r"^(?:<!-- (?P<order>file|not run): (?P<word>.+?) -->\n+)?^```(?P<language>[a-z]*)\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_BEGINNING = re.compile(r"^<!-- begin with: (\w+) -->$", re.MULTILINE)
_EXPORT = re.compile(r'export (?P<name>[A-Z_]+)="?(?P<value>[^"]*)"?')
_SECONDS = 120
_REFUSALS = ("tollbook:", "rejected", "revision")


@attrs.frozen
class Block:
    """One fenced block: its language, its text, the line of the page on which it stands, and what its comment orders
    ("file" or "not run", with a word)."""

    language: str
    body: str
    line: int
    order: str = ""
    word: str = ""

    @property
    def runs(self) -> bool:
        """Whether there is something to do."""
        if self.order:
            return self.order == "file"
        return self.language == "console" or (self.language == "python" and ">>>" in self.body)


@attrs.frozen
class Command:
    """A command of a console block, and the output that the page shows."""

    text: str
    shown: str


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    return [
        Block(
            found["language"],
            found["body"],
            page.count("\n", 0, found.start("body")),
            found["order"] or "",
            found["word"] or "",
        )
        for found in _FENCE.finditer(page)
    ]


def commands(body: str) -> Iterator[Command]:
    """The commands of a console block; a line that ends with a backslash goes on."""
    text, open_line = "", False
    shown: list[str] = []
    for line in body.splitlines():
        if open_line:
            text, open_line = f"{text}\n{line.removeprefix('> ')}", line.endswith("\\")
        elif line.startswith("$ "):
            if text:
                yield Command(text, "\n".join(shown))
            text, shown, open_line = line[2:], [], line.endswith("\\")
        else:
            shown.append(line)
    if text:
        yield Command(text, "\n".join(shown))


@attrs.define
class PageRun:
    """One page being run in a folder of its own."""

    name: str
    folder: Path
    beginnings: Beginnings
    names: dict[str, Any] = attrs.field(factory=dict)
    exported: dict[str, str] = attrs.field(factory=dict)

    def run(self, page: str) -> list[str]:
        """Run every block; what went otherwise than shown, by place."""
        wrong: list[str] = []
        for found in _BEGINNING.finditer(page):
            self.beginnings.copy(found[1], self.folder)
        for block in blocks(page):
            where = f"{self.name}:{block.line}"
            if block.order == "file":
                self._write(block)
            elif block.runs and block.language == "console":
                wrong += [f"{where} $ {problem}" for problem in self._console(block)]
            elif block.runs:
                wrong += [f"{where} {problem}" for problem in self._python(block, where)]
            if wrong:
                break  # what follows stands on what came before
        return wrong

    def _write(self, block: Block) -> None:
        file = self.folder / block.word
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(block.body, "utf-8")

    def _console(self, block: Block) -> Iterator[str]:
        for command in commands(block.body):
            if (export := _EXPORT.fullmatch(command.text)) is not None:
                self.exported[export["name"]] = export["value"].replace("$PWD", str(self.folder))
                continue
            done = subprocess.run(
                ["/bin/sh", "-c", command.text],
                cwd=self.folder,
                env={**surroundings(self.folder), **self.exported},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=_SECONDS,
                check=False,
            )
            if done.returncode not in {0, 1} and not command.shown.lstrip().startswith(_REFUSALS):
                yield f"{command.text}\nexit {done.returncode}\n{done.stdout}"
            elif not as_shown(command.shown, done.stdout):
                yield f"{command.text}\nsaid\n{done.stdout}\ninstead of\n{command.shown}"

    def _python(self, block: Block, where: str) -> Iterator[str]:
        test = doctest.DocTestParser().get_doctest(block.body, self.names, where, None, block.line)
        said: list[str] = []
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
        runner.run(test, out=said.append, clear_globs=False)
        self.names = test.globs
        if runner.failures:
            yield "".join(said)


def surroundings(folder: Path) -> Mapping[str, str]:
    """The variables under which a page's commands run: a home of its own, and this clone's commands first."""
    return {
        "HOME": str(folder / "home"),
        "LC_ALL": "C.UTF-8",
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin")),
        "TOLLBOOK_ACTOR": PERSON,
        "TOLLBOOK_TODAY": TODAY,
        "COLUMNS": "120",
    }


def as_shown(shown: str, said: str) -> bool:
    """Whether the output is the one that the page shows: line by line, ends of lines apart, `...` for anything."""
    if not shown.strip():
        return True
    wanted = re.escape("\n".join(line.rstrip() for line in shown.strip().splitlines()))
    found = "\n".join(line.rstrip() for line in said.strip().splitlines())
    return re.fullmatch(wanted.replace(r"\.\.\.", r".*?"), found, re.DOTALL) is not None
