"""Where a plugin's code lies is found without running any of it."""

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from tollbook.intake.worker import PluginSource, load_plugin


def test_an_entry_point_names_module_and_attribute() -> None:
    source = PluginSource.from_entry_point(EntryPoint("dash", "some.package:thing.part", "tollbook.v1"))
    assert source == PluginSource("dash", module="some.package", attribute="thing.part")


def test_places_are_found_without_importing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "stranger_package"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit('this code ran')\n", encoding="utf-8")
    (tmp_path / "stranger_module.py").write_text("raise SystemExit('this code ran')\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert PluginSource("a", module="stranger_package.inner").code_places() == (package,)
    assert PluginSource("b", module="stranger_module").code_places() == (tmp_path / "stranger_module.py",)
    assert PluginSource("c", module="nowhere_to_be_found").code_places() == ()
    assert PluginSource("d", module="sys").code_places() == ()


def test_an_object_is_loaded_by_its_dotted_name() -> None:
    assert load_plugin(PluginSource("path", module="pathlib", attribute="Path.name")) is Path.name
    assert load_plugin(PluginSource("sys", module="sys")) is sys


def test_a_file_that_is_no_python_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportError, match=r"extensions end in \.py"):
        load_plugin(PluginSource.from_file(tmp_path / "notes.txt"))
