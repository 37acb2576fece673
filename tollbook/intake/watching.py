"""Watching the drop folder: a file is taken in once it is whole, unchanged for a while and no longer being written.

watchdog only says "look again"; the folder itself is scanned, at the start too. What waits for other files stays in
the inbox and is looked at again when something new settles.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import attrs
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from ledger_core.engine.reception import Verdict
from tollbook.intake.folder import Folder, files_in
from tollbook.intake.intake import Intake
from tollbook.intake.outcome import FileOutcome
from tollbook.intake.writers import being_written
from tollbook.site import Site

_LOOK_SECONDS = 1.0
#: What a file looked like: size, time of change and inode. Equal twice with time between means that nobody wrote. The
#: time is the inode's: no writer can set it back, and it tells that a file has become readable.
Sight = tuple[int, int, int]


class _LookAgain(FileSystemEventHandler):
    """Wakes the watcher; what happened is seen by looking."""

    def __init__(self, wake: threading.Event) -> None:
        self._wake = wake

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Something happened below the inbox."""
        if event.event_type not in ("opened", "closed_no_write"):
            self._wake.set()


@attrs.define
class Settling:
    """Which files of the inbox have been unchanged for long enough. Pure but for `see`, which is given the sights."""

    seconds: float
    _first_seen: dict[Path, tuple[Sight, float]] = attrs.field(factory=dict)
    _decided: dict[Path, Sight] = attrs.field(factory=dict)

    def see(self, sights: dict[Path, Sight], now: float) -> list[Path]:
        """The files that are settled and not decided yet, given what every file looks like at `now` (seconds)."""
        for path in [path for path in self._first_seen if path not in sights]:
            del self._first_seen[path]
            self._decided.pop(path, None)
        settled = []
        for path, sight in sights.items():
            first, since = self._first_seen.get(path, (None, now))
            if first != sight:
                self._first_seen[path] = (sight, now)
                self._decided.pop(path, None)
            elif now - since >= self.seconds and path not in self._decided:
                settled.append(path)
        return settled

    def decide(self, path: Path, sight: Sight) -> None:
        """Do not offer the file again unless it changes."""
        self._decided[path] = sight

    @property
    def waiting(self) -> list[Path]:
        """Files that were decided and lie in the inbox still: they wait for others."""
        return list(self._decided)


@attrs.define
class Watcher:
    """One watcher of one site. `tell` hears of every file decided; `stop` ends it after the file in hand."""

    site: Site
    tell: Callable[[FileOutcome], None]
    stop: threading.Event = attrs.field(factory=threading.Event)
    _wake: threading.Event = attrs.field(factory=threading.Event)

    def run(self) -> None:
        """Watch until told to stop. Errors of the ledger itself end it: whoever started it decides what to do."""
        inbox = self.site.path("inbox")
        settling = Settling(self.site.settings.settle_seconds)
        observer = Observer()
        observer.schedule(_LookAgain(self._wake), str(inbox), recursive=True)
        observer.start()
        try:
            with Intake(self.site) as intake:
                while not self.stop.is_set():
                    self._look(intake, settling, inbox)
                    self._wake.wait(_LOOK_SECONDS)
                    self._wake.clear()
        finally:
            observer.stop()
            observer.join()

    def end(self) -> None:
        """Stop soon; safe to call from a signal handler."""
        self.stop.set()
        self._wake.set()

    def _look(self, intake: Intake, settling: Settling, inbox: Path) -> None:
        sights = {path: sight for path in files_in([inbox]) if (sight := sight_of(path)) is not None}
        settled = settling.see(sights, time.monotonic())
        unfinished = being_written(settled)
        settled = [path for path in settled if path not in unfinished]
        if not settled:
            return
        folder = Folder(self.site)
        together = [*settled, *(path for path in settling.waiting if path not in settled and path in sights)]
        for outcome in intake.take(together, folder.mirror):
            if outcome.unfinished:
                continue  # looked at again until it is whole
            settling.decide(outcome.path, sights[outcome.path])
            if outcome.path in settled or outcome.verdict is not Verdict.WAITING:
                self.tell(outcome)


def sight_of(path: Path) -> Sight | None:
    """What the file looks like now; None when it is gone."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    return found.st_size, found.st_ctime_ns, found.st_ino
