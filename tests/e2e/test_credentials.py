"""Credentials that cannot carry MFA, and codes that are not good: exit 4, AWS's words, what to do, nothing touched."""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Ended, Lab, role
from tests.e2e.driving import here
from tests.e2e.operators import exported
from tests.e2e.terminal import terminal
from tests.e2e.watching import assert_untouched
from tests.forking import RUNNER

SERIAL = "arn:aws:iam::111111111111:mfa/alice"
ROLE = "arn:aws:iam::222222222222:role/Teardown"


def assert_refused(lab: Lab, ended: Ended, *words: str) -> None:
    """Fail unless the command ended with exit code 4, the words, what was touched and what is next."""
    assert ended.code == 4, ended.err
    for word in (*words, "touched: nothing was touched", "next: ", "exit: 4 (credentials)"):
        assert word in ended.said
    assert "Traceback" not in ended.err
    assert ended.out == ""
    assert_untouched(lab)


def wrong(code: str) -> str:
    """Return another code."""
    return f"{(int(code) + 1) % 1_000_000:06}"


def files(lab: Lab, name: str, config: str = "", credentials: str = "") -> dict[str, str | None]:
    """Write AWS files and return the environment that leads to them, with a profile."""
    paths = lab.directory / "aws-config", lab.directory / "aws-credentials"
    for path, text in zip(paths, (config, credentials), strict=True):
        path.write_text(text, encoding="utf-8")
    return {"AWS_CONFIG_FILE": str(paths[0]), "AWS_SHARED_CREDENTIALS_FILE": str(paths[1]), "AWS_PROFILE": name}


def without_mfa_process(lab: Lab) -> dict[str, str | None]:
    """Return the environment with the sandbox's config file, less the commands that print codes."""
    parser = configparser.RawConfigParser()
    parser.read(lab.sandbox.environment["AWS_CONFIG_FILE"])
    for section in parser.sections():
        parser.remove_option(section, "mfa_process")
    path = lab.directory / "aws-config"
    with path.open("w", encoding="utf-8") as file:
        parser.write(file)
    return {"AWS_CONFIG_FILE": str(path)}


def test_a_wrong_code(lab: Lab) -> None:
    """AWS's own words and request id are shown, and what they mean."""
    ended = lab.run("apply", str(lab.playbook()), code=wrong(lab.sandbox.code()))

    assert_refused(lab, ended, "invalid MFA one time pass code", "(request ", "used before", SERIAL)


def test_a_used_code(lab: Lab) -> None:
    """A code works once; the second time it is not even sent, and the seconds until the next one are told."""
    playbook, code = lab.playbook(), lab.sandbox.code()
    first = here(lab, "plan", str(playbook), code=code)
    ended = here(lab, "plan", str(playbook), code=code)

    assert first.code == 0, first.err
    assert_refused(lab, ended, "was given before", "the next one comes in", "nothing was sent", SERIAL)
    assert "aws: " not in ended.err


def test_a_code_that_was_used_elsewhere(lab: Lab) -> None:
    """AWS says the same of a code that another machine used as of a wrong one; both causes are named."""
    playbook, code = lab.playbook(), lab.sandbox.code()
    lab.client("sts", "alice").get_session_token(SerialNumber=SERIAL, TokenCode=code)
    ended = here(lab, "plan", str(playbook), code=code)

    assert_refused(lab, ended, "invalid MFA one time pass code", "was used before")


def test_a_person_waits_for_the_next_code(lab: Lab) -> None:
    """At the terminal a code that was given before is not sent: a countdown runs, and the next one is asked for."""
    playbook, code = lab.playbook(), lab.sandbox.code()
    assert lab.run("plan", str(playbook), code=code).code == 0
    environment = lab.environment(**without_mfa_process(lab))
    with terminal((*RUNNER, "plan", str(playbook)), environment, lab.directory) as person:
        person.await_text("MFA code for")
        person.type(code)
        person.await_text("AWS takes a code once; nothing was sent")
        person.await_text("the next code comes in")
        person.press(b"\x03")
        ended = Ended(person.ended(), "", person.shown)

    assert ended.code == 130
    assert code not in ended.err


