"""What lies in the inbox may have any name and be no file at all: nothing is followed, waited for, or lost."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger_core.engine.reception import Verdict
from tests.hostile.conftest import Target, edi
from tests.hostile.program import as_ordinary_user, program
from tests.tollbook.sites import new_site, take_in
from tollbook.intake.folder import files_in
from tollbook.naming import shown

_NAMES: tuple[tuple[bytes, str], ...] = (
    (b"a..b.edi", "a..b.edi"),
    (b"line\nend.edi", r"line\nend.edi"),
    (b"tab\tbell\x07escape\x1b[31m.edi", r"tab\tbell\x07escape\x1b[31m.edi"),
    (b"[red]markup.edi", "[red]markup.edi"),
    (b"latin-\xe9.edi", r"latin-\xe9.edi"),
    ("turned-\u202eide.round".encode(), r"turned-\u202eide.round"),
    (b"-rf", "-rf"),
    (b"quote\"'`$(x).edi", "quote\"'`$(x).edi"),
    (b"n" * 255, "n" * 255),
    (b"good.edi.reason.txt", "good.edi.reason.txt"),
)


@pytest.mark.parametrize(("raw", "readable"), _NAMES, ids=[readable[:30] for _, readable in _NAMES])
def test_a_bill_posts_and_a_bad_file_is_refused_under_any_name(target: Target, raw: bytes, readable: str) -> None:
    """The log has the name as readable text, the folders have it as it was."""
    name, number = os.fsdecode(raw), 2000 + next(at for at, (one, _) in enumerate(_NAMES) if one == raw)
    posted = target.dropped(name, edi(number))
    assert posted.verdict is Verdict.POSTED, posted.all_problems
    assert posted.bills[0].origin.documents[0].name == readable
    assert raw in {os.fsencode(path.name) for path in target.site.path("done").iterdir()}
    refused = target.dropped(name, edi(number) + b"more")
    assert refused.verdict is Verdict.REJECTED
    assert target.reason(refused).splitlines()[0].endswith(f"/{readable}"), "one line, whatever the name"
    assert raw in {os.fsencode(path.name) for path in target.site.path("rejected").iterdir()}
    assert list(target.site.path("inbox").iterdir()) == []


def test_a_second_file_of_a_name_of_full_length_finds_a_place_too(target: Target) -> None:
    for number in (2100, 2101, 2102):
        assert target.dropped("m" * 255, edi(number)).verdict is Verdict.POSTED
    kept = [path.read_bytes() for path in target.site.path("done").iterdir() if path.name.endswith("m" * 200)]
    assert sorted(kept) == sorted(edi(number) for number in (2100, 2101, 2102))


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the whole path may be longer than a socket's name
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(path.name)
    finally:
        os.chdir(here)


def _link_to(goal: Path) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(goal)


def _link_to_the_ledger(path: Path) -> None:
    path.symlink_to(path.parent.parent / "ledger.db")


def _link_to_itself(path: Path) -> None:
    path.symlink_to(path)


_NO_FILES: dict[str, tuple[Callable[[Path], None], str]] = {
    "a pipe": (_pipe, "a pipe"),
    "a socket": (_socket, "a socket"),
    "a link to the ledger": (_link_to_the_ledger, "a symbolic link"),
    "a link to a file of the system": (_link_to(Path("/etc/passwd")), "a symbolic link"),
    "a link to a device": (_link_to(Path("/dev/zero")), "a symbolic link"),
    "a link to nothing": (_link_to(Path("nowhere")), "a symbolic link"),
    "a link to itself": (_link_to_itself, "a symbolic link"),
    "a link to a folder": (_link_to(Path("/etc")), "a symbolic link"),
    "a folder that holds itself": (_link_to(Path()), "a symbolic link"),
}


@pytest.mark.parametrize("title", _NO_FILES)
def test_what_is_no_file_is_neither_followed_nor_waited_for(target: Target, title: str) -> None:
    make, kind = _NO_FILES[title]
    path = target.site.path("inbox") / "bill.edi"
    kept = sorted(target.site.path("archive").rglob("*"))
    make(path)
    try:
        for inside in (files_in([path.parent]), [path]):  # found in the folder, and named by a shell's pattern
            (outcome,) = target.intake.take(inside)
            assert outcome.verdict is Verdict.REJECTED
            (problem,) = outcome.problems
            assert (problem.code, problem.where) == ("not-a-file", str(path))
            assert kind in problem.found
            assert "Drop the file itself" in problem.do
        target.taken()
        assert "not-a-file" in (target.site.path("rejected") / "bill.edi.reason.txt").read_text("utf-8")
        assert path.is_symlink() or path.exists(), "left where it is"
        assert sorted(target.site.path("archive").rglob("*")) == kept
    finally:
        path.unlink()


def test_a_link_that_takes_a_files_place_after_the_look_is_not_followed(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = target.site.path("inbox") / "swapped.edi"
    path.write_bytes(edi(2200))
    looked, swapped = Path.lstat, list[Path]()

    def swap(self: Path) -> os.stat_result:
        found = looked(self)
        if self == path and swapped.count(path) == 0:
            swapped.append(path)
            path.unlink()
            path.symlink_to("/etc/passwd")
        return found

    monkeypatch.setattr(Path, "lstat", swap)
    (outcome,) = target.intake.take([path])
    path.unlink()
    assert (outcome.verdict, outcome.problems[0].code) == (Verdict.REJECTED, "not-a-file")


def test_a_link_that_a_person_names_means_its_file(target: Target, tmp_path: Path) -> None:
    (tmp_path / "bill.edi").write_bytes(edi(2201))
    (tmp_path / "latest").symlink_to("bill.edi")
    (outcome,) = target.intake.take([tmp_path / "latest"])
    assert outcome.verdict is Verdict.POSTED


def test_a_reason_never_goes_through_a_link(target: Target, tmp_path: Path) -> None:
    """Who may drop files may know which name a reason will have; a link under it is replaced, not followed."""
    bad = target.dropped("linked.edi", b"no bill")
    (reason,) = target.site.path("rejected").glob("linked.edi.*.reason.txt")
    reason.unlink()
    goal = tmp_path / "goal"
    goal.write_text("untouched", "utf-8")
    reason.symlink_to(goal)
    target.dropped("linked.edi", b"no bill")
    assert goal.read_text("utf-8") == "untouched"
    assert bad.sha256 in reason.read_text("utf-8")


def test_a_file_that_vanishes_between_the_look_and_the_reading_costs_nothing(target: Target) -> None:
    inbox = target.site.path("inbox")
    (inbox / "here.edi").write_bytes(edi(2300))
    outcomes = target.intake.take([inbox / "gone.edi", inbox / "here.edi"])
    assert [(outcome.path.name, outcome.verdict) for outcome in outcomes] == [("here.edi", Verdict.POSTED)]
    (inbox / "here.edi").unlink()


def test_a_file_that_vanishes_while_the_importers_read_it_is_in_the_archive_already(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = target.site.path("inbox") / "vanishing.edi"
    recognise = type(target.intake._recogniser).recognise

    def vanish(self: object, name: str, kept: str) -> object:
        path.unlink()
        return recognise(self, name, kept)  # type: ignore[arg-type]  # the method, wrapped

    monkeypatch.setattr(type(target.intake._recogniser), "recognise", vanish)
    outcome = target.dropped("vanishing.edi", edi(2301))
    assert outcome.verdict is Verdict.POSTED
    assert target.archived(outcome) == edi(2301)


def test_a_file_that_another_program_is_writing_is_left_alone_until_it_is_whole(target: Target) -> None:
    path = target.site.path("inbox") / "growing.edi"
    before = target.standing()
    with path.open("wb") as writer:
        writer.write(edi(2302)[:300])
        writer.flush()
        (outcome,) = target.taken()
        assert (outcome.verdict, outcome.problems[0].code) == (Verdict.WAITING, "being-written")
        assert target.standing() == before
        writer.write(edi(2302)[300:])
    (outcome,) = target.taken()
    assert outcome.verdict is Verdict.POSTED


def test_unfinished_names_are_left_alone(target: Target) -> None:
    inbox = target.site.path("inbox")
    for name in ("bill.edi.part", ".hidden.edi", "bill.tmp", "bill.edi~", "x.crdownload", "y.FILEPART"):
        (inbox / name).write_bytes(edi(2303))
    assert target.taken() == []
    (inbox / "bill.edi.part").rename(inbox / "bill.edi")
    (outcome,) = target.taken()
    assert outcome.verdict is Verdict.POSTED
    for path in inbox.iterdir():
        path.unlink()


def test_a_file_that_may_not_be_read_is_named_and_the_others_post(tmp_path: Path) -> None:
    """Once its permissions are mended, it posts."""
    site = new_site(tmp_path)
    secret, good = site.path("inbox") / "secret.edi", site.path("inbox") / "good.edi"
    secret.write_bytes(edi(1))
    good.write_bytes(edi(2))
    secret.chmod(0)
    done = program(site, "import", str(site.path("inbox")), "--json", before=as_ordinary_user())
    assert done.returncode == 3, done.stderr
    said = {Path(file["path"]).name: file for file in json.loads(done.stdout)["files"]}
    assert said["good.edi"]["outcome"] == "posted"
    assert said["secret.edi"]["outcome"] == "rejected"
    (problem,) = said["secret.edi"]["problems"]
    assert problem["code"] == "unreadable"
    assert "Permission denied" in problem["found"]
    assert secret.exists()
    secret.chmod(0o644)
    assert [outcome.verdict for outcome in take_in(site, [site.path("inbox")])] == [Verdict.POSTED]


@pytest.mark.parametrize("as_json", [True, False])
def test_the_command_says_any_name_in_plain_utf_8(tmp_path: Path, *, as_json: bool) -> None:
    site = new_site(tmp_path)
    for number, (raw, _) in enumerate(_NAMES):
        (site.path("inbox") / os.fsdecode(raw)).write_bytes(edi(number) if number % 2 else b"no bill %d" % number)
    os.mkfifo(site.path("inbox") / "pipe")
    done = program(site, "import", *(["--json"] if as_json else []), str(site.path("inbox")))
    assert done.returncode == 3, done.stderr
    assert done.stderr == ""
    if as_json:
        files = json.loads(done.stdout)["files"]
        assert len(files) == len(_NAMES) + 1
    else:
        assert "\x1b" not in done.stdout
        assert all(readable in done.stdout for _, readable in _NAMES)


def test_shown_text_holds_no_control_character_and_keeps_everything_else() -> None:
    assert shown("Zürich [1] 東京 \u00a0.csv") == "Zürich [1] 東京 \u00a0.csv"
    assert shown("a\x00b\x7f\x85\u2028") == r"a\x00b\x7f\x85\u2028"
