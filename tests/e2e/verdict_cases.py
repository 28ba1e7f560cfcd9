"""The cases of the verdict table: who looks at a bucket with which policy, and what the verdict has to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Statement: TypeAlias = dict[str, Any]

ACCOUNT = "222222222222"
READS = (
    "s3:GetBucketObjectLockConfiguration",
    "s3:GetBucketPolicy",
    "s3:GetBucketTagging",
    "s3:GetBucketVersioning",
    "s3:ListAllMyBuckets",
    "s3:ListBucket",
    "s3:ListBucketMultipartUploads",
    "s3:ListBucketVersions",
)
OWN_READS = (
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:ListRolePolicies",
)
DELETES = ("s3:AbortMultipartUpload", "s3:DeleteBucket", "s3:DeleteObject", "s3:DeleteObjectVersion")

MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
MFA_IF_EXISTS = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}
YOUNG = {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}
NO_MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
NO_MFA_BOOL = {"Bool": {"aws:MultiFactorAuthPresent": "false"}}
OLD_IF_EXISTS = {"NumericGreaterThanIfExists": {"aws:MultiFactorAuthAge": "3600"}}
NO_AGE = {"Null": {"aws:MultiFactorAuthAge": "true"}}
FROM_OFFICE = {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}


def allow(actions: Any, condition: Mapping[str, Any] | None = None, resource: Any = "*") -> Statement:
    """Return an Allow of an identity policy."""
    return {
        "Effect": "Allow",
        "Action": actions,
        "Resource": resource,
        **({"Condition": condition} if condition else {}),
    }


def deny(actions: Any, condition: Mapping[str, Any] | None = None, resource: Any = "*") -> Statement:
    """Return a Deny of an identity policy."""
    return {**allow(actions, condition, resource), "Effect": "Deny"}


@dataclass(frozen=True)
class Who:
    """Describe who looks: statements about deletions, and a role's boundary, path, tags and trust policy's condition.

    Those who differ in their statements only are one role, whose statements are each about the buckets of theirs;
    ``alone`` keeps one apart. ``scps`` are put on the account.
    """

    statements: tuple[Statement, ...] = ()
    boundary: tuple[Statement, ...] = ()
    path: str = "/"
    tags: Mapping[str, str] = field(default_factory=dict)
    trust: Mapping[str, Any] = field(default_factory=dict)
    simulates: bool = True
    reads_itself: bool = True
    scps: tuple[Statement, ...] = ()
    alone: bool = False


OPEN_READS = (allow([*READS, *OWN_READS, "iam:GetRole", "iam:SimulatePrincipalPolicy"]),)
ROLES: Mapping[str, Who] = {
    "Plain": Who((allow(DELETES),)),
    "None": Who(),
    "Mfa": Who((allow(DELETES, MFA),)),
    "IfExists": Who((allow(DELETES, MFA_IF_EXISTS),)),
    "Young": Who((allow(DELETES, YOUNG),)),
    "OwnDeny": Who((allow(DELETES), deny(DELETES, NO_MFA))),
    "OwnBoolDeny": Who((allow(DELETES), deny(DELETES, NO_MFA_BOOL))),
    "NeverDelete": Who((allow(DELETES), deny("s3:DeleteBucket"))),
    "Office": Who((allow(DELETES), deny(DELETES, FROM_OFFICE)), alone=True),
    "Silent": Who((allow(DELETES),), boundary=OPEN_READS),
    "MfaLimit": Who((allow(DELETES),), boundary=(*OPEN_READS, allow(DELETES, MFA))),
    "DenyLimit": Who((allow(DELETES),), boundary=(allow("*"), deny(DELETES, NO_MFA))),
    "OpenLimit": Who((allow(DELETES),), boundary=(allow("*"),)),
    "Gated": Who((allow(DELETES),), trust=MFA),
    "Pathy": Who((allow(DELETES),), path="/ops/"),
    "Scp": Who((allow(DELETES),), scps=(allow("*"), deny(DELETES, NO_MFA))),
    "ScpBool": Who((allow(DELETES),), scps=(allow("*"), deny(DELETES, NO_MFA_BOOL))),
    "ScpNever": Who((allow(DELETES),), scps=(allow("*"), deny("s3:DeleteBucket"))),
    "ScpSilent": Who((allow(DELETES),), scps=(allow(["s3:Get*", "s3:List*", "iam:*", "sts:*"]),)),
    "ScpSome": Who((allow(DELETES),), scps=(allow("*"), deny(DELETES, resource="arn:aws:s3:::case-scpsome-closed-*"))),
    "ScpBlind": Who((allow(DELETES),), scps=(allow("*"), deny(DELETES, NO_MFA)), simulates=False),
    "Tagged": Who((allow(DELETES),), tags={"Team": "orders"}),
    "Blind": Who((allow(DELETES),), simulates=False),
    "BlindMfa": Who((allow(DELETES, MFA),), simulates=False),
    "BlindSilent": Who((allow(DELETES),), boundary=OPEN_READS, simulates=False),
    "BlindSecret": Who((allow(DELETES),), simulates=False, reads_itself=False),
    "Secret": Who((allow(DELETES),), reads_itself=False),
    "SecretMfa": Who((allow(DELETES, MFA),), reads_itself=False),
    "SecretDeny": Who((allow(DELETES), deny(DELETES, NO_MFA)), reads_itself=False),
    "SecretSilent": Who((allow(DELETES),), boundary=OPEN_READS, reads_itself=False),
    "SomeFree": Who((allow(DELETES, MFA), allow(DELETES, resource="arn:aws:s3:::{mine}/public/*"))),
    "SecretSomeFree": Who(
        (allow(DELETES, MFA), allow(DELETES, resource="arn:aws:s3:::{mine}/public/*")), reads_itself=False
    ),
}
"""The roles of the cases."""


@dataclass(frozen=True)
class Case:
    """Describe a case: who looks at a bucket with which statements, and what the verdict is."""

    name: str
    who: str
    statements: tuple[Statement, ...]
    verdict: str
    level: str = "none"
    words: tuple[str, ...] = ()
    simulated: bool = True
    action: str = "s3.delete_bucket"

    @property
    def evidence(self) -> str:
        """How the verdict is known."""
        return "none" if self.verdict == "cannot tell" else "simulated" if self.simulated else "local"

    @property
    def step(self) -> str:
        """The id of the case's step."""
        return f"{self.who.lower()}-{self.name.replace(' ', '-')}"

    @property
    def bucket(self) -> str:
        """The case's bucket."""
        return f"case-{self.step}"


