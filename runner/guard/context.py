"""The request context that a simulation is told: everything that is known, and the MFA keys as each scenario has them.

Only the two MFA keys differ between the scenarios, and they change together, so a different answer proves that MFA is
what the policies turn on. Everything else is what a call of the runner's own role session carries.

AWS reports the keys that a policy names and the simulation was not told. The simulator treats them as absent, so the
report matters only for keys that the real request *would* carry. `is_truly_absent` knows the others:

- the MFA keys that a scenario leaves out on purpose,
- keys of other services, which no request to this service carries,
- keys that a direct call under a session of ``sts:AssumeRole`` never carries,
- keys of S3 uploads and listings, when S3 is asked to delete,
- principal tags that neither the role nor the session has, and a source identity where none is set.

Source: IAM user guide, "AWS global condition context keys"; Service Authorization Reference, "Actions, resources, and
condition keys for Amazon S3".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum

from runner.model.call import Argument
from runner.policy.document import Undecidable
from runner.policy.principal import Role

MFA_PRESENT = "aws:MultiFactorAuthPresent"
MFA_AGE = "aws:MultiFactorAuthAge"

NEVER_CARRIED = frozenset(
    {
        "aws:calledvia",
        "aws:calledviafirst",
        "aws:calledvialast",
        "aws:ec2instancesourceprivateipv4",
        "aws:ec2instancesourcevpc",
        "aws:federatedprovider",
        "aws:principalservicename",
        "aws:principalservicenameslist",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceidentity",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:tagkeys",
        "aws:username",
    }
)
"""Keys of services' own calls, of federation, of instance roles, of IAM users, and of calls that set tags."""

S3_UPLOAD_AND_LISTING = (
    "s3:delimiter",
    "s3:locationconstraint",
    "s3:max-keys",
    "s3:object-lock-",
    "s3:prefix",
    "s3:requestobjecttag",
    "s3:x-amz-acl",
    "s3:x-amz-copy-source",
    "s3:x-amz-grant-",
    "s3:x-amz-metadata-directive",
    "s3:x-amz-server-side-encryption",
    "s3:x-amz-storage-class",
    "s3:x-amz-website-redirect-location",
)
"""How the keys begin that S3 knows for uploads, copies, listings and new buckets only."""

_S3_DELETES = ("s3:delete", "s3:abort")


class Scenario(Enum):
    """Name who asks: a session with MFA, one without, and a caller whose request has no MFA key at all."""

    WITH_MFA = "with MFA"
    WITHOUT_MFA = "without MFA"
    NO_KEY = "with a long-term key"


@dataclass(frozen=True)
class RoleFacts:
    """Hold what ``iam:GetRole`` says about the role; ``boundary`` is the ARN of its permissions boundary.

    ``trust`` is its trust policy as AWS answers it, None when AWS gives none. With `under` the tags and the source
    identity are those of the runner's own session.
    """

    role: Role
    boundary: str | None
    tags: Mapping[str, str]
    trust: object = None
    source_identity: str = ""

    def under(self, tags: Mapping[str, str], source_identity: str) -> RoleFacts:
        """Return the facts for a session with these tags, which stand before those of the role, and this identity.

        Source: IAM user guide, "Pass session tags in AWS STS" (keys are the same in upper and lower case).
        """
        new = {key.lower() for key in tags}
        kept = {key: value for key, value in self.tags.items() if key.lower() not in new}
        return replace(self, tags={**kept, **tags}, source_identity=source_identity)


def role_facts(role: Mapping[str, object], session_name: str) -> RoleFacts:
    """Read the ``Role`` of an answer to ``iam:GetRole``.

    Raises:
        Undecidable: when it is not as AWS documents it.
    """
    arn, role_id, boundary = role.get("Arn"), role.get("RoleId"), role.get("PermissionsBoundary")
    if not (isinstance(arn, str) and isinstance(role_id, str)):
        raise Undecidable("AWS's description of the role has no Arn or no RoleId")
    limit = boundary.get("PermissionsBoundaryArn") if isinstance(boundary, Mapping) else None
    if boundary is not None and not isinstance(limit, str):
        raise Undecidable("AWS's description of the role has a permissions boundary without an ARN")
    trust = role.get("AssumeRolePolicyDocument")
    return RoleFacts(Role(arn, role_id, session_name), limit, _tags(role.get("Tags", ())), trust)


