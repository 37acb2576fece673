"""Extensions with a bug, as files for a site's `extensions/`. Each claims only files that begin with its own mark."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

_HONEST = """
import os, signal, socket, sys, time
from datetime import date
from decimal import Decimal
from pathlib import Path
import attrs
import ledger_core as core
from ledger_core import (
    Bill, BillEnded, BillRefused, BillStarted, Charge, ChargeColumns, Charged, ChargeKind, Control, Counted, Document,
    EnvelopeChecked, Figure, LineSum, Locator, Lookalike, Recognition, Totals, hookimpl,
)
from ledger_core.facts.discrepancy import Discrepancy

MARK = {mark!r}
SITE = {site!r}
AT = Locator("1", 0, 4)
TOTAL = Figure("total", "bill", Decimal("5"), AT)
COUNT = 1

def bill(number="S-1", **more):
    return Bill("Strange Co", "A-1", "USD", number=number, bill_date=date(2026, 8, 28), **more)

def charge(amount="5"):
    return Charge(AT, ChargeKind.RECURRING, Decimal(amount), text="line")

def columns(**more):
    given = dict(count=1, place="1", start=0, end=4, kind="recurring", exact="5") | more
    made = object.__new__(ChargeColumns)
    for field in attrs.fields(ChargeColumns):
        object.__setattr__(made, field.name, given.get(field.name, field.default))
    return made

def totals(count=1, total=TOTAL, **more):
    return Totals(count, total, **more)

def records(documents):
    yield BillStarted(0, bill())
    yield Charged(0, charge())
    yield BillEnded(0, totals())

def recognised(document):
    return Recognition() if document.head(len(MARK)) == MARK else None

@attrs.frozen
class Stranger:
    name: str = "stranger"
    version: str = "1"
    states_total: bool = True
    overlapping: bool = False

    def identify(self, document):
        return recognised(document)

    def extract(self, documents):
        return records(documents)

@hookimpl
def importers():
    return (Stranger(),)
"""


@attrs.frozen
class Stranger:
    """An extension with a bug: its code after the honest parts, and the codes that its file may be refused under."""

    title: str
    code: str
    refused: tuple[str, ...]
    found: str = ""

    def source(self, mark: bytes, site: str) -> str:
        """The file's content. The extension claims files that begin with `mark`; `site` is the folder it attacks."""
        return _HONEST.replace("{mark!r}", repr(mark)).replace("{site!r}", repr(site)) + self.code


def of_many(strangers: Iterable[Stranger], mark: bytes, site: str) -> str:
    """One extension that behaves as the stranger whose title stands in the file's second line."""
    codes = {stranger.title: stranger.code for stranger in strangers}
    return (
        Stranger("", "", ()).source(mark, site)
        + f"""
CODES = {codes!r}

def named(function, document):
    title = document.read().decode().splitlines()[1]
    space = dict(globals())
    space.update(recognised=honest, records=None)
    exec(CODES[title], space)
    return space[function]

honest = recognised

def recognised(document):
    return honest(document) and named("recognised", document)(document)

def records(documents):
    return named("records", documents[0])(documents)
"""
    )


def _records(body: str) -> str:
    lines = "\n".join("    " + line for line in body.strip().splitlines())
    return f"\ndef records(documents):\n{lines}\n"


_START = "yield BillStarted(0, bill())\n"
_END = "\nyield BillEnded(0, totals())"


def _charged(columns: str) -> str:
    return _records(f"{_START}yield Charged(0, columns({columns})){_END}")


def _ended(totals: str) -> str:
    return _records(f"{_START}yield Charged(0, charge())\nyield BillEnded(0, {totals})")


_BEYOND = """
yield BillStarted(0, bill())
for _ in range(2000):
    yield Charged(0, columns(exact='90071992547409'))
    yield Charged(0, columns(exact='-90071992547409'))
yield Charged(0, charge())
yield BillEnded(0, totals(4001))
"""
_BROKEN = ("plugin-garbled", "input-refused", "not-a-number", "not-a-date", "not-text", "miscounted", "plugin-error")