def says(effect: str, condition: Mapping[str, Any] | None = None, principal: Any = "*", **more: Any) -> Statement:
    """Return a statement of a bucket policy about deleting the bucket; names in braces are filled in later."""
    base = {"Effect": effect, "Principal": principal, "Action": "s3:DeleteBucket", "Resource": "{bucket}"}
    whole = {**base, **({"Condition": condition} if condition else {}), **more}
    return {name: value for name, value in whole.items() if value is not None}


PROTECTS = says("Deny", NO_MFA, Sid="DeleteOnlyWithMfa")
OBJECTS = says("Deny", NO_MFA, Action="s3:*Object*", Resource="{bucket}/*")
EMPTY = "s3.empty_bucket"
ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
BY_ITS_POLICY = "Denied without it: statement DeleteOnlyWithMfa of the bucket policy"

CASES = (
    # A Deny of the bucket policy: which condition protects.
    Case("bool if exists", "Plain", (PROTECTS,), "protected", "resource policy", (BY_ITS_POLICY,)),
    Case("bool", "Plain", (says("Deny", NO_MFA_BOOL),), "unprotected for long-term keys", words=("BoolIfExists",)),
    Case("no age", "Plain", (says("Deny", NO_AGE),), "protected", "resource policy"),
    Case("old if exists", "Plain", (says("Deny", OLD_IF_EXISTS),), "protected", "resource policy"),
    Case("old", "Plain", (says("Deny", {"NumericGreaterThan": {"aws:MultiFactorAuthAge": "3600"}}),), "unprotected"),
    Case("no key only", "Plain", (says("Deny", {"Null": {"aws:MultiFactorAuthPresent": "true"}}),), "unprotected"),
    Case(
        "no key and false",
        "Plain",
        (says("Deny", {"Null": {"aws:MultiFactorAuthPresent": "true"}}), says("Deny", NO_MFA_BOOL)),
        "protected",
        "resource policy",
    ),
    Case(
        "not equals",
        "Plain",
        (says("Deny", {"StringNotEquals": {"aws:MultiFactorAuthPresent": "true"}}),),
        "protected",
        "resource policy",
    ),
    Case("inverted", "Plain", (says("Deny", MFA),), "inverted", words=("condition is inverted",)),
    Case("inverted if exists", "Plain", (says("Deny", MFA_IF_EXISTS),), "inverted"),
    Case("always", "Plain", (says("Deny", Sid="Never"),), "will fail", words=("statement Never of the bucket policy",)),
    Case("always beside", "Plain", (PROTECTS, says("Deny", Sid="Never")), "will fail", words=("statement Never",)),
    Case(
        "too old", "Plain", (says("Deny", {"NumericGreaterThanEquals": {"aws:MultiFactorAuthAge": "0"}}),), "inverted"
    ),
    Case("nothing", "Plain", (), "unprotected", words=('"Sid":"DenyWithoutMfa"',)),
    # … which actions and resources.
    Case("other action", "Plain", (says("Deny", NO_MFA, Action="s3:DeleteBucketPolicy"),), "unprotected"),
    Case("wide action", "Plain", (says("Deny", NO_MFA, Action="s3:Delete*"),), "protected", "resource policy"),
    Case("other spelling", "Plain", (says("Deny", NO_MFA, Action="S3:deleteBUCKET"),), "protected", "resource policy"),
    Case(
        "not action",
        "Plain",
        (says("Deny", NO_MFA, Action=None, NotAction=[*READS, "s3:PutBucketPolicy"]),),
        "protected",
        "resource policy",
    ),
    Case(
        "not this action",
        "Plain",
        (says("Deny", NO_MFA, Action=None, NotAction=["s3:Get*", "s3:List*", "s3:DeleteBucket"]),),
        "unprotected",
    ),
    Case("objects only", "Plain", (OBJECTS,), "unprotected"),
    Case(
        "not resource",
        "Plain",
        (says("Deny", NO_MFA, Resource=None, NotResource="{bucket}/*"),),
        "protected",
        "resource policy",
    ),
    Case(
        "wide resource",
        "Plain",
        (says("Deny", NO_MFA, Resource="arn:aws:s3:::case-plain-wide-*"),),
        "protected",
        "resource policy",
    ),
    Case(
        "variable",
        "Plain",
        (says("Deny", NO_MFA, Resource="arn:aws:s3:::case-plain-${aws:PrincipalTag/Kind}"),),
        "unprotected",
    ),
    # … whom it is about.
    Case(
        "deny role",
        "Plain",
        (says("Deny", NO_MFA, {"AWS": "{role}"}),),
        "protected",
        "resource policy",
        ("about this role only",),
    ),
    Case(
        "deny session",
        "Plain",
        (says("Deny", NO_MFA, {"AWS": "{session}"}),),
        "protected",
        "resource policy",
        ("about this role only",),
    ),
    Case(
        "deny account",
        "Plain",
        (says("Deny", NO_MFA, ROOT),),
        "protected",
        "resource policy",
        ("about this account only",),
    ),
    Case("deny account id", "Plain", (says("Deny", NO_MFA, {"AWS": ACCOUNT}),), "protected", "resource policy"),
    Case("deny star in a list", "Plain", (says("Deny", NO_MFA, {"AWS": ["*"]}),), "protected", "resource policy"),
    Case(
        "deny other role", "Plain", (says("Deny", NO_MFA, {"AWS": f"arn:aws:iam::{ACCOUNT}:role/None"}),), "unprotected"
    ),
    Case("deny other account", "Plain", (says("Deny", NO_MFA, {"AWS": "111111111111"}),), "unprotected"),
    Case("deny a service", "Plain", (says("Deny", NO_MFA, {"Service": "config.amazonaws.com"}),), "unprotected"),
    Case(
        "deny other session",
        "Plain",
        (says("Deny", NO_MFA, {"AWS": "{session}-2"}),),
        "cannot tell",
        words=("another session of the same role",),
    ),
    Case(
        "not principal",
        "Plain",
        (says("Deny", NO_MFA, None, NotPrincipal={"AWS": "{role}"}),),
        "cannot tell",
        words=("NotPrincipal",),
    ),
    Case(
        "not principal abroad",
        "Plain",
        (says("Deny", NO_MFA, None, NotPrincipal={"AWS": "111111111111"}),),
        "protected",
        "resource policy",
    ),
    Case(
        "principal arn",
        "Plain",
        (says("Deny", {**NO_MFA, "ArnLike": {"aws:PrincipalArn": "{role}"}}),),
        "protected",
        "resource policy",
    ),
    Case(
        "not principal arn",
        "Plain",
        (says("Deny", {**NO_MFA, "ArnNotLike": {"aws:PrincipalArn": "{role}"}}),),
        "unprotected",
    ),
    Case(
        "session as principal arn",
        "Plain",
        (says("Deny", {**NO_MFA, "ArnLike": {"aws:PrincipalArn": "{session}"}}),),
        "unprotected",
    ),
    # … what else it looks at.
    Case(
        "in the region",
        "Plain",
        (says("Deny", {**NO_MFA, "StringEquals": {"aws:RequestedRegion": "ap-northeast-1"}}),),
        "protected",
        "resource policy",
    ),
    Case(
        "in another region",
        "Plain",
        (says("Deny", {**NO_MFA, "StringEquals": {"aws:RequestedRegion": "eu-west-1"}}),),
        "unprotected",
    ),
    Case(
        "from an address", "Plain", (says("Deny", {**NO_MFA, **FROM_OFFICE}),), "cannot tell", words=("aws:sourceip",)
    ),
    Case("address beside", "Plain", (PROTECTS, says("Deny", FROM_OFFICE)), "cannot tell", words=("aws:sourceip",)),
    Case(
        "plain http beside",
        "Plain",
        (PROTECTS, says("Deny", {"Bool": {"aws:SecureTransport": "false"}})),
        "protected",
        "resource policy",
    ),
    Case(
        "via a service",
        "Plain",
        (says("Deny", {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false", "aws:ViaAWSService": "false"}}),),
        "protected",
        "resource policy",
    ),
    Case(
        "tag",
        "Tagged",
        (says("Deny", {**NO_MFA, "StringEquals": {"aws:PrincipalTag/Team": "orders"}}),),
        "protected",
        "resource policy",
    ),
    Case(
        "other tag",
        "Tagged",
        (says("Deny", {**NO_MFA, "StringEquals": {"aws:PrincipalTag/Team": "billing"}}),),
        "unprotected",
    ),
    Case(
        "tag variable",
        "Tagged",
        (says("Deny", NO_MFA, Resource="arn:aws:s3:::*${aws:PrincipalTag/Team}*"),),
        "unprotected",
    ),
    # The role's own policies.
    Case("nothing", "Mfa", (), "protected", "role policies", ("Only the role's own policies ask for it",)),
    Case("both", "Mfa", (PROTECTS,), "protected", "resource policy"),
    Case("account allowed", "Mfa", (says("Allow", principal=ROOT),), "protected", "role policies"),
    Case("role allowed", "Mfa", (says("Allow", principal={"AWS": "{role}"}),), "unprotected"),
    Case("nothing", "IfExists", (), "unprotected for long-term keys"),
    Case("nothing", "Young", (), "protected", "role policies"),
    Case("nothing", "OwnDeny", (), "protected", "role policies"),
    Case("both", "OwnDeny", (PROTECTS,), "protected", "resource policy"),
    Case("nothing", "OwnBoolDeny", (), "unprotected for long-term keys"),
    Case("protects", "NeverDelete", (PROTECTS,), "will fail", words=("role_Plain_NeverDelete",)),
    Case("protects", "Office", (PROTECTS,), "cannot tell", words=("aws:sourceip",)),
    Case("protects", "Pathy", (PROTECTS,), "protected", "resource policy"),
    Case("deny role", "Pathy", (says("Deny", NO_MFA, {"AWS": "{role}"}),), "protected", "resource policy"),
    Case(
        "deny role without path",
        "Pathy",
        (says("Deny", NO_MFA, {"AWS": f"arn:aws:iam::{ACCOUNT}:role/Pathy"}),),
        "unprotected",
    ),
    Case("nothing", "Gated", (), "unprotected", "trust policy", ("Only the role's trust policy asks for MFA",)),
    Case("protects", "Gated", (PROTECTS,), "protected", "resource policy"),
    # Without the simulator, or without a look at the role's own policies.
    Case("protects", "Blind", (PROTECTS,), "protected", "resource policy", ("runner's own reading",), simulated=False),
    Case("bool", "Blind", (says("Deny", NO_MFA_BOOL),), "unprotected for long-term keys", simulated=False),
    Case("inverted", "Blind", (says("Deny", MFA),), "inverted", simulated=False),
    Case(
        "nothing", "Blind", (), "unprotected", words=("statement number 1 of the role's policy Blind",), simulated=False
    ),
    Case("from an address", "Blind", (says("Deny", {**NO_MFA, **FROM_OFFICE}),), "cannot tell", words=("SourceIp",)),
    Case(
        "not principal",
        "Blind",
        (says("Deny", NO_MFA, None, NotPrincipal={"AWS": "{role}"}),),
        "cannot tell",
        words=("NotPrincipal",),
    ),
    Case("nothing", "BlindMfa", (), "protected", "role policies", simulated=False),
    Case("objects", "BlindMfa", (), "protected", "role policies", simulated=False, action=EMPTY),
    Case("protects", "BlindSilent", (PROTECTS,), "will fail", words=("the permissions boundary",), simulated=False),
    Case(
        "protects",
        "BlindSecret",
        (PROTECTS,),
        "cannot tell",
        words=("iam:SimulatePrincipalPolicy", "iam:ListRolePolicies", "could not be read"),
    ),
    Case("nothing", "BlindSecret", (), "cannot tell", words=("iam:SimulatePrincipalPolicy", "iam:ListRolePolicies")),
    Case("protects", "Secret", (PROTECTS,), "protected", "resource policy"),
    Case("address beside", "Secret", (PROTECTS, says("Deny", FROM_OFFICE)), "cannot tell", words=("aws:sourceip",)),
    Case("both", "SecretDeny", (PROTECTS,), "protected", "resource policy"),
    Case("nothing", "SecretDeny", (), "protected", "role policies"),
    Case(
        "objects",
        "SecretMfa",
        (),
        "protected",
        "role policies",
        ("is assumed, because they could not be read",),
        action=EMPTY,
    ),
    Case("objects", "SomeFree", (), "cannot tell", words=("reaches a part of",), action=EMPTY),
    Case(
        "objects denied",
        "SomeFree",
        (says("Deny", NO_MFA, Action="s3:*", Resource="{bucket}/*"),),
        "protected",
        "resource policy",
        action=EMPTY,
    ),
    Case(
        "objects denied",
        "SecretSomeFree",
        (says("Deny", NO_MFA, Action="s3:*", Resource="{bucket}/*"),),
        "protected",
        "resource policy",
        action=EMPTY,
    ),
    Case(
        "session allowed",
        "SecretSilent",
        (says("Allow", principal={"AWS": "{session}"}, Sid="Open"),),
        "unprotected",
        words=("statement Open",),
    ),
    Case("session with mfa", "SecretSilent", (says("Allow", MFA, {"AWS": "{session}"}),), "protected", "role policies"),
    Case(
        "address elsewhere",
        "Plain",
        (PROTECTS, says("Deny", {**FROM_OFFICE, "StringEquals": {"aws:PrincipalAccount": "111111111111"}})),
        "protected",
        "resource policy",
    ),
    # An Allow of the bucket policy, to a role that may not delete by itself.
    Case("nothing", "None", (), "will fail", words=("no statement allows it", "grant the role")),
    Case("account allowed", "None", (says("Allow", principal=ROOT),), "will fail", words=("no statement allows it",)),
    Case("role allowed", "None", (says("Allow", principal={"AWS": "{role}"}),), "unprotected"),
    Case("role with mfa", "None", (says("Allow", MFA, {"AWS": "{role}"}),), "protected", "role policies"),
    Case(
        "role if exists", "None", (says("Allow", MFA_IF_EXISTS, {"AWS": "{role}"}),), "unprotected for long-term keys"
    ),
    Case("session with mfa", "None", (says("Allow", MFA, {"AWS": "{session}"}),), "protected", "role policies"),
    Case("everybody with mfa", "None", (says("Allow", MFA),), "protected", "role policies"),
    Case("everybody", "None", (says("Allow", Sid="Open"),), "unprotected", words=("statement Open",)),
    Case(
        "allow and deny", "None", (says("Allow", principal={"AWS": "{role}"}), PROTECTS), "protected", "resource policy"
    ),
    Case("allowed here", "None", (says("Allow", MFA, {"AWS": "{session}-2"}),), "cannot tell"),
    # A permissions boundary.
    Case("nothing", "OpenLimit", (), "unprotected"),
    Case("protects", "OpenLimit", (PROTECTS,), "protected", "resource policy"),
    Case("nothing", "MfaLimit", (), "protected", "role policies", ("the permissions boundary",)),
    Case("nothing", "DenyLimit", (), "protected", "role policies", ("the permissions boundary",)),
    Case("everybody", "DenyLimit", (says("Allow"),), "protected", "role policies", ("the permissions boundary",)),
    Case("protects", "Silent", (PROTECTS,), "will fail", words=("the permissions boundary",)),
    Case("role allowed", "Silent", (says("Allow", principal={"AWS": "{role}"}),), "will fail"),
    Case(
        "session allowed",
        "Silent",
        (says("Allow", principal={"AWS": "{session}"}, Sid="Open"),),
        "unprotected",
        words=("statement Open",),
    ),
    Case("session with mfa", "Silent", (says("Allow", MFA, {"AWS": "{session}"}),), "protected", "role policies"),
    Case(
        "everybody with mfa",
        "Silent",
        (says("Allow", MFA, Sid="Open"),),
        "cannot tell",
        words=("statement Open", "does not document"),
    ),
    Case(
        "everybody by arn",
        "Silent",
        (says("Allow", {**MFA, "ArnEquals": {"aws:PrincipalArn": "{role}"}}),),
        "protected",
        "role policies",
    ),
    Case(
        "session allowed",
        "MfaLimit",
        (says("Allow", principal={"AWS": "{session}"}, Sid="Open"),),
        "unprotected",
        words=("boundary does not limit",),
    ),
    Case("everybody", "MfaLimit", (says("Allow", Sid="Open"),), "unprotected", words=("boundary does not limit",)),
    Case("everybody with mfa", "MfaLimit", (says("Allow", MFA),), "protected", "role policies"),
    Case("session without mfa", "MfaLimit", (says("Allow", NO_MFA_BOOL, {"AWS": "{session}"}),), "unprotected"),
    Case(
        "session if exists",
        "MfaLimit",
        (says("Allow", MFA_IF_EXISTS, {"AWS": "{session}"}),),
        "unprotected for long-term keys",
    ),
    # A service control policy.
    Case("nothing", "Scp", (), "protected", "organization policy", ("an SCP",)),
    Case("both", "Scp", (PROTECTS,), "protected", "resource policy", ("and an SCP",)),
    Case(
        "session allowed", "Scp", (says("Allow", principal={"AWS": "{session}"}),), "protected", "organization policy"
    ),
    Case("nothing", "ScpBool", (), "unprotected for long-term keys"),
    Case("bool if exists", "ScpBool", (PROTECTS,), "protected", "resource policy"),
    Case("protects", "ScpNever", (PROTECTS,), "will fail", words=("an SCP", "ask who administers the organisation")),
    Case(
        "objects",
        "ScpNever",
        (OBJECTS, says("Deny", NO_MFA, Action="s3:Abort*", Resource="{bucket}/*")),
        "protected",
        "resource policy",
        action=EMPTY,
    ),
    Case("protects", "ScpSilent", (PROTECTS,), "will fail", words=("an SCP",)),
    Case("closed one", "ScpSome", (PROTECTS,), "will fail", words=("an SCP",)),
    Case("closed other", "ScpSome", (PROTECTS,), "will fail", words=("an SCP",)),
    Case("open", "ScpSome", (PROTECTS,), "protected", "resource policy"),
    Case("open and bare", "ScpSome", (), "unprotected"),
    Case("closed and bare", "ScpSome", (), "will fail", words=("an SCP",)),
    Case("nothing", "ScpBlind", (), "unprotected", words=("SCPs are not in it",), simulated=False),
    # What is in a bucket.
    Case("objects", "Mfa", (), "protected", "role policies", action=EMPTY),
    Case(
        "objects",
        "Plain",
        (OBJECTS, says("Deny", NO_MFA, Action="s3:Abort*", Resource="{bucket}/*")),
        "protected",
        "resource policy",
        action=EMPTY,
    ),
    Case("uploads forgotten", "Plain", (OBJECTS,), "unprotected", words=("s3:AbortMultipartUpload",), action=EMPTY),
    Case(
        "some objects",
        "Plain",
        (says("Deny", NO_MFA, Action="s3:*", Resource="{bucket}/a*"),),
        "unprotected",
        action=EMPTY,
    ),
    Case(
        "some objects allowed",
        "Mfa",
        (says("Allow", Action="s3:Delete*", Resource="{bucket}/b*"),),
        "cannot tell",
        words=("about some of",),
        action=EMPTY,
    ),
)
"""Every case; what an empty tuple of statements means is a bucket without policy."""
