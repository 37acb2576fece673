"""Every error is provoked by real code and shown in the docs; every code that is said stands in the gallery."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from ledger_core.errors import TollbookError
from ledger_core.projections import waiting_credits
from tests.house.codes import spoken_codes
from tests.house.error_page import classes, provoked
from tests.house.gallery import CODES, SAID_OF, Example
from tests.house.provocations import PROVOCATIONS
from tollbook.intake.worker.plugin_failed import ADVICE

_CODE = ("ledger_core", "importers", "plugins", "tollbook")
#: Put together at run time: `NAME-unknown`, `credit-OUTCOME`.
_PUT_TOGETHER = {"charge-code-unknown", "customer-code-unknown", *waiting_credits.CODES.values()}
#: The code of the root of the tree, which nothing raises.
_ROOT = {TollbookError.code}
_SHORTEST_FIXED_PART = 8  # characters of an advice that stand in the source as they are


def test_every_class_of_error_has_a_provocation(repository: Path) -> None:
    assert set(PROVOCATIONS) == set(classes())
    assert {kind.__name__ for kind in classes()} == set(_declared(repository))


def _declared(root: Path) -> list[str]:
    """The names of all classes of the source that are errors of the tree, by the names of their parents."""
    trees = [ast.parse(path.read_text("utf-8")) for package in _CODE for path in sorted((root / package).rglob("*.py"))]
    parents = {
        node.name: [base.id for base in node.bases if isinstance(base, ast.Name)]
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }

    def is_error(name: str) -> bool:
        return any(parent == TollbookError.__name__ or is_error(parent) for parent in parents.get(name, []))

    return [name for name in parents if is_error(name)]


@pytest.mark.parametrize("kind", classes(), ids=lambda kind: kind.__name__)
def test_a_provoked_error_says_where_what_and_what_to_do(kind: type[TollbookError]) -> None:
    error = provoked(kind)
    assert type(error) is kind
    assert error.where
    assert error.found
    assert error.do
    assert error.exit_code in {2, 3, 4, 5}
    assert not error.found.endswith("."), "the message puts the point"


def test_no_two_classes_share_a_code_but_a_class_and_its_kinds() -> None:
    codes = [kind.code for kind in classes() if "code" in vars(kind)]
    assert sorted(codes) == sorted(set(codes))


def test_every_code_that_is_said_stands_in_the_gallery(repository: Path) -> None:
    spoken = set(spoken_codes(repository)) | set(ADVICE) | _PUT_TOGETHER
    of_classes = {kind.code for kind in classes()}
    shown = {example.code for example in CODES}
    assert shown - spoken == set(), "nothing says these any more"
    assert spoken - shown - of_classes - _ROOT == set(), "nobody can look these up"


def test_the_gallery_shows_each_code_once() -> None:
    codes = [example.code for example in CODES]
    assert sorted(codes) == sorted(set(codes))
    assert {example.of for example in CODES} == set(SAID_OF)


@pytest.mark.parametrize("example", CODES, ids=lambda example: example.code)
def test_the_advice_of_an_example_stands_in_the_source(example: Example, repository: Path) -> None:
    """Words in the docs that the program does not say any more would send people looking for nothing."""
    assert any(pattern.fullmatch(example.do) for pattern in _texts(repository)), example.do


_FOUND: dict[Path, list[re.Pattern[str]]] = {}


def _texts(root: Path) -> list[re.Pattern[str]]:
    """Every text of the source as a pattern: what it puts together at run time matches anything."""
    if root not in _FOUND:
        trees = [
            ast.parse(path.read_text("utf-8")) for package in _CODE for path in sorted((root / package).rglob("*.py"))
        ]
        found = {_pattern(node) for tree in trees for node in ast.walk(tree) if isinstance(node, ast.expr)}
        found |= {re.escape(advice) for advice in ADVICE.values()}
        _FOUND[root] = [re.compile(text) for text in found if text]
    return _FOUND[root]


def _pattern(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.escape(node.value)
    if isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else None for part in node.values]
        if max((len(str(part)) for part in parts if part is not None), default=0) >= _SHORTEST_FIXED_PART:
            return "".join(".+" if part is None else re.escape(str(part)) for part in parts)
    return ""
