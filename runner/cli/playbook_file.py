"""Read a playbook's file and say where its bytes came from.

- Git is asked, not trusted: `Source.dirty` compares the very bytes that are loaded with the blob in the commit, so no
  index, filter, hook or file-system monitor of the work tree has a say or is run. Symbolic links are followed first.
- Without git, or when it does not answer, the fields are empty: an unknown origin is shown as none.
- A remote's URL is kept without user, password, query and fragment, because it ends up in the audit log.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from runner.aws.service_models import BotocoreModels
from runner.cli.git import git_line
from runner.cli.plain_file import read_file
from runner.model.action import ActionType
from runner.model.fleet import Reviewed
from runner.model.playbook import Source
from runner.workflow.loading import MAX_BYTES, load

# With git's `helper::` before it, as in `codecommit::ap-northeast-1://repository`.
_SCHEME = re.compile(r"([A-Za-z0-9+-]+::)?[A-Za-z0-9+.-]+")
_HOST = re.compile(r"([^:\[\]]*|\[[0-9A-Fa-f:.]+\])(:[0-9]*)?")


def read_playbook(path: str, actions: Mapping[str, ActionType]) -> Reviewed:
    """Return the playbook in a file, for one account or several, strictly loaded.

    Raises:
        UsageError: when the file cannot be read.
        InvalidPlaybook: with every problem in it.
    """
    data = read_file(path, MAX_BYTES)
    return load(data, source_of(path, data), actions, BotocoreModels())


def source_of(path: str, data: bytes) -> Source:
    """Return where a file's bytes come from; what git does not know stays empty."""
    sha256 = hashlib.sha256(data).hexdigest()
    file = Path(path).resolve()
    commit = git_line(file.parent, "rev-parse", "--verify", "--quiet", "HEAD")
    if not commit:
        return Source(path, sha256)
    blob = git_line(file.parent, "rev-parse", "--verify", "--quiet", f"HEAD:./{file.name}")
    remote = git_line(file.parent, "config", "--get", "remote.origin.url")
    return Source(path, sha256, commit, without_credentials(remote), dirty=blob != _blob_id(data, len(commit)))


def _blob_id(data: bytes, digits: int) -> str:
    """Return git's id of these bytes, in the repository's own hash: 40 digits are SHA-1, 64 are SHA-256."""
    content = b"blob %d\0" % len(data) + data
    if digits == 64:  # noqa: PLR2004  # said above
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def without_credentials(url: str) -> str:
    """Return a remote's URL, scp-like address or path without user, password, query and fragment.

    What is not understood is left out as a whole: it could hold a password in an unexpected place.
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        scheme, rest = "", url
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    tail = rest[len(authority) :]
    host = authority.rpartition("@")[2]
    if separator:
        understood = _SCHEME.fullmatch(scheme) is not None and _HOST.fullmatch(host) is not None
    else:
        understood = "::" not in host
    is_path = not separator and not authority
    if not understood or ("@" in tail and not is_path):
        return ""
    return scheme + separator + host + re.split(r"[?#]", tail, maxsplit=1)[0]
