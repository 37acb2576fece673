"""`python -m bench`: measure the rows asked for, print them, and add them to the record."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import attrs

from bench import record
from bench.places import DEFINITION, Workshop
from bench.process import Broken
from bench.rows import ROWS, WITHOUT_DEFINITION, Wanted
from tollbook.city import SIZES


def main() -> int:
    """Measure. Exits with 1 when a row's answer was wrong or it could not be measured."""
    asked = _asked()
    if not DEFINITION.is_dir() and not set(asked.rows) <= WITHOUT_DEFINITION:
        print("The scripts that define the million are not there: nothing can be measured.", file=sys.stderr)
        return 1
    broken = 0
    with tempfile.TemporaryDirectory(prefix="tollbook-bench-", dir=asked.folder) as folder:
        shop = Workshop(Path(folder), asked.lines)
        for row in asked.rows:
            try:
                figures = ROWS[row](shop, _wanted(asked))
            except Broken as wrong:
                print(f"{row:10} does not count: {wrong}", flush=True)
                broken = 1
                continue
            for name, found in record.flat(figures):
                print(f"{row:10} {name:32} {found}", flush=True)
            if not asked.dry:
                record.keep(row, figures.get("lines", asked.lines), figures)
    return broken


def _wanted(asked: argparse.Namespace) -> Wanted:
    wanted = Wanted(asked.pairs, asked.samples, asked.balances, asked.size)
    return attrs.evolve(wanted, asked=asked.seeds or ())


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description="Measures; judges nothing. Nothing else should run.")
    parser.add_argument("--lines", type=int, default=1_000_000, help="lines of a bill")
    parser.add_argument("--rows", type=_rows, default=list(ROWS), help=f"comma-separated: {', '.join(ROWS)}")
    parser.add_argument("--pairs", type=int, default=5, help="pairs of the headline figure")
    parser.add_argument("--samples", type=int, default=20, help="charges whose trace and proof are checked")
    parser.add_argument("--balances", type=int, default=5_000, help="balances asked of the ten bills")
    parser.add_argument("--size", default="city", choices=list(SIZES), help="of the cities whose bills are checked")
    parser.add_argument("--seeds", type=_seeds, help="of those cities, comma-separated, instead of the seeds kept")
    parser.add_argument("--folder", type=Path, help="where to work; ten million lines need 10 GB")
    parser.add_argument("--dry", action="store_true", help="print only; leave the record as it is")
    return parser.parse_args()


def _seeds(written: str) -> tuple[int, ...]:
    return tuple(int(seed) for seed in written.split(","))


def _rows(written: str) -> list[str]:
    rows = written.split(",")
    if unknown := set(rows) - set(ROWS):
        raise argparse.ArgumentTypeError(f"no row {', '.join(sorted(unknown))}")
    return rows


if __name__ == "__main__":
    sys.exit(main())
