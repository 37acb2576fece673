"""Which files a folder offers to be taken in."""

from pathlib import Path

from tollbook.intake.folder import files_in


def test_the_reasons_beside_rejected_files_are_not_taken_in(tmp_path: Path) -> None:
    """So that a whole folder of rejected files can be offered again; named outright, or elsewhere, they are files."""
    rejected = tmp_path / "rejected"
    rejected.mkdir()
    bill, reason = rejected / "bill.edi", rejected / "bill.edi.0f1e2d3c.reason.txt"
    for path in (bill, reason):
        path.write_text("words", "utf-8")
    assert files_in([rejected]) == [bill, reason]
    (tmp_path / "tollbook.toml").touch()
    assert files_in([rejected]) == [bill]
    assert files_in([reason]) == [reason]
