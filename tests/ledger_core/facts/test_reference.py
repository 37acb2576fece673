"""Reference data: for a date, the latest recorded version that covers it wins, and nothing recorded is ever lost."""

from datetime import date

import attrs
from hypothesis import given
from hypothesis import strategies as st

from ledger_core.facts.reference import Reference, ReferenceRow, key_text, read_reference, value_text
from ledger_core.facts.sheet import SHEETS, ColumnKind

SERVICE = ("Carrier", "1-2-3", "2065550100")


def day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def owner(recorded: tuple[int, int], first: str, last: str, department: str) -> ReferenceRow:
    return ReferenceRow(*recorded, "services", SERVICE, day(first), day(last), {"department": department})


def rule(recorded: tuple[int, int], department: str, percent: str, first: str = "2026-01-01") -> ReferenceRow:
    value = {"priority": "10", "percent": percent}
    return ReferenceRow(*recorded, "rules", ("cloud", department, ""), day(first), None, value)


def who(reference: Reference, on: str) -> str | None:
    row = reference.in_force("services", SERVICE, date.fromisoformat(on))
    return row.value["department"] if row else None


class TestReference:
    def test_both_ends_are_inclusive(self) -> None:
        reference = Reference([owner((1, 1), "2026-01-01", "2026-09-14", "police")])
        assert who(reference, "2025-12-31") is None
        assert who(reference, "2026-01-01") == "police"
        assert who(reference, "2026-09-14") == "police"
        assert who(reference, "2026-09-15") is None

    def test_of_two_open_rows_of_one_sheet_the_later_first_day_holds(self) -> None:
        rows = [owner((1, 2), "2026-09-15", "", "parks"), owner((1, 1), "", "", "police")]
        assert [who(Reference(rows), on) for on in ("1990-01-01", "2026-09-14", "2026-09-15")] == [
            "police",
            "police",
            "parks",
        ]

    def test_a_newer_load_wins_on_every_day_it_covers_and_on_no_other(self) -> None:
        rows = [owner((1, 1), "2026-01-01", "", "police"), owner((2, 1), "2026-03-01", "2026-03-31", "parks")]
        reference = Reference(rows)
        assert [who(reference, on) for on in ("2026-02-28", "2026-03-01", "2026-04-01")] == [
            "police",
            "parks",
            "police",
        ]

    def test_a_version_recorded_again_replaces_itself(self) -> None:
        """The same first day is the same version: an owner is ended by loading the row once more with a last day."""
        rows = [owner((1, 1), "2026-01-01", "", "police"), owner((2, 1), "2026-01-01", "2026-06-30", "police")]
        reference = Reference(rows)
        assert who(reference, "2026-07-01") is None
        assert [row.ref for row in reference.versions("services")] == ["2.1"]

    def test_what_was_known_earlier_is_had_by_handing_in_fewer_rows(self) -> None:
        rows = [owner((1, 1), "2026-01-01", "", "police"), owner((2, 1), "2026-01-01", "", "parks")]
        assert who(Reference(rows[:1]), "2026-05-05") == "police"
        assert who(Reference(rows), "2026-05-05") == "parks"

    def test_the_order_in_which_rows_are_handed_in_does_not_matter(self) -> None:
        rows = [owner((2, 1), "2026-01-01", "", "parks"), owner((1, 1), "2026-01-01", "", "police")]
        assert who(Reference(rows), "2026-05-05") == who(Reference(rows[::-1]), "2026-05-05") == "parks"

    def test_a_rule_is_replaced_as_a_whole(self) -> None:
        """Half of an old rule beside half of a new one would charge 150 percent."""
        old = [rule((1, 1), "police", "50"), rule((1, 2), "parks", "50")]
        reference = Reference([*old, rule((2, 1), "parks", "100")])
        on = date(2026, 2, 1)
        assert [(row.key[1], row.value["percent"]) for row in reference.all_in_force("rules", on)] == [("parks", "100")]
        assert reference.in_force("rules", ("cloud", "police", ""), on) is None
        parks = reference.in_force("rules", ("cloud", "parks", ""), on)
        assert parks is not None
        assert parks.ref == "2.1"

    def test_a_rule_from_a_later_day_leaves_the_older_one_until_then(self) -> None:
        rows = [rule((1, 1), "police", "100"), rule((2, 1), "parks", "100", "2026-07-01")]
        reference = Reference(rows)
        assert [row.key[1] for row in reference.all_in_force("rules", date(2026, 6, 30))] == ["police"]
        assert [row.key[1] for row in reference.all_in_force("rules", date(2026, 7, 1))] == ["parks"]
        assert [version[0].key[1] for version in reference.history("rules", ("cloud",))] == ["parks", "police"]

    def test_rows_are_found_by_any_cell(self) -> None:
        rows = [owner((1, 1), "2026-01-01", "2026-06-30", "police"), owner((1, 2), "2026-07-01", "", "parks")]
        reference = Reference(rows)
        assert [row.ref for row in reference.with_cell("services", "department", "parks")] == ["1.2"]
        assert [row.ref for row in reference.with_cell("services", "vendor", "Carrier")] == ["1.1", "1.2"]
        assert reference.with_cell("services", "department", "water") == ()

    def test_an_empty_reference_answers_nothing(self) -> None:
        empty = Reference()
        assert empty.in_force("services", SERVICE, date(2026, 1, 1)) is None
        assert empty.all_in_force("rules", date(2026, 1, 1)) == ()
        assert empty.versions("services") == ()
        assert not empty.holds("services")

    @given(
        st.lists(
            st.tuples(st.integers(1, 5), st.integers(1, 12), st.one_of(st.none(), st.integers(1, 12))), max_size=12
        ),
        st.integers(1, 12),
    )
    def test_the_winner_is_the_latest_recorded_version_that_covers_the_day(
        self, loads: list[tuple[int, int, int | None]], month: int
    ) -> None:
        """Said as a definition, without an index: last recording of each first day, then the latest that covers."""
        rows = [
            owner((fact, line), f"2026-{first:02d}-01", f"2026-{last:02d}-28" if last else "", f"{fact}.{line}")
            for line, (fact, first, last) in enumerate(loads, 1)
        ]
        last_recorded = {row.valid_from: row for row in sorted(rows, key=lambda row: (row.fact, row.line))}
        on = date(2026, month, 10)
        covering = [row for row in last_recorded.values() if row.covers(on)]
        expected = max(covering, key=lambda row: (row.fact, row.valid_from), default=None)
        assert Reference(rows).in_force("services", SERVICE, on) is expected


