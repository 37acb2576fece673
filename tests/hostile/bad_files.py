"""Files that attack: each a small change of a bill that would post, with what must be said of it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import attrs

from tests.importers.typed_bill import Value, write_bill

EDI = b"""ISA*00*          *00*          *ZZ*HARBORTEL      *ZZ*CITY           *260905*0415*U*00401*000000001*0*P*>~
GS*CI*HARBORTEL*CITY*20260905*0415*1*X*004010~
ST*811*0001~
BIG*20260901*HT-1~
CUR*SE*USD~
REF*11*8005550100~
DTM*186*20260801~
DTM*187*20260831~
N1*RI*HARBOR TELEPHONE CO*92*HTC~
TDS*4000~
HL*1**1*1~
HL*2*1*2*1~
REF*12*8005550100~
HL*3*2*5*1~
SI*TI*TN*2065550100~
HL*4*3*8*0~
IT1*1*1*MO*40**SV*LINE~
PID*F****LINE business line, monthly~
CTT*4~
SE*18*0001~
GE*1*1~
IEA*1*000000001~
"""

CARD_HEADER = (
    "Division\tBatch-Transaction ID\tTransaction Date\tCard Posting Dt\tMerchant Name\tTransaction Amt.\tTrx Currency\t"
    "Original Amount\tOriginal Currency\tG/L Account\tG/L Account Description\tCost Centre/WBS Element/Order No.\t"
    "Cost Centre/WBS Element/Order No. Description\tMerchant Type (MCC)\tMerchant Type Description\tPurpose\n"
)


def card(amount: str = "40.00", day: str = "2026-08-03", merchant: str = "HARBOR TIRES", total: str = "40.00") -> bytes:
    """A purchasing-card month of one transaction."""
    money = f"{amount}\tUSD\t{amount}\tUSD"
    row = f"Works\t1-1\t{day}\t{day}\t{merchant}\t{money}\t2010\tTIRES\tA100\tSHOP\t5532\tTIRES\tstock\n"
    totals = "\t" * 5 + f"{total}\tUSD\t{total}\tUSD" + "\t" * 7 + "\n"
    return (CARD_HEADER + row + totals + totals).encode("cp1252", "replace")


FOCUS_HEADER = (
    "AvailabilityZone,BilledCost,BillingAccountId,BillingAccountName,BillingCurrency,BillingPeriodEnd,"
    "BillingPeriodStart,ChargeCategory,ChargeClass,ChargeDescription,ChargeFrequency,ChargePeriodEnd,"
    "ChargePeriodStart,EffectiveCost,InvoiceIssuerName,ProviderName,PublisherName,ResourceId,ServiceCategory,"
    "ServiceName,SkuId,ListCost,ContractedCost\n"
)


def focus(
    cost: str = "12.50", start: str = "2026-08-01T00:00:00Z", text: str = "compute", effective: str = "12.5"
) -> bytes:
    """A cloud cost export of one row."""
    row = (
        f"z1,{cost},acc-1,Harbor,USD,2026-09-01T00:00:00Z,{start},Usage,,{text},Usage-Based,2026-08-02T00:00:00Z,"
        f"2026-08-01T00:00:00Z,{effective},Cloudy,Cloudy,Cloudy,vm-1,Compute,Machines,sku-1,12.5,12.5\n"
    )
    return (FOCUS_HEADER + row).encode()


def typed_bill(folder: Path, **head: Value) -> bytes:
    """A bill typed into a workbook."""
    full: dict[str, Value] = {"vendor": "Harbor Water", "account": "W-1", "currency": "USD", "number": "HW-1"}
    full |= {"bill_date": date(2026, 8, 16)}
    full |= {"total": Decimal("12.50")}
    full |= head
    lines: list[dict[str, Value]] = [{"line": 1, "kind": "recurring", "text": "water", "amount": Decimal("12.50")}]
    return write_bill(folder / "typed.xlsx", full, lines).read_bytes()


def repacked(workbook: bytes, part: str, change: tuple[bytes, bytes] | bytes) -> bytes:
    """The workbook with one of its parts changed, or replaced whole."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            body = old.read(name)
            if name == part:
                body = change if isinstance(change, bytes) else body.replace(*change)
            new.writestr(name, body)
    return packed.getvalue()


@attrs.frozen
class BadFile:
    """A file that must be refused: under which code, and what its reason must name: where, what was found, what to do.

    Each of the three is a part of what must be said.
    """

    title: str
    name: str
    content: bytes
    code: str
    where: str
    found: str
    do: str


WORKBOOKS = ("a workbook with XML entities", "a workbook with an external DTD", "a zip bomb", "a cut workbook")


