"""X12 811: separators of any sender, envelopes that bind, levels in any order, totals that catch a changed digit."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.edi811 import ConsolidatedInvoice, importers
from ledger_core import (
    ChargeKind,
    Combined,
    DocumentRefused,
    Importer,
    InputRefused,
    Lookalike,
    Recognition,
    Usage,
    plain,
)
from tests.importers.hostility import damaged, files, one_digit_changed, outcome, posts
from tests.importers.judging import Verdict, judge
from tests.importers.reading import ReadBill, assert_golden, document, located, read

_SAMPLE = Path(__file__).parent / "samples" / "edi811" / "two-interchanges.edi"
_READER = ConsolidatedInvoice()
_HEAD = "BIG*20261001*N-1;REF*11*555;N1*RI*CASCADE TELEPHONE;DTM*186*20260901;DTM*187*20260930"
_BODY = "HL*1**2*1;HL*2*1*5*0;SI*TI*TN*3605550111"
_TWENTY = f"{_HEAD};TDS*2000;{_BODY};AMT*5*20;IT1*1*1*MO*20**SV*LINE;CTT*2"


def interchange(*sets: str, element: str = "*", terminator: str = "~", tail: str = "\r\n", usage: str = "P") -> bytes:
    """An interchange around sets written as `BIG*...;REF*...`, with counts and control numbers that hold."""
    isa = f"ISA*00*{' ' * 10}*00*{' ' * 10}*ZZ*{'CASCADE':15}*ZZ*{'ELM':15}*261001*0300*U*00401*000000009*0*{usage}*>"
    lines = [isa, "GS*CI*CASCADE*ELM*20261001*0300*9*X*004010"]
    for number, one in enumerate(sets, 1):
        body = one.split(";")
        lines += [f"ST*811*{number:04d}", *body, f"SE*{len(body) + 2}*{number:04d}"]
    lines += [f"GE*{len(sets)}*9", "IEA*1*000000009"]
    return "".join(line.replace("*", element) + terminator + tail for line in lines).encode()


def bills(body: bytes) -> tuple[list[ReadBill], list[Verdict]]:
    with files({"bill.edi": body}) as (path,):
        result = read(_READER, path)
    return list(result.bills), list(judge(result))


def one_bill(body: bytes) -> tuple[ReadBill, Verdict]:
    (bill,), (verdict,) = bills(body)
    return bill, verdict


def short(verdict: Verdict) -> str:
    """The reason, its gap without trailing zeros."""
    reason, mark, amount = verdict.reason.partition("=")
    return reason + mark + (plain(Decimal(amount)) if amount else "")


def verdict_of(text: str) -> str:
    return short(one_bill(interchange(text))[1])


def test_it_registers_like_any_other_importer() -> None:
    (importer,) = importers()
    assert isinstance(importer, Importer)
    assert importer.states_total


def test_two_interchanges_with_their_own_separators_read_as_the_golden_file_says() -> None:
    assert _READER.identify(document(_SAMPLE)) == Recognition()
    result = read(_READER, _SAMPLE)
    assert_golden(result, _SAMPLE.with_suffix(".json"))
    assert [verdict.reason for verdict in judge(result)] == ["", ""]


@pytest.mark.parametrize(
    ("body", "used"),
    [
        ("IT1*1*20*MJ*1**SV*LD", [("minutes", "20", 0)]),
        ("IT1*1*0*MJ*1**SV*LD;IT1*2*1*MO*20**SV*LINE", [("minutes", "0", 0)]),
        ("IT1*1*20*MJ*1**SV*LD;TCD*1*20260901*0800*******7.5;TCD*2*20260902*0900*******12.5", [("minutes", "20", 2)]),
        ("IT1*1*1*MO*20**SV*LINE;TCD*1*20260901*0800*******7*30;TCD*2*20260902*0900*******3",
         [("seconds", "30", 1), ("minutes", "10", 2)]),
        ("IT1*1*1*MO*20**SV*LINE;USD*A*1*.05**4L*250", [("4L", "250", 0)]),
        ("IT1*1*1*MO*20**SV*LINE", []),
    ],
)  # fmt: skip
def test_what_a_line_used_is_summed_by_unit(body: str, used: list[tuple[str, str, int]]) -> None:
    """Metered items and USD sum what calls itemise; where a line has neither, its calls are summed (TCD10, TCD11)."""
    bill, verdict = one_bill(interchange(f"{_HEAD};TDS*2000;{_BODY};{body};CTT*2"))
    assert verdict.reason == ""
    assert bill.totals is not None
    assert bill.totals.usage == tuple(Usage("3605550111", unit, Decimal(said), count) for unit, said, count in used)


def test_every_locator_names_exactly_its_segment() -> None:
    body = _SAMPLE.read_bytes()
    for bill in read(_READER, _SAMPLE).bills:
        assert bill.head.place_kind == "segment"
        for charge in bill.charges:
            raw = located(_SAMPLE, charge.locator)
            assert re.fullmatch(rb"(IT1|SLN|TXI|ITA)[*|][^~\n]*", raw)
            assert body[charge.locator.end :][:1] in (b"~", b"\n"), "it ends before its terminator"
            before = body[: charge.locator.start].replace(b"~\r\n", b"\n").count(b"\n")
            assert charge.locator.place == str(before + 1), "the place counts segments of the document from 1"


@pytest.mark.parametrize(
    "form",
    [
        {"element": "|"},
        {"element": "~", "terminator": "!"},
        {"terminator": "\n", "tail": ""},
        {"terminator": "\r", "tail": "\n"},
        {"terminator": "\x1c", "tail": ""},
        {"tail": "\r\n      "},
    ],
    ids=repr,
)
def test_separators_are_those_that_isa_declares(form: dict[str, str]) -> None:
    for body in (interchange(_TWENTY, **form), b"\xef\xbb\xbf" + interchange(_TWENTY, **form)):
        bill, verdict = one_bill(body)
        assert verdict.reason == ""
        assert bill.head.number == "N-1"


def test_an_isa_with_collapsed_padding_still_declares_its_terminator() -> None:
    body = re.sub(rb" +\*", b"*", interchange(_TWENTY))
    assert one_bill(body)[1].reason == ""


def test_the_last_segment_may_lack_its_terminator() -> None:
    assert one_bill(interchange(_TWENTY).removesuffix(b"~\r\n"))[1].reason == ""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (b"SE*14*0001", b"SE*12*0001"),
        (b"SE*14*0001", b"SE*14*0002"),
        (b"GE*1*9", b"GE*2*9"),
        (b"GE*1*9", b"GE*1*8"),
        (b"IEA*1*000000009", b"IEA*x*000000009"),
        (b"IEA*1*000000009", b"IEA*1*000000008"),
    ],
    ids=lambda value: value.decode(),
)
def test_a_wrong_count_or_control_number_breaks_the_bill_and_is_named(right: bytes, wrong: bytes) -> None:
    body = interchange(_TWENTY)
    assert body.count(right) == 1
    bill, verdict = one_bill(body.replace(right, wrong))
    assert verdict.reason == "broken"
    assert bill.refused is not None
    assert wrong.split(b"*")[0].decode() in bill.refused.found


def test_a_broken_set_is_refused_alone_and_a_broken_group_refuses_all_its_bills() -> None:
    body = interchange(_TWENTY, _TWENTY.replace("N-1", "N-2"))
    assert [v.reason for v in bills(body.replace(b"SE*14*0001", b"SE*15*0001"))[1]] == ["broken", ""]
    assert [v.reason for v in bills(body.replace(b"GE*2*9", b"GE*3*9"))[1]] == ["broken", "broken"]


@pytest.mark.parametrize("until", [b"IEA", b"GE*", b"SE*", b"CTT"])
def test_a_file_cut_at_any_envelope_is_refused_whole(until: bytes) -> None:
    body = interchange(_TWENTY)
    found = outcome(_READER, {"bill.edi": body[: body.index(until)]})
    assert isinstance(found, DocumentRefused)
    assert found.code == "broken"


def test_ctt_counts_the_levels() -> None:
    assert verdict_of(_TWENTY.replace("CTT*2", "CTT*3")) == "gap=1"


@pytest.mark.parametrize("amount", ["2000", "20.00", "20."])
def test_two_decimals_are_implied_unless_the_sender_shows_a_point(amount: str) -> None:
    assert verdict_of(_TWENTY.replace("TDS*2000", f"TDS*{amount}")) == ""


@pytest.mark.parametrize("amount", ["", "2e3", "NaN", "1e999", "20,00", "Infinity", "2" * 40, "99999999999999999999"])
def test_a_total_that_is_no_amount_breaks_the_bill(amount: str) -> None:
    assert verdict_of(_TWENTY.replace("TDS*2000", f"TDS*{amount}")) == "broken"


def test_without_tds_the_bill_states_no_total() -> None:
    bill, verdict = one_bill(interchange(_TWENTY.replace("TDS*2000;", "")))
    assert verdict.total is None
    assert bill.totals is not None


def test_an_extended_price_is_never_multiplied() -> None:
    (bill, verdict) = one_bill(interchange(_TWENTY.replace("IT1*1*1*MO*20", "IT1*1*250*M4*20")))
    assert verdict.reason == ""
    assert bill.charges[0].kind is ChargeKind.RECURRING
    assert (bill.charges[0].quantity, bill.charges[0].rate) == (Decimal(250), None)


def test_products_of_long_numbers_are_not_rounded() -> None:
    (bill, _) = one_bill(
        interchange(_TWENTY.replace("IT1*1*1*MO*20", "IT1*1*3.00000000000000001*MO*12345.67890123456789"))
    )
    assert bill.charges[0].exact == Decimal("37037.0367037037037934567890123456789")


def test_a_tax_for_information_only_does_not_post_and_an_unknown_relation_breaks_the_bill() -> None:
    taxed = f"{_HEAD};TDS*2000;{_BODY};IT1*1*1*MO*20;TXI*ST*1.5*8*CD*ELM**%"
    assert verdict_of(taxed.replace("%", "O")) == ""
    assert verdict_of(taxed.replace("%", "A")) == "gap=-1.5"
    assert verdict_of(taxed.replace("%", "Z")) == "broken"


def test_an_item_of_nothing_is_no_charge() -> None:
    bill, verdict = one_bill(interchange(f"{_TWENTY.removesuffix(';CTT*2')};IT1*2*1*EA*-0;SLN*1**I*3*EA*0"))
    assert verdict.reason == ""
    assert len(bill.charges) == 1


def test_sublines_post_where_they_are_the_detail_and_not_where_they_explain_an_item() -> None:
    sublines = f"{_HEAD};TDS*2000;{_BODY};AMT*5*20;SLN*1**I*2*EA*10"
    assert verdict_of(sublines) == ""
    assert verdict_of(sublines.replace(";SLN", ";IT1*1*1*MO*20;SLN")) == ""
    assert verdict_of(sublines.replace(";SLN*1**I", ";IT1*1*1*MO*20;SLN*1**A")) == "gap=-20"


def test_a_balance_that_does_not_follow_from_the_previous_one_is_a_gap() -> None:
    """INV-24: previous balance less payments plus current charges is what is due, whatever sign payments carry."""
    balances = "BAL*P*PB*70;BAL*M*TP*%;BAL*A*YB*20;TDS*2000"
    for payment, reason in (("-70", ""), ("70", ""), ("-60", "gap=-10")):
        text = _TWENTY.replace("TDS*2000", balances.replace("%", payment))
        bill, verdict = one_bill(interchange(text))
        assert short(verdict) == reason
        assert bill.totals is not None
        assert bill.totals.previous_balance is not None
        assert bill.totals.amount_due is not None
        assert bill.totals.amount_due.stated == 20
    unknown = _TWENTY.replace("TDS*2000", "BAL*P*PB*70;BAL*M*ZZ*1;BAL*A*YB*20;TDS*2000")
    bill, verdict = one_bill(interchange(unknown))
    assert verdict.reason == ""
    assert bill.totals is not None
    assert [c.binding for c in bill.totals.controls if isinstance(c.equals, Combined)] == [False]


@pytest.mark.parametrize(
    "tree",
    [
        "HL*1*2*2*1;HL*2*1*5*0",  # a circle
        "HL*1**2*1;HL*2*7*5*0",  # no such parent
        "HL*1**2*1;HL*1**5*0",  # twice the same
        "HL***2*1;HL*2**5*0",  # no number
    ],
)
def test_a_tree_that_is_none_breaks_the_bill(tree: str) -> None:
    assert verdict_of(f"{_HEAD};TDS*2000;{tree};SI*TI*TN*1;IT1*1*1*MO*20") == "broken"


def test_a_parent_may_follow_its_child() -> None:
    bill, verdict = one_bill(
        interchange(f"{_HEAD};TDS*2000;HL*3*2*8*0;IT1*1*1*MO*20;HL*2*1*5*1;SI*TI*TN*77;HL*1**2*1;REF*12*556;AMT*5*20")
    )
    assert verdict.reason == ""
    assert (bill.charges[0].service, bill.charges[0].sub_account) == ("77", "556")


@pytest.mark.parametrize(
    ("right", "wrong", "reason"),
    [
        ("BIG*20261001*N-1", "BIG*20261001*N-1*****ME", "not-a-bill"),
        ("BIG*20261001*N-1", "BIG*20261001*N-1*****CR", "broken"),
        ("BIG*20261001*N-1", "BIG*20261301*N-1", "broken"),
        ("BIG*20261001*N-1;", "", "broken"),
        ("REF*11*555;", "", "broken"),
        ("N1*RI*CASCADE TELEPHONE;", "", "broken"),
        ("TDS*2000", "TDS*2000;TDS*2000", "broken"),
        ("TDS*2000", "TDS*2000;CUR*SE*us", "broken"),
        (";IT1*1*1*MO*20**SV*LINE", "", "no-lines"),
        ("IT1*1*1*MO*20", "IT1*1**MO*20", "broken"),
        ("IT1*1*1*MO*20", "ITA*B*TI**06***2000", "broken"),
        ("N1*RI*CASCADE TELEPHONE", "N1*IN*ELM INSURANCE", "lookalike"),
    ],
    ids=lambda value: value[:24],
)
def test_what_is_no_payable_bill_is_refused_with_its_reason(right: str, wrong: str, reason: str) -> None:
    assert right in _TWENTY
    assert verdict_of(_TWENTY.replace(right, wrong)) == reason


def test_a_sender_may_declare_a_test() -> None:
    bill, verdict = one_bill(interchange(_TWENTY, usage="T"))
    assert bill.head.test
    assert verdict.reason == "test"


def test_a_set_that_is_no_811_is_refused_beside_the_bill() -> None:
    body = interchange("BIG*20261001*X", _TWENTY).replace(b"ST*811*0001", b"ST*810*0001")
    assert [verdict.reason for verdict in bills(body)[1]] == ["not-a-bill", ""]


@pytest.mark.parametrize(
    "body", [b"", b"ISA", b"ISA*" * 20, b"PK\x03\x04", interchange("BIG*1").replace(b"811", b"810")]
)
def test_what_is_no_811_is_not_mine(body: bytes) -> None:
    with files({"bill.edi": body}) as (path,):
        assert _READER.identify(document(path)) is None


@given(st.data())
def test_one_changed_digit_in_any_amount_never_posts(data: st.DataObject) -> None:
    """The total and the subtotals of the levels catch it, or the amount is no amount any more."""
    body = _SAMPLE.read_bytes()
    amounts = (
        rb"IT1[*|]\d+[*|]\d+[*|]\w+[*|]([\d.]+)",
        rb"SLN\*2\*\*A\*1\*EA\*([\d.]+)",
        rb"TXI\*\w+\*([\d.]+)\*8",
        rb"ITA\*\w\*TI\*\*06\*\*\*([\d.]+)",
        rb"TDS[*|]([\d.]+)",
        rb"AMT\*5\*([\d.]+)",
        rb"BAL\*\w\*\w+\*-?([\d.]+)",
    )
    spans = [found.span(1) for pattern in amounts for found in re.finditer(pattern, body)]
    assert len(spans) == 18
    assert not posts(outcome(_READER, {"bill.edi": data.draw(one_digit_changed(spans, body))}))


@given(st.binary(max_size=300))
def test_bytes_that_mean_nothing_are_refused_politely(body: bytes) -> None:
    outcome(_READER, {"bill.edi": body})
    outcome(_READER, {"bill.edi": interchange(_TWENTY)[:140] + body})


@given(st.data())
def test_a_damaged_bill_is_refused_or_ties_to_its_stated_total(data: st.DataObject) -> None:
    found = outcome(_READER, {"bill.edi": data.draw(damaged(_SAMPLE.read_bytes()))})
    if posts(found):
        assert not isinstance(found, InputRefused)
        for verdict in found:
            assert verdict.total in (None, verdict.computed)


def test_the_made_bills_hold(shared_made: Path) -> None:
    folder = shared_made / "x12-811"
    expected = json.loads((folder / "expected.json").read_text("utf-8"), parse_float=Decimal)
    assert len({case["files"][0] for case in expected}) == 10
    for name in {case["files"][0] for case in expected}:
        path = folder / name
        result = read(_READER, path)
        cases = [case for case in expected if case["files"] == [name]]
        for case, bill, verdict in zip(cases, result.bills, judge(result), strict=True):
            assert verdict.reason == case["reason"], name
            assert bill.head.vendor == case["vendor"]
            assert bill.head.account == case["account"]
            assert bill.head.number == case["bill_number"]
            assert str(bill.head.bill_date) == case["bill_date"]
            assert bill.head.currency == case["currency"]
            assert verdict.charges == case["charges"]
            assert verdict.by_service == _decimals(case["by_service"])
            assert verdict.by_kind == _decimals(case["by_kind"])
            if verdict.total is not None:
                assert verdict.total == Decimal(case["total"])


def _decimals(sums: dict[str, str]) -> dict[str, Decimal]:
    return {name: Decimal(text) for name, text in sums.items()}


def test_the_public_samples_give_the_verdicts_of_the_manifest(shared_corpus: Path) -> None:
    rows = [line.split("\t") for line in (shared_corpus / "MANIFEST.tsv").read_text("utf-8").splitlines()]
    samples = {row[1]: row[9] for row in rows if row[0] == "x12-811"}
    assert len(samples) == 2
    for local, expect in samples.items():
        path = shared_corpus.parent / local
        reasons = {verdict.reason for verdict in judge(read(_READER, path))}
        assert reasons == {expect.removeprefix("reject:")}, local
        recognised = _READER.identify(document(path))
        assert isinstance(recognised, Lookalike if expect.endswith("lookalike") else Recognition)
