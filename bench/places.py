"""Where a benchmark works: its scratch folder, the program under test, the scripts that define the million."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import attrs

from bench.process import Broken, Measured, run

REPOSITORY = Path(__file__).parents[1]
DEFINITION = REPOSITORY.parent / "shared" / "bench"


@attrs.frozen
class Workshop:
    """A scratch folder with keys of its own. `lines` is the size of a bill."""

    folder: Path
    lines: int

    @property
    def environment(self) -> dict[str, str]:
        """What the programs run with."""
        return {**os.environ, "TOLLBOOK_KEYS": str(self.folder / "keys"), "TOLLBOOK_ACTOR": "bench"}

    def tollbook(self, site: Path, *arguments: str | Path, watched: bool = False) -> Measured:
        """Run the installed command on a site."""
        program = Path(sys.executable).with_name("tollbook")
        return run([program, "--site", site, *arguments], self.environment, watched=watched)

    def script(self, name: str, *arguments: str | Path) -> None:
        """Run one of the scripts that define the million, where it lies."""
        ended = run([sys.executable, DEFINITION / name, *arguments], self.environment)
        if ended.code:
            raise Broken(f"{name} ended with {ended.code}")

    def copy(self, site: Path, name: str) -> Path:
        """The same site once more, under a new name and on disk."""
        copied = self.folder / name
        shutil.rmtree(copied, ignore_errors=True)
        shutil.copytree(site, copied)
        os.sync()
        return copied
