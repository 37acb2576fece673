"""What Python may read for its imports never takes in a site."""

import sys
from pathlib import Path

from tollbook.intake.confinement.readable import import_places


def _may_read(path: Path, readable: tuple[Path, ...]) -> bool:
    return any(path.is_relative_to(place) for place in readable)


def test_a_ledger_inside_a_checkout_stays_out_of_reach(tmp_path: Path) -> None:
    """`make demo` puts its site below the source code, which is on the path."""
    package = tmp_path / "ledger_core"
    package.mkdir()
    (package / "__init__.py").touch()
    (tmp_path / "module.py").touch()
    site = tmp_path / "build" / "demo"
    site.mkdir(parents=True)
    (site / "ledger.db").touch()
    readable, listable = import_places((str(tmp_path),))
    assert _may_read(package / "money.py", readable)
    assert _may_read(tmp_path / "module.py", readable)
    assert not _may_read(site / "ledger.db", readable)
    assert listable == (tmp_path,)


def test_this_interpreters_own_modules_are_readable(repository: Path) -> None:
    readable, _ = import_places(tuple(sys.path))
    for name in ("csv", "attrs", "msgspec", "ledger_core.errors"):
        __import__(name)
        file = sys.modules[name].__file__
        assert file is not None
        assert _may_read(Path(file), readable), name
    assert not _may_read(repository / "build" / "demo" / "ledger.db", readable)


def test_no_whole_disk_home_or_temporary_folder_is_readable() -> None:
    readable, listable = import_places(tuple(sys.path))
    for place in (Path("/"), Path.home(), Path("/tmp"), Path("/etc"), Path("/usr"), Path("/proc")):  # noqa: S108
        assert place not in readable
        assert place not in listable
