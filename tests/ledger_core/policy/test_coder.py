"""Coding on arrival: owner, printed code, rule, suspense, in that order, each with the row that decided."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_core.facts.bill import Bill
from ledger_core.facts.charge import ChargeColumns
from ledger_core.facts.chart import parse_template
from ledger_core.facts.reference import Reference
from ledger_core.policy.buckets import default_fund
from ledger_core.policy.coder import Coder
from ledger_core.policy.coding import Coding
from tests.ledger_core.policy.sheets_as_text import reference_of, rows_of

BILL = Bill(
    "Carrier", "1-2-3", "USD", bill_date=date(2026, 10, 2), period_from=date(2026, 9, 1), period_to=date(2026, 9, 30)
)
CITY = """
    = departments
    department | name   | fund | treatment | from       | to
    police     | Police | 001  |           | 2020-01-01 |
    parks      | Parks  | 001  |           | 2020-01-01 |
    water      | Water  | 410  |           | 2020-01-01 |
    arena      | Arena  | 001  |           | 2020-01-01 | 2026-08-31
    it         | IT     | 520  | retain    | 2020-01-01 |
    = services
    vendor  | account | service | department | object | from       | to
    Carrier | 1-2-3   | desk    | police     | 42     |            |
    Carrier | 1-2-3   | moved   | police     | 42     | 2026-01-01 | 2026-09-14
    Carrier | 1-2-3   | moved   | parks      | 42     | 2026-09-15 |
    Carrier | 1-2-3   | gone    | arena      | 42     | 2026-01-01 |
    Carrier | 1-2-3   | lost    | nobody     | 42     |            |
    Carrier | 1-2-3   | it-own  | it         | 42     |            |
    Carrier | 1-2-3   | late    | water      | 42     | 2026-09-21 |
    Carrier | 1-2-3   |         | water      | 49     |            |
            |         | roaming | parks      | 42     |            |
    = codes
    vendor  | account | code | department | object
    Carrier |         | W1   | water      | 42
    Carrier | 1-2-3   | P1   | parks      | 43
    Carrier | 1-2-3   | OLD  | arena      | 42
    = rules
    rule  |priority|vendor |account|service|kind|product|text   |department|percent|object|from      |to
    trunks|20      |Carrier|       |trunk-*|    |       |       |police    |60     |42    |          |
    trunks|20      |Carrier|       |trunk-*|    |       |       |water     |40     |42    |          |
    first |10      |Carrier|       |trunk-1|    |       |       |parks     |100    |42    |          |
    taxes |30      |       |       |       |tax |       |       |water     |100    |44    |2026-09-01|2026-09-30
    below |30      |       |sub-7  |       |    |       |       |police    |100    |45    |          |
    words |40      |       |       |       |    |       |Pool.*K|parks     |100    |46    |          |
    other |1       |Nobody |       |       |    |       |       |parks     |100    |47    |          |
