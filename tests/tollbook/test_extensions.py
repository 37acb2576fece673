"""Trusted extensions hear of what was recorded: after the commit, once, and without a say in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from types import SimpleNamespace

import pytest

from ledger_core import hookimpl
from ledger_core.engine.reception import Verdict
from ledger_core.facts.fact import Fact
from ledger_core.store import log
from tests.tollbook.sites import new_site, take_in
from tollbook import extensions
from tollbook.site import Site


class Listener:
    """An extension that keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[list[int]] = []

    @hookimpl
    def recorded(self, facts: Sequence[Fact]) -> None:
        """Keep the sequences."""
        self.heard.append([fact.sequence for fact in facts])


class Failing:
    """An extension with a bug."""

    @hookimpl
    def recorded(self, facts: Sequence[Fact]) -> None:
        """Raise."""
        raise RuntimeError(f"cannot bear {len(facts)} facts")


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[object]:
    """One extension of the trusted group, as an installed package would declare it."""
    extension = request.param()
    point = SimpleNamespace(name="stranger", load=lambda: extension)
    monkeypatch.setattr(
        extensions, "entry_points", lambda group: [point] if "trusted" in group else entry_points(group=group)
    )
    extensions._trusted.cache_clear()
    yield extension
    extensions._trusted.cache_clear()


@pytest.mark.parametrize("trusted", [Listener], indirect=True)
def test_an_extension_hears_each_fact_once_in_order(trusted: Listener, shared_made: Path, tmp_path: Path) -> None:
    site = new_site(tmp_path)
    before = _last(site)
    take_in(site, [shared_made / "x12-811" / "01-implied.edi"])
    assert [sequence for heard in trusted.heard for sequence in heard] == list(range(before + 1, _last(site) + 1))


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("trusted", [Failing], indirect=True)
def test_an_extension_that_fails_undoes_nothing(
    shared_made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = new_site(tmp_path)
    [outcome] = take_in(site, [shared_made / "x12-811" / "01-implied.edi"])
    assert outcome.verdict is Verdict.POSTED
    assert "cannot bear" in "".join(capsys.readouterr())


def _last(site: Site) -> int:
    with site.ledger().reading() as connection:
        return log.last_sequence(connection)
