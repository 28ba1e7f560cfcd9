"""What STS and IAM refuse before policies, in AWS's words."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from runner.sandbox.mfa import INVALID_CODE, UNABLE

CHAINED = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
DETECTED = "1 validation error detected: "


def _assume(aws: Any, keys: Any, **more: Any) -> Any:
    return aws.refusal("sts", keys, "assume_role", **{"RoleArn": aws.teardown, "RoleSessionName": "tester", **more})


def test_used_code_is_refused(aws: Any) -> None:
    """A second GetSessionToken with the same code gets the text of a wrong one."""
    code = {"SerialNumber": aws.device, "TokenCode": aws.sandbox.code()}
    aws.client("sts", aws.keys("alice")).get_session_token(**code)

    refusal = aws.refusal("sts", aws.keys("alice"), "get_session_token", **code)

    assert (refusal.code, refusal.message, refusal.status) == ("AccessDenied", INVALID_CODE, 403)


def test_old_code_is_refused(aws: Any) -> None:
    """Two minutes later a code is too old."""
    code = {"SerialNumber": aws.device, "TokenCode": aws.sandbox.code()}
    aws.sandbox.advance(120)

    refusal = aws.refusal("sts", aws.keys("alice"), "get_session_token", **code)

    assert (refusal.code, refusal.message) == ("AccessDenied", INVALID_CODE)


@pytest.mark.parametrize(
    "serial", ["arn:aws:iam::111111111111:mfa/bob", "arn:aws:iam::111111111111:user/alice", "GAHT12345678"]
)
def test_wrong_serial_has_its_own_text(aws: Any, serial: str) -> None:
    """A serial that is not this user's device blames the serial, with AWS's two blanks."""
    code = {"SerialNumber": serial, "TokenCode": aws.sandbox.code()}

    refusal = aws.refusal("sts", aws.keys("alice"), "get_session_token", **code)

    assert (refusal.code, refusal.message, refusal.status) == ("AccessDenied", UNABLE, 403)


def test_another_users_device_is_refused(aws: Any) -> None:
    """An administrator cannot use alice's device."""
    code = {"SerialNumber": aws.device, "TokenCode": aws.sandbox.code()}

    refusal = aws.refusal("sts", aws.keys("admin-auth"), "get_session_token", **code)

    assert refusal.message == UNABLE


def test_deactivated_device_is_refused(aws: Any) -> None:
    """A device that the administrator took away no longer works."""
    code = {"SerialNumber": aws.device, "TokenCode": aws.sandbox.code()}
    administrator = aws.client("iam", aws.keys("admin-auth"))
    administrator.deactivate_mfa_device(UserName="alice", SerialNumber=aws.device)

    refusal = aws.refusal("sts", aws.keys("alice"), "get_session_token", **code)

    assert refusal.message == UNABLE


def test_device_made_by_others_has_no_codes_here(aws: Any) -> None:
    """A device that was created through the API has a seed nobody can use, so every code is refused."""
    administrator = aws.client("iam", aws.keys("admin-auth"))
    made = administrator.create_virtual_mfa_device(VirtualMFADeviceName="extra")["VirtualMFADevice"]["SerialNumber"]
    administrator.enable_mfa_device(
        UserName="alice", SerialNumber=made, AuthenticationCode1="123456", AuthenticationCode2="654321"
    )

    refusal = aws.refusal("sts", aws.keys("alice"), "get_session_token", SerialNumber=made, TokenCode="123456")

    assert refusal.message == UNABLE


