"""Every hook has a page and a user; every built-in importer has a page, samples and what they must give."""

from __future__ import annotations

import inspect
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from ledger_core.contracts.hooks import GROUP, TRUSTED_GROUP, Hooks

_ROOT = Path(__file__).resolve().parents[2]
_HOOKS = [name for name, _ in inspect.getmembers(Hooks, inspect.isfunction)]
#: For others' extensions alone: nothing of ours needs it, tests/tollbook/test_extensions.py does.
_FOR_STRANGERS = {"recorded"}


def _entry_points(group: str) -> dict[str, str]:
    project: dict[str, Any] = tomllib.loads((_ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    points: dict[str, str] = project["entry-points"][group]
    return points


def _section(page: str, heading: str) -> str:
    """The text under a heading of the second level."""
    text = (_ROOT / "docs" / "reference" / page).read_text("utf-8")
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


@pytest.mark.parametrize("hook", _HOOKS)
def test_a_hook_has_a_page_with_its_arguments(hook: str) -> None:
    section = _section("hooks.md", hook)
    assert section, f"docs/reference/hooks.md has no section {hook}"
    for argument in list(inspect.signature(getattr(Hooks, hook)).parameters)[1:]:
        assert argument in section


@pytest.mark.parametrize("hook", _HOOKS)
def test_a_hook_is_called(hook: str) -> None:
    code = "\n".join(path.read_text("utf-8") for path in sorted((_ROOT / "tollbook").rglob("*.py")))
    assert f"hook.{hook}(" in code


@pytest.mark.parametrize("hook", sorted(set(_HOOKS) - _FOR_STRANGERS))
def test_a_hook_is_implemented_by_something_of_ours(hook: str) -> None:
    modules = [*_entry_points(GROUP).values(), *_entry_points(TRUSTED_GROUP).values()]
    assert any(re.search(rf"@hookimpl\ndef {hook}\(", _source(module)) for module in modules)


@pytest.mark.parametrize("name", _entry_points(GROUP))
def test_an_importer_has_a_page_samples_and_tests(name: str) -> None:
    assert _section("importers.md", name), f"docs/reference/importers.md has no section {name}"
    samples = [path.name for path in (_ROOT / "tests" / "importers" / "samples" / name).iterdir()]
    assert any(sample.endswith(".json") for sample in samples), "no sample says what it must give"
    assert any(not sample.endswith(".json") for sample in samples)
    assert (_ROOT / "tests" / "importers" / f"test_{name}.py").is_file()


@pytest.mark.parametrize("name", _entry_points(TRUSTED_GROUP))
def test_a_trusted_extension_has_a_page(name: str) -> None:
    """Exporters have a section each; the checks a page of their own."""
    exports = "@hookimpl\ndef exporters(" in _source(_entry_points(TRUSTED_GROUP)[name])
    page, heading = ("exporters.md", name) if exports else ("checks.md", "What each code means")
    assert _section(page, heading), f"docs/reference/{page} has no section {heading}"


def test_the_seal_page_shows_the_frozen_roots() -> None:
    """The page repeats digests for who reads it without the source: they are those that the tests freeze."""
    from ledger_core.facts.body import FORMATS

    frozen = (_ROOT / "tests" / "ledger_core" / "facts" / "test_fact.py").read_text("utf-8")
    page = (_ROOT / "docs" / "reference" / "seal.md").read_text("utf-8")
    roots = re.findall(r"^    \"\w+\": \"([0-9a-f]{64})\",$", frozen, re.MULTILINE)
    assert len(roots) == len(FORMATS)
    assert [root for root in roots if root not in page] == []


def test_the_seal_page_shows_the_columns_in_order() -> None:
    from ledger_core.facts.body import FORMATS

    page = (_ROOT / "docs" / "reference" / "seal.md").read_text("utf-8")
    for body in FORMATS.values():
        assert f"| `{body.name}` | `{body.format}` | {', '.join(body.columns)} |" in page


def _source(module: str) -> str:
    path = _ROOT / module.replace(".", "/")
    return (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text("utf-8")
