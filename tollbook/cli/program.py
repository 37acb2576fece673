"""The program `tollbook`: finds its commands when they are asked for, and turns errors into words and exit codes."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import click

from ledger_core.errors import TollbookError, UsageRefused
from tollbook.naming import shown

#: Every command and the module that holds it, by what it is for, in the order in which `--help` teaches them. A module
#: is imported only when its command is used, so that the program starts quickly.
SECTIONS: dict[str, dict[str, str]] = {
    "Begin": {
        "init": "tollbook.cli.init",
        "demo": "tollbook.cli.demo",
        "load": "tollbook.cli.load",
    },
    "Take bills in": {
        "import": "tollbook.cli.imports",
        "watch": "tollbook.cli.watch",
        "cover": "tollbook.cli.cover",
        "accept-gap": "tollbook.cli.accept_gap",
        "reread": "tollbook.cli.reread",
        "reverse": "tollbook.cli.reverse",
    },
    "See what waits": {
        "status": "tollbook.cli.status",
        "queue": "tollbook.cli.queue",
        "digest": "tollbook.cli.digest",
        "expected": "tollbook.cli.expected",
        "inventory": "tollbook.cli.inventory",
        "check": "tollbook.cli.check",
    },
    "Decide": {
        "work": "tollbook.cli.work",
        "code": "tollbook.cli.code",
        "accept": "tollbook.cli.accept",
        "retain": "tollbook.cli.retain",
        "assign": "tollbook.cli.assign",
        "hold": "tollbook.cli.hold",
        "release": "tollbook.cli.release",
        "dispute": "tollbook.cli.dispute",
        "decide": "tollbook.cli.decide",
        "credits": "tollbook.cli.credits",
        "value": "tollbook.cli.value",
    },
    "Pay": {
        "payables": "tollbook.cli.payables",
        "certify": "tollbook.cli.certify",
        "reconcile": "tollbook.cli.reconcile",
    },
    "Close the month": {
        "chargeback": "tollbook.cli.chargeback",
        "statement": "tollbook.cli.statement",
        "approve": "tollbook.cli.approve",
        "export": "tollbook.cli.export",
        "close": "tollbook.cli.close",
        "reopen": "tollbook.cli.reopen",
    },
    "Answer": {
        "balances": "tollbook.cli.balances",
        "charges": "tollbook.cli.charges",
        "trace": "tollbook.cli.trace",
        "why": "tollbook.cli.why",
    },
    "Prove and keep": {
        "verify": "tollbook.cli.verify",
        "prove": "tollbook.cli.prove",
        "readings": "tollbook.cli.readings",
        "backup": "tollbook.cli.backup",
        "restore": "tollbook.cli.restore",
        "destroy": "tollbook.cli.destroy",
    },
    "People and extensions": {
        "key": "tollbook.cli.key",
        "enrol": "tollbook.cli.enrol",
        "plugin": "tollbook.cli.plugin",
    },
}
COMMANDS: dict[str, str] = {name: module for section in SECTIONS.values() for name, module in section.items()}


class Commands(click.Group):
    """The group of all commands, loaded one by one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in teaching order."""
        return list(COMMANDS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Each section with its commands and what they do, in a few words."""
        width = max(map(len, COMMANDS))
        for title, names in SECTIONS.items():
            with formatter.section(title):
                found = ((name, self.get_command(ctx, name)) for name in names)
                formatter.write_dl(
                    [(name.ljust(width), command.get_short_help_str(160)) for name, command in found if command],
                )

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name; each module offers it as `command`."""
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        found: click.Command = importlib.import_module(module).command
        for one in (found, *(found.commands.values() if isinstance(found, click.Group) else ())):
            one.help = _kept_lines(one.help)
        return found


def _kept_lines(text: str | None) -> str:
    """Raw docstrings spell the backspace with which click is told to keep the lines of an example."""
    return (text or "").replace("\\b\n", "\b\n")


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--site",
    type=click.Path(path_type=Path),
    envvar="TOLLBOOK_SITE",
    help="The site's folder. Without it: TOLLBOOK_SITE, then the current folder.",
)
@click.version_option(package_name="tollbook")
@click.pass_context
def program(context: click.Context, site: Path | None) -> None:
    r"""The open ledger for what a public body is billed: phones, circuits, mobiles, clouds, cards.

    \b
    Begin with a site, fill its reference sheets, and drop bills into its inbox:
      tollbook init harbor
      tollbook --site harbor load services harbor/reference/services.csv
      tollbook --site harbor import harbor/inbox
      tollbook --site harbor status

    Or look around in a made-up city: tollbook demo.

    Exit codes: 0 done; 1 exceptions to look at; 2 wrong usage; 3 input refused; 4 the ledger refused;
    5 verification failed.
    """
    context.obj = site


program.help = _kept_lines(program.help)


def main() -> None:
    """Run the program; an error of ours becomes its message on standard error and its exit code."""
    _refuse_shadows()
    try:
        code = program.main(standalone_mode=False)
    except TollbookError as refused:
        where, found, do = map(shown, (refused.where, refused.found, refused.do))
        told = "\n  ".join(map(shown, refused.lines)) or f"{found}."
        click.echo(f"tollbook: {where}: {told}\n  {do}", err=True)
        sys.exit(refused.exit_code)
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(wrong.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("tollbook: interrupted; what was posted stays posted, the rest can be taken in again.", err=True)
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)


def _refuse_shadows() -> None:
    """A `plugins/` or `importers/` folder in the working directory must not stand in for ours (design: traps)."""
    for name in ("ledger_core", "importers", "plugins", "tollbook"):
        found = importlib.import_module(name).__file__
        if found is None or Path(found).resolve().parent.parent != Path(__file__).resolve().parents[2]:
            refused = UsageRefused(
                str(found), f"another {name} stands before Tollbook's", "Start from a folder that has none."
            )
            click.echo(f"tollbook: {refused}", err=True)
            sys.exit(refused.exit_code)
