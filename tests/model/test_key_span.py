"""Which keys a step may touch: exactly those that are meant, and ARNs that reach all of them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.model.key_span import ROOM, KeySpan
from runner.policy.policies import read_policy
from runner.policy.variables import literal

KEYS = st.text(st.characters(codec="utf-8") | st.sampled_from("ab/*?$ '\"\\"), min_size=1, max_size=6)
BUCKET = "arn:aws:s3:::b"


@given(st.lists(KEYS, min_size=1, max_size=4), KEYS)
def test_a_list_holds_its_keys_and_no_other(listed: list[str], other: str) -> None:
    """Whatever characters: a key is in it exactly when it is one of the list."""
    span = KeySpan.of({"keys": json.dumps(listed)})

    assert all(span.holds(key, "v1") and key.startswith(span.begins) for key in listed)
    assert span.holds(other) == (other in listed)


@given(KEYS, KEYS)
def test_a_prefix_holds_what_begins_so(prefix: str, key: str) -> None:
    """A prefix is a text and no pattern."""
    assert KeySpan.of({"prefix": prefix}).holds(key) == key.startswith(prefix)


@given(st.lists(KEYS, min_size=1, max_size=4) | KEYS)
def test_its_arns_reach_all_of_it(target: list[str] | str) -> None:
    """AWS lets every key of the span through, and the policy says so in characters that STS takes."""
    span = KeySpan.of({"prefix": target} if isinstance(target, str) else {"keys": json.dumps(target)})
    arns = span.arns(BUCKET)

    for key in [target] if isinstance(target, str) else target:
        reached = f"{BUCKET}/{key}"
        assert any(arn == reached or (arn[-1] == "*" and reached.startswith(arn[:-1])) for arn in arns)
    for arn in arns:
        said = span.pattern(arn)
        assert literal(said) == arn
        assert said.isascii()
        assert said.isprintable()
        assert "?" not in said
        assert "*" not in said[:-1]
        read_policy("p", json.dumps({"Statement": {"Effect": "Allow", "Action": "*", "Resource": said}}))


@pytest.mark.parametrize(
    ("target", "arns", "is_said"),
    [
        ({"prefix": "logs/2023"}, ["/logs/2023*"], True),
        ({"prefix": "日本"}, ["/*"], False),
        ({"key": "logs/a"}, ["/logs/a"], True),
        ({"keys": '["logs/a","logs/b"]'}, ["/logs/a", "/logs/b"], True),
        ({"keys": '["logs/a","logs/日"]'}, ["/logs/*"], False),
        ({"keys": json.dumps([f"logs/{at}" for at in range(ROOM)])}, ["/logs/*"], False),
        ({"keys": '["a*b"]'}, ["/a*"], False),
    ],
)
def test_what_a_policy_can_say(target: dict[str, str], arns: list[str], is_said: bool) -> None:
    """A few plain keys are named; many, and what IAM cannot say, come down to what they begin with."""
    span = KeySpan.of(target)

    assert list(span.arns("")) == arns
    assert span.is_said == is_said


@pytest.mark.parametrize("target", [{}, {"prefix": ""}, {"keys": "[]"}, {"key": "", "keys": ""}])
def test_nothing_is_never_everything(target: dict[str, str]) -> None:
    """A target without keys is an error."""
    with pytest.raises(ValueError, match="without keys"):
        KeySpan.of(target)


def test_a_version_is_held_alone() -> None:
    """A key with a version holds that one; together with the bare key, all."""
    one = KeySpan.of({"keys": '[{"key":"a","version":"v1"},"b"]'})

    assert [one.holds("a", version) for version in ("v1", "v2", "")] == [True, False, False]
    assert one.holds("b", "v9")
    assert str(one) == "2 keys that are named"
    assert [str(KeySpan.of({name: "a"})) for name in ("prefix", "key")] == ["a*", "a"]