"""


def columns(*charges: dict[str, Any]) -> ChargeColumns:
    """A batch of charges that show these things and nothing else."""
    names = ("service", "service_kind", "sub_account", "product", "customer_code", "text")
    dates = ("service_from", "service_to", "timing")
    return ChargeColumns(
        count=len(charges),
        place=[str(number) for number in range(len(charges))],
        start=0,
        end=1,
        kind=[charge.get("kind", "recurring") for charge in charges],
        exact=["1.00"] * len(charges),
        **{name: [charge.get(name, "") for charge in charges] for name in names},
        **{name: [charge.get(name) for charge in charges] for name in dates},
    )


def coder(reference: Reference, head: Bill = BILL, **options: Any) -> Coder:
    return Coder(reference, head, date(2026, 10, 5), "520", **options)


def code(sheets: str = CITY, head: Bill = BILL, **charge: Any) -> Coding:
    return coder(reference_of(sheets), head).code_batch(columns(charge))[0]


def who(coding: Coding) -> str:
    """The coding in a few words."""
    return " ".join([coding.reason, *(f"{b.department or '?'}/{b.object}={w}" for b, w in coding.parts)])


class TestOrder:
    @pytest.mark.parametrize(
        ("charge", "expected"),
        [
            ({"service": "desk"}, "owner police/42=1"),
            ({"service": "desk", "customer_code": "W1"}, "owner police/42=1"),
            ({"service": "new", "customer_code": "W1"}, "code water/42=1"),
            ({"service": "new", "customer_code": "P1", "kind": "tax"}, "code parks/43=1"),
            ({"service": "new", "customer_code": "X9", "kind": "tax"}, "rule water/44=1"),
            ({"service": "trunk-1"}, "rule parks/42=1"),
            ({"service": "trunk-2"}, "split police/42=3/5 water/42=2/5"),
            ({"service": "new", "sub_account": "sub-7"}, "rule police/45=1"),
            ({"service": "new", "text": "to the pool.*kiosk"}, "rule parks/46=1"),
            ({"service": "new", "text": "whirlpool"}, "suspense ?/=1"),
            ({"service": "new"}, "suspense ?/=1"),
            ({"service": ""}, "owner water/49=1"),
            ({"service": "roaming"}, "owner parks/42=1"),
        ],
    )
    def test_owner_then_code_then_rule_then_suspense(self, charge: dict[str, Any], expected: str) -> None:
        assert who(code(**charge)) == expected

    def test_each_coding_names_the_row_that_decided(self) -> None:
        assert code(service="moved").ref == "3.3"
        assert code(service="new", customer_code="W1").ref == "4.1"
        split = code(service="trunk-2")
        assert (split.ref, split.refs) == ("5.1", ("5.1", "5.2"))
        assert code(service="new").ref == ""

    def test_an_empty_site_puts_everything_in_suspense(self) -> None:
        found = coder(Reference()).code_batch(columns({"service": "desk"}, {"customer_code": "W1", "kind": "tax"}))
        assert [who(coding) for coding in found] == ["suspense ?/=1"] * 2
        assert found[0] is found[1]

    def test_an_empty_batch_has_no_codings(self) -> None:
        assert coder(reference_of(CITY)).code_batch(columns()) == []

    def test_charges_coded_alike_share_one_object(self) -> None:
        found = coder(reference_of(CITY)).code_batch(columns(*[{"service": "desk"}, {"service": "trunk-2"}] * 3))
        assert len(set(map(id, found))) == 2


class TestCodingDate:
    def test_it_is_the_end_of_the_cycle(self) -> None:
        assert who(code(service="moved", service_to="2026-09-10")) == "owner parks/42=1"
        earlier = Bill("Carrier", "1-2-3", "USD", period_to=date(2026, 9, 14), bill_date=date(2026, 10, 2))
        assert who(code(head=earlier, service="moved")) == "owner police/42=1"

    def test_a_service_billed_in_arrears_belongs_to_the_owner_of_its_last_day(self) -> None:
        assert who(code(service="moved", service_to="2026-09-14", timing="arrears")) == "owner police/42=1"
        assert who(code(service="moved", service_to="2026-09-14", timing="advance")) == "owner parks/42=1"
        assert who(code(service="moved", timing="arrears")) == "owner parks/42=1"

    def test_without_a_period_the_bill_date_decides_then_the_service_then_the_effective_date(self) -> None:
        dated = Bill("Carrier", "1-2-3", "USD", bill_date=date(2026, 9, 1))
        assert who(code(head=dated, service="moved", service_to="2026-09-20")) == "owner police/42=1"
        bare = Bill("Carrier", "1-2-3", "USD")
        assert who(code(head=bare, service="moved", service_to="2026-09-10")) == "owner police/42=1"
        assert who(code(head=bare, service="moved")) == "owner parks/42=1"

    def test_a_rule_is_asked_as_of_the_coding_date(self) -> None:
        assert who(code(service="new", kind="tax", service_to="2026-08-31", timing="arrears")) == "suspense ?/=1"

    def test_one_batch_may_hold_many_days(self) -> None:
        days = [f"2026-09-{day:02d}" for day in range(1, 31)]
        batch = columns(*({"service": "moved", "service_to": day, "timing": "arrears"} for day in days))
        found = coder(reference_of(CITY)).code_batch(batch)
        assert [coding.parts[0][0].department for coding in found] == ["police"] * 14 + ["parks"] * 16

    def test_later_batches_of_a_bill_may_reach_further(self) -> None:
        bill = coder(reference_of(CITY))
        for day, department in (("2026-09-20", "parks"), ("2026-09-10", "police"), ("2026-09-20", "parks")):
            found = bill.code_batch(columns({"service": "moved", "service_to": day, "timing": "arrears"}))
            assert found[0].parts[0][0].department == department


DAYS = f"{CITY}\n= service_kinds\nkind|split_by_days\ncircuit|yes\nline|no"


class TestSplitByDays:
    def circuit(self, service: str, first: str, last: str, **more: Any) -> Coding:
        return code(DAYS, service=service, service_kind="circuit", service_from=first, service_to=last, **more)

    def test_owners_share_by_the_days_each_owned(self) -> None:
        coding = self.circuit("moved", "2026-09-01", "2026-09-30")
        assert who(coding) == f"split police/42={Fraction(14, 30)} parks/42={Fraction(16, 30)}"
        assert coding.refs == ("3.2", "3.3")

    def test_days_of_service_decide_not_the_end_of_the_cycle(self) -> None:
        assert who(self.circuit("moved", "2026-09-01", "2026-09-14")) == "owner police/42=1"

    def test_days_without_an_owner_lie_in_suspense(self) -> None:
        coding = self.circuit("late", "2026-09-01", "2026-09-30")
        assert who(coding) == "split ?/=2/3 water/42=1/3"
        assert (coding.ref, coding.refs) == ("3.7", ("", "3.7"))

    def test_days_of_an_owner_whose_string_has_expired_lie_in_suspense_and_say_so(self) -> None:
        owners = """
            = services
            vendor  | account | service | department | object | from       | to
            Carrier | 1-2-3   | handed  | arena      | 42     | 2026-01-01 | 2026-08-31
            Carrier | 1-2-3   | handed  | parks      | 42     | 2026-09-01 |
        """
        circuit: dict[str, Any] = {"service_kind": "circuit", "service_from": "2026-08-01", "service_to": "2026-09-30"}
        coding = code(DAYS + owners, service="handed", **circuit)
        assert who(coding) == f"split ?/={Fraction(31, 61)} parks/42={Fraction(30, 61)}"
        assert coding.discrepancy is not None
        assert coding.discrepancy.code == "string-expired"

    def test_other_kinds_and_charges_without_both_days_are_not_split(self) -> None:
        whole = code(DAYS, service="moved", service_kind="line", service_from="2026-09-01", service_to="2026-09-30")
        assert who(whole) == "owner parks/42=1"
        assert who(code(DAYS, service="moved", service_kind="circuit", service_to="2026-09-10")) == "owner parks/42=1"

    def test_a_service_that_nobody_owned_is_coded_like_any_other(self) -> None:
        assert who(self.circuit("trunk-1", "2026-09-01", "2026-09-30")) == "rule parks/42=1"

    @given(st.dates(date(2026, 8, 1), date(2026, 10, 31)), st.integers(0, 60))
    def test_parts_sum_to_the_whole(self, first: date, length: int) -> None:
        last = date.fromordinal(first.toordinal() + length)
        coding = self.circuit("moved", first.isoformat(), last.isoformat())
        assert sum(weight for _, weight in coding.parts) == 1
        assert len(coding.refs) == len(coding.parts)


class TestValidity:
    def test_a_department_that_has_ended_sends_its_charges_to_suspense_and_says_so(self) -> None:
        coding = code(service="gone")
        assert who(coding) == "suspense ?/=1"
        assert coding.discrepancy is not None
        assert (coding.discrepancy.code, coding.discrepancy.where) == ("string-expired", "service gone")
        assert "department arena" in coding.discrepancy.found
        assert "2026-10-05" in coding.discrepancy.found

    def test_until_its_last_day_it_is_charged(self) -> None:
        """The day that counts is the entry's effective date (INV-11), not the coding date."""
        in_time = Coder(reference_of(CITY), BILL, date(2026, 8, 31), "520")
        too_late = Coder(reference_of(CITY), BILL, date(2026, 9, 1), "520")
        charge = columns({"service": "gone", "service_to": "2026-08-31", "timing": "arrears"})
        assert who(in_time.code_batch(charge)[0]) == "owner arena/42=1"
        assert who(too_late.code_batch(charge)[0]) == "suspense ?/=1"

    def test_a_department_that_nobody_loaded_is_not_charged(self) -> None:
        coding = code(service="lost")
        assert coding.reason == "suspense"
        assert coding.discrepancy is not None
        assert coding.discrepancy.code == "string-unknown"

    def test_a_mapped_code_with_an_expired_string_goes_no_further(self) -> None:
        coding = code(service="new", customer_code="OLD", kind="tax")
        assert coding.reason == "suspense"
        assert coding.discrepancy is not None
        assert coding.discrepancy.where == "customer code OLD"

    def test_a_chart_is_checked_only_for_departments_that_it_lists(self) -> None:
        chart = """
            = chart
            fund | department | object | subobject | from       | to
            001  | police     | 42     | 1800      | 2020-01-01 | 2026-08-31
            001  | parks      | 43     |           | 2020-01-01 |
        """
        assert [
            (coding.reason, coding.discrepancy.code if coding.discrepancy else "")
            for coding in (code(CITY + chart, service=service) for service in ("desk", "moved", "late"))
        ] == [("suspense", "string-expired"), ("suspense", "string-unknown"), ("owner", "")]

    def test_without_a_sheet_of_departments_the_paying_fund_bears_the_cost(self) -> None:
        services = "= services\nvendor|account|service|department|object\n||desk|police|42"
        (bucket, _), *_ = code(services, service="desk").parts
        assert (bucket.department, bucket.fund, bucket.state) == ("police", "520", "coded")


