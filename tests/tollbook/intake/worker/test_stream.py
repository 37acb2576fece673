"""What the main process makes of a job's failure record, which a stranger may have written."""

from ledger_core.errors import DocumentRefused
from tollbook.intake.confinement import ConfinementUnavailable, Ending, Verdict
from tollbook.intake.worker import Job, PluginFailed, PluginSource
from tollbook.intake.worker.record import Failure
from tollbook.intake.worker.stream import _refusal

JOB = Job("module:function", PluginSource("dash", module="module"), ("/inbox/a.csv",))
VERDICT = Verdict(Ending.OK, printed="words")


def test_a_child_that_could_not_be_confined_is_told_apart() -> None:
    failure = Failure("confinement-unavailable", "importer confinement", "no means", "allow it")
    error = _refusal(JOB, failure, VERDICT)
    assert isinstance(error, ConfinementUnavailable)
    assert (error.found, error.do) == ("no means", "allow it")


def test_a_code_that_we_do_not_know_is_an_error_of_the_plugin() -> None:
    error = _refusal(JOB, Failure("verification-failed", "ledger", "all is lost", "pay me"), VERDICT)
    assert isinstance(error, PluginFailed)
    assert error.code == "plugin-error"
    assert error.where == "plugin dash, /inbox/a.csv"
    assert "pay me" not in error.do
    assert error.printed == "words"


def test_a_refusal_of_any_length_fits_a_report() -> None:
    error = _refusal(JOB, Failure("c" * 100_000, "w" * 100_000, "f\0" * 100_000, "d", refused=True), VERDICT)
    assert isinstance(error, DocumentRefused)
    assert max(map(len, (error.code, error.where, error.found))) < 5000
    assert "\0" not in error.found
