"""The part of the benchmarks' page that says what the checks find of planted errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

#: What seeds are called.
_PARTS = {
    "tuning": "seeds that checks are tuned on",
    "held_out": "held-out seeds",
    "asked": "seeds chosen for one run",
}
#: Figure -> at least so many percent.
_GOALS = {
    "recall_money_percent": 98,
    "precision_money_percent": 95,
    "clean_untouched_percent": 95,
}
_HOW = """\
Cities are made from a seed, with errors of every kind in their bills and beside each of them something that only looks
like it: `tollbook.city.tales` lists both. All bills are taken in as files, and what the checks then object to is held
against the key. An error counts as found only under its own name; an objection counts as right under any name that
says what is wrong there. Money is what the city pays too much, and what an objection puts at stake. The checks were
tuned on the first seeds; nobody looked at what they miss on the others."""


def detected(runs: list[dict[str, Any]]) -> Iterator[str]:
    """The paragraphs and tables of the latest run over the seeds that are kept, and of the latest over others."""
    yield _HOW
    kept = [run for run in runs if "asked" not in run["figures"]]
    asked = [run for run in runs if "asked" in run["figures"]]
    for run in (*kept[-1:], *asked[-1:]):
        yield from _run(run)


def _run(run: dict[str, Any]) -> Iterator[str]:
    figures = run["figures"]
    parts = [(name, figures[name]) for name in _PARTS if name in figures]
    yield (
        f"{figures['months']} months of cities of the size `{figures['size']}`, {run['date']}, commit {run['commit']}, "
        f"on {' and on '.join(_PARTS[name] for name, _ in parts)}:"
    )
    yield _summary(parts)
    short = [
        f"{_words(figure)} is {part[figure]} on {_PARTS[name]}, not {least}"
        for name, part in parts
        for figure, least in _GOALS.items()
        if float(part[figure] or 0) < least
    ]
    if short:
        yield "Falls short: " + "; ".join(short) + "."
    for name, part in parts:
        yield f"By kind, on {_PARTS[name]} ({', '.join(map(str, part['seeds']))}):"
        yield _kinds(part["kinds"])


def _summary(parts: list[tuple[str, dict[str, Any]]]) -> str:
    names = [figure for figure in parts[0][1] if figure not in ("seeds", "kinds")]
    heads = [f"{_PARTS[name]} ({', '.join(map(str, part['seeds']))})" for name, part in parts]
    lines = [f"| figure | {' | '.join(heads)} | goal |", "|---|" + "---|" * (len(parts) + 1)]
    for figure in names:
        goal = f"at least {_GOALS[figure]}" if figure in _GOALS else ""
        lines.append(f"| {_words(figure)} | {' | '.join(str(part[figure]) for _, part in parts)} | {goal} |")
    return "\n".join(lines)


def _kinds(rows: list[dict[str, Any]]) -> str:
    heads = [_words(column) for column in rows[0]]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for row in rows:
        cells = ["" if cell is None else str(cell) for cell in row.values()]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _words(figure: str) -> str:
    return figure.replace("_", " ")
