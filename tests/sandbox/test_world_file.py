"""World files are read strictly: every mistake is named with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.errors import UsageError
from runner.sandbox import aws_files
from runner.sandbox.keyring import Keyring
from runner.sandbox.world import World
from runner.sandbox.world_file import default_text, parse, text_of

USER = "users: [{name: bob}]"
TRUST = '{Version: "2012-10-17", Statement: [{Effect: Allow, Principal: "*", Action: "sts:AssumeRole"}]}'


def _world(account: str = "", top: str = "", number: str = '"111111111111"') -> str:
    return f"region: eu-west-1\naccounts:\n  - id: {number}\n    {account}\n{top}\n"


def test_default_world_is_the_story() -> None:
    """Two accounts, three people, one device, one role, one bucket, and the profile of the usual mistake."""
    world = parse(default_text())

    assert [account.alias for account in world.accounts] == ["acme-auth", "acme-staging"]
    assert [user.name for _, user in world.people] == ["alice", "auth-admin", "prod-admin"]
    assert world.serials == ("arn:aws:iam::111111111111:mfa/alice",)
    assert [role.name for role in world.accounts[1].roles] == ["Teardown"]
    assert [profile.name for profile in world.role_profiles] == ["teardown"]
    assert world.default_profile == "alice"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "the file: keys and values are needed here"),
        ("region: eu-west-1", "accounts: this key is missing"),
        ("region: eu-west-1\naccounts: 7", "accounts: a list is needed here"),
        (_world(top="reggion: x"), "reggion: unknown key; did you mean 'region'?"),
        (_world(top="zzz: x"), "zzz: unknown key"),
        (_world("users: [{nmae: bob}]"), "accounts[0].users[0].nmae: unknown key; did you mean 'name'?"),
        (_world("users: [{name: 7}]"), "accounts[0].users[0].name: a text is needed here, not 7"),
        (_world("users: [{name: yes}]"), "accounts[0].users[0].name: a text is needed here, not True"),
        (_world("users: [{path: /}]"), "accounts[0].users[0].name: this key is missing"),
        (_world("users: [{name: bob, path: ops}]"), "a path begins and ends with a slash, not 'ops'"),
        (_world("users: [{name: bob, tags: [a]}]"), "accounts[0].users[0].tags: names and values are needed here"),
        (_world("users: [{name: bob, tags: {a: 1}}]"), "accounts[0].users[0].tags.a: a text is needed here, not 1"),
        (_world("users: [{name: bob, policies: {p: {Statement: []}}}]"), "policies.p: a policy document has Version"),
        (_world(f"roles: [{{name: R, trust: {TRUST}, max_session: true}}]"), "a whole number is needed here, not True"),
        (_world("roles: [{name: R}]"), "accounts[0].roles[0].trust: this key is missing"),
        (_world("buckets: [{name: b, versioning: on}]"), "versioning: a text is needed here, not True"),
        (_world("buckets: [{name: b, versioning: enabled}]"), "Enabled or Suspended, not 'enabled'"),
        (_world("buckets: [{name: b, object_lock: 1}]"), "object_lock: true or false is needed here, not 1"),
        (_world("buckets: [{name: b, policy: 7}]"), "buckets[0].policy: names and values are needed here"),
        (_world("buckets: [{name: b, objects: [{}]}]"), "objects[0]: either one key, or a prefix and a count"),
        (_world("buckets: [{name: b, objects: [{key: k, prefix: p}]}]"), "either one key, or a prefix and a count"),
        (_world("buckets: [{name: b, objects: [{key: k, count: 0}]}]"), "count and versions are at least 1"),
        (_world("buckets: [{name: b, objects: [{key: k, versions: 2}]}]"), "need a versioned bucket"),
        (_world("buckets: [{name: b}, {name: b}]"), "the bucket 'b' stands twice"),
        (_world("users: [{name: a, profile: x}, {name: b, profile: x}]"), "the profile 'x' stands twice"),
        (_world("users: [{name: a, mfa_devices: [d]}, {name: b, mfa_devices: [d]}]"), "the MFA device 'arn:aws:iam"),
        (_world(number="111111111111"), "accounts[0].id: a text is needed here, not 111111111111; quote what YAML"),
        (_world(number='"123"'), "accounts[0].id: an account id has twelve digits, not '123'"),
        (_world(USER, top="profile: carol"), "profile: there is no profile called 'carol'"),
        (_world(top='  - id: "111111111111"'), "the account '111111111111' stands twice"),
    ],
)
def test_mistakes_are_named_with_their_place(text: str, message: str) -> None:
    """Unknown keys, wrong types, missing keys and contradictions are errors."""
    with pytest.raises(UsageError) as refused:
        parse(text, "my.yaml")

    assert refused.value.what == "the world file is not valid"
    assert refused.value.on == "my.yaml"
    assert message in refused.value.hint


@pytest.mark.parametrize("text", ["a: [", "region: a\nregion: b", "!!python/object:os.system {}", "? [a]\n: b"])
def test_bad_yaml_is_refused(text: str) -> None:
    """Syntax errors, duplicate keys, foreign tags and keys that are no text are errors."""
    with pytest.raises(UsageError):
        parse(text)


def test_unreadable_file_is_refused(tmp_path: Path) -> None:
    """A file that is not there or is no text is named."""
    (tmp_path / "binary").write_bytes(b"\xff\xfe")

    for name in ("missing", "binary"):
        with pytest.raises(UsageError, match="cannot be read"):
            text_of(tmp_path / name)


def test_files_of_a_world_hold_its_profiles() -> None:
    """The config names device and code command; only the first device needs no name; keys are in the other file."""
    world: World = parse(
        _world("users: [{name: bob, mfa_devices: [b1, b2]}, {name: eve, mfa_devices: [e1]}, {name: joe}]")
        + "role_profiles: [{name: r, role_arn: 'arn:aws:iam::111111111111:role/R', source_profile: joe}]\n"
    )
    keyring = Keyring()

    config, credentials = aws_files.config(world), aws_files.credentials(world, keyring)

    assert "mfa_process = runner sandbox mfa-code\n" in config
    assert "mfa_process = runner sandbox mfa-code arn:aws:iam::111111111111:mfa/e1\n" in config
    assert config.count("mfa_serial") == 2
    assert config.endswith(
        "[profile r]\nrole_arn = arn:aws:iam::111111111111:role/R\nsource_profile = joe\nregion = eu-west-1\n"
    )
    assert "aws_" not in config
    assert keyring.access_key("arn:aws:iam::111111111111:user/bob").secret.reveal() in credentials


def test_keys_look_like_aws_keys_and_stay() -> None:
    """A long-term key is AKIA and sixteen letters, a secret forty; asked again, they are the same."""
    keyring = Keyring()
    key = keyring.access_key("a")

    assert (key.id[:4], len(key.id), len(key.secret.reveal())) == ("AKIA", 20, 40)
    assert keyring.access_key("a") == key != keyring.access_key("b")
    assert keyring.seed("d") == keyring.seed("d")
    assert len(keyring.seed("d")) == 20
