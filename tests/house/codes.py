"""Every code that the program can say, read from its source: of errors, of discrepancies, of files that look alike."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

_CODE = ("ledger_core", "importers", "plugins", "tollbook")
#: Calls whose first argument, or argument `code`, is a code.
_SAYING = ("Discrepancy", "Lookalike", "Doubt", "Warned")


def spoken_codes(root: Path) -> dict[str, set[str]]:
    """Codes as literals of the source, and the modules that say them. Codes put together at run time are not seen."""
    found: dict[str, set[str]] = {}
    for package in _CODE:
        for path in sorted((root / package).rglob("*.py")):
            if path.is_relative_to(root / "tollbook" / "city"):  # its codes are customers' and vendors'
                continue
            for code in _codes(ast.parse(path.read_text("utf-8"))):
                found.setdefault(code, set()).add(path.relative_to(root).as_posix())
    return found


def _codes(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _called(node)
        elif isinstance(node, ast.ClassDef):
            yield from _of_class(node)


def _called(call: ast.Call) -> Iterator[str]:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    said = [keyword.value for keyword in call.keywords if keyword.arg == "code"]
    if name in _SAYING and call.args:
        said.append(call.args[0])
    for value in said:
        for choice in (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,):
            if isinstance(choice, ast.Constant) and _is_code(choice.value):
                yield str(choice.value)


def _of_class(node: ast.ClassDef) -> Iterator[str]:
    """`code = "..."` of an error class."""
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="code")], value=ast.Constant(value=str(code))):
                yield code
            case ast.AnnAssign(target=ast.Name(id="code"), value=ast.Constant(value=str(code))) if code:
                yield code


def _is_code(value: object) -> bool:
    return isinstance(value, str) and value.replace("-", "").isalpha() and value.islower()