#: Who misbehaves as a process.
PROCESSES = (
    Stranger("hangs", _records(_START + "time.sleep(3600)"), ("plugin-hung",)),
    Stranger("computes for ever", _records(_START + "while True: pass"), ("plugin-hung",)),
    Stranger(
        "hangs while it is asked",
        "\ndef recognised(document):\n    if document.head(9) == MARK: time.sleep(99)\n",
        ("plugin-hung",),
    ),
    Stranger("crashes", _records(_START + "os.kill(os.getpid(), signal.SIGSEGV)"), ("plugin-crashed",)),
    Stranger("leaves at once", _records(f"{_START}yield Charged(0, charge()){_END}\nos._exit(0)"), ("plugin-no-end",)),
    Stranger("leaves with a code", _records(_START + "os._exit(7)"), ("plugin-exited",)),
    Stranger("exits politely", _records(_START + "sys.exit(0)"), ("plugin-error",), "SystemExit"),
    Stranger("forks", _records(_START + "os.fork()"), ("plugin-error",), "PermissionError"),
    Stranger(
        "eats memory", _records(_START + "kept = [bytearray(1 << 22) for _ in iter(int, 1)]"), ("plugin-out-of-memory",)
    ),
    Stranger(
        "floods the output",
        _records(_START + "while True: yield Charged(0, columns(text='x' * 60_000))"),
        ("plugin-flooded", "plugin-hung", "input-refused"),
    ),
    Stranger("opens a socket", _records(_START + "socket.socket()"), ("plugin-error",), "PermissionError"),
    Stranger(
        "opens the ledger", _records(_START + "open(SITE + '/ledger.db', 'r+b')"), ("plugin-error",), "PermissionError"
    ),
    Stranger(
        "reads the keys",
        _records(_START + "open(SITE + '/services/service-intake.key')"),
        ("plugin-error",),
        "PermissionError",
    ),
    Stranger(
        "writes its input",
        _records(_START + "documents[0].path.write_bytes(b'')"),
        ("plugin-error",),
        "PermissionError",
    ),
    Stranger("raises", _records(_START + "1 / 0"), ("plugin-error",), "ZeroDivisionError"),
    Stranger(
        "raises while it is asked",
        "\ndef recognised(document):\n    raise KeyError('no')\n",
        ("plugin-error",),
        "KeyError",
    ),
    Stranger("raises while it is loaded", "\nraise OSError('no')\n", ("plugin-error",), "OSError"),
    Stranger("is no Python", "\nthis is no Python\n", ("plugin-error",), "SyntaxError"),
    Stranger("misspells its hook", "\n@hookimpl\ndef importer():\n    return ()\n", ("plugin-error",), "unknown hook"),
    Stranger("offers what is no importer", "\n@hookimpl\ndef importers():\n    return (1, None)\n", ("plugin-error",)),
    Stranger(
        "has a name of 2000 letters",
        "\n@hookimpl\ndef importers():\n    return (attrs.evolve(Stranger(), name='n' * 2000),)\n",
        ("plugin-garbled",),
    ),
    Stranger(
        "prints what is no frame",
        _records(_START + "os.write(3, b'garbage' * 100)"),
        ("plugin-garbled", "plugin-flooded"),
    ),
)

#: Who answers nonsense when asked.
ANSWERS = (
    Stranger("answers a word", "\ndef recognised(document):\n    return 'mine'\n", ("broken", "plugin-garbled")),
    Stranger("answers NUL", "\ndef recognised(document):\n    return Lookalike('a\\0', 'b')\n", ("plugin-garbled",)),
    Stranger(
        "answers at length",
        "\ndef recognised(document):\n    return Lookalike('a', 'b' * 10**6)\n",
        ("plugin-garbled",),
    ),
    Stranger(
        "names a part that is none",
        "\ndef recognised(document):\n    return Recognition('x', ('a', 'b'), 'g')\n",
        ("plugin-garbled",),
    ),
)

