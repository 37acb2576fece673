"""Purchasing-card months of a municipality: one table of transactions with cost-centre subtotals and a grand total.

The layout has sixteen columns in one order since 2011; wording, delimiter, dates and character set changed on the way:

- Tab-separated although named .csv, comma-separated in some months of 2021; the header's own delimiter holds.
- Dates are month first (`01-06-2011`) to 2013 and ISO from 2014. The first transaction says which; all must agree.
- UTF-8 where the whole file is valid UTF-8, otherwise Windows-1252. Only names and texts can differ by it.
- Amounts have a decimal point and thousands commas; a refund is negative.
- A row without a Batch-Transaction ID is a total: of the rows since the last one, or, after all groups, of the month.
  Totals in the posted currency bind; totals of original currencies are memo (banks' conversions do not add up).

The file names neither issuer nor account: both stay empty. The period is what the posting dates span: the calendar
month when all fall into one, otherwise first to last. The customer's code of a charge is `COST CENTRE/GL ACCOUNT` as
printed, its product the merchant category code (MCC).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from difflib import SequenceMatcher

import attrs

from importers.delimited import Row, is_utf8, refused, rows
from ledger_core import (
    Bill,
    BillEnded,
    BillStarted,
    ChargeColumns,
    Charged,
    ChargeKind,
    Control,
    Counted,
    Document,
    Figure,
    Importer,
    LineSum,
    Locator,
    Lookalike,
    Recognition,
    Record,
    Totals,
    exact_sum,
    hookimpl,
)

# The columns in order, in the words that `_plain_words` leaves. None: a description, worded as each year pleased.
_HEADER = (
    "division",
    "batch transaction id",
    "transaction date",
    "card posting date",
    "merchant name",
    "transaction amount",
    "transaction currency",
    "original amount",
    "original currency",
    "g l account",
    None,
    "cost centre wbs element order",
    None,
    "merchant type",
    None,
    "purpose",
)
(_DIVISION, _KEY, _SPENT, _POSTED_ON, _MERCHANT, _AMOUNT, _CURRENCY, _ORIGINAL, _ORIGINAL_CURRENCY) = range(9)
_GL, _CENTRE, _MCC, _PURPOSE = 9, 11, 13, 15
_WORDS = {"trx": "transaction", "amt": "amount", "dt": "date", "center": "centre", "mcc": "", "no": ""}
_LIKE = 85  # percent of letters: a misspelt word still passes, another column does not

_MONEY = re.compile(r"-?(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d{1,6})?", re.ASCII)
_CODE = re.compile(r"[A-Z]{3}")
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_MONTH_FIRST = re.compile(r"(\d\d)-(\d\d)-(\d{4})", re.ASCII)
_BATCH = 5000


@attrs.frozen
class _Layout:
    """How one month is written: its encoding and delimiter, and the number of its columns."""

    encoding: str
    delimiter: str
    width: int


@attrs.frozen
class _Survey:
    """What the first reading finds, for the head of the bill comes before its charges."""

    currency: str
    dates: re.Pattern[str]
    first: date
    last: date


class PurchasingCard:
    """Reads one month of a municipality's purchasing cards as one bill."""

    name: str = "pcard"
    version: str = "1"
    states_total: bool = True
    overlapping: bool = False

    def identify(self, document: Document) -> Recognition | Lookalike | None:
        """By the header's columns; a header with the key column and other columns is a look-alike."""
        header = document.head(8192).partition(b"\n")[0].removeprefix(b"\xef\xbb\xbf").decode("cp1252", "replace")
        if any(_is_header(header.rstrip("\r").split(delimiter)) for delimiter in "\t,"):
            return Recognition()
        words = _plain_words(header)
        if "batch transaction id" in words and "merchant" in words:
            return Lookalike(
                "lookalike", "the header names card transactions, but not the sixteen known columns in order"
            )
        return None

    def extract(self, documents: Sequence[Document]) -> Iterator[Record]:
        """One bill: its charges in batches, then the totals of its groups, of the month, and the memo totals."""
        (document,) = documents
        layout = _layout(document)
        survey = _survey(document, layout)
        first, last = _period(survey.first, survey.last)
        yield BillStarted(0, Bill("", "", survey.currency, period_from=first, period_to=last))
        month = _Month(document)
        batch = _Batch()
        for row in _table(document, layout):
            if row.cells[_KEY].strip():
                batch.add(row, _charged(document, row, survey), _texts(row))
                month.charge(row)
                if len(batch.places) == _BATCH:
                    yield Charged(0, batch.columns())
                    batch = _Batch()
            else:
                month.total(row, survey.currency)
        if batch.places:
            yield Charged(0, batch.columns())
        yield BillEnded(0, month.totals())


