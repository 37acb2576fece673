"""Sending entries out: each by its one route, once; sent again the same bytes; what waits and what strays is said."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import attrs
import pytest

from ledger_core.contracts.exporter import ExportEntry, Route, safe_cell
from ledger_core.engine.closing import approve
from ledger_core.engine.exporting import export, export_again
from ledger_core.engine.ledger import person_content
from ledger_core.engine.reversal import reverse
from ledger_core.errors import LedgerRefused, TwoPeopleNeeded, Unknown, VerificationFailed
from ledger_core.facts import catalogue
from ledger_core.facts.body import POSTINGS
from ledger_core.policy.periods import Period
from ledger_core.projections.exports import Routed, Standing, routes
from ledger_core.signature import PersonalKey
from ledger_core.store.database import Database
from ledger_core.store.door import Draft
from ledger_core.store.rows import FewRows
from tests.ledger_core.books import MARIA, Books, books, charge
from tests.ledger_core.small_month import SmallMonth, small_month

AUGUST = Period(2026, 8)
OMAR = PersonalKey("omar", b"o" * 32)


@attrs.frozen
class Plain:
    """An exporter that writes a line an amount."""

    route: Route
    name: str = "plain"
    version: str = "1"
    suffix: str = ".txt"
    end: str = "\n"

    def write(self, batch: str, entries: Sequence[ExportEntry]) -> Iterable[bytes]:
        for entry in entries:
            for line in entry.lines:
                yield f"{batch} {entry.trace}:{line.line} {line.fund} {line.amount}{self.end}".encode()


JOURNAL, VOUCHERS = Plain(Route.JOURNAL), Plain(Route.VOUCHERS)


@pytest.fixture
def month(some_books: Books) -> SmallMonth:
    """The small month, charged back."""
    made = small_month(some_books)
    made.charge_back()
    return made


def known(month: SmallMonth) -> list[Routed]:
    with month.books.ledger.reading() as connection:
        return list(routes(connection))


class TestRoutes:
    def test_every_entry_has_exactly_one(self, month: SmallMonth) -> None:
        """What is owed goes to payables, everything else to the journal."""
        month.recode(3, "Police")
        assert [(routed.fact.content["entry"], routed.route) for routed in known(month)] == [
            ("bill", Route.VOUCHERS),
            ("bill", Route.VOUCHERS),
            *[("chargeback", Route.JOURNAL)] * 3,
            ("reclass", Route.JOURNAL),
        ]
        assert [routed.standing for routed in known(month)] == [*[Standing.WAITING] * 2, *[Standing.READY] * 4]
        month.books.certify(month.direct.bill)
        month.books.certify(month.bill)
        assert {routed.standing for routed in known(month)} == {Standing.READY}

    def test_a_bill_paid_by_card_owes_nothing_and_goes_to_the_journal(self, some_books: Books) -> None:
        some_books.load(
            "vendor_accounts",
            [{"vendor": "Union Tel", "account": "100-200", "treatment": "recover", "paid_by": "card"}],
        )
        bill = some_books.receive([charge("1.00")])
        assert [routed.route for routed in known(SmallMonth(some_books, bill, bill))] == [Route.JOURNAL]

    def test_a_reversal_goes_the_way_of_what_it_reverses(self, month: SmallMonth) -> None:
        """As a claim of the bill that takes back what left of it; what never left needs no taking back."""
        with month.books.ledger.acting(MARIA) as act:
            reverse(act, month.bill, "billed to the wrong city", month.books.folder / "spools")
        routed = known(month)
        assert [
            (one.route, one.standing) for one in routed if one.fact.sequence in {month.entry, month.books.size()}
        ] == [(Route.VOUCHERS, Standing.NOTHING)] * 2

    def test_an_entry_without_one_is_reported(self, month: SmallMonth) -> None:
        """Of a kind that nothing knows, as a later release might write."""
        with month.books.ledger.acting(MARIA) as act:
            rows = (
                (1, "6100", "cost", "001", "", "", "", "", "", "", "A", "actual", "USD", 5, "2026-08-31"),
                (2, "2130", "payable", "001", "", "", "", "", "", "", "A", "actual", "USD", -5, "2026-08-31"),
            )
            content = {"entry": "barter", "narrative": "two goats"}
            stray = act.record(
                Draft(catalogue.ENTRY_POSTED, "entry/barter/1", content, act.id, rows=(FewRows(POSTINGS, rows),))
            )
        done = export(month.books.ledger, JOURNAL, None, MARIA)
        assert [(routed.entry, routed.why) for routed in done.stray] == [
            (f"E{stray.sequence}", "nothing says how a barter entry leaves")
        ]
        assert done.export is not None
        assert stray.sequence not in done.export.fact.content["entries"]

    def test_the_memo_book_never_leaves(self, some_books: Books) -> None:
        """A bill that comes to nothing has zero buckets only."""
        some_books.receive([charge("0.00")])
        with some_books.ledger.reading() as connection:
            assert [routed.standing for routed in routes(connection)] == [Standing.NOTHING]


class TestABatch:
    def test_says_what_is_in_it_and_balances_in_every_fund(self, month: SmallMonth) -> None:
        """INV-65."""
        size = month.books.size()
        done = export(month.books.ledger, JOURNAL, AUGUST, MARIA)
        assert done.export is not None
        made = done.export
        content = made.fact.content
        assert (made.fact.key, made.name) == ("export/journal/J0001", "plain-J0001.txt")
        assert content["sha256"] == hashlib.sha256(made.content).hexdigest()
        assert content["lines"] == made.content.count(b"\n") == 12
        assert content["head"]["size"] == size
        assert all(row["debit"] == row["credit"] for row in content["funds"])
        assert [row["fund"] for row in content["funds"]] == ["001", "410", "520"]
        assert made.sidecar["again"] is False

    def test_leaves_once(self, month: SmallMonth) -> None:
        """INV-66."""
        export(month.books.ledger, JOURNAL, None, MARIA)
        size = month.books.size()
        assert export(month.books.ledger, JOURNAL, None, MARIA).export is None
        assert month.books.size() == size
        assert {routed.batch for routed in known(month)} == {"", "J0001"}

    def test_holds_only_what_is_new(self, month: SmallMonth) -> None:
        export(month.books.ledger, JOURNAL, None, MARIA)
        moved = month.recode(3, "Police")
        done = export(month.books.ledger, JOURNAL, None, MARIA)
        assert done.export is not None
        assert (done.export.batch, done.export.fact.content["entries"]) == ("J0002", [moved.sequence])

    def test_of_another_month_is_empty(self, month: SmallMonth) -> None:
        assert export(month.books.ledger, JOURNAL, Period(2026, 7), MARIA).export is None

    def test_again_is_the_same_bytes_and_marked(self, month: SmallMonth) -> None:
        """INV-66: also after the books have moved on."""
        first = export(month.books.ledger, JOURNAL, None, MARIA).export
        month.late_bill()
        month.charge_back()
        again = export_again(month.books.ledger, JOURNAL, "J0001")
        assert first is not None
        assert (again.content, again.name, again.again) == (first.content, first.name, True)
        assert again.sidecar == first.sidecar | {"again": True}

    def test_again_by_another_hand_is_refused(self, month: SmallMonth) -> None:
        export(month.books.ledger, JOURNAL, None, MARIA)
        with pytest.raises(LedgerRefused, match="plain 1 wrote it, not plain 2"):
            export_again(month.books.ledger, attrs.evolve(JOURNAL, version="2"), "J0001")
        with pytest.raises(VerificationFailed, match="its bytes are not those that were sent"):
            export_again(month.books.ledger, attrs.evolve(JOURNAL, end="\r\n"), "J0001")
        with pytest.raises(Unknown, match="no journal batch of that name"):
            export_again(month.books.ledger, JOURNAL, "J0002")


class TestVouchers:
    def test_a_voucher_s_lines_sum_to_what_is_owed(self, month: SmallMonth) -> None:
        """The payable is the voucher itself; its lines are what it bought."""
        seen: list[ExportEntry] = []

        @attrs.frozen
        class Looking(Plain):
            def write(self, batch: str, entries: Sequence[ExportEntry]) -> Iterable[bytes]:
                seen.extend(entries)
                return []

        month.books.certify()
        export(month.books.ledger, Looking(Route.VOUCHERS), None, MARIA)
        shared, direct = seen
        assert (shared.total, direct.total) == (10041, 2998)
        assert [sum(line.amount for line in entry.lines) for entry in seen] == [10041, 2998]
        assert (shared.vendor, shared.account, shared.number) == ("Union Tel", "100-200", "1")
        assert str(shared.due_date) == "2026-09-20"

    def test_a_bill_without_a_stated_total_waits_for_its_cover(self, some_books: Books) -> None:
        """A cloud cost export posts, and is not payable before a person typed the total from the paper."""
        bill = without_total(some_books)
        done = export(some_books.ledger, VOUCHERS, None, MARIA)
        assert done.export is None
        assert [routed.why for routed in done.waiting] == [
            f"it states no total: enter its cover: `tollbook cover {bill}` with the paper's total"
        ]
        cover(some_books, bill)
        some_books.certify(bill)
        covered = export(some_books.ledger, VOUCHERS, None, MARIA)
        assert covered.waiting == ()
        assert covered.export is not None

    def test_two_people_enter_a_cover_and_certify_it(self, database: Database, tmp_path: Path) -> None:
        made = books(database, tmp_path, one_person=False)
        made.record(
            catalogue.PERSON_ENROLLED, "person/omar", {"people": [person_content("omar", OMAR.public, ("accountant",))]}
        )
        bill = without_total(made)
        cover(made, bill)
        with pytest.raises(TwoPeopleNeeded, match="maria prepared it"):
            made.certify(bill)
        made.certify(bill, by=OMAR)
        assert export(made.ledger, VOUCHERS, None, MARIA).export is not None

    def test_two_people_charge_back_and_approve(self, database: Database, tmp_path: Path) -> None:
        """INV-42: on a site of several people a chargeback leaves only approved."""
        made = books(database, tmp_path, one_person=False)
        made.record(
            catalogue.PERSON_ENROLLED, "person/omar", {"people": [person_content("omar", OMAR.public, ("accountant",))]}
        )
        small_month(made).charge_back()
        done = export(made.ledger, JOURNAL, None, MARIA)
        assert (done.export, {routed.why for routed in done.waiting}) == (None, {"a second person's approval"})
        approve(made.ledger, AUGUST, OMAR)
        approved = export(made.ledger, JOURNAL, None, MARIA).export
        assert approved is not None
        assert len(approved.fact.content["entries"]) == 3


@pytest.mark.parametrize(
    ("text", "cell"),
    [("=1+1", "'=1+1"), ("+1", "'+1"), ("-x", "'-x"), ("@a", "'@a"), (" =1", "'=1"), ("\t=1", "'=1"), ("a\nb", "a b"),
     ("plain", "plain"), ("", "")],
)  # fmt: skip
def test_no_cell_is_a_formula(text: str, cell: str) -> None:
    assert safe_cell(text) == cell


def without_total(made: Books) -> str:
    """A bill of a format that never states a total; its id."""
    from ledger_core.engine.reception import Origin, Reception
    from ledger_core.facts.bill import Bill, Totals
    from ledger_core.facts.charge import columns_of
    from ledger_core.store.spool import Spool
    from tests.ledger_core.books import ACCOUNT, INTAKE, VENDOR

    head = Bill(VENDOR, ACCOUNT, "USD", period_from=AUGUST.first_day, period_to=AUGUST.last_day)
    columns = columns_of([charge("3.50")])
    with Spool(made.folder / "cloud.db") as spool:
        origin = Origin((made.document(b"cloud", "cloud.csv"),), "cloud", "1", states_total=False, ordinal=1)
        reception = Reception(made.ledger, origin, head, spool)
        reception.feed(columns)
        return reception.conclude(Totals(1), lambda: [columns], INTAKE).bill


def cover(made: Books, bill: str) -> None:
    """Maria types the paper's total."""
    from decimal import Decimal

    from ledger_core.engine.cover import Paper, cover_posted
    from ledger_core.projections import bills

    with made.ledger.acting(MARIA) as act:
        posted = bills.named(act.connection, bill)
        assert posted is not None
        cover_posted(act, posted, Paper(Decimal("3.50"), number="INV-7"), "binder 3")
