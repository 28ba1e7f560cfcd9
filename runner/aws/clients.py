"""The one place that makes botocore clients.

Rules:

- Credentials are handed in. botocore's own search (environment, instance metadata, SSO caches) is cut off, so a call
  can never be signed by somebody else than the session it was planned for.
- A request goes to the region it was planned for, as often as ``attempts`` says and not once more: botocore's silent
  second request to another S3 region is switched off.
- Endpoint, CA bundle, proxy and FIPS settings are the operator's, read as botocore reads them: from the environment
  and from the profile chosen by `use_profile`.
- botocore's DEBUG log prints codes, tokens and secret keys, so it is dropped whatever level somebody sets.
- One botocore session serves the process, because it caches the service models. Making a client is not thread safe
  and stands under a lock; using one is.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import MutableMapping
from functools import cache
from typing import Any, Protocol, TypeAlias
from urllib.parse import urlsplit, urlunsplit

import botocore.session
from botocore import UNSIGNED
from botocore.config import Config
from botocore.credentials import CredentialResolver
from botocore.exceptions import BotoCoreError
from botocore.tokens import TokenProviderChain

from runner import __version__
from runner.aws.strict_parsers import StrictParserFactory
from runner.errors import UsageError
from runner.model.session import Credentials

CONNECT_TIMEOUT = 10.0
"""Seconds until a connection counts as impossible."""
READ_TIMEOUT = 60.0
"""Seconds of silence after which an answer counts as lost."""
MAX_CONNECTIONS = 64
"""Connections kept open per client: more than any number of threads that a sweep uses."""

Client: TypeAlias = Any
"""A botocore client; botocore publishes no types."""


class Connect(Protocol):
    """Make a client; `client` does, and tests hand in clients that answer from a script."""

    def __call__(self, service: str, region: str, credentials: Credentials | None, *, attempts: int) -> Client:
        """Return a client of a service in a region."""
        ...


_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}(:\d+)?", re.ASCII)

_lock = threading.Lock()
_sessions: dict[str | None, Any] = {}
_chosen: list[str | None] = [None]


def use_profile(profile: str | None) -> None:
    """Take endpoint, CA bundle, proxy and FIPS settings of later clients from this profile.

    None leaves the choice to botocore (``AWS_PROFILE``, then ``default``). Credentials never come from here.
    """
    with _lock:
        _chosen[0] = profile


def client(
    service: str,
    region: str,
    credentials: Credentials | None,
    *,
    attempts: int = 1,
    user_agent_extra: str = "",
    connect_timeout: float = CONNECT_TIMEOUT,
    read_timeout: float = READ_TIMEOUT,
) -> Client:
    """Make a client that signs with ``credentials``, or that signs nothing when they are None.

    ``attempts`` counts every request of one call, the first included. Timeouts are seconds.

    Raises:
        UsageError: when the operator's settings make a client impossible, for example a malformed ``AWS_ENDPOINT_URL``.
    """
    config = Config(
        user_agent=_agent(),
        user_agent_extra=f"guarded-runner/{__version__} {user_agent_extra}".strip(),
        connect_timeout=connect_timeout,
        read_timeout=read_timeout,
        retries={"total_max_attempts": attempts, "mode": "standard"},
        tcp_keepalive=True,
        max_pool_connections=MAX_CONNECTIONS,
        # "auto" would ask the instance metadata service which region this is.
        defaults_mode="legacy",
        signature_version=UNSIGNED if credentials is None else None,
    )
    with _lock:
        try:
            made = _session(_chosen[0]).create_client(service, region, config=config, **_keys(credentials))
        except (BotoCoreError, ValueError) as error:
            raise UsageError(
                f"no client for {service} can be made: {error}",
                on=region,
                hint="check the region, AWS_ENDPOINT_URL, AWS_CA_BUNDLE and the profile in the AWS config file",
            ) from error
        _drop_debug_log()
    made.meta.events.register_last("before-parameter-build.s3", _stay_in_region)
    made.meta.events.register_first("before-sign.s3-control", _no_label_before_an_address)
    return made


@cache
def _agent() -> str:
    """Return how botocore names itself; left to do so, it puts the name together anew for every request, twice."""
    return str(botocore.session.Session().user_agent())


def _keys(credentials: Credentials | None) -> dict[str, str | None]:
    if credentials is None:
        return {}
    return {
        "aws_access_key_id": credentials.access_key,
        "aws_secret_access_key": credentials.secret.reveal(),
        "aws_session_token": credentials.token.reveal() if credentials.token is not None else None,
    }


def _session(profile: str | None) -> Any:
    if profile not in _sessions:
        session = botocore.session.Session(profile=profile)
        session.register_component("credential_provider", CredentialResolver(providers=[]))
        session.register_component("token_provider", TokenProviderChain(providers=()))
        session.register_component("response_parser_factory", StrictParserFactory())
        # Tokens of the global endpoint are not valid in opt-in regions; those of a regional endpoint are everywhere.
        session.set_config_variable("sts_regional_endpoints", "regional")
        _sessions[profile] = session
    return _sessions[profile]


def _stay_in_region(context: MutableMapping[str, Any], **_: object) -> None:
    """Tell botocore's redirector that it has redirected already, after it made its note and before the request."""
    context.setdefault("s3_redirect", {})["redirected"] = True


def _no_label_before_an_address(request: Any, **_: object) -> None:
    """Take the account's label off a host that is an IP address: no name server knows ``222222222222.127.0.0.1``.

    S3 Control puts it before every host, also before the address of an endpoint of the operator's own. The account
    stands in a header too.
    """
    parts = urlsplit(request.url)
    label, _dot, host = parts.netloc.partition(".")
    if _ACCOUNT.fullmatch(label) and _ADDRESS.fullmatch(host):
        request.url = urlunsplit(parts._replace(netloc=host))


def _drop_debug_log() -> None:
    """Drop DEBUG records of every botocore module loaded so far; filters are not inherited by child loggers."""
    for name in tuple(logging.root.manager.loggerDict):
        if name == "botocore" or name.startswith("botocore."):
            logging.getLogger(name).addFilter(_above_debug)


def _above_debug(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG
