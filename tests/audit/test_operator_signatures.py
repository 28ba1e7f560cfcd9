"""Operators' signatures on checkpoints, by the real OpenSSH: what they show, and what is found when they do not fit."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from runner.audit.flaw import Kind
from runner.audit.late_signature import sign_ends, unsigned_ends
from runner.audit.log import open_ledger
from runner.audit.record import StepOpened
from runner.audit.signatories import Signatories
from runner.audit.signing import CHECKPOINTS
from runner.audit.ssh_keygen import CheckedVerifier, SshSigner
from runner.audit.verify import Broken, Verified, verify_ledger
from runner.cli.audit_sign import sign
from runner.errors import GuardRefused, LogUnwritable, NotApproved, UsageError
from runner.guard.allowed_signers import read_signers
from runner.model.ports import Clock, Ledger
from tests.approvals.people import ALICE_ARN, People, make_people

WholeRun = Callable[[Ledger], None]
FOR_CHECKPOINTS = f'namespaces="{CHECKPOINTS.namespace}"'


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    """Return people with keys."""
    return make_people(tmp_path_factory.mktemp("people"))


@pytest.fixture
def signed(directory: Path, clock: Clock, whole_run: WholeRun, people: People) -> Path:
    """Return a ledger with one run that Alice signed."""
    write_run(directory, clock, whole_run, signer(people))
    return directory


def signer(people: People, name: str = "alice") -> SshSigner:
    """Return somebody's key."""
    return SshSigner(people.key(name), os.environ, at_terminal=False)


def write_run(directory: Path, clock: Clock, whole_run: WholeRun, operator: SshSigner | None) -> None:
    """Write one whole run, signed by an operator or by none."""
    with open_ledger(directory, tool="runner 1", clock=clock, operator=operator) as ledger:
        whole_run(ledger)


def verify(directory: Path, *lines: str) -> Verified | Broken:
    """Verify the ledger with the signatures of people: by a list of these lines, or by none."""
    listed = read_signers("".join(lines).encode()) if lines else None
    return verify_ledger(directory, None, Signatories(CheckedVerifier(os.environ).verify, listed))


def found(flaws: Iterable[object]) -> str:
    """Return what is wrong in one text."""
    return " | ".join(str(getattr(flaw, "message", flaw)) for flaw in flaws)


def signatures(directory: Path) -> list[Path]:
    """Return the operators' signatures."""
    return sorted((directory / "checkpoints").glob("*.sig"))


def test_an_operator_signs_how_a_run_begins_and_ends(signed: Path, people: People) -> None:
    """Two signatures stand beside the log, and hold for the person who gave the MFA code, by the auditor's own list."""
    alice = people.line(f"alice@acme.example,{ALICE_ARN}", "alice", FOR_CHECKPOINTS)
    result = verify(signed, alice)

    assert isinstance(result, Verified), result
    assert (result.signatures, result.checkpoints, result.warnings) == (2, 2, ())
    assert [path.name for path in signatures(signed)] == [f"{2:020d}.sig", f"{12:020d}.sig"]


def test_stock_tools_verify_a_signature(signed: Path, people: People, tmp_path: Path) -> None:
    """The first three lines of a checkpoint are what ``ssh-keygen -Y verify`` takes; one other character is refused."""
    listed = tmp_path / "allowed_signers"
    listed.write_text(people.line(ALICE_ARN, "alice", FOR_CHECKPOINTS))
    signature = signatures(signed)[-1]
    text = b"".join(signature.with_suffix("").read_bytes().splitlines(keepends=True)[:3])
    argv = ("ssh-keygen", "-Y", "verify", "-n", CHECKPOINTS.namespace, "-I", ALICE_ARN, "-f", listed, "-s", signature)

    assert subprocess.run(argv, input=text, capture_output=True, check=False).returncode == 0
    assert subprocess.run(argv, input=text.replace(b"12", b"13"), capture_output=True, check=False).returncode != 0


def test_without_a_list_a_signature_still_has_to_fit(signed: Path) -> None:
    """Nobody says whose key it is; that it signed this very text is checked all the same."""
    assert isinstance(verify(signed), Verified)
    first, last = signatures(signed)
    last.write_bytes(first.read_bytes())
    result = verify(signed)

    assert isinstance(result, Broken)
    assert {flaw.kind for flaw in result.flaws} == {Kind.BAD_SIGNATURE}
    assert "OpenSSH does not accept it" in found(result.flaws)


@pytest.mark.parametrize(
    ("principals", "key", "options", "why"),
    [
        (ALICE_ARN, "bob", FOR_CHECKPOINTS, "is not listed"),
        ("bob@acme.example", "alice", FOR_CHECKPOINTS, f"is not listed for {ALICE_ARN}"),
        (ALICE_ARN, "alice", 'namespaces="git"', "does not list the key for checkpoints"),
        (ALICE_ARN, "alice", f'{FOR_CHECKPOINTS},valid-before="20260101"', "is not valid at this time"),
        ("arn:*", "alice", FOR_CHECKPOINTS, "could be several people"),
    ],
)
def test_whose_key_it_is(signed: Path, people: People, principals: str, key: str, options: str, why: str) -> None:
    """The key has to be the operator's by the auditor's list, for checkpoints, at the time of the run."""
    result = verify(signed, people.line(principals, key, options))

    assert isinstance(result, Broken)
    assert len(result.flaws) == 2
    assert why in found(result.flaws)


