"""What boto3 sees in a bucket is what the engine deletes, key by key and version by version."""

from __future__ import annotations

import os
from itertools import count
from unittest import mock

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.aws.s3_engine.engine import S3Engine
from runner.aws.s3_engine.keys import told
from runner.model.bound import BoundCall
from runner.model.bulk import Errand
from runner.model.session import Credentials, RoleSession, Secret
from tests.aws.s3_engine.bucket import NOW, Hours, Memory
from tests.aws.s3_engine.sweeps import KEY_TEXTS, versions_of
from tests.conftest import Lab

_number = count()
keys = st.text(KEY_TEXTS.replace(".", "") + "=:~#?*", min_size=1, max_size=6)


class Administrator:
    """Hand out the administrator's keys as a session (port `Sessions`)."""

    def __init__(self, lab: Lab) -> None:
        found = lab.keys("admin-prod")
        self._keys = Credentials(found["aws_access_key_id"], Secret(found["aws_secret_access_key"]))

    def session_for(self, call: BoundCall) -> RoleSession:
        """Return it."""
        del call
        return RoleSession(self._keys, "arn", "arn:aws:iam::222222222222:role/Teardown", NOW, NOW, "r-1")


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(keys, min_size=1, max_size=6), st.booleans())
def test_the_engine_deletes_what_boto3_lists(lab: Lab, texts: list[str], deleted_before: bool) -> None:
    """Whatever the keys are, the journal names what boto3 listed before, and boto3 lists nothing afterwards."""
    s3, bucket = lab.client("s3"), f"beside-{next(_number)}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for text in texts:
        s3.put_object(Bucket=bucket, Key=text, Body=b"x")
    if deleted_before:
        s3.delete_object(Bucket=bucket, Key=texts[0])
    seen = s3.list_object_versions(Bucket=bucket)
    listed = [(one["Key"], one["VersionId"]) for kind in ("Versions", "DeleteMarkers") for one in seen.get(kind, ())]

    memory = Memory()
    errand = Errand(Administrator(lab), memory, len(listed), lambda: False, lambda _: None)
    with mock.patch.dict(os.environ, {"AWS_ENDPOINT_URL": lab.sandbox.endpoint, "AWS_CONFIG_FILE": os.devnull}):
        swept = S3Engine(Hours(), listers=2, deleters=2).delete(versions_of(bucket, "ap-northeast-1"), errand)

    named = [(told(key), id_.decode()) for batch, _ in memory.intents for key, id_ in batch.children]
    assert (swept.error, swept.why, swept.found) == (None, "", len(listed))
    assert sorted(named) == sorted(listed)
    assert set(memory.outcomes.values()) == {"ok"}
    left = s3.list_object_versions(Bucket=bucket)
    assert (left.get("Versions", []), left.get("DeleteMarkers", [])) == ([], [])
