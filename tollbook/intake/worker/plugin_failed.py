"""PluginFailed: a plugin did not do its work. It costs its own file and nothing else."""

from __future__ import annotations

from typing import Final

from ledger_core.errors import TollbookError
from tollbook.intake.confinement.verdict import Ending


class PluginFailed(TollbookError):
    """A plugin hung, crashed, took too much, left early or raised (exit 3); `code` says which, `ADVICE` lists all.

    `printed` is the end of what it wrote to standard output and error, `traceback` where it raised. Both are a
    stranger's words: show them as text, never as markup.
    """

    code = "plugin-failed"
    exit_code = 3

    def __init__(
        self, where: str, found: str, do: str, *, code: str | None = None, printed: str = "", traceback: str = ""
    ) -> None:
        super().__init__(where, found, do, code=code)
        self.printed = printed
        self.traceback = traceback


_TELL_AUTHOR: Final = "report it to the plugin's author with the file, which has been kept"

ADVICE: Final[dict[str, str]] = {
    "plugin-hung": "raise the site's time limit if the file is merely large, else " + _TELL_AUTHOR,
    "plugin-crashed": _TELL_AUTHOR,
    "plugin-out-of-memory": "raise the site's memory limit if the file is merely large, else " + _TELL_AUTHOR,
    "plugin-flooded": "raise the site's output limit if the file is merely large, else " + _TELL_AUTHOR,
    "plugin-exited": _TELL_AUTHOR,
    "plugin-no-end": _TELL_AUTHOR,
    "plugin-garbled": _TELL_AUTHOR,
    "plugin-error": _TELL_AUTHOR,
    "worker-lost": "import the file again; if it happens again, look for the system's out-of-memory killer",
}

CODE_OF_ENDING: Final[dict[Ending, str]] = {
    Ending.TIMED_OUT: "plugin-hung",
    Ending.CRASHED: "plugin-crashed",
    Ending.OUT_OF_MEMORY: "plugin-out-of-memory",
    Ending.OUTPUT_FLOOD: "plugin-flooded",
    Ending.EXITED: "plugin-exited",
    Ending.OK: "plugin-no-end",
    Ending.STOPPED: "plugin-garbled",
}
