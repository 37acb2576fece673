"""An extension with a bug costs its own file and nothing else: not a row, not another file, not the next one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner

from ledger_core.engine.reception import Verdict
from ledger_core.errors import UsageRefused
from tests.hostile.bad_files import card
from tests.hostile.conftest import Target, edi
from tests.hostile.strangers import ANSWERS, PROCESSES, RECORDS, Stranger, of_many
from tests.tollbook.sites import new_site, take_in
from tollbook.cli.program import program
from tollbook.intake.confinement.process_tree import descendants
from tollbook.intake.intake import Intake
from tollbook.site import Settings, Site

_MARK = b"STRANGER\n"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site that gives importers two seconds and little memory."""
    opened = new_site(tmp_path_factory.mktemp("strangers"))
    return attrs.evolve(opened, settings=Settings(plugin_seconds=1, plugin_memory_mb=256))


def _with(site: Site, stranger: Stranger, name: str = "strange.py") -> Target:
    (site.path("extensions") / name).write_text(stranger.source(_MARK, str(site.folder)), "utf-8")
    return Target(site, Intake(site))


@pytest.fixture(autouse=True)
def no_extension_stays(site: Site) -> Iterator[None]:
    """Each test begins without extensions."""
    yield
    for file in site.path("extensions").iterdir():
        file.unlink()


def _costs_its_own_file(target: Target, stranger: Stranger, content: bytes) -> None:
    before = target.standing()
    outcome = target.dropped("strange.txt", content)
    assert outcome.verdict is Verdict.REJECTED, outcome
    problem = outcome.all_problems[0]
    assert problem.code in stranger.refused, problem
    assert stranger.found in problem.found
    assert problem.where
    assert problem.do
    assert target.standing() == before, "nothing posted"
    assert target.archived(outcome) == content, "nothing lost"
    assert problem.code in target.reason(outcome)
    assert target.state(outcome) == ("rejected", problem.code)
    worker = target.intake._worker.process
    assert worker is not None
    assert descendants(worker) == frozenset(), "nothing of it runs on"
    spools = target.site.path("spool")
    assert [path for path in spools.iterdir() if path.is_file()] == [], "nothing of it is left"


@pytest.mark.parametrize("stranger", PROCESSES, ids=lambda one: one.title)
def test_an_extension_that(site: Site, stranger: Stranger) -> None:
    """Its own file is refused with a reason and kept; what stood in the books stands; the next file posts."""
    with _with(site, stranger).intake as intake:
        target = Target(site, intake)
        number = next(_numbers)
        _costs_its_own_file(target, stranger, _MARK + b"%d" % number)
        assert target.dropped("next.edi", edi(number)).verdict is Verdict.POSTED, "the next file posts"


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A site whose extension answers and sends whatever nonsense a file's second line names."""
    site = new_site(tmp_path_factory.mktemp("many"))
    site = attrs.evolve(site, settings=Settings(plugin_seconds=20))
    source = of_many([*ANSWERS, *RECORDS], _MARK, str(site.folder))
    (site.path("extensions") / "strange.py").write_text(source, "utf-8")
    with Intake(site) as intake:
        yield Target(site, intake)


@pytest.mark.parametrize("stranger", [*ANSWERS, *RECORDS], ids=lambda one: one.title)
def test_an_extension_that_says_nonsense(many: Target, stranger: Stranger) -> None:
    """One that answers or sends what no importer of this contract does, and then the next, in one process."""
    _costs_its_own_file(many, stranger, _MARK + stranger.title.encode())


def test_after_all_that_nonsense_the_next_file_posts(many: Target) -> None:
    assert many.dropped("next.edi", edi(1)).verdict is Verdict.POSTED


def test_an_honest_extension_posts(site: Site) -> None:
    """Otherwise the table above would show nothing."""
    with _with(site, Stranger("is honest", "", ())).intake as intake:
        outcome = Target(site, intake).dropped("strange.txt", _MARK)
        assert outcome.verdict is Verdict.POSTED, outcome.all_problems
        assert outcome.bills[0].total == 500