class TestUnknownCodes:
    CONTRACT = f"{CITY}\n= contracts\nvendor|account|product|rate\nCarrier||UNL-40|39.99"

    def test_a_known_line_with_an_unknown_charge_code_is_billed_to_its_owner_and_is_an_exception(self) -> None:
        coding = code(self.CONTRACT, service="desk", product="NEW-FEE")
        assert who(coding) == "owner police/42=1"
        assert coding.discrepancy is not None
        assert coding.discrepancy.code == "charge-code-unknown"
        assert "NEW-FEE" in coding.discrepancy.where

    def test_known_products_unpriced_kinds_and_vendors_without_a_contract_are_no_exception(self) -> None:
        assert code(self.CONTRACT, service="desk", product="UNL-40").discrepancy is None
        assert code(self.CONTRACT, service="desk", product="911", kind="surcharge").discrepancy is None
        assert code(service="desk", product="NEW-FEE").discrepancy is None

    def test_a_printed_code_that_is_not_mapped_is_an_exception_and_no_reason_for_suspense(self) -> None:
        coding = code(service="desk", customer_code="X9")
        assert who(coding) == "owner police/42=1"
        assert coding.discrepancy is not None
        assert coding.discrepancy.code == "customer-code-unknown"
        assert code(service="desk", customer_code="W1").discrepancy is None


