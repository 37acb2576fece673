"""Which files a folder offers to be taken in."""

from pathlib import Path

from tollbook.intake.folder import files_in


def test_the_reasons_beside_rejected_files_are_not_taken_in(tmp_path: Path) -> None:
    """So that a whole folder of rejected files can be offered again; a file named outright is taken all the same."""
    bill, reason = tmp_path / "bill.edi", tmp_path / "bill.edi.0f1e2d3c.reason.txt"
    letter = tmp_path / "the.reason.txt"
    for path in (bill, reason, letter):
        path.write_text("words", "utf-8")
    assert files_in([tmp_path]) == [bill, letter]
    assert files_in([reason]) == [reason]
