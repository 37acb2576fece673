"""The page docs/reference/facts.md, written from the catalogue of facts and an example of each."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ledger_core.facts.catalogue import CATALOGUE, FactKind
from tests.house.fact_examples import EXAMPLES

_INTRODUCTION = """\
# The catalogue of facts

Everything in a ledger is a row of the log: one fact, written once. This is every kind that a log may hold. A fact's
bytes and the formats of its bodies are on the page [the seal](seal.md).

- **Key** is unique in the log: the same act cannot be recorded twice.
- **May be recorded by** names roles; *any* is any enrolled person or service.
- **Bodies** are the bulk rows that the fact commits to.
- **Read by** names the readings that follow it; *trail* is what `trace` and `why` read.
- Money in a content is an integer of minor units; exact amounts are texts.
"""


def text() -> str:
    """The whole page."""
    return "\n".join((*_INTRODUCTION.splitlines(), "", *_table(), *_sections()))


def _table() -> Iterator[str]:
    yield "| kind | meaning |"
    yield "|---|---|"
    for kind in CATALOGUE.values():
        yield f"| [`{kind.name}`](#{kind.name}) | {kind.meaning} |"
    yield ""


def _sections() -> Iterator[str]:
    for kind in CATALOGUE.values():
        yield from _section(kind)


def _section(kind: FactKind) -> Iterator[str]:
    yield f"## {kind.name}"
    yield ""
    yield kind.meaning
    yield ""
    yield "| | |"
    yield "|---|---|"
    yield f"| version | {kind.version} |"
    yield f"| key | `{kind.key}` |"
    yield f"| may be recorded by | {', '.join(kind.recorded_by)} |"
    yield f"| bodies | {', '.join(f'`{body}`' for body in kind.bodies) or 'none'} |"
    yield f"| read by | {', '.join(kind.readings)} |"
    yield ""
    examples = EXAMPLES.get(kind.name, ())
    if not examples:
        yield "No command of this version records it."
        yield ""
    for example in examples:
        yield "```json"
        yield from json.dumps(example, indent=2, ensure_ascii=False).splitlines()
        yield "```"
        yield ""
