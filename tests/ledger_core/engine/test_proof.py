"""A proof convinces whoever has only the bundle and the notary's public key; a false one convinces nobody."""

import base64
import copy
import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_core import canonical, tree
from ledger_core.engine.checkpoint import note, note_text, origin_of, read_checkpoint
from ledger_core.engine.proof import check_proof
from ledger_core.engine.proving import prove, prove_consistency
from ledger_core.errors import InputRefused, TollbookError, Unknown, VerificationFailed
from ledger_core.facts.charge import ChargeKind
from ledger_core.signature import PersonalKey
from ledger_core.store import log
from ledger_core.store.log import Head
from tests.ledger_core.books import MARIA, NOTARY, Books, charge, owned


@pytest.fixture
def bill(some_books: Books) -> str:
    owned(some_books)
    charges = [charge(f"{line}.01", line=line, kind=ChargeKind.USAGE) for line in range(1, 6)]
    return some_books.receive(charges).bill


def bundle(kept: Books, id: str, notary: PersonalKey | None = NOTARY) -> dict[str, Any]:  # noqa: A002
    with kept.ledger.reading() as connection:
        return prove(connection, id, notary).document()


def test_a_charge_is_proved_by_its_row_its_fact_and_a_signed_head(some_books: Books, bill: str) -> None:
    found = bundle(some_books, f"{bill}:3")
    proved = check_proof(found, NOTARY.public)
    assert proved.row[0] == 3
    assert proved.row[12] == 301  # the amount, in minor units
    assert proved.fact[11]["bill"] == bill
    assert proved.head is not None
    with some_books.ledger.reading() as connection:
        assert proved.head.head == log.head(connection)


def test_the_bundle_has_the_keys_of_the_contract_in_their_order(some_books: Books, bill: str) -> None:
    found = bundle(some_books, f"{bill}:1")
    assert list(found) == ["id", "leaf", "index", "size", "path", "root", "inner", "checkpoint", "key"]
    assert list(found["inner"]) == ["leaf", "index", "size", "path", "root"]
    assert base64.b64decode(found["key"]) == NOTARY.public
    assert found["inner"]["root"] in base64.b64decode(found["leaf"]).decode()


@pytest.mark.parametrize("suffix", ["", ":5"])
def test_a_bill_and_every_charge_can_be_proved(some_books: Books, bill: str, suffix: str) -> None:
    assert (check_proof(bundle(some_books, bill + suffix)).row is None) == (suffix == "")


def test_entries_postings_and_facts_can_be_proved(some_books: Books, bill: str) -> None:
    assert check_proof(bundle(some_books, "E6:1")).row[:3] == [1, "cost", "cost"]
    assert check_proof(bundle(some_books, "E6:2")).row[:3] == [2, "payable", "payable"]
    entry, fact = check_proof(bundle(some_books, "E6")), check_proof(bundle(some_books, "6"))
    assert entry.fact == fact.fact
    assert entry.fact[11]["bill"] == bill
    assert check_proof(bundle(some_books, "1")).fact[3] == "ledger-opened"


@pytest.mark.parametrize("id", ["B-0000000000000000-1", "E6:99", "E99", "99", "0", "nonsense", "", "E6:0", "-1"])
def test_what_the_ledger_does_not_hold_cannot_be_proved(some_books: Books, bill: str, id: str) -> None:  # noqa: A002
    assert bill
    with pytest.raises(Unknown):
        bundle(some_books, id)


def test_a_line_that_a_bill_does_not_have_cannot_be_proved(some_books: Books, bill: str) -> None:
    for line in (0, 6):
        with pytest.raises(Unknown):
            bundle(some_books, f"{bill}:{line}")


def test_without_the_notarys_key_the_bundle_has_no_head_and_who_demands_one_is_not_convinced(
    some_books: Books, bill: str
) -> None:
    found = bundle(some_books, f"{bill}:3", None)
    assert found["checkpoint"] is None
    assert check_proof(found).head is None
    with pytest.raises(VerificationFailed, match="no signed head"):
        check_proof(found, NOTARY.public)


