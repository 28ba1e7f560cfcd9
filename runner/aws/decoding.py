"""Open an encoded authorization message, which EC2 and a few other services send with a refusal."""

from __future__ import annotations

from collections.abc import Mapping

from runner.aws.clients import Connect, client
from runner.aws.config_files import read_files
from runner.aws.failures import AWS_FAILURES, translate
from runner.aws.operator import chosen_key
from runner.aws.region import STS_REGION, configured_region
from runner.errors import AwsAnswer, CredentialsRefused

_DECODE = "sts:DecodeAuthorizationMessage"
_ATTEMPTS = 3
_CLOSED = "the authorization message was not opened"
_HINT = (
    "allow sts:DecodeAuthorizationMessage to this identity; only one of the account whose request was refused can open "
    "the message: name its profile with --profile"
)


class Decoder:
    """Open messages with the key of a profile; no MFA is needed for that, and nothing is changed."""

    def __init__(self, profile: str | None, environ: Mapping[str, str], connect: Connect = client) -> None:
        self._profile = profile
        self._environ = environ
        self._connect = connect

    def decode(self, encoded: str) -> str:
        """Return the message as AWS's JSON text.

        Raises:
            CredentialsRefused: when there is no key, or AWS does not open the message for it.
        """
        key, choice = chosen_key(self._profile, self._environ)
        origin = choice.origin
        region = configured_region(read_files(self._environ), self._environ, choice.profile) or STS_REGION
        sts = self._connect("sts", region, key, attempts=_ATTEMPTS)
        try:
            answer = sts.decode_authorization_message(EncodedMessage=encoded)
        except AWS_FAILURES as error:
            answered = translate(error, _DECODE, origin).answer
            raise CredentialsRefused(_CLOSED, on=origin, hint=_HINT, aws=answered) from error
        decoded = answer.get("DecodedMessage")
        if isinstance(decoded, str):
            return decoded
        raise CredentialsRefused(_CLOSED, on=origin, hint=_HINT, aws=AwsAnswer(_DECODE, "<AnswerUnreadable>", ""))
