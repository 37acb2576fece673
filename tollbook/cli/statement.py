"""`tollbook statement`: a month's statements, one file a department."""

from __future__ import annotations

from pathlib import Path

import click

from ledger_core.money import fixed
from ledger_core.policy.periods import parse_period
from ledger_core.projections.statements import Statement, Statements
from tollbook.cli.answer import console, document, json_option, print_json, site_of, table
from tollbook.statement.page import file_stem, page
from tollbook.statement.table import table as rows_of
from tollbook.whole_file import write_whole

_WRITERS = {"html": page, "csv": rows_of}


@click.command()
@click.argument("period", metavar="PERIOD")
@click.option("--department", metavar="NUMBER", help="Of this department alone; also of one that only keeps cost.")
@click.option("--format", "kind", type=click.Choice(sorted(_WRITERS)), default="html", show_default=True)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder; default SITE/statements/PERIOD.")
@json_option
@click.pass_context
def command(
    context: click.Context, period: str, department: str | None, kind: str, out: Path | None, as_json: bool
) -> None:
    r"""Write the statements of PERIOD (2026-08), as they were when it was charged back.

    A page is one file that loads nothing from elsewhere: print it, mail it, read it on a phone. The table has a row
    for each line.

    \b
      tollbook --site harbor statement 2026-08
      tollbook --site harbor statement 2026-08 --department 01210 --format csv
    """
    site = site_of(context)
    month = parse_period(period, "PERIOD")
    folder = out or site.path("statements") / str(month)
    written: list[tuple[Statement, Path]] = []
    with site.ledger().reading() as connection:
        statements = Statements(connection, month)
        wanted = statements.departments if department is None else [department]
        for name in wanted:
            statement = statements.of(name)
            file = folder / f"{file_stem(name)}.{kind}"
            write_whole(file, _WRITERS[kind](statement).encode())
            written.append((statement, file))
    if as_json:
        print_json(document("statement", statements.sequence, _content(written, str(month))))
        return
    rows = [(s.department, s.name, fixed(s.total, s.currency), s.currency, str(file)) for s, file in written]
    console().print(table(f"Statements {month}", ("department", "name", "total", "", "file"), rows, right=(2,)))


def _content(written: list[tuple[Statement, Path]], period: str) -> dict[str, object]:
    return {
        "period": period,
        "statements": [
            {
                "department": s.department,
                "fund": s.fund,
                "currency": s.currency,
                "before": s.before,
                "recovered": s.recovered,
                "reimbursed": s.reimbursed,
                "charged": s.charged,
                "direct": s.direct,
                "total": s.total,
                "after": s.after,
                "kept": sum(line.amount for line in s.kept),
                "journals": [run.journal for run in s.journals],
                "object_by": s.last_day.isoformat(),
                "file": str(file),
                "held": sum(line.amount for line in s.held),
                "pending": sum(line.amount for line in s.pending),
            }
            for s, file in written
        ],
    }
