"""The drop folder: which files in it are whole, and how the folders mirror what became of each. Never the state."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import attrs

from ledger_core.engine.reception import Verdict
from tollbook.intake.outcome import FileOutcome
from tollbook.site import Site

#: Names under which programs keep what they have not finished writing.
_UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".download", ".filepart", ".swp", "~")
_GONE = (Verdict.POSTED, Verdict.KNOWN, Verdict.ESTIMATE)


def is_unfinished(path: Path) -> bool:
    """Whether the name says that a program is still writing it."""
    return path.name.startswith(".") or path.name.lower().endswith(_UNFINISHED)


def files_in(paths: Iterable[Path]) -> list[Path]:
    """The files named, and every finished file below the folders named, in order, each once."""
    found: dict[Path, None] = {}
    for path in paths:
        inside = sorted(_walk(path)) if path.is_dir() else [path]
        found.update(dict.fromkeys(inside))
    return list(found)


def _walk(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders.sort()
        for name in files:
            path = Path(place, name)
            if not is_unfinished(path) and path.is_file() and not path.is_symlink():
                yield path


@attrs.frozen
class Folder:
    """The site's inbox, done and rejected folders."""

    site: Site

    def mirror(self, outcome: FileOutcome) -> None:
        """Move a decided file out of the inbox, and write the reason beside a rejected one.

        A file that came from elsewhere stays where it is. One that waits stays in the inbox. A file that another
        process has moved already is left to it.
        """
        rejected = outcome.verdict in (Verdict.REJECTED, Verdict.REVISION)
        if rejected:
            self._write_reason(outcome)
        if not self._in_inbox(outcome.path) or not (rejected or outcome.verdict in _GONE):
            return
        target = self._free(self.site.path("rejected" if rejected else "done") / outcome.path.name, outcome.sha256)
        try:
            outcome.path.rename(target)
        except FileNotFoundError:
            return
        self._remove_empty(outcome.path.parent)

    def _write_reason(self, outcome: FileOutcome) -> None:
        lines = [f"{outcome.path}", f"sha256 {outcome.sha256}", f"{outcome.verdict.value}", ""]
        for problem in outcome.all_problems:
            lines += [f"{problem.code}: {problem.where}", f"  found: {problem.found}", f"  do: {problem.do}", ""]
        name = f"{outcome.path.name}.{outcome.sha256[:8]}.reason.txt"
        (self.site.path("rejected") / name).write_text("\n".join(lines), "utf-8")

    def _in_inbox(self, path: Path) -> bool:
        return path.resolve().is_relative_to(self.site.path("inbox").resolve())

    def _remove_empty(self, folder: Path) -> None:
        """A folder that held one bill's files goes with the last of them."""
        inbox = self.site.path("inbox").resolve()
        if folder.resolve() != inbox and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()

    @staticmethod
    def _free(target: Path, sha256: str) -> Path:
        return target if not target.exists() else target.with_name(f"{sha256[:8]}-{target.name}")