def _plain_words(text: str) -> str:
    """A header cell in one wording: lower case, abbreviations spelled out, signs dropped."""
    words = re.sub(r"[^a-z]+", " ", text.lower()).split()
    return " ".join(filter(None, (_WORDS.get(word, word) for word in words)))


def _is_header(cells: list[str]) -> bool:
    """Whether these are the known columns in order; what follows them must be empty."""
    if len(cells) < len(_HEADER) or any(cell.strip() for cell in cells[len(_HEADER) :]):
        return False
    return all(
        wanted is None or _alike(_plain_words(cell), wanted) for cell, wanted in zip(cells, _HEADER, strict=False)
    )


def _alike(found: str, wanted: str) -> bool:
    return found == wanted or (
        # Only a near miss is worth the comparison, and only a near miss passes it.
        abs(len(found) - len(wanted)) <= len(wanted) // 3
        and SequenceMatcher(None, found, wanted, autojunk=False).ratio() * 100 >= _LIKE
    )


def _layout(document: Document) -> _Layout:
    encoding = "utf-8" if is_utf8(document) else "cp1252"
    for delimiter in "\t,":
        header = next(rows(document, encoding=encoding, delimiter=delimiter, quoted=True), None)
        if header is None:
            raise refused(document, None, "the file is empty", "Send the whole file.", code="no-lines")
        if _is_header(header.cells):
            return _Layout(encoding, delimiter, len(header.cells))
    found = "the header does not name the columns of a purchasing-card month"
    raise refused(document, 1, found, "Check that this is a purchasing-card month.", code="lookalike")


def _table(document: Document, layout: _Layout) -> Iterator[Row]:
    """The rows below the header that hold anything, each with all its cells."""
    for row in rows(document, encoding=layout.encoding, delimiter=layout.delimiter, quoted=True):
        if row.number == 1 or not any(row.cells):
            continue
        if len(row.cells) != layout.width or any(cell.strip() for cell in row.cells[len(_HEADER) :]):
            found = f"the row has {len(row.cells)} cells, the header {layout.width}"
            raise refused(document, row.number, found, "Send the whole file, unedited.")
        yield row


def _survey(document: Document, layout: _Layout) -> _Survey:
    """Currency, order of dates and span of posting dates; every transaction must agree with the first."""
    currency, dates = "", _ISO
    posted: set[str] = set()
    for row in _table(document, layout):
        if not row.cells[_KEY].strip():
            continue
        if not currency:
            currency = row.cells[_CURRENCY].strip()
            dates = _MONTH_FIRST if _MONTH_FIRST.fullmatch(row.cells[_POSTED_ON].strip()) else _ISO
            if not _CODE.fullmatch(currency):
                found = f"the posted currency is '{currency[:20]}'"
                raise refused(document, row.number, found, "State the three-letter code of the currency.")
        if row.cells[_POSTED_ON] not in posted:
            _date(document, row, _POSTED_ON, dates)
            posted.add(row.cells[_POSTED_ON])
    if not posted:
        raise refused(document, None, "there is no transaction in it", "Send the whole file.", code="no-lines")
    days = [_day(cell, dates) for cell in posted]
    return _Survey(currency, dates, min(days), max(days))


