"""Which region the operator's configuration names. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from runner.aws.config_files import AwsFiles

STS_REGION = "us-east-1"
"""Where STS is asked when nothing names a region, as AWS's own tools do."""


def configured_region(files: AwsFiles, environ: Mapping[str, str], profile: str | None) -> str:
    """Return the region of the environment, else that of the profile; empty when neither names one.

    Source: AWS SDKs and Tools Reference, "AWS Region".
    """
    for variable in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        if environ.get(variable):
            return environ[variable]
    found = files.profiles.get(profile or "default")
    return "" if found is None else found.get("region")