@pytest.mark.parametrize("given", [{"SerialNumber": "arn:aws:iam::111111111111:mfa/alice"}, {"TokenCode": "123456"}])
def test_serial_and_code_go_together(aws: Any, given: dict[str, str]) -> None:
    """One without the other is refused, and never taken for a session without MFA."""
    refusal = aws.refusal("sts", aws.keys("alice"), "get_session_token", **given)

    assert refusal.message.endswith("must provide both MFA serial number and one time pass code.")


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (
            "1234567",
            "Member must have length less than or equal to 6",
        ),
        (
            "12345a",
            "Member must satisfy regular expression pattern: [\\d]*",
        ),
    ],
)
def test_code_must_be_six_digits(aws: Any, code: str, text: str) -> None:
    """What is not six digits is a ValidationError and costs no try."""
    refusal = aws.refusal("sts", aws.keys("alice"), "get_session_token", SerialNumber=aws.device, TokenCode=code)

    assert (refusal.code, refusal.status) == ("ValidationError", 400)
    assert refusal.message == f"{DETECTED}Value '{code}' at 'tokenCode' failed to satisfy constraint: {text}"


def test_several_mistakes_are_named_together(aws: Any) -> None:
    """AWS counts the validation errors."""
    refusal = _assume(aws, aws.keys("alice"), RoleSessionName="no blanks", DurationSeconds=10)

    assert refusal.message.startswith("2 validation errors detected: Value 'no blanks' at 'roleSessionName'")
    assert refusal.message.endswith(
        "at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"
    )


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (
            {"RoleSessionName": "x"},
            "Value 'x' at 'roleSessionName' … Member must have length greater than or equal to 2",
        ),
        (
            {"RoleSessionName": "x" * 65},
            f"Value '{'x' * 65}' at 'roleSessionName' … Member must have length less than or equal to 64",
        ),
        (
            {"RoleSessionName": "zoé"},
            "Value 'zoé' at 'roleSessionName' … Member must satisfy regular expression pattern: [\\w+=,.@-]*",
        ),
        ({"RoleArn": "arn:x"}, "Value 'arn:x' at 'roleArn' … Member must have length greater than or equal to 20"),
        ({"DurationSeconds": "soon"}, "Value 'soon' at 'durationSeconds' … Member must be a whole number"),
        ({"RoleSessionName": ""}, "Value null at 'roleSessionName' … Member must not be null"),
    ],
)
def test_parameters_of_assume_role_are_checked(aws: Any, given: dict[str, str], text: str) -> None:
    """Names, ARNs and durations outside the API's constraints are ValidationErrors."""
    refusal = _assume(aws, aws.keys("alice"), **given)

    assert refusal.message == DETECTED + text.replace("…", "failed to satisfy constraint:")


def test_arn_that_is_no_role_is_refused(aws: Any) -> None:
    """An ARN of the right length that names no role goes no further than AWS's own check."""
    refusal = _assume(aws, aws.keys("admin-auth"), RoleArn="arn-without-colons-in-it")

    assert refusal.code == "ValidationError"


@pytest.mark.parametrize(
    ("operation", "seconds", "limit"),
    [
        ("get_session_token", 899, "greater than or equal to 900"),
        ("get_session_token", 129601, "less than or equal to 129600"),
        ("assume_role", 43201, "less than or equal to 43200"),
    ],
)
def test_durations_have_limits(aws: Any, operation: str, seconds: int, limit: str) -> None:
    """A duration outside the API's limits is a ValidationError."""
    role = {"RoleArn": aws.teardown, "RoleSessionName": "tester"} if operation == "assume_role" else {}

    refusal = aws.refusal("sts", aws.keys("alice"), operation, DurationSeconds=seconds, **role)

    assert (refusal.code, refusal.message.rsplit("value ", 1)[1]) == ("ValidationError", limit)


def test_role_maximum_is_enforced(aws: Any) -> None:
    """A long-term key cannot get more than the role allows, and gets that much."""
    too_much = _assume(aws, aws.keys("alice"), DurationSeconds=3601)

    assert (too_much.code, too_much.status) == ("ValidationError", 400)
    assert too_much.message == "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    assert _assume(aws, aws.keys("alice"), DurationSeconds=3600) is None


