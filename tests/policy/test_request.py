"""What is known of a request's condition keys."""

from __future__ import annotations

from runner.policy.request import Absent, NotKnown, RequestContext, SomeValue, Values


def test_what_is_known_of_a_key() -> None:
    """A key has values, is there, is absent, or nothing is known; the case of its name does not matter."""
    context = RequestContext(
        {"aws:One": "1", "aws:Many": ("1",)},
        absent=frozenset({"aws:Gone", "aws:PrincipalTag/*"}),
        present=frozenset({"aws:There"}),
    )

    assert context.look_up("AWS:one") == Values(("1",), many=False)
    assert context.look_up("aws:many") == Values(("1",), many=True)
    assert context.look_up("aws:THERE") == SomeValue()
    assert context.look_up("aws:gone") == context.look_up("aws:principaltag/team") == Absent()
    assert context.look_up("aws:Other") == NotKnown()
    assert RequestContext(absent=frozenset({"*"})).look_up("aws:Other") == Absent()


def test_a_context_does_not_change_afterwards() -> None:
    """What is judged is what was known when the question was asked."""
    values: dict[str, str | tuple[str, ...]] = {"aws:MultiFactorAuthPresent": "false"}
    context = RequestContext(values)
    values["aws:MultiFactorAuthPresent"] = "true"

    assert context.look_up("aws:MultiFactorAuthPresent") == Values(("false",), many=False)