class TestBuckets:
    def bucket(self, sheets: str, service: str = "desk", **options: Any) -> tuple[str, ...]:
        found = coder(reference_of(sheets), **options).code_batch(columns({"service": service}))[0].parts[0][0]
        return (found.fund, found.treatment, found.state, found.billed)

    def test_the_string_is_written_by_the_template(self) -> None:
        assert self.bucket(CITY) == ("001", "recover", "coded", "001.police.42")
        dashes = parse_template("object - department - fund")
        assert self.bucket(CITY, template=dashes)[3] == "42-police-001"

    def test_what_the_template_cannot_write_is_not_charged(self) -> None:
        narrow = parse_template("fund:3 department:5 . object:2")
        coding = coder(reference_of(CITY), template=narrow).code_batch(columns({"service": "desk"}))[0]
        assert coding.reason == "suspense"
        assert coding.discrepancy is not None
        assert coding.discrepancy.code == "string-malformed"

    def test_a_stated_string_goes_before_the_template_and_expires(self) -> None:
        stated = "= billed_strings\ndepartment|object|string|from|to\npolice|42|POL-TEL||\nparks|42|PARK||2026-08-31"
        assert self.bucket(f"{CITY}\n{stated}")[3] == "POL-TEL"
        assert self.bucket(f"{CITY}\n{stated}", "moved")[2] == "suspense"

    def test_the_chart_completes_a_string_when_only_one_can_be_meant(self) -> None:
        chart = "= chart\nfund|department|object|subobject\n001|police|42|1800"
        assert self.bucket(f"{CITY}\n{chart}")[3] == "001.police.42.1800"
        two = f"{chart}\n001|police|42|1900"
        assert self.bucket(f"{CITY}\n{two}")[3] == "001.police.42"

    @pytest.mark.parametrize(
        ("account", "department", "expected"),
        [
            ("", "police", "recover"),
            ("", "reimbursed", "reimburse"),
            ("reimburse", "police", "reimburse"),
            ("recover", "reimbursed", "recover"),
            ("direct", "reimbursed", "direct"),
        ],
    )
    def test_the_vendor_account_decides_the_treatment_before_the_department(
        self, account: str, department: str, expected: str
    ) -> None:
        sheets = f"""
            = departments
            department | fund | treatment
            police     | 001  |
            reimbursed | 001  | reimburse
            = services
            vendor | account | service | department
                   |         | desk    | {department}
            = vendor_accounts
            vendor  | account | treatment | paying_fund
            Carrier | 1-2-3   | {account} | 001
        """
        assert self.bucket(sheets)[1] == expected

    def test_a_department_that_retains_keeps_its_cost_in_the_paying_fund(self) -> None:
        assert self.bucket(CITY, "it-own")[2] == "retained"
        account = "= vendor_accounts\nvendor|account|treatment|paying_fund\nCarrier||reimburse|001"
        assert self.bucket(f"{CITY}\n{account}", "it-own")[:3] == ("520", "reimburse", "coded")

    def test_who_pays_is_said_by_the_vendor_account_else_the_default(self) -> None:
        account = (
            "= vendor_accounts\nvendor|account|treatment|paying_fund|from|to\nCarrier|1-2-3|reimburse|001|2026-09-01|"
        )
        paid = coder(reference_of(account))
        assert (paid.paying_fund, paid.treatment) == ("001", "reimburse")
        before = coder(reference_of(account), Bill("Carrier", "1-2-3", "USD", period_to=date(2026, 8, 31)))
        assert (before.paying_fund, before.treatment) == ("520", "recover")

    def test_the_default_fund_is_the_first_internal_service_fund(self) -> None:
        funds = "= funds\nfund|kind\n001|general\n530|internal-service\n520|internal-service"
        assert default_fund(reference_of(funds), date(2026, 1, 1)) == "520"
        assert default_fund(reference_of("= funds\nfund|kind\n410|\n001|general"), date(2026, 1, 1)) == "001"
        assert default_fund(Reference(), date(2026, 1, 1)) == ""


