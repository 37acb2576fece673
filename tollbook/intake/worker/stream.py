"""Stream: what a job emits, read in the main process, which believes none of it before the end is there."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from typing import Any

import attrs
import msgspec

from ledger_core.errors import DocumentRefused
from tollbook.intake.confinement.errors import ConfinementUnavailable
from tollbook.intake.confinement.verdict import Ending, Verdict
from tollbook.intake.worker.frame import FrameTooLarge, OutputFlood, decode, read_frames
from tollbook.intake.worker.job import Job
from tollbook.intake.worker.plugin_failed import ADVICE, CODE_OF_ENDING, PluginFailed
from tollbook.intake.worker.record import END, FAILED, ITEM, Failure, shortened
from tollbook.intake.worker.worker import Worker

_ANY: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder()
_RECORD = msgspec.msgpack.Decoder(tuple[str, msgspec.Raw])


class _Garbled(Exception):
    """A record is not what the protocol says."""


@attrs.define
class _Reading:
    """What was read of one job so far."""

    count: int = 0
    ended: bool = False
    failure: Failure | None = None

    def take(self, body: bytes, decoder: msgspec.msgpack.Decoder[Any]) -> Iterator[Any]:
        """The item in a record, if it holds one. Raises _Garbled."""
        if self.ended or self.failure is not None:
            raise _Garbled("something came after the end")
        try:
            name, content = _RECORD.decode(body)
            if name == ITEM:
                item = decoder.decode(content)
                self.count += 1
                yield item
            elif name == FAILED:
                self.failure = decode(bytes(content), Failure)
            elif name == END and decode(bytes(content), int) == self.count:
                self.ended = True
            else:
                raise _Garbled(f"a record {shortened(name)!r} that does not fit after {self.count} items")
        except (msgspec.DecodeError, RecursionError, MemoryError) as wrong:
            raise _Garbled(f"a record that cannot be read: {wrong}") from wrong


def _failed(job: Job, verdict: Verdict, found: str = "") -> PluginFailed:
    code = CODE_OF_ENDING[verdict.ending]
    found = found or f"it {verdict.sentence()}"
    if code == "plugin-no-end":
        found = "it left without saying that it had finished"
    return PluginFailed(job.where(), found, ADVICE[code], code=code, printed=verdict.printed)


def _refusal(job: Job, failure: Failure, verdict: Verdict) -> Exception:
    where, found, do, code = failure.where, failure.found, failure.do, shortened(failure.code)
    if failure.refused:
        return DocumentRefused(shortened(where), shortened(found), shortened(do), code=code)
    if code == ConfinementUnavailable.code:
        return ConfinementUnavailable(where, found, do)
    return PluginFailed(
        job.where(),
        shortened(found),
        ADVICE.get(code, ADVICE["plugin-error"]),
        code=code if code in ADVICE else "plugin-error",
        printed=verdict.printed,
        traceback=shortened(failure.traceback),
    )


def _judge(job: Job, reading: _Reading, verdict: Verdict) -> None:
    """Return only if the job did all that it was to do."""
    if verdict.ending is not Ending.OK:
        raise _failed(job, verdict)
    if reading.failure is not None:
        raise _refusal(job, reading.failure, verdict)
    if not reading.ended:
        raise _failed(job, verdict)


def run_job(
    worker: Worker,
    job: Job,
    decoder: msgspec.msgpack.Decoder[Any] = _ANY,
    idle: Callable[[], None] | None = None,
) -> Generator[Any, None, None]:
    """Run `job` and yield what it emits, each decoded by `decoder`, as it comes; `idle` is called now and then while
    nothing does.

    Nothing that came counts before the iterator ends by itself: then the job said that it had finished, with as many
    items as came, and its process ended well. Otherwise raises DocumentRefused when the job refused the document,
    ConfinementUnavailable, or PluginFailed with the code that says how it failed. Leaving early stops the job. The
    worker is free for the next job in any case. Waits while another thread's job runs; one thread reads one job of a
    worker at a time.
    """
    with worker.claimed():
        descriptor = worker.begin(job)
        reading, trouble = _Reading(), ""
        ending: Ending | None = None
        try:
            for body in read_frames(descriptor, job.limits.frame_bytes, job.limits.output_bytes, idle):
                yield from reading.take(body, decoder)
        except (OutputFlood, FrameTooLarge):
            ending = Ending.OUTPUT_FLOOD
        except _Garbled as wrong:
            ending, trouble = Ending.STOPPED, f"it wrote {wrong}"
        except BaseException:
            # Nobody wants the rest: how the job ends is of no interest, only that it does.
            worker.stop()
            with suppress(PluginFailed):
                worker.verdict(job)
            raise
        finally:
            os.close(descriptor)
        if ending is not None:
            worker.stop()
        verdict = worker.verdict(job)
        if ending is not None:
            raise _failed(job, attrs.evolve(verdict, ending=ending), trouble)
        _judge(job, reading, verdict)
