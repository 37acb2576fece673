"""`tollbook dispute`: dispute lines of a bill with its vendor, and say what becomes of it."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection

from ledger_core.engine.disputing import Advance, advance
from ledger_core.money import fixed, parse_decimal, to_minor
from ledger_core.policy.disputes import Mode, Step
from ledger_core.projections import bills
from ledger_core.projections.charges import charge_id
from ledger_core.projections.disputes import Dispute, dispute_of, disputes
from ledger_core.store import log
from tollbook.cli.answer import console, document, json_option, print_json, site_of, table
from tollbook.cli.asked import Asked, day_text
from tollbook.cli.carrying import Carrying, say_prepared
from tollbook.cli.selection import reason_option
from tollbook.site import Site
from tollbook.today import today

_DAY = click.DateTime(["%Y-%m-%d"])
on_option = click.option("--on", type=_DAY, help="The day that it is about; else today.")
amount_option = click.option("--amount", help="Only so much of it, in major units; else all that is undecided.")
dispute_argument = click.argument("dispute", metavar="DISPUTE")


@click.group()
def command() -> None:
    r"""Dispute what a vendor bills wrongly: held meanwhile, or paid and claimed back, until it is credited or dropped.

    \b
      tollbook --site harbor dispute open C-0f1e2d3c4b5a6978 --reason "the contract says 25.00"
      tollbook --site harbor dispute pack DSP-0f1e2d3c4b5a6978 --to letters/verizon-august
      tollbook --site harbor dispute notify DSP-0f1e2d3c4b5a6978 --by email --reference T-4711
      tollbook --site harbor dispute concede DSP-0f1e2d3c4b5a6978 --amount 100.00 --final --reason "their letter"
    """


@command.command("open")
@click.argument("charges", nargs=-1, metavar="CHARGE...")
@click.option("--amount", help="Only so much of the one charge named, in major units.")
@click.option("--bill", help="All charges of a bill.")
@click.option("--service", help="With --bill: those of one service.")
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in Mode]),
    help="withheld: held, not paid; claimed: paid, claimed back.",
)
@click.option("--no-tax", is_flag=True, help="Leave out the tax on these lines.")
@on_option
@reason_option
@json_option
@click.pass_context
def open_(
    context: click.Context,
    charges: tuple[str, ...],
    amount: str | None,
    bill: str | None,
    service: str | None,
    mode: str | None,
    no_tax: bool,
    on: datetime | None,
    reason: str,
    as_json: bool,
) -> int:
    r"""Open a dispute over charges, for one reason; charges of several bills make one for each bill.

    A CHARGE is BILL:LINE, BILL:FIRST-LAST, or an item of the queue, of which what is in question is disputed. Tax and
    surcharges on the same service go along in proportion. Without --mode what is not paid yet is withheld, and what is
    paid is claimed. A dispute after its deadline is recorded, marked late, and the exit code is 1.

    \b
      tollbook --site harbor dispute open C-0f1e2d3c4b5a6978 --reason "the contract says 25.00"
      tollbook --site harbor dispute open B-0f1e2d3c4b5a6978-0:12 --amount 15.00 --mode claimed --reason "agreed at 25"
    """
    site = site_of(context)
    asked = Asked("dispute", reason, charges, bill, service, amount, mode=mode, tax=not no_tax, on=day_text(on))
    with site.ledger().acting(site.signer()) as act:
        done = Carrying(act, site).decide(asked)
        opened = () if done.prepared else done.disputes
        found = [content(act.connection, one) for one in opened]
        sequence = act.door.last
    if as_json:
        print_json(document("dispute", sequence, {"disputes": found, "prepared": done.prepared}))
    elif done.prepared:
        say_prepared(done)
    else:
        for one in opened:
            _say_opened(one)
    return 1 if any(one.late for one in opened) else 0


def _say_opened(one: Dispute) -> None:
    out = console()
    tax = f", of which {_money(one, one.tax)} tax" if one.tax else ""
    what = "held" if one.mode is Mode.WITHHELD else "claimed back; it stays charged"
    out.print(f"{one.dispute}: {_money(one, one.amount)} on {one.bill}{tax}, {what}.", markup=False)
    if one.late:
        out.print(f"It is late: notice was in time until {one.deadline}. It is recorded as late.", markup=False)
    elif one.deadline:
        out.print(f"Give notice by {one.deadline}: tollbook dispute pack {one.dispute} --to FOLDER", markup=False)


# --- steps ------------------------------------------------------------------------------------------------------


@command.command()
@dispute_argument
@click.option("--by", "method", required=True, help="How: letter, email, portal, phone.")
@click.option("--reference", default="", help="The vendor's ticket, or the letter's number.")
@click.option("--reason", default="notice given", help="What the books keep of it.")
@on_option
@json_option
@click.pass_context
def notify(
    context: click.Context,
    dispute: str,
    method: str,
    reference: str,
    reason: str,
    on: datetime | None,
    as_json: bool,
) -> int:
    r"""Say that the vendor was told of DISPUTE. After the deadline that makes it late, and the exit code is 1.

    \b
      tollbook --site harbor dispute notify DSP-0f1e2d3c4b5a6978 --by portal --reference T-4711 --on 2026-09-20
    """
    one = _step(context, dispute, Step.NOTICED, on, reason, as_json=as_json, method=method, reference=reference)
    return 1 if one.late else 0


@command.command()
@dispute_argument
@click.option("--to", "method", required=True, help="Whom: an account manager, a regulator.")
@click.option("--reference", default="", help="The vendor's ticket, or the letter's number.")
@on_option
@reason_option
@json_option
@click.pass_context
def escalate(
    context: click.Context,
    dispute: str,
    method: str,
    reference: str,
    on: datetime | None,
    reason: str,
    as_json: bool,
) -> None:
    r"""Say that DISPUTE was taken further.

    \b
      tollbook --site harbor dispute escalate DSP-0f1e2d3c4b5a6978 --to regulator --reason "no answer in 60 days"
    """
    _step(context, dispute, Step.ESCALATED, on, reason, as_json=as_json, method=method, reference=reference)


@command.command()
@dispute_argument
@amount_option
@click.option("--final", is_flag=True, help="The rest is refused.")
@click.option("--reference", default="", help="The vendor's letter or ticket.")
@on_option
@reason_option
@json_option
@click.pass_context
def concede(
    context: click.Context,
    dispute: str,
    amount: str | None,
    final: bool,
    reference: str,
    on: datetime | None,
    reason: str,
    as_json: bool,
) -> None:
    r"""The vendor concedes DISPUTE, or a part of it. What is withheld stays held until the vendor's credit is posted.

    With --final the rest is refused: released, to be paid and charged in the open month.

    \b
      tollbook --site harbor dispute concede DSP-0f1e2d3c4b5a6978 --amount 100.00 --final --reason "letter of 3 October"
    """
    _step(context, dispute, Step.CONCEDED, on, reason, as_json=as_json, amount=amount, reference=reference, final=final)


@command.command()
@dispute_argument
@amount_option
@click.option("--reference", default="", help="The vendor's letter or ticket.")
@on_option
@reason_option
@json_option
@click.pass_context
def refuse(
    context: click.Context,
    dispute: str,
    amount: str | None,
    reference: str,
    on: datetime | None,
    reason: str,
    as_json: bool,
) -> None:
    r"""The vendor refuses DISPUTE, or a part of it, and we accept that: it is released, paid and charged.

    \b
      tollbook --site harbor dispute refuse DSP-0f1e2d3c4b5a6978 --reason "they showed the order"
    """
    _step(context, dispute, Step.REFUSED, on, reason, as_json=as_json, amount=amount, reference=reference)


@command.command()
@dispute_argument
@amount_option
@on_option
@reason_option
@json_option
@click.pass_context
def withdraw(
    context: click.Context, dispute: str, amount: str | None, on: datetime | None, reason: str, as_json: bool
) -> None:
    r"""Withdraw DISPUTE, or a part of it: the bill was right.

    \b
      tollbook --site harbor dispute withdraw DSP-0f1e2d3c4b5a6978 --reason "the order was found"
    """
    _step(context, dispute, Step.WITHDRAWN, on, reason, as_json=as_json, amount=amount)


@command.command()
@dispute_argument
@on_option
@reason_option
@json_option
@click.pass_context
def expire(context: click.Context, dispute: str, on: datetime | None, reason: str, as_json: bool) -> None:
    r"""Say that DISPUTE has expired: after its deadline, what is undecided of it is released.

    \b
      tollbook --site harbor dispute expire DSP-0f1e2d3c4b5a6978 --reason "notice was never given"
    """
    _step(context, dispute, Step.EXPIRED, on, reason, as_json=as_json)


def _step(
    context: click.Context,
    name: str,
    step: Step,
    on: datetime | None,
    reason: str,
    *,
    as_json: bool,
    amount: str | None = None,
    method: str = "",
    reference: str = "",
    final: bool = False,
) -> Dispute:
    """Record a step and say where the dispute is now."""
    site = site_of(context)
    with site.ledger().acting(site.signer()) as act:
        currency = dispute_of(act.connection, name).currency
        minor = None if amount is None else to_minor(parse_decimal(amount, "--amount"), currency, "--amount")
        day = on.date() if on else today(act.connection, site)
        taken = Advance(step, day, minor, method, reference, final)
        facts = advance(act, name, taken, reason, site.path("spool"))
        one = dispute_of(act.connection, name)
        shown = content(act.connection, one)
    if as_json:
        print_json(document("dispute", facts[-1].sequence, {"disputes": [shown]}))
    else:
        _say_step(one)
    return one


def _say_step(one: Dispute) -> None:
    out = console()
    sums = one.sums
    rest = [
        (sums.undecided, "undecided"),
        (sums.awaiting, "waits for the vendor's credit"),
        (sums.credited, "credited"),
        (sums.dropped, "dropped" + ("; released" if one.mode is Mode.WITHHELD else "")),
    ]
    told = "; ".join(f"{_money(one, amount)} {what}" for amount, what in rest if amount)
    out.print(f"{one.dispute} is {one.state}: {told}.", markup=False)
    if one.late:
        out.print(f"It is late: notice was in time until {one.deadline}.", markup=False)


# --- answers ----------------------------------------------------------------------------------------------------


@command.command("list")
@click.option("--all", "every", is_flag=True, help="Those with nothing pending too.")
@json_option
@click.pass_context
def list_(context: click.Context, every: bool, as_json: bool) -> None:
    r"""The disputes of which something is pending, as they were opened.

    \b
      tollbook --site harbor dispute list
    """
    with site_of(context).ledger().reading() as connection:
        sequence = log.last_sequence(connection)
        found = [one for one in disputes(connection) if every or one.pending]
        shown = [content(connection, one) for one in found]
    if as_json:
        print_json(document("dispute", sequence, {"disputes": shown}))
        return
    if not found:
        console().print("Nothing is in dispute.")
        return
    names = ("dispute", "vendor", "bill", "pending", "of", "mode", "state", "notice by", "noticed")
    rows = [
        (
            one.dispute, one.vendor, one.number or one.bill, _money(one, one.pending), _money(one, one.amount),
            one.mode, one.state, _text(one.deadline) + (" (late)" if one.late else ""), _text(one.noticed),
        )
        for one in found
    ]  # fmt: skip
    title = "1 dispute" if len(found) == 1 else f"{len(found)} disputes"
    console().print(table(title, names, rows, right=(3, 4)))


@command.command()
@dispute_argument
@json_option
@click.pass_context
def show(context: click.Context, dispute: str, as_json: bool) -> None:
    r"""One dispute: its lines, its steps, where it is.

    \b
      tollbook --site harbor dispute show DSP-0f1e2d3c4b5a6978
    """
    with site_of(context).ledger().reading() as connection:
        sequence = log.last_sequence(connection)
        one = dispute_of(connection, dispute)
        shown = content(connection, one)
    if as_json:
        print_json(document("dispute", sequence, {"disputes": [shown]}))
        return
    out = console()
    out.print(f"{one.dispute}, {one.vendor} {one.account}, bill {one.number or one.bill}: {one.reason}", markup=False)
    _say_step(one)
    names = ("charge", "disputed", "what", "conceded", "credited", "dropped")
    rows = [
        (line["charge"], *(str(line[name]) if name == "what" else _money(one, line[name], bare=True) for name in
                           ("amount", "what", "conceded", "credited", "dropped")))
        for line in shown["lines"]
    ]  # fmt: skip
    out.print(table("Lines", names, rows, right=(1, 3, 4, 5)))
    steps = [
        (step["on"], step["step"], _money(one, step["amount"], bare=True) if step["amount"] else "", step["method"],
         step["reference"], step["by"], step["reason"])
        for step in shown["steps"]
    ]  # fmt: skip
    out.print(table("Steps", ("on", "step", "amount", "how", "reference", "by", "what for"), steps, right=(2,)))


@command.command()
@dispute_argument
@click.option("--to", "folder", required=True, type=click.Path(path_type=Path, file_okay=False), help="A new folder.")
@json_option
@click.pass_context
def pack(context: click.Context, dispute: str, folder: Path, as_json: bool) -> None:
    r"""Write the letter to the vendor (DOCX) and its evidence into a folder: the bill's own bytes, the rates agreed,
    the history of the service, what is too much, and the proofs.

    \b
      tollbook --site harbor dispute pack DSP-0f1e2d3c4b5a6978 --to letters/verizon-august
    """
    from tollbook.dispute_pack.pack import write_pack

    site: Site = site_of(context)
    with site.ledger().reading() as connection:
        sequence = log.last_sequence(connection)
        written = write_pack(connection, site, dispute_of(connection, dispute), folder, today(connection, site))
    if as_json:
        files = [{"file": name, "sha256": digest} for name, digest in written]
        print_json(document("dispute-pack", sequence, {"dispute": dispute, "files": files}))
        return
    for name, _ in written:
        console().print(f"  {folder / name}", markup=False)
    console().print(
        f"{len(written)} files. When it is sent: tollbook dispute notify {dispute} --by letter", markup=False
    )


def content(connection: Connection, one: Dispute) -> dict[str, Any]:
    """A dispute as the answers show it. Amounts in minor units."""
    plain: tuple[str, ...] = ("dispute", "state", "mode", "vendor", "account", "bill", "number", "currency", "amount",
                              "tax", "conceded", "credited", "dropped", "pending")  # fmt: skip
    return {
        **{name: _value(getattr(one, name)) for name in plain},
        **{name: _text(getattr(one, name)) or None for name in ("opened", "noticed", "deadline", "due")},
        "late": one.late,
        "reason": one.reason,
        "codes": list(one.codes),
        "by": one.person,
        "entries": [f"E{sequence}" for sequence in one.entries],
        "lines": [
            {
                "charge": charge_id(one.bill, line.line),
                **{name: getattr(line, name) for name in ("amount", "what", "conceded", "credited", "dropped")},
            }
            for line in one.lines
        ],
        "steps": [
            {
                "step": step.step.value,
                "on": step.on.isoformat(),
                "amount": step.amount,
                "method": step.method,
                "reference": step.reference,
                "reason": step.reason,
                "credit": _charge(connection, step.credit),
                "entries": [f"E{sequence}" for sequence in step.entries],
                "by": step.person,
            }
            for step in one.steps
        ],
    }


def _charge(connection: Connection, place: tuple[int, int] | None) -> str | None:
    bill = bills.of_fact(connection, place[0]) if place else None
    return charge_id(bill.bill, place[1]) if place and bill else None


def _value(cell: Any) -> Any:
    return cell.value if isinstance(cell, StrEnum) else cell


def _text(day: date | None) -> str:
    return day.isoformat() if day else ""


def _money(one: Dispute, minor: int, *, bare: bool = False) -> str:
    text = fixed(minor, one.currency)
    return text if bare else f"{text} {one.currency}"
