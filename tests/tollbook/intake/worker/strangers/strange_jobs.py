"""Jobs that a stranger might send: some honest, most not. They run only inside a worker's confined child."""

import csv
import ctypes
import mmap
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ledger_core.errors import DocumentRefused

Emit = Callable[[object], None]
Arguments = dict[str, Any]


def sizes(emit: Emit, arguments: Arguments) -> None:
    """An honest job: the size of each input."""
    for name in arguments["inputs"]:
        emit([name, len(Path(name).read_bytes())])


def count_to(emit: Emit, arguments: Arguments) -> None:
    for number in range(arguments["many"]):
        emit(number)


def rows_of_csv(emit: Emit, arguments: Arguments) -> None:
    """Arrow maps the file and reads it in threads."""
    import pyarrow as pa
    import pyarrow.csv as arrow_csv

    with pa.memory_map(arguments["inputs"][0]) as mapped:
        table = arrow_csv.read_csv(mapped, read_options=arrow_csv.ReadOptions(use_threads=True, block_size=4096))
    emit(table.num_rows)


def in_threads(emit: Emit, arguments: Arguments) -> None:
    found: list[int] = []
    threads = [threading.Thread(target=found.append, args=(number,)) for number in range(arguments["many"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    emit(sorted(found))


def surroundings(emit: Emit, arguments: Arguments) -> None:
    """What a plugin can learn about where it runs."""
    emit(
        {
            "environment": dict(os.environ),
            "path": sys.path,
            "folder": str(Path.cwd()),
            "input": sys.stdin.read(),
            "open": sorted(number for number in range(256) if _is_open(number)),
            "parent": os.getppid(),
            "process": os.getpid(),
        }
    )


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def hang(emit: Emit, arguments: Arguments) -> None:
    emit("going to sleep")
    time.sleep(3600)


def say_and_hang(emit: Emit, arguments: Arguments) -> None:
    """Emit our process id so that it is read at once, which takes more than the writer keeps back."""
    emit(os.getpid())
    emit("x" * 100_000)
    time.sleep(3600)


def spin(emit: Emit, arguments: Arguments) -> None:
    while True:
        pass


def ignore_signals_and_spin(emit: Emit, arguments: Arguments) -> None:
    for number in (signal.SIGXCPU, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    spin(emit, arguments)


def segfault(emit: Emit, arguments: Arguments) -> None:
    emit(1)
    ctypes.string_at(0)


def abort(emit: Emit, arguments: Arguments) -> None:
    sys.stdout.write("last words of a stranger")
    os.abort()


def leave(emit: Emit, arguments: Arguments) -> None:
    """Emit what looks like all of it, and leave with `code` before the end is written."""
    for number in range(100_000):
        emit(number)
    os._exit(arguments["code"])


def leave_politely(emit: Emit, arguments: Arguments) -> None:
    emit(1)
    sys.exit(0)


def eat_memory(emit: Emit, arguments: Arguments) -> None:
    kept = []
    while True:
        kept.append(b"x" * (4 << 20))
        time.sleep(0.002)


def reserve_too_much(emit: Emit, arguments: Arguments) -> None:
    bytearray(arguments["bytes"])


def flood(emit: Emit, arguments: Arguments) -> None:
    while True:
        emit("x" * 10_000)


def huge_frame(emit: Emit, arguments: Arguments) -> None:
    emit("x" * arguments["bytes"])


def print_without_end(emit: Emit, arguments: Arguments) -> None:
    for _ in range(20_000):
        sys.stdout.write("noise " * 20 + "\n")
    sys.stderr.write("\x1b[31mthe very last line\n")
    raise ValueError("enough said")


def garble(emit: Emit, arguments: Arguments) -> None:
    os.write(3, b"\x00\x00\x00\x03\xc1\xc1\xc1")
    time.sleep(3600)


def forge_end(emit: Emit, arguments: Arguments) -> None:
    """Say "end" with a count that does not fit what was emitted."""
    os.write(3, b"\x00\x00\x00\x06\x92\xa3end\x07")
    time.sleep(3600)


def nest_deeply(emit: Emit, arguments: Arguments) -> None:
    body = b"\x92\xa4item" + b"\x91" * 100_000 + b"\x00"
    os.write(3, len(body).to_bytes(4, "big") + body)
    time.sleep(3600)


def fail(emit: Emit, arguments: Arguments) -> None:
    raise ZeroDivisionError("the rate is zero")


def refuse(emit: Emit, arguments: Arguments) -> None:
    raise DocumentRefused("a.csv:7", "the amount is 'ten'", "write it in digits", code="truncated")


def load_file_plugin(emit: Emit, arguments: Arguments) -> None:
    from tollbook.intake.worker.plugin_source import load_plugin

    emit(load_plugin(arguments["plugin"]).GREETING)


def _outcome(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except OSError as refused:
        return type(refused).__name__
    except ValueError as refused:  # what `resource` makes of EPERM
        return type(refused).__name__
    return "done"


def _call(number: int, *arguments: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if library.syscall(number, *map(ctypes.c_long, arguments)) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def _processes() -> None:
    import multiprocessing

    worker = multiprocessing.get_context("fork").Process(target=print)
    worker.start()


def _grow_limit() -> None:
    import resource

    resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1))


def _outlive_parent() -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(1, 0, 0, 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def misdeeds(emit: Emit, arguments: Arguments) -> None:
    """Try everything that a plugin has no business with, and say for each what came of it."""
    ledger = Path(arguments["ledger"])
    parent = os.getppid()
    attempts: dict[str, Callable[[], object]] = {
        "read the ledger": ledger.read_bytes,
        "write the ledger": lambda: os.open(ledger, os.O_WRONLY),
        "write the input": lambda: os.open(arguments["inputs"][0], os.O_RDWR),
        "remove the ledger": ledger.unlink,
        "rename the ledger": lambda: ledger.rename(ledger.with_suffix(".old")),
        "lock others out of the ledger": lambda: ledger.chmod(0),
        "change the ledger's times": lambda: os.utime(ledger),
        "cut the ledger": lambda: os.truncate(ledger, 0),
        "list the site": lambda: next(ledger.parent.iterdir()),
        "make a file": lambda: os.open(ledger.parent / "new", os.O_WRONLY | os.O_CREAT),
        "make a folder": (ledger.parent / "new").mkdir,
        "make a link": lambda: (ledger.parent / "new").symlink_to(ledger),
        "write to the temporary folder": lambda: os.open("/tmp/tollbook-stranger", os.O_WRONLY | os.O_CREAT),  # noqa: S108
        "open by handle": lambda: _call(304 if os.uname().machine == "x86_64" else 265, -100, 0, 0),
        "read users": Path("/etc/passwd").read_bytes,
        "read the parent's variables": Path(f"/proc/{parent}/environ").read_bytes,
        "read the parent's memory": lambda: os.open(f"/proc/{parent}/mem", os.O_RDONLY),
        "open a socket": socket.socket,
        "open a local socket": lambda: socket.socket(socket.AF_UNIX),
        "open a pair of sockets": socket.socketpair,
        "look up a name": lambda: socket.getaddrinfo("localhost", 80),
        "fork": os.fork,
        "vfork and run": lambda: subprocess.run(["/bin/true"], check=False),
        "run": lambda: os.execv("/bin/true", ["true"]),  # noqa: S606 - the point
        "spawn": lambda: os.posix_spawn("/bin/true", ["true"], {}),
        "multiprocessing": _processes,
        "kill the parent": lambda: os.kill(parent, signal.SIGKILL),
        "stop the parent": lambda: os.kill(parent, signal.SIGSTOP),
        "see the main process": lambda: os.kill(arguments["main"], 0),
        "kill everybody": lambda: os.kill(-1, signal.SIGKILL),
        "kill through a descriptor": lambda: os.pidfd_open(parent),
        "trace the parent": lambda: _call(101 if os.uname().machine == "x86_64" else 117, 16, parent, 0, 0),
        "io_uring": lambda: _call(425, 4, 0),
        "leave the session": os.setsid,
        "slow the parent down": lambda: os.setpriority(os.PRIO_PROCESS, parent, 19),
        "limit the parent": _grow_limit,
        "outlive the parent": _outlive_parent,
        "become another": lambda: os.setuid(12345),
        "change the root": lambda: os.chroot("/"),
        "memory that is nobody's": lambda: os.memfd_create("x"),
        "one more namespace": lambda: _call(272 if os.uname().machine == "x86_64" else 97, 0x10000000),
    }
    for name, attempt in attempts.items():
        emit([name, _outcome(attempt)])


def machine_code_for_32_bits(emit: Emit, arguments: Arguments) -> None:
    """Call the kernel by its 32-bit door, where numbers mean other things: getpid there is 20."""
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")
    entry = ctypes.addressof(ctypes.c_char.from_buffer(code))
    emit(ctypes.CFUNCTYPE(ctypes.c_int)(entry)())


def header_of_csv(emit: Emit, arguments: Arguments) -> None:
    with Path(arguments["inputs"][0]).open(newline="", encoding="utf-8") as stream:
        emit(next(csv.reader(stream)))
