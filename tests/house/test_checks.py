"""Every built-in check has a version, a ground and a code on the page; every code is said of a small bill."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import entry_points

import pytest

from ledger_core import TRUSTED_GROUP, Check, CheckedBill, Examination, Grounds, Line, Objection, hookimpl
from ledger_core.engine.telling import CODES
from plugins.checks import BUILT_IN
from tests.house.check_page import SAID, Said, told
from tests.plugins.checks.examined import examined, month, words
from tollbook import extensions


def test_codes_are_ordered_by_strength_and_each_is_raised_by_one_check_at_most() -> None:
    raised = [code for check in BUILT_IN for code in check.codes]
    assert len(raised) == len(set(raised))
    assert set(raised) == set(CODES) - {"currency-unexpected"}, "which is refused before anything posts"
    assert [said.code for said in SAID] == list(CODES)


@pytest.mark.parametrize("said", [said for said in SAID if said.lines], ids=lambda said: said.code)
def test_a_code_is_said_as_the_page_shows(said: Said) -> None:
    (first, *_) = told(said)
    assert first.objection.evidence, "an objection shows what it rests on"
    assert not first.objection.found.endswith(".")
    assert first.objection.do.endswith(".")
    assert first.objection.stake > 0


@pytest.mark.parametrize("check", BUILT_IN, ids=lambda check: check.name)
def test_a_bare_site_is_told_of_nothing_on_an_ordinary_bill(check: Check) -> None:
    assert words(examined([month("POTS", "29.95"), month("POTS", "29.95", "2065550177")], checks=[check])) == []


@pytest.mark.parametrize("check", BUILT_IN, ids=lambda check: check.name)
def test_an_export_that_states_no_total_is_not_gone_through_on_a_bare_site(check: Check) -> None:
    """A cloud bill may have a million rows: without ground nothing is opened, and no row is read."""
    from tests.plugins.checks.examined import MadePast, bill, reference

    now = bill(payable=False, total=100)
    assert check.open(now, Grounds(reference({}), MadePast(now))) is None


def test_the_built_in_checks_come_through_the_door_of_strangers() -> None:
    (point,) = [point for point in entry_points(group=TRUSTED_GROUP) if point.name == "checks"]
    assert point.load().checks() == BUILT_IN
    assert {check.name for check in extensions.checks()} >= {check.name for check in BUILT_IN}


class _Stranger:
    """What an outside package would offer: a check of its own."""

    name, version, codes = "round-amounts", "1", ("round-amount",)

    def open(self, bill: CheckedBill, grounds: Grounds) -> Examination | None:
        """Bills of some size."""
        return self if bill.total >= 10_000 else None

    def look(self, lines: Sequence[Line]) -> list[Objection]:
        """Whole hundreds."""
        return [
            Objection("round-amount", line, line.amount, 30, "round amounts", "a round amount", "Ask for its make-up.")
            for line in lines
            if line.amount and line.amount % 10_000 == 0
        ]

    def end(self) -> list[Objection]:
        """Nothing is left."""
        return []

    @hookimpl
    def checks(self) -> tuple[Check, ...]:
        """This one."""
        return (self,)


def test_a_strangers_check_is_asked_with_the_built_in_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = extensions._manager()
    manager.register(_Stranger(), "stranger")
    manager.check_pending()
    monkeypatch.setattr(extensions, "_trusted", lambda: manager)
    (found,) = extensions.checks()
    assert words(examined([month("POTS", "300.00")], checks=[found])) == ["round-amount 1 300.00"]
    assert words(examined([month("POTS", "30.00")], checks=[found])) == []
