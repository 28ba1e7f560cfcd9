"""Role credentials for other tools: refused before a code is spent, proven, made from what carries MFA, never kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from runner.errors import AwsAnswer, AwsCallFailed, CredentialsRefused, GuardRefused, UsageError
from runner.guard.proof import Proven, Unproven
from runner.model.bound import BoundCall, Params
from runner.model.event import IdentityFound, ProofPassed, SessionOpened
from runner.model.session import (
    Credentials,
    LongTermIdentity,
    ReadySession,
    RoleRequest,
    RoleSession,
    Secret,
    UserSession,
)
from runner.workflow.role_credentials import RoleWanted, role_credentials
from tests.workflow.conftest import IDENTITY, ROLE, World

HUB = "arn:aws:iam::333333333333:role/Hub"
WANTED = RoleWanted(ROLE, "eu-west-1")


@dataclass
class Chain(World):
    """Be the world, and remember what each session was made from; ``over`` are sessions that AWS takes no more.

    With ``other_process`` another runner keeps a new session while ours is refused.
    """

    made_from: list[tuple[str, str]] = field(default_factory=list)
    over: set[str] = field(default_factory=set)
    refusal: str = "ExpiredToken"
    given: int = 0
    other_process: bool = False

    def user_session(self, identity: LongTermIdentity, code: Secret) -> UserSession:
        """Make a user session with a name of its own."""
        made = super().user_session(identity, code)
        self.given += 1
        return replace(made, credentials=replace(made.credentials, access_key=f"ASIAUSER{self.given}"))

    def role_session(self, source: UserSession | RoleSession, request: RoleRequest) -> RoleSession:
        """Make a role session, unless the source is over."""
        if source.credentials.access_key in self.over:
            if self.session is not None and self.other_process:
                credentials = Credentials("ASIAOTHER", Secret("s"), Secret("t"))
                self.session = replace(self.session, credentials=credentials, issued=self.now)
            answer = AwsAnswer("sts:AssumeRole", self.refusal, "words", "REQ", 403)
            raise CredentialsRefused("the session is over", aws=answer)
        made = super().role_session(source, request)
        self.made_from.append((source.credentials.access_key, made.credentials.access_key))
        return made


@pytest.fixture
def chain() -> Chain:
    """Return a world with two codes."""
    return Chain(codes=["123456", "654321"])


def denied(message: str, code: str = "AccessDenied") -> Callable[[BoundCall, Params], None]:
    """Return a fault that refuses the read of the proof."""

    def fault(call: BoundCall, params: Params) -> None:
        del params
        if call.operation == "GetRole":
            raise AwsCallFailed(AwsAnswer("iam:GetRole", code, message, "REQ-7", 403))

    return fault


def test_the_credentials_are_those_of_the_role(chain: Chain) -> None:
    """One code, two sessions of the role from the user's: one is proven, the other is handed out without a policy."""
    found = role_credentials(WANTED, chain.services())
    proof, handed_out = chain.requests

    assert isinstance(found.proof, Proven)
    assert found.session.credentials.access_key == "ASIAROLE2"
    assert chain.made_from == [("ASIAUSER1", "ASIAROLE1"), ("ASIAUSER1", "ASIAROLE2")]
    assert chain.codes == ["654321"]
    assert (handed_out.policy, handed_out.seconds, handed_out.role_arn) == ("", 3600, ROLE)
    assert (proof.seconds, proof.name) == (900, "alice")
    (allow, *denies) = json.loads(proof.policy)["Statement"]
    assert (allow["Action"], allow["Resource"]) == ("iam:GetRole", ROLE)
    assert allow["Condition"] == {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    assert {statement["Effect"] for statement in denies} == {"Deny"}
    assert [type(event) for event in chain.events] == [IdentityFound, SessionOpened, ProofPassed]
    assert chain.records == []


def test_what_was_asked_for_is_sent(chain: Chain) -> None:
    """Duration, external id and name go to the role; the session that is proven is asked for in the same way."""
    wanted = replace(WANTED, seconds=1800, external_id="x-1", session_name="terraform")
    role_credentials(wanted, chain.services())
    proof, handed_out = chain.requests

    assert (handed_out.seconds, handed_out.external_id, handed_out.name) == (1800, "x-1", "terraform")
    assert (proof.external_id, proof.name) == ("x-1", "terraform")


def test_through_another_role(chain: Chain) -> None:
    """The hop may only assume the next role, and gets no external id; both sessions of the role are made from it."""
    role_credentials(replace(WANTED, via=(HUB,), external_id="x-1"), chain.services())
    hop, proof, handed_out = chain.requests

    assert chain.made_from == [("ASIAUSER1", "ASIAROLE1"), ("ASIAROLE1", "ASIAROLE2"), ("ASIAROLE1", "ASIAROLE3")]
    assert (hop.role_arn, hop.external_id, hop.seconds) == (HUB, "", 900)
    (allow, *_) = json.loads(hop.policy)["Statement"]
    assert (allow["Action"], allow["Resource"]) == ("sts:AssumeRole", ROLE)
    assert (proof.external_id, handed_out.external_id) == ("x-1", "x-1")


def test_through_two_other_roles(chain: Chain) -> None:
    """Each hop may only assume the one after it."""
    spoke = "arn:aws:iam::444444444444:role/Spoke"
    role_credentials(replace(WANTED, via=(HUB, spoke)), chain.services())

    allowed = [json.loads(request.policy)["Statement"][0]["Resource"] for request in chain.requests[:2]]
    assert allowed == [spoke, ROLE]
    assert [request.role_arn for request in chain.requests] == [HUB, spoke, ROLE, ROLE]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"seconds": 899}, "none shorter than 900"),
        ({"seconds": 3601}, "ends after 3600 seconds (role chaining)"),
        ({"seconds": 43200}, "would carry no MFA context"),
        ({"role_arn": "Teardown"}, "is not the ARN of a role"),
        ({"role_arn": "arn:aws:iam::222222222222:user/Teardown"}, "is not the ARN of a role"),
        ({"role_arn": "arn:aws:iam::222222222222:role/*"}, "is not the ARN of a role"),
        ({"role_arn": "arn:aws:iam::222222222222:role/a?/b"}, "is not the ARN of a role"),
        ({"role_arn": "arn:aws:iam::222222222222:role/${aws:username}"}, "is not the ARN of a role"),
        ({"role_arn": "arn:aws:sts::222222222222:assumed-role/Teardown/x"}, "is not the ARN of a role"),
        ({"via": ("arn:aws:iam:::role/Hub",)}, "is not the ARN of a role"),
        ({"session_name": "x"}, "cannot be a role session name"),
        ({"session_name": "two words"}, "cannot be a role session name"),
        ({"session_name": "{user}"}, "cannot be a role session name"),
        ({"session_name": "x" * 65}, "cannot be a role session name"),
        ({"external_id": "x"}, "cannot be an external id"),
        ({"external_id": "two words"}, "cannot be an external id"),
    ],
)
def test_what_sts_does_not_take_is_refused_before_a_code_is_spent(
    chain: Chain, change: dict[str, Any], what: str
) -> None:
    """Nobody is asked who they are or for a code."""
    with pytest.raises(UsageError) as caught:
        role_credentials(replace(WANTED, **change), chain.services())

    assert what in caught.value.what
    assert (len(chain.codes), chain.events) == (2, [])


