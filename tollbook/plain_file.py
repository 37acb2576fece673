"""Opening what somebody dropped: a plain file and nothing else, so that no pipe is waited for and no link followed."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from ledger_core.errors import InputRefused
from tollbook.naming import shown

_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder",
}


class FileGone(InputRefused):
    """Nothing lies under the name any more: whoever moved it has it."""

    code = "file-gone"


class NotAPlainFile(InputRefused):
    """A link, pipe, socket, device or folder where a file belongs. Nothing of it was read."""

    code = "not-a-file"


class FileUnreadable(InputRefused):
    """The file is there and its bytes cannot be had."""

    code = "unreadable"


class BeingWritten(InputRefused):
    """The file changed while it was read, or a program has it open for writing."""

    code = "being-written"


@contextmanager
def open_plainly(file: Path, *, follow: bool) -> Iterator[BufferedReader]:
    """The file's bytes. `follow` says whether the name itself may be a symbolic link (one that a person typed may).

    Raises FileGone, NotAPlainFile, FileUnreadable; BeingWritten at the end where its size or time changed meanwhile.
    """
    try:
        _require_plain(file, file.stat() if follow else file.lstat())
        # Not blocking, in case a pipe took the file's place just now.
        handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW))
    except FileNotFoundError as gone:
        raise FileGone(shown(file), "it is not there any more", "Nothing needs to be done.") from gone
    except OSError as refused:
        if refused.errno == errno.ELOOP:  # a link took the file's place just now, or leads to itself
            raise _no_plain_file(file, stat.S_IFLNK) from refused
        raise unreadable(file, refused) from refused
    with os.fdopen(handle, "rb") as stream:
        before = os.fstat(stream.fileno())
        _require_plain(file, before)
        yield stream
        after = os.fstat(stream.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise being_written(file)


def unreadable(file: Path, refused: OSError) -> FileUnreadable:
    """The error for a file that the system does not let us read."""
    return FileUnreadable(
        shown(file),
        f"it cannot be read ({refused.strerror})",
        "Let whoever runs Tollbook read it, then take it in again. It was left where it is.",
    )


def being_written(file: Path) -> BeingWritten:
    """The error for a file that is not whole yet."""
    return BeingWritten(
        shown(file), "a program is still writing it", "Take it in again when that is done. It was left where it is."
    )


def _require_plain(file: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise _no_plain_file(file, stat.S_IFMT(found.st_mode))


def _no_plain_file(file: Path, kind: int) -> NotAPlainFile:
    found = f"it is {_KINDS.get(kind, 'no plain file')}"
    return NotAPlainFile(
        shown(file), found, "Drop the file itself. What lies there was not opened and left where it is."
    )