class TestPurity:
    @given(st.lists(st.sampled_from(["desk", "moved", "gone", "trunk-2", "new", "", "late"]), max_size=30), st.data())
    def test_batches_do_not_matter(self, services: list[str], draw: st.DataObject) -> None:
        """A bill cut into batches anywhere is coded as if it came in one."""
        cut = draw.draw(st.integers(0, len(services)))
        charges = [{"service": service, "service_to": "2026-09-20", "timing": "arrears"} for service in services]
        reference = reference_of(CITY)
        bill = coder(reference)
        parts = [*bill.code_batch(columns(*charges[:cut])), *bill.code_batch(columns(*charges[cut:]))]
        whole = coder(reference).code_batch(columns(*charges))
        assert [(who(coding), coding.refs) for coding in parts] == [(who(coding), coding.refs) for coding in whole]

    def test_a_constant_column_means_the_same_as_one_cell_a_charge(self) -> None:
        batch = ChargeColumns(
            2,
            place="1",
            start=0,
            end=1,
            kind="tax",
            exact="1",
            service="moved",
            timing="arrears",
            service_to="2026-09-10",
        )
        assert [who(coding) for coding in coder(reference_of(CITY)).code_batch(batch)] == ["owner police/42=1"] * 2

    def test_a_change_of_owner_changes_tomorrow(self) -> None:
        """A later load from a later day leaves the coding of earlier days as it was."""
        later = rows_of(
            "= services\nvendor|account|service|department|object|from\nCarrier|1-2-3|desk|water|42|2026-10-01", 50
        )
        reference = Reference([*rows_of(CITY), *later])
        found = coder(reference).code_batch(
            columns(
                *({"service": "desk", "service_to": day, "timing": "arrears"} for day in ("2026-09-30", "2026-10-01"))
            )
        )
        assert [coding.parts[0][0].department for coding in found] == ["police", "water"]


