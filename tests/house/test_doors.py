"""One dependency, one door: which part of the code may import which library, read from the source itself.

The floors among our own modules are contracts in pyproject.toml; this table is for the libraries, and holds also for
imports inside functions and for type checking only.
"""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

_CODE = ("ledger_core", "importers", "plugins", "tollbook")

# library -> the modules that may import it, with everything below them
_DOORS = {
    "click": ("tollbook",),
    "cryptography": ("ledger_core.signature", "tollbook"),
    "jinja2": ("plugins", "tollbook"),
    "pluggy": ("ledger_core.contracts", "tollbook.extensions"),
    "psycopg": ("ledger_core.store", "ledger_core.projections", "ledger_core.engine"),
    "python_calamine": ("importers", "tollbook"),
    "rich": ("tollbook",),
    "sqlalchemy": ("ledger_core.store", "ledger_core.projections", "ledger_core.engine", "tollbook"),
    "sqlite3": ("ledger_core.store", "ledger_core.projections", "ledger_core.engine"),
    "structlog": ("tollbook",),
    "watchdog": ("tollbook",),
    "xlsxwriter": ("plugins", "tollbook"),
}
# What an importer of a vendor's format may never touch: the network, other processes, the machine's clock and log.
_CLOSED_TO_IMPORTERS = {
    "asyncio",
    "ftplib",
    "http",
    "logging",
    "multiprocessing",
    "smtplib",
    "socket",
    "ssl",
    "subprocess",
    "threading",
    "time",
    "urllib",
}


def _module(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@functools.cache
def _imports(root: Path) -> tuple[tuple[str, str, str], ...]:
    """(module, place, imported module) for every import statement of the code."""
    return tuple(_read_imports(root))


def _read_imports(root: Path) -> Iterator[tuple[str, str, str]]:
    for package in _CODE:
        for path in sorted((root / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                place = f"{path.relative_to(root)}:{getattr(node, 'lineno', 0)}"
                if isinstance(node, ast.Import):
                    yield from ((_module(path, root), place, alias.name) for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module is not None:
                    yield _module(path, root), place, node.module


def _within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("library", sorted(_DOORS))
def test_a_library_is_imported_only_behind_its_door(library: str, repository: Path) -> None:
    strays = [
        f"{place} imports {imported}"
        for module, place, imported in _imports(repository)
        if _within(imported, (library,)) and not _within(module, _DOORS[library])
    ]
    assert strays == [], f"{library} belongs to {', '.join(_DOORS[library])}"


def test_importers_touch_no_network_process_clock_or_log(repository: Path) -> None:
    strays = [
        f"{place} imports {imported}"
        for module, place, imported in _imports(repository)
        if _within(module, ("importers",)) and imported.partition(".")[0] in _CLOSED_TO_IMPORTERS
    ]
    assert strays == []


def test_the_city_and_the_importers_know_nothing_of_each_other(repository: Path) -> None:
    """The city writes bills that importers read: code in common would be one mistake made twice."""
    pairs = (("tollbook.city", "importers"), ("importers", "tollbook"))
    strays = [
        f"{place} imports {imported}"
        for module, place, imported in _imports(repository)
        for here, there in pairs
        if _within(module, (here,)) and _within(imported, (there,))
    ]
    assert strays == []
