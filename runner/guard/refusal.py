"""Read what AWS says when it refuses: who, which action, on what, and which kind of policy decided. Pure.

The text may be AWS's own message, what the AWS CLI or botocore makes of it, S3's XML, or runner's own ``aws:`` line,
and a terminal may have wrapped it. A part that the text does not hold is empty, never guessed.

Source: IAM user guide, "Troubleshoot access denied error messages"; STS API, ``DecodeAuthorizationMessage``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from runner.errors import AwsAnswer
from runner.guard.hints import Layer, refusing_layer

_CODE = re.compile(
    r"An error occurred \((?:Client\.)?(?P<cli>[\w.-]+)\) when calling the (?P<operation>\w+) operation"
    r"|<Code>(?P<xml>[\w.-]+)</Code>"
    r"|(?<![\w:-])(?P<api>[a-z][a-z0-9-]*:[A-Z]\w+): (?P<ours>[A-Za-z0-9][\w.]*|<\w+>)(?=:|$| \()"
)
_WHO = re.compile(
    r"User: (?P<principal>\S+) is not authorized to perform: (?P<action>[A-Za-z0-9-]+:\w+)"
    r"(?: on resource: (?P<resource>.+?))?"
    r"(?= with an explicit deny| because no |\. Encoded |</Message>| \(request |$)"
)
_POLICY = re.compile(r"(?:policy|boundary): (?P<arn>arn:aws[\w-]*:\S+)")
# A terminal breaks the encoded text into full lines; what follows the last of them is no part of it.
_ENCODED = re.compile(r"Encoded authorization failure message:\s*(?P<text>(?:[\w-]{40,}\n\s*)*[\w-]{16,})", re.ASCII)
_STS = frozenset({"AssumeRole", "GetSessionToken", "GetCallerIdentity"})


@dataclass(frozen=True)
class Refusal:
    """Hold what is known of a call that AWS refused; ``words`` are AWS's own, on one line.

    ``policy`` is the ARN of the policy that decided, which AWS adds within an account or organisation. ``encoded`` is
    an authorization message that ``sts:DecodeAuthorizationMessage`` opens.
    """

    words: str
    code: str = ""
    operation: str = ""
    """``service:Operation``, without the service when the text does not name it."""
    principal: str = ""
    action: str = ""
    resource: str = ""
    layer: Layer | None = None
    policy: str = ""
    encoded: str = ""

    @property
    def is_understood(self) -> bool:
        """Whether the text holds anything that AWS says of a failed call."""
        return bool(self.code or self.action or self.layer or self.encoded)

    @property
    def answer(self) -> AwsAnswer:
        """The refusal as other rules read it."""
        return AwsAnswer(self.operation, self.code, self.words)


def read_refusal(text: str) -> Refusal:
    """Return what a text says of a refused call."""
    words = " ".join(text.split()).removeprefix("aws: ")
    code, operation = _code(words)
    who = _WHO.search(words)
    encoded = _ENCODED.search(text)
    layer = refusing_layer(words)
    return Refusal(
        words=words,
        code=code or ("AccessDenied" if who or layer else ""),
        operation=operation,
        principal=who["principal"] if who else "",
        action=who["action"] if who else "",
        resource=(who["resource"] or "").strip('"') if who else "",
        layer=layer,
        policy=_policy(words) if layer else "",
        encoded="".join(encoded["text"].split()) if encoded else "",
    )


def refusal_of(answer: AwsAnswer) -> Refusal:
    """Return what an answer of AWS says, whose code and operation are known."""
    read = read_refusal(answer.message)
    words = f"{answer.code}: {answer.message}" if answer.message else answer.code
    return Refusal(
        words=words,
        code=answer.code,
        operation=answer.operation,
        principal=read.principal,
        action=read.action,
        resource=read.resource,
        layer=read.layer,
        policy=read.policy,
        encoded=read.encoded,
    )


def _code(words: str) -> tuple[str, str]:
    found = _CODE.search(words)
    if found is None:
        return "", ""
    operation = found["operation"] or found["api"] or ""
    return found["cli"] or found["xml"] or found["ours"], f"sts:{operation}" if operation in _STS else operation


def _policy(words: str) -> str:
    """Return the ARN that stands last: a resource's name, which could quote the phrase, stands before it."""
    found = _POLICY.findall(words)
    return found[-1].rstrip(".,;)") if found else ""
