"""What a stack's templates retain, and stacks that are nested deeper than is looked."""

from __future__ import annotations

import pytest

from runner.catalog.stack_contents import no_stack_is_nested_deeper, what_stays
from runner.catalog.template import retained
from runner.model.action import Ok, Present, Reading, Unknown, Unreadable
from runner.model.canonical import Json


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"Resources": {"A": {"DeletionPolicy": "Retain"}, "B": {"DeletionPolicy": "Delete"}, "C": {}}}, {"A"}),
        ("Resources:\n  A: {DeletionPolicy: RetainExceptOnCreate}\n  B: {Properties: {X: !GetAtt A.Arn}}\n", {"A"}),
        ("Resources:\n  A:\n    DeletionPolicy: !Ref Policy\n", set()),
        ("Resources: [", None),
        ("- a", None),
        (None, None),
    ],
)
def test_a_template_says_what_it_retains(body: Json, names: set[str] | None) -> None:
    """JSON and YAML are read alike, CloudFormation's own tags too; what cannot be read is unknown."""
    assert retained(body) == names


def resources(*nested: str) -> Reading:
    """Return what is read of a stack with these stacks in the one that is nested in it."""
    inner: list[Json] = [
        {"Name": f"AWS::CloudFormation::Stack {name}", "Id": name, "Logical": name, "Nested": True} for name in nested
    ]
    root: Json = {"Name": "AWS::CloudFormation::Stack in", "Id": "in", "Logical": "In", "Nested": True}
    return Present(
        {
            "Items": [
                {"item": {"Stack": "out"}, "answer": {"Found": [root]}},
                {"item": {"Stack": "in"}, "answer": {"Found": inner}},
            ]
        }
    )


def test_stacks_nested_two_deep_are_unknown() -> None:
    """A stack in a nested stack is not looked into, which refuses; so does a listing that failed."""
    assert no_stack_is_nested_deeper({"resources": resources()}) == Ok()
    deeper = no_stack_is_nested_deeper({"resources": resources("deep")})
    assert isinstance(deeper, Unknown)
    assert "deep" in deeper.why
    assert isinstance(no_stack_is_nested_deeper({"resources": Unreadable("denied")}), Unknown)


def test_nothing_is_said_to_stay_when_nobody_could_read_it() -> None:
    """Without the templates or the resources nothing is taken off what dies."""
    kept: Reading = Present({"Items": [{"item": {"Stack": "out"}, "answer": {"Body": None}}]})

    assert what_stays({"resources": resources(), "templates": kept}) == frozenset()
    assert what_stays({"resources": resources(), "templates": Unreadable("denied")}) == frozenset()
    assert what_stays({"resources": Unreadable("denied"), "templates": kept}) == frozenset()
