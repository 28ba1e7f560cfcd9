"""Whether a trust policy keeps out everybody who has no MFA."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runner.guard.trust import is_gated

ROOT = {"AWS": "arn:aws:iam::111111111111:root"}
BOOL = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
AGE = {"NumericLessThan": {"aws:MultiFactorAuthAge": "900"}}
IF_EXISTS = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}
WITHOUT_MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
ODD = {"BoolMaybe": {"aws:MultiFactorAuthPresent": "true"}}
EXTERNAL = {"StringEquals": {"sts:ExternalId": "x"}}


def _allow(condition: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    base = {"Effect": "Allow", "Principal": ROOT, "Action": "sts:AssumeRole"}
    return {**base, **({"Condition": condition} if condition else {}), **more}


def _deny(condition: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Condition": condition, **more}


def _spare_everybody() -> dict[str, Any]:
    whole = _deny(WITHOUT_MFA, NotPrincipal="*")
    return {name: value for name, value in whole.items() if name != "Principal"}


@pytest.mark.parametrize(
    ("statements", "gated"),
    [
        ([_allow()], False),
        ([_allow(BOOL)], True),
        ([_allow(AGE)], True),
        ([_allow({**BOOL, **EXTERNAL})], True),
        ([_allow(EXTERNAL)], False),
        ([_allow(IF_EXISTS)], False),
        ([_allow(ODD)], None),
        ([_allow(BOOL), _allow()], False),
        ([_allow(BOOL), _allow(Action="sts:AssumeRoleWithSAML")], False),
        ([_allow(BOOL), _allow(Action="sts:AssumeRoleWithWebIdentity")], False),
        ([_allow({"Bool": {"aws:MultiFactorAuthPresent": "false"}})], False),
        ([_allow(), _allow(WITHOUT_MFA, Principal="*")], False),
        ([_allow(), _spare_everybody()], False),
        ([_allow(BOOL), _deny({"Bool": {"aws:MultiFactorAuthPresent": "true"}})], True),
        ([_allow(BOOL), _allow(ODD)], None),
        ([_allow(ODD), _allow()], False),
        ([_allow(), _deny(WITHOUT_MFA)], True),
        ([_allow(), _deny({"Bool": {"aws:MultiFactorAuthPresent": "false"}})], False),
        ([_allow(), _deny(ODD)], None),
        ([_allow(), _deny({**WITHOUT_MFA, **EXTERNAL})], False),
        ([_allow(), _deny(WITHOUT_MFA, Principal=ROOT)], False),
        ([_allow(BOOL), _deny(WITHOUT_MFA, Principal=ROOT)], True),
        ([_allow(), {"Effect": "Deny", "Action": "sts:*", "Condition": WITHOUT_MFA}], False),
        ([_allow(), _deny(WITHOUT_MFA, Action="sts:TagSession")], False),
        ([_allow(), _deny(WITHOUT_MFA, Action="sts:AssumeRole")], True),
        ([_allow(Action="sts:*"), _deny(WITHOUT_MFA, Action="sts:AssumeRole")], False),
        (
            [_allow(BOOL), _allow(Action="sts:AssumeRoleWithSAML", Principal={"Federated": "arn:aws:iam::1:saml/x"})],
            False,
        ),
        ([_allow(Action="sts:TagSession")], False),
    ],
)
def test_who_comes_in_without_mfa(statements: list[dict[str, Any]], gated: bool | None) -> None:
    """The role is gated when every way in is closed to long-term keys and to sessions without MFA alike."""
    document = {"Version": "2012-10-17", "Statement": statements}

    assert is_gated(document) is gated
    assert is_gated(json.dumps(document)) is gated


@pytest.mark.parametrize("trust", [None, 7, "{", {"Version": "2012-10-17"}])
def test_a_trust_policy_that_is_not_understood_decides_nothing(trust: object) -> None:
    """What cannot be read is neither a gate nor none."""
    assert is_gated(trust) is None
