"""One source of keys wins and is named; what cannot carry MFA is refused by name, before AWS is asked."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runner.aws.config_files import read_files
from runner.aws.profiles import Choice, KeyCommand, choose
from runner.errors import CredentialsRefused
from runner.model.session import Credentials

ALICE = "[alice]\naws_access_key_id = AKIAALICE\naws_secret_access_key = s3cret\n"
SESSION = "[x]\naws_access_key_id = ASIAX\naws_secret_access_key = s3cret\naws_session_token = t0ken\n"
ROLE = "role_arn = arn:aws:iam::222222222222:role/Admin\n"
SERIAL = "arn:aws:iam::111111111111:mfa/alice"
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "env-secret"}

TEMPORARY = {"AWS_ACCESS_KEY_ID": "ASIAENV", "AWS_SECRET_ACCESS_KEY": "env-secret", "AWS_SESSION_TOKEN": "env-t0ken"}


def chosen(
    tmp_path: Path,
    *,
    profile: str | None = None,
    config: str = "",
    credentials: str = "",
    environment: dict[str, str] | None = None,
) -> Choice:
    """Choose from the written files and an environment."""
    (tmp_path / "config").write_text(config, encoding="utf-8")
    (tmp_path / "credentials").write_text(credentials, encoding="utf-8")
    environ = {**os.environ, **(environment or {})}
    return choose(read_files(environ), environ, profile)


def access_key(choice: Choice) -> str:
    """Return the id of the chosen key."""
    assert isinstance(choice.source, Credentials)
    return choice.source.access_key


EVERYTHING = f"{ALICE}[bob]\naws_access_key_id = AKIABOB\naws_secret_access_key = s\n" + ALICE.replace(
    "alice", "default"
).replace("AKIAALICE", "AKIADEFAULT")


@pytest.mark.parametrize(
    ("profile", "environment", "winner", "origin"),
    [
        ("alice", {"AWS_PROFILE": "bob", **ENVIRONMENT}, "AKIAALICE", "profile 'alice' in"),
        (None, {"AWS_PROFILE": "bob", **ENVIRONMENT}, "AKIABOB", "profile 'bob' in"),
        (None, {"AWS_PROFILE": "bob", "AWS_DEFAULT_PROFILE": "bob"}, "AKIABOB", "profile 'bob' in"),
        (None, {"AWS_DEFAULT_PROFILE": "bob"}, "AKIABOB", "profile 'bob' in"),
        (None, ENVIRONMENT, "AKIAENV", "AWS_ACCESS_KEY_ID in the environment"),
        (None, {}, "AKIADEFAULT", "profile 'default' in"),
        (None, {"AWS_PROFILE": "", "AWS_WEB_IDENTITY_TOKEN_FILE": "/t"}, "AKIADEFAULT", "profile 'default' in"),
    ],
    ids=["--profile", "AWS_PROFILE", "both alike", "AWS_DEFAULT_PROFILE", "environment keys", "default", "empty"],
)
def test_one_winner(tmp_path: Path, profile: str | None, environment: dict[str, str], winner: str, origin: str) -> None:
    """The order is --profile, AWS_PROFILE, environment keys, default; the origin says who won."""
    choice = chosen(tmp_path, profile=profile, credentials=EVERYTHING, environment=environment)

    assert access_key(choice) == winner
    assert choice.origin.startswith(origin)
    assert choice.way == ""


def test_keys_in_the_environment_that_lost_are_mentioned(tmp_path: Path) -> None:
    """AWS's own tools would have taken them, so it is said that they are not used."""
    choice = chosen(tmp_path, profile="alice", credentials=ALICE, environment=ENVIRONMENT)

    assert choice.origin.endswith("credentials (the keys in the environment are not used)")


def test_environment_keys_take_no_setting_from_a_profile(tmp_path: Path) -> None:
    """The default profile may be somebody else's; its device is not used for the environment's key."""
    choice = chosen(tmp_path, config=f"[default]\nmfa_serial = {SERIAL}\n", environment=ENVIRONMENT)

    assert (choice.profile, choice.serial, choice.mfa_process) == (None, "", ())


