"""Warden: watches one job from its parent, ends it when it takes too much, and leaves nothing of it behind."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

import attrs

from tollbook.intake.confinement.last_words import LastWords
from tollbook.intake.confinement.limits import Limits
from tollbook.intake.confinement.process_tree import descendants, memory_of
from tollbook.intake.confinement.system_call import PR_SET_CHILD_SUBREAPER, prctl
from tollbook.intake.confinement.verdict import Ending, Verdict

TICK: Final = 0.05
# Where seccomp holds, a job has no processes of its own; looking for them costs more than looking at one.
_TICKS_PER_CENSUS: Final = 4
# The kernel compares whole seconds by another clock than the one it reports; a second kill follows after one more.
_SLACK: Final = 0.5


def adopt_orphans() -> None:
    """Become the parent of any process below us whose own parent ends, so that none slips away. Raises OSError."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def open_process(process: int) -> int | None:
    """A descriptor that can be read once `process` has ended, or None where the kernel has none."""
    try:
        return os.pidfd_open(process)
    except OSError:
        return None


class Warden:
    """Watches `child`, a child process of the caller, which must have `adopt_orphans` and no other children.

    Everything below the caller counts as the job's and is killed at its end. Any of `stops` becoming readable ends the
    job too. `last_words` is the pipe of what it prints.
    """

    def __init__(
        self,
        child: int,
        limits: Limits,
        *,
        stops: Sequence[int] = (),
        last_words: LastWords | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._child = child
        self._limits = limits
        self._stops = stops
        self._last_words = last_words
        self._clock = clock
        self._family = frozenset({child})
        self._peak = 0
        self._started = clock()

    def watch(self) -> Verdict:
        """Wait until the job ends or must be ended. Afterwards none of its processes is left, not even a zombie."""
        handle = open_process(self._child)
        try:
            ending = self._watch_until_over(handle)
        finally:
            if handle is not None:
                os.close(handle)
            status, computed = self._end()
        if self._last_words is not None and self._last_words.open:
            self._last_words.read()
        verdict = _verdict(ending, status, computed >= self._limits.cpu_seconds - _SLACK)
        return attrs.evolve(
            verdict,
            printed="" if self._last_words is None else self._last_words.text(),
            peak=self._peak,
            wall_seconds=self._clock() - self._started,
            cpu_seconds=computed,
        )

    def _watch_until_over(self, handle: int | None) -> Ending | None:
        """None when the child ended by itself, else why it must end."""
        ticks, next_look = 0, self._clock()
        while not self._ended():
            if self._clock() >= next_look:
                if ticks % _TICKS_PER_CENSUS == 0:
                    self._family = descendants(os.getpid())
                ticks, next_look = ticks + 1, self._clock() + TICK
                if (ending := self._judge()) is not None:
                    return ending
            if self._wait(handle, next_look - self._clock()):
                return Ending.STOPPED
        return None

    def _ended(self) -> bool:
        """Whether the child has ended; it stays uncollected, so that its number is not given to another."""
        return os.waitid(os.P_PID, self._child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _judge(self) -> Ending | None:
        if self._clock() - self._started > self._limits.wall_seconds:
            return Ending.TIMED_OUT
        memory = memory_of(self._family, self._limits.memory)
        self._peak = max(self._peak, memory)
        return Ending.OUT_OF_MEMORY if memory > self._limits.memory else None

    def _wait(self, handle: int | None, seconds: float) -> bool:
        """Sleep until the next look, the child's end or its words. True when a stop was asked for."""
        poll = select.poll()
        for one in (*self._stops, *(() if handle is None else (handle,))):
            poll.register(one, select.POLLIN)
        words = self._last_words
        if words is not None and words.open:
            poll.register(words.pipe, select.POLLIN)
        ready = {one for one, _ in poll.poll(max(0.0, seconds) * 1000)}
        if words is not None and words.pipe in ready:
            words.read()
        return any(one in ready for one in self._stops)

    def _end(self) -> tuple[int, float]:
        """Kill and collect everything below us. Returns the child's wait status and the seconds that it computed."""
        status, computed = 0, 0.0
        while True:
            for process in descendants(os.getpid()):
                # Not yet collected by us, so the number still means the same process; it may be a zombie already.
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            try:
                process, ended, usage = os.wait4(-1, 0)
            except ChildProcessError:
                return status, computed
            computed += usage.ru_utime + usage.ru_stime
            if process == self._child:
                status = ended


def _verdict(ending: Ending | None, status: int, spent: bool) -> Verdict:
    if ending is not None:
        return Verdict(ending)
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        by_clock = -code == signal.SIGXCPU or (-code == signal.SIGKILL and spent)
        return Verdict(Ending.TIMED_OUT) if by_clock else Verdict(Ending.CRASHED, -code)
    return Verdict(Ending.EXITED, code) if code else Verdict(Ending.OK)