@pytest.mark.parametrize("command", ["runner sandbox mfa-code", "sh -c 'runner sandbox mfa-code'"])
def test_a_command_on_the_command_line(lab: Lab, command: str) -> None:
    """--mfa-from takes the code from a command, whatever the profile says."""
    ended = here(lab, "plan", str(lab.playbook()), "--mfa-from", command, env=without_mfa_process(lab))

    assert ended.code == 0, ended.err
    assert "carries MFA" in ended.said


def test_two_sources_of_the_code(lab: Lab) -> None:
    """A code cannot come from stdin and from a command at once."""
    ended = here(lab, "plan", str(lab.playbook()), "--mfa-from", "runner sandbox mfa-code", code="123456")

    assert ended.code == 2
    assert "--mfa-code-stdin and --mfa-from each say where the code comes from" in ended.said


@pytest.mark.parametrize(
    "code", ["12345", "1234567", "abcdef", "", "\n123456\n", "\u0661\u0662\u0663\u0664\u0665\u0666", "12 3456"]
)
def test_a_malformed_code_is_never_sent(lab: Lab, code: str) -> None:
    """What is not six digits costs none of the nine tries that AWS gives."""
    ended = here(lab, "apply", str(lab.playbook()), code=code)

    assert_refused(lab, ended, "on: " if code else "stdin ended without a code")
    assert "aws: " not in ended.err
    assert "GetSessionToken" not in ended.err
    assert code.strip() == "" or code.strip() not in ended.err


def test_too_many_tries_at_the_terminal(lab: Lab) -> None:
    """A person is asked three times, then told to wait; malformed answers are not sent and do not count."""
    code = lab.sandbox.code()
    environment = lab.environment(**without_mfa_process(lab))
    with terminal((*RUNNER, "apply", str(lab.playbook())), environment, lab.directory) as person:
        person.await_text("MFA code for")
        person.type("12345")
        person.await_text("a code is six digits; nothing was sent")
        for _ in range(3):
            person.await_text("MFA code for")
            code = wrong(code)
            person.type(code)
        ended = Ended(person.ended(), "", person.shown)

    assert_refused(lab, ended, "3 codes were not accepted", "wait three minutes")
    assert ended.said.count("AWS did not accept the code") == 2
    assert code not in ended.err


def test_nothing_typed_at_the_terminal(lab: Lab) -> None:
    """Ctrl-D at the question for the code ends the command."""
    environment = lab.environment(**without_mfa_process(lab))
    with terminal((*RUNNER, "plan", str(lab.playbook())), environment, lab.directory) as person:
        person.await_text("MFA code for")
        person.press(b"\x04")
        ended = Ended(person.ended(), "", person.shown)

    assert_refused(lab, ended, "no MFA code was given")


def test_a_device_with_too_many_tries(lab: Lab) -> None:
    """After nine tries AWS checks no code of the device for a while, not even a good one; both causes are named."""
    sts, code = lab.client("sts", "alice"), lab.sandbox.code()
    for _ in range(9):
        with pytest.raises(ClientError):
            sts.get_session_token(SerialNumber=SERIAL, TokenCode=wrong(code))
    ended = here(lab, "plan", str(lab.playbook()), code=code)

    assert_refused(lab, ended, "unable to validate MFA code", "too many tries", "wait three minutes")


def test_a_deleted_key(lab: Lab) -> None:
    """A key that AWS does not know is named before a code is asked for."""
    key = lab.keys("alice")["aws_access_key_id"]
    lab.client("iam", "admin-auth").delete_access_key(UserName="alice", AccessKeyId=key)
    ended = lab.run("apply", str(lab.playbook()), env=without_mfa_process(lab))

    assert_refused(lab, ended, f"AWS does not know access key {key}", "InvalidClientTokenId", "(request ")


