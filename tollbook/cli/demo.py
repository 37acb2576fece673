"""`tollbook demo`: a made-up city, its bills, and the main job over them, shown as the commands that a user types."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import click

from ledger_core.errors import UsageRefused, VerificationFailed
from tollbook.city import City, Month, plan_city, write_key, write_month, write_reference
from tollbook.cli.answer import console
from tollbook.keys import KeyRing
from tollbook.opening import Wanted, open_site
from tollbook.site import FILE, find_site

_SEED = 1
_PERSON = "coordinator"
#: The city writes account strings as Kent does: `52001770.64160.1800`.
_CHART_TEMPLATE = "fund:3 department:5 . object:5 . subobject:4"


@click.command()
@click.argument("folder", metavar="[SITE]", default="demo", type=click.Path(path_type=Path, file_okay=False))
@click.option("--size", type=click.Choice(["tiny", "city", "metro", "state"]), default="tiny", show_default=True)
@click.option("--seed", type=int, default=_SEED, show_default=True, help="Another number, another city.")
@click.option("--key", type=click.Path(path_type=Path), help="Write here what was planted in the bills, and where.")
def command(folder: Path, size: str, seed: int, key: Path | None) -> None:
    r"""Make a synthetic city in the folder SITE and run three months of its bills through the main job.

    What it runs are ordinary commands, printed before their answers; of the first two months and of the reference
    sheets only the last line of each answer is shown. A second run verifies the books that the first
    one made, and fails if anything in them was changed.

    \b
      tollbook demo
      tollbook demo harbor --size city
    """
    os.environ["TOLLBOOK_ACTOR"] = _PERSON
    os.environ["TOLLBOOK_KEYS"] = str(folder.with_name(f"{folder.name}.keys").absolute())
    city = plan_city(size, seed=seed)
    _Demo(folder, city).run()
    if key is not None:
        write_key(city, key)
        console().print(f"What was planted is in {key}.")


class _Demo:
    """One run of the demonstration."""

    def __init__(self, folder: Path, city: City) -> None:
        self._folder = folder
        self._city = city
        self._out = console()
        *self._before, self._month = city.calendar.all()

    def run(self) -> None:
        """Everything, in order. Raises VerificationFailed when the books of an earlier run were changed."""
        if (self._folder / FILE).exists():
            self._say(f"The city of an earlier run is in {self._folder}; its books are verified before anything else.")
            self._type("verify")
        else:
            self._make()
        for month in self._before:
            self._take_month(month, self._summarise)
        self._take_month(self._month, self._type)
        self._answers()
        self._type("verify")
        self._last_line()

    def _make(self) -> None:
        self._say(f"A synthetic city is made in {self._folder} ...")
        wanted = Wanted(
            folder=self._folder,
            person=_PERSON,
            entity=self._city.entity,
            time_zone="America/Los_Angeles",
            chart_template=_CHART_TEMPLATE,
        )
        site = open_site(wanted, KeyRing.of(os.environ))
        for sheet in write_reference(self._city, site.path("reference")):
            self._summarise("load", sheet.kind, str(site.path("reference") / sheet.name))
        self._say("Everybody who is needed is enrolled, the sheets are facts; now the bills.")

    def _take_month(self, month: Month, run: Callable[..., None]) -> None:
        site = find_site(self._folder)
        marker = site.path("done") / f".{month}"
        if not marker.exists():
            self._say(f"The bills of {month} drop into the inbox.")
            write_month(self._city, month, site.path("inbox"))
            run("import", str(site.path("inbox")))
            run("chargeback", str(month))
            run("certify", "--all-ready")
            run("export", "vouchers")
            marker.touch()

    def _answers(self) -> None:
        self._type("status")
        self._type("queue")
        self._wrong_rate()
        self._type("balances", "--by", "department")
        department = self._largest_department()
        self._type("statement", str(self._month), "--department", department)
        charge = self._some_charge(department)
        self._type("why", charge)
        self._type("trace", charge)
        document = self._ask("trace", charge)["paths"][0]["document"]
        place = self._ask("charges", "--department", department, "--period", str(self._month), "--limit", "1")
        locator = place["locator"]
        assert locator["sha256"] == document["sha256"]
        self._type("trace", f"{locator['sha256']}:{locator['place']}")

    def _wrong_rate(self) -> None:
        """Say what the checks found of a rate, if they found one."""
        items = self._ask("queue")["items"]
        if wrong := next((item for item in items if item["code"] == "rate-above-contract"), None):
            self._say(f"A wrong rate was found on the bill {wrong['bill']}:")
            self._out.print(f"  {wrong['text']}", highlight=False, markup=False)

    def _largest_department(self) -> str:
        rows = self._ask("balances", "--by", "department")["rows"]
        departments = [row for row in rows if row["department"]]
        if not departments:
            raise UsageRefused(str(self._folder), "no department was charged", "Remove the folder and start again.")
        return str(max(departments, key=lambda row: row["balance"])["department"])

    def _some_charge(self, department: str) -> str:
        found = self._ask("charges", "--department", department, "--period", str(self._month), "--limit", "1")
        return str(found["charge"])

    def _last_line(self) -> None:
        verdict = self._ask("verify")
        if not verdict["ok"]:
            raise VerificationFailed(str(self._folder), "the books differ from what was sealed", "See tollbook verify.")
        head = verdict["head"]
        self._say(f"The site is in {self._folder}, statements in {self._folder / 'statements'}.")
        self._out.print(f"verify: ok, head {head['size']} {head['root']}")

    # --- running commands ---------------------------------------------------------------------------------------

    def _say(self, words: str) -> None:
        self._out.print(f"\n[bold]{words}[/bold]")

    def _type(self, *words: str) -> None:
        """Show a command as the user would type it, and run it; stop the demonstration when it fails."""
        self._out.print(f"\n[dim]$[/dim] tollbook --site {self._folder} {' '.join(words)}", highlight=False)
        self._run(words)

    def _summarise(self, *words: str) -> None:
        """Run a command as `_type` does, and show only the last line of its answer."""
        self._out.print(f"\n[dim]$[/dim] tollbook --site {self._folder} {' '.join(words)}", highlight=False)
        heard = StringIO()
        with redirect_stdout(heard):
            self._run(words)
        self._out.print(f"  ... {heard.getvalue().strip().splitlines()[-1]}", markup=False)

    def _ask(self, *words: str) -> dict[str, Any]:
        """The JSON document that a command answers (of `charges`, the first line)."""
        heard = StringIO()
        with redirect_stdout(heard):
            self._run((*words, "--json"))
        found: dict[str, Any] = json.loads(heard.getvalue().splitlines()[0])
        return found

    def _run(self, words: Sequence[str]) -> None:
        from tollbook.cli.program import program

        code = program.main(["--site", str(self._folder), *words], standalone_mode=False)
        if code == VerificationFailed.exit_code:
            raise VerificationFailed(str(self._folder), "the books differ from what was sealed", "See the lines above.")