REFUSED: dict[str, tuple[str, str, dict[str, str], str]] = {
    "SSO session": ("[profile x]\nsso_session = corp\n", "", {}, "IAM Identity Center (sso_session)"),
    "SSO start URL": ("[profile x]\nsso_start_url = https://x\n", "", {}, "IAM Identity Center (sso_start_url)"),
    "SSO account": ("[profile x]\nsso_account_id = 1\n", ALICE, {}, "IAM Identity Center (sso_account_id)"),
    "web identity": (f"[profile x]\n{ROLE}web_identity_token_file = /t\n", "", {}, "web identity token"),
    "instance": (f"[profile x]\n{ROLE}credential_source = Ec2InstanceMetadata\n", "", {}, "Ec2InstanceMetadata"),
    "container": (f"[profile x]\n{ROLE}credential_source = EcsContainer\n", "", {}, "EcsContainer"),
    "environment": (f"[profile x]\n{ROLE}credential_source = Environment\n", "", {}, "Environment"),
    "aws login": ("[profile x]\nlogin_session = arn:aws:iam::1:user/x\n", "", {}, "`aws login`"),
    "a token left over": (
        "",
        f"{ALICE.replace('alice', 'x')}aws_session_token = t\n",
        {},
        "AKIAALICE is a long-term access key, and a session token of something else came with it",
    ),
    "a token in the config file": (
        "[profile x]\naws_session_token = t\n",
        SESSION.replace("aws_session_token = t0ken\n", ""),
        {},
        "the key of profile 'x' and its aws_session_token stand in two files",
    ),
    "a token in the credentials file": (
        SESSION.replace("[x]", "[profile x]").replace("aws_session_token = t0ken\n", ""),
        "[x]\naws_security_token = t\n",
        {},
        "the key of profile 'x' and its aws_security_token stand in two files",
    ),
    "two tokens": ("", f"{SESSION}aws_security_token = other\n", {}, "two different session tokens"),
    "a temporary key": (
        "",
        SESSION.replace("aws_session_token = t0ken\n", ""),
        {},
        "ASIAX is a temporary access key, and its session token is missing",
    ),
    "half a key": ("", "[x]\naws_access_key_id = AKIAX\n", {}, "secret access key is missing"),
    "other half": ("", "[x]\naws_secret_access_key = s\n", {}, "access key id is missing"),
    "halves in two files": (
        "[profile x]\naws_secret_access_key = s\n",
        "[x]\naws_access_key_id = AKIAX\n",
        {},
        "secret access key is missing",
    ),
    "no keys": ("[profile x]\nregion = eu-west-1\n", "", {}, "has no credentials"),
    "role without source": (f"[profile x]\n{ROLE}", "", {}, "no source_profile"),
    "missing source": (f"[profile x]\n{ROLE}source_profile = alcie\n", ALICE, {}, "no AWS profile 'alcie'"),
    "circle": (
        f"[profile x]\n{ROLE}source_profile = y\n[profile y]\n{ROLE}source_profile = x\n",
        "",
        {},
        "in a circle: x → y → x",
    ),
    "circle of one": (f"[profile x]\n{ROLE}source_profile = x\n", "", {}, "in a circle: x → x"),
    "circle behind": (
        "".join(f"[profile {name}]\n{ROLE}source_profile = {source}\n" for name, source in ("xy", "yz", "zy")),
        "",
        {},
        "in a circle: x → y → z → y",
    ),
    "source is SSO": (
        f"[profile x]\n{ROLE}source_profile = y\n[profile y]\nsso_session = corp\n",
        "",
        {},
        "profile 'y' takes its credentials from IAM Identity Center",
    ),
    "open quote in credential_process": (
        "[profile x]\ncredential_process = op 'x\n",
        "",
        {},
        "credential_process cannot be split",
    ),
    "open quote in mfa_process": ("[profile x]\nmfa_process = op 'x\n", ALICE.replace("alice", "x"), {}, "mfa_process"),
}


@pytest.mark.parametrize(("config", "credentials", "environment", "what"), REFUSED.values(), ids=REFUSED)
def test_a_profile_that_cannot_carry_mfa_is_refused_by_name(
    tmp_path: Path, config: str, credentials: str, environment: dict[str, str], what: str
) -> None:
    """Each source is named, with what to do instead."""
    with pytest.raises(CredentialsRefused) as caught:
        chosen(tmp_path, profile="x", config=config, credentials=credentials, environment=environment)

    assert what in caught.value.what
    assert caught.value.on
    assert caught.value.hint


