"""How every action of the catalogue is tried end to end: the thing is made, refused without MFA, deleted, seen gone.

The role has exactly what ``runner permissions`` prints for the playbook, so a permission that is missing there fails
the test, and so does one that AWS would not match with the request.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import botocore
import pytest
import yaml
from botocore.exceptions import ClientError

from runner.aws.clients import client
from runner.catalog import BY_NAME
from runner.guard.hints import DENIED
from runner.model.bound import BoundCall
from runner.model.call import Effect
from runner.model.fleet import in_common
from runner.model.playbook import Playbook, Source
from runner.model.session import Credentials, Secret
from runner.workflow.binding import bind_steps
from runner.workflow.loading import load
from tests.conftest import Ended, Lab
from tests.e2e.driving import here
from tests.e2e.watching import assert_honest

ALICE = "arn:aws:iam::111111111111:user/alice"
ROLE = "arn:aws:iam::222222222222:role/Teardown"
ACCOUNT = "222222222222"
REGION = "ap-northeast-1"


@dataclass(frozen=True)
class Tried:
    """Hold what a whole trial gave: the plan, both runs, and how each step ended the first time."""

    plan: Ended
    applied: Ended
    again: Ended

    @property
    def states(self) -> Mapping[str, str]:
        """How each step ended in the run that did something."""
        return {step["id"]: step["state"] for step in self.applied.data["steps"]}

    @property
    def states_again(self) -> Mapping[str, str]:
        """How each step ended in the run after it."""
        return {step["id"]: step["state"] for step in self.again.data["steps"]}


@dataclass(frozen=True)
class Trial:
    """Hold a playbook of catalogue steps for things that exist in a lab."""

    lab: Lab
    steps: tuple[Mapping[str, Any], ...]
    limits: Mapping[str, Any] = field(default_factory=dict)
    accept_unknown: tuple[Mapping[str, str], ...] = ()

    def write(self) -> str:
        """Write the playbook, let the role have exactly what it needs, and return its path."""
        path = self.lab.directory / "catalogue.yaml"
        data = {
            "version": 1,
            "name": "catalogue",
            "description": "Everything that one service's actions delete.",
            "owner": "platform@acme.example",
            "account": {"id": ACCOUNT},
            "region": REGION,
            "role_arn": ROLE,
            **({"limits": dict(self.limits)} if self.limits else {}),
            **({"accept_unknown": [dict(one) for one in self.accept_unknown]} if self.accept_unknown else {}),
            "steps": [dict(step) for step in self.steps],
        }
        path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
        grant(self.lab, str(path))
        return str(path)

    def run(self) -> Tried:
        """Refuse without MFA, plan, apply, see gone, and apply once more when nothing is left to do."""
        path = self.write()
        self.refuse_without_mfa()
        plan = here(self.lab, "plan", path, "--output", "json", code=self.lab.sandbox.code())
        assert plan.code == 0, plan.err + plan.out
        verdicts = {step["id"]: (step["verdict"] or {}).get("protection") for step in plan.data["steps"]}
        assert set(verdicts.values()) == {"protected"}, verdicts
        applied = self.apply(path, "--confirm", plan.data["confirm"])
        assert applied.code == 0, applied.err + applied.out
        again = self.apply(path)
        assert again.code == 0, again.err + again.out
        assert_honest(self.lab)
        return Tried(plan, applied, again)

    def apply(self, path: str, *args: str) -> Ended:
        """Apply the playbook."""
        # A device gives a code once in 30 seconds; the sandbox's clock goes on so that nobody waits for the next.
        self.lab.sandbox.advance(60)
        return here(self.lab, "apply", path, "--output", "json", *args, code=self.lab.sandbox.code())

    def refuse_without_mfa(self) -> None:
        """Fail unless each of the steps' deletions is refused to a session of the same role without MFA."""
        session = self._session_without_mfa()
        for call in self.deletions():
            # Ours, because botocore alone puts the account before an address.
            with mock.patch.dict(os.environ, self.lab.environment(), clear=True):
                aws = client(call.service, call.region, session)
            with pytest.raises(ClientError) as refused:
                getattr(aws, botocore.xform_name(call.operation))(**call.params)
            code = refused.value.response["Error"]["Code"]
            assert code in DENIED, f"{call.api} answers {code} without MFA"

    def deletions(self) -> Iterable[BoundCall]:
        """Yield the steps' own deletions, without those of sweeps."""
        for bound in bind_steps(self.playbook(), BY_NAME):
            for call in bound.calls:
                if isinstance(call, BoundCall) and call.effect is Effect.DELETE:
                    yield call

    def playbook(self) -> Playbook:
        """Return the playbook as the product reads it."""
        data = (self.lab.directory / "catalogue.yaml").read_bytes()
        return in_common(load(data, Source("catalogue.yaml", ""), BY_NAME))

    def _session_without_mfa(self) -> Credentials:
        sts = self.lab.client("sts", "alice")
        made = sts.assume_role(RoleArn=ROLE, RoleSessionName="without-mfa")["Credentials"]
        return Credentials(made["AccessKeyId"], Secret(made["SecretAccessKey"]), Secret(made["SessionToken"]))


def told(planned: Ended) -> Mapping[str, str]:
    """Return what a plan as data says about each step: its findings with their hints."""
    return {
        one["id"]: " ".join(f"{f['message']} {f['hint']}" for f in one["findings"]) for one in planned.data["steps"]
    }


def refused_as_last_copies(planned: Ended) -> set[str]:
    """Return the steps of a plan as data that are refused because nobody knows of another copy."""
    return {
        one["id"]
        for one in planned.data["steps"]
        for found in one["findings"]
        if found["check"] == "another_copy_is_left" and found["unknown"] and found["blocks"]
    }


def step(name: str, action: str, target: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Return a step of a playbook; it says why even where it need not."""
    return {"id": name, "action": action, "target": dict(target), "irreversible": "a test made it", **more}


def grant(lab: Lab, path: str) -> None:
    """Let the role have exactly what ``runner permissions`` prints for a playbook, and nothing else."""
    printed = here(lab, "permissions", path, "--operator", ALICE, "--output", "json")
    assert printed.code == 0, printed.err
    iam = lab.client("iam")
    for name in iam.list_role_policies(RoleName="Teardown")["PolicyNames"]:
        iam.delete_role_policy(RoleName="Teardown", PolicyName=name)
    for number, document in enumerate(printed.data["roles"][0]["policies"]):
        iam.put_role_policy(RoleName="Teardown", PolicyName=f"printed-{number}", PolicyDocument=json.dumps(document))
