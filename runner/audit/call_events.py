"""Every write that was sent, as one event: who, what, on what, when, and what AWS said. For exports.

An intent and its outcome become one event. An intent without an outcome is an event too: its result is ``in doubt``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from runner.audit.line import number, text
from runner.audit.reading import read_records
from runner.audit.record import CallIntent, CallOutcome, MfaSession, Proof, RoleAssumed, RunOpened, StepOpened
from runner.audit.selection import Selection
from runner.model.canonical import Json

IN_DOUBT = "in doubt"


@dataclass(frozen=True)
class CallEvent:
    """Hold one call; times are UTC, as the log writes them, and ``ended`` is empty for a call in doubt."""

    run: str
    seq: int
    sha256: str
    """The digest of the intent's line, whose beginning CloudTrail shows in the User-Agent."""
    at: str
    ended: str
    who: str
    mfa_proven: bool
    role_session: str
    access_key: str
    host: str
    os_user: str
    tool: str
    account: str
    region: str
    service: str
    operation: str
    step: str
    target: str
    resources: tuple[str, ...]
    children: int
    attempt: int
    result: str
    status: int
    error_code: str
    error_message: str
    request_id: str
    playbook: str
    playbook_sha256: str
    plan_sha256: str

    def to_data(self) -> dict[str, Json]:
        """Return the plain form."""
        return asdict(self)


@dataclass(frozen=True)
class Sessions:
    """Hold the access keys of every session that runs made, and every run of the log, selected or not."""

    keys: frozenset[str] = frozenset()
    runs: frozenset[str] = frozenset()


NO_SESSIONS = Sessions()
"""What is known without a log."""


@dataclass
class _Context:
    """Hold what the records before a call say about it."""

    opened: Mapping[str, Json] = field(default_factory=dict)
    who: str = ""
    proven: bool = False
    targets: dict[str, str] = field(default_factory=dict)
    roles: dict[str, tuple[str, str]] = field(default_factory=dict)
    intents: dict[Json, tuple[Mapping[str, Json], str]] = field(default_factory=dict)


def call_events(directory: Path, selection: Selection) -> Iterator[CallEvent]:
    """Yield the calls that are selected, in the order in which they ended; those in doubt come last.

    Raises:
        UsageError: when there is no ledger, or it cannot be read.
    """
    contexts: dict[str, _Context] = {}
    for data, digest in read_records(directory):
        context = contexts.setdefault(text(data, "run"), _Context())
        if text(data, "type") == CallOutcome.type:
            intent, sha256 = context.intents.pop(data.get("intent_seq"), ({}, ""))
            if intent:
                yield from _selected(_event(context, intent, sha256, data), selection)
        else:
            _learn(context, data, digest)
    for context in contexts.values():
        for intent, sha256 in context.intents.values():
            yield from _selected(_event(context, intent, sha256, {}), selection)


def sessions(directory: Path, run: str = "") -> Sessions:
    """Return the sessions of a run, or of the runs whose ids begin so: the operator's with MFA, and the steps' own.

    Raises:
        UsageError: when there is no ledger, or it cannot be read.
    """
    keys: set[str] = set()
    runs: set[str] = set()
    for data, _ in read_records(directory):
        match text(data, "type"):
            case RunOpened.type:
                runs.add(text(data, "run"))
            case MfaSession.type | RoleAssumed.type if text(data, "run").startswith(run.upper()):
                keys.add(text(data, "access_key"))
            case _:
                pass
    return Sessions(frozenset(keys - {""}), frozenset(runs))


def _learn(context: _Context, data: Mapping[str, Json], digest: str) -> None:
    step = text(data, "step")
    match text(data, "type"):
        case RunOpened.type:
            context.opened = data
        case MfaSession.type:
            context.who, context.proven = text(data, "caller_arn"), False
        case Proof.type:
            context.proven = True
        case StepOpened.type:
            context.targets[step] = text(data, "target")
        case RoleAssumed.type:
            context.roles[step] = (text(data, "session_arn"), text(data, "access_key"))
        case CallIntent.type:
            context.intents[data.get("seq")] = (data, digest)
        case _:
            pass


def _event(context: _Context, intent: Mapping[str, Json], sha256: str, outcome: Mapping[str, Json]) -> CallEvent:
    step = text(intent, "step")
    role_session, access_key = context.roles.get(step, ("", ""))
    resources = intent.get("resources")
    return CallEvent(
        run=text(intent, "run"),
        seq=number(intent, "seq"),
        sha256=sha256,
        at=text(intent, "ts"),
        ended=text(outcome, "ts"),
        who=context.who,
        mfa_proven=context.proven,
        role_session=role_session,
        access_key=access_key,
        host=text(intent, "host"),
        os_user=text(intent, "os_user"),
        tool=text(intent, "tool"),
        account=text(intent, "account"),
        region=text(intent, "region"),
        service=text(intent, "service"),
        operation=text(intent, "operation"),
        step=step,
        target=context.targets.get(step, ""),
        resources=tuple(map(str, resources)) if isinstance(resources, list) else (),
        children=number(intent, "objects_count") or number(intent, "params_count"),
        attempt=number(intent, "attempt"),
        result=text(outcome, "result") or IN_DOUBT,
        status=number(outcome, "http_status"),
        error_code=text(outcome, "error_code"),
        error_message=text(outcome, "error_message"),
        request_id=text(outcome, "request_id"),
        playbook=text(context.opened, "playbook"),
        playbook_sha256=text(context.opened, "playbook_sha256"),
        plan_sha256=text(context.opened, "plan_sha256"),
    )


def _selected(event: CallEvent, selection: Selection) -> Iterator[CallEvent]:
    if (
        selection.takes_time(event.at)
        and selection.takes_run(event.run, event.account, event.who)
        and selection.takes_target((event.target, *event.resources))
    ):
        yield event
