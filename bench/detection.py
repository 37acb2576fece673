"""What the checks find of the errors that a synthetic city plants in its bills, and what they object to wrongly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs

from bench.places import Workshop
from bench.process import Broken
from ledger_core.projections.bills import PostedBill
from ledger_core.projections.charges import standing_bills
from ledger_core.projections.checks import Raised, raised
from ledger_core.store import log
from ledger_core.store.database import Database
from tollbook.city import Calendar, City, Planted, answer_key, plan_city, write_month, write_reference

#: Checks may be tuned on the first; what they miss on the others is never looked at.
TUNING, HELD_OUT = (3, 5, 8), (1_009, 2_027, 4_049)
MONTHS = 6
PLANTED, INNOCENT = "planted", "innocent"
#: An error that no check sees, since the bill is refused before it is posted: the code of the refusal.
_AT_THE_DOOR = {"currency-unexpected": "currency"}
_TEMPLATE = "fund:3 department:5 . object:5 . subobject:4"

Where = tuple[str, str]  # bill, service ("" is the bill or the account itself)


@attrs.frozen
class Said:
    """What the checks say of one service in one bill under one code: the lines, and minor units at stake."""

    bill: str
    service: str
    code: str
    charges: frozenset[int]
    stake: int


@attrs.frozen
class Taken:
    """A city taken in: its key, what was said of its bills, and how long intake and checks took, in seconds.

    `refused` are the codes of refusals by file; `bills` are the ids of posted bills by what the key calls them.
    """

    key: tuple[Planted, ...]
    bills: dict[tuple[str, str, str], str]
    said: tuple[Said, ...]
    refused: dict[str, set[str]]
    lines: int
    intake: float
    checks: float


@attrs.define
class Tally:
    """Sums of one code: errors planted and found, objections right and wrong; each by count and by minor units.

    `shown` are errors that another objection shows, `alike` look-alikes that were objected to.
    """

    planted: int = 0
    found: int = 0
    shown: int = 0
    planted_money: Decimal = Decimal(0)
    found_money: Decimal = Decimal(0)
    right: int = 0
    wrong: int = 0
    right_money: int = 0
    wrong_money: int = 0
    alike: int = 0
    innocent: int = 0

    def add(self, other: Tally) -> None:
        """Add another tally to this one."""
        for field in attrs.fields(Tally):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


@attrs.define
class Verdicts:
    """What was found of a city, by code, and of how many clean lines something was said."""

    codes: dict[str, Tally] = attrs.Factory(lambda: defaultdict(Tally))
    clean: int = 0
    touched: int = 0
    intake: float = 0.0
    checks: float = 0.0
    missed: list[Planted] = attrs.Factory(list)
    false: list[tuple[Said, str]] = attrs.Factory(list)

    def add(self, other: Verdicts) -> None:
        """Add what was found of another city."""
        for code, tally in other.codes.items():
            self.codes[code].add(tally)
        self.clean, self.touched = self.clean + other.clean, self.touched + other.touched
        self.intake, self.checks = self.intake + other.intake, self.checks + other.checks

    def whole(self) -> Tally:
        """All codes together."""
        total = Tally()
        for tally in self.codes.values():
            total.add(tally)
        return total


# --- taking a city in --------------------------------------------------------------------------------------------


def take(shop: Workshop, size: str, seed: int, months: int = MONTHS) -> Taken:
    """Make the city, load its sheets, import its months, and read what the checks said. Raises Broken."""
    city = plan_city(size, seed, Calendar(months=months))
    site = shop.folder / f"city-{size}-{seed}"
    prepare(shop, city, site)
    refused: dict[str, set[str]] = defaultdict(set)
    intake = 0.0
    for month in city.calendar.all():
        inbox = site.with_name(f"{site.name}-{month}")
        write_month(city, month, inbox)
        ended = shop.tollbook(site, "import", inbox, "--json")
        if ended.code not in (0, 1, 3):
            raise Broken(f"import ended with {ended.code}: {ended.output[:2000]}")
        intake += ended.wall
        for file in ended.answer()["files"]:
            refused[Path(file["path"]).name] |= {problem["code"] for problem in file["problems"]}
    again = shop.tollbook(site, "check", "--all", "--json")
    if again.code not in (0, 1):
        raise Broken(f"check ended with {again.code}: {again.output[:2000]}")
    with Database(site / "ledger.db").reading() as connection:
        posted = standing_bills(connection, log.last_sequence(connection))
        said = tuple(together(raised(connection, posted)))
    lines = sum(bill.charges for bill in posted)
    key = tuple(row for row in answer_key(city) if row.code)
    return Taken(key, named(posted), said, refused, lines, intake, again.wall)


def prepare(shop: Workshop, city: City, site: Path) -> None:
    """A new site with the city's sheets. Raises Broken."""
    ended = shop.tollbook(site, "init", site, "--chart-template", _TEMPLATE)
    if ended.code:
        raise Broken(f"init ended with {ended.code}")
    reference = site.with_name(f"{site.name}-reference")
    for sheet in write_reference(city, reference):
        ended = shop.tollbook(site, "load", sheet.kind, reference / sheet.name)
        if ended.code:
            raise Broken(f"load {sheet.kind} ended with {ended.code}: {ended.output[:2000]}")


def named(posted: Iterable[PostedBill]) -> dict[tuple[str, str, str], str]:
    """Ids of bills by account, number and first day, as the key calls them."""
    return {(bill.account, bill.number or "", bill.period_from or ""): bill.bill for bill in posted}


