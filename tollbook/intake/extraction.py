"""What runs in an importer's confined process: ask which importer knows a file, and read the bills out of it.

`identify` and `extract` are jobs: they get `emit` and their arguments, and hold no reference to the site.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from ledger_core.contracts.importer import Document, Importer, Lookalike, Recognition
from ledger_core.errors import DocumentRefused
from tollbook import extensions
from tollbook.intake.wire import Gathered
from tollbook.intake.worker import PluginSource, load_plugin

Emit = Callable[[object], None]


def identify(emit: Emit, arguments: dict[str, Any]) -> None:
    """For each plugin in `plugins` and each input, emit `[input number, plugin, importer facts, answer]` for every
    importer that knows the file. An answer is `["mine", part, needed, group]` or `["lookalike", code, found]`."""
    documents = _documents(arguments)
    for written in arguments["plugins"]:
        source = msgspec.convert(written, PluginSource)
        for importer in extensions.offered(source.name, load_plugin(source)):
            for number, document in enumerate(documents):
                answer = importer.identify(document)
                if answer is not None:
                    emit([number, source.name, _facts(importer), _answer(answer)])


def extract(emit: Emit, arguments: dict[str, Any]) -> None:
    """Emit the records of the importer named `importer`, in the order of `extract`, as lists for the wire."""
    source: PluginSource = arguments["plugin"]
    wanted = arguments["importer"]
    importer = next(one for one in extensions.offered(source.name, load_plugin(source)) if one.name == wanted)
    gathered = Gathered(emit)
    for record in importer.extract(_documents(arguments)):
        gathered.take(record)
    gathered.flush()


def _documents(arguments: dict[str, Any]) -> list[Document]:
    """The inputs under the names that they were dropped under."""
    names = arguments["names"]
    paths = [Path(text) for text in arguments["inputs"]]
    return [Document(name, path, path.stat().st_size) for name, path in zip(names, paths, strict=True)]


def _facts(importer: Importer) -> list[Any]:
    return [importer.name, importer.version, importer.states_total, importer.overlapping]


def _answer(answer: Recognition | Lookalike) -> list[Any]:
    if isinstance(answer, Lookalike):
        return ["lookalike", answer.code, answer.found]
    if isinstance(answer, Recognition):
        return ["mine", answer.part, list(answer.needed), answer.group]
    raise DocumentRefused("identify", f"it answered {type(answer).__name__}", "Report it to the plugin's author.")