def test_another_device(lab: Lab) -> None:
    """A device that is not this user's is refused with AWS's words."""
    ended = here(lab, "plan", str(lab.playbook()), "--mfa-serial", f"{SERIAL}-old", code=lab.sandbox.code())

    assert_refused(lab, ended, "unable to validate MFA code", "the device is not this user's")


def with_mfa(lab: Lab) -> dict[str, str | None]:
    """Return an environment with a session of the user that was made with a code."""
    return exported(lab.client("sts", "alice").get_session_token(SerialNumber=SERIAL, TokenCode=lab.sandbox.code()))


def without_mfa(lab: Lab) -> dict[str, str | None]:
    """Return an environment with a session of the user that was made without a code."""
    return exported(lab.client("sts", "alice").get_session_token())


def expired(lab: Lab) -> dict[str, str | None]:
    """Return an environment with a session that is over."""
    session = with_mfa(lab)
    lab.sandbox.advance(100_000)
    return session


def without_token(lab: Lab) -> dict[str, str | None]:
    """Return an environment with a temporary key whose token was forgotten."""
    return {**with_mfa(lab), "AWS_SESSION_TOKEN": None}


def of_a_role(lab: Lab) -> dict[str, str | None]:
    """Return an environment with a session of the role, made the wrong way: with a code."""
    assumed = lab.client("sts", "alice").assume_role(
        RoleArn=ROLE, RoleSessionName="alice", SerialNumber=SERIAL, TokenCode=lab.sandbox.code()
    )
    return exported(assumed)


