"""The shape of the code: short functions, short files, first lines that say what a file is, the field's words."""

import ast
from collections.abc import Iterator
from pathlib import Path

_CODE = ("ledger_core", "importers", "plugins", "tollbook")
_ALL = (*_CODE, "tests", "bench", "tools")
_LONGEST_FUNCTION = 60  # lines
_LONGEST_FILE = 500  # lines
# Names of files for which no noun was found yet.
_EMPTY_NAMES = {"base", "common", "data", "helper", "helpers", "info", "manager", "misc", "util", "utils"}
# Spelled in halves, so that this file does not find itself.
_UNFINISHED = ("TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error")
_MONEY_CODE = ("ledger_core", "importers", "plugins")


def _files(root: Path, folders: tuple[str, ...]) -> Iterator[tuple[Path, str]]:
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            yield path.relative_to(root), path.read_text("utf-8")


def test_functions_are_short(repository: Path) -> None:
    long = [
        f"{path}:{node.lineno} {node.name} has {length} lines"
        for path, text in _files(repository, _ALL)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > _LONGEST_FUNCTION
    ]
    assert long == []


def test_files_are_short(repository: Path) -> None:
    long = [
        f"{path} has {length} lines"
        for path, text in _files(repository, _ALL)
        if (length := text.count("\n")) >= _LONGEST_FILE
    ]
    assert long == []


def test_the_first_line_of_every_file_says_what_it_is(repository: Path) -> None:
    silent = [str(path) for path, text in _files(repository, _ALL) if not ast.get_docstring(ast.parse(text))]
    assert silent == []


def test_files_are_named_by_a_noun_of_the_field(repository: Path) -> None:
    vague = [
        str(path)
        for path, _ in _files(repository, _ALL)
        if _EMPTY_NAMES.intersection(part.removesuffix(".py").removeprefix("test_") for part in path.parts)
    ]
    assert vague == []


def test_nothing_is_left_unfinished(repository: Path) -> None:
    unfinished = [
        f"{path}:{number} {word}"
        for path, text in _files(repository, _ALL)
        for number, line in enumerate(text.splitlines(), 1)
        for word in _UNFINISHED
        if word in line
    ]
    assert unfinished == []


def test_money_code_makes_no_binary_float(repository: Path) -> None:
    """No float literal and no call of float(), except where the line says that it counts seconds or sleeps them."""
    floats = [
        f"{path}:{node.lineno}"
        for path, text in _files(repository, _MONEY_CODE)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.expr) and _makes_a_float(node) and not _times(text.splitlines()[node.lineno - 1])
    ]
    assert floats == []


def _makes_a_float(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=float()):
            return True
        case ast.Call(func=ast.Name(id="float")):
            return True
        case _:
            return False


def _times(line: str) -> bool:
    return "seconds" in line.lower() or "sleep(" in line
