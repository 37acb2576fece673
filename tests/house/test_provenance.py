"""What is ours is ours: no file of the public corpus lies in this project, not even under another name."""

import hashlib
import subprocess
from collections import defaultdict
from pathlib import Path

_TOO_SMALL_TO_BE_A_COPY = 64  # bytes; an empty file equals every other


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _by_size(folder: Path) -> dict[int, list[Path]]:
    files = defaultdict(list)
    for path in folder.rglob("*"):
        if path.is_file() and path.stat().st_size > _TOO_SMALL_TO_BE_A_COPY:
            files[path.stat().st_size].append(path)
    return files


def test_no_file_of_the_corpus_is_copied_into_the_project(repository: Path, shared_corpus: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - the git on the PATH
        cwd=repository,
        capture_output=True,
        check=True,
    ).stdout
    corpus = _by_size(shared_corpus)
    copies = [
        f"{name} is {original.relative_to(shared_corpus)}"
        for name in listed.decode().split("\0")
        if name and (ours := repository / name).is_file()
        for original in corpus.get(ours.stat().st_size, [])
        if _digest(ours) == _digest(original)
    ]
    assert copies == []
