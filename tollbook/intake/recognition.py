"""Which importer reads a file: exactly one must, by content. All are asked in confined processes of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import attrs
import msgspec

from ledger_core.canonical import check_text
from ledger_core.errors import DocumentRefused, NotText
from ledger_core.facts.discrepancy import Discrepancy
from tollbook.intake.confinement.limits import Limits
from tollbook.intake.worker import Job, PluginFailed, PluginSource, Worker, run_job

_IDENTIFY = "tollbook.intake.extraction:identify"
_SECONDS = 60
_LONGEST = 1_000  # characters of any text of an answer
#: So many files may an extension hang on before it is no longer asked: it may cost them, but not a night.
_PATIENCE = 2


@attrs.frozen
class Reader:
    """The importer that knows a file, and what it said of it."""

    plugin: PluginSource
    importer: str
    version: str
    states_total: bool
    overlapping: bool
    part: str = ""
    needed: tuple[str, ...] = ()
    group: str = ""


@attrs.frozen
class Recognised:
    """What asking came to: a reader, or why there is none; and which plugins failed while they were asked."""

    reader: Reader | None
    problem: Discrepancy | None
    failures: tuple[Discrepancy, ...] = ()


@attrs.frozen
class Recogniser:
    """Asks the plugins. Installed ones share a process until one of them fails; then each is asked alone."""

    worker: Worker
    installed: tuple[PluginSource, ...]
    in_site: tuple[PluginSource, ...] = ()
    allow_unconfined: bool = False
    limits: Limits = attrs.field(factory=Limits)
    _hung: Counter[str] = attrs.field(factory=Counter)

    def recognise(self, name: str, path: str) -> Recognised:
        """Who reads the file at `path` (absolute), dropped under `name`.

        A plugin that fails here costs nothing: the others are asked all the same.
        """
        answers, failures = self._ask_all(name, path)
        mine = [answer for answer in answers if answer[3][0] == "mine"]
        if len(mine) == 1:
            return Recognised(self._reader(mine[0]), None, tuple(failures))
        if mine:
            names = ", ".join(sorted(answer[2][0] for answer in mine))
            found = f"{len(mine)} importers claim it: {names}"
            return Recognised(
                None, Discrepancy("ambiguous", name, found, "Remove the extension that is not meant for it."), ()
            )
        return Recognised(None, _nobody(name, answers, failures), tuple(failures))

    def _ask_all(self, name: str, path: str) -> tuple[list[Any], list[Discrepancy]]:
        answers: list[Any] = []
        failures: list[Discrepancy] = []
        for group in self._groups():
            try:
                answers += self._ask(group, name, path)
            except (PluginFailed, DocumentRefused):
                for source in group:
                    try:
                        answers += self._ask((source,), name, path)
                    except (PluginFailed, DocumentRefused) as failed:
                        self._hung[source.name] += failed.code == "plugin-hung"
                        failures.append(Discrepancy(failed.code, f"{source.name}, {name}", failed.found, failed.do))
        return answers, failures

    def _groups(self) -> Sequence[tuple[PluginSource, ...]]:
        patient = [source for source in self.in_site if self._hung[source.name] < _PATIENCE]
        return (self.installed, *((source,) for source in patient))

    def _ask(self, sources: tuple[PluginSource, ...], name: str, path: str) -> list[Any]:
        written = [msgspec.to_builtins(source) for source in sources]
        arguments = {"plugins": written, "names": [name]}
        seconds = min(_SECONDS, self.limits.cpu_seconds)
        limits = attrs.evolve(self.limits, wall_seconds=float(seconds), cpu_seconds=seconds, output_bytes=1 << 24)
        job = Job(_IDENTIFY, sources[0], (path,), arguments, limits, self.allow_unconfined)
        asked = {source.name for source in sources}
        with closing(run_job(self.worker, job)) as answers:  # a garbled answer ends the job there and then
            found = [_checked(answer, asked) for answer in answers]
        if sources != self.installed:
            self._require_own_names(found)
        return found

    def _require_own_names(self, answers: list[Any]) -> None:
        """An importer's name stands in every fact that comes from it: one of an extension is not that of a built-in.
        Installed plugins are named after their importers."""
        taken = {source.name for source in self.installed}
        for _, plugin, facts, _ in answers:
            if plugin not in taken and facts[0] in taken:
                raise DocumentRefused(
                    "identify",
                    f"it names its importer '{facts[0]}', as an installed plugin does",
                    "Give the extension's importer a name of its own.",
                    code="plugin-name-taken",
                )

    def _reader(self, answer: Any) -> Reader:
        _, plugin, facts, (_, part, needed, group) = answer
        source = next(one for one in (*self.installed, *self.in_site) if one.name == plugin)
        importer, version, states_total, overlapping = facts
        return Reader(source, importer, version, states_total, overlapping, part, tuple(needed), group)


def _checked(answer: Any, asked: set[str]) -> Any:
    """The answer, if `identify` could have given it for a plugin that was asked; a stranger may send anything."""
    try:
        number, plugin, facts, said = answer
        msgspec.convert([number, plugin, facts], tuple[int, str, tuple[str, str, bool, bool]])
        kind = tuple[str, str, list[str], str] if said[0] == "mine" else tuple[str, str, str]
        msgspec.convert(said, kind)
        needed = said[2] if said[0] == "mine" else []
        for text in (plugin, *facts[:2], *said[:2], said[-1], *needed):
            check_text(text)
        long = max(map(len, (*facts[:2], *said[:2], said[-1], *needed)))
        wrong = "speaks for another plugin" if plugin not in asked else "holds a long text" if long > _LONGEST else ""
        if needed and (said[1] not in needed or len(set(needed)) != len(needed)):
            wrong = f"names a part of {len(needed)} that is none"
    except (msgspec.ValidationError, ValueError, TypeError, IndexError, NotText) as broken:
        wrong = f"has another shape ({broken})"
    if wrong:
        raise DocumentRefused(
            "identify", f"its answer {wrong}", "Report it to the plugin's author.", code="plugin-garbled"
        )
    return answer


def _nobody(name: str, answers: list[Any], failures: list[Discrepancy]) -> Discrepancy:
    if answers:
        _, _, facts, (_, code, found) = answers[0]
        return Discrepancy(code, f"{name} ({facts[0]})", found, "If it should be a bill, ask the vendor for it again.")
    if failures:
        return failures[0]
    found = "no importer knows its format"
    return Discrepancy("unknown-format", name, found, "See `tollbook plugin list`; a plugin can be added for it.")
