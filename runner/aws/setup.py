"""The operator's side as `runner doctor` looks at it: each part by itself, where `runner.aws.operator` takes them all.

- Files, keys and region are read as every other command reads them; nothing is sent.
- STS is knocked at with an *unsigned* request. AWS refuses it, and its refusal tells that STS is reachable and what
  time it is there, also to somebody whose keys or clock are wrong.
- Whose key it is, and which devices a user has, are AWS's own answers.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

from botocore.exceptions import ClientError
from botocore.utils import get_environ_proxies

from runner.aws.asked import GET_CALLER_IDENTITY, Asked
from runner.aws.clients import Connect, client, use_profile
from runner.aws.config_files import AwsFiles, read_files
from runner.aws.explanations import explain
from runner.aws.failures import AWS_FAILURES, translate
from runner.aws.key_process import key_from_process
from runner.aws.profiles import Choice, KeyCommand, choose
from runner.errors import AwsAnswer, AwsCallFailed
from runner.guard.diagnosis_network import Knock
from runner.guard.diagnosis_setup import FileSeen, FilesSeen, KeysSeen, NamedBy, Owner, RegionSeen
from runner.model.session import Caller, Credentials

DEFAULT_REGION = "us-east-1"
"""Where STS is asked when nothing names a region."""
_ATTEMPTS = 2
_DEVICES = "iam:ListMFADevices"


class AwsSetup:
    """Look at the operator's AWS set-up (port ``Setup`` of ``runner.workflow.doctoring``)."""

    def __init__(
        self, profile: str | None, environ: Mapping[str, str], now: Callable[[], datetime], connect: Connect = client
    ) -> None:
        self._profile = profile
        self._environ = environ
        self._now = now
        self._connect = connect

    def files(self) -> FilesSeen:
        """Read both AWS files.

        Raises:
            CredentialsRefused: when one is there and cannot be read or parsed.
        """
        found = read_files(self._environ)
        secret = any(profile.in_config("aws_secret_access_key") for profile in found.profiles.values())
        files = (_file(found.config_path, holds_secrets=secret), _file(found.credentials_path, holds_secrets=True))
        return FilesSeen(files, tuple(found.profiles))

    def region(self) -> RegionSeen:
        """Return the region whose endpoints are asked: the environment's, the profile's, or `DEFAULT_REGION`."""
        for variable in ("AWS_REGION", "AWS_DEFAULT_REGION"):
            if self._environ.get(variable):
                return RegionSeen(self._environ[variable], variable)
        selected = read_files(self._environ).profiles.get(self._named()[0] or "default")
        region = "" if selected is None else selected.get("region")
        if selected is not None and region:
            return RegionSeen(region, f"profile {selected.name!r}")
        return RegionSeen(DEFAULT_REGION, "nothing names a region")

    def keys(self) -> KeysSeen:
        """Return which keys win; later clients follow the endpoint, proxy and CA settings of the chosen profile.

        Raises:
            CredentialsRefused: when there are none, or of a kind that cannot carry MFA.
        """
        files, choice = self._choice()
        use_profile(choice.profile)
        selected = None if choice.profile is None else files.profiles[choice.profile]
        return KeysSeen(
            origin=choice.origin,
            named_by=self._named()[1] if choice.profile is not None else NamedBy.ENVIRONMENT,
            command=choice.source.argv if isinstance(choice.source, KeyCommand) else (),
            mfa_process=choice.mfa_process,
            role_arn="" if selected is None else selected.get("role_arn"),
            way=choice.way,
        )

    def owner(self, region: str) -> Owner:
        """Return whose key it is; a ``credential_process`` is run for it.

        Raises:
            CredentialsRefused: when AWS does not take the key, with what that means.
        """
        _, choice = self._choice()
        source = choice.source
        key = key_from_process(source.argv, choice.origin) if isinstance(source, KeyCommand) else source
        try:
            return Owner(key.access_key, self._caller(key, region), is_session=key.token is not None)
        except AwsCallFailed as error:
            raise explain(error.answer, Asked(user=choice.origin, region=region, key=key.access_key)) from error

    def knock(self, region: str) -> Knock:
        """Send STS an unsigned request and return what came back; a refusal is an answer.

        Raises:
            AwsCallFailed: when there was no answer.
        """
        sts = self._connect("sts", region, None, attempts=_ATTEMPTS)
        endpoint = str(sts.meta.endpoint_url)
        before = self._now()
        try:
            metadata = sts.get_caller_identity()["ResponseMetadata"]
        except ClientError as error:
            metadata = error.response.get("ResponseMetadata", {})
        except AWS_FAILURES as error:
            raise translate(error, GET_CALLER_IDENTITY, endpoint) from error
        date = _date(metadata.get("HTTPHeaders", {}).get("date", ""))
        return Knock(endpoint, _proxy(endpoint), str(metadata.get("RequestId", "")), before, self._now(), date)

    def devices(self, key: Credentials, region: str) -> tuple[str, ...]:
        """Return the serials of the MFA devices of the user whose key it is.

        Raises:
            AwsCallFailed: when AWS does not say; without MFA many users may not list their own.
        """
        iam = self._connect("iam", region, key, attempts=_ATTEMPTS)
        try:
            pages = iam.get_paginator("list_mfa_devices").paginate()
            return tuple(str(device.get("SerialNumber", "")) for page in pages for device in page["MFADevices"])
        except AWS_FAILURES as error:
            raise translate(error, _DEVICES, key.access_key) from error

    def _choice(self) -> tuple[AwsFiles, Choice]:
        files = read_files(self._environ)
        return files, choose(files, self._environ, self._profile)

    def _named(self) -> tuple[str, NamedBy]:
        """Return the name of the selected profile, empty when none is named, and what names it."""
        if self._profile is not None:
            return self._profile, NamedBy.OPTION
        for named_by in (NamedBy.AWS_PROFILE, NamedBy.AWS_DEFAULT_PROFILE):
            if self._environ.get(named_by.name):
                return self._environ[named_by.name], named_by
        return "", NamedBy.DEFAULT

    def _caller(self, key: Credentials, region: str) -> Caller:
        sts = self._connect("sts", region, key, attempts=_ATTEMPTS)
        try:
            answer = sts.get_caller_identity()
        except AWS_FAILURES as error:
            raise translate(error, GET_CALLER_IDENTITY, key.access_key) from error
        match answer:
            case {"Account": str(account), "Arn": str(arn), "UserId": str(user_id)}:
                return Caller(account, arn, user_id)
            case _:
                message = "the answer does not say who this is"
                raise AwsCallFailed(AwsAnswer(GET_CALLER_IDENTITY, "<AnswerUnreadable>", message), on=key.access_key)


def _file(path: str, *, holds_secrets: bool) -> FileSeen:
    found = Path(os.path.expandvars(path)).expanduser()
    if not found.exists():
        return FileSeen(path, exists=False)
    return FileSeen(path, exists=True, mode=stat.S_IMODE(found.stat().st_mode), holds_secrets=holds_secrets)


def _proxy(endpoint: str) -> str:
    """Return the proxy that requests to the endpoint go through, without user and password; empty for none."""
    proxies: Mapping[str, str] = get_environ_proxies(endpoint)
    parts = urlsplit(proxies.get(urlsplit(endpoint).scheme, ""))
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}" if parts.hostname else ""


def _date(header: str) -> datetime | None:
    """Return the time of a ``Date`` header (RFC 9110, section 5.6.7); None when it is not one."""
    try:
        found = parsedate_to_datetime(header)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
