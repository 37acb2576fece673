"""Verdict: how a watched job ended."""

from __future__ import annotations

import enum
import signal

import attrs


class Ending(enum.Enum):
    """The ways in which a job ends. Only OK says that its process ended by itself and with code 0."""

    OK = "ok"
    TIMED_OUT = "timed-out"
    OUT_OF_MEMORY = "out-of-memory"
    OUTPUT_FLOOD = "output-flood"
    CRASHED = "crashed"
    EXITED = "exited"
    STOPPED = "stopped"


@attrs.frozen
class Verdict:
    """How a job ended.

    `detail` is the exit code of EXITED, the signal of CRASHED, else 0. `printed` is the end of what it wrote to
    standard output and error. `peak` is the most resident memory seen, in bytes (shared pages may count in full);
    times are seconds.
    """

    ending: Ending
    detail: int = 0
    printed: str = ""
    peak: int = 0
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0

    def sentence(self) -> str:
        """What happened, for a message."""
        match self.ending:
            case Ending.OK:
                return "ended by itself"
            case Ending.TIMED_OUT:
                return f"was stopped after {self.wall_seconds:.1f} s ({self.cpu_seconds:.1f} s of computing)"
            case Ending.OUT_OF_MEMORY:
                return f"was stopped at {self.peak // (1024 * 1024)} MiB of memory"
            case Ending.OUTPUT_FLOOD:
                return "wrote more than it may"
            case Ending.CRASHED:
                return f"was ended by signal {signal_name(self.detail)}"
            case Ending.EXITED:
                return f"ended with exit code {self.detail}"
            case Ending.STOPPED:
                return "was stopped because nobody wanted the rest"


def signal_name(number: int) -> str:
    """SIGSEGV for 11; the number where it has no name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
