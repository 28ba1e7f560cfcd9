"""An AWS in memory that implements the ports, so that answers which no server gives on demand can be had."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest

from runner.errors import AwsAnswer, AwsCallFailed, LogUnwritable, NoCode
from runner.model.bound import BoundCall, Params
from runner.model.canonical import Json
from runner.model.event import Event
from runner.model.plan import Plan
from runner.model.playbook import Account, Expectation, Limits, Playbook, Source, Step, Window
from runner.model.ports import Receipt, Record, Reply, SignedNote
from runner.model.session import (
    Caller,
    Credentials,
    Identity,
    LongTermIdentity,
    RoleRequest,
    RoleSession,
    Secret,
    UserSession,
)
from runner.workflow.services import Services

START = datetime(2026, 12, 1, 12, tzinfo=UTC)
BUCKET = "acme-orders-exports"
ROLE = "arn:aws:iam::222222222222:role/Teardown"
IDENTITY = LongTermIdentity(
    Credentials("AKIAALICE", Secret("s")),
    Caller("111111111111", "arn:aws:iam::111111111111:user/alice", "AIDAALICE"),
    "profile alice",
    "arn:aws:iam::111111111111:mfa/alice",
)

POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Sid": "DeleteOnlyWithMfa",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:DeleteBucket",
            "Resource": f"arn:aws:s3:::{BUCKET}",
            "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
        },
    }
)

Fault = Callable[[BoundCall, Params], None]
T = TypeVar("T")
R = TypeVar("R")


def failed(code: str, *, retriable: bool = False, in_doubt: bool = False) -> AwsCallFailed:
    """Return a refusal as the translation of vendor errors makes it."""
    return AwsCallFailed(AwsAnswer("s3:X", code, f"{code}!", "REQ", 500), retriable=retriable, in_doubt=in_doubt)


def _no_fault(call: BoundCall, params: Params) -> None:
    del call, params


def _only_with_mfa(params: Params) -> str:
    entries: Any = params["ContextEntries"]
    values = {entry["ContextKeyName"]: entry["ContextKeyValues"] for entry in entries}
    return "allowed" if values.get("aws:MultiFactorAuthPresent") == ("true",) else "explicitDeny"


@dataclass
class World:
    """Hold one bucket, what happens to requests, and everything the ports were asked."""

    now: datetime = START
    bucket: bool = True
    tags: dict[str, str] = field(default_factory=dict)
    answers: dict[str, dict[str, Json]] = field(default_factory=dict)
    """What operations answer instead of what they usually do; a listing's only page."""
    created: str = "2024-01-01T00:00:00+00:00"
    keys: list[str] = field(default_factory=lambda: [f"k{n}" for n in range(5)])
    page: int = 2
    policy: str = POLICY
    mfa: bool = True
    simulated: Callable[[Params], str] = _only_with_mfa
    fault: Fault = _no_fault
    sent: list[tuple[str, Params]] = field(default_factory=list)
    requests: list[RoleRequest] = field(default_factory=list)
    session: UserSession | None = None
    who: Identity = IDENTITY
    records: list[Record] = field(default_factory=list)
    claimed: list[tuple[str, ...]] = field(default_factory=list)
    log_fails_after: int | None = None
    events: list[Event] = field(default_factory=list)
    codes: list[str] = field(default_factory=lambda: ["123456"])
    stop_after: int | None = None
    slept: list[float] = field(default_factory=list)
    confirmed: list[str] = field(default_factory=list)
    refuse_code: Exception | None = None
    run: str = "01RUN"
    can_repeat: bool = True
    account: str = "222222222222"
    """Where role sessions are; empty for the account of their role."""

    # Clock
    def sleep(self, seconds: float) -> None:
        """Let the world's time pass."""
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)

    # Sts
    def user_session(self, identity: LongTermIdentity, code: Secret) -> UserSession:
        """Make a user session, or refuse the code."""
        del code
        if self.refuse_code is not None:
            raise self.refuse_code
        credentials = Credentials("ASIAUSER", Secret("s"), Secret("t"), self.now + timedelta(hours=1))
        return UserSession(
            credentials, identity.caller, identity.serial, self.now, self.now + timedelta(hours=1), "STS-1"
        )

    def role_session(self, source: UserSession | RoleSession, request: RoleRequest) -> RoleSession:
        """Make a role session of 15 minutes."""
        del source
        self.requests.append(request)
        credentials = Credentials(f"ASIAROLE{len(self.requests)}", Secret("s"), Secret("t"))
        role = request.role_arn.rsplit("/", 1)[-1]
        account = self.account or request.role_arn.split(":")[4]
        arn = f"arn:aws:sts::{account}:assumed-role/{role}/{request.name}"
        return RoleSession(credentials, arn, request.role_arn, self.now, self.now + timedelta(minutes=15), "STS-2")

    # SessionCache and its slot
    def slot(self, identity: LongTermIdentity) -> AbstractContextManager[World]:
        """Hand out the slot, which is this world."""
        del identity
        return nullcontext(self)

    def keep(self, session: UserSession) -> None:
        """Keep a session."""
        self.session = session

    # Ledger
    def append(self, record: Record) -> Receipt:
        """Keep a record, or fail as a full disk does."""
        if self.log_fails_after is not None and len(self.records) >= self.log_fails_after:
            raise LogUnwritable("no space left on the log's disk")
        self.records.append(record)
        return Receipt(len(self.records), "f" * 64)

    def post(self, record: Record) -> None:
        """Append a record."""
        self.append(record)

    def settle(self) -> None:
        """Have nothing left to write."""

    def store(self, content: bytes) -> str:
        """Keep a content."""
        return hashlib.sha256(content).hexdigest()

    @property
    def signed(self) -> SignedNote | None:
        """What the log's key signed last."""
        return SignedNote("guarded-runner/0123456789abcdef", 2, "f" * 64, "a note")

    @contextmanager
    def claim(self, targets: tuple[str, ...]) -> Iterator[None]:
        """Remember what was claimed; nobody else is here."""
        self.claimed.append(targets)
        yield

    # Stop
    @contextmanager
    def armed(self) -> Iterator[None]:
        """Do nothing: no signals here."""
        yield

    @property
    def requested(self) -> bool:
        """Ask to stop after so many writes."""
        writes = [api for api, _ in self.sent if "Delete" in api or "Abort" in api]
        return self.stop_after is not None and len(writes) >= self.stop_after

    # Confirmer, Watcher, CodeSource, Operator
    def confirm(self, plan: Plan, phrase: str) -> None:
        """Agree to everything, and remember it."""
        del plan
        self.confirmed.append(phrase)

    def see(self, event: Event) -> None:
        """Keep an event."""
        self.events.append(event)

    def code(self, identity: LongTermIdentity, refusal: str = "") -> Secret:
        """Hand out the next code, while there is one."""
        del identity, refusal
        if not self.codes:
            raise NoCode("nobody can give a code")
        return Secret(self.codes.pop(0))

    def identity(self) -> Identity:
        """Be who was chosen, alice by default."""
        return self.who

    # Aws
    def sender(self, session: RoleSession, allowed: tuple[BoundCall, ...]) -> Sending:
        """Open a sender."""
        del session, allowed
        return Sending(self)

    # Crew
    def map(self, job: Callable[[T], R], items: Iterable[T], at_most: int | None = None) -> tuple[R, ...]:
        """Do the jobs in turn."""
        del at_most
        return tuple(map(job, items))

    def clock(self) -> Ticking:
        """Return the clock."""
        return Ticking(self)

    def services(self) -> Services:
        """Return the ports, all of them this world."""
        return Services(self, self, self, self, self, self.clock(), self, self, self, self)

    def types(self) -> list[str]:
        """Return the types of the records, in order."""
        return [record.type for record in self.records]