def together(rows: Iterable[Raised]) -> Iterator[Said]:
    """One for each bill, service and code; what a waiver covers is not said."""
    charges: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    stakes: dict[tuple[str, str, str], int] = defaultdict(int)
    for row in rows:
        if row.waiver is None:
            where = (row.bill, row.service, row.code)
            charges[where].add(row.charge)
            stakes[where] += abs(row.stake)
    for where, stake in stakes.items():
        yield Said(*where, frozenset(charges[where]), stake)


# --- judging what was said ---------------------------------------------------------------------------------------


def judge(taken: Taken) -> Verdicts:
    """Hold what was said against the key."""
    found = Verdicts(intake=taken.intake, checks=taken.checks)
    key = _Key(taken)
    heard: dict[Where, set[str]] = defaultdict(set)
    for said in taken.said:
        heard[said.bill, said.service].add(said.code)
        _judge_said(found, key, said)
    for row in taken.key:
        _judge_row(found, key, heard, row)
    wrong = {(said.bill, charge) for said, _ in found.false for charge in said.charges if charge}
    found.clean = taken.lines - sum(len(row.products) for row in taken.key if row.verdict != INNOCENT)
    found.touched = len(wrong)
    return found


class _Key:
    """The key by bill and service."""

    def __init__(self, taken: Taken) -> None:
        self._bills = taken.bills
        self.refused = taken.refused
        self.rows: dict[Where, list[Planted]] = defaultdict(list)
        for row in taken.key:
            self.rows[self.bill(row), row.service].append(row)

    def bill(self, row: Planted) -> str:
        """The id of a row's bill; "" for one that did not post."""
        return self._bills.get((row.account, row.bill, row.start), "")

    def said_by(self, said: Said) -> list[Planted]:
        """The rows that the objection may mean: of its service, and of its bill as a whole."""
        whole = [row for row in self.rows.get((said.bill, ""), []) if not row.products]
        return [*self.rows.get((said.bill, said.service), []), *(whole if said.service else [])]


def _judge_said(found: Verdicts, key: _Key, said: Said) -> None:
    """An objection is right if an error of its name, or of one that says the same, stands there."""
    rows = [row for row in key.said_by(said) if row.verdict != INNOCENT and said.code in (row.code, *row.also)]
    tally = found.codes[said.code]
    if any(row.verdict == PLANTED for row in rows):
        tally.right += 1
        tally.right_money += said.stake
    elif not rows:
        tally.wrong += 1
        tally.wrong_money += said.stake
        alike = [row.case for row in key.said_by(said) if row.verdict == INNOCENT]
        found.false.append((said, ", ".join(alike)))


def _judge_row(found: Verdicts, key: _Key, heard: dict[Where, set[str]], row: Planted) -> None:
    """An error is found if something of its own name is said of it; a look-alike should be left alone."""
    tally = found.codes[row.code]
    codes = heard.get((key.bill(row), row.service), set())
    if row.code in _AT_THE_DOOR:
        codes = {row.code} if _AT_THE_DOOR[row.code] in key.refused.get(row.file, set()) else set()
    if row.verdict == PLANTED:
        tally.planted += 1
        tally.planted_money += Decimal(row.stake)
        if row.code in codes:
            tally.found += 1
            tally.found_money += Decimal(row.stake)
        else:
            tally.shown += bool(codes & set(row.also))
            found.missed.append(row)
    elif row.verdict == INNOCENT:
        tally.innocent += 1
        tally.alike += row.code in codes


# --- the rows of the table ---------------------------------------------------------------------------------------


def measure(shop: Workshop, size: str, seeds: Sequence[int], months: int = MONTHS) -> Verdicts:
    """All these cities together."""
    total = Verdicts()
    for seed in seeds:
        total.add(judge(take(shop, size, seed, months)))
    return total


def figures(found: Verdicts, seeds: Sequence[int]) -> dict[str, Any]:
    """What the page shows: percents of the whole, and a row for each code."""
    whole = found.whole()
    return {
        "seeds": list(seeds),
        "recall_money_percent": percent(whole.found_money, whole.planted_money),
        "precision_money_percent": percent(whole.right_money, whole.right_money + whole.wrong_money),
        "recall_percent": percent(whole.found, whole.planted),
        "precision_percent": percent(whole.right, whole.right + whole.wrong),
        "clean_untouched_percent": percent(found.clean - found.touched, found.clean),
        "look_alikes_left_alone_percent": percent(whole.innocent - whole.alike, whole.innocent),
        "checks_of_intake_percent": percent(Decimal(str(found.checks)), Decimal(str(found.intake))),
        "kinds": [_row(code, tally) for code, tally in sorted(found.codes.items())],
    }


def _row(code: str, tally: Tally) -> dict[str, Any]:
    return {
        "kind": code,
        "planted": tally.planted,
        "found": tally.found,
        "recall": percent(tally.found, tally.planted),
        "recall_money": percent(tally.found_money, tally.planted_money),
        "objections": tally.right + tally.wrong,
        "precision": percent(tally.right, tally.right + tally.wrong),
        "precision_money": percent(tally.right_money, tally.right_money + tally.wrong_money),
        "look_alikes": tally.innocent,
        "left_alone": tally.innocent - tally.alike,
    }


def percent(part: Decimal | int, whole: Decimal | int) -> str | None:
    """A percent with one decimal, rounded down so that nothing looks better than it is; None of nothing."""
    return f"{int(Decimal(part) * 1000 / Decimal(whole)) / Decimal(10):.1f}" if whole else None
