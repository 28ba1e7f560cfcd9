"""Which key the operator's configuration means: one winner, named, with no falling through.

1. ``--profile``; 2. ``AWS_PROFILE`` or ``AWS_DEFAULT_PROFILE``; 3. the keys in the environment; 4. ``[default]``.

A profile with ``role_arn`` is followed to the profile that has the keys (``source_profile``): the AWS CLI would assume
the role in a way that carries no MFA context, so only the keys and the device are taken from it, and what the CLI
would have done is said in words. Its ``external_id`` is not taken either: it belongs to the role, which the playbook
names, and the playbook has a place for it that reviewers see (``assume.external_id``).

Keys with a session token are taken as a session that was made elsewhere; whose it is, AWS says later. Sources that can
never carry MFA context are refused by name, without a request.

Pure: files and environment are handed in. Within a profile the order is botocore's: credentials file,
``login_session``, ``credential_process``, config file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from runner.aws.code_commands import code_command
from runner.aws.config_files import AwsFiles, Profile
from runner.aws.credential_loop import refuse_loop
from runner.aws.processes import split_command
from runner.aws.static_keys import (
    ACCESS,
    has_keys_in_environment,
    key_in_config_file,
    key_in_credentials_file,
    key_in_environment,
)
from runner.errors import CredentialsRefused
from runner.guard.identity import REMEDY
from runner.model.session import Credentials

_REFUSED_SETTINGS = (
    ("sso_session", "IAM Identity Center (sso_session): its role sessions never carry MFA context"),
    ("sso_start_url", "IAM Identity Center (sso_start_url): its role sessions never carry MFA context"),
    ("sso_account_id", "IAM Identity Center (sso_account_id): its role sessions never carry MFA context"),
    ("web_identity_token_file", "a web identity token: AWS cannot know whether its issuer asked for MFA"),
    ("credential_source", "the identity of a machine (credential_source = {}): it has no MFA device"),
)
_LOGIN = (
    "`aws login` (login_session): temporary credentials of a console session, which sts:GetSessionToken does not take; "
    "AWS does not say whether they carry MFA to a role"
)
_NO_EXTERNAL_ID = "the profile's external_id is not sent, only the playbook's own (assume.external_id)"
_REFUSED_ENVIRONMENT = (
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "a web identity token: AWS cannot know whether its issuer asked for MFA"),
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "the role of a container: it has no MFA device"),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "the role of a container: it has no MFA device"),
)


@dataclass(frozen=True)
class KeyCommand:
    """Name the ``credential_process`` that prints the key, split into arguments."""

    argv: tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """Hold the winner: the key or the command that prints it, and what the profile says about the MFA device.

    ``profile`` is the one that was selected, None when the environment's keys won. ``serial`` is empty when no profile
    names one; ``serial_origin`` says where it stands.
    """

    source: Credentials | KeyCommand
    origin: str
    profile: str | None
    serial: str = ""
    serial_origin: str = ""
    mfa_process: tuple[str, ...] = ()
    way: str = ""


def choose(files: AwsFiles, environ: Mapping[str, str], profile: str | None) -> Choice:
    """Return the one source of keys that is used.

    Raises:
        CredentialsRefused: when there is none, or one that cannot carry MFA context; when runner would ask itself.
    """
    choice = _winner(files, environ, profile)
    command = choice.source.argv if isinstance(choice.source, KeyCommand) else ()
    refuse_loop(command, choice.origin, environ)
    return choice


def _winner(files: AwsFiles, environ: Mapping[str, str], profile: str | None) -> Choice:
    """Return the winner; the numbers are those of the module's list."""
    # 1 and 2: somebody named a profile.
    named = _named(environ, profile)
    if named is not None:
        name, named_by = named
        return _from_profile(files, files.profile(name, named_by), _ignored_keys(environ))
    # 3: the environment has keys.
    if has_keys_in_environment(environ):
        origin = "AWS_ACCESS_KEY_ID in the environment"
        return Choice(key_in_environment(environ, origin), origin, profile=None)
    # 4: nobody chose.
    if "default" in files.profiles:
        return _from_profile(files, files.profiles["default"], "")
    for variable, why in _REFUSED_ENVIRONMENT:
        if environ.get(variable):
            raise CredentialsRefused(f"the credentials would come from {why}", on=variable, hint=REMEDY)
    raise CredentialsRefused(
        "there are no AWS credentials",
        on=f"{files.config_path}, {files.credentials_path}",
        hint=f"{REMEDY}, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    )


def _named(environ: Mapping[str, str], profile: str | None) -> tuple[str, str] | None:
    """Return the profile's name and who named it."""
    if profile is not None:
        return profile, "--profile"
    chosen, default = environ.get("AWS_PROFILE"), environ.get("AWS_DEFAULT_PROFILE")
    if chosen and default and chosen != default:
        # AWS's tools do not agree about which one wins.
        raise CredentialsRefused(
            f"AWS_PROFILE says {chosen!r} and AWS_DEFAULT_PROFILE says {default!r}",
            on="environment",
            hint="unset one of them, or say `--profile NAME`",
        )
    if chosen:
        return chosen, "AWS_PROFILE"
    return (default, "AWS_DEFAULT_PROFILE") if default else None


def _ignored_keys(environ: Mapping[str, str]) -> str:
    return " (the keys in the environment are not used)" if environ.get("AWS_ACCESS_KEY_ID") else ""


def _from_profile(files: AwsFiles, selected: Profile, remark: str) -> Choice:
    chain = _chain(files, selected)
    source, origin = _source(chain[-1])
    serial, serial_origin = _first(chain, "mfa_serial")
    command, command_origin = _first(chain, "mfa_process")
    return Choice(
        source=source,
        origin=origin + remark,
        profile=selected.name,
        serial=serial,
        serial_origin=serial_origin,
        mfa_process=code_command(command, "mfa_process", command_origin) if command else (),
        way=_way(chain),
    )


def _chain(files: AwsFiles, selected: Profile) -> tuple[Profile, ...]:
    """Follow ``source_profile`` to the profile with the keys, as botocore does.

    A source profile's own static keys go before its ``role_arn``; a profile may name itself when it has them.
    """
    chain: tuple[Profile, ...] = (selected,)
    current = selected
    while True:
        _refuse_by_name(current)
        if not current.get("role_arn") or (len(chain) > 1 and current.get(ACCESS)):
            return chain
        source = current.get("source_profile")
        if not source:
            raise CredentialsRefused(
                f"profile {current.name!r} has a role_arn, but no source_profile with the keys of a user",
                on=current.name,
                hint="set source_profile to the profile that has the user's access key",
            )
        following = files.profile(source, f"source_profile of {current.name!r}")
        if following in chain and not (following is current and current.get(ACCESS)):
            raise CredentialsRefused(
                "source_profile goes in a circle: " + " → ".join(profile.name for profile in (*chain, following)),
                on=current.name,
                hint="let the last one name a profile with keys",
            )
        chain = (*chain, following)
        current = following


def _refuse_by_name(profile: Profile) -> None:
    for setting, why in _REFUSED_SETTINGS:
        value = profile.get(setting)
        if value:
            raise _refused(profile, why.format(value))


def _source(profile: Profile) -> tuple[Credentials | KeyCommand, str]:
    found = key_in_credentials_file(profile)
    if found is not None:
        return found
    if profile.get("login_session"):
        raise _refused(profile, _LOGIN)
    command = profile.get("credential_process")
    if command:
        argv = split_command(command, "credential_process", profile.name)
        return KeyCommand(argv), f"credential_process of profile {profile.name!r}"
    found = key_in_config_file(profile)
    if found is not None:
        return found
    raise CredentialsRefused(f"profile {profile.name!r} has no credentials", on=profile.name, hint=REMEDY)


def _first(chain: tuple[Profile, ...], setting: str) -> tuple[str, str]:
    for profile in chain:
        value = profile.get(setting)
        if value:
            return value, f"{setting} of profile {profile.name!r}"
    return "", ""


def _way(chain: tuple[Profile, ...]) -> str:
    """Say what the AWS CLI would have done with a profile that assumes a role."""
    selected = chain[0]
    if len(chain) == 1:
        return ""
    role = selected.get("role_arn")
    if any(profile.get("mfa_serial") for profile in chain[:-1]):
        way = (
            f"with profile {selected.name!r} the AWS CLI gives the MFA code to sts:AssumeRole for {role}; such a "
            "session carries no MFA context, so runner gives the code to sts:GetSessionToken first"
        )
    else:
        way = (
            f"with profile {selected.name!r} the AWS CLI assumes {role} with the long-term key; such a session carries "
            "no MFA context, so runner calls sts:GetSessionToken with a code first"
        )
    return f"{way}; {_NO_EXTERNAL_ID}" if selected.get("external_id") else way


def _refused(profile: Profile, why: str) -> CredentialsRefused:
    return CredentialsRefused(
        f"profile {profile.name!r} takes its credentials from {why}", on=profile.name, hint=REMEDY
    )
