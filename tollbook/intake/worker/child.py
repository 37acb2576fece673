"""Child: one job, from the moment of its birth to its end. Confines itself before it imports anything of the job."""

from __future__ import annotations

import faulthandler
import fcntl
import importlib
import os
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NoReturn

from ledger_core.errors import TollbookError
from tollbook.intake.confinement.confine import confine
from tollbook.intake.confinement.errors import ConfinementUnavailable
from tollbook.intake.worker.frame import FrameWriter
from tollbook.intake.worker.job import Job
from tollbook.intake.worker.plugin_failed import ADVICE
from tollbook.intake.worker.record import END, FAILED, ITEM, Failure, shortened

_OUTPUT: Final = 3
_OUT_OF_THE_WAY: Final = 16

JobFunction = Callable[[Callable[[object], None], dict[str, Any]], None]


def _settle(output: int, printed: int) -> None:
    """A session of its own, nothing to read from, and no open file but the pipes of this job."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    # First out of the way of the numbers that they are to have.
    moved = [fcntl.fcntl(one, fcntl.F_DUPFD, _OUT_OF_THE_WAY) for one in (nothing, printed, printed, output)]
    for number, one in enumerate(moved):
        os.dup2(one, number, inheritable=False)
    os.closerange(_OUTPUT + 1, os.sysconf("SC_OPEN_MAX"))
    faulthandler.enable(2)


def _function(name: str) -> JobFunction:
    module, _, attribute = name.partition(":")
    function: JobFunction = getattr(importlib.import_module(module), attribute)
    return function


def _run(job: Job, writer: FrameWriter, parent: int) -> None:
    readable = (*map(Path, job.inputs), *job.plugin.code_places())
    confine(job.limits, readable, parent=parent, allow_unconfined=job.allow_unconfined)
    count = 0

    def emit(thing: object) -> None:
        nonlocal count
        writer.write((ITEM, thing))
        count += 1

    _function(job.function)(emit, {**job.arguments, "inputs": list(job.inputs), "plugin": job.plugin})
    writer.write((END, count))


def _failure(job: Job, error: BaseException) -> Failure:
    lines = shortened("".join(traceback.format_exception(error)))
    if isinstance(error, TollbookError):
        where, found, do = map(shortened, (error.where, error.found, error.do))
        refused = not isinstance(error, ConfinementUnavailable)
        return Failure(error.code, where, found, do, refused=refused, traceback=lines)
    code = "plugin-out-of-memory" if isinstance(error, MemoryError) else "plugin-error"
    found = shortened(f"it raised {type(error).__name__}: {error}")
    return Failure(code, job.where(), found, ADVICE[code], traceback=lines)


def run_child(job: Job, output: int, printed: int, parent: int) -> NoReturn:
    """Do `job` in this just forked process, then end it. Writes records to `output`, prints go to `printed`."""
    try:
        _settle(output, printed)
        writer = FrameWriter(_OUTPUT)
        try:
            _run(job, writer, parent)
        except BaseException as error:  # noqa: BLE001 - whatever a stranger raises, also SystemExit, becomes a record
            writer.write((FAILED, _failure(job, error)))
        writer.flush()
    except BaseException:  # noqa: BLE001 - nobody above us to tell; the parent sees the code and the words
        with suppress(OSError):
            os.write(2, shortened(traceback.format_exc()).encode())
        os._exit(1)
    os._exit(0)
