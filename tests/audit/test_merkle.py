"""The Merkle tree: RFC 6962's own vectors, and a second, plain reading of the definition."""

from __future__ import annotations

import hashlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.audit.merkle import Forest, NoEdge, Subtree, Tree

LEAVES = tuple(
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
)
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
"""The roots over the first n leaves, as Certificate Transparency's implementations test them."""


def plain(leaves: tuple[bytes, ...]) -> bytes:
    """Return the root as RFC 6962, section 2.1, defines it."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\1" + plain(leaves[:split]) + plain(leaves[split:])).digest()


def grown(leaves: tuple[bytes, ...]) -> Tree:
    """Return the tree over leaves."""
    tree = Tree()
    for leaf in leaves:
        tree.append(leaf)
    return tree


@pytest.mark.parametrize("size", range(9))
def test_known_roots(size: int) -> None:
    """The roots over zero to eight leaves are those that everybody has."""
    assert grown(LEAVES[:size]).root().hex() == ROOTS[size]


@given(st.lists(st.binary(max_size=8), max_size=70).map(tuple), st.data())
def test_growing_is_the_definition(leaves: tuple[bytes, ...], data: st.DataObject) -> None:
    """Leaf by leaf, also from a kept edge, the tree has the root of the definition."""
    split = data.draw(st.integers(0, len(leaves)))
    before = grown(leaves[:split])
    tree = Tree(before.size, before.edge)
    for leaf in leaves[split:]:
        tree.append(leaf)

    assert tree.root() == plain(leaves)
    assert tree.size == len(leaves)


@pytest.mark.parametrize(("size", "count"), [(3, 1), (4, 2), (-1, 0), (0, 1)])
def test_an_edge_that_cannot_be(size: int, count: int) -> None:
    """An edge has one hash for each bit of the size."""
    with pytest.raises(NoEdge):
        Tree(size, [b"x" * 32] * count)


def test_an_edge_of_something_else() -> None:
    """A hash has 32 bytes."""
    with pytest.raises(NoEdge):
        Tree(1, [b"x"])


@given(st.lists(st.binary(max_size=8), max_size=70), st.lists(st.integers(0, 70), max_size=5))
def test_growing_by_subtrees_is_growing_by_leaves(leaves: list[bytes], cuts: list[int]) -> None:
    """Wherever the leaves are cut, the subtrees of the pieces make the same tree."""
    tree = Tree()
    for start, end in pairwise(sorted({0, len(leaves), *(min(cut, len(leaves)) for cut in cuts)})):
        forest = Forest(start)
        for leaf in leaves[start:end]:
            forest.append(leaf)
        for part in forest.cut():
            tree.add(part)
        assert forest.cut() == ()

    assert (tree.size, tree.edge) == (len(leaves), grown(tuple(leaves)).edge)


def test_a_subtree_that_cannot_be_there() -> None:
    """A subtree of two leaves begins at an even number."""
    with pytest.raises(NoEdge):
        grown((b"a",)).add(Subtree(1, b"x" * 32))
