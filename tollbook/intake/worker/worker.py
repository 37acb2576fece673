"""Worker: the main process's handle on its warm parent, which is started when first needed and again when lost."""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

import msgspec

from tollbook.intake.confinement.verdict import Verdict
from tollbook.intake.worker.frame import HEADER, decode, pack
from tollbook.intake.worker.job import Job
from tollbook.intake.worker.plugin_failed import ADVICE, PluginFailed
from tollbook.intake.worker.warm_parent import READY, RUN, STOP

_Answer = TypeVar("_Answer")

PRELOADED: Final = ("attrs", "msgspec", "ledger_core", "ledger_core.contracts.importer")

_PATIENCE: Final = 30.0
_PIPE: Final = 2**20  # bytes; as many as the system lets every user have
_KEPT_VARIABLES: Final = ("LANG", "LC_ALL", "TZ")
_PROGRAM: Final = (
    "import sys; sys.path.extend(one for one in sys.argv[4:] if one not in sys.path); "
    "from tollbook.intake.worker.warm_parent import serve; serve(*sys.argv[1:4])"
)


def _environment() -> dict[str, str]:
    """What a stranger's code may know of ours: language and time zone."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return {"PATH": "/usr/bin:/bin", "PYTHONUTF8": "1", **kept}


class Worker:
    """Runs jobs one at a time; a context manager.

    `preload` names modules that every job needs and that start no threads. `import_folders` are added at the end of the
    jobs' `sys.path`, never in front, so that nothing there can stand in for a module of ours or of Python.
    """

    def __init__(self, preload: tuple[str, ...] = PRELOADED, import_folders: tuple[Path, ...] = ()) -> None:
        self._preload = preload
        self._folders = (Path(__file__).parents[3], *import_folders)
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._ready = False
        self._lock = threading.Lock()
        self._holder: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def process(self) -> int | None:
        """The warm parent's process id, None before the first job."""
        return None if self._process is None else self._process.pid

    def close(self) -> None:
        """End the warm parent and whatever it runs; waits for it."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            try:
                self._process.communicate(timeout=_PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.communicate()
            self._process = None

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Keep the worker for one job; waits while another thread has it."""
        # Waiting for ourselves would last for ever: read one job to its end, or close it, before the next.
        assert self._holder != threading.get_ident(), "this thread reads another job of the same worker"
        with self._lock:
            self._holder = threading.get_ident()
            try:
                yield
            finally:
                self._holder = None

    def begin(self, job: Job) -> int:
        """Start `job` and return the descriptor to read its records from, which the caller closes."""
        control = self._started()
        reading, writing = os.pipe()
        with suppress(OSError):  # a user's pipes may be many or small; a small one only makes more switches
            fcntl.fcntl(reading, fcntl.F_SETPIPE_SZ, _PIPE)
        try:
            socket.send_fds(control, [RUN], [writing])
            control.sendall(pack(job))
        except OSError as lost:
            os.close(reading)
            raise self._lost(job.where()) from lost
        finally:
            os.close(writing)
        return reading

    def stop(self) -> None:
        """End the job that runs; its verdict still comes."""
        if self._control is not None:
            try:
                self._control.sendall(STOP)
            except OSError:
                return  # it is gone already, and `verdict` will say so

    def verdict(self, job: Job) -> Verdict:
        """How `job` ended; waits for it. Raises PluginFailed (worker-lost) when the warm parent itself is gone."""
        return self._answer(job.where(), Verdict)

    def warm(self) -> None:
        """Start the warm parent without waiting for it: there is something to do until the first job."""
        with self._lock:
            if self._process is None:
                self._start()

    def _started(self) -> socket.socket:
        if self._process is not None and self._process.poll() is not None:
            self.close()
        if self._control is None:
            self._start()
        if not self._ready:
            said = self._answer("the importers' worker process", str)
            assert said == READY
            self._ready = True
        assert self._control is not None
        return self._control

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        arguments = [str(theirs.fileno()), str(os.getpid()), ",".join(self._preload), *map(str, self._folders)]
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter with a fixed program
                [sys.executable, "-I", "-B", "-u", "-c", _PROGRAM, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=_environment(),
                cwd="/",
                pass_fds=(theirs.fileno(),),
                start_new_session=True,  # Ctrl-C is ours to handle
            )
        self._control = ours
        self._ready = False

    def _answer(self, where: str, kind: type[_Answer]) -> _Answer:
        try:
            size = int.from_bytes(self._receive(HEADER), "big")
            answer: _Answer = decode(self._receive(size), kind)
        except (OSError, EOFError, msgspec.DecodeError) as lost:
            raise self._lost(where) from lost
        return answer

    def _receive(self, size: int) -> bytes:
        if self._control is None:
            raise EOFError
        received = bytearray()
        while len(received) < size:
            part = self._control.recv(size - len(received))
            if not part:
                raise EOFError
            received += part
        return bytes(received)

    def _lost(self, where: str) -> PluginFailed:
        words = ""
        if self._process is not None:
            self._process.kill()
            words = self._process.communicate()[1].decode("utf-8", errors="replace")[-8192:]
        self.close()
        code = "worker-lost"
        return PluginFailed(where, "the worker process is gone", ADVICE[code], code=code, printed=words)
