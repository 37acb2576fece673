"""The page docs/reference/commands.md, written from the commands' own help."""

from __future__ import annotations

from collections.abc import Iterator

import click

from tollbook.cli.program import COMMANDS, program

_WIDTH = 100
_INTRODUCTION = """\
# Commands

The words of each command are those of `tollbook COMMAND --help`.

A site is found by `--site`, then by the variable `TOLLBOOK_SITE`, then in the current folder. `--site` stands before
the command: `tollbook --site harbor status`.

| exit code | means |
|---|---|
| 0 | done |
| 1 | done, and there are exceptions or differences to look at |
| 2 | the command was typed wrongly |
| 3 | input was refused; nothing of it was posted |
| 4 | the ledger refused the act; nothing was written |
| 5 | verification failed |

What `--json` prints is on the page [JSON documents](json.md), what a refusal says on the page [errors](errors.md).

| variable | holds |
|---|---|
| `TOLLBOOK_SITE` | the site's folder |
| `TOLLBOOK_KEYS` | the folder of one's keys; otherwise `~/.config/tollbook/keys` |
| `TOLLBOOK_ACTOR` | which of one's keys signs; otherwise the name of the system's user |
"""


def text() -> str:
    """The whole page."""
    return "\n".join((*_INTRODUCTION.splitlines(), "", *_sections()))


def _sections() -> Iterator[str]:
    context = click.Context(program, info_name="tollbook")
    for name in COMMANDS:
        command = program.get_command(context, name)
        assert command is not None
        yield from _section(f"tollbook {name}", command)


def _section(name: str, command: click.Command) -> Iterator[str]:
    yield f"## {name}"
    yield ""
    yield "```text"
    settings = {"terminal_width": _WIDTH, "max_content_width": _WIDTH, "help_option_names": ["-h", "--help"]}
    context = click.Context(command, info_name=name, **settings)  # type: ignore[arg-type]  # options by name
    yield from (line.rstrip() for line in command.get_help(context).splitlines())
    yield "```"
    yield ""
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            assert found is not None
            yield from _section(f"{name} {below}", found)