CARD_PAID = """
    = vendor_accounts
    vendor  | account | name   | treatment | paid_by | paying_fund
    Carrier | 1-2-3   | Mobile | recover   | card    | 520
    Postal  | 9       | Stamps | recover   | ap      | 520
"""


def test_a_card_line_that_names_vendor_and_account_of_a_card_paid_bill_is_its_payment() -> None:
    """The bill comes too: the line clears it and is no second cost. Naming one of both is not enough."""
    statement = Bill("", "", "USD", period_from=date(2026, 9, 1), period_to=date(2026, 9, 30))
    coder = Coder(reference_of(CARD_PAID), statement, date(2026, 9, 30), "520")
    texts = ["CARRIER ACCOUNT 1-2-3", "carrier shop", "account 1-2-3", "Postal 9"]
    codings = coder.code_batch(
        ChargeColumns(4, place="1", start=0, end=1, kind="one-time", exact="5", service_kind="card", text=list(texts))
    )
    assert [coding.reason for coding in codings] == ["payment", "suspense", "suspense", "suspense"]
    assert codings[0].parts[0][0].state == "card"
    assert codings[0].ref == "2.1"
    mixed = ChargeColumns(
        2,
        place="1",
        start=0,
        end=1,
        kind="one-time",
        exact="5",
        service_kind=["card", "line"],
        text=[texts[0], texts[0]],
    )
    assert [coding.reason for coding in coder.code_batch(mixed)] == ["payment", "suspense"]


def test_a_charge_that_is_no_card_line_is_never_taken_for_a_payment() -> None:
    coder = Coder(reference_of(CARD_PAID), BILL, date(2026, 9, 30), "520")
    [coding] = coder.code_batch(
        ChargeColumns(1, place="1", start=0, end=1, kind="tax", exact="5", text="Carrier 1-2-3")
    )
    assert coding.reason == "suspense"
