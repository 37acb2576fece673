"""`tollbook watch`: keep taking in what is dropped into the inbox."""

from __future__ import annotations

import signal
import sys
from types import FrameType

import click
import structlog

from tollbook.cli.answer import console, site_of
from tollbook.cli.imports import show
from tollbook.intake.outcome import FileOutcome
from tollbook.intake.watching import Watcher
from tollbook.naming import shown


@click.command()
@click.pass_context
def command(context: click.Context) -> None:
    r"""Watch the inbox and take in every file dropped there, until interrupted (Ctrl-C).

    Files still being written are left alone; files that make one bill wait for each other. Several watchers and
    imports at once do no harm.

    \b
      tollbook --site harbor watch
    """
    site = site_of(context)
    journal = _journal()

    def tell(outcome: FileOutcome) -> None:
        show([outcome])
        codes = [problem.code for problem in outcome.all_problems]
        journal.info("taken in", file=shown(outcome.path.name), outcome=outcome.verdict.value, problems=codes)

    watcher = Watcher(site, tell)

    def end(_number: int, _frame: FrameType | None) -> None:
        watcher.end()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    console().print(f"Watching {site.path('inbox')}. Ctrl-C ends it; what was posted stays posted.")
    watcher.run()


def _journal() -> structlog.typing.FilteringBoundLogger:
    """The watcher's journal on standard error, a JSON line a file; silent on a terminal, where people read words."""
    structlog.configure(
        processors=[structlog.processors.TimeStamper(fmt="iso", utc=True), structlog.processors.JSONRenderer()],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    journal: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    if sys.stderr.isatty():
        structlog.configure(processors=[_dropped])
    return journal


def _dropped(_logger: object, _method: str, _event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    raise structlog.DropEvent
