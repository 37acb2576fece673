"""Extensions: where they are found by metadata alone, and the door (pluggy) through which they register.

Built-ins come through the same door as strangers: the entry-point group `tollbook.v1`, or one file in a site's
`extensions/`. Finding runs none of their code; `offered` does, and is called only inside a confined job.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pluggy

from ledger_core.contracts.hooks import GROUP, PROJECT, Hooks
from ledger_core.contracts.importer import Importer
from tollbook.intake.worker import PluginSource


def installed() -> tuple[PluginSource, ...]:
    """The plugins that installed packages declare, sorted by name."""
    found = entry_points(group=GROUP)
    return tuple(PluginSource.from_entry_point(point) for point in sorted(found, key=lambda point: point.name))


def in_folder(folder: Path) -> tuple[PluginSource, ...]:
    """The plugins that lie in a site's `extensions/`, one file each, sorted by name."""
    return tuple(PluginSource.from_file(file) for file in sorted(folder.glob("*.py")) if not file.name.startswith("_"))


def offered(name: str, plugin: Any) -> tuple[Importer, ...]:
    """The importers that a loaded plugin offers. Raises what pluggy raises for a misspelt hook."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Hooks)
    manager.register(plugin, name)
    manager.check_pending()
    return tuple(importer for answer in manager.hook.importers() for importer in answer)
