"""The policies of a playbook come from the calls that a run declares, hop for hop and target for target."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from runner.catalog import BY_NAME
from runner.guard.role_policies import scope_calls
from runner.model.fleet import in_common
from runner.model.playbook import Account, Playbook, Source
from runner.model.session import Assume
from runner.policy.grants import grants_of
from runner.workflow.binding import bind_steps
from runner.workflow.guarded_session import own_calls
from runner.workflow.loading import load
from runner.workflow.permissions import Permissions, permissions_for, snippets_for

HUB = "arn:aws:iam::111111111111:role/ops/Hub"
ROLE = "arn:aws:iam::222222222222:role/Teardown"
ALICE = "arn:aws:iam::111111111111:user/alice"


EXAMPLE = Path(__file__).parent.parent.parent / "playbooks" / "teardown.yaml"


def playbook(**changes: Any) -> Playbook:
    """Return the example playbook with a step on a second bucket, without the alias, and with changes."""
    book = in_common(load(EXAMPLE.read_bytes(), Source("p.yaml", "0" * 64), BY_NAME))
    empty, delete = book.steps
    steps = (empty, delete, replace(delete, id="other", target={"bucket": "two"}))
    return replace(book, **{"account": Account("222222222222"), "steps": steps, **changes})


def made(book: Playbook, *operators: str) -> Permissions:
    """Return the permissions of a playbook."""
    return permissions_for(((book, bind_steps(book, BY_NAME)),), operators)


def statements(policy: Any) -> list[dict[str, Any]]:
    """Return a policy's statements as plain JSON."""
    found: list[dict[str, Any]] = json.loads(json.dumps(policy))["Statement"]
    return found


def actions(policy: Any) -> set[str]:
    """Return every action that a policy names."""
    named = [statement["Action"] for statement in statements(policy)]
    return {action for one in named for action in ([one] if isinstance(one, str) else one)}


def pairs(policy: Any) -> set[tuple[str, str]]:
    """Return every pair of action and resource that a policy names."""
    return {
        (action, resource)
        for statement in statements(policy)
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
        for resource in ([statement["Resource"]] if isinstance(statement["Resource"], str) else statement["Resource"])
    }


def test_the_role_gets_every_call_that_a_run_declares() -> None:
    """What the guard and the steps declare before they send is what is granted: no list is kept beside it."""
    book = playbook(account=Account("222222222222", "acme"))
    bound = bind_steps(book, BY_NAME)
    (role,) = made(book).roles
    (policy,) = role.policies
    declared = (*own_calls(book), *(call for one in bound for call in (*one.reads, *one.writes)))

    assert pairs(policy) == grants_of(declared)


def test_what_checks_the_simulator_is_apart() -> None:
    """The reads of the role's own policies are optional, declared by the guard, and no part of the least policy."""
    book = playbook(via=(HUB,))
    hub, role = made(book).roles
    checks = grants_of(scope_calls(ROLE, book.region))

    assert pairs(role.optional) == checks
    assert not any(pairs(policy) & checks for policy in role.policies)
    assert hub.optional is None


def test_the_alias_is_read_only_when_it_is_pinned() -> None:
    """Without an alias in the playbook the guard does not ask for one, and needs no permission to."""
    (pinned,), (free,) = made(playbook(account=Account("222222222222", "a"))).roles, made(playbook()).roles

    assert actions(pinned.policies[0]) - actions(free.policies[0]) == {"iam:ListAccountAliases"}


def test_without_an_operator_there_is_no_trust_policy() -> None:
    """Nobody is trusted by default."""
    assert [role.trust for role in made(playbook()).roles] == [None]


def test_every_hop_has_its_own_policies() -> None:
    """The operator may assume the first role, a hop the next one only; each trusts who comes before it."""
    found = made(playbook(via=(HUB,)), ALICE)
    hub, role = found.roles

    assert pairs(found.operator) == {("sts:AssumeRole", HUB)}
    assert [pairs(policy) for policy in hub.policies] == [{("sts:AssumeRole", ROLE)}]
    assert [one["Principal"] for one in statements(hub.trust)] == [{"AWS": ALICE}]
    assert [one["Principal"] for one in statements(role.trust)] == [{"AWS": HUB}]


def test_what_assuming_implies_is_allowed_where_it_happens() -> None:
    """A source identity is set on every hop; tags and the external id are for the last role only."""
    assume = Assume(external_id="x-1", source_identity=True, tags={"Team": "orders"})
    found = made(playbook(via=(HUB,), assume=assume), ALICE)
    hub, role = found.roles
    identity, tags = {"sts:AssumeRole", "sts:SetSourceIdentity"}, {"sts:TagSession"}

    assert actions(found.operator) == actions(hub.trust) == identity
    assert actions(hub.policies[0]) == actions(role.trust) == identity | tags
    assert "x-1" not in json.dumps(hub.trust)
    assert statements(role.trust)[0]["Condition"]["StringEquals"] == {"sts:ExternalId": "x-1"}


def test_each_target_gets_one_snippet() -> None:
    """Two steps on one bucket make one snippet, which names that bucket and its contents and no other."""
    one, two = snippets_for(bind_steps(playbook(), BY_NAME))

    assert (one.target, two.target) == ("arn:aws:s3:::acme-orders-exports", "arn:aws:s3:::two")
    assert [statement["Resource"] for statement in json.loads(json.dumps(one.statements))] == [
        "arn:aws:s3:::acme-orders-exports",
        "arn:aws:s3:::acme-orders-exports/*",
    ]
    assert [statement["Action"] for statement in json.loads(json.dumps(two.statements))] == ["s3:DeleteBucket"]


def test_a_target_without_a_policy_of_its_own_gets_no_snippet() -> None:
    """Only the role's policies can protect such a target."""
    bare = {name: replace(action, resource_policy="") for name, action in BY_NAME.items()}

    assert snippets_for(bind_steps(playbook(), bare)) == ()
