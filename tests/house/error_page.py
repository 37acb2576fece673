"""The page docs/reference/errors.md: every error as real code raises it, and every code that is said of a bill."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from ledger_core.errors import TollbookError
from tests.house.gallery import CODES, SAID_OF, Example
from tests.house.provocations import PROVOCATIONS

_INTRODUCTION = """\
# Errors and discrepancies

Three kinds of trouble are kept apart.

- An **error** stops an act. It says where, what was found there, and what can be done; its class has a code and an exit
  code. Nothing was written.
- A **discrepancy** is something odd about a bill. It is a value: collected, counted and shown with the others. Some
  refuse the bill, others are exceptions in the queue.
- Anything else is a bug of ours. It ends the program with a trace; please report it.

An error is printed on standard error:

```text
tollbook: WHERE: FOUND.
  DO
```

In JSON a discrepancy is an object of `code`, `where`, `found` and `do`. Codes never change their meaning.
"""


def text() -> str:
    """The whole page."""
    return "\n".join((*_INTRODUCTION.splitlines(), "", *_errors(), *_discrepancies()))


def classes() -> list[type[TollbookError]]:
    """Every class of error below TollbookError, a class before those that are kinds of it."""
    return list(_below(TollbookError))


def _below(parent: type[TollbookError]) -> Iterator[type[TollbookError]]:
    for child in sorted(parent.__subclasses__(), key=lambda one: (one.exit_code, one.__name__)):
        if child.__module__.partition(".")[0] in {"ledger_core", "tollbook"}:
            yield child
            yield from _below(child)


def provoked(kind: type[TollbookError]) -> TollbookError:
    """The error as its provocation raises it."""
    if kind not in _PROVOKED:
        _PROVOKED[kind] = _provoke(kind)
    return _PROVOKED[kind]


_PROVOKED: dict[type[TollbookError], TollbookError] = {}


def _provoke(kind: type[TollbookError]) -> TollbookError:
    with TemporaryDirectory() as name:
        folder = Path(name).resolve()
        try:
            PROVOCATIONS[kind](folder)
        except TollbookError as raised:
            raised.where, raised.found = (part.replace(str(folder), "harbor") for part in (raised.where, raised.found))
            return raised
    raise AssertionError(f"the provocation of {kind.__name__} provoked nothing")


def _errors() -> Iterator[str]:
    yield "## Errors"
    yield ""
    for kind in classes():
        error = provoked(kind)
        yield f"### {kind.__name__}"
        yield ""
        yield f"Code `{error.code}`, exit code {error.exit_code}. {_promise(kind)}"
        yield ""
        yield from _said(error.where, error.found, error.do)


def _promise(kind: type[TollbookError]) -> str:
    paragraph, _, _ = (kind.__doc__ or "").partition("\n\n")
    return " ".join(paragraph.split())


def _discrepancies() -> Iterator[str]:
    yield "## Codes"
    yield ""
    yield "Codes that are not a class of their own: of discrepancies, and of errors that say more than their class."
    yield ""
    for of, title in SAID_OF.items():
        yield f"### {title}"
        yield ""
        for example in (one for one in CODES if one.of == of):
            yield from _code(example)


def _code(example: Example) -> Iterator[str]:
    yield f"**`{example.code}`** {example.meaning}"
    yield ""
    yield from _said(example.where, example.found, example.do)


def _said(where: str, found: str, do: str) -> Iterator[str]:
    yield "```text"
    yield f"{where}: {found}."
    yield f"  {do}"
    yield "```"
    yield ""
