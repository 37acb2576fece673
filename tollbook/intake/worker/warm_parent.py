"""Warm parent: the single-threaded process that forks a child per job and watches it.

The main process asks over a socket: one byte `J` with the write end of a pipe attached, then a frame with the job. It
answers with a frame, the verdict. Any byte sent while a job runs stops that job. When the main process ends, by
whatever cause, so do the job and this process.
"""

from __future__ import annotations

import gc
import importlib
import os
import select
import socket
import sys
from pathlib import Path
from typing import Final

from tollbook.intake.confinement.last_words import LastWords
from tollbook.intake.confinement.verdict import Verdict
from tollbook.intake.confinement.warden import Warden, adopt_orphans, open_process
from tollbook.intake.worker.child import run_child
from tollbook.intake.worker.frame import HEADER, decode, write_frame
from tollbook.intake.worker.job import Job

RUN: Final = b"J"
STOP: Final = b"S"
READY: Final = "ready"

# Only where the kernel cannot tell us that the main process ended: how often to look, in seconds.
_LOOK_AGAIN: Final = 1.0


class MainProcessGone(Exception):
    """Nobody is left to work for."""


class WarmParent:
    """Serves the process `main` over `control`, one job at a time."""

    def __init__(self, control: socket.socket, main: int) -> None:
        self._control = control
        self._main = main
        self._main_handle = open_process(main)

    def serve(self) -> None:
        """Work until the main process ends or closes its side."""
        write_frame(self._control.fileno(), READY)
        while True:
            self._await_request()
            request, descriptors, _, _ = socket.recv_fds(self._control, 1, 1)
            if not request:
                return
            if request == STOP:  # for a job that ended before the word arrived
                continue
            job: Job = decode(self._receive(int.from_bytes(self._receive(HEADER), "big")), Job)
            verdict = self._run(job, descriptors[0])
            write_frame(self._control.fileno(), verdict)

    def _stops(self) -> tuple[int, ...]:
        handle = () if self._main_handle is None else (self._main_handle,)
        return (self._control.fileno(), *handle)

    def _await_request(self) -> None:
        poll = select.poll()
        for one in self._stops():
            poll.register(one, select.POLLIN)
        ready: list[int] = []
        while not ready:
            ready = [one for one, _ in poll.poll(_LOOK_AGAIN * 1000)]
            if os.getppid() != self._main:
                raise MainProcessGone
        if self._main_handle in ready:
            raise MainProcessGone

    def _receive(self, size: int) -> bytes:
        received = bytearray()
        while len(received) < size:
            part = self._control.recv(size - len(received))
            if not part:
                raise MainProcessGone
            received += part
        return bytes(received)

    def _run(self, job: Job, output: int) -> Verdict:
        printed, printing = os.pipe()
        parent = os.getpid()
        child = os.fork()
        if child == 0:
            run_child(job, output, printing, parent)
        os.close(output)
        os.close(printing)
        try:
            return Warden(child, job.limits, stops=self._stops(), last_words=LastWords(printed)).watch()
        finally:
            os.close(printed)


def _preload(modules: str) -> None:
    for name in filter(None, modules.split(",")):
        importlib.import_module(name)
    threads = len(list(Path("/proc/self/task").iterdir()))
    if threads != 1:
        # A fork copies locks that other threads hold, but not the threads that would open them.
        raise RuntimeError(f"{modules}: preloading these started {threads - 1} threads; load them in the job instead")
    gc.collect()
    gc.freeze()  # so that collecting in a child does not copy what it shares with us


def serve(control: str, main: str, modules: str) -> None:
    """The program of the warm parent: descriptor of its socket, process id it serves, modules to load now."""
    os.umask(0o077)
    adopt_orphans()
    _preload(modules)
    with socket.socket(fileno=int(control)) as own:
        try:
            WarmParent(own, int(main)).serve()
        except (MainProcessGone, BrokenPipeError, ConnectionResetError):
            sys.exit(0)