#: Who sends records that are none.
RECORDS = (
    Stranger("sends a number", _records("yield 5"), _BROKEN),
    Stranger("sends nothing", _records("return\nyield"), ("no-lines",)),
    Stranger(
        "sends no totals", _records(_START + "yield Charged(0, charge())"), ("plugin-garbled",), "without its totals"
    ),
    Stranger("charges before the bill", _records("yield Charged(0, charge())\n" + _START + _END), ("plugin-garbled",)),
    Stranger(
        "charges after the totals",
        _records(_START + "yield Charged(0, charge())" + _END + "\nyield Charged(0, charge())"),
        ("plugin-garbled",),
    ),
    Stranger("ends a bill twice", _records(_START + "yield Charged(0, charge())" + _END + _END), ("plugin-garbled",)),
    Stranger("jumps in its bills", _records("yield BillStarted(3, bill())"), ("plugin-garbled",), "bill 3"),
    Stranger("counts down", _records("yield BillStarted(-1, bill())"), ("plugin-garbled",)),
    Stranger("starts a bill twice", _records(_START + _START), ("plugin-garbled",)),
    Stranger(
        "sends ten million bills",
        _records(
            "for n in range(10**7):\n    yield BillStarted(n, bill(str(n)))\n    yield BillEnded(n, totals(0, None))"
        ),
        ("plugin-garbled",),
        "more than 20000 bills",
    ),
    Stranger("sends a bill of numbers", _records("yield BillStarted(0, attrs.evolve(bill(), vendor=5))"), _BROKEN),
    Stranger(
        "sends a day that is a text",
        _records("yield BillStarted(0, attrs.evolve(bill(), bill_date='2026-02-30'))"),
        _BROKEN,
    ),
    Stranger(
        "sends NUL in a head",
        _records("yield BillStarted(0, attrs.evolve(bill(), vendor='a\\0b'))\nyield Charged(0, charge())" + _END),
        _BROKEN,
    ),
    Stranger(
        "sends a lone surrogate",
        _records("yield BillStarted(0, attrs.evolve(bill(), vendor='a\\ud800b'))\nyield Charged(0, charge())" + _END),
        _BROKEN,
    ),
    Stranger(
        "sends a vendor of 10 MB",
        _records("yield BillStarted(0, attrs.evolve(bill(), vendor='v' * 10**7))\nyield Charged(0, charge())" + _END),
        _BROKEN,
    ),
    Stranger(
        "sends a currency that is none",
        _records("yield BillStarted(0, attrs.evolve(bill(), currency='dollars'))\nyield Charged(0, charge())" + _END),
        _BROKEN,
    ),
    Stranger("counts wrongly", _ended("totals(2)"), ("miscounted",), "counted 2 charges and gave 1"),
    Stranger("counts below nothing", _ended("totals(-1)"), ("miscounted",)),
    Stranger(
        "states another total", _ended("totals(1, attrs.evolve(TOTAL, stated=Decimal('5.01')))"), ("gap",), "gap 0.01"
    ),
    Stranger(
        "charges a float",
        _records(_START + "yield Charged(0, attrs.evolve(charge(), exact=5.0))" + _END),
        ("plugin-error",),
        "float 5.0",
    ),
    Stranger(
        "rates a float",
        _records(_START + "yield Charged(0, attrs.evolve(charge(), rate=5.0))" + _END),
        ("plugin-error",),
        "float 5.0",
    ),
    Stranger("states a float", _ended("totals(1, attrs.evolve(TOTAL, stated=5.0))"), _BROKEN),
    Stranger("states NaN", _ended("totals(1, attrs.evolve(TOTAL, stated=Decimal('NaN')))"), _BROKEN),
    Stranger("states infinity", _ended("totals(1, attrs.evolve(TOTAL, stated=Decimal('Infinity')))"), _BROKEN),
    Stranger("states 1e90", _ended("totals(1, attrs.evolve(TOTAL, stated=Decimal('1e90')))"), _BROKEN),
    Stranger(
        "places its total in no document",
        _ended("totals(1, attrs.evolve(TOTAL, locator=Locator('1', 0, 4, 7)))"),
        ("plugin-garbled",),
    ),
    Stranger(
        "speaks of lines that are none", _ended("totals(1, controls=(Control(TOTAL, LineSum(((1, 99),))),))"), _BROKEN
    ),
    Stranger("speaks of line 0", _ended("totals(1, controls=(Control(TOTAL, LineSum(((0, 0),))),))"), _BROKEN),
    Stranger(
        "counts lines in the envelope",
        _records("yield EnvelopeChecked((Control(TOTAL, LineSum(((1, 1),))),))"),
        _BROKEN,
    ),
    Stranger(
        "refuses with NUL", _records(_START + "yield BillRefused(0, Discrepancy('a', 'b\\0', 'c', 'd'))"), _BROKEN
    ),
    Stranger(
        "refuses a bill that never came",
        _records("yield BillRefused(4, Discrepancy('a', 'b', 'c', 'd'))"),
        ("plugin-garbled",),
    ),
    Stranger("sends a negative count", _charged("count=-1"), _BROKEN),
    Stranger("sends one batch for a billion", _charged("count=10**9"), _BROKEN),
    Stranger("sends true for one", _charged("count=True"), _BROKEN),
    Stranger("sends ragged columns", _charged("exact=['1', '2', '3']"), _BROKEN),
    Stranger("sends a float amount", _charged("exact=5.0"), _BROKEN),
    Stranger("sends no amount", _charged("exact=None"), _BROKEN),
    Stranger("sends NaN", _charged("exact='NaN'"), _BROKEN),
    Stranger("sends 1e99", _charged("exact='1e99'"), _BROKEN),
    Stranger("sends nested cells", _charged("exact=[['5']]"), _BROKEN),
    Stranger("sends a mapping for a kind", _charged("kind=[{'a': 1}]"), _BROKEN),
    Stranger("sends no kind", _charged("kind=None"), _BROKEN),
    Stranger("sends a kind that is none", _charged("kind='gift'"), _BROKEN),
    Stranger("sends a service that is a number", _charged("service=[5]"), _BROKEN),
    Stranger("sends NUL in a text", _charged("text=['a\\0']"), _BROKEN),
    Stranger("sends a text of 1 MB", _charged("text='t' * 10**6"), _BROKEN),
    Stranger("sends a day that is none", _charged("service_from='2026-02-30'"), _BROKEN),
    Stranger("sends a place before the file", _charged("start=-5"), _BROKEN),
    Stranger("sends a place in another file", _charged("document=1"), ("plugin-garbled",)),
    Stranger("sends a place beyond all files", _charged("end=2**60"), _BROKEN),
    Stranger(
        "adds up beyond what a ledger holds",
        _records(_BEYOND),
        _BROKEN,
    ),
)