@dataclass(frozen=True)
class Ticking:
    """Tell the world's time."""

    world: World

    def now(self) -> datetime:
        """Return the time."""
        return self.world.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.world.sleep(seconds)


@dataclass(frozen=True)
class Sending:
    """Answer calls from the world."""

    world: World

    def send(self, call: BoundCall, params: Params, tag: str = "") -> Reply:
        """Answer one request."""
        del tag
        world = self.world
        world.fault(call, params)
        world.sent.append((call.api, params))
        return Reply(self._answer(call, params), "REQ-1", 200)

    def pages(self, call: BoundCall, params: Params | None = None) -> Iterator[Reply]:
        """Answer a listing; what is deleted meanwhile does not come again."""
        if call.operation == "SimulatePrincipalPolicy":
            yield self.send(call, call.params)
            return
        self.world.fault(call, call.params if params is None else params)
        if call.operation in self.world.answers:
            yield Reply(self.world.answers[call.operation], "REQ-L", 200)
            return
        listed = list(self.world.keys) if call.operation == "ListObjectVersions" else []
        for start in range(0, max(len(listed), 1), self.world.page):
            some = listed[start : start + self.world.page]
            yield Reply({"Versions": [{"Key": key, "VersionId": "v", "Size": 10} for key in some]}, "REQ-L", 200)

    def _answer(self, call: BoundCall, params: Params) -> dict[str, Json]:
        world = self.world
        match call.operation:
            case "HeadBucket" if not world.bucket:
                raise failed("404")
            case "GetObjectLockConfiguration":
                raise failed("ObjectLockConfigurationNotFoundError")
            case "DeleteObjects":
                batch: Any = params["Delete"]
                gone = [item["Key"] for item in batch["Objects"]]
                world.keys[:] = [key for key in world.keys if key not in gone]
            case "DeleteBucket":
                world.bucket = False
            case "SimulatePrincipalPolicy":
                return self._simulation(params)
            case _:
                pass
        return self._read(call.operation)

    def _read(self, operation: str) -> dict[str, Json]:
        world = self.world
        answers: dict[str, dict[str, Json]] = {
            "GetRole": {"Role": {"Arn": ROLE, "RoleId": "AROATEARDOWN12345678"}},
            "ListBuckets": {"Buckets": [{"Name": BUCKET, "CreationDate": world.created}]},
            "GetBucketPolicy": {"Policy": world.policy},
            "DescribeTrails": {"trailList": []},
            "GetBucketTagging": {"TagSet": [{"Key": key, "Value": value} for key, value in world.tags.items()]},
            "ListObjectVersions": {"Versions": [{"Key": key} for key in world.keys[:1]]},
        }
        return world.answers.get(operation, answers.get(operation, {}))

    def _simulation(self, params: Params) -> dict[str, Json]:
        asked: Any = params
        decision = self.world.simulated({"ContextEntries": params["ContextEntries"]})
        results: list[Json] = [
            {
                "EvalActionName": action,
                "EvalResourceName": resource,
                "EvalDecision": decision,
                "MatchedStatements": [],
                "MissingContextValues": [],
                "ResourceSpecificResults": [
                    {
                        "EvalResourceName": resource,
                        "EvalResourceDecision": decision,
                        "MatchedStatements": [],
                        "MissingContextValues": [],
                    }
                ],
            }
            for action in asked["ActionNames"]
            for resource in asked["ResourceArns"]
        ]
        return {"EvaluationResults": results, "IsTruncated": False}


def step(identifier: str, action: str, *needs: str) -> Step:
    """Return a step on the world's bucket."""
    return Step(
        identifier, action, {"bucket": BUCKET}, needs, "eu-west-1", Expectation({}), "fine", mfa_protected=True, line=1
    )


@pytest.fixture
def world() -> World:
    """Return a fresh world."""
    return World()


@pytest.fixture
def playbook() -> Playbook:
    """Return a playbook that empties and deletes the world's bucket."""
    return Playbook(
        name="retire",
        description="why",
        owner="team",
        ticket="",
        account=Account("222222222222"),
        region="eu-west-1",
        role_arn=ROLE,
        max_age=timedelta(minutes=15),
        valid=Window(),
        limits=Limits(),
        steps=(step("empty", "s3.empty_bucket"), step("bucket", "s3.delete_bucket", "empty")),
        source=Source("teardown.yaml", "0" * 64),
    )
