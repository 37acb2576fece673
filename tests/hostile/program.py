"""The program as its users run it: a process of its own, and as somebody who may not read everything."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tollbook.site import Site

#: Python that runs the command, its arguments behind it.
COMMAND = (sys.executable, "-c", "from tollbook.cli import main; main()")
REPOSITORY = Path(__file__).resolve().parents[2]


def environment(site: Site) -> dict[str, str]:
    """The variables of a process that acts with the keys of the site's tests."""
    return {**os.environ, "TOLLBOOK_KEYS": str(site.keys.folder), "TOLLBOOK_ACTOR": "coordinator"}


def program(
    site: Site, *arguments: str, before: Sequence[str] = (), **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run `tollbook --site SITE ARGUMENTS`, started by the command `before`."""
    return subprocess.run(
        [*before, *COMMAND, "--site", str(site.folder), *arguments],
        capture_output=True,
        text=True,
        env=environment(site) | variables,
        cwd=REPOSITORY,
        timeout=300,
        check=False,
    )


def started(site: Site, *arguments: str) -> subprocess.Popen[str]:
    """Start `tollbook --site SITE ARGUMENTS` and go on."""
    return subprocess.Popen(
        [*COMMAND, "--site", str(site.folder), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(site),
        cwd=REPOSITORY,
    )


def as_ordinary_user() -> tuple[str, ...]:
    """What must stand before a command so that file permissions bind it; skips the test where root cannot do that."""
    if os.geteuid() != 0:
        return ()
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("root may read everything, and there is no setpriv to take that from it")
    return (setpriv, "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all")
