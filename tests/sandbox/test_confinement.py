"""The server keeps to itself: one port on the loopback, no processes, no calls, no files elsewhere."""

from __future__ import annotations

import io
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from runner.sandbox import confinement

LISTEN = "0A"


def _sockets(pid: int) -> dict[str, list[str]]:
    """Return the server's IP sockets by table, listening ones only for TCP, as the kernel shows them."""
    links = [str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir() if entry.exists()]
    inodes = {link[8:-1] for link in links if link.startswith("socket:[")}
    found = {}
    for table in ("tcp", "tcp6", "udp", "udp6"):
        rows = [line.split() for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]]
        found[table] = [row[1] for row in rows if row[9] in inodes and (row[3] == LISTEN or table.startswith("udp"))]
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_one_port_on_the_loopback(aws: Any) -> None:
    """Even services that would open ports of their own leave the one socket on 127.0.0.1."""
    keys = aws.keys("admin-prod")
    database = {
        "Engine": "postgres",
        "DBInstanceClass": "db.t3.micro",
        "MasterUsername": "a",
        "MasterUserPassword": "longenough",
    }
    aws.refusal("transfer", keys, "create_server")
    aws.refusal("iot", keys, "create_keys_and_certificate", setAsActive=True)
    aws.refusal("rds", keys, "create_db_instance", DBInstanceIdentifier="d", AllocatedStorage=20, **database)
    aws.refusal("elasticache", keys, "create_cache_cluster", CacheClusterId="c", Engine="redis")

    found = _sockets(aws.sandbox.pid)

    assert found == {"tcp": [f"0100007F:{aws.sandbox.port:04X}"], "tcp6": [], "udp": [], "udp6": []}


def test_server_starts_no_process(aws: Any) -> None:
    """A Lambda function can be made, but its worker process is refused."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("code.py", "def answer(event, context):\n    return 42\n")
    client = aws.client("lambda", aws.keys("admin-prod"))
    client.create_function(
        FunctionName="f",
        Runtime="python3.11",
        Role=aws.teardown,
        Handler="code.answer",
        Code={"ZipFile": archive.getvalue()},
    )

    answer = client.invoke(FunctionName="f")

    assert answer["FunctionError"]
    assert b"subprocess.Popen is refused" in answer["Payload"].read()


@pytest.mark.parametrize("event", sorted(confinement.FORBIDDEN))
def test_ports_processes_and_calls_are_refused(event: str) -> None:
    """Each of these events ends in a PermissionError."""
    with pytest.raises(PermissionError, match=event):
        confinement._refuse(event, ())


def test_everything_else_goes_on() -> None:
    """Files and imports are not the guard's business."""
    confinement._refuse("open", ("x", "r", 0))


def test_no_files_elsewhere(aws: Any) -> None:
    """None of ministack's own places in the temporary directory are used."""
    aws.client("s3", aws.keys("admin-prod")).put_object(Bucket=aws.bucket, Key="k", Body=b"x" * 100_000)

    assert not list(Path(tempfile.gettempdir()).glob("ministack*"))