def _period(first: date, last: date) -> tuple[date, date]:
    if (first.year, first.month) != (last.year, last.month):
        return first, last
    start = first.replace(day=1)
    return start, (start + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _day(cell: str, dates: re.Pattern[str]) -> date:
    """The calendar day a cell spells in the file's one order of dates; ValueError if it spells none."""
    match = dates.fullmatch(cell.strip())
    if match is None:
        raise ValueError(cell)
    a, b, c = map(int, match.groups())
    return date(a, b, c) if dates is _ISO else date(c, a, b)


def _date(document: Document, row: Row, column: int, dates: re.Pattern[str]) -> date:
    cell = row.cells[column]
    try:
        return _day(cell, dates)
    except ValueError:
        form = "YYYY-MM-DD" if dates is _ISO else "MM-DD-YYYY"
        found = f"column {column + 1} is '{cell[:20]}', no day written {form} as in the rows above"
        raise refused(document, row.number, found, "Correct the date at its source.") from None


def _money(document: Document, row: Row, column: int) -> str:
    """The amount in a cell, without its thousands commas."""
    cell = row.cells[column].strip()
    if not _MONEY.fullmatch(cell) or len(cell) > 40:
        found = f"column {column + 1} is '{cell[:40]}', no amount such as -1,234.56"
        raise refused(document, row.number, found, "Correct the amount at its source.")
    return cell.replace(",", "")


def _charged(document: Document, row: Row, survey: _Survey) -> tuple[str, str]:
    """The posted amount and the ISO date of a transaction, both proved."""
    currency = row.cells[_CURRENCY].strip()
    if currency != survey.currency:
        found = f"the posted currency is '{currency[:20]}', in the rows above it is {survey.currency}"
        raise refused(document, row.number, found, "Send one file for each currency.")
    return _money(document, row, _AMOUNT), _date(document, row, _SPENT, survey.dates).isoformat()


def _texts(row: Row) -> str:
    """Merchant and purpose, and the original amount where another currency was spent."""
    cells = row.cells
    foreign = cells[_ORIGINAL_CURRENCY].strip() != cells[_CURRENCY].strip() and cells[_ORIGINAL].strip()
    original = f"{cells[_ORIGINAL].strip()} {cells[_ORIGINAL_CURRENCY].strip()}" if foreign else ""
    return "; ".join(filter(None, (cells[_MERCHANT].strip(), cells[_PURPOSE].strip(), original)))


def _locator(row: Row) -> Locator:
    return Locator(str(row.number), row.start, row.end)


@attrs.define
class _Batch:
    """Charges on their way into columns."""

    places: list[str] = attrs.Factory(list)
    starts: list[int] = attrs.Factory(list)
    ends: list[int] = attrs.Factory(list)
    kinds: list[str] = attrs.Factory(list)
    amounts: list[str] = attrs.Factory(list)
    products: list[str] = attrs.Factory(list)
    codes: list[str] = attrs.Factory(list)
    days: list[str | None] = attrs.Factory(list)
    texts: list[str | None] = attrs.Factory(list)

    def add(self, row: Row, charged: tuple[str, str], text: str) -> None:
        """One transaction: its row, its amount and day, its text."""
        amount, day = charged
        self.places.append(str(row.number))
        self.starts.append(row.start)
        self.ends.append(row.end)
        self.kinds.append(ChargeKind.CREDIT.value if amount.startswith("-") else ChargeKind.ONE_TIME.value)
        self.amounts.append(amount)
        self.products.append(row.cells[_MCC].strip())
        self.codes.append(f"{row.cells[_CENTRE].strip()}/{row.cells[_GL].strip()}")
        self.days.append(day)
        self.texts.append(text)

    def columns(self) -> ChargeColumns:
        """The batch as the engine takes it."""
        return ChargeColumns(
            count=len(self.places),
            place=list(self.places),
            start=list(self.starts),
            end=list(self.ends),
            kind=list(self.kinds),
            exact=list(self.amounts),
            product=list(self.products),
            customer_code=list(self.codes),
            service_kind="card",
            service_from=self.days,
            service_to=self.days,
            text=self.texts,
        )


@attrs.define
class _Group:
    """What has been read since the last total: its charges' line numbers, its centre, its original amounts."""

    first: int
    last: int = 0
    centre: str | None = None
    scope: str = ""
    originals: dict[str, Decimal] = attrs.Factory(dict)


@attrs.define
class _Month:
    """The totals of a month as they are met.

    A total after charges is their subtotal. A total straight after a total is the month's when nothing follows it, and
    otherwise the total of a group whose charges are missing: it must be zero, and the engine says so if it is not.
    """

    document: Document
    lines: int = 0
    group: _Group = attrs.Factory(lambda: _Group(first=1))
    whole: dict[str, Decimal] = attrs.Factory(dict)
    named: _Group | None = None  # the group that memo totals now speak of
    after: Figure | None = None  # a total straight after a total
    memos_after: list[Figure] = attrs.Factory(list)
    subtotals: list[Figure] = attrs.Factory(list)
    controls: list[Control] = attrs.Factory(list)

    def charge(self, row: Row) -> None:
        """Count a transaction into its group."""
        self._empty_group()
        self.lines += 1
        group = self.group
        centre = row.cells[_CENTRE].strip()
        group.centre = centre if group.last == 0 or group.centre == centre else None
        group.last = self.lines
        if original := row.cells[_ORIGINAL].strip():
            currency = row.cells[_ORIGINAL_CURRENCY].strip()
            _add(group.originals, currency, Decimal(_money(self.document, row, _ORIGINAL)))
            if not _CODE.fullmatch(currency):
                found = f"the original amount {original[:20]} has the currency '{currency[:20]}'"
                raise refused(self.document, row.number, found, "State the three-letter code of the currency.")

    def total(self, row: Row, currency: str) -> None:
        """Read a row without a key: a total in the posted currency, in an original one, or both."""
        cells = row.cells
        if cells[_SPENT].strip() or cells[_POSTED_ON].strip() or cells[_MERCHANT].strip():
            found = "a transaction has no Batch-Transaction ID"
            raise refused(self.document, row.number, found, "Correct the row at its source.")
        if not (cells[_AMOUNT].strip() or cells[_ORIGINAL].strip()):
            if any(cell.strip() for cell in cells):
                found = "the row is neither a transaction nor a total"
                raise refused(self.document, row.number, found, "Correct the row at its source.")
            return
        if cells[_AMOUNT].strip():
            self._posted(row, currency)
        if cells[_ORIGINAL].strip():
            self._memo(row)

    def _posted(self, row: Row, currency: str) -> None:
        if row.cells[_CURRENCY].strip() != currency:
            found = f"the total is in '{row.cells[_CURRENCY][:20]}', the charges are in {currency}"
            raise refused(self.document, row.number, found, "Send one file for each currency.")
        stated = Decimal(_money(self.document, row, _AMOUNT))
        group = self.group
        if not group.last:
            self._empty_group()
            self.after = Figure("Transaction Amount", "bill", stated, _locator(row))
            self.named = None
            return
        group.scope = f"cost centre {group.centre}" if group.centre else f"lines {group.first} to {group.last}"
        figure = Figure("Transaction Amount", group.scope, stated, _locator(row))
        self.subtotals.append(figure)
        self.controls.append(Control(figure, LineSum(((group.first, group.last),))))
        for code, amount in group.originals.items():
            _add(self.whole, code, amount)
        self.named, self.group = group, _Group(first=self.lines + 1)

    def _memo(self, row: Row) -> None:
        name = f"Original Amount {row.cells[_ORIGINAL_CURRENCY].strip()[:3]}"
        stated = Decimal(_money(self.document, row, _ORIGINAL))
        if self.after is not None:
            self.memos_after.append(Figure(name, "bill", stated, _locator(row)))
        elif self.named is not None and not self.group.last:
            figure = Figure(name, self.named.scope, stated, _locator(row))
            self.controls.append(_memo(figure, self.named.originals))
        else:
            found = "a total in an original currency follows no total in the posted currency"
            raise refused(self.document, row.number, found, "Send the whole file, unedited.")

    def _empty_group(self) -> None:
        """What was met after a total was not the month's: something follows it."""
        if self.after is not None:
            empty = attrs.evolve(self.after, scope=f"no lines, at row {self.after.locator.place}")
            self.subtotals.append(empty)
            self.controls.append(Control(empty, LineSum(())))
            self.controls += [_memo(attrs.evolve(memo, scope=empty.scope), {}) for memo in self.memos_after]
            self.after, self.memos_after = None, []

    def totals(self) -> Totals:
        """The month's totals. Where no grand total is printed, the subtotals together state what the month comes to."""
        if self.group.last and self.subtotals:
            found = f"the last {self.group.last - self.group.first + 1} transactions stand under no total"
            raise refused(self.document, None, found, "Send the whole file.")
        self.controls += [_memo(memo, self.whole) for memo in self.memos_after]
        return Totals(self.lines, self.after or _together(self.subtotals), tuple(self.controls))


def _together(subtotals: list[Figure]) -> Figure | None:
    if len(subtotals) < 2:
        return subtotals[0] if subtotals else None
    first, last = subtotals[0].locator, subtotals[-1].locator
    where = Locator(f"{first.place} to {last.place}", first.start, last.end)
    stated = exact_sum(figure.stated for figure in subtotals)
    return Figure("Sum of the subtotals (no grand total is printed)", "bill", stated, where)


def _memo(figure: Figure, originals: dict[str, Decimal]) -> Control:
    """A total in an original currency, recorded beside what the rows come to; it refuses nothing."""
    computed = originals.get(figure.name.rpartition(" ")[2], Decimal(0))
    return Control(figure, Counted(computed), binding=False)


def _add(sums: dict[str, Decimal], currency: str, amount: Decimal) -> None:
    sums[currency] = exact_sum((sums.get(currency, Decimal(0)), amount))


@hookimpl
def importers() -> tuple[Importer, ...]:
    """The purchasing-card months of municipalities."""
    return (PurchasingCard(),)
