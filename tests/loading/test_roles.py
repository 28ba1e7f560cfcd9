"""``role_arn`` is one role, or the roles that lead to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runner.model.playbook import Playbook

Load = Callable[[str], Playbook]
Seen = Callable[[str], list[str]]

WRITTEN = "arn:aws:iam::222222222222:role/Teardown"
HUB = "arn:aws:iam::111111111111:role/Hub"
EXPECTED = "be the ARN of an IAM role, like `arn:aws:iam::222222222222:role/Teardown`"


def with_roles(valid: str, written: str) -> str:
    """Return the valid playbook with another value of role_arn."""
    return valid.replace(f"role_arn: {WRITTEN}", f"role_arn: {written}")


def test_one_role(valid: str, load_text: Load) -> None:
    """A single ARN is a way without hops."""
    playbook = load_text(valid)

    assert (playbook.via, playbook.role_arn) == ((), WRITTEN)


@pytest.mark.parametrize(
    ("written", "via"),
    [
        (f"[{WRITTEN}]", ()),
        (f"[{HUB}, {WRITTEN}]", (HUB,)),
        (f"\n  - {HUB}\n  - {HUB}-2\n  - {WRITTEN}", (HUB, f"{HUB}-2")),
    ],
    ids=["a list of one", "two", "three"],
)
def test_roles_in_a_row(valid: str, load_text: Load, written: str, via: tuple[str, ...]) -> None:
    """The last one acts, those before it are assumed first, in the order written, in any account."""
    playbook = load_text(with_roles(valid, written))

    assert (playbook.via, playbook.role_arn) == (via, WRITTEN)


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("[]", "10:11 `role_arn` must be one role or a list of 1 to 3, not a list"),
        (f"[{HUB}, {HUB}2, {HUB}3, {WRITTEN}]", "10:11 `role_arn` must be one role or a list of 1 to 3, not a list"),
        ("{a: b}", "10:11 `role_arn` must be a text, not a mapping"),
        (f"[Hub, {WRITTEN}]", f"10:12 `role_arn #1` must {EXPECTED}, not the text `Hub`"),
        (f"[1, {WRITTEN}]", "10:12 `role_arn #1` must be a text, not the number `1`"),
        (
            f"[arn:aws:iam:::role/Hub, {WRITTEN}]",
            f"10:12 `role_arn #1` must {EXPECTED}, not the text `arn:aws:iam:::role/Hub`",
        ),
        (f"[{WRITTEN}, {HUB}]", "10:53 `role_arn #2` is in account 111111111111, but `account.id` is 222222222222"),
        (f"[{HUB}, Teardown]", f"10:48 `role_arn #2` must {EXPECTED}, not the text `Teardown`"),
        (f"[{WRITTEN}, {WRITTEN}]", "10:53 `role_arn #2` names a role that is named before"),
        (f"[{HUB}, {HUB}, {WRITTEN}]", "10:48 `role_arn #2` names a role that is named before"),
        (
            f"[arn:aws-cn:iam::111111111111:role/Hub, {WRITTEN}]",
            "10:51 `role_arn #2` is in another partition than the role before it",
        ),
    ],
)
def test_roles_that_lead_nowhere(valid: str, seen: Seen, written: str, problem: str) -> None:
    """Each role is judged at its own place; only the last one has to be in the pinned account."""
    assert seen(with_roles(valid, written)) == [problem]


def test_every_role_that_is_wrong_is_reported(valid: str, seen: Seen) -> None:
    """One mistake does not hide the next."""
    assert seen(with_roles(valid, f"[Hub, {HUB}, Teardown]")) == [
        f"10:12 `role_arn #1` must {EXPECTED}, not the text `Hub`",
        f"10:53 `role_arn #3` must {EXPECTED}, not the text `Teardown`",
    ]