@pytest.mark.parametrize("arn", ["arn:aws-cn:iam::222222222222:role/R", "arn:aws-us-gov:iam::222222222222:role/p/a/R"])
def test_roles_of_other_partitions_and_with_paths_are_roles(chain: Chain, arn: str) -> None:
    """China and GovCloud have ARNs of their own."""
    role_credentials(replace(WANTED, role_arn=arn), chain.services())

    assert {request.role_arn for request in chain.requests} == {arn}


def test_a_session_that_does_not_carry_mfa_is_not_handed_out(chain: Chain) -> None:
    """When the session policy refuses the proof, the role's own session is not even made."""
    chain.fault = denied("explicit deny in a session policy")
    with pytest.raises(CredentialsRefused) as caught:
        role_credentials(WANTED, chain.services())

    assert "does not carry MFA" in caught.value.what
    assert caught.value.aws is not None
    assert caught.value.aws.request_id == "REQ-7"
    assert len(chain.requests) == 1


@pytest.mark.parametrize(
    "fault",
    [
        denied("no identity-based policy allows the iam:GetRole action"),
        denied("slow down", "Throttling"),
        denied("", "<ReadTimeout>"),
    ],
    ids=["not allowed", "throttled", "no answer"],
)
def test_what_cannot_be_told_is_said_and_refused_on_request(
    chain: Chain, fault: Callable[[BoundCall, Params], None]
) -> None:
    """A role that may not read itself is handed out with that word; with must_be_proven it is not."""
    chain.fault = fault
    found = role_credentials(WANTED, chain.services())
    assert isinstance(found.proof, Unproven)
    made = len(chain.requests)
    with pytest.raises(GuardRefused, match="it cannot be told whether the role session carries MFA") as caught:
        role_credentials(replace(WANTED, must_be_proven=True), chain.services())

    assert caught.value.on == ROLE
    assert len(chain.requests) == made + 1


