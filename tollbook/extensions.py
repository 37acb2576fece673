"""Extensions: where they are found by metadata alone, and the door (pluggy) through which they register.

Built-ins come through the same door as strangers: the entry-point group `tollbook.v1`, or one file in a site's
`extensions/`. Finding runs none of their code; `offered` does, and is called only inside a confined job.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pluggy
import structlog

from ledger_core.contracts.check import Check
from ledger_core.contracts.exporter import Exporter, Route
from ledger_core.contracts.hooks import GROUP, PROJECT, TRUSTED_GROUP, Hooks
from ledger_core.contracts.importer import Importer
from ledger_core.errors import UsageRefused
from ledger_core.facts.fact import Fact
from tollbook.intake.worker import PluginSource
from tollbook.naming import shown

_LONGEST_NAME = 100


def installed() -> tuple[PluginSource, ...]:
    """The plugins that installed packages declare, sorted by name."""
    found = entry_points(group=GROUP)
    return tuple(PluginSource.from_entry_point(point) for point in sorted(found, key=lambda point: point.name))


def in_folder(folder: Path) -> tuple[PluginSource, ...]:
    """The plugins that lie in a site's `extensions/`, one file each, sorted by name.

    A plugin's name stands in every fact that comes from it. Raises UsageRefused for a file whose name is no such name,
    or the name of a plugin that is installed.
    """
    files = [file for file in sorted(folder.glob("*.py")) if not file.name.startswith("_") and file.is_file()]
    taken = {source.name for source in installed()}
    for file in files:
        if shown(file.stem) != file.stem or len(file.stem) > _LONGEST_NAME:
            raise UsageRefused(
                shown(file), "that cannot be the name of an extension", "Use letters, digits, dashes and underscores."
            )
        if file.stem in taken:
            raise UsageRefused(str(file), "an installed plugin has that name", "Give the extension a name of its own.")
    return tuple(map(PluginSource.from_file, files))


def exporters(route: Route) -> tuple[Exporter, ...]:
    """The exporters of one route that installed packages offer, sorted by name. Their code runs here: they are of the
    trusted group, in which no importer is."""
    found = [exporter for answer in _trusted().hook.exporters() for exporter in answer]
    return tuple(sorted((one for one in found if one.route is route), key=lambda one: one.name))


def checks() -> tuple[Check, ...]:
    """The checks that installed packages offer, sorted by name. Raises UsageRefused where two have one name."""
    found = sorted((check for answer in _trusted().hook.checks() for check in answer), key=lambda check: check.name)
    names = [check.name for check in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UsageRefused(f"check {twice}", "two installed checks have that name", "Remove one of their packages.")
    return tuple(found)


def tell_recorded(facts: Sequence[Fact]) -> None:
    """Tell the trusted extensions of facts just committed, at most once. One that raises undoes nothing: it is named in
    the journal, and those after it are not told."""
    try:
        _trusted().hook.recorded(facts=facts)
    except Exception:  # noqa: BLE001 - the facts are recorded, whatever an extension makes of them
        structlog.get_logger().exception("an extension failed after a commit", facts=[fact.sequence for fact in facts])


@cache
def _trusted() -> pluggy.PluginManager:
    manager = _manager()
    for point in sorted(entry_points(group=TRUSTED_GROUP), key=lambda point: point.name):
        manager.register(point.load(), point.name)
    manager.check_pending()
    return manager


def offered(name: str, plugin: Any) -> tuple[Importer, ...]:
    """The importers that a loaded plugin offers. Raises what pluggy raises for a misspelt hook."""
    manager = _manager()
    manager.register(plugin, name)
    manager.check_pending()
    return tuple(importer for answer in manager.hook.importers() for importer in answer)


def _manager() -> pluggy.PluginManager:
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Hooks)
    return manager