@pytest.mark.parametrize(
    ("environment", "what"),
    [
        ({**ENVIRONMENT, "AWS_SESSION_TOKEN": "t"}, "AKIAENV is a long-term access key, and a session token"),
        ({**ENVIRONMENT, "AWS_SECURITY_TOKEN": "t"}, "AKIAENV is a long-term access key, and a session token"),
        ({**TEMPORARY, "AWS_SESSION_TOKEN": ""}, "ASIAENV is a temporary access key"),
        ({**TEMPORARY, "AWS_SECURITY_TOKEN": "other"}, "two different session tokens"),
        ({**TEMPORARY, "AWS_CREDENTIAL_EXPIRATION": "later"}, "AWS_CREDENTIAL_EXPIRATION is not a time"),
        ({"AWS_ACCESS_KEY_ID": "AKIAENV"}, "secret access key is missing"),
        ({"AWS_SECRET_ACCESS_KEY": "s"}, "access key id is missing"),
        ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/t"}, "web identity token"),
        ({"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/c"}, "role of a container"),
        ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://c"}, "role of a container"),
        ({"AWS_PROFILE": "a", "AWS_DEFAULT_PROFILE": "b"}, "AWS_PROFILE says 'a' and AWS_DEFAULT_PROFILE says 'b'"),
        ({"AWS_PROFILE": "gone"}, "there is no AWS profile 'gone' (AWS_PROFILE)"),
        ({}, "there are no AWS credentials"),
    ],
)
def test_an_environment_that_cannot_carry_mfa_is_refused_by_name(
    tmp_path: Path, environment: dict[str, str], what: str
) -> None:
    """Nothing is searched for behind the winner: no metadata service, no container, no other profile."""
    with pytest.raises(CredentialsRefused) as caught:
        chosen(tmp_path, environment=environment)

    assert what in caught.value.what
    assert caught.value.on
    assert caught.value.hint


def test_a_role_profile_is_put_through_the_right_chain(tmp_path: Path) -> None:
    """Keys and device are taken; what the AWS CLI would have done is said."""
    choice = chosen(
        tmp_path,
        profile="prod",
        config=f"[profile prod]\n{ROLE}source_profile = alice\nmfa_serial = {SERIAL}\n",
        credentials=ALICE,
    )

    assert access_key(choice) == "AKIAALICE"
    assert (choice.profile, choice.serial, choice.serial_origin) == ("prod", SERIAL, "mfa_serial of profile 'prod'")
    assert choice.way == (
        "with profile 'prod' the AWS CLI gives the MFA code to sts:AssumeRole for "
        "arn:aws:iam::222222222222:role/Admin; such a session carries no MFA context, so runner gives the code to "
        "sts:GetSessionToken first"
    )


def test_a_role_profile_without_a_device_says_what_the_cli_would_do(tmp_path: Path) -> None:
    """Without mfa_serial the AWS CLI assumes the role with the long-term key."""
    choice = chosen(
        tmp_path,
        profile="prod",
        config=f"[profile prod]\n{ROLE}source_profile = alice\n[profile alice]\nmfa_serial = {SERIAL}\n",
        credentials=ALICE,
    )

    assert "assumes arn:aws:iam::222222222222:role/Admin with the long-term key" in choice.way
    assert (choice.serial, choice.serial_origin) == (SERIAL, "mfa_serial of profile 'alice'")


def test_a_chain_of_roles_ends_at_the_keys(tmp_path: Path) -> None:
    """Two roles on the way: the user's key is what counts, the first device named is used."""
    choice = chosen(
        tmp_path,
        profile="prod",
        config=f"[profile prod]\n{ROLE}source_profile = hub\n[profile hub]\n{ROLE}source_profile = alice\n"
        f"mfa_serial = {SERIAL}\nmfa_process = from hub\n"
        "[profile alice]\nmfa_serial = other\nmfa_process = from alice\n",
        credentials=ALICE,
    )

    assert access_key(choice) == "AKIAALICE"
    assert (choice.serial, choice.mfa_process) == (SERIAL, ("from", "hub"))
    assert "MFA code to sts:AssumeRole" in choice.way


def test_a_source_profile_with_keys_ends_the_chain_although_it_has_a_role(tmp_path: Path) -> None:
    """As in botocore, a source profile's own keys go before its role."""
    choice = chosen(
        tmp_path,
        profile="prod",
        config=f"[profile prod]\n{ROLE}source_profile = alice\n[profile alice]\n{ROLE}source_profile = nobody\n",
        credentials=ALICE,
    )

    assert access_key(choice) == "AKIAALICE"


def test_a_profile_may_be_its_own_source(tmp_path: Path) -> None:
    """Keys and role in one profile that names itself, as botocore allows."""
    choice = chosen(
        tmp_path, profile="alice", config=f"[profile alice]\n{ROLE}source_profile = alice\n", credentials=ALICE
    )

    assert access_key(choice) == "AKIAALICE"
    assert choice.way


