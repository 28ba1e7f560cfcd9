"""The sandbox's own endpoints: who may use them, and what a reset keeps and forgets."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import yaml

from runner.errors import UsageError
from runner.sandbox.world_file import default_text


def _ask(aws: Any, method: str, path: str, token: str, body: bytes = b"") -> tuple[int, Any]:
    connection = HTTPConnection("127.0.0.1", aws.sandbox.port)
    connection.request(method, path, body, {"Authorization": f"Bearer {token}"} if token else {})
    answer = connection.getresponse()
    status, text = answer.status, answer.read()
    connection.close()
    return status, json.loads(text)


def _token(aws: Any) -> str:
    return (Path(aws.sandbox.directory) / "token").read_text()


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "health"), ("POST", "reset"), ("GET", "code"), ("POST", "clock"), ("GET", "nothing")],
)
@pytest.mark.parametrize("token", ["", "wrong"])
def test_token_is_needed(aws: Any, method: str, path: str, token: str) -> None:
    """Whoever does not hold the token learns and changes nothing."""
    status, answer = _ask(aws, method, f"/_runner/{path}", token)

    assert (status, answer) == (403, {"error": "the token is missing or wrong"})


@pytest.mark.parametrize("path", ["/_ministack/reset", "/_ministack/config", "/_localstack/health"])
def test_ministacks_own_administration_is_closed(aws: Any, path: str) -> None:
    """Nobody can reset or reconfigure the sandbox past its token."""
    status, _ = _ask(aws, "POST", path, _token(aws), b"{}")

    assert status == 404
    assert aws.refusal("s3", aws.chained(), "head_bucket", Bucket=aws.bucket) is None


def test_unknown_endpoint_is_named(aws: Any) -> None:
    """A path that is no endpoint is an error."""
    assert _ask(aws, "GET", "/_runner/nothing", _token(aws)) == (404, {"error": "there is no such endpoint"})


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"advance": "soon"}', b'{"advance": null}'])
def test_clock_wants_seconds(aws: Any, body: bytes) -> None:
    """A body that names no seconds moves nothing."""
    assert _ask(aws, "POST", "/_runner/clock", _token(aws), body)[0] == 400


def test_reset_undoes_everything(aws: Any) -> None:
    """What was deleted is back, what was made is gone, the clock tells real time, and used codes work again."""
    administrator = aws.client("s3", aws.keys("admin-prod"))
    administrator.create_bucket(
        Bucket="made-by-a-test", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"}
    )
    administrator.delete_object(Bucket=aws.bucket, Key="exports/2025/part-000000")
    aws.client("iam", aws.keys("admin-prod")).delete_role_policy(RoleName="Teardown", PolicyName="teardown")
    keys, session = aws.keys("alice"), aws.chained()
    aws.sandbox.advance(7200)

    aws.sandbox.reset()

    assert aws.keys("alice") == keys
    assert [bucket["Name"] for bucket in administrator.list_buckets()["Buckets"]] == [aws.bucket]
    assert len(administrator.list_object_versions(Bucket=aws.bucket)["Versions"]) == 90
    assert aws.refusal("sts", session, "get_caller_identity").code == "InvalidClientTokenId"
    assert aws.refusal("s3", aws.chained(), "head_bucket", Bucket=aws.bucket) is None


def test_reset_to_another_world_keeps_the_keys_of_who_is_in_both(aws: Any, tmp_path: Path) -> None:
    """Alice keeps her key and her device, bob gets new ones, and the next plain reset brings the first world back."""
    world = yaml.safe_load(default_text())
    world["accounts"][0]["users"].append({"name": "bob", "mfa_devices": ["bob"]})
    path = tmp_path / "world.yaml"
    path.write_text(yaml.safe_dump(world))
    before = aws.keys("alice")

    aws.sandbox.reset(path)
    serial = "arn:aws:iam::111111111111:mfa/bob"
    both = aws.keys("alice") == before, "aws_access_key_id" in aws.keys("bob")
    aws.client("sts", aws.keys("bob")).get_session_token(SerialNumber=serial, TokenCode=aws.sandbox.code(serial))
    aws.sandbox.reset()

    assert both == (True, True)
    with pytest.raises(KeyError):
        aws.keys("bob")


def test_world_may_hold_managed_policies_paths_boundaries_and_tags(aws: Any, tmp_path: Path) -> None:
    """Everything a world file can say about users and roles is there afterwards."""
    world = yaml.safe_load(default_text())
    account = world["accounts"][1]
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:List*", "Resource": "*"}]}
    edge = "arn:aws:iam::222222222222:policy/edges/lists"
    account["policies"] = [{"name": "lists", "path": "/edges/", "document": allow}]
    account["users"].append({"name": "carol", "path": "/people/", "tags": {"Team": "orders"}, "boundary": edge})
    trust = account["roles"][0]["trust"]
    role = {"name": "Ops", "path": "/ops/", "trust": trust, "max_session": 7200, "attach": [edge], "boundary": edge}
    account["roles"].append(role)
    path = tmp_path / "world.yaml"
    path.write_text(yaml.safe_dump(world))
    aws.sandbox.reset(path)
    iam = aws.client("iam", aws.keys("admin-prod"))

    made, carol = iam.get_role(RoleName="Ops")["Role"], iam.get_user(UserName="carol")["User"]

    assert (made["Arn"], made["MaxSessionDuration"]) == ("arn:aws:iam::222222222222:role/ops/Ops", 7200)
    assert made["PermissionsBoundary"]["PermissionsBoundaryArn"] == edge
    assert iam.list_attached_role_policies(RoleName="Ops")["AttachedPolicies"][0]["PolicyArn"] == edge
    assert (carol["Arn"], carol["Tags"]) == (
        "arn:aws:iam::222222222222:user/people/carol",
        [{"Key": "Team", "Value": "orders"}],
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("regio: x", "the world file is not valid: regio: unknown key; did you mean 'region'?"),
        ("profile: nobody", "there is no profile called 'nobody'"),
    ],
)
def test_world_with_a_mistake_changes_nothing(aws: Any, tmp_path: Path, change: str, message: str) -> None:
    """A world that cannot be read leaves the old one standing."""
    path = tmp_path / "world.yaml"
    path.write_text(f"{default_text()}\n{change}\n")

    with pytest.raises(UsageError) as refused:
        aws.sandbox.reset(path)

    assert message in refused.value.hint
    assert aws.refusal("s3", aws.chained(), "head_bucket", Bucket=aws.bucket) is None


def test_world_that_aws_refuses_is_not_half_built(aws: Any, tmp_path: Path) -> None:
    """When something of a world cannot exist, its words are shown and the first world is built again."""
    path = tmp_path / "world.yaml"
    path.write_text('region: eu-west-1\naccounts: [{id: "333333333333", buckets: [{name: UPPER}]}]\n')

    with pytest.raises(UsageError) as refused:
        aws.sandbox.reset(path)

    assert "InvalidBucketName" in refused.value.hint
    assert aws.refusal("s3", aws.chained(), "head_bucket", Bucket=aws.bucket) is None


def test_code_of_an_unknown_device_is_refused(aws: Any, tmp_path: Path) -> None:
    """Nothing is made up for a device that is not in the world, nor for a world without any."""
    with pytest.raises(UsageError) as unknown:
        aws.sandbox.code("arn:aws:iam::111111111111:mfa/typo")
    path = tmp_path / "world.yaml"
    path.write_text('region: eu-west-1\naccounts: [{id: "333333333333"}]\n')
    aws.sandbox.reset(path)
    with pytest.raises(UsageError) as nobody:
        aws.sandbox.code()

    assert unknown.value.hint == "there is no MFA device arn:aws:iam::111111111111:mfa/typo"
    assert nobody.value.hint == "there is no MFA device in this world"


def test_websockets_are_closed(aws: Any) -> None:
    """The sandbox speaks plain HTTP only."""
    connection = HTTPConnection("127.0.0.1", aws.sandbox.port)
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    connection.request("GET", "/", headers=headers)

    assert connection.getresponse().status == 403
    connection.close()