def test_longer_role_maximum_is_honoured_for_long_term_keys_only(aws: Any) -> None:
    """Four hours work with a long-term key and a role that allows them, and are chaining with a session."""
    administrator = aws.client("iam", aws.keys("admin-prod"))
    administrator.update_role(RoleName="Teardown", MaxSessionDuration=14400)

    refusal = _assume(aws, aws.user_session(), DurationSeconds=14400)

    assert _assume(aws, aws.keys("alice"), DurationSeconds=14400) is None
    assert (refusal.code, refusal.message, refusal.status) == ("ValidationError", CHAINED, 400)


def test_chained_session_may_last_an_hour(aws: Any) -> None:
    """One hour from a session is fine, one second more is not."""
    user = aws.user_session()

    assert _assume(aws, user, DurationSeconds=3600) is None
    assert _assume(aws, user, DurationSeconds=3601).message == CHAINED


def test_user_session_without_mfa_cannot_call_iam(aws: Any) -> None:
    """IAM answers as if the token were invalid, whatever policies say."""
    keys = aws.user_session(mfa=False)

    refusal = aws.refusal("iam", keys, "list_mfa_devices", UserName="alice")

    assert (refusal.code, refusal.status) == ("InvalidClientTokenId", 403)
    assert refusal.message == "The security token included in the request is invalid"


def test_user_session_with_mfa_can_call_iam(aws: Any) -> None:
    """With MFA the user's own policies decide again."""
    devices = aws.client("iam", aws.user_session()).list_mfa_devices()["MFADevices"]

    assert [device["SerialNumber"] for device in devices] == [aws.device]


@pytest.mark.parametrize("operation", ["get_session_token", "get_federation_token", "get_access_key_info"])
def test_user_session_cannot_make_other_sessions(aws: Any, operation: str) -> None:
    """Of STS, a user session may call AssumeRole and GetCallerIdentity only."""
    arguments = {
        "get_federation_token": {"Name": "bob"},
        "get_access_key_info": {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE"},
    }
    name = "".join(part.capitalize() for part in operation.split("_"))

    refusal = aws.refusal("sts", aws.user_session(), operation, **arguments.get(operation, {}))

    assert (refusal.code, refusal.status) == ("AccessDenied", 403)
    assert refusal.message == f"Cannot call {name} with session credentials"
    assert aws.client("sts", aws.user_session()).get_caller_identity()["Arn"].endswith(":user/alice")


def test_role_session_cannot_call_get_session_token(aws: Any) -> None:
    """A role session gets the same text, also with a serial and a code."""
    code = {"SerialNumber": aws.device, "TokenCode": aws.sandbox.code()}

    refusal = aws.refusal("sts", aws.chained(), "get_session_token", **code)

    assert refusal.message == "Cannot call GetSessionToken with session credentials"


def test_role_session_has_no_device(aws: Any) -> None:
    """AssumeRole with a code needs a user; a role session's code is refused."""
    code = {"SerialNumber": aws.device, "TokenCode": aws.sandbox.code()}

    assert _assume(aws, aws.chained(), **code).message == UNABLE


def test_wrong_secret_is_found_before_the_code_is_tried(aws: Any) -> None:
    """A request whose signature does not hold uses no code up."""
    code = aws.sandbox.code()
    forged = {**aws.keys("alice"), "aws_secret_access_key": "not-the-secret"}

    refusal = aws.refusal("sts", forged, "get_session_token", SerialNumber=aws.device, TokenCode=code)

    assert refusal.code == "SignatureDoesNotMatch"
    aws.client("sts", aws.keys("alice")).get_session_token(SerialNumber=aws.device, TokenCode=code)


@pytest.mark.parametrize("key", ["test", "222222222222", "AKIAIOSFODNN7EXAMPLE"])
def test_nobody_is_root_by_name(aws: Any, key: str) -> None:
    """Keys that ministack takes for the root user are unknown here."""
    keys = {"aws_access_key_id": key, "aws_secret_access_key": "test"}

    refusal = aws.refusal("sts", keys, "get_caller_identity")

    assert (refusal.code, refusal.status) == ("InvalidClientTokenId", 403)


def test_json_protocol_of_sts_is_closed(aws: Any) -> None:
    """Whoever speaks another protocol than the one that is checked gets nowhere."""
    keys = aws.keys("alice")
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "AWSSecurityTokenServiceV20110615.GetSessionToken",
    }
    signed = AWSRequest("POST", f"{aws.sandbox.endpoint}/", data=b"{}", headers=headers)
    credentials = Credentials(keys["aws_access_key_id"], keys["aws_secret_access_key"])
    SigV4Auth(credentials, "sts", "ap-northeast-1").add_auth(signed)
    connection = HTTPConnection("127.0.0.1", aws.sandbox.port)
    connection.request("POST", "/", b"{}", dict(signed.headers.items()))

    answer = connection.getresponse()

    assert (answer.status, b"query protocol" in answer.read()) == (400, True)
    connection.close()


