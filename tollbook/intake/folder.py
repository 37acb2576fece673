"""The drop folder: which files in it are whole, and how the folders mirror what became of each. Never the state."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import attrs

from ledger_core.engine.reception import Verdict
from ledger_core.errors import LedgerUnavailable
from tollbook.intake.outcome import FileOutcome
from tollbook.leftovers import own_name
from tollbook.naming import shortened, shown
from tollbook.site import FILE, Site

#: Names under which programs keep what they have not finished writing.
_UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".download", ".filepart", ".swp", "~")
_REASON = ".reason.txt"
_REASON_OF_A_FILE = re.compile(r"\.[0-9a-f]{8}\.reason\.txt\Z")
_LONGEST_NAME = 255  # bytes of a file's name
_PREFIX = 17  # of a second file of one name: sixteen digits of its digest, and a dash
_GONE = (Verdict.POSTED, Verdict.KNOWN, Verdict.ESTIMATE)


def is_unfinished(path: Path) -> bool:
    """Whether the name says that a program is still writing it."""
    return path.name.startswith(".") or path.name.lower().endswith(_UNFINISHED)


def _is_reason(path: Path) -> bool:
    """Whether it lies in a site's rejected folder and says why. Elsewhere such a name means nothing."""
    beside = path.parent.name == "rejected" and (path.parent.parent / FILE).is_file()
    return beside and _REASON_OF_A_FILE.search(path.name) is not None


def files_in(paths: Iterable[Path]) -> list[Path]:
    """What was named, and every finished file below the folders named, in order, each once.

    The reasons beside rejected files in a site are left out where their folder is named: they are our own words.
    Links, pipes and the like below a folder are given too, so that somebody says of them that they are no files; no
    link is followed, so a folder that holds itself ends.
    """
    found: dict[Path, None] = {}
    for path in paths:
        inside = sorted(_walk(path), key=os.fsencode) if path.is_dir() else [path]
        found.update(dict.fromkeys(inside))
    return list(found)


def _walk(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        links = [name for name in folders if Path(place, name).is_symlink()]
        for name in (*files, *links):
            path = Path(place, name)
            if not is_unfinished(path) and not _is_reason(path):
                yield path


def in_inbox(site: Site, path: Path) -> bool:
    """Whether that name lies in the site's inbox, wherever it may lead."""
    return Path(os.path.realpath(path.parent)).is_relative_to(os.path.realpath(site.path("inbox")))


@attrs.frozen
class Folder:
    """The site's inbox, done and rejected folders."""

    site: Site

    def mirror(self, outcome: FileOutcome) -> None:
        """Move a decided file out of the inbox, and write the reason beside a rejected one.

        A file that came from elsewhere stays where it is, and so does one that is not in the archive. One that waits
        stays in the inbox. A file that another process has moved already is left to it, and one that cannot be moved
        stays: taken in again, it posts nothing. Raises LedgerUnavailable when the reason cannot be written.
        """
        rejected = outcome.verdict in (Verdict.REJECTED, Verdict.REVISION)
        if rejected:
            self._write_reason(outcome)
        if not in_inbox(self.site, outcome.path) or not (rejected or outcome.verdict in _GONE) or not outcome.kept:
            return
        target = self._free(self.site.path("rejected" if rejected else "done") / outcome.path.name, outcome.sha256)
        with suppress(OSError):
            outcome.path.rename(target)
            self._remove_empty(outcome.path.parent)

    def _write_reason(self, outcome: FileOutcome) -> None:
        lines = [shown(outcome.path), f"sha256 {outcome.sha256 or '(not read)'}", f"{outcome.verdict.value}", ""]
        for problem in outcome.all_problems:
            code, where, found, do = map(shown, (problem.code, problem.where, problem.found, problem.do))
            lines += [f"{code}: {where}", f"  found: {found}", f"  do: {do}", ""]
        end = f".{outcome.sha256[:8]}{_REASON}" if outcome.kept else _REASON
        folder = self.site.path("rejected")
        part = folder / own_name(f".{secrets.token_hex(8)}", "part")
        try:
            part.write_text("\n".join(lines), "utf-8")
            part.replace(folder / (shortened(shown(outcome.path.name), _LONGEST_NAME - len(end)) + end))
        except OSError as failed:
            with suppress(OSError):
                part.unlink()
            raise LedgerUnavailable(
                shown(folder), f"the reason of a refusal cannot be written ({failed.strerror})", "Mend the folder."
            ) from failed

    def _remove_empty(self, folder: Path) -> None:
        """A folder that held one bill's files goes with the last of them; one that holds more stays."""
        if os.path.realpath(folder) != os.path.realpath(self.site.path("inbox")):
            folder.rmdir()

    @staticmethod
    def _free(target: Path, sha256: str) -> Path:
        """A name that nothing has yet; the same bytes under the same name need only one."""
        if not os.path.lexists(target):
            return target
        raw = os.fsencode(target.name)[: _LONGEST_NAME - _PREFIX]
        return target.with_name(f"{sha256[: _PREFIX - 1]}-{os.fsdecode(raw)}")
