"""The bytes of facts and of every body format are frozen: a ledger written today must verify for ever.

A failing golden digest here means that old ledgers no longer verify. The remedy is a new format or seal version, never
a new digest.
"""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import attrs
import pytest

from ledger_core import canonical, tree
from ledger_core.facts.body import (
    FORMATS,
    BodyFormat,
)
from ledger_core.facts.fact import SEAL, Actor, Body, Fact, digest_of, instant, instant_text, read_fact

_ACTOR = Actor("maria", "00112233445566778899aabbccddeeff")
_FACT = Fact(
    site="harbor",
    sequence=7,
    kind="bill-posted",
    key="bill/0123456789abcdef0123456789abcdef/1",
    act="A7",
    actor=_ACTOR,
    based_on=5,
    recorded=datetime(2026, 9, 3, 8, 15, 30, 250, tzinfo=UTC),
    effective=date(2026, 8, 28),
    content={"bill": "B-0011223344556677-1", "total": 2**60, "head": {"vendor": "Ünïon Tel", "number": None}},
    bodies=(Body("charges", "charges-v1", 2, "ab" * 32), Body("postings", "postings-v1", 3, "cd" * 32)),
)
_WRITTEN = (
    '[1,"harbor",7,"bill-posted",1,"bill/0123456789abcdef0123456789abcdef/1","A7",'
    '["maria","00112233445566778899aabbccddeeff","ed25519"],5,"2026-09-03T08:15:30.000250Z","2026-08-28",'
    '{"bill":"B-0011223344556677-1","total":"1152921504606846976","head":{"vendor":"Ünïon Tel","number":null}},'
    f'[["charges","charges-v1",2,"{"ab" * 32}"],["postings","postings-v1",3,"{"cd" * 32}"]]]'
).encode()


def test_the_bytes_of_a_fact_never_change() -> None:
    assert SEAL == 1
    assert _FACT.written() == _WRITTEN
    assert digest_of(_WRITTEN).hex() == "2c9a0cfa15969229c5ed77053ba58ecb51706481254ec162bdbd487ae16c14cc"


def test_a_fact_reads_back_as_it_was_written() -> None:
    """Numbers too large for JSON stay text: who reads a content knows which of its cells are money."""
    read = read_fact(_WRITTEN)
    assert read == attrs.evolve(_FACT, content={**_FACT.content, "total": str(2**60)})
    assert read.written() == _WRITTEN
    assert read.body("charges") == _FACT.bodies[0]
    assert read.body("shares") is None


def test_a_fact_without_a_date_or_bodies_is_written_with_null_and_an_empty_list() -> None:
    bare = attrs.evolve(_FACT, effective=None, bodies=(), content={})
    assert bare.written().endswith(b'"2026-09-03T08:15:30.000250Z",null,{},[]]')
    assert read_fact(bare.written()) == bare


@pytest.mark.parametrize("written", [b"{}", b"[]", b"[2" + _WRITTEN[2:], _WRITTEN[:-1], b"[1,2]", b"\xff"])
def test_other_bytes_are_no_fact(written: bytes) -> None:
    with pytest.raises(ValueError):
        read_fact(written)


def test_an_instant_is_written_in_utc_with_microseconds() -> None:
    moment = datetime(2026, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=2)))
    assert instant_text(moment) == "2025-12-31T22:30:00.000000Z"
    assert instant(instant_text(moment)) == moment


def test_an_instant_without_a_zone_is_our_bug() -> None:
    with pytest.raises(AssertionError, match="without a zone"):
        instant_text(datetime(2026, 1, 1))  # noqa: DTZ001 - the point of the test


# --- the formats of bodies -------------------------------------------------------------------------------------------

_ROWS: dict[str, list[tuple[Any, ...]]] = {
    "charges": [
        (1, "sub 1", "2065550100", "line", "recurring", "POTS", "4711", "1", "line", "29.95", None, None, 2995,
         "2026-08-01", "2026-08-31", "advance", 0, None, "12", 100, 180, 1, "owner", "3.14"),
        (2, "", "", "", "usage", "", "", None, "", None, "0.00412", "0.004", 0, None, None, None, 1, "usage.csv", "13",
         180, 222, None, "split", "3.15"),
    ],
    "postings": [
        (1, "5200", "cost", "001", "Police", "5420", "Union Tel", "001.5420", "001.PD.5420", "", "A", "actual", "USD",
         2995, "2026-08-28"),
        (2, "2111", "payable", "001", "", "", "Union Tel", "", "", "", "A", "actual", "USD", -2995, "2026-08-28"),
    ],
    "shares": [(1, 0, 2, 1, 0, "0.00206", "split", "3.15"), (2, 9, 2, 3, -5, None, "recoded", "")],
    "particulars": [(1, "Line of J. Doe"), (2, "é\n")],
    "reference": [(1, '["2065550100"]', "2026-01-01", None, '[{"department":"Police"}]')],
    "usage": [(1, "2065550100", "gigabytes", "1.25", 0), (2, "2065550100", "minutes", "21", 2)],
    "controls": [
        (1, "TDS", "bill", "41.95", "41.95", 1, 0, None, "9", 310, 342),
        (2, "Voice", "service 2065550100", None, "0.004", 0, None, None, None, None, None),
    ],
    "exceptions": [
        (1, "rates", "rate-above-contract", 2, "2065550100", 251, 95, "UNL-40", None, "42.50 where 39.99 is agreed",
         "Dispute it.", '[["agreed rate","39.99 month"]]'),
        (2, "late-fees", "late-fee", 0, "", 0, 60, "late fee", "9.1", "a late fee", "Look.", "[]"),
    ],
    "disputed": [(1, 7, 1, 200, "named"), (2, 7, 2, -3, "tax")],
    "credits": [
        (1, 9, 7, "matched", "follows", 7, 1, "DSP-0011223344556677", -4000, 90, "same service, one line"),
        (2, 9, 8, "unmatched", "owner", 0, 0, "", -404, 0, "the owner on the credited days"),
    ],
}  # fmt: skip