class TestReferenceRow:
    def test_a_row_reads_back_from_its_canonical_texts(self) -> None:
        row = ReferenceRow(7, 2, "services", SERVICE, day("2026-01-01"), None, {"department": "01770", "object": "é"})
        assert key_text(row) == '["Carrier","1-2-3","2065550100"]'
        assert value_text(row) == '[{"department":"01770","object":"é"}]'
        again = read_reference((7, 2), "services", key_text(row), (row.valid_from, None), value_text(row))
        assert attrs.asdict(again) == attrs.asdict(row)

    def test_cells_are_asked_by_header(self) -> None:
        row = owner((1, 1), "2026-01-01", "", "police")
        assert [row.cell(name) for name in SHEETS["services"].headers] == [*SERVICE, "police", "", "2026-01-01", ""]


class TestSheets:
    def test_every_key_is_made_of_headers_and_every_dated_sheet_has_both_ends(self) -> None:
        for sheet in SHEETS.values():
            assert set(sheet.key) <= set(sheet.headers)
            assert ("to" in sheet.headers) == sheet.dated
            assert sheet.group in {None, sheet.key[0]}
            assert len(set(sheet.headers)) == len(sheet.headers)

    def test_the_headers_are_those_of_the_public_contract(self) -> None:
        assert {name: ",".join(SHEETS[name].headers) for name in SHEETS if name in CONTRACT} == CONTRACT

    def test_a_choice_lists_its_choices_and_shows_one(self) -> None:
        for sheet in SHEETS.values():
            for column in sheet.columns:
                assert bool(column.choices) == (column.kind is ColumnKind.CHOICE)
                assert not column.choices or column.example in {"", *column.choices}


#: Renaming a header breaks every site's sheets, so they are spelled out once more here.
CONTRACT = {
    "departments": "department,name,fund,treatment,from,to",
    "chart": "fund,department,division,program,project,grant,activity,object,subobject,name,from,to",
    "vendor_accounts": "vendor,account,name,treatment,paid_by,paying_fund,cycle_day,terms_days,dispute_days,from,to",
    "services": "vendor,account,service,department,object,from,to",
    "rules": "rule,priority,from,to,vendor,account,service,kind,product,text,department,percent,object",
    "contracts": "vendor,account,product,rate,unit,from,to,contract",
    "budgets": "fiscal_year,department,object,service_class,amount",
    "people": "person,name,role,department,from,to",
    "agreements": "contract,vendor,account,title,term_months,notice_days,dispute_days,late_fees,from,to",
    "inventory": "vendor,account,service,kind,location,plan,contract,equipment,from,to",
    "orders": "order,vendor,account,service,action,product,amount,ordered,effective",
    "charge_codes": "vendor,product,class,from,to",
    "taxes": "tax,vendor,authority,jurisdiction,exempt,basis,rate,share,certificate,certificate_to,from,to",
    "holidays": "date,name",
    "legal_holds": "hold,vendor,account,first,last,reason,from,to",
    "waivers": "waiver,code,vendor,account,service,product,most,reason,from,to",
    "limits": "key,value,from,to",
}
