"""Confinement: each of the kernel's means holds by itself, as root and as an ordinary user."""

import json
import os
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest

from tollbook.intake.confinement import ConfinementUnavailable, Means, available_means, confined_by_kernel
from tollbook.intake.confinement.confine import require_kernel_means
from tollbook.intake.confinement.means import LANDLOCK, SECCOMP

# Confines itself by one means, tries three things, and writes what came of each.
_ATTEMPTS = textwrap.dedent(
    """
    import json, os, socket, sys
    from pathlib import Path
    from tollbook.intake.confinement.confine import confine, refuse_new_privileges
    from tollbook.intake.confinement.landlock import restrict_files
    from tollbook.intake.confinement.limits import Limits
    from tollbook.intake.confinement.readable import readable_places
    from tollbook.intake.confinement.system_call_filter import filter_system_calls

    def outcome(attempt):
        try:
            attempt()
        except OSError as refused:
            return type(refused).__name__
        return "done"

    def outcomes(secret, given):
        return {
            "read": outcome(lambda: open(secret).read()),
            "read given": outcome(lambda: open(given).read()),
            "write": outcome(lambda: open(secret, "a")),
            "socket": outcome(socket.socket),
        }
    """
)


def _run(program: str, *arguments: str, cwd: Path) -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", _ATTEMPTS + textwrap.dedent(program), *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


def _files(folder: Path) -> tuple[str, str]:
    for name in ("secret", "given"):
        (folder / name).write_text(name, encoding="utf-8")
        (folder / name).chmod(0o666)
    return str(folder / "secret"), str(folder / "given")


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """A file that is kept from the job, and one that it is given."""
    return _files(tmp_path)


def test_this_machine_confines_by_its_kernel() -> None:
    """Where this fails, no test of strangers says anything."""
    assert confined_by_kernel(available_means())


def test_every_means_says_why_and_the_caller_stays_free() -> None:
    means = available_means()
    names = [one.name for one in means]
    assert len(set(names)) == len(names)
    assert {SECCOMP, LANDLOCK, "user namespace", "network namespace", "address space", "cpu", "open files"} <= set(
        names
    )
    assert all(one.reason for one in means)
    subprocess.run(["/bin/true"], check=True)  # which a confined process could not


def test_landlock_alone_keeps_files_from_a_job(files: tuple[str, str], repository: Path) -> None:
    program = """
    refuse_new_privileges()
    means = restrict_files(*readable_places([Path(sys.argv[2])]))
    assert means.holds, means
    print(json.dumps(outcomes(*sys.argv[1:])))
    """
    found = _run(program, *files, cwd=repository)
    assert found == {"read": "PermissionError", "read given": "done", "write": "PermissionError", "socket": "done"}


def test_seccomp_alone_keeps_a_job_from_writing_and_from_the_network(files: tuple[str, str], repository: Path) -> None:
    program = """
    refuse_new_privileges()
    means = filter_system_calls()
    assert means.holds, means
    print(json.dumps(outcomes(*sys.argv[1:])))
    """
    found = _run(program, *files, cwd=repository)
    assert found == {"read": "done", "read given": "done", "write": "PermissionError", "socket": "PermissionError"}


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become an ordinary user; all other tests ran as one")
def test_an_ordinary_user_is_confined_and_weighed_like_root(repository: Path) -> None:
    """The parent must still be able to weigh a child that moved to a user namespace of its own."""
    program = """
    places = readable_places([Path(sys.argv[2])])
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
    said, saying = os.pipe()
    done, ending = os.pipe()
    if (child := os.fork()) == 0:
        means = confine(Limits(), (Path(sys.argv[2]),))
        found = outcomes(*sys.argv[1:]) | {"tasks": str([one.holds for one in means if one.name == "tasks"])}
        os.write(saying, json.dumps(found).encode())
        os.close(ending)
        os.read(done, 1)
        os._exit(0)
    os.close(saying)
    found = json.loads(os.read(said, 65536))
    found["weighed"] = "done" if "Pss:" in open(f"/proc/{child}/smaps_rollup").read() else "nothing"
    os.close(ending)
    os.waitpid(child, 0)
    print(json.dumps(found))
    """
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # a test's own folder is root's alone
        found = _run(program, *_files(Path(folder)), cwd=repository)
    assert found == {
        "read": "PermissionError",
        "read given": "done",
        "write": "PermissionError",
        "socket": "PermissionError",
        "tasks": "[True]",  # root is not counted, everybody else is
        "weighed": "done",
    }


def test_without_means_of_the_kernel_nothing_is_run() -> None:
    means = (Means(SECCOMP, False, "none"), Means(LANDLOCK, False, "none"), Means("cpu", True, "at most 1"))
    with pytest.raises(ConfinementUnavailable) as caught:
        require_kernel_means(means)
    assert caught.value.exit_code == 3
    assert "seccomp" in caught.value.found


def test_an_unconfined_run_must_be_allowed_by_the_site(repository: Path) -> None:
    """As on a kernel that knows neither means: refused, unless the caller says that the site allows it."""
    program = """
    from tollbook.intake.confinement.errors import ConfinementUnavailable
    from tollbook.intake.confinement.means import Means

    module = sys.modules["tollbook.intake.confinement.confine"]
    module.restrict_files = lambda *places: Means("landlock", False, "not in this kernel")
    module.filter_system_calls = lambda: Means("seccomp", False, "not in this kernel")
    found = {}
    for allowed in (False, True):
        try:
            confine(Limits(), (), allow_unconfined=allowed)
            found[str(allowed)] = "ran"
        except ConfinementUnavailable as refused:
            found[str(allowed)] = refused.code
    print(json.dumps(found))
    """
    assert _run(program, cwd=repository) == {"False": "confinement-unavailable", "True": "ran"}


@pytest.mark.parametrize("name", [SECCOMP, LANDLOCK])
def test_one_means_of_the_kernel_is_enough(name: str) -> None:
    require_kernel_means((Means(name, True, "set"),))