def test_an_extension_that_claims_every_file_makes_every_file_ambiguous_until_it_is_removed(site: Site) -> None:
    """Two that claim a file cannot both be right, and nobody guesses: the file is kept, refused, and names both."""
    greedy = Stranger("claims all", "\ndef recognised(document):\n    return Recognition()\n", ())
    content = card(day="2024-01-05")
    with _with(site, greedy, "greedy.py").intake as intake:
        target = Target(site, intake)
        before = target.standing()
        outcome = target.dropped("card.csv", content)
        (problem,) = outcome.all_problems
        assert (outcome.verdict, problem.code) == (Verdict.REJECTED, "ambiguous")
        assert "pcard, stranger" in problem.found
        assert "Remove the extension" in problem.do
        assert target.standing() == before
    (site.path("extensions") / "greedy.py").unlink()
    (site.path("inbox") / "card.csv").write_bytes(content)
    (again,) = take_in(site, [site.path("inbox")])
    assert again.verdict is Verdict.POSTED, "the same bytes post once nobody else claims them"


def test_an_extension_may_not_take_the_name_of_a_plugin_that_is_installed(site: Site) -> None:
    """Its name stands in every fact that comes from it. Said at the start, before any file is touched."""
    with pytest.raises(UsageRefused, match="an installed plugin has that name"):
        _with(site, Stranger("is honest", "", ()), "pcard.py")


def test_an_importer_of_an_extension_may_not_take_the_name_of_a_built_in(site: Site) -> None:
    """It would stand as edi811 in every fact. The file is read by nobody, and the refusal says why."""
    imposter = Stranger("takes a name", "\n@hookimpl\ndef importers():\n    return (Stranger('edi811'),)\n", ())
    with _with(site, imposter).intake as intake:
        target = Target(site, intake)
        outcome = target.dropped("strange.txt", _MARK + b"imposter")
        problem = outcome.all_problems[0]
        assert (outcome.verdict, problem.code) == (Verdict.REJECTED, "plugin-name-taken")
        assert problem.found == "it names its importer 'edi811', as an installed plugin does"


def test_an_extension_that_fails_on_a_file_that_another_reads_is_named_in_the_status(site: Site) -> None:
    """Until it is mended or removed: nobody would know of it otherwise."""
    failing = Stranger("fails", "\ndef recognised(document):\n    raise ValueError('no header')\n", ())
    with _with(site, failing).intake as intake:
        assert Target(site, intake).dropped("bill.edi", edi(next(_numbers))).verdict is Verdict.POSTED
    failed = "Failed: extension strange (plugin-error: "
    said = _status(site)
    assert failed in said
    assert "last on bill.edi. Others read what it failed on." in said
    (site.path("extensions") / "strange.py").unlink()
    assert failed not in _status(site)


def _status(site: Site) -> str:
    return CliRunner().invoke(program, ["--site", str(site.folder), "status"]).output


@pytest.mark.parametrize("name", ["line\nend.py", "latin-\udce9.py", "n" * 150 + ".py"])
def test_an_extension_needs_a_name_that_can_be_written_down(site: Site, name: str) -> None:
    with pytest.raises(UsageRefused, match="cannot be the name of an extension"):
        _with(site, Stranger("is honest", "", ()), name)


def test_a_folder_or_a_hidden_file_among_the_extensions_is_none(site: Site, tmp_path: Path) -> None:
    folder = site.path("extensions") / "folder.py"
    folder.mkdir()
    (site.path("extensions") / "_draft.py").write_text("raise OSError\n", "utf-8")
    with Intake(site) as intake:
        assert Target(site, intake).dropped("card.csv", card(day="2024-02-05")).verdict is Verdict.POSTED
    folder.rmdir()


def test_an_extension_that_hangs_when_asked_is_asked_no_more_after_its_second_file(site: Site) -> None:
    hanging = Stranger("hangs", "\ndef recognised(document):\n    time.sleep(99)\n", ())
    site = attrs.evolve(site, settings=Settings(plugin_seconds=1))
    with _with(site, hanging, "hanging.py").intake as intake:
        target = Target(site, intake)
        codes = [[problem.code for problem in target.dropped("x.txt", b"%d" % n).all_problems] for n in range(3)]
        assert codes == [["plugin-hung", "plugin-hung"], ["plugin-hung", "plugin-hung"], ["unknown-format"]]
        assert target.dropped("card.csv", card(day="2024-03-05")).verdict is Verdict.POSTED
