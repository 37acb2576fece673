"""Reading the archive again: whether every bill in the books is what its documents still say, coded as known then.

What `verify --deep` adds to `verify`: the importer reads the archived bytes once more, the charges are coded by the
reference data that was known when they were posted, and the roots of the rows must be those in the log (INV-20,
INV-32). Bills that an older version of an importer read are left out, and said to be.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import attrs
from sqlalchemy import Connection

from ledger_core.engine.preparation import Preparation
from ledger_core.engine.reception import Received, preparing, read_head
from ledger_core.engine.tie_out import control_rows
from ledger_core.engine.usage import usage_rows
from ledger_core.engine.verification.difference import Difference
from ledger_core.errors import InputRefused
from ledger_core.facts import catalogue
from ledger_core.facts.bill import Figure, Totals
from ledger_core.facts.charge import Locator
from ledger_core.facts.fact import Body, Fact
from ledger_core.money import from_minor, parse_decimal
from ledger_core.policy.controls import Checked, check_totals
from ledger_core.policy.footing import footing_ref
from ledger_core.projections import reference
from ledger_core.store import log
from ledger_core.store.spool import Spool
from tollbook import extensions
from tollbook.archive import Archive
from tollbook.intake.batches import Batches
from tollbook.intake.confinement.errors import ConfinementUnavailable
from tollbook.intake.reading import Reading, Surroundings
from tollbook.intake.recognition import Reader, Recogniser
from tollbook.intake.worker import PluginFailed, Worker
from tollbook.reexamining import examined_again
from tollbook.site import Site

_RECOMPUTED = (
    "charges",
    "shares",
    "postings",
    "usage",
    "controls",
)  # particulars have salts of their own, and are checked by them


@attrs.define
class Rereading:
    """Reads the archive of a site again. A context manager: it holds the importers' process. `left_out` are bills
    that another version of their importer read."""

    site: Site
    left_out: list[str] = attrs.field(factory=list)
    _worker: Worker = attrs.field(factory=Worker, init=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, at: TracebackType | None
    ) -> None:
        self._worker.close()

    def differences(self, connection: Connection) -> Iterator[Difference]:
        """What differs between the books and their documents, bill by bill."""
        groups: dict[tuple[Received, ...], list[Fact]] = {}
        for fact in log.facts(connection, [catalogue.BILL_POSTED]):
            documents = tuple(Received(d["sha256"], d["name"], d["part"]) for d in fact.content["documents"])
            groups.setdefault(documents, []).append(fact)
        for documents, facts in groups.items():
            yield from self._read(connection, documents, facts)
        yield from examined_again(connection, extensions.checks())

    def _read(self, connection: Connection, documents: tuple[Received, ...], facts: list[Fact]) -> Iterator[Difference]:
        archive = Archive(self.site.path("archive"))
        paths = tuple(archive.path(document.sha256) for document in documents)
        try:
            reader = self._reader(documents[0], paths[0])
            facts = [fact for fact in facts if self._is_of(reader, fact)]
            if reader is None or not facts:
                return
            reading = Reading(self._around(), reader, documents, paths)
            for number, (_, _, batches, totals) in enumerate(reading.charges()):
                for fact in facts:
                    if fact.content["ordinal"] == number:
                        yield from self._compare(connection, fact, batches, totals)
        except (InputRefused, PluginFailed, ConfinementUnavailable, OSError) as refused:
            for fact in facts:
                yield Difference("bill", fact.content["bill"], "its documents, read again", "its charges", str(refused))

    def _reader(self, document: Received, path: Path) -> Reader | None:
        own = extensions.in_folder(self.site.path("extensions"))
        recogniser = Recogniser(self._worker, extensions.installed(), own, self.site.settings.allow_unconfined)
        return recogniser.recognise(document.name, str(path)).reader

    def _is_of(self, reader: Reader | None, fact: Fact) -> bool:
        same = reader is not None and [reader.importer, reader.version] == fact.content["importer"]
        if not same:
            self.left_out.append(fact.content["bill"])
        return same

    def _around(self) -> Surroundings:
        spools = self.site.path("spool")
        spools.mkdir(exist_ok=True)
        settings = self.site.settings
        return Surroundings(
            self.site.ledger(), self.site.intake(), spools, self._worker, allow_unconfined=settings.allow_unconfined
        )

    def _compare(
        self, connection: Connection, fact: Fact, batches: Batches, totals: Totals | None
    ) -> Iterator[Difference]:
        bill = fact.content["bill"]
        if totals is None:
            yield Difference("bill", bill, "its documents, read again", "a bill", "a bill that is refused")
            return
        found = self._again(connection, fact, batches, totals)
        found |= {rows.body.name: rows.commitment for rows in usage_rows(totals, bill)}
        for name in _RECOMPUTED:
            sealed = fact.body(name)
            if found.get(name) != sealed:
                yield Difference(
                    name, bill, f"fact {fact.sequence}, read again", _shown(sealed), _shown(found.get(name))
                )

    def _again(self, connection: Connection, fact: Fact, batches: Batches, totals: Totals) -> dict[str, Body]:
        """The bodies that the documents give now, coded as known then."""
        assert fact.effective is not None
        head = read_head(fact.content["head"])
        known = reference.known(connection, until=fact.based_on)
        opened = log.fact(connection, 1).content
        with Spool(self.site.path("spool") / f"{fact.content['bill']}.again") as spool:
            try:
                preparation = preparing(known, head, fact.effective, opened, fact.content["bill"], spool)
                for columns in batches():
                    preparation.feed(columns)
                tied = [rows.commitment for rows in control_rows(_checked(fact, preparation, totals))]
                _foot(preparation, fact)
                prepared = preparation.finish(from_minor(int(fact.content["total"]), head.currency), batches())
                bodies = [rows.commitment for rows in spool.sealed(attached=False)]
                bodies += tied
            finally:
                spool.discard()
        if prepared.postings.rows:
            bodies.append(prepared.postings.commitment)
        return {body.name: body for body in bodies}


def _foot(preparation: Preparation, fact: Fact) -> None:
    """The footing difference that two people accepted is no line of the document: it is known from the fact."""
    footing = fact.content.get("footing")
    if footing is not None and footing["line"] is not None:
        at = Locator(**fact.content["controls"][0]["locator"])
        preparation.foot(parse_decimal(footing["amount"]), at, footing_ref(footing["accepted"]))


def _checked(fact: Fact, preparation: Preparation, totals: Totals) -> Collection[Checked]:
    """The controls of the bill again; a total that only a cover states is the one that was recorded."""
    own = fact.content["controls"][0]
    if totals.total is None and own["stated"] is not None:
        at = Locator(**own["locator"])
        totals = attrs.evolve(totals, total=Figure(own["name"], own["scope"], parse_decimal(own["stated"]), at))
    return check_totals(
        totals, preparation.charges, preparation.exact_total, preparation.sum_of_lines, preparation.slack
    )


def _shown(body: Body | None) -> str:
    return "nothing" if body is None else f"{body.count} rows, root {body.root}"