def test_a_head_signed_with_another_key_convinces_nobody(some_books: Books, bill: str) -> None:
    found = bundle(some_books, f"{bill}:3", MARIA)
    with pytest.raises(VerificationFailed, match="another key"):
        check_proof(found, NOTARY.public)
    found["key"] = base64.b64encode(MARIA.public).decode()
    check_proof(found)  # whoever believes the bundle's own key believes whoever made it
    with pytest.raises(VerificationFailed, match="another key"):
        check_proof(found, NOTARY.public)


def _paths(document: dict[str, Any], prefix: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found: list[tuple[str | int, ...]] = []
    for key, value in document.items():
        if isinstance(value, dict):
            found += _paths(value, (*prefix, key))
        elif isinstance(value, list):
            found += [(*prefix, key, index) for index in range(len(value))]
        elif key != "id":
            found.append((*prefix, key))
    return found


def test_no_part_of_a_bundle_can_be_changed(some_books: Books, bill: str) -> None:
    """Every leaf, node, root, index, size, the head and its signature: changed by one step, the proof fails."""
    true = bundle(some_books, f"{bill}:3")
    for path in _paths(true):
        false = copy.deepcopy(true)
        place: Any = false
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = _changed(place[path[-1]])
        with pytest.raises(TollbookError) as refused:
            check_proof(false, NOTARY.public if path != ("key",) else None)
        assert isinstance(refused.value, VerificationFailed | InputRefused), path


def test_a_bundle_has_one_spelling(some_books: Books, bill: str) -> None:
    """The same hashes in capitals or with blanks, the same leaf with bits that base64 skips: no bundle of ours."""
    true = bundle(some_books, f"{bill}:3")
    root, leaf = true["root"], true["leaf"]
    for name, said in (("root", root.upper()), ("root", f" {root}"), ("leaf", f"{leaf}\n"), ("leaf", _loose(leaf))):
        with pytest.raises(InputRefused):
            check_proof(true | {name: said})
    with pytest.raises(InputRefused):
        check_proof(true | {"path": [node.upper() for node in true["path"]]})


def _loose(leaf: str) -> str:
    """Base64 of the same bytes whose last letter holds bits that are not read; no base64 where there are none."""
    kept = leaf.rstrip("=")
    last = kept[-1]
    return f"{kept[:-1]}{chr(ord(last) + 1)}{leaf[len(kept) :]}" if kept != leaf else f"{leaf}A"


def _changed(value: Any) -> Any:
    if isinstance(value, int):
        return value + 1
    middle = len(value) // 2
    return value[:middle] + ("A" if value[middle] != "A" else "B") + value[middle + 1 :]


def test_a_row_of_another_bill_does_not_pass(some_books: Books, bill: str) -> None:
    other = some_books.receive([charge("999.99")], "2").bill
    false = bundle(some_books, f"{bill}:3") | {"inner": bundle(some_books, f"{other}:1")["inner"]}
    with pytest.raises(VerificationFailed, match="does not stand in the fact"):
        check_proof(false, NOTARY.public)


@pytest.mark.parametrize("broken", [{}, {"leaf": 1}, {"leaf": "x", "index": "y"}])
def test_what_is_no_bundle_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(InputRefused, match="no bundle"):
        check_proof(broken)


def test_two_heads_of_one_log_are_consistent(some_books: Books) -> None:
    for number in range(5):
        some_books.record("act-approved", f"approval/{number}", {})
    with some_books.ledger.reading() as connection:
        for new in range(1, 7):
            for old in range(1, new + 1):
                path = prove_consistency(connection, old, new)
                before, after = log.head(connection, old), log.head(connection, new)
                assert tree.consistent(old, before.root, new, after.root, path)


@pytest.mark.parametrize(("old", "new"), [(0, 1), (2, 1), (1, 9)])
def test_sizes_outside_the_log_have_no_proof(some_books: Books, old: int, new: int) -> None:
    with some_books.ledger.reading() as connection, pytest.raises(Unknown, match="1 facts"):
        prove_consistency(connection, old, new)


# --- checkpoints -----------------------------------------------------------------------------------------------------

_NOTE = (
    "tollbook/harbor\n7\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n\n"
    "\u2014 tollbook/harbor "
    "Rsd2p9zHJIvsYxfd7UGItI770Jsk5iofEu8c3jE5NUrTq/kaZdNSqmTTMKVp"
    "ots4VdP24O+F0o7AcKfyxkgIBS8pnQk=\n"
)


def test_the_bytes_of_a_checkpoint_never_change() -> None:
    """Ed25519 signs the same text to the same bytes, so the whole note is frozen."""
    root = bytes.fromhex("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")
    assert note("harbor", Head(7, root), NOTARY) == _NOTE


def test_the_key_hash_is_that_of_the_signed_note_format() -> None:
    """C2SP signed-note: the first four bytes of SHA-256 over name, newline, algorithm 1 and key."""
    signature = base64.b64decode(_NOTE.splitlines()[-1].split(" ")[2])
    assert signature[:4] == hashlib.sha256(b"tollbook/harbor\n\x01" + NOTARY.public).digest()[:4]
    assert len(signature) == 4 + 64


@given(st.integers(0, 10**12), st.binary(min_size=32, max_size=32), st.text(min_size=1, max_size=20))
def test_a_checkpoint_reads_back(size: int, root: bytes, site: str) -> None:
    read = read_checkpoint(note(site, Head(size, root), NOTARY))
    assert read.head == Head(size, root)
    assert read.origin == origin_of(site)
    assert read.text == note_text(origin_of(site), read.head)
    assert read.signed_with(NOTARY.public)
    assert not read.signed_with(MARIA.public)


def test_the_short_form_carries_a_head_alone() -> None:
    read = read_checkpoint(f" 12:{'ab' * 32}\n")
    assert read.head == Head(12, bytes.fromhex("ab" * 32))
    assert not read.signed_with(NOTARY.public)


# --- the law, without a ledger ---------------------------------------------------------------------------------------


@given(
    st.lists(st.lists(st.integers() | st.text(max_size=5).filter(lambda t: "\x00" not in t)), min_size=1, max_size=20),
    st.data(),
)
def test_any_row_of_any_body_can_be_proved(rows: list[list[Any]], data: st.DataObject) -> None:
    """Built by hand from the definitions: a body's tree inside a fact inside a log of several facts."""
    index = data.draw(st.integers(0, len(rows) - 1))
    leaves = [canonical.row_bytes(row) for row in rows]
    hashes = tree.leaf_hashes(leaves)
    root = tree.root_of(hashes)
    facts = [canonical.row_bytes([1, "s", number, *range(8), {}, []]) for number in range(3)]
    facts.append(canonical.row_bytes([1, "s", 4, *range(8), {}, [["charges", "charges-v1", len(rows), root.hex()]]]))
    log_hashes = tree.leaf_hashes(facts)
    head = Head(4, tree.root_of(log_hashes))
    proved = check_proof(
        {
            **_inclusion(facts[3], 3, log_hashes),
            "inner": _inclusion(leaves[index], index, hashes),
            "checkpoint": note("s", head, NOTARY),
            "key": base64.b64encode(NOTARY.public).decode(),
        },
        NOTARY.public,
    )
    assert canonical.row_bytes(proved.row) == leaves[index]


def _inclusion(leaf: bytes, index: int, hashes: list[bytes]) -> dict[str, Any]:
    return {
        "leaf": base64.b64encode(leaf).decode(),
        "index": index,
        "size": len(hashes),
        "path": [node.hex() for node in tree.inclusion_path(hashes, index)],
        "root": tree.root_of(hashes).hex(),
    }
