"""Who the operator is: the key, the IAM user it belongs to, and the user's MFA device.

1. Choose the one source of keys (`runner.aws.profiles`); what can never carry MFA context is refused here, unasked.
2. Get the key itself: it stands in a file or in the environment, or the profile's command prints it.
3. Ask AWS whose key it is (``sts:GetCallerIdentity``, which no policy can forbid), and refuse all but IAM users.
4. Find the device: ``--mfa-serial``, then the profile's ``mfa_serial``, then ``iam:ListMFADevices``, where a person
   chooses among several.

A key that comes with a session token is a ready-made session: nothing is left to give a code to, so it ends after 3.
Whether it carries MFA is not known until the live proof. No code is asked for before all four are done.
"""

from __future__ import annotations

from collections.abc import Mapping

from runner.aws.asked import GET_CALLER_IDENTITY, Asked
from runner.aws.clients import Connect, client, use_profile
from runner.aws.config_files import read_files
from runner.aws.explanations import explain
from runner.aws.failures import AWS_FAILURES, translate
from runner.aws.key_process import key_from_process
from runner.aws.profiles import Choice, KeyCommand, choose
from runner.errors import AwsAnswer, AwsCallFailed, CredentialsRefused
from runner.guard.device import NAME_IT, Chooser, check_serial, choose_device
from runner.guard.identity import REMEDY, can_carry_mfa
from runner.model.session import Caller, Credentials, Identity, LongTermIdentity, ReadySession

_ATTEMPTS = 3
_DEVICES = "iam:ListMFADevices"


class ConfiguredOperator:
    """Find the operator's identity in the AWS configuration (port `Operator`).

    ``profile`` and ``serial`` are the options of the command line. The region is that of the STS endpoint. ``ask``
    lets a person choose among several devices, None when nobody is there.
    """

    def __init__(
        self,
        profile: str | None,
        environ: Mapping[str, str],
        serial: str | None,
        region: str,
        *,
        ask: Chooser | None = None,
        connect: Connect = client,
    ) -> None:
        self._profile = profile
        self._environ = environ
        self._serial = serial
        self._region = region
        self._ask = ask
        self._connect = connect

    def identity(self) -> Identity:
        """Return the one identity that is used.

        Every client made afterwards follows the endpoint, proxy and CA settings of the chosen profile.

        Raises:
            CredentialsRefused: when there is none, or one that cannot carry MFA; before any code is asked for.
        """
        # 1 and 2.
        key, choice = chosen_key(self._profile, self._environ)
        # 3.
        caller = self._caller(key, choice.origin)
        can_carry_mfa(caller)
        if key.token is not None:
            return self._ready(key, caller, choice.origin)
        # 4.
        serial = self._device(choice, key, caller)
        return LongTermIdentity(key, caller, choice.origin, serial, choice.mfa_process, choice.way)

    def _ready(self, key: Credentials, caller: Caller, origin: str) -> ReadySession:
        if self._serial is not None:
            raise CredentialsRefused(
                f"--mfa-serial names a device, but {key.access_key} is a session that exists already and takes no code",
                on=origin,
                hint=f"leave --mfa-serial out to use the session, or {REMEDY}",
            )
        return ReadySession(key, caller, origin, key.expires)

    def _caller(self, key: Credentials, origin: str) -> Caller:
        sts = self._connect("sts", self._region, key, attempts=_ATTEMPTS)
        try:
            answer = sts.get_caller_identity()
        except AWS_FAILURES as error:
            failed = translate(error, GET_CALLER_IDENTITY, origin)
            raise explain(failed.answer, Asked(user=origin, region=self._region, key=key.access_key)) from error
        match answer:
            case {"Account": str(account), "Arn": str(arn), "UserId": str(user_id)} if account and arn and user_id:
                return Caller(account, arn, user_id)
            case _:
                raise CredentialsRefused(
                    f"the answer to {GET_CALLER_IDENTITY} does not say who this is",
                    on=origin,
                    hint="check AWS_ENDPOINT_URL: something that is not AWS may have answered",
                )

    def _device(self, choice: Choice, key: Credentials, caller: Caller) -> str:
        if self._serial is not None:
            check_serial(self._serial, caller, "--mfa-serial")
            return self._serial
        if choice.serial:
            check_serial(choice.serial, caller, choice.serial_origin)
            return choice.serial
        serial = choose_device(self._registered(key, caller), caller, self._ask)
        check_serial(serial, caller, _DEVICES)
        return serial

    def _registered(self, key: Credentials, caller: Caller) -> tuple[str, ...]:
        iam = self._connect("iam", self._region, key, attempts=_ATTEMPTS)
        serials: list[str] = []
        marker: dict[str, str] = {}
        while True:
            try:
                page = iam.list_mfa_devices(**marker)
            except AWS_FAILURES as error:
                raise _unlisted(translate(error, _DEVICES, caller.arn), caller, self._region) from error
            serials.extend(str(device.get("SerialNumber", "")) for device in page.get("MFADevices", ()))
            if not page.get("IsTruncated"):
                return tuple(serials)
            if not page.get("Marker"):
                message = "the listing says that it goes on, but not where"
                cut = AwsCallFailed(AwsAnswer(_DEVICES, "<TruncatedListing>", message))
                raise _unlisted(cut, caller, self._region)
            marker = {"Marker": page["Marker"]}


def chosen_key(profile: str | None, environ: Mapping[str, str]) -> tuple[Credentials, Choice]:
    """Return the key of the one source that is chosen; every client made afterwards follows its settings.

    Raises:
        CredentialsRefused: when there is none, or one that cannot carry MFA context.
    """
    choice = choose(read_files(environ), environ, profile)
    use_profile(choice.profile)
    return _key(choice), choice


def _key(choice: Choice) -> Credentials:
    if isinstance(choice.source, KeyCommand):
        return key_from_process(choice.source.argv, choice.origin)
    return choice.source


def _unlisted(failed: AwsCallFailed, caller: Caller, region: str) -> CredentialsRefused:
    """Explain why the devices are not known; without MFA many users may not list their own."""
    if failed.answer.code.startswith("AccessDenied"):
        return CredentialsRefused(
            f"no MFA device is named, and {caller.arn} may not list its own ({_DEVICES})",
            on=caller.arn,
            hint=f"{NAME_IT}; or allow the user {_DEVICES} on itself",
            aws=failed.answer,
        )
    return explain(failed.answer, Asked(user=caller.arn, region=region))
