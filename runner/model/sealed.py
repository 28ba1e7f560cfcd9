"""The sealed plan: one file that holds a reviewed plan whole, so that exactly this is what can be applied, once.

Two digests stand in it:

- ``plan_sha256`` is the plan's own (`Plan.digest`). It covers what reviewers judge: every target with its pin, the
  digests of the facts, census, calls, verdicts, limits, findings, recovery, and the playbook's digest. It holds no time
  and no nonce, so that the same world gives the same plan, and a phrase that confirmed it once is good as long as
  nothing changed.
- ``seal_sha256`` covers all of the file but itself: the plan, its digest, the playbook's text, git's commit, the facts
  behind the digests, and what makes this sealing one of its kind: nonce, time, expiry, runner's version. An approval is
  for this digest, so that it is good for this sealing and for no other of the same plan.

Both find accidents and edits; neither keeps out somebody who computes them anew. That is what the signatures of an
approval are for, and `runner apply`, which plans again from the playbook's text and compares.

The bytes are canonical JSON and a newline: a file that was written in any other way is refused.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from runner.errors import GuardRefused, UsageError
from runner.model.canonical import Json, NotCanonical, decode, digest, encode
from runner.model.plan import FORMAT as PLAN_FORMAT
from runner.model.plan import Plan
from runner.model.plan_reading import read_plan
from runner.model.playbook import Source
from runner.model.shape import Shape, WrongShape

FORMAT = "runner-sealed-plan/1"
NONCE_BYTES = 16
MAX_BYTES = 64 * 1024 * 1024
"""The longest file that is read; a plan of 1,000 steps with full bucket policies is below it."""

_NONCE = re.compile(f"[0-9a-f]{{{2 * NONCE_BYTES}}}")
_MAKE_ANEW = "make a new one with `runner plan PLAYBOOK -o FILE`, and have that one reviewed"


@dataclass(frozen=True)
class SealedPlan:
    """Hold a plan with the playbook that it was made from, and what makes this sealing one of its kind."""

    plan: Plan
    playbook: str
    """The playbook's text; its digest is ``plan.source.sha256``."""
    nonce: str
    """Random, 32 hexadecimal digits; the audit log tells by it whether the plan was used."""
    created: datetime
    expires: datetime | None
    """UTC, whole seconds, as ``created``; None when only the playbook's own window ends it."""
    runner: str
    """The version that made it."""
    file: str = field(default="", compare=False)
    """Where it was read from."""

    @property
    def digest(self) -> str:
        """The plan's own digest."""
        return self.plan.digest

    @property
    def seal(self) -> str:
        """The digest of the whole file but itself."""
        return digest(self._body())

    def to_data(self) -> dict[str, Json]:
        """Return the file's content."""
        body = self._body()
        return {**body, "seal_sha256": digest(body)}

    def to_bytes(self) -> bytes:
        """Return the file's bytes."""
        return encode(self.to_data()) + b"\n"

    def _body(self) -> dict[str, Json]:
        source = self.plan.source
        return {
            "format": FORMAT,
            "plan": self.plan.to_data(),
            "plan_sha256": self.plan.digest,
            "playbook": {
                "text": self.playbook,
                "path": source.path,
                "commit": source.commit,
                "remote": source.remote,
                "dirty": source.dirty,
            },
            "guardrails": None if self.plan.guardrails is None else {"path": self.plan.guardrails.path},
            "evidence": {step.id: dict(step.evidence) for step in self.plan.steps},
            "nonce": self.nonce,
            "created": moment(self.created),
            "expires": None if self.expires is None else moment(self.expires),
            "runner": self.runner,
        }


