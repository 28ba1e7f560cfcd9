"""What the entries of IAM and CloudFormation make of AWS's answers, where the sandbox does not answer like that."""

from __future__ import annotations

import pytest

from runner.catalog.cloudformation import its_functions_are_there, the_service_role_is_there
from runner.catalog.iam import at_path, the_role_is_the_accounts_own
from runner.catalog.iam_users import key_is_listed
from runner.model.action import Absent, Blocked, Ok, Present, Unknown, Unreadable
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


def test_a_stack_whose_role_or_functions_went_first_is_refused() -> None:
    """Without its service role nothing is deleted; custom resources wait an hour for a function that is gone (A16)."""
    stack = Present({"Role": "arn:aws:iam::222222222222:role/Cfn"})
    same, other = Present({"Arn": "arn:aws:iam::222222222222:role/Cfn"}), Present({"Arn": "arn:other"})
    items: list[Json] = [{"item": {"Name": "a"}, "answer": {"Name": "a"}}, {"item": {"Name": "b"}, "answer": None}]

    assert the_service_role_is_there({"stack": stack, "role": same}) == Ok()
    for role in (other, Absent("NoSuchEntity")):
        assert isinstance(the_service_role_is_there({"stack": stack, "role": role}), Blocked)
    assert isinstance(the_service_role_is_there({"stack": Present({"Role": None}), "role": same}), Blocked)
    assert isinstance(the_service_role_is_there({"stack": stack, "role": Unreadable("no")}), Unknown)
    assert its_functions_are_there({"functions": Present({"Items": items[:1]})}) == Ok()
    gone = its_functions_are_there({"functions": Present({"Items": items})})
    assert isinstance(gone, Blocked)
    assert "functions of the stack are gone: b" in gone.why
    assert isinstance(its_functions_are_there({"functions": Unreadable("no")}), Unknown)