_COLUMNS = {
    "charges": "line sub_account service service_kind kind product customer_code quantity unit rate exact "
    "effective_cost amount service_from service_to timing document member place start end posting reason ref",
    "postings": "line account role fund department object vendor booked billed partner basis book currency amount "
    "effective",
    "shares": "line charge_fact charge_line posting amount exact reason ref",
    "particulars": "line text",
    "reference": "line key valid_from valid_to value",
    "usage": "line service unit quantity records",
    "controls": "line name scope stated computed binding document member place start end",
    "exceptions": "line check code charge service stake confidence cause waiver found advice evidence",
    "disputed": "line charge_fact charge_line amount what",
    "credits": "line credit_fact credit_line outcome code charge_fact charge_line dispute amount score reason",
}
_WHOLE = {
    "charges": "amount document end line posting start",
    "postings": "amount line",
    "shares": "amount charge_fact charge_line line posting",
    "particulars": "line",
    "reference": "line",
    "usage": "line records",
    "controls": "binding document end line start",
    "exceptions": "charge confidence line stake",
    "disputed": "amount charge_fact charge_line line",
    "credits": "amount charge_fact charge_line credit_fact credit_line line score",
}
_ROOTS = {
    "charges": "37c17f60a2ba87a583f3fa75e28d672830a7b30a1896b56181152bdc5d0b9eeb",
    "postings": "4c3828dbe76631a37b69b622e19bbad667615395dca0283e790705fd85d7a93f",
    "shares": "47b59878bf0ca1fdc13a3f915ab6c2d3e45e7fbeee0c2a7ac70575471384b6b6",
    "particulars": "ff1609d2d726f90b6b4cadeab716dd77232daa1d51b845c507ea98c7123bc6bc",
    "reference": "fda356441cd69c043d9ac728a5d98218e5cf5b81955fb7e02c7a7d3351ea18ef",
    "usage": "75ee22bc087d9709b237ec08e867eb7a74e78d57c7fd6b33bd60deb78b8b86ac",
    "controls": "35367e1f0cdf78bdb201185cc19ca6d3286cd73d7499035b34d292eff9f47aaa",
    "exceptions": "23de85754654fc3d375d7af04130c8986eb7fa6eb8a98ca0b1e0bc500c8c6c94",
    "disputed": "4ecf322bba5030e3713ceee42b9a5909f5e4c2acff21ae777f75f60a16f78a3b",
    "credits": "9c4e1b76ba2d052b56ad7879477cf7c7389da95678e8248a47ff271fceb7ecf5",
}


def test_every_format_is_frozen_here() -> None:
    assert set(FORMATS) == set(_ROWS) == set(_COLUMNS) == set(_WHOLE) == set(_ROOTS)
    assert [body.format for body in FORMATS.values()] == [f"{name}-v1" for name in FORMATS]


@pytest.mark.parametrize("body", FORMATS.values(), ids=FORMATS)
def test_the_columns_of_a_format_never_change(body: BodyFormat) -> None:
    assert " ".join(body.columns) == _COLUMNS[body.name]
    assert " ".join(sorted(body.integers)) == _WHOLE[body.name]
    assert body.salted == (body.name == "particulars")


@pytest.mark.parametrize("body", FORMATS.values(), ids=FORMATS)
def test_the_root_over_rows_of_a_format_never_changes(body: BodyFormat) -> None:
    rows = _ROWS[body.name]
    assert {len(row) for row in rows} == {len(body.columns)}
    written = canonical.rows_bytes(rows)
    if body.salted:
        leaves = [tree.salted_leaf_hash(bytes([line]) * 32, leaf) for line, leaf in enumerate(written, 1)]
    else:
        leaves = tree.leaf_hashes(written)
    assert tree.root_of(leaves).hex() == _ROOTS[body.name]
