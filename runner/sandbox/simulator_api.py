"""IAM's simulator operations, put in place of ministack's, which look at identity policies only."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias
from xml.etree.ElementTree import Element, tostring
from xml.sax.saxutils import escape

from ministack.core.responses import get_account_id
from ministack.services import iam

from runner.sandbox.entity_policies import NoSuchEntity, entity_of
from runner.sandbox.insides import Answer, query_answer, query_error
from runner.sandbox.organization import policies_of
from runner.sandbox.patching import Replacement
from runner.sandbox.simulation import InvalidInput, Simulation, SourcePolicy
from runner.sandbox.simulator_answer import key_names, results
from runner.sandbox.simulator_request import Params, context, one, policies, question, resource_policy

Handler: TypeAlias = Callable[[Params], Answer]


def replacements() -> tuple[Replacement, ...]:
    """Return what puts the simulator's four operations in place."""
    operations = {
        "SimulatePrincipalPolicy": _simulate_principal,
        "SimulateCustomPolicy": _simulate_custom,
        "GetContextKeysForPrincipalPolicy": _keys_for_principal,
        "GetContextKeysForCustomPolicy": _keys_for_custom,
    }
    ours = {action: _answering(action, operation) for action, operation in operations.items()}
    return (Replacement(iam, "_IAM_HANDLERS", None, lambda theirs: {**theirs, **ours}),)


def _answering(action: str, operation: Callable[[Params], Element]) -> Handler:
    def handle(params: Params) -> Answer:
        try:
            result = operation(params)
        except InvalidInput as error:
            return query_error(400, "InvalidInput", escape(str(error)))
        except NoSuchEntity as error:
            return query_error(404, "NoSuchEntity", escape(str(error)))
        result.tag = f"{action}Result"
        return query_answer(action, tostring(result, encoding="unicode"))

    return handle


def _simulate_principal(params: Params) -> Element:
    entity = entity_of(one(params, "PolicySourceArn"), get_account_id())
    caller = one(params, "CallerArn") or entity.arn
    given = policies(params, "PermissionsBoundaryPolicyInputList")
    simulation = Simulation(
        policies=entity.policies + policies(params, "PolicyInputList"),
        boundary=given[0] if given else entity.boundary,
        resource_policy=resource_policy(params, caller),
        caller=caller,
        context=context(params),
        scps=policies_of(get_account_id()),
    )
    return _answered(params, simulation)


def _simulate_custom(params: Params) -> Element:
    caller = one(params, "CallerArn")
    given = policies(params, "PermissionsBoundaryPolicyInputList")
    simulation = Simulation(
        policies=policies(params, "PolicyInputList"),
        boundary=given[0] if given else None,
        resource_policy=resource_policy(params, caller),
        caller=caller,
        context=context(params),
    )
    return _answered(params, simulation)


def _answered(params: Params, simulation: Simulation) -> Element:
    asked = question(params)
    page = asked.actions[asked.first : asked.last]
    found = [(action, [simulation.verdict(action, arn) for arn in asked.resources or ("*",)]) for action in page]
    return results(found, marker=str(asked.last) if asked.last < len(asked.actions) else "")


def _keys_for_principal(params: Params) -> Element:
    entity = entity_of(one(params, "PolicySourceArn"), get_account_id())
    return _keys(entity.policies + policies(params, "PolicyInputList"))


def _keys_for_custom(params: Params) -> Element:
    return _keys(policies(params, "PolicyInputList"))


def _keys(found: tuple[SourcePolicy, ...]) -> Element:
    return key_names(Simulation(found, None, None, "", {}).keys)
