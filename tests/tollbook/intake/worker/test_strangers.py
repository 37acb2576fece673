"""A plugin that misbehaves costs its own file and nothing else: the next job goes through the same worker."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger_core.errors import DocumentRefused
from tests.tollbook.intake.worker.conftest import RunStranger
from tollbook.intake.confinement import Limits
from tollbook.intake.confinement.process_tree import descendants
from tollbook.intake.worker import PluginFailed, Worker

MEBIBYTE = 1024 * 1024


@pytest.fixture(autouse=True)
def next_job_goes_through(run_stranger: RunStranger, worker: Worker, bill_file: Path) -> Iterator[None]:
    """After whatever a test did, nothing of the job is left and an honest job succeeds."""
    yield
    assert worker.process is not None
    assert descendants(worker.process) == frozenset()
    assert run_stranger("sizes") == [[str(bill_file), bill_file.stat().st_size]]


def fails(run: RunStranger, name: str, limits: Limits | None = None, **arguments: object) -> PluginFailed:
    with pytest.raises(PluginFailed) as caught:
        run(name, limits, **arguments)
    return caught.value


def test_a_plugin_that_hangs_is_ended_by_the_clock_on_the_wall(run_stranger: RunStranger) -> None:
    failure = fails(run_stranger, "hang", Limits(wall_seconds=0.4))
    assert failure.code == "plugin-hung"
    assert failure.exit_code == 3


def test_a_message_names_plugin_and_file_and_what_to_do(run_stranger: RunStranger, bill_file: Path) -> None:
    failure = fails(run_stranger, "hang", Limits(wall_seconds=0.2))
    assert failure.where == f"plugin stranger, {bill_file}"
    assert "stopped after" in failure.found
    assert "time limit" in failure.do


@pytest.mark.parametrize("name", ["spin", "ignore_signals_and_spin"])
def test_a_plugin_that_computes_without_end_is_ended_by_the_kernel(run_stranger: RunStranger, name: str) -> None:
    assert fails(run_stranger, name, Limits(cpu_seconds=1, wall_seconds=15.0)).code == "plugin-hung"


def test_a_segmentation_fault_is_a_crash_that_says_where_it_was(run_stranger: RunStranger) -> None:
    failure = fails(run_stranger, "segfault")
    assert failure.code == "plugin-crashed"
    assert "SIGSEGV" in failure.found
    assert "in segfault" in failure.printed


def test_an_abort_is_a_crash_with_its_last_words(run_stranger: RunStranger) -> None:
    failure = fails(run_stranger, "abort")
    assert failure.code == "plugin-crashed"
    assert "SIGABRT" in failure.found
    assert "last words of a stranger" in failure.printed


def test_leaving_with_code_0_before_the_end_is_a_rejection(run_stranger: RunStranger) -> None:
    failure = fails(run_stranger, "leave", code=0)
    assert failure.code == "plugin-no-end"
    assert "without saying that it had finished" in failure.found


def test_leaving_with_another_code_says_which(run_stranger: RunStranger) -> None:
    failure = fails(run_stranger, "leave", code=41)
    assert failure.code == "plugin-exited"
    assert "41" in failure.found


def test_sys_exit_is_no_end_either(run_stranger: RunStranger) -> None:
    failure = fails(run_stranger, "leave_politely")
    assert failure.code == "plugin-error"
    assert "SystemExit" in failure.found


def test_a_plugin_that_eats_memory_is_ended_near_its_limit(run_stranger: RunStranger) -> None:
    failure = fails(run_stranger, "eat_memory", Limits(memory=150 * MEBIBYTE, wall_seconds=20.0))
    assert failure.code == "plugin-out-of-memory"
    assert "MiB of memory" in failure.found


def test_reserving_more_than_the_address_space_is_out_of_memory(run_stranger: RunStranger) -> None:
    failure = fails(run_stranger, "reserve_too_much", Limits(address_space=1024 * MEBIBYTE), bytes=2048 * MEBIBYTE)
    assert failure.code == "plugin-out-of-memory"


def test_output_beyond_the_limit_is_a_flood(run_stranger: RunStranger) -> None:
    assert fails(run_stranger, "flood", Limits(output_bytes=5 * MEBIBYTE)).code == "plugin-flooded"


def test_one_record_beyond_the_limit_is_a_flood(run_stranger: RunStranger) -> None:
    assert fails(run_stranger, "huge_frame", Limits(frame_bytes=MEBIBYTE), bytes=2 * MEBIBYTE).code == "plugin-flooded"


def test_what_a_plugin_prints_is_kept_to_its_last_8_kib_and_stripped_of_control_characters(
    run_stranger: RunStranger,
) -> None:
    failure = fails(run_stranger, "print_without_end")
    assert failure.code == "plugin-error"
    assert failure.printed.endswith("the very last line\n")
    assert len(failure.printed) <= 8192
    assert "\x1b" not in failure.printed


@pytest.mark.parametrize("name", ["garble", "forge_end", "nest_deeply"])
def test_output_that_is_not_the_protocol_ends_the_job_at_once(run_stranger: RunStranger, name: str) -> None:
    failure = fails(run_stranger, name)
    assert failure.code == "plugin-garbled"
    assert "record" in failure.found


def test_an_exception_names_its_type_and_keeps_its_traceback(run_stranger: RunStranger) -> None:
    failure = fails(run_stranger, "fail")
    assert failure.code == "plugin-error"
    assert failure.found == "it raised ZeroDivisionError: the rate is zero"
    assert "in fail" in failure.traceback


def test_a_refused_document_is_no_fault_of_the_plugin(run_stranger: RunStranger) -> None:
    with pytest.raises(DocumentRefused) as caught:
        run_stranger("refuse")
    refusal = caught.value
    assert (refusal.code, refusal.where, refusal.found) == ("truncated", "a.csv:7", "the amount is 'ten'")


def test_a_job_that_is_not_there_is_an_error_of_its_plugin(run_stranger: RunStranger) -> None:
    assert fails(run_stranger, "no_such_function").code == "plugin-error"


def test_every_misdeed_is_refused(run_stranger: RunStranger, tmp_path: Path) -> None:
    """The ledger cannot be read, let alone changed; no socket, process, program or foreign signal is to be had."""
    ledger = tmp_path / "ledger.db"
    ledger.write_bytes(b"the books")
    outcomes = dict(run_stranger("misdeeds", ledger=str(ledger), main=os.getpid()))
    assert len(outcomes) > 35
    assert outcomes.pop("look up a name") == "gaierror"
    assert {name: outcome for name, outcome in outcomes.items() if outcome != "PermissionError"} == {}
    assert ledger.read_bytes() == b"the books"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["bill.csv", "ledger.db"]


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="only x86_64 has a second door for 32-bit programs")
def test_the_kernel_door_for_32_bit_programs_kills(run_stranger: RunStranger) -> None:
    failure = fails(run_stranger, "machine_code_for_32_bits")
    assert failure.code == "plugin-crashed"
    assert "SIGSYS" in failure.found
