"""A digest in words: plain text for a terminal and any mail program, and the same as one HTML page without links."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ledger_core.money import fixed
from tollbook.digest.digest import Digest

_TEMPLATE = "digest.html"
SHOWN = 10  # of each sort; the others are counted


def subject(digest: Digest) -> str:
    """The mail's subject: whose it is, how much waits and how many deadlines come. One line of printable text."""
    said = f"{digest.entity}, {digest.today}: {_many(len(digest.queue), 'item')} to look at"
    late = f", {_many(len(digest.late), 'bill')} late" if digest.late else ""
    due = f", {_many(len(digest.due), 'deadline')}" if digest.due else ""
    return "".join(sign if sign.isprintable() else " " for sign in f"{said}{late}{due}")


def text(digest: Digest) -> str:
    """The whole digest as plain text, ended by a newline."""
    return "\n".join(_lines(digest)) + "\n"


def html(digest: Digest) -> str:
    """The same as one HTML page; every text from a bill is escaped."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"many": _many, "money": _money}
    return environment.get_template(_TEMPLATE).render(d=digest, subject=subject(digest), shown=SHOWN)


def _lines(digest: Digest) -> Iterator[str]:
    yield subject(digest)
    yield ""
    yield f"CAME SINCE {digest.since}"
    came = [
        f"{_named(bill.vendor, bill.account)} {bill.number or ''} {_money(bill.total, bill.currency)}"
        for bill in digest.came
    ]
    refused = [f"not taken in: {one.name} ({one.code})" for one in digest.refused]
    yield from _listed([*came, *refused], "Nothing came.")
    yield ""
    sums = ", ".join(_money(amount, currency) for currency, amount in digest.waiting())
    yield f"WAITS{f': {sums}' if sums else ''}"
    yield from _listed(
        [f"{_money(item.amount, item.currency)} {item.owner}: {item.text} [{item.item}]" for item in digest.queue],
        "Nothing waits for anybody.",
    )
    yield ""
    yield "LATE"
    yield from _listed([f"{_named(one.vendor, one.account)}: {one.text}" for one in digest.late], "No bill is late.")
    yield ""
    yield "DUE"
    yield from _listed([f"{one.day} {one.text}" for one in digest.due], "No deadline is near.")
    yield ""
    yield f"Read at position {digest.sequence} of the log of {digest.site}."


def _listed(lines: Sequence[str], nothing: str) -> Iterator[str]:
    if not lines:
        yield f"  {nothing}"
    for line in lines[:SHOWN]:
        yield f"  {' '.join(line.split())}"
    if len(lines) > SHOWN:
        yield f"  and {len(lines) - SHOWN} more"


def _named(vendor: str, account: str) -> str:
    return " ".join(part for part in (vendor, account) if part)


def _money(amount: int, currency: str) -> str:
    return f"{fixed(amount, currency)} {currency}"


def _many(count: int, one: str) -> str:
    return f"{count} {one if count == 1 else one + 's'}"
