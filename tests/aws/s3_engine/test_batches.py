"""Request bodies and manifests name exactly the children that they were made of."""

from __future__ import annotations

import json
from xml.etree.ElementTree import fromstring

from hypothesis import given, settings
from hypothesis import strategies as st

from runner.aws.s3_engine.batches import batches, is_delete_body
from runner.aws.s3_engine.keys import decoded, encoded, in_xml, told
from runner.model.canonical import encode
from runner.model.children import Children, manifest
from tests.aws.s3_engine.sweeps import BUCKET, KEY_TEXTS, child, versions_of

keys = st.one_of(
    st.text(KEY_TEXTS, min_size=1, max_size=8),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=8),
    st.text("abc/=+-_.%", min_size=1, max_size=12),
)
NS = "{http://s3.amazonaws.com/doc/2006-03-01/}"


def named(body: bytes) -> list[tuple[str, str]]:
    """Return what a deletion's body names, as a parser of XML reads it."""
    return [
        (item.findtext(f"{NS}Key") or "", item.findtext(f"{NS}VersionId") or "")
        for item in fromstring(body).iter(f"{NS}Object")  # noqa: S314  # our own
    ]


@settings(max_examples=40)
@given(st.lists(keys, min_size=1, max_size=20), st.sampled_from(["null", "3/L4kqtJ", ""]))
def test_every_key_is_named_once(texts: list[str], version: str) -> None:
    """Whatever the keys are, each one stands in a body or goes alone, and nothing else does."""
    sweep = versions_of()
    made = list(batches(sweep, tuple(child(text, version) for text in texts)))
    together = [pair for batch in made if batch.body for pair in named(batch.body)]
    alone = [(str(batch.params["Key"]), str(batch.params.get("VersionId", ""))) for batch in made if not batch.body]

    assert sorted([*together, *alone]) == sorted((text, version) for text in texts)
    assert all(in_xml(encoded(key.encode())) is None for key, _ in alone)
    assert all(is_delete_body(batch.body, 1000) for batch in made if batch.body)


@given(st.lists(keys, min_size=1, max_size=20))
def test_the_manifest_is_canonical_and_complete(texts: list[str]) -> None:
    """A manifest is canonical JSON, and its keys decode to those of the batch."""
    for batch in batches(versions_of(), tuple(child(text, "v1") for text in texts)):
        if batch.body:
            made = manifest(BUCKET, Children.of(batch.children))
            data = json.loads(made)
            assert encode(data) == made
            assert data["bucket"] == BUCKET
            assert [(told(key.encode()), id_) for key, id_ in data["objects"]] == named(batch.body)


def test_a_batch_holds_a_thousand_at_most() -> None:
    """2,500 children become three requests."""
    made = list(batches(versions_of(), tuple(child(f"k{at}") for at in range(2500))))
    assert [len(batch.children) for batch in made] == [1000, 1000, 500]


@given(st.binary(min_size=1, max_size=20))
def test_keys_that_are_no_text_go_alone(key: bytes) -> None:
    """Bytes that are no UTF-8 survive encoding and decoding, and are never put into XML."""
    assert decoded(encoded(key)) == key
    try:
        key.decode("utf-8")
    except UnicodeDecodeError:
        (batch,) = batches(versions_of(), ((encoded(key), b"null"),))
        assert (batch.call.operation, batch.body) == ("DeleteObject", b"")