def moment(time: datetime) -> str:
    """Return a time as plan files write it: UTC, whole seconds, ``2026-12-01T08:00:00Z``."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_sealed(content: bytes, path: str) -> SealedPlan:
    """Return the plan that a file holds; ``path`` is the file that errors name.

    1. The bytes are canonical JSON of a format that this version knows. 2. Every digest in it holds. 3. It holds a
    plan, and nothing that this version does not know.

    Raises:
        UsageError: when it is no sealed plan, or one of another version.
        GuardRefused: when it was changed after it was sealed, with what was changed.
    """
    data = _decoded(content, path)  # 1
    changed = _changed(data)  # 2
    if changed:
        raise GuardRefused(f"this plan was changed after it was sealed: {'; '.join(changed)}", on=path, hint=_MAKE_ANEW)
    try:
        sealed = _sealed(Shape(data, "file"), path)  # 3
    except WrongShape as error:
        raise UsageError(f"this is not a plan of this version of runner: {error}", on=path, hint=_MAKE_ANEW) from error
    if sealed.to_bytes() != content:
        what = "this plan's end is missing, or it holds something that this version of runner does not know"
        raise UsageError(what, on=path, hint=_MAKE_ANEW)
    return sealed


def _decoded(content: bytes, path: str) -> Mapping[str, Json]:
    try:
        data = decode(content.removesuffix(b"\n"))
    except NotCanonical as error:
        what = f"this is not a sealed plan as runner writes it: {error}"
        raise UsageError(what, on=path, hint=f"a plan is taken byte for byte; {_MAKE_ANEW}") from error
    form = data.get("format") if isinstance(data, Mapping) else None
    if not (isinstance(data, Mapping) and form == FORMAT):
        hint = _MAKE_ANEW if form == PLAN_FORMAT else f"this version of runner reads {FORMAT}; {_MAKE_ANEW}"
        found = "its format is unknown" if form is None else f"its format is {form!r}"
        raise UsageError(f"this is not a sealed plan: {found}", on=path, hint=hint)
    return data


def _changed(data: Mapping[str, Json]) -> tuple[str, ...]:
    """Return which parts are not what their digests say; the rest of the file when no part can be named."""
    body = {name: value for name, value in data.items() if name != "seal_sha256"}
    changed: list[str] = []
    plan, playbook = data.get("plan"), data.get("playbook")
    if isinstance(plan, Mapping):
        if digest(plan) != data.get("plan_sha256"):
            changed.append("the plan is not what plan_sha256 says")
        source = plan.get("playbook")
        text = playbook.get("text") if isinstance(playbook, Mapping) else None
        if isinstance(text, str) and isinstance(source, Mapping) and _sha256(text) != source.get("sha256"):
            changed.append("the playbook's text is not the one that was planned")
        changed += _changed_facts(plan, data.get("evidence"))
    if not changed and digest(body) != data.get("seal_sha256"):
        changed.append("the file is not what seal_sha256 says")
    return tuple(changed)


def _changed_facts(plan: Mapping[str, Json], evidence: Json) -> list[str]:
    changed: list[str] = []
    steps = plan.get("steps")
    for step in steps if isinstance(steps, list) else ():
        facts = step.get("facts") if isinstance(step, Mapping) else None
        named = step.get("id") if isinstance(step, Mapping) else None
        shown = evidence.get(str(named)) if isinstance(evidence, Mapping) else None
        for name, found in shown.items() if isinstance(shown, Mapping) else ():
            if isinstance(facts, Mapping) and digest(found) != facts.get(name):
                changed.append(f"the evidence for {name} of step {named} is not what its digest says")
    return changed


def _sealed(file: Shape, path: str) -> SealedPlan:
    playbook, evidence, floor = file.shape("playbook"), file.shape("evidence"), file.shape_or_none("guardrails")
    source = Source(
        path=playbook.text("path"),
        sha256=_sha256(playbook.text("text")),
        commit=playbook.text("commit"),
        remote=playbook.text("remote"),
        dirty=playbook.flag("dirty"),
    )
    facts = {step: dict(_items(evidence.shape(step))) for step in evidence.names}
    return SealedPlan(
        plan=read_plan(file.shape("plan"), source, facts, "" if floor is None else floor.text("path")),
        playbook=playbook.text("text"),
        nonce=_nonce(file),
        created=_time(file, "created"),
        expires=None if file.value("expires") is None else _time(file, "expires"),
        runner=file.text("runner"),
        file=path,
    )


def _items(shape: Shape) -> tuple[tuple[str, Json], ...]:
    return tuple((name, shape.value(name)) for name in shape.names)


def _nonce(file: Shape) -> str:
    found = file.text("nonce")
    if _NONCE.fullmatch(found) is None:
        raise file.wrong("nonce", f"{2 * NONCE_BYTES} hexadecimal digits")
    return found


def _time(file: Shape, key: str) -> datetime:
    try:
        return datetime.strptime(file.text(key), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise file.wrong(key, "a time like 2026-12-01T08:00:00Z") from error


def _sha256(text: str) -> str:
    # The bytes were canonical JSON, so the text has no lone surrogate.
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
