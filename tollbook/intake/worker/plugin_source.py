"""Plugin source: where a plugin's code is to be found. Nothing of it is imported before `load_plugin`."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs


@attrs.frozen
class PluginSource:
    """A plugin by its `name`, and either the `module` (and `attribute` in it, if any) or the `file` that holds it."""

    name: str
    module: str = ""
    attribute: str = ""
    file: str = ""

    @classmethod
    def from_entry_point(cls, entry_point: EntryPoint) -> PluginSource:
        """As the package's metadata declares it."""
        return cls(entry_point.name, module=entry_point.module, attribute=entry_point.attr or "")

    @classmethod
    def from_file(cls, file: Path) -> PluginSource:
        """One file of a site's `extensions/`; its stem is the plugin's name."""
        return cls(file.stem, file=str(file))

    def code_places(self) -> tuple[Path, ...]:
        """The files and folders that hold the plugin's code, found without running any of it."""
        if self.file:
            return (Path(self.file),)
        top = self.module.partition(".")[0]
        found = importlib.util.find_spec(top) if top else None
        if found is None:
            return ()
        if found.submodule_search_locations is not None:
            return tuple(map(Path, found.submodule_search_locations))
        return (Path(found.origin),) if found.origin and found.has_location else ()


def _module_from_file(source: PluginSource) -> ModuleType:
    name = f"tollbook_extension_{source.name}"
    found = importlib.util.spec_from_file_location(name, source.file)
    if found is None or found.loader is None:
        raise ImportError(f"{source.file} is no Python file; extensions end in .py")
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module  # so that its classes can be found by their module's name
    found.loader.exec_module(module)
    return module


def load_plugin(source: PluginSource) -> Any:
    """Import the plugin: its module, or the object in it that its entry point names.

    Runs a stranger's code, so it is called only inside a confined job. Raises whatever that code raises.
    """
    loaded: Any = _module_from_file(source) if source.file else importlib.import_module(source.module)
    for name in filter(None, source.attribute.split(".")):
        loaded = getattr(loaded, name)
    return loaded