def workbooks(folder: Path) -> Iterator[BadFile]:
    """Workbooks that attack the reader of workbooks."""
    good = typed_bill(folder)
    sheet = "xl/worksheets/sheet1.xml"
    shared = "xl/sharedStrings.xml"
    inner = b'<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>'
    outer = b'<!DOCTYPE a SYSTEM "file:///etc/passwd">'
    for title, document_type in (("XML entities", inner), ("an external DTD", outer)):
        attacked = repacked(good, shared, (b"<sst", document_type + b"<sst"))
        yield BadFile(
            f"a workbook with {title}", "dtd.xlsx", attacked, "broken", "dtd.xlsx", "sharedStrings", "Save it"
        )
    bomb = b"<worksheet>" + b" " * 90_000_000 + b"</worksheet>"
    yield BadFile(
        "a zip bomb", "bomb.xlsx", repacked(good, sheet, bomb), "broken", "bomb.xlsx", "64 MiB", "Type the bill"
    )
    yield BadFile("a cut workbook", "cut.xlsx", good[: len(good) // 2], *_UNKNOWN)


_UNKNOWN = ("unknown-format", "", "no importer knows its format", "tollbook plugin list")
_AGAIN = "transmit it again"


def plain_files() -> Iterator[BadFile]:
    """Files of text, or of none."""
    yield BadFile("an empty file", "empty.edi", b"", *_UNKNOWN)
    yield BadFile("binary", "noise.csv", bytes(range(256)) * 40, *_UNKNOWN)
    yield BadFile("UTF-16", "wide.edi", EDI.decode().encode("utf-16"), *_UNKNOWN)
    yield from _interchanges()
    yield from _tables()


def _interchanges() -> Iterator[BadFile]:
    def edi(title: str, name: str, old: bytes, new: bytes, *said: str) -> BadFile:
        assert old in EDI
        code, where, found, do = said
        return BadFile(title, name, EDI.replace(old, new), code, where, found, do)

    cut = ("broken", "cut.edi:segment 3 ST", "the file was cut", "transmit the interchange again")
    yield BadFile("a truncated 811", "cut.edi", EDI[: len(EDI) // 2], *cut)
    tail = ("broken", "tail.edi:segment 22 IEA", "IEA02 is ''", "transmit the interchange again")
    yield BadFile("an 811 cut in its last segment", "tail.edi", EDI[:-12], *tail)
    yield edi(
        "a byte that is no UTF-8",
        "byte.edi",
        b"TELEPHONE",
        b"T\xff",
        "broken",
        "byte.edi:byte 267",
        "byte 0xff",
        "UTF-8",
    )
    at = "segment 17 IT104"
    yield edi("NaN in an 811", "nan.edi", b"*40**", b"*NaN**", "broken", f"nan.edi:{at}", "'NaN'", _AGAIN)
    yield edi("1e999 in an 811", "huge.edi", b"*40**", b"*1e999**", "broken", f"huge.edi:{at}", "'1e999'", _AGAIN)
    yield edi("31 September", "day.edi", b"*20260901", b"*20260931", "broken", "segment 4 BIG", "'20260931'", _AGAIN)
    yield edi("a gap", "gap.edi", b"TDS*4000", b"TDS*4001", "gap", "TDS at 10", "gap 0.01", "corrected bill")
    yield edi("a test", "test.edi", b"*0*P*", b"*0*T*", "test", "test.edi", "test", "real bill")


def _tables() -> Iterator[BadFile]:
    source = "at its source"
    yield BadFile("NaN in a card month", "nan.csv", card("NaN"), "broken", "nan.csv:2", "'NaN'", source)
    yield BadFile("1e999 in a card month", "huge.csv", card("1e999"), "broken", "huge.csv:2", "'1e999'", source)
    february = card(day="2026-02-30")
    yield BadFile("30 February", "february.csv", february, "broken", "february.csv:2", "'2026-02-30'", source)
    yield BadFile("NaN in an export", "nan-focus.csv", focus("NaN"), "broken", "row 2", "'NaN'", source)
    yield BadFile("1e999 in an export", "huge-focus.csv", focus("1e999"), "broken", "row 2", "'1e999'", source)
    never = focus(start="2026-02-30T00:00:00Z")
    yield BadFile("a period from 30 February", "never.csv", never, "broken", "row 2", "2026-02-30", source)
    long = focus(text="x" * 5_000_000)
    yield BadFile(
        "a field of 5 MB",
        "field.csv",
        long,
        "broken",
        "field.csv:row 2",
        "more than 1048576 bytes",
        "Export the file again",
    )
