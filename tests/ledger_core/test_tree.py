"""The Merkle tree is RFC 6962's: roots, paths and proofs equal those of the definitions, written out naively here."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_core import tree
from ledger_core.errors import VerificationFailed

# --- the definitions of RFC 6962, section 2.1, as they stand ---------------------------------------------------------


def _naive_root(leaves: list[bytes]) -> bytes:
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = _largest_power_below(len(leaves))
    return sha256(b"\x01" + _naive_root(leaves[:k]) + _naive_root(leaves[k:])).digest()


def _naive_path(index: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = _largest_power_below(len(leaves))
    if index < k:
        return [*_naive_path(index, leaves[:k]), _naive_root(leaves[k:])]
    return [*_naive_path(index - k, leaves[k:]), _naive_root(leaves[:k])]


def _naive_proof(old: int, leaves: list[bytes]) -> list[bytes]:
    return _naive_subproof(old, leaves, complete=True)


def _naive_subproof(old: int, leaves: list[bytes], *, complete: bool) -> list[bytes]:
    if old == len(leaves):
        return [] if complete else [_naive_root(leaves)]
    k = _largest_power_below(len(leaves))
    if old <= k:
        return [*_naive_subproof(old, leaves[:k], complete=complete), _naive_root(leaves[k:])]
    return [*_naive_subproof(old - k, leaves[k:], complete=False), _naive_root(leaves[:k])]


def _largest_power_below(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


# The leaves and roots that implementations of Certificate Transparency test themselves with.
_LEAVES = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(9))
def test_the_published_roots_are_ours(size: int) -> None:
    assert tree.root_of(tree.leaf_hashes(_LEAVES[:size])).hex() == _ROOTS[size]


_leaves = st.lists(st.binary(max_size=4), min_size=1, max_size=70)


@given(_leaves)
def test_the_root_is_that_of_the_definition(leaves: list[bytes]) -> None:
    assert tree.root_of(tree.leaf_hashes(leaves)) == _naive_root(leaves)


@given(_leaves, st.data())
def test_a_path_is_that_of_the_definition_and_leads_to_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = tree.inclusion_path(tree.leaf_hashes(leaves), index)
    assert path == _naive_path(index, leaves)
    assert tree.root_from_path(leaves[index], index, len(leaves), path) == _naive_root(leaves)


@given(_leaves, st.data())
def test_no_other_leaf_or_place_leads_to_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = tree.inclusion_path(tree.leaf_hashes(leaves), index)
    root = _naive_root(leaves)
    assert tree.root_from_path(leaves[index] + b"!", index, len(leaves), path) != root
    for other in range(len(leaves)):
        if other != index and leaves[other] != leaves[index]:
            assert _leads(leaves[index], other, len(leaves), path) != root


def _leads(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    try:
        return tree.root_from_path(leaf, index, size, path)
    except VerificationFailed:
        return None


@given(_leaves, st.data())
def test_a_path_of_the_wrong_length_is_refused(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = tree.inclusion_path(tree.leaf_hashes(leaves), index)
    with pytest.raises(VerificationFailed, match="does not fit"):
        tree.root_from_path(leaves[index], index, len(leaves), [*path, b"\x00" * 32])
    if path:
        with pytest.raises(VerificationFailed, match="does not fit"):
            tree.root_from_path(leaves[index], index, len(leaves), path[:-1])


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (7, 2), (0, 0)])
def test_a_place_outside_the_tree_has_no_root(index: int, size: int) -> None:
    with pytest.raises(VerificationFailed):
        tree.root_from_path(b"leaf", index, size, [b"\x00" * 32])


def test_a_place_outside_the_tree_has_no_path() -> None:
    for index in (-1, 3):
        with pytest.raises(IndexError):
            tree.inclusion_path(tree.leaf_hashes([b"a", b"b", b"c"]), index)


@given(_leaves, st.data())
def test_a_consistency_proof_is_that_of_the_definition_and_holds(leaves: list[bytes], data: st.DataObject) -> None:
    old = data.draw(st.integers(1, len(leaves)))
    path = tree.consistency_path(tree.leaf_hashes(leaves), old)
    assert path == _naive_proof(old, leaves)
    assert tree.consistent(old, _naive_root(leaves[:old]), len(leaves), _naive_root(leaves), path)


@given(_leaves, st.data())
def test_a_rewritten_past_is_never_consistent(leaves: list[bytes], data: st.DataObject) -> None:
    old = data.draw(st.integers(1, len(leaves)))
    changed = data.draw(st.integers(0, old - 1))
    rewritten = [leaf + b"!" if at == changed else leaf for at, leaf in enumerate(leaves)]
    path = tree.consistency_path(tree.leaf_hashes(rewritten), old)
    assert not tree.consistent(old, _naive_root(leaves[:old]), len(leaves), _naive_root(rewritten), path)


@given(_leaves, st.integers(-2, 80), st.lists(st.binary(min_size=32, max_size=32), max_size=5))
def test_a_made_up_proof_proves_nothing(leaves: list[bytes], old: int, path: list[bytes]) -> None:
    new_root = _naive_root(leaves)
    assert not tree.consistent(old, b"\x00" * 32, len(leaves), new_root, path)


def test_an_old_size_outside_the_tree_has_no_proof() -> None:
    for old in (0, 4):
        with pytest.raises(IndexError):
            tree.consistency_path(tree.leaf_hashes([b"a", b"b", b"c"]), old)


@given(st.integers(0, 20_000), st.lists(st.integers(0, 9_000), max_size=4))
def test_a_growing_root_equals_the_whole_one_at_every_step(size: int, cuts: list[int]) -> None:
    """In whatever batches the leaves come, also across the chunks that are folded early."""
    hashes = [tree.leaf_hash(str(number).encode()) for number in range(min(size, 13_000))]
    frontier = tree.Frontier()
    at = 0
    for cut in [*cuts, len(hashes)]:
        frontier.extend(hashes[at : at + cut])
        at = min(at + cut, len(hashes))
        assert frontier.size == at
        assert frontier.root() == tree.root_of(hashes[:at])


def test_no_leaf_passes_for_a_node() -> None:
    left, right = tree.leaf_hash(b"a"), tree.leaf_hash(b"b")
    assert tree.leaf_hash(left + right) != tree.node_hash(left, right)


def test_a_salted_leaf_hides_what_it_holds() -> None:
    """The same text under two salts has two leaves; with its salt the leaf is the plain one of salt and text."""
    one, other = tree.salted_leaf_hash(b"s" * 32, b"[1]"), tree.salted_leaf_hash(b"t" * 32, b"[1]")
    assert one != other
    assert one == sha256(b"\x00" + b"s" * 32 + b"[1]").digest()