def _tags(listed: object) -> dict[str, str]:
    tags: dict[str, str] = {}
    for tag in listed if isinstance(listed, list | tuple) else (None,):
        key, value = (tag.get("Key"), tag.get("Value")) if isinstance(tag, Mapping) else (None, None)
        if not (isinstance(key, str) and isinstance(value, str)):
            raise Undecidable("AWS's description of the role has tags of an unknown form")
        tags[key] = value
    return tags


def known_keys(
    facts: RoleFacts, scenario: Scenario, *, region: str, account: str, now: datetime, mfa_age: timedelta
) -> dict[str, tuple[str, str]]:
    """Return the type and the value of every condition key that a call of the role's session is known to carry.

    ``account`` owns the resources, ``now`` is aware.
    """
    role, moment = facts.role, now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    identity = {"aws:SourceIdentity": ("string", facts.source_identity)} if facts.source_identity else {}
    return {
        "aws:PrincipalArn": ("string", role.arn),
        "aws:PrincipalAccount": ("string", role.account),
        "aws:PrincipalType": ("string", "AssumedRole"),
        "aws:PrincipalIsAWSService": ("boolean", "false"),
        "aws:userid": ("string", f"{role.role_id}:{role.session_name}"),
        "aws:RequestedRegion": ("string", region),
        "aws:SecureTransport": ("boolean", "true"),
        "aws:ResourceAccount": ("string", account),
        "s3:ResourceAccount": ("string", account),
        "s3:authType": ("string", "REST-HEADER"),
        "s3:signatureversion": ("string", "AWS4-HMAC-SHA256"),
        "aws:CurrentTime": ("date", moment),
        "aws:EpochTime": ("numeric", str(int(now.timestamp()))),
        "aws:TokenIssueTime": ("date", moment),
        "aws:ViaAWSService": ("boolean", "false"),
        **{f"aws:PrincipalTag/{key}": ("string", value) for key, value in sorted(facts.tags.items())},
        **identity,
        **_mfa(scenario, mfa_age),
    }


def context_entries(known: Mapping[str, tuple[str, str]]) -> tuple[Argument, ...]:
    """Return the simulator's ``ContextEntries`` for known keys."""
    return tuple(
        {"ContextKeyName": name, "ContextKeyType": kind, "ContextKeyValues": (value,)}
        for name, (kind, value) in known.items()
    )


def is_truly_absent(key: str, scenario: Scenario, actions: Iterable[str]) -> bool:
    """Return whether a key that the simulation was not told is missing in the real request too."""
    name = key.lower()
    asked = tuple(action.lower() for action in actions)
    if name in {MFA_PRESENT.lower(), MFA_AGE.lower()}:
        return _named(name) not in _mfa(scenario, timedelta())
    service = name.partition(":")[0]
    if service == "aws":
        return name in NEVER_CARRIED or name.startswith(("aws:principaltag/", "aws:requesttag/"))
    if not any(action.startswith(f"{service}:") for action in asked):
        return True
    return name.startswith(S3_UPLOAD_AND_LISTING) and all(action.startswith(_S3_DELETES) for action in asked)


def _mfa(scenario: Scenario, age: timedelta) -> dict[str, tuple[str, str]]:
    if scenario is Scenario.NO_KEY:
        return {}
    if scenario is Scenario.WITHOUT_MFA:
        return {MFA_PRESENT: ("boolean", "false")}
    return {MFA_PRESENT: ("boolean", "true"), MFA_AGE: ("numeric", str(int(age.total_seconds())))}


def _named(name: str) -> str:
    return next(key for key in (MFA_PRESENT, MFA_AGE) if key.lower() == name)