@pytest.mark.parametrize(
    ("config", "credentials", "origin"),
    [
        ("[profile alice]\ncredential_process = p\n", ALICE, "profile 'alice' in"),
        (
            "[profile alice]\ncredential_process = p\naws_access_key_id = AKIA\naws_secret_access_key = s\n",
            "",
            "credential_process of profile 'alice'",
        ),
        ("[profile alice]\naws_access_key_id = AKIA\naws_secret_access_key = s\n", "", "profile 'alice' in"),
        ("[profile alice]\nlogin_session = x\n", ALICE, "profile 'alice' in"),
    ],
    ids=["credentials file over process", "process over config file", "config file", "credentials file over login"],
)
def test_within_a_profile_the_order_is_botocores(tmp_path: Path, config: str, credentials: str, origin: str) -> None:
    """Credentials file, then credential_process, then config file."""
    choice = chosen(tmp_path, profile="alice", config=config, credentials=credentials)

    assert choice.origin.startswith(origin)


def test_a_process_is_split_without_a_shell(tmp_path: Path) -> None:
    """Quotes group words; nothing is expanded."""
    choice = chosen(
        tmp_path,
        profile="op",
        config="[profile op]\ncredential_process = op 'read key' $HOME; rm -rf x\nmfa_process = ykman \"My YubiKey\"\n",
    )

    assert choice.source == KeyCommand(("op", "read key", "$HOME;", "rm", "-rf", "x"))
    assert choice.mfa_process == ("ykman", "My YubiKey")


@pytest.mark.parametrize(
    ("config", "credentials", "environment"),
    [
        ("", SESSION, {}),
        (SESSION.replace("[x]", "[profile x]"), "", {}),
        ("", SESSION.replace("session_token", "security_token"), {}),
        ("", f"{SESSION}aws_security_token = t0ken\n", {}),
    ],
    ids=["credentials file", "config file", "old name", "both names alike"],
)
def test_a_profile_may_hold_a_session(
    tmp_path: Path, config: str, credentials: str, environment: dict[str, str]
) -> None:
    """What `aws configure mfa-login` and others write is a session that was made already."""
    choice = chosen(tmp_path, profile="x", config=config, credentials=credentials, environment=environment)

    assert isinstance(choice.source, Credentials)
    assert choice.source.token is not None
    assert (choice.source.access_key, choice.source.token.reveal(), choice.source.expires) == ("ASIAX", "t0ken", None)
    assert choice.origin.startswith("profile 'x' in ")
    assert "t0ken" not in repr(choice)


@pytest.mark.parametrize(
    ("more", "expires"),
    [({}, None), ({"AWS_CREDENTIAL_EXPIRATION": "2026-12-01T08:00:00+00:00"}, datetime(2026, 12, 1, 8, tzinfo=UTC))],
    ids=["no end", "an end"],
)
def test_the_environment_may_hold_a_session(tmp_path: Path, more: dict[str, str], expires: datetime | None) -> None:
    """Token and end are taken with the key, as `aws configure export-credentials` exports them."""
    choice = chosen(tmp_path, environment={**TEMPORARY, **more})

    assert isinstance(choice.source, Credentials)
    assert choice.source.token is not None
    assert (choice.source.token.reveal(), choice.source.expires) == ("env-t0ken", expires)
    assert choice.origin == "AWS_ACCESS_KEY_ID in the environment"


def test_an_end_says_nothing_about_a_long_term_key(tmp_path: Path) -> None:
    """A time that is left over in the environment does not end a key that has no end."""
    choice = chosen(tmp_path, environment={**ENVIRONMENT, "AWS_CREDENTIAL_EXPIRATION": "2020-01-01T00:00:00Z"})

    assert isinstance(choice.source, Credentials)
    assert choice.source.expires is None


def test_a_role_profile_on_a_session_takes_the_session(tmp_path: Path) -> None:
    """The recipe of source_profile on a profile with a session: only the last hop is ours."""
    config = f"[profile prod]\n{ROLE}source_profile = x\n"

    choice = chosen(tmp_path, profile="prod", config=config, credentials=SESSION)

    assert access_key(choice) == "ASIAX"


def test_an_external_id_of_a_profile_is_not_taken(tmp_path: Path) -> None:
    """It belongs to the role, and the reviewed playbook says it; that it is not sent is said."""
    config = f"[profile prod]\n{ROLE}source_profile = alice\nexternal_id = acme\n"

    choice = chosen(tmp_path, profile="prod", config=config, credentials=ALICE)

    assert choice.way.endswith("external_id is not sent, only the playbook's own (assume.external_id)")


def test_a_choice_shows_no_secret(tmp_path: Path) -> None:
    """The secret key is in no repr."""
    assert "s3cret" not in repr(chosen(tmp_path, profile="alice", credentials=ALICE))
