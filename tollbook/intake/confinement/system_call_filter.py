"""The seccomp filter: a small program that the kernel runs before each system call of a job.

It names what is refused rather than what is allowed, because libraries differ in what they need; whatever is newer than
our table does not exist. A refused call fails with EPERM, so that Python shows an exception where it was tried.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable
from typing import Final

import attrs

from tollbook.intake.confinement import system_call_table
from tollbook.intake.confinement.means import SECCOMP, Means
from tollbook.intake.confinement.system_call import PR_SET_PDEATHSIG, architecture, system_call

# One instruction of classic BPF: operation, steps to jump if true, if false, operand (linux/filter.h).
Instruction = tuple[int, int, int, int]

_LOAD, _EQUAL, _GREATER, _ANY_BIT, _RETURN = 0x20, 0x15, 0x25, 0x45, 0x06

_ALLOW: Final[Instruction] = (_RETURN, 0, 0, 0x7FFF0000)
_KILL: Final[Instruction] = (_RETURN, 0, 0, 0x80000000)
_REFUSE: Final[Instruction] = (_RETURN, 0, 0, 0x00050000 | errno.EPERM)
_MISSING: Final[Instruction] = (_RETURN, 0, 0, 0x00050000 | errno.ENOSYS)

# Offsets into struct seccomp_data (linux/seccomp.h); both architectures are little-endian.
_NUMBER: Final[Instruction] = (_LOAD, 0, 0, 0)
_ARCHITECTURE: Final[Instruction] = (_LOAD, 0, 0, 4)

_AUDIT: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # linux/audit.h
_X32_BIT: Final = 0x40000000
_SECCOMP: Final = {"x86_64": 317, "aarch64": 277}
_SET_MODE_FILTER, _ALL_THREADS = 1, 1

_CLONE_THREAD: Final = 0x00010000
_CLONE_NEW_NAMESPACES: Final = 0x7E020000
# O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND and the bit of O_TMPFILE that is not O_DIRECTORY
_OPEN_TO_WRITE: Final = os.O_ACCMODE | os.O_CREAT | os.O_TRUNC | os.O_APPEND | 0o20000000
# Push a character into a terminal's input, or speak to the console (TIOCSTI, TIOCLINUX, TIOCSETD).
_TERMINAL_REQUESTS: Final = (0x5412, 0x541C, 0x5423)
# Ask, name a thread, name memory, switch huge pages. Not: outlive the parent, hide from it, or change rights.
_HARMLESS_OPTIONS: Final = (3, 15, 16, 21, 23, 39, 41, 42, 0x53564D41)
assert PR_SET_PDEATHSIG not in _HARMLESS_OPTIONS


def _argument(index: int, *, high: bool = False) -> Instruction:
    return (_LOAD, 0, 0, 16 + 8 * index + (4 if high else 0))


@attrs.frozen
class OneOf:
    """The argument's low 32 bits are one of `values`."""

    argument: int
    values: tuple[int, ...]

    def instructions(self) -> list[Instruction]:
        """Fall through when it holds, else refuse."""
        last = len(self.values)
        tests = [(_EQUAL, last - index, 0, value) for index, value in enumerate(self.values)]
        return [_argument(self.argument), *tests, _REFUSE]


@attrs.frozen
class NoneOf:
    """The argument's low 32 bits are none of `values`."""

    argument: int
    values: tuple[int, ...]

    def instructions(self) -> list[Instruction]:
        """Fall through when it holds, else refuse."""
        tests = [one for value in self.values for one in ((_EQUAL, 0, 1, value), _REFUSE)]
        return [_argument(self.argument), *tests]


@attrs.frozen
class Has:
    """At least one of `bits` is set in the argument."""

    argument: int
    bits: int

    def instructions(self) -> list[Instruction]:
        """Fall through when it holds, else refuse."""
        return [_argument(self.argument), (_ANY_BIT, 1, 0, self.bits), _REFUSE]


@attrs.frozen
class Lacks:
    """None of `bits` is set in the argument."""

    argument: int
    bits: int

    def instructions(self) -> list[Instruction]:
        """Fall through when it holds, else refuse."""
        return [_argument(self.argument), (_ANY_BIT, 0, 1, self.bits), _REFUSE]


@attrs.frozen
class Null:
    """The argument is a null pointer, all 64 bits of it."""

    argument: int

    def instructions(self) -> list[Instruction]:
        """Fall through when it holds, else refuse."""
        halves = (_argument(self.argument), _argument(self.argument, high=True))
        return [one for half in halves for one in (half, (_EQUAL, 1, 0, 0), _REFUSE)]


Condition = OneOf | NoneOf | Has | Lacks | Null


def conditions(process: int) -> dict[str, tuple[Condition, ...]]:
    """When a guarded call is let through, in the process with this id. All conditions of a call must hold."""
    return {
        "clone": (Has(0, _CLONE_THREAD), Lacks(0, _CLONE_NEW_NAMESPACES)),
        "kill": (OneOf(0, (process,)),),
        "tgkill": (OneOf(0, (process,)),),
        "prlimit64": (OneOf(0, (0, process)), Null(2)),
        "prctl": (OneOf(0, _HARMLESS_OPTIONS),),
        "ioctl": (NoneOf(1, _TERMINAL_REQUESTS),),
        "sched_setaffinity": (OneOf(0, (0, process)),),
        "open": (Lacks(1, _OPEN_TO_WRITE),),
        "openat": (Lacks(2, _OPEN_TO_WRITE),),
    }


def _for_numbers(numbers: Iterable[int], answer: Instruction) -> list[Instruction]:
    return [one for number in sorted(numbers) for one in ((_EQUAL, 0, 1, number), answer)]


def program(machine: str, process: int) -> list[Instruction]:
    """The filter for one architecture and one process id."""
    lines: list[Instruction] = [_ARCHITECTURE, (_EQUAL, 1, 0, _AUDIT[machine]), _KILL, _NUMBER]
    if machine == "x86_64":
        lines += [(_ANY_BIT, 0, 1, _X32_BIT), _KILL]
    lines += [(_GREATER, 0, 1, system_call_table.LAST_KNOWN), _MISSING]
    lines += _for_numbers(system_call_table.absent(machine).values(), _MISSING)
    lines += _for_numbers(system_call_table.refused(machine).values(), _REFUSE)
    guarded, when = system_call_table.guarded(machine), conditions(process)
    for name, number in guarded.items():
        block = [line for condition in when[name] for line in condition.instructions()]
        lines += [(_EQUAL, 0, len(block) + 1, number), *block, _ALLOW]
    return [*lines, _ALLOW]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("lines", ctypes.c_void_p))


def filter_system_calls() -> Means:
    """Install the filter over all threads of this process. Needs that new privileges are refused already."""
    machine = architecture()
    if machine is None:
        return Means(SECCOMP, False, f"no table of system calls for {platform.system()} on {platform.machine()}")
    lines = program(machine, os.getpid())
    packed = ctypes.create_string_buffer(b"".join(struct.pack("<HBBI", *line) for line in lines))
    wanted = _Program(len(lines), ctypes.addressof(packed))
    try:
        # A positive answer names a thread that could not be brought under the filter.
        left_out = system_call(_SECCOMP[machine], _SET_MODE_FILTER, _ALL_THREADS, ctypes.byref(wanted))
    except OSError as refused:
        return Means(SECCOMP, False, str(refused))
    if left_out:
        return Means(SECCOMP, False, f"thread {left_out} could not be filtered")
    return Means(SECCOMP, True, "no sockets, programs, processes, foreign signals, or changes to files")
