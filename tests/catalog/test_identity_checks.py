"""What IAM's entries make of AWS's answers, where the sandbox does not answer like that."""

from __future__ import annotations

import pytest

from runner.catalog.iam import at_path, the_role_is_the_accounts_own
from runner.catalog.iam_users import key_is_listed
from runner.model.action import Blocked, Ok, Present, Unknown, Unreadable
from runner.model.canonical import Json
from runner.model.sighting import InPlace, NotThere, SetAside, Unclear

KEY = {"user": "ci", "key": "AKIAEXAMPLE000000001"}


def test_an_entity_is_only_taken_for_itself_at_its_path() -> None:
    """The ARN that was reviewed is made of the path, so another path is another entity."""
    sight = at_path("Role")

    assert sight({"Role": {"Path": "/apps/"}}, {"path": "/apps/"}) == InPlace()
    assert sight({"Role": {"Path": "/apps/"}}, {"path": "/"}) == Unclear("its path is /apps/, not /")


@pytest.mark.parametrize(
    ("path", "name", "blocked"),
    [
        ("/", "orders", False),
        ("/aws-service-role/rds.amazonaws.com/", "AWSServiceRoleForRDS", True),
        ("/aws-reserved/sso.amazonaws.com/", "AWSReservedSSO_Admin", True),
        ("/", "OrganizationAccountAccessRole", True),
    ],
)
def test_roles_that_aws_made_are_left_to_it(path: str, name: str, blocked: bool) -> None:
    """Service-linked and reserved roles, and the organisation's way into the account, are refused."""
    answer = the_role_is_the_accounts_own({"role": Present({"Path": path, "RoleName": name})})

    assert isinstance(answer, Blocked if blocked else Ok)
    assert isinstance(the_role_is_the_accounts_own({"role": Unreadable("no")}), Unknown)


def test_a_key_is_looked_for_in_the_whole_list() -> None:
    """A key that is not on the only page is gone; one that is not on the first of several pages may be anywhere."""

    def shown(*keys: Json, more: bool = False) -> object:
        return key_is_listed({"AccessKeyMetadata": list(keys), "IsTruncated": more}, KEY)

    assert shown({"AccessKeyId": KEY["key"], "Status": "Active"}) == InPlace("Active")
    assert shown({"AccessKeyId": KEY["key"], "Status": "Inactive"}) == SetAside("Inactive")
    assert isinstance(shown({"AccessKeyId": "AKIAOTHER"}), NotThere)
    assert isinstance(shown(more=True), Unclear)
    assert isinstance(key_is_listed({}, KEY), Unclear)
