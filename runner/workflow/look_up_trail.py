"""Ask CloudTrail what a run's role sessions did, under a role session that may do nothing else.

``LookupEvents`` takes one attribute a call and knows no request id, so events are looked up by access key: one value
stands for one session. It holds management events of the last 90 days.

Source: CloudTrail API reference, ``LookupEvents``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from runner.errors import AwsCallFailed, GuardRefused
from runner.model.bound import BoundCall
from runner.model.call import Args, Effect
from runner.model.canonical import Json
from runner.model.session import Assume
from runner.workflow.authenticate import authenticate
from runner.workflow.route import Route
from runner.workflow.scope import Scope
from runner.workflow.services import Services

MAX_AGE = timedelta(hours=12)
"""How old the MFA proof of whoever looks may be."""


@dataclass(frozen=True)
class Wanted:
    """Hold whose events are wanted: the role that is assumed to look, the regions, and the sessions' access keys."""

    role_arn: str
    regions: tuple[str, ...]
    access_keys: tuple[str, ...]
    since: str
    """UTC, ISO 8601."""


def look_up(wanted: Wanted, services: Services) -> tuple[Mapping[str, Json], ...]:
    """Return the events, as CloudTrail records them.

    Raises:
        CredentialsRefused: when the role cannot be assumed.
        GuardRefused: when CloudTrail does not answer; a listing that fails is never a shorter list.
    """
    user = authenticate(services, MAX_AGE)
    found: list[Mapping[str, Json]] = []
    for region in wanted.regions:
        calls = tuple(_call(key, region, wanted.since) for key in wanted.access_keys)
        scope = Scope(services, Route(user, wanted.role_arn, (), Assume(), "audit", region), (calls,), MAX_AGE)
        for call in calls:
            found.extend(_events(scope, call))
    return tuple(found)


def _call(access_key: str, region: str, since: str) -> BoundCall:
    attribute: Args = {"AttributeKey": "AccessKeyId", "AttributeValue": access_key}
    args: Args = {"LookupAttributes": (attribute,), "StartTime": since}
    return BoundCall("cloudtrail", "LookupEvents", args, region, ("*",), Effect.READ)


def _events(scope: Scope, call: BoundCall) -> Iterator[Mapping[str, Json]]:
    try:
        for page in scope.pages(call):
            listed = page.data.get("Events")
            for event in listed if isinstance(listed, list) else ():
                recorded = event.get("CloudTrailEvent") if isinstance(event, Mapping) else None
                if not isinstance(recorded, str):
                    raise GuardRefused("CloudTrail's answer holds no event", on=call.region, hint="use --trail FILE")
                yield json.loads(recorded)
    except AwsCallFailed as error:
        raise GuardRefused(
            "CloudTrail did not say what happened",
            on=call.region,
            hint="grant the role cloudtrail:LookupEvents, or give the trail's files: --trail FILE",
            aws=error.answer,
        ) from error
    except ValueError as error:
        raise GuardRefused(
            f"CloudTrail's answer is not JSON: {error}", on=call.region, hint="use --trail FILE"
        ) from error
