"""A load is a patch: it says what it adds, changes and ends, and records no more than it must."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_core.facts.reference import Reference, ReferenceRow
from tests.ledger_core.policy.sheets_as_text import rows_of
from tollbook.sheets.patch import Patch, preview

HEADER = "= services\nvendor|account|service|department|from|to\n"


def sheet(*rows: str) -> list[ReferenceRow]:
    """Rows as read from a file: fact 0."""
    return [attrs.evolve(row, fact=0) for row in rows_of(HEADER + "\n".join(rows))] if rows else []


def known(*loads: list[ReferenceRow]) -> Reference:
    return Reference(attrs.evolve(row, fact=fact) for fact, rows in enumerate(loads, 1) for row in rows)


def said(patch: Patch) -> dict[str, list[str]]:
    """A patch in a few words."""

    def row(one: ReferenceRow) -> str:
        return f"{one.key[-1]} {one.cell('department')} {one.cell('from')}..{one.cell('to')}".strip()

    words = {
        "added": [row(one) for one in patch.added],
        "changed": [f"{row(change.before)} -> {row(change.after)}" for change in patch.changed],
        "ended": [f"{row(end.row)} ends {end.last or 'never held'}" for end in patch.ended],
        "unchanged": [row(one) for one in patch.unchanged],
        "record": [f"{one.line} {row(one)}" for one in patch.record],
    }
    return {name: told for name, told in words.items() if told}


def test_a_first_load_adds() -> None:
    assert said(preview(Reference(), sheet("C|1|desk|police||"))) == {
        "added": ["desk police .."],
        "record": ["1 desk police .."],
    }


def test_the_same_sheet_again_records_nothing() -> None:
    rows = sheet("C|1|desk|police||", "C|1|pole|parks|2026-01-01|")
    assert said(preview(known(rows), rows)) == {"unchanged": ["desk police ..", "pole parks 2026-01-01.."]}


def test_a_new_owner_ends_the_old_one_the_day_before() -> None:
    before = known(sheet("C|1|desk|police|2026-01-01|", "C|1|pole|parks||"))
    assert said(preview(before, sheet("C|1|desk|water|2026-10-01|"))) == {
        "added": ["desk water 2026-10-01.."],
        "ended": ["desk police 2026-01-01.. ends 2026-09-30"],
        "record": ["1 desk water 2026-10-01.."],
    }


def test_a_row_is_ended_by_loading_it_with_a_last_day() -> None:
    before = known(sheet("C|1|desk|police|2026-01-01|"))
    assert said(preview(before, sheet("C|1|desk|police|2026-01-01|2026-06-30"))) == {
        "changed": ["desk police 2026-01-01.. -> desk police 2026-01-01..2026-06-30"],
        "ended": ["desk police 2026-01-01.. ends 2026-06-30"],
        "record": ["1 desk police 2026-01-01..2026-06-30"],
    }


def test_another_owner_for_the_same_days_changes_and_ends() -> None:
    assert said(preview(known(sheet("C|1|desk|police||")), sheet("C|1|desk|parks||"))) == {
        "changed": ["desk police .. -> desk parks .."],
        "ended": ["desk police .. ends never held"],
        "record": ["1 desk parks .."],
    }


def test_a_corrected_history_is_recorded_whole() -> None:
    """Were only the older owner recorded anew, it would be the latest recording and win over the newer one."""
    before = known(sheet("C|1|desk|police||", "C|1|desk|parks|2026-07-01|"))
    corrected = sheet("C|1|desk|water||", "C|1|desk|parks|2026-07-01|")
    assert said(preview(before, corrected)) == {
        "changed": ["desk police .. -> desk water .."],
        "ended": ["desk police .. ends never held"],
        "unchanged": ["desk parks 2026-07-01.."],
        "record": ["1 desk water ..", "2 desk parks 2026-07-01.."],
    }


def test_a_correction_that_overtakes_a_newer_owner_says_so() -> None:
    before = known(sheet("C|1|desk|police||", "C|1|desk|parks|2026-07-01|"))
    assert said(preview(before, sheet("C|1|desk|water||")))["ended"] == [
        "desk police .. ends never held",
        "desk parks 2026-07-01.. ends never held",
    ]


def test_a_rule_that_loses_a_department_is_recorded_whole() -> None:
    header = "= rules\nrule|priority|department|percent\n"
    before = known(rows_of(f"{header}r|1|police|50\nr|1|parks|50\ns|1|parks|100"))
    patch = preview(before, [attrs.evolve(row, fact=0) for row in rows_of(f"{header}r|1|police|100\ns|1|parks|100")])
    assert [(row.line, row.key[:2], row.value["percent"]) for row in patch.record] == [(1, ("r", "police"), "100")]
    assert [(end.row.key[1], end.last) for end in patch.ended] == [("parks", None), ("police", None)]


def test_a_rule_that_only_loses_a_department_is_noticed() -> None:
    header = "= rules\nrule|priority|department|object|percent\n"
    before = known(rows_of(f"{header}r|1|police|1|50\nr|1|police|2|50"))
    patch = preview(before, [attrs.evolve(row, fact=0) for row in rows_of(f"{header}r|1|police|1|50")])
    assert len(patch.record) == 1


@pytest.mark.parametrize("rows", [[], sheet("C|1|desk|police||")])
def test_what_a_sheet_does_not_mention_stays(rows: list[ReferenceRow]) -> None:
    before = known(sheet("C|1|pole|parks||"))
    assert preview(before, rows).ended == ()


owners = st.builds(
    lambda service, department, first, last: f"C|1|{service}|{department}|{first}|{last}",
    st.sampled_from(["desk", "pole"]),
    st.sampled_from(["police", "parks"]),
    st.sampled_from(["", "2026-03-01", "2026-06-01"]),
    st.sampled_from(["", "2026-09-30"]),
)
sheets = st.lists(owners, min_size=1, max_size=4, unique_by=lambda row: (row.split("|")[2], row.split("|")[4]))


@given(st.lists(sheets, max_size=3), sheets)
def test_after_a_load_its_versions_are_known_as_it_says_them(loads: list[list[str]], last: list[str]) -> None:
    """Recording a patch makes the sheet itself known, and loading the sheet again then changes nothing."""
    reference, rows = Reference(), list[ReferenceRow]()
    for fact, load in enumerate([*loads, last], 1):
        rows += [attrs.evolve(row, fact=fact) for row in preview(reference, sheet(*load)).record]
        reference = Reference(rows)
    again = preview(reference, sheet(*last))
    assert (again.added, again.changed, again.record) == ((), (), ())
