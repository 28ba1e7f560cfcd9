"""Rules on the way to AWS: where STS was reached, and how far this machine's clock is off. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from runner.errors import AwsCallFailed
from runner.guard.diagnosis import Seen, cannot_tell, ok, problem, seen_error

SKEW_LIMIT = 300.0
"""Seconds that a request's time may be off; S3 allows more. Source: IAM user guide, "Signing AWS API requests"."""
TOTP_TOLERANCE = 60.0
"""Seconds that a device's clock may be off: AWS was seen to accept codes two steps away. No AWS promise."""
_AWS_HOSTS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".api.amazonwebservices.com.cn")
_UNREACHABLE = frozenset({"<NoConnection>", "<NoProxy>", "<Tls>", "<NoEndpoint>"})


@dataclass(frozen=True)
class Knock:
    """Hold the answer to an unsigned request to STS; ``request_id`` is empty when something that is not AWS answered.

    ``before`` and ``after`` are this machine's time, ``theirs`` is the answer's ``Date``, in whole seconds.
    """

    endpoint: str
    proxy: str
    request_id: str
    before: datetime
    after: datetime
    theirs: datetime | None


def judge_knock(knock: Knock) -> Seen:
    """Say where STS was reached, and what stands in between."""
    through = f" through the proxy {knock.proxy}" if knock.proxy else ""
    host = urlsplit(knock.endpoint).hostname or ""
    is_aws = host.endswith(_AWS_HOSTS)
    where = f"{knock.endpoint}{through}"
    if not knock.request_id:
        return cannot_tell(
            f"something answers at {where}, but not as AWS does: without a request id",
            "check AWS_ENDPOINT_URL, the proxy, and whether the network wants a sign-in first",
        )
    if not is_aws:
        return ok(f"{where} answers", "this is not AWS: AWS_ENDPOINT_URL or the profile's endpoint_url leads there")
    if host.startswith("sts.amazonaws.com"):
        return ok(f"{where} answers", "this is the global endpoint, whose sessions opt-in regions do not take")
    return ok(f"{where} answers; it is the endpoint of the region")


def judge_silence(error: AwsCallFailed) -> Seen:
    """Say what it means that STS did not answer."""
    if error.answer.code in _UNREACHABLE:
        return problem("STS cannot be reached", error.hint, error.answer)
    return seen_error(error)


def judge_clock(knock: Knock, *, makes_codes: bool) -> Seen:
    """Compare this machine's clock with AWS's own ``Date``.

    ``makes_codes`` says that a command on this machine makes the MFA codes.
    """
    if knock.theirs is None:
        return cannot_tell("the answer of STS has no Date that can be read", "compare the clock by hand: `date -u`")
    skew = _skew(knock.before, knock.after, knock.theirs)
    said = (
        f"this machine is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} AWS"
        if skew
        else "it agrees with AWS"
    )
    said += f" (limit {SKEW_LIMIT:.0f} s; codes: about {TOTP_TOLERANCE:.0f} s)"
    if abs(skew) >= SKEW_LIMIT:
        return problem(f"{said}: AWS refuses every request", "set the clock (NTP)")
    if abs(skew) <= TOTP_TOLERANCE:
        return ok(said)
    if makes_codes:
        return problem(f"{said}: AWS refuses the codes that mfa_process makes here", "set the clock (NTP)")
    return ok(said, "set the clock (NTP); codes that are made on this machine would be refused")


def _skew(before: datetime, after: datetime, theirs: datetime) -> float:
    """Return how far this machine is ahead, in seconds; 0 when the request's duration explains the difference.

    ``Date`` is cut to the second, so AWS's time was up to one second later.
    """
    ahead = (before - theirs).total_seconds() - 1
    behind = (after - theirs).total_seconds()
    if ahead > 0:
        return ahead
    return min(behind, 0.0)
