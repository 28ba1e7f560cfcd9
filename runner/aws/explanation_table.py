"""The table of what answers of STS and IAM mean on the way to a role session with MFA; the first match wins.

AWS tells several causes with one code, so code *and* text decide. A row never claims to know more than AWS says: where
two causes share one text, both are named.

Source: recorded answers of AWS; STS API, "Common Errors"; IAM User Guide, "Troubleshoot IAM roles".
"""

from __future__ import annotations

from dataclasses import dataclass

from runner.aws.asked import ASSUME_ROLE, GET_CALLER_IDENTITY, GET_SESSION_TOKEN


@dataclass(frozen=True)
class Row:
    """Explain the answers with one of ``codes`` whose message matches ``text``; braces are words of `Asked`.

    ``text`` is a regular expression that is looked for in any case. An empty ``operation`` stands for every one.
    """

    codes: tuple[str, ...]
    what: str
    hint: str
    text: str = ""
    operation: str = ""
    on: str = "{user}"
    fresh_code_may_help: bool = False


_THROTTLED = (
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "InternalFailure",
    "InternalError",
    "500",
    "502",
    "503",
    "504",
)
_DENIED = ("AccessDenied", "AccessDeniedException")
_UNSIGNED = ("SignatureDoesNotMatch", "InvalidSignatureException")
_SKEWED = "this machine's clock is wrong: AWS allows five minutes of difference"
_SET_CLOCK = "set the clock (NTP); AWS's own time stands in its message"
_IN_BOTH = "must be allowed on the role twice, in a policy of the caller and in the role's trust policy"
_NOT_SENT = "nothing reached AWS"

