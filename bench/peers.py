"""Other ledgers, where they are installed: the same dates and amounts as two-posting transactions over 400 accounts."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from bench.places import Workshop
from bench.process import Broken, Measured, run

_ACCOUNTS = 400
#: Command lines by program; J stands for the journal.
COMMANDS = {
    "ledger": ("ledger", "-f", "J", "bal", "--flat"),
    "hledger": ("hledger", "-f", "J", "bal", "--flat"),
    "beancount": ("bean-query", "J", "select account, sum(position) group by account"),
}


def provide_ledger() -> None:
    """Install Debian's `ledger` where it is absent and we may."""
    if shutil.which("ledger") is None and os.geteuid() == 0 and (apt := shutil.which("apt-get")):
        subprocess.run([apt, "install", "-y", "-qq", "ledger"], check=False, stdout=subprocess.DEVNULL)  # noqa: S603 - fixed words


def installed(name: str) -> bool:
    """Whether the peer can be run here."""
    return shutil.which(COMMANDS[name][0]) is not None


def journal(name: str, file: Path, amounts: Iterable[tuple[str, str]]) -> Path:
    """Write the journal of a peer."""
    with file.open("w", encoding="ascii") as stream:
        if name == "beancount":
            names = ["Liabilities:Payable", *(f"Expenses:Sub{number:03d}" for number in range(_ACCOUNTS))]
            stream.writelines(f"1970-01-01 open {account}\n" for account in names)
        for number, (day, amount) in enumerate(amounts):
            if name == "beancount":
                expense, word, unit = f"Expenses:Sub{number % _ACCOUNTS:03d}", f'* "{number}"', " USD"
            else:
                expense, word, unit = f"Expenses:sub-{number % _ACCOUNTS:03d}", f"line {number}", ""
            stream.write(f"{day} {word}\n  {expense}  {amount}{unit}\n  Liabilities:Payable\n\n")
    return file


def balance(shop: Workshop, name: str, file: Path, *, watched: bool = False) -> Measured:
    """Load and balance the journal. Raises Broken where the peer fails."""
    command = [str(file) if part == "J" else part for part in COMMANDS[name]]
    ended = run(command, shop.environment, watched=watched)
    if ended.code or not ended.output:
        raise Broken(f"{name} ended with {ended.code}")
    return ended