def test_a_kept_session_needs_no_code(chain: Chain) -> None:
    """However old its code is, while it lasts for one role session more."""
    role_credentials(WANTED, chain.services())
    chain.sleep(44 * 60)
    role_credentials(WANTED, chain.services())
    assert chain.codes == ["654321"]
    chain.sleep(2 * 60)
    role_credentials(WANTED, chain.services())

    assert chain.codes == []


@pytest.mark.parametrize("refusal", ["ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId"])
def test_a_kept_session_that_aws_does_not_take_is_made_anew_once(chain: Chain, refusal: str) -> None:
    """The machine's clock may be slow: AWS decides when a session is over."""
    role_credentials(WANTED, chain.services())
    chain.sleep(60)
    chain.over, chain.refusal = {"ASIAUSER1"}, refusal
    found = role_credentials(WANTED, chain.services())

    assert found.session.credentials.access_key == "ASIAROLE4"
    assert chain.made_from[-1][0] == "ASIAUSER2"
    assert chain.codes == []


def test_what_another_process_made_meanwhile_is_used(chain: Chain) -> None:
    """A younger session in the cache is as good as a new code."""
    role_credentials(WANTED, chain.services())
    chain.sleep(60)
    chain.over = {"ASIAUSER1"}
    chain.other_process = True
    role_credentials(WANTED, chain.services())

    assert chain.made_from[-1][0] == "ASIAOTHER"
    assert chain.codes == ["654321"]


def test_a_new_session_that_aws_does_not_take_is_not_tried_again(chain: Chain) -> None:
    """A second code would not help."""
    chain.over = {"ASIAUSER1"}
    with pytest.raises(CredentialsRefused):
        role_credentials(WANTED, chain.services())

    assert chain.codes == ["654321"]


def test_another_refusal_of_a_kept_session_asks_for_no_code(chain: Chain) -> None:
    """A role that does not trust the user will not trust it with another code either."""
    role_credentials(WANTED, chain.services())
    chain.sleep(60)
    chain.over, chain.refusal = {"ASIAUSER1"}, "AccessDenied"
    with pytest.raises(CredentialsRefused):
        role_credentials(WANTED, chain.services())

    assert chain.codes == ["654321"]


def test_a_ready_made_session_is_used_as_it_is(chain: Chain) -> None:
    """No code, and when AWS does not take it, nobody is asked for one."""
    chain.who = ReadySession(Credentials("ASIAREADY", Secret("s"), Secret("t")), IDENTITY.caller, "the environment")
    role_credentials(WANTED, chain.services())
    chain.over = {"ASIAREADY"}
    with pytest.raises(CredentialsRefused):
        role_credentials(WANTED, chain.services())

    assert chain.made_from[0][0] == "ASIAREADY"
    assert len(chain.codes) == 2


def test_nothing_of_a_role_is_kept(chain: Chain) -> None:
    """The cache holds the user's session and no other."""
    role_credentials(replace(WANTED, via=(HUB,)), chain.services())

    assert chain.session is not None
    assert chain.session.credentials.access_key == "ASIAUSER1"
    assert chain.session.expires - chain.now <= timedelta(hours=1)