def in_a_profile(lab: Lab, session: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return an environment whose profile holds a session."""
    lines = [f"{name.lower()} = {value}" for name, value in session.items() if value is not None]
    return {**dict.fromkeys(session), **files(lab, "pasted", credentials="\n".join(("[pasted]", *lines)))}


@pytest.mark.parametrize(
    ("environment", "word"),
    [
        (without_mfa, "does not carry MFA"),
        (expired, "the session from AWS_ACCESS_KEY_ID in the environment is over"),
        (without_token, "is a temporary access key, and its session token is missing"),
        (of_a_role, "this is a role session"),
    ],
)
def test_sessions_that_cannot_be_used(lab: Lab, environment: Any, word: str) -> None:
    """A session that carries no MFA, is over, lacks its token or is a role's is refused and not printed."""
    given: Mapping[str, str | None] = environment(lab)
    ended = here(lab, "plan", str(lab.playbook()), env=given)

    assert_refused(lab, ended, word)
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        assert not given.get(name) or str(given[name]) not in ended.err


def test_a_session_with_mfa_is_taken_as_it_is(lab: Lab) -> None:
    """A session of the user that was made with a code elsewhere is used without another code, once it is proven."""
    session = with_mfa(lab)
    ended = [here(lab, "plan", str(lab.playbook()), env=env) for env in (session, in_a_profile(lab, session))]

    for one in ended:
        assert one.code == 0, one.err
        assert "a ready-made session, MFA not proven yet" in one.said
        assert "proven: arn:aws:sts::222222222222:assumed-role/Teardown/alice carries MFA" in one.said


def test_a_role_that_does_not_trust_the_user(lab: Lab) -> None:
    """The role is named, and whose policies must allow what."""
    lab.world(lambda world: role(world)["trust"]["Statement"][0].update(Principal={"AWS": "222222222222"}))
    ended = here(lab, "plan", str(lab.playbook()), code=lab.sandbox.code())

    words = ("does not let arn:aws:iam::111111111111:user/alice assume", "role/Teardown", "trust policy must name")
    assert_refused(lab, ended, "sts:AssumeRole: AccessDenied", *words)


def test_a_role_that_is_not_there(lab: Lab) -> None:
    """AWS says the same of a role that does not exist."""
    lab.world(lambda world: role(world).update(name="Cleanup"))
    ended = here(lab, "plan", str(lab.playbook()), code=lab.sandbox.code())

    assert_refused(lab, ended, "sts:AssumeRole: AccessDenied", "role/Teardown")


def test_an_unknown_profile(lab: Lab) -> None:
    """The profile, who named it and the files that were looked into are named."""
    ended = here(lab, "plan", str(lab.playbook()), "--profile", "alcie", code="123456")

    assert_refused(lab, ended, "alcie", "--profile", lab.sandbox.environment["AWS_CONFIG_FILE"])


def test_no_credentials_at_all(lab: Lab) -> None:
    """Without files, profile and keys both ways to give them are named."""
    missing = str(Path(lab.directory, "none"))
    env = {"AWS_PROFILE": None, "AWS_CONFIG_FILE": missing, "AWS_SHARED_CREDENTIALS_FILE": missing}
    ended = here(lab, "plan", str(lab.playbook()), code="123456", env=env)

    assert_refused(lab, ended, "there are no AWS credentials", "AWS_ACCESS_KEY_ID", "--profile NAME")


def test_a_profile_without_keys(lab: Lab) -> None:
    """A profile that has no keys does not fall through to another source."""
    env = files(lab, "empty", config="[profile empty]\nregion = eu-west-1\n[default]\n")
    ended = here(lab, "plan", str(lab.playbook()), code="123456", env=env)

    assert_refused(lab, ended, "profile 'empty' has no credentials")


def test_keys_in_the_environment_work(lab: Lab) -> None:
    """The long-term key may stand in the environment; the device is found by asking AWS."""
    keys = {name.upper(): value for name, value in lab.keys("alice").items()}
    ended = here(lab, "plan", str(lab.playbook()), code=lab.sandbox.code(), env={"AWS_PROFILE": None, **keys})

    assert ended.code == 0, ended.err
    assert "AWS_ACCESS_KEY_ID in the environment" in ended.said
    assert SERIAL in ended.said


def test_without_a_terminal_nobody_is_asked(lab: Lab) -> None:
    """Without a terminal and mfa_process the command ends at once and names the ways to give a code."""
    ended = lab.run("apply", str(lab.playbook()), env=without_mfa_process(lab))

    assert_refused(lab, ended, "there is no terminal to ask at", "--mfa-code-stdin", "mfa_process")


@pytest.mark.parametrize(
    ("command", "word"),
    [("false", "exit code 1"), ("no-such-command-here", "not found"), ("echo 12345", "not six digits")],
)
def test_a_command_that_gives_no_code(lab: Lab, command: str, word: str) -> None:
    """An mfa_process that fails, is missing or prints something else is named; nothing is sent."""
    config = Path(lab.sandbox.environment["AWS_CONFIG_FILE"]).read_text(encoding="utf-8")
    path = lab.directory / "aws-config"
    path.write_text(config.replace("runner sandbox mfa-code", command), encoding="utf-8")
    ended = here(lab, "plan", str(lab.playbook()), env={"AWS_CONFIG_FILE": str(path)})

    assert_refused(lab, ended, "mfa_process", word)


def test_a_session_that_ends_before_the_phrase_is_typed(lab: Lab) -> None:
    """When the MFA session is over by the time the plan is confirmed, nothing is deleted."""
    environment = lab.environment()
    with terminal((*RUNNER, "apply", str(lab.playbook())), environment, lab.directory) as person:
        person.await_text("to go on; anything else declines.")
        lab.sandbox.advance(7200)
        person.type(confirmation(person.shown))
        code = person.ended()

    assert code == 4, person.shown
    assert "Traceback" not in person.shown
    assert_untouched(lab)


def confirmation(shown: str) -> str:
    """Return the phrase that the terminal asks for."""
    return shown.partition("Type  ")[2].partition("  to go on")[0]