def test_a_signature_that_was_taken_away(signed: Path, people: People) -> None:
    """The log names the signature of the beginning, so that it is missed; without that of the end, that is said."""
    first, last = signatures(signed)
    kept = first.read_bytes()
    first.unlink()
    gone = verify(signed)
    first.write_bytes(signer(people, "mallory").sign(b"other", CHECKPOINTS.namespace))
    other = verify(signed)
    first.write_bytes(kept)
    last.unlink()
    unfinished = verify(signed)

    assert isinstance(gone, Broken)
    assert "signature over 2 lines is gone" in found(gone.flaws)
    assert isinstance(other, Broken)
    assert "signature over 2 lines is another one" in found(other.flaws)
    assert isinstance(unfinished, Verified)
    assert [warning.kind for warning in unfinished.warnings] == [Kind.NOT_SIGNED]


@pytest.mark.parametrize(
    ("content", "why"), [(b"nonsense", "cannot be read"), (b"", "cannot be read"), (None, "and not for checkpoints")]
)
def test_something_else_in_the_place_of_a_signature(
    signed: Path, people: People, content: bytes | None, why: str
) -> None:
    """What is no signature, or one for something else, is a flaw."""
    other = signer(people).sign(b"anything", "git") if content is None else content
    signatures(signed)[-1].write_bytes(other)
    result = verify(signed)

    assert isinstance(result, Broken)
    assert why in found(result.flaws)


def test_a_signature_over_the_middle_of_a_run(
    directory: Path, clock: Clock, whole_run: WholeRun, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only how a run begins and ends is signed by people; anything else was put there."""
    monkeypatch.setattr("runner.audit.signing.EVERY", 1)
    write_run(directory, clock, whole_run, None)
    middle = sorted((directory / "checkpoints").iterdir())[1]
    text = b"".join(middle.read_bytes().splitlines(keepends=True)[:3])
    Path(f"{middle}.sig").write_bytes(signer(people).sign(text, CHECKPOINTS.namespace))
    result = verify(directory)

    assert isinstance(result, Broken)
    assert "no run began or ended" in found(result.flaws)


def test_a_run_that_nobody_signed(directory: Path, clock: Clock, whole_run: WholeRun, people: People) -> None:
    """Signatures are the operator's choice; an auditor who gives a list is told which runs have none."""
    write_run(directory, clock, whole_run, None)
    asked = verify(directory, people.line(ALICE_ARN, "alice", FOR_CHECKPOINTS))

    assert verify(directory).warnings == ()
    assert isinstance(asked, Verified)
    assert [warning.kind for warning in asked.warnings] == [Kind.NOT_SIGNED]


class _Gone:
    """Be a key that signs as long as it is there."""

    def __init__(self, key: SshSigner, times: int) -> None:
        self._key, self._times = key, times

    def sign(self, message: bytes, namespace: str) -> bytes:
        """Sign, or refuse."""
        if not self._times:
            raise NotApproved("the key did not sign: it is gone", on="the agent", hint="put it back")
        self._times -= 1
        return self._key.sign(message, namespace)


def test_a_key_that_does_not_sign(directory: Path, clock: Clock, whole_run: WholeRun, people: People) -> None:
    """At the beginning nothing more is written, so nothing is done; at the end the run's records are all there."""
    for times, kinds in ((0, 2), (1, 12)):
        place = directory / str(times)
        key = _Gone(signer(people), times)
        with open_ledger(place, tool="runner 1", clock=clock, operator=key) as ledger:
            with pytest.raises(LogUnwritable, match="the log is not signed by its operator"):
                whole_run(ledger)
            with pytest.raises(LogUnwritable, match="takes no more records"):
                ledger.append(StepOpened("s", "a", "t"))
        result = verify(place)
        assert isinstance(result, Verified)
        assert result.records == kinds


def test_an_end_is_signed_later(directory: Path, clock: Clock, whole_run: WholeRun, people: People) -> None:
    """By the key that signed the beginning, and no other; then it counts as if it had been signed at once."""
    key = _Gone(signer(people), 1)
    with open_ledger(directory, tool="runner 1", clock=clock, operator=key) as ledger, pytest.raises(LogUnwritable):
        whole_run(ledger)
    waiting = unsigned_ends(directory)
    assert [(end.size, end.run) for end in waiting.ends] == [(12, ledger.run)]
    assert sign_ends(directory, waiting, signer(people, "bob")) == ()
    assert unsigned_ends(directory) == waiting
    assert sign_ends(directory, waiting, signer(people)) == waiting.ends
    result = verify(directory, people.line(ALICE_ARN, "alice", FOR_CHECKPOINTS))

    assert unsigned_ends(directory).ends == ()
    assert isinstance(result, Verified), result
    assert (result.signatures, result.warnings) == (2, ())


def test_a_log_that_does_not_hold_is_not_signed_later(signed: Path, people: People) -> None:
    """Nobody signs what was changed after it happened."""
    signatures(signed)[-1].unlink()
    segment = signed / "log" / "000000000000.jsonl"
    segment.write_bytes(
        segment.read_bytes().replace(b'"still there"', b'"gone"').replace(b'"attempt":1', b'"attempt":2')
    )

    with pytest.raises(GuardRefused, match="not intact"):
        sign_ends(signed, unsigned_ends(signed), signer(people))
    assert len(signatures(signed)) == 1


def test_the_command_signs_what_waits(
    signed: Path, people: People, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names the runs that it signed, asks for a key when none is named, and refuses another one."""
    monkeypatch.delenv("RUNNER_SIGN_LOG", raising=False)
    last = signatures(signed)[-1]
    last.unlink()
    with pytest.raises(UsageError, match="no key is named"):
        sign(log=signed)
    with pytest.raises(UsageError, match="nothing was signed"):
        sign(sign_log=str(people.key("bob")), log=signed)
    sign(sign_log=str(people.key("alice")), log=signed)
    sign(log=signed)

    assert last.exists()
    said = capsys.readouterr().err
    assert "signed by another key" in said
    assert "its end is signed" in said
    assert "no end of a run waits for a signature" in said
