"""Job: one function to run on some files in a confined child."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from tollbook.intake.confinement.limits import Limits
from tollbook.intake.worker.plugin_source import PluginSource


@attrs.frozen
class Job:
    """What a child is to do.

    `function` is "module:function"; it is imported and called after the child is confined, with `emit`, which takes
    anything that msgspec can encode, and a dict: `arguments`, with `inputs` (list of texts) and `plugin` (a
    PluginSource) added. `inputs`, by their whole path, are the only files that the child may read besides code.
    """

    function: str
    plugin: PluginSource
    inputs: tuple[str, ...] = attrs.field(default=())
    arguments: Mapping[str, Any] = attrs.field(factory=dict)
    limits: Limits = attrs.field(factory=Limits)
    allow_unconfined: bool = False

    @inputs.validator
    def _absolute(self, _: object, inputs: tuple[str, ...]) -> None:
        if not all(one.startswith("/") for one in inputs):
            raise ValueError(f"a job runs in another folder, so its inputs need their whole path: {inputs}")

    def where(self) -> str:
        """Plugin and files, for a message."""
        files = ", ".join(self.inputs) or "no file"
        return f"plugin {self.plugin.name}, {files}"
