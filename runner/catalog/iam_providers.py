"""IAM: identity providers; a role whose trust policy names one would be left without a way in."""

from __future__ import annotations

from runner.catalog.answers import picked
from runner.catalog.iam import GONE
from runner.model.action import ActionType, Blocker, Param, Pin, Recovery
from runner.model.call import Args, Call, Effect, Listing, P

OIDC: Args = {"OpenIDConnectProviderArn": P("target")}
SAML: Args = {"SAMLProviderArn": P("target")}

TRUSTING = Blocker(
    Listing(
        "roles that trust it",
        Call("iam:ListRoles", resource="*"),
        # A provider's ARN in a trust policy stands in quotes; without them one ARN might begin another.
        "Roles[?contains(to_string(AssumeRolePolicyDocument), '\"{target}\"')]",
        "Arn",
    )
)

GET_OIDC = Call("iam:GetOpenIDConnectProvider", OIDC, absent=GONE)
GET_SAML = Call("iam:GetSAMLProvider", SAML, absent=GONE)

OIDC_PROVIDER_FACTS = Call(
    "iam:GetOpenIDConnectProvider", OIDC, query="{Url: Url, Clients: ClientIDList, Thumbs: ThumbprintList}"
)

OIDC_PROVIDER_NAME = Param(
    "provider",
    r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?:/[\w.~-]+)*",
    "the provider's URL without https://: token.actions.githubusercontent.com",
)

DELETE_OIDC_PROVIDER = ActionType(
    name="iam.delete_oidc_provider",
    summary="Delete an OpenID Connect provider that no role trusts.",
    params=(OIDC_PROVIDER_NAME,),
    target="arn:{partition}:iam::{account}:oidc-provider/{provider}",
    pin=Pin(GET_OIDC, picked("CreateDate")),
    recovery=Recovery.REVERT,
    probe=GET_OIDC,
    facts={
        "provider": OIDC_PROVIDER_FACTS,
        "tags": Call("iam:GetOpenIDConnectProvider", OIDC, query="{Tags: Tags || `[]`}"),
    },
    blockers=(TRUSTING,),
    calls=(Call("iam:DeleteOpenIDConnectProvider", OIDC, effect=Effect.DELETE),),
    undo="make it again with iam:CreateOpenIDConnectProvider from the plan; its ARN is the same",
)

DELETE_SAML_PROVIDER = ActionType(
    name="iam.delete_saml_provider",
    summary="Delete a SAML provider that no role trusts.",
    params=(Param("provider", r"[\w._-]{1,128}", "the name of a SAML provider"),),
    target="arn:{partition}:iam::{account}:saml-provider/{provider}",
    pin=Pin(GET_SAML, picked("CreateDate")),
    recovery=Recovery.REVERT,
    probe=GET_SAML,
    facts={
        "provider": Call("iam:GetSAMLProvider", SAML, query="{Metadata: SAMLMetadataDocument}"),
        "tags": Call("iam:GetSAMLProvider", SAML, query="{Tags: Tags || `[]`}"),
    },
    blockers=(TRUSTING,),
    calls=(Call("iam:DeleteSAMLProvider", SAML, effect=Effect.DELETE),),
    undo="make it again with iam:CreateSAMLProvider from the metadata in the plan; its ARN is the same",
)