ROWS: tuple[Row, ...] = (
    Row(
        _DENIED,
        "AWS did not accept the code: it is wrong, expired or was used before; the next one comes in {next_code} s",
        "give the next code; if that fails too, set the device's clock (AWS accepts about one minute of difference)",
        text="invalid MFA one time pass code",
        on="{serial}",
        fresh_code_may_help=True,
    ),
    Row(
        _DENIED,
        "AWS could not check a code of {serial} for {user}: either the device is not this user's, or it had too many "
        "tries",
        "compare the serial with the user's devices in IAM; if it is right, wait three minutes before the next code "
        "(a device that was registered just now needs about 15 seconds)",
        text="unable to validate MFA code",
        on="{serial}",
    ),
    Row(
        _DENIED,
        "the keys from {origin} are temporary: sts:GetSessionToken takes the long-term key of an IAM user only",
        "unset AWS_SESSION_TOKEN, or choose the user's own profile with --profile",
        text="Cannot call GetSessionToken with session credentials",
    ),
    Row(
        ("ExpiredToken", "ExpiredTokenException"),
        "the session from {user} is over",
        "make a new one where it came from, or use the long-term key of a user with a TOTP device: `--profile NAME`",
        operation=GET_CALLER_IDENTITY,
    ),
    Row(
        ("ExpiredToken", "ExpiredTokenException"),
        "the session is over",
        "start again with a new MFA code, with `--fresh-mfa` when the session was kept; `runner resume RUN` continues "
        "an interrupted run",
    ),
    Row(
        _UNSIGNED, _SKEWED, _SET_CLOCK, text="Signature expired|Signature not yet current|is now earlier|is still later"
    ),
    Row(("RequestExpired", "RequestTimeTooSkewed"), _SKEWED, _SET_CLOCK),
    Row(
        _UNSIGNED,
        "the secret key does not belong to access key {key}",
        "copy the secret key again, without spaces around it; a secret key cannot be read from AWS a second time",
    ),
    Row(
        ("InvalidClientTokenId",),
        "AWS does not know the session {key}, or not any more",
        "start again with a new MFA code, with `--fresh-mfa` when the session was kept; the user's access key may be "
        "deleted, or the region not be enabled in its account",
        operation=ASSUME_ROLE,
    ),
    Row(
        ("InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId"),
        "AWS does not know access key {key}",
        "the key is deleted or inactive, belongs to another partition (China, GovCloud), is temporary and lacks its "
        "token, or is a session's without MFA, which may call nothing of IAM: look at the user's access keys in IAM",
    ),
    Row(
        ("RegionDisabledException",),
        "STS is not active in {region} for this account",
        "use another region, or have an administrator activate STS there",
        on="{region}",
    ),
    Row(
        ("ValidationError",),
        "AWS refuses the duration: a role that is assumed with a session's credentials lasts one hour at most",
        "{seconds} seconds were asked for, 3600 is the most; the role is not assumed with the long-term key instead, "
        "because such a session carries no MFA context",
        text="1 hour session limit|role chaining",
        operation=ASSUME_ROLE,
        on="{role}",
    ),
    Row(
        ("ValidationError",),
        "AWS refuses the duration: the role's MaxSessionDuration is below the {seconds} seconds that were asked for",
        "ask for less, or raise the role's MaxSessionDuration (its least value is one hour)",
        text="MaxSessionDuration",
        operation=ASSUME_ROLE,
        on="{role}",
    ),
    Row(
        ("MalformedPolicyDocument", "MalformedPolicyDocumentException"),
        "AWS cannot read the session policy that runner made ({policy_size} characters)",
        "this is a bug in runner; please report it with the playbook",
        on="{role}",
    ),
    Row(
        ("ValidationError",),
        "the session policy is too large ({policy_size} of at most 2048 characters)",
        "split the step: fewer targets or calls at a time",
        text="at 'policy' failed to satisfy",
        operation=ASSUME_ROLE,
        on="{role}",
    ),
    Row(
        ("PackedPolicyTooLarge", "PackedPolicyTooLargeException"),
        "the session policy is too large once AWS packs it ({policy_size} of at most 2048 characters before packing)",
        "split the step: fewer targets or calls at a time; the percentage stands in AWS's message",
        on="{role}",
    ),
    Row(
        _DENIED,
        "AWS does not let {user} set session tags on {role}: sts:TagSession is not allowed",
        f"sts:TagSession {_IN_BOTH}, or take `assume.tags` out of the playbook; {{sent}}",
        text="perform: sts:TagSession",
        operation=ASSUME_ROLE,
        on="{role}",
    ),
    Row(
        _DENIED,
        "AWS does not let {user} set a source identity on {role}: sts:SetSourceIdentity is not allowed",
        f"sts:SetSourceIdentity {_IN_BOTH}, or take `assume.source_identity` out of the playbook; {{sent}}",
        text="perform: sts:SetSourceIdentity",
        operation=ASSUME_ROLE,
        on="{role}",
    ),
    Row(
        _DENIED,
        "AWS does not let {user} assume {role}",
        "{to_check}; {sent}",
        operation=ASSUME_ROLE,
        on="{role}",
    ),
    Row(
        _THROTTLED,
        "AWS is too busy or failing for the moment",
        "try again in a minute, with a fresh code",
    ),
    Row(
        ("<ParamValidation>", "ValidationError"),
        "an MFA code has six digits",
        "give the code that the device shows now",
        text="tokenCode",
        on="{serial}",
    ),
    Row(
        ("<ParamValidation>", "ValidationError"),
        "what runner asked for does not fit the API",
        "check the role's ARN, the serial and the session's name; AWS's message names the field",
    ),
    Row(
        ("<NoConnection>", "<NoProxy>", "<Tls>"),
        "STS or IAM in {region} cannot be reached",
        f"check the network, the proxy (HTTPS_PROXY, NO_PROXY), AWS_CA_BUNDLE and AWS_ENDPOINT_URL; {_NOT_SENT}",
        on="{region}",
    ),
    Row(
        ("<ReadTimeout>", "<AnswerLost>", "<AnswerUnreadable>"),
        "no answer came: the code may be used up",
        "wait for the next code ({next_code} s) and start again; runner never sends a code twice",
        operation=GET_SESSION_TOKEN,
        on="{serial}",
    ),
    Row(
        ("<ReadTimeout>", "<AnswerLost>", "<AnswerUnreadable>"),
        "no readable answer came from AWS",
        "check the network and AWS_ENDPOINT_URL, and start again",
    ),
)
