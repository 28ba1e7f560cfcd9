"""DNS records, hosted zones and access points end to end."""

from __future__ import annotations

import json
import os
from typing import Any
from unittest import mock

from runner.aws.clients import client
from runner.model.session import Credentials, Secret
from tests.conftest import BUCKET, Lab
from tests.e2e.catalogue import ACCOUNT, REGION, Trial, step, told
from tests.e2e.driving import here


def born(lab: Lab) -> str:
    """Make a zone with a record and a weighted one, and an access point; return the zone's id."""
    dns = lab.client("route53")
    zone: str = dns.create_hosted_zone(Name="old.acme.example", CallerReference="a")["HostedZone"]["Id"]
    zone = zone.rpartition("/")[2]
    plain = {"Name": "www.old.acme.example", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    weighted = {**plain, "Name": "api.old.acme.example", "SetIdentifier": "blue", "Weight": 10}
    changes = [{"Action": "CREATE", "ResourceRecordSet": record} for record in (plain, weighted)]
    dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    keys = lab.keys("admin-prod")
    owner = Credentials(keys["aws_access_key_id"], Secret(keys["aws_secret_access_key"]))
    # Ours, because botocore alone puts the account before an address.
    with mock.patch.dict(os.environ, lab.environment(), clear=True):
        points = client("s3control", REGION, owner)
    points.create_access_point(AccountId=ACCOUNT, Name="old-reports", Bucket=BUCKET)
    return zone


def steps(zone: str, name: str = "old.acme.example") -> tuple[dict[str, Any], ...]:
    """Return steps that delete everything."""
    api = {"zone": zone, "name": "api.old.acme.example", "type": "A", "set_identifier": "blue"}
    return (
        step("www", "route53.delete_record", {"zone": zone, "name": "www.old.acme.example", "type": "A"}),
        step("api", "route53.delete_record", api),
        step("zone", "route53.delete_hosted_zone", {"zone": zone, "name": name}, needs=["www", "api"]),
        step("point", "s3control.delete_access_point", {"access_point": "old-reports"}),
    )


def test_records_zones_and_access_points_are_deleted_in_order(lab: Lab) -> None:
    """Each is refused without MFA, seen gone, and already gone the next time; the plan keeps what records held."""
    tried = Trial(lab, steps(born(lab))).run()

    assert set(tried.states.values()) == {"gone"}
    assert set(tried.states_again.values()) == {"already gone"}


def test_what_the_zone_needs_or_holds_is_refused(lab: Lab) -> None:
    """A zone with records, one of another name, and its own name servers are refused with what stands in the way."""
    zone = born(lab)
    own = step("own", "route53.delete_record", {"zone": zone, "name": "old.acme.example", "type": "NS"})
    left = {**steps(zone)[2], "needs": []}
    other = {**steps(zone, "acme.example")[2], "id": "other", "needs": []}
    told_of = []
    for one in ((own, left), (other,)):
        path = Trial(lab, one).write()
        planned = here(lab, "plan", path, "--output", "json", code=lab.sandbox.code())
        assert planned.code == 3
        told_of.append(json.dumps(told(planned)))

    assert "these are the zone's own name servers" in told_of[0]
    assert f"hostedzone/{zone}/recordset/www.old.acme.example./A" in told_of[0]
    assert "it is the zone of old.acme.example." in told_of[1]