@pytest.mark.parametrize(
    ("action", "given"),
    [
        ("sts:SetSourceIdentity", {"SourceIdentity": "alice"}),
        ("sts:TagSession", {"Tags": [{"Key": "Team", "Value": "orders"}]}),
    ],
    ids=["source identity", "tags"],
)
def test_what_assume_role_implies_needs_both_sides(aws: Any, action: str, given: dict[str, Any]) -> None:
    """A source identity and tags are refused unless the caller's and the trust policy both allow their action."""
    session = aws.user_session()
    trust = {"Effect": "Allow", "Principal": {"AWS": "111111111111"}, "Action": ["sts:AssumeRole"]}
    may = {"Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": aws.teardown}
    user, role = aws.client("iam", aws.keys("admin-auth")), aws.client("iam", aws.keys("admin-prod"))
    answers = []
    for caller_may, trusted in ((False, True), (True, False), (True, True)):
        both = [{**may, "Action": ["sts:AssumeRole", *([action] if caller_may else [])]}]
        policy = json.dumps({"Version": "2012-10-17", "Statement": both})
        user.put_user_policy(UserName="alice", PolicyName="operator", PolicyDocument=policy)
        both = [{**trust, "Action": ["sts:AssumeRole", *([action] if trusted else [])]}]
        policy = json.dumps({"Version": "2012-10-17", "Statement": both})
        role.update_assume_role_policy(RoleName="Teardown", PolicyDocument=policy)
        answers.append(_assume(aws, session, **given))

    assert [answer and f"perform: {action} on" in answer.message for answer in answers] == [True, True, None]
    assert _assume(aws, session) is None


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        (f'{{"Version": "2012-10-17", "Statement": [], "Id": "{"x" * 1997}"}}', "ValidationError"),
        ("{", "MalformedPolicyDocument"),
    ],
    ids=["2,049 characters", "no JSON"],
)
def test_session_policies_have_limits(aws: Any, policy: str, code: str) -> None:
    """A session policy has 2,048 characters at most, and is JSON."""
    assert (len(policy) > 2048) is (code == "ValidationError")
    assert _assume(aws, aws.keys("alice"), Policy=policy).code == code


def test_trust_policies_may_ask_for_an_external_id_and_a_name(aws: Any) -> None:
    """``sts:ExternalId`` and ``sts:RoleSessionName`` are those of the request; ``${aws:username}`` is the caller's."""
    wanted = {"StringEquals": {"sts:ExternalId": "orders-7", "sts:RoleSessionName": "${aws:username}"}}
    trust = {"Effect": "Allow", "Principal": {"AWS": "111111111111"}, "Action": "sts:AssumeRole", "Condition": wanted}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    aws.client("iam", aws.keys("admin-prod")).update_assume_role_policy(RoleName="Teardown", PolicyDocument=document)
    session = aws.user_session()
    id_only, name_only = {"ExternalId": "orders-7"}, {"RoleSessionName": "alice"}
    given: tuple[dict[str, str], ...] = ({**id_only, **name_only}, id_only, name_only)

    assert [_assume(aws, session, **parameters) is None for parameters in given] == [True, False, False]
