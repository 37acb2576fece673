"""Every kind of fact has a page, a reading and an example whose bytes are frozen; what is recorded looks like it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from ledger_core.engine import chargeback, closing, decision, enrolment, exporting, recoding, seconding
from ledger_core.engine.cover import Paper, enter_cover
from ledger_core.engine.crediting import home
from ledger_core.engine.destruction import Destruction, destroy
from ledger_core.engine.disputing import Advance, Claim, advance, credited, open_dispute
from ledger_core.engine.examining import Examiner
from ledger_core.engine.footing import accept_gap
from ledger_core.engine.holding import Portion
from ledger_core.engine.ledger import Act
from ledger_core.engine.loading import Source, load
from ledger_core.engine.paying import Payment
from ledger_core.engine.reception import Judged
from ledger_core.engine.retention import Schedule, order
from ledger_core.engine.reversal import reverse
from ledger_core.engine.seconding import Came
from ledger_core.facts import catalogue
from ledger_core.facts.body import FORMATS
from ledger_core.facts.catalogue import CATALOGUE
from ledger_core.facts.charge import ChargeKind
from ledger_core.facts.fact import Actor, Body, Fact, digest_of
from ledger_core.facts.reference import ReferenceRow
from ledger_core.policy.disputes import Step
from ledger_core.policy.periods import parse_period
from ledger_core.projections.exceptions import DOCUMENT, SUSPENSE, open_exceptions
from ledger_core.projections.prepared import prepared_of
from ledger_core.signature import PersonalKey
from ledger_core.store import log
from ledger_core.store.database import Database
from plugins.ap_voucher_csv import VoucherCsv
from plugins.checks import BUILT_IN
from plugins.journal_csv import JournalCsv
from tests.house.fact_examples import EXAMPLES
from tests.ledger_core.books import ACCOUNT, MARIA, VENDOR, Books, books, charge, owned
from tollbook.cli.asked import Asked
from tollbook.sheets.patch import preview

_KINDS = {name: kind for name, kind in vars(catalogue).items() if isinstance(kind, str) and kind in CATALOGUE}
_CASES = [(kind, number) for kind, found in EXAMPLES.items() for number in range(len(found))]
#: The digest of each example, as a fact of its own. A new one means a new version of the kind.
_DIGESTS: dict[tuple[str, int], str] = {
    ("ledger-opened", 0): "64e6b19016e6c589de895bb9b45b1117ce1f5c8adab7aafeace84a3da6af8bc2",
    ("person-enrolled", 0): "389d748272d20c5302f195c688bad06206d077eb08558b69cc55415fd6710d5d",
    ("key-withdrawn", 0): "990056dbe5f462d016c203f832183f014d2658ec6f485ccd36984a9600b08038",
    ("document-received", 0): "db308fd0c450e341def7ddb42a400a783f9b43affbf3f156437fa1575d1a4768",
    ("document-received", 1): "bf03dff45f32baf067ea6ab9d21900bc99a483e6d621946b150f79096b8857d4",
    ("document-refused", 0): "23ee7effa5652209c318a5e47bf96b44d79c8119076089e6aa252eb713848d0f",
    ("document-released", 0): "1602fecc9476a55a12c0fcee621992d7414322e8b3d7e299b33e6bbf276a75af",
    ("bill-posted", 0): "ee3886505e243c4f64f00aab6fdea9b8d07cc494d4bfe46ff693a7455a180bbc",
    ("entry-posted", 0): "3233b5a7dd26f64a1ebc9682b945058b15212d9ae6121944b957e5ddd26b2934",
    ("entry-posted", 1): "00cc53a6bb79d794b7d685cb5cd5d985d3faa11725cd231cfea22933c2784627",
    ("entry-posted", 2): "0467708c50d9bddb90456bc004d519be88abec7f9ec0e027dd7d41126a5f2243",
    ("entry-posted", 3): "1e6e4251885a94ceda374ebd3c7b2c55822c6c3f5d4bf652afba7237eb40e5f1",
    ("entry-posted", 4): "477e2ea876e5e1e784e0f6f102ecd9104bfdf7e1a64ae3460623a487b1808787",
    ("entry-posted", 5): "4c976f6f25c220153be64da6f4fbd783d627bd84a5bf04c8e730ed01528216cb",
    ("reference-loaded", 0): "f845167190da1c2faffbf9a5131436c27defc873196b66e354c71d326124f4c4",
    ("period-closed", 0): "a7f2eca44ecbb047e3bcf0bcc12165082f031e13c3a7f25814f7ec19e504b9d7",
    ("period-reopened", 0): "3c39e0fc04a12ce0897f76b5688bc89f12d8cf87f66b5c680842aed8b3d0f60a",
    ("cover-entered", 0): "de1f79323e079e871972fd07b45cf17b93da272a385df93c0cff850c22ed963e",
    ("bill-checked", 0): "f079d13de13d4fdd123add096f3840e723682979b8b9e104107e8338b89cfee4",
    ("exception-decided", 0): "3a0befe5763b25eeb5ae6a9b9a97cd49f75f90d3f1aeaa951d7ce50be729f31b",
    ("decision-prepared", 0): "c735df2a3bd60622ea3d0ee970d29b2eae40dc96b33694067132ba2c423d4810",
    ("preparation-ended", 0): "93cfaeeaa9baeffaed7aaf346a0854425d13f10385d04de8e12f33e365890520",
    ("credit-matched", 0): "649c9ae5f9929b6d841ccd0d8d4022f73bb2b6fbbcf508338d142d3dc4234c9f",
    ("act-approved", 0): "31c167ca51df71bb875a15c0f6b01edba9439d4cc4491ef3e3623f3f099eaecc",
    ("dispute-opened", 0): "258e72d98194a1d6f168e93b033764a13086cda7ef8b581d1c342c963bdf0bae",
    ("dispute-advanced", 0): "f61a7da66e2e10e131f0e287891914e4d63a5453c3fd1c242e0dc923e93582c7",
    ("claim-certified", 0): "c49b17f837b67c932833da1fd17797c2073a3d71b0391549ca19b9ab743f5b84",
    ("payments-loaded", 0): "90c038d07dbd7fc454c94a1a32fe4be11d57c79bacc288b1136b6dadeac85125",
    ("gap-accepted", 0): "205ab604565721164c9665f21dce94903a1b44dbdfba6108de18039235da4196",
    ("export-made", 0): "7f41db78efd1154a535df552a9b494a4510331e50b62d9626c9dcaabc2e828b0",
    ("export-made", 1): "3e49cabe6f71b59a4a5cba73466fbd1e253b712a618cc324de55e4e9298151db",
    ("destruction-ordered", 0): "865b216aa254c07a3cdc090f4a63eed9e3604b1629ba1e85b4e43ecec3e4baa0",
    ("particulars-destroyed", 0): "990be6a243fbcd837957f134aa0cc963f7450db059061cf4f4b919aebad996a7",
}


#: Bodies that came to a kind later and that a fact only carries where it has any: facts without stay as they were.
_LATER = {"usage", "controls"}


def _fact(kind: str, number: int, later: frozenset[str] = frozenset()) -> Fact:
    declared = CATALOGUE[kind]
    carried = [name for name in declared.bodies if name not in _LATER or name in later]
    return Fact(
        site="harbor",
        sequence=7,
        kind=kind,
        key=declared.key,
        act="A7",
        actor=Actor("maria", "d2a28ec8581826fbe75abecacc30a0b7"),
        based_on=5,
        recorded=datetime(2026, 9, 3, 8, 15, 30, tzinfo=UTC),
        effective=date(2026, 8, 28) if "postings" in declared.bodies else None,
        content=EXAMPLES[kind][number],
        bodies=tuple(Body(name, FORMATS[name].format, 2, "ab" * 32) for name in carried),
        version=declared.version,
    )


def test_the_catalogue_names_bodies_and_readings_that_exist() -> None:
    for kind in CATALOGUE.values():
        assert set(kind.bodies) <= set(FORMATS)
        assert kind.readings, f"nobody reads {kind.name}"
        assert kind.recorded_by


def test_examples_are_of_kinds_in_the_catalogue() -> None:
    assert set(EXAMPLES) <= set(CATALOGUE)
    assert set(_DIGESTS) == set(_CASES)


@pytest.mark.parametrize(("kind", "number"), _CASES)
def test_the_bytes_of_an_example_never_change(kind: str, number: int) -> None:
    assert digest_of(_fact(kind, number).written()).hex() == _DIGESTS[kind, number]


def test_the_bytes_of_a_bill_that_says_what_was_used_never_change() -> None:
    written = _fact(catalogue.BILL_POSTED, 0, frozenset({"usage"})).written()
    assert written.endswith(b'["usage","usage-v1",2,"' + b"ab" * 32 + b'"]]]')
    assert digest_of(written).hex() == "5bb54830180c37d21ac674624604026c2eb74a3c7d5f2ed7fd65c796c51f360a"


def test_every_kind_that_the_code_records_has_an_example(repository: Path) -> None:
    recorded = {_KINDS[name] for name in _drafted(repository)}
    assert recorded == set(EXAMPLES)


def _drafted(root: Path) -> Iterator[str]:
    """The names of catalogue kinds that stand in a call of Draft, or of a function of this name that ends in one."""
    for package in ("ledger_core", "tollbook"):
        for path in sorted((root / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"Draft", "_record"}:
                    arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
                    yield from (one.attr for one in arguments if isinstance(one, ast.Attribute) and one.attr in _KINDS)


# --- what is recorded ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> list[Fact]:
    """The log of a month in which nearly everything happens."""
    folder = tmp_path_factory.mktemp("everything")
    kept = books(Database(folder / "ledger.db"), folder)
    owned(kept)
    accounts = ("cost", "payable", "suspense", "revenue", "due_from", "due_to", "retained")
    kept.load("account_roles", [{"role": role, "account": role} for role in accounts])
    august, kim = parse_period("2026-08"), PersonalKey("kim", b"k" * 32)
    kept.document(b"half a bill", "half.csv")
    first = kept.receive([charge("29.95"), charge("12.00", "2065550199", line=2)])
    back = charge("-7.00", "2065550198", line=3, kind=ChargeKind.CREDIT)
    second = kept.receive([charge("5.00"), charge("7.00", "2065550198", line=2), back], number="2")
    assert first.fact is not None
    home(kept.ledger, second.bill, MARIA, folder)
    Examiner(kept.ledger, MARIA, BUILT_IN).examine([first.fact.sequence])
    with kept.ledger.acting(MARIA) as act:
        enrolment.enrol(act, "kim", kim.public, ("accountant",))
        code = recoding.Recoding((recoding.Selection(first.bill, ((2, 2),)),), (recoding.Target("Parks", "5420"),))
        recoding.recode(act, code, "Parks uses it", folder)
        row = ReferenceRow(0, 1, "codes", (VENDOR, "", "CC1"), None, None, {"department": "Parks"})
        load(act, Source("codes", "codes.csv", "ab" * 32), lambda known: preview(known, [row]))
        enter_cover(act, "B-0011223344556677-0", "ab" * 32, Paper(Decimal("41.95")), "Paper in folder 12")
        order(act, Schedule(date(2026, 8, 29), "GS2010-081", "Retention has ended"), date(2026, 9, 1))
        destroy(act, Destruction(first.fact.sequence, "GS2010-081", "Retention has ended"))
    with kept.ledger.acting(MARIA) as act:
        queue = open_exceptions(act.connection)
        suspense = [item.item for item in queue if item.kind == SUSPENSE]
        decision.assign(act, suspense, "kim", "She knows the contract")
        decision.accept(act, [item.item for item in queue if item.kind == DOCUMENT], "Sent by mistake")
        _dispute(act, first, second, folder)
    _prepare(kept, kim, f"{first.bill}:1", *suspense)
    chargeback.charge_back(kept.ledger, august, MARIA)
    closing.approve(kept.ledger, august, MARIA)
    assert exporting.export(kept.ledger, JournalCsv(), august, MARIA).export is not None
    _pay(kept)
    closing.close(kept.ledger, august, MARIA)
    closing.reopen(kept.ledger, august, "A late bill", MARIA)
    with kept.ledger.acting(MARIA) as act:
        reverse(act, second.bill, "The vendor corrected it", folder)
        enrolment.withdraw(act, "kim", "Kim has left")
    with kept.ledger.reading() as connection:
        return list(log.facts(connection))


def _prepare(kept: Books, by: PersonalKey, charge_: str, *items: str) -> None:
    """A hold that maria prepares and another takes."""
    asked, came = Asked("hold", "The contract says 25.00", (charge_,)), Came(1, 2995, items)
    with kept.ledger.acting(MARIA) as act:
        name = f"P{seconding.prepare(act, asked.decision, asked.arguments(), asked.reason, came).sequence}"
    with kept.ledger.acting(by) as act:
        seconding.second(act, prepared_of(act.connection, name), lambda _: came)


def _pay(kept: Books) -> None:
    """A gap accepted by one person; claims certified, sent and paid, with one row that names no bill."""
    off = kept.receive([charge("5.00")], number="off", stated="5.01")
    kept.load("limits", [{"key": "gap", "value": "0.01"}])
    with kept.ledger.acting(MARIA) as act:
        accept_gap(act, off, "The vendor rounds its tax once more")
    kept.certify()
    assert exporting.export(kept.ledger, VoucherCsv(), parse_period("2026-08"), MARIA).export is not None
    wanted = Payment(2, VENDOR, ACCOUNT, "1", 2995, date(2026, 9, 14), "warrant", "W-1")
    kept.pay(wanted, attrs.evolve(wanted, number="none", row=3))


def _dispute(act: Act, first: Judged, second: Judged, folder: Path) -> None:
    """A part of a charge withheld, credited in part, and lost for the rest."""
    assert second.fact is not None
    lines = (Portion.of(first.bill, 1, 1000),)
    dispute = open_dispute(act, Claim(lines, date(2026, 9, 1)), "The contract says 19.95", folder)[0].dispute
    advance(act, dispute, Advance(Step.NOTICED, date(2026, 9, 1), method="letter"), "As the contract asks", folder)
    credited(act, dispute, (second.fact.sequence, 1), 400, spools=folder)
    advance(act, dispute, Advance(Step.REFUSED, date(2026, 9, 1)), "The vendor showed the order", folder)


def test_what_is_recorded_looks_like_its_example(recorded: list[Fact]) -> None:
    """The same keys in the same order, with values of the same kind."""
    seen = set()
    for fact in recorded:
        if fact.content.keys() == {"sheet"}:
            continue  # the test's own short way of loading a sheet
        matching = [one for one in EXAMPLES[fact.kind] if _alike(fact.content, one)]
        assert matching, f"{fact.kind} has another content: {fact.content}"
        seen.add(fact.kind)
        declared = CATALOGUE[fact.kind]
        assert {body.name for body in fact.bodies} <= set(declared.bodies)
    assert seen == set(EXAMPLES) - {catalogue.DOCUMENT_REFUSED}


def _alike(found: Any, example: Any) -> bool:
    if found is None or example is None:
        return True
    if isinstance(example, Mapping):
        return list(found) == list(example) and all(_alike(found[key], example[key]) for key in example)
    if isinstance(example, list):
        return isinstance(found, list) and (not found or not example or _alike(found[0], example[0]))
    return type(found) is type(example)
