"""The operator's files are read as botocore reads them, but what cannot be read is refused, not empty."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runner.aws.config_files import AwsFiles, read_files
from runner.errors import CredentialsRefused


def read(tmp_path: Path, config: str = "", credentials: str = "") -> AwsFiles:
    """Write both files and read them."""
    (tmp_path / "config").write_text(config, encoding="utf-8")
    (tmp_path / "credentials").write_text(credentials, encoding="utf-8")
    return read_files(os.environ)


def test_profiles_of_both_files_are_merged_and_the_credentials_file_wins(tmp_path: Path) -> None:
    """A profile may stand in one file or in both."""
    files = read(
        tmp_path,
        "[default]\nregion = r\n[profile a b]\nx = skipped\n[profile 'a b']\nmfa_serial = config\nonly = here\n",
        "[a b]\nmfa_serial = credentials\n[c]\naws_access_key_id = AKIA\n",
    )

    assert set(files.profiles) == {"default", "a b", "c"}
    assert files.profiles["a b"].get("mfa_serial") == "credentials"
    assert files.profiles["a b"].get("only") == "here"
    assert files.profiles["c"].get("nothing") == ""


def test_an_included_profile_fills_what_is_not_said(tmp_path: Path) -> None:
    """As aws-vault reads it, through several profiles; whose key is used is never taken from elsewhere."""
    files = read(
        tmp_path,
        "[profile base]\nmfa_serial = base\nregion = base\naws_access_key_id = AKIABASE\ninclude_profile = root\n"
        "[profile root]\nregion = root\nmfa_process = root\n[profile a]\nregion = a\ninclude_profile = base\n",
    )
    found = files.profiles["a"]

    assert (found.get("region"), found.get("mfa_serial"), found.get("mfa_process")) == ("a", "base", "root")
    assert found.get("aws_access_key_id") == ""


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ("[profile a]\ninclude_profile = b\n[profile b]\ninclude_profile = a\n", "goes in a circle"),
        ("[profile a]\ninclude_profile = nobody\n", "names a profile that is not there: 'nobody'"),
    ],
)
def test_an_include_that_leads_nowhere_is_refused(tmp_path: Path, config: str, why: str) -> None:
    """It is named, and nothing is guessed; whoever uses another profile is not bothered."""
    files = read(tmp_path, f"{config}[profile other]\nregion = other\n")

    with pytest.raises(CredentialsRefused, match=why):
        files.profiles["a"].get("region")
    assert files.profiles["other"].get("region") == "other"


def test_files_that_are_not_there_are_empty(tmp_path: Path) -> None:
    """No files means no profiles; the paths are known all the same."""
    files = read_files({"AWS_CONFIG_FILE": str(tmp_path / "none"), "AWS_SHARED_CREDENTIALS_FILE": "$NOWHERE/none"})

    assert files.profiles == {}
    assert files.config_path == str(tmp_path / "none")


def test_the_usual_paths_are_the_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without variables the files stand in ~/.aws."""
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text("[me]\naws_access_key_id = AKIA\n", encoding="utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))

    files = read_files({})

    assert set(files.profiles) == {"me"}
    assert (files.config_path, files.credentials_path) == ("~/.aws/config", "~/.aws/credentials")


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """Botocore would take it for empty; a directory stands in for any unreadable file, also for root."""
    (tmp_path / "config").mkdir()

    with pytest.raises(CredentialsRefused, match="cannot be read") as caught:
        read_files(os.environ)

    assert caught.value.on == str(tmp_path / "config")


def test_a_broken_file_is_refused_without_quoting_it(tmp_path: Path) -> None:
    """The parser's error quotes the line, which may be a secret key."""
    with pytest.raises(CredentialsRefused, match="cannot be parsed") as caught:
        read(tmp_path, credentials="[a]\naws_secret_access_key wJalrXUtn\n")

    assert caught.value.__suppress_context__
    assert "wJalrXUtn" not in str(caught.value) + caught.value.hint


def test_a_setting_that_became_a_block_is_refused(tmp_path: Path) -> None:
    """Botocore reads an indented block as something else; it is not taken for a missing setting."""
    files = read(tmp_path, "[default]\nmfa_process =\n  op --otp=yes\ns3 =\n  addressing_style = path\n")

    with pytest.raises(CredentialsRefused, match="mfa_process of profile 'default' is a block"):
        files.profiles["default"].get("mfa_process")


@pytest.mark.parametrize(
    ("name", "hint"),
    [("alcie", "did you mean alice?"), ("zzz", "the files have: alice, bob")],
    ids=["close", "far"],
)
def test_an_unknown_profile_names_the_near_ones(tmp_path: Path, name: str, hint: str) -> None:
    """A typing mistake is answered with the right name."""
    files = read(tmp_path, "[profile alice]\nregion = r\n", "[bob]\naws_access_key_id = AKIA\n")

    with pytest.raises(CredentialsRefused, match="there is no AWS profile") as caught:
        files.profile(name, "--profile")

    assert caught.value.hint == hint


def test_a_profile_shows_no_setting(tmp_path: Path) -> None:
    """Settings hold secret keys, so the repr has none of them."""
    files = read(tmp_path, credentials="[a]\naws_secret_access_key = wJalrXUtn\n")

    assert "wJalrXUtn" not in repr(files)
