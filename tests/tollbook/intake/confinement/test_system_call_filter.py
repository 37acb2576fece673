"""The filter program, read by a small machine of our own: every rule holds on both architectures."""

import errno
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.intake.confinement import system_call_table
from tollbook.intake.confinement.system_call_filter import Instruction, program

PROCESS = 4711
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

ALLOW, KILL = "allow", "kill"
REFUSE, MISSING = errno.EPERM, errno.ENOSYS


def outcome(lines: list[Instruction], architecture: int, number: int, *arguments: int) -> str | int:
    """Run the program over one system call, as linux/bpf_common.h defines the instructions."""
    words = [number, architecture, 0, 0]
    for argument in (*arguments, *(0,) * (6 - len(arguments))):
        words += [argument & 0xFFFFFFFF, argument >> 32]
    position, register = 0, 0
    while True:
        operation, if_true, if_false, operand = lines[position]
        match operation:
            case 0x20:
                register, jump = words[operand // 4], 0
            case 0x15:
                jump = if_true if register == operand else if_false
            case 0x25:
                jump = if_true if register > operand else if_false
            case 0x45:
                jump = if_true if register & operand else if_false
            case _:
                assert operation == 0x06
                answers: dict[int, str | int] = {0x7FFF0000: ALLOW, 0x80000000: KILL}
                return answers.get(operand, operand & 0xFFFF)
        position += 1 + jump


@pytest.fixture(params=ARCHITECTURES)
def machine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def call(machine: str, name: str, *arguments: int) -> str | int:
    number = {**system_call_table.guarded(machine), **system_call_table.refused(machine)}[name]
    return outcome(program(machine, PROCESS), ARCHITECTURES[machine], number, *arguments)


def test_every_refused_call_fails_and_says_so(machine: str) -> None:
    lines = program(machine, PROCESS)
    answers = {
        name: outcome(lines, ARCHITECTURES[machine], number)
        for name, number in system_call_table.refused(machine).items()
    }
    assert set(answers.values()) == {REFUSE}


def test_calls_whose_arguments_lie_in_memory_seem_not_to_exist(machine: str) -> None:
    lines = program(machine, PROCESS)
    absent = system_call_table.absent(machine)
    assert set(absent) == {"clone3", "openat2"}
    assert {outcome(lines, ARCHITECTURES[machine], number) for number in absent.values()} == {MISSING}


@given(number=st.integers(min_value=system_call_table.LAST_KNOWN + 1, max_value=0x3FFFFFFF))
def test_calls_newer_than_the_table_seem_not_to_exist(number: int) -> None:
    for machine, architecture in ARCHITECTURES.items():
        assert outcome(program(machine, PROCESS), architecture, number) == MISSING


@given(number=st.integers(min_value=0, max_value=0xFFFFFFFF), other=st.integers(min_value=0, max_value=0xFFFFFFFF))
def test_another_architecture_is_killed_whatever_it_calls(number: int, other: int) -> None:
    for machine, architecture in ARCHITECTURES.items():
        if other != architecture:
            assert outcome(program(machine, PROCESS), other, number) == KILL


def test_the_second_numbering_of_x86_64_is_killed() -> None:
    lines = program("x86_64", PROCESS)
    for number in (*system_call_table.refused("x86_64").values(), 0, 1):
        assert outcome(lines, ARCHITECTURES["x86_64"], number | 0x40000000) == KILL


@given(number=st.integers(min_value=0, max_value=system_call_table.LAST_KNOWN))
def test_what_is_neither_refused_nor_guarded_nor_absent_is_allowed(number: int) -> None:
    for machine, architecture in ARCHITECTURES.items():
        tables = (system_call_table.refused, system_call_table.guarded, system_call_table.absent)
        if not any(number in table(machine).values() for table in tables):
            assert outcome(program(machine, PROCESS), architecture, number) == ALLOW


def test_threads_may_be_started_but_no_processes_and_no_namespaces(machine: str) -> None:
    thread = 0x3D0F00  # what libc asks for
    assert call(machine, "clone", thread) == ALLOW
    assert call(machine, "clone", thread | 0x40000000) == REFUSE  # CLONE_NEWNET
    assert call(machine, "clone", 0x11) == REFUSE  # fork: only SIGCHLD
    assert call(machine, "clone", 0x4111) == REFUSE  # vfork: CLONE_VM and CLONE_VFORK


@pytest.mark.parametrize("name", ["kill", "tgkill"])
@pytest.mark.parametrize("target", [1, 0, 0xFFFFFFFF, 2**64 - 1, 2**32 - PROCESS])
def test_signals_go_to_oneself_only(machine: str, name: str, target: int) -> None:
    assert call(machine, name, PROCESS, 6) == ALLOW
    assert call(machine, name, target, 6) == REFUSE


def test_limits_may_be_read_but_not_set(machine: str) -> None:
    assert call(machine, "prlimit64", 0, 7, 0) == ALLOW
    assert call(machine, "prlimit64", 0, 7, 0x1000) == REFUSE
    assert call(machine, "prlimit64", 0, 7, 0x7F00_0000_0000) == REFUSE  # the low half of the pointer is zero
    assert call(machine, "prlimit64", 1, 7, 0) == REFUSE


@pytest.mark.parametrize("option", [1, 4, 22, 24, 35, 36, 47, 0x59616D61])
def test_a_job_cannot_outlive_its_parent_or_hide_from_it(machine: str, option: int) -> None:
    assert call(machine, "prctl", option) == REFUSE
    assert call(machine, "prctl", 15) == ALLOW  # a thread's name


@pytest.mark.parametrize("request_", [0x5412, 0x541C, 0x5423])
def test_nothing_is_pushed_into_a_terminal(machine: str, request_: int) -> None:
    assert call(machine, "ioctl", 0, request_) == REFUSE
    assert call(machine, "ioctl", 0, 0x5401) == ALLOW


@given(flags=st.integers(min_value=0, max_value=0xFFFFFFFF))
def test_files_are_opened_only_to_be_read(flags: int) -> None:
    writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | 0o20000000)
    for machine in ARCHITECTURES:
        assert call(machine, "openat", 0xFFFFFF9C, 0, flags) == (REFUSE if writes else ALLOW)


_HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
_ANCHORS = {
    "x86_64": {"socket": 41, "clone": 56, "fork": 57, "execve": 59, "kill": 62, "ptrace": 101, "openat": 257},
    "aarch64": {"socket": 198, "clone": 220, "execve": 221, "kill": 129, "ptrace": 117, "openat": 56},
}


def test_numbers_are_the_kernels(machine: str) -> None:
    """Against the kernel's own headers where they are installed, and some numbers that never change."""
    ours = {
        name: number
        for table in (system_call_table.refused, system_call_table.guarded, system_call_table.absent)
        for name, number in table(machine).items()
    }
    expected = dict(_ANCHORS[machine])
    if _HEADERS[machine].exists():
        text = _HEADERS[machine].read_text(encoding="ascii")
        found = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", text)
        expected |= {name: int(number) for name, number in reversed(found) if name in ours}
    assert {name: ours.get(name) for name in expected} == expected
