"""Nobody deletes what they work with."""

from __future__ import annotations

from runner.guard.own_way import own_way_findings
from runner.model.bound import BoundCall
from runner.model.call import Effect

USER = "arn:aws:iam::111111111111:user/alice"
ROLE = "arn:aws:iam::222222222222:role/Teardown"

DEVICE = "arn:aws:iam::111111111111:mfa/alice"


def write(resource: str) -> BoundCall:
    """Return a write to something."""
    return BoundCall("iam", "DeleteUser", {}, "us-east-1", (resource,), Effect.DELETE)


def test_the_operators_user_and_the_roles_of_the_way_stay() -> None:
    """A write to one of them is refused, by name; one to somebody else's is none of this rule's business."""
    own = [own_way_findings((write(arn),), USER, (ROLE,), DEVICE) for arn in (USER, ROLE, DEVICE)]
    others = own_way_findings((write(f"{USER}-2"), write(f"{ROLE}Other")), USER, (ROLE,), DEVICE)

    assert [len(found) for found in own] == [1, 1, 1]
    assert "proves itself with" in own[2][0].message
    assert "operator's own user" in own[0][0].message
    assert "this very run works with" in own[1][0].message
    assert others == ()
