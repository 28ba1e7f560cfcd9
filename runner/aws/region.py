"""Which region the operator's configuration names, and where STS is asked when it names none. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from runner.aws.config_files import AwsFiles

STS_REGION = "us-east-1"
"""Where STS is asked when nothing names a region, as AWS's own tools do."""
_IN_PARTITION = {"aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""The same in partitions that know no key of the others (botocore, ``partitions.json``)."""


def configured_region(files: AwsFiles, environ: Mapping[str, str], profile: str | None) -> str:
    """Return the region of the environment, else that of the profile; empty when neither names one.

    Source: AWS SDKs and Tools Reference, "AWS Region".
    """
    for variable in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        if environ.get(variable):
            return environ[variable]
    found = files.profiles.get(profile or "default")
    return "" if found is None else found.get("region")


def sts_region(region: str, role_arn: str = "") -> str:
    """Return the region whose STS is asked: ``region``, when it is not empty, else one of the role's partition."""
    partition = role_arn.split(":")[1] if role_arn.count(":") else ""
    return region or _IN_PARTITION.get(partition, STS_REGION)
