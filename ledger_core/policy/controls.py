"""Control totals: every figure that a bill states beside the one computed from its charges (INV-14 to INV-16)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from decimal import Decimal

import attrs

from ledger_core.errors import DocumentRefused
from ledger_core.facts.bill import Combined, Control, Counted, Figure, LineSum, Totals
from ledger_core.facts.charge import Locator
from ledger_core.facts.discrepancy import Discrepancy
from ledger_core.money import EXACT, exact_sum, places, plain, round_minor

#: Of more figures than this, the facts and answers of a bill name only the outstanding ones; the rest is a body.
MANY = 10_000

#: The exact sum, in major units, of the charges of an inclusive range of lines.
SumOfLines = Callable[[int, int], Decimal]


@attrs.frozen
class Checked:
    """One control as it came out. `stated` is None where the bill states nothing; then nothing is called tied.

    `counted` says that it compares counts, not money. `accepted` are the facts by which two people accepted its gap.
    """

    name: str
    scope: str
    stated: Decimal | None
    computed: Decimal
    locator: Locator | None
    binding: bool
    tolerance: Decimal
    counted: bool = False
    accepted: tuple[int, ...] = ()

    @property
    def gap(self) -> Decimal:
        """Stated less computed; zero where nothing is stated."""
        return Decimal(0) if self.stated is None else EXACT.subtract(self.stated, self.computed)

    @property
    def ties(self) -> bool:
        """Whether the bill may stand on this control."""
        return not self.binding or bool(self.accepted) or abs(self.gap) <= self.tolerance


@attrs.define
class ManyChecked:
    """So many controls that they are worked out each time they are gone through, instead of being kept.

    `accepted` are the facts by which two people accepted all gaps.
    """

    own: Checked
    controls: Collection[Control]
    sums: SumOfLines
    slack: Decimal
    accepted: tuple[int, ...] = ()
    _outstanding: tuple[Checked, ...] | None = attrs.field(default=None, init=False)

    def __len__(self) -> int:
        return 1 + len(self.controls)

    def __contains__(self, checked: object) -> bool:
        return any(one == checked for one in self)

    def __iter__(self) -> Iterator[Checked]:
        yield self._with_acceptance(self.own)
        for control in self.controls:
            yield self._with_acceptance(_check(control, self.sums, self.slack))

    def _with_acceptance(self, control: Checked) -> Checked:
        return attrs.evolve(control, accepted=self.accepted) if self.accepted and not control.ties else control

    def outstanding(self) -> tuple[Checked, ...]:
        """Those of the bill itself, and those that differ from what was computed: none that does not tie is missing."""
        if self._outstanding is None:
            self._outstanding = tuple(one for one in self if one.scope == "bill" or one.gap)
        return self._outstanding


def check_totals(totals: Totals, charges: int, total: Decimal, sums: SumOfLines, slack: Decimal) -> Collection[Checked]:
    """Every control of a bill, its own total first. `slack` (major units) is half a minor unit for bills that state
    fractions of one, and zero for all others: such a total is a rounded one (INV-27).

    Raises DocumentRefused (miscounted) when the importer's own count differs from what it gave.
    """
    stated = totals.total
    own = Checked(
        stated.name if stated else "total",
        "bill",
        stated.stated if stated else None,
        total,
        stated.locator if stated else None,
        binding=True,
        tolerance=slack,
    )
    if totals.charges != charges:
        raise _fault(f"counted {totals.charges} charges and gave {charges}")
    checked = ManyChecked(own, totals.controls, sums, slack)
    return checked if len(checked) > MANY else tuple(checked)


def outstanding(checked: Collection[Checked]) -> Collection[Checked]:
    """All of them, or of a great many those of the bill itself and those that differ from what was computed."""
    return checked.outstanding() if isinstance(checked, ManyChecked) else checked


def check_envelope(controls: Iterable[Control]) -> list[Checked]:
    """The controls of a document's envelope, which know no charges."""
    return [_check(control, _no_lines, Decimal(0)) for control in controls]


def _no_lines(first: int, last: int) -> Decimal:
    raise _fault(f"let a total of the envelope speak of lines {first} to {last}")


def _fault(found: str) -> DocumentRefused:
    return DocumentRefused("totals", f"the importer {found}", "Report it to the importer's author.", code="miscounted")


def _check(control: Control, sums: SumOfLines, slack: Decimal) -> Checked:
    figure = control.figure
    computed = _computed(control.equals, sums)
    tolerance = slack if isinstance(control.equals, LineSum) else Decimal(0)
    return Checked(
        figure.name,
        figure.scope,
        figure.stated,
        computed,
        figure.locator,
        control.binding,
        tolerance,
        counted=isinstance(control.equals, Counted),
    )


def _computed(equals: LineSum | Combined | Counted, sums: SumOfLines) -> Decimal:
    if isinstance(equals, LineSum):
        return exact_sum(sums(first, last) for first, last in equals.ranges)
    if isinstance(equals, Combined):
        return EXACT.subtract(_stated(equals.plus), _stated(equals.minus))
    return equals.value


def _stated(figures: Iterable[Figure]) -> Decimal:
    return exact_sum(figure.stated for figure in figures)


def gaps(checked: Collection[Checked], document: str, currency: str = "") -> list[Discrepancy]:
    """What does not tie, with the exact gap and the place where the figure stands.

    Figures of money (`currency` given) show at least the places of the currency, and the gap is what is at stake;
    counts show none.
    """
    least = places(currency) if currency else 0
    return [
        Discrepancy(
            "gap",
            f"{document}, {control.scope}, {control.name} at {control.locator.place if control.locator else '-'}",
            f"states {figure_text(control.stated or Decimal(0), least)}, "
            f"its lines make {figure_text(control.computed, least)}, gap {figure_text(control.gap, least)}",
            "Ask the vendor for a corrected bill; nothing was posted.",
            abs(round_minor(control.gap, currency)) if currency else 0,
        )
        for control in outstanding(checked)
        if not control.ties
    ]


def figure_text(value: Decimal, least: int) -> str:
    """An exact figure with at least so many places: 90 dollars are "90.00", a gap of a tenth of a cent "0.001"."""
    shown = plain(value)
    held = len(shown.partition(".")[2])
    return shown if held >= least else f"{value:.{least}f}"
