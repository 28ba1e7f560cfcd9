"""What leads to a bucket, a load balancer or an address from elsewhere refuses its deletion until it is gone, too."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from tests.conftest import Lab
from tests.e2e.catalogue import REGION, Trial, step, told
from tests.e2e.driving import here, phrase
from tests.e2e.test_catalog_compute import load_balancer

SITE = "www.acme.example"
WEBSITE = f"s3-website-{REGION}.amazonaws.com"


@dataclass(frozen=True)
class Site:
    """Hold a website's things: a bucket of its name, a load balancer and an address, and the zone that leads there."""

    zone: str
    balancer: str
    address: str
    distribution: str

    def steps(self) -> tuple[dict[str, Any], ...]:
        """Return steps that delete the three."""
        return (
            step("bucket", "s3.delete_bucket", {"bucket": SITE}),
            step(
                "balancer",
                "elbv2.delete_load_balancer",
                {"load_balancer": self.balancer},
                unprotect=["DeletionProtection"],
            ),
            step("address", "ec2.release_address", {"address": self.address}),
        )

    def record(self, name: str, kind: str) -> str:
        """Return a record's ARN."""
        return f"arn:aws:route53:::hostedzone/{self.zone}/recordset/{name}.acme.example./{kind}"


def born(lab: Lab) -> Site:
    """Make a website, and another one beside it that nothing here is about."""
    zone = lab.client("route53").create_hosted_zone(Name="acme.example", CallerReference="a")["HostedZone"]["Id"]
    lab.client("s3").create_bucket(Bucket=SITE, CreateBucketConfiguration={"LocationConstraint": REGION})
    balancer = load_balancer(lab, "orders")
    (described,) = lab.client("elbv2").describe_load_balancers(Names=["orders"])["LoadBalancers"]
    address = lab.client("ec2").allocate_address(Domain="vpc")
    alias = {"HostedZoneId": "Z2M4EHUR26P7ZW", "EvaluateTargetHealth": False}
    records: list[dict[str, Any]] = [
        {"Name": SITE, "Type": "A", "AliasTarget": {**alias, "DNSName": f"{WEBSITE}."}},
        {"Name": "other.acme.example", "Type": "A", "AliasTarget": {**alias, "DNSName": f"{WEBSITE}."}},
        {"Name": "api.acme.example", "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": described["DNSName"]}]},
        {"Name": "api2.acme.example", "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": "x.amazonaws.com"}]},
        {"Name": "ssh.acme.example", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": address["PublicIp"]}]},
        {"Name": "ftp.acme.example", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]},
    ]
    changes = [{"Action": "CREATE", "ResourceRecordSet": record} for record in records]
    lab.client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    return Site(zone.rpartition("/")[2], balancer, address["AllocationId"], distribution(lab, described["DNSName"]))


def distribution(lab: Lab, balancer: str) -> str:
    """Make a CloudFront distribution that reads from the bucket and the load balancer; return its ARN."""
    domains = (f"{SITE}.s3.{REGION}.amazonaws.com", balancer)
    origins = [{"Id": name, "DomainName": name} for name in domains]
    config = {
        "CallerReference": "a",
        "Comment": "",
        "Enabled": False,
        "Origins": {"Quantity": len(origins), "Items": origins},
        "DefaultCacheBehavior": {"TargetOriginId": domains[0], "ViewerProtocolPolicy": "allow-all"},
    }
    made = lab.client("cloudfront").create_distribution(DistributionConfig=config)["Distribution"]
    return str(made["ARN"])


def test_what_leads_to_a_target_is_named_and_goes_first(lab: Lab) -> None:
    """Records and distributions that lead to a target are named by ARN; steps before it take the records away."""
    site = born(lab)
    planned = here(lab, "plan", Trial(lab, site.steps()).write(), "--output", "json", code=lab.sandbox.code())

    assert planned.code == 3
    findings = told(planned)
    leads = {"bucket": site.record("www", "A"), "balancer": site.record("api", "CNAME")}
    for name, record in {**leads, "address": site.record("ssh", "A")}.items():
        assert f"DNS records that lead to it: {record} " in f"{findings[name]} "
        assert (f"read from it: {site.distribution} " in f"{findings[name]} ") == (name in leads)
    cdn = lab.client("cloudfront")
    (tag,) = (
        cdn.get_distribution(Id=one["Id"])["ETag"] for one in cdn.list_distributions()["DistributionList"]["Items"]
    )
    cdn.delete_distribution(Id=site.distribution.rpartition("/")[2], IfMatch=tag)
    lab.sandbox.advance(60)
    names = (("www", "A", "bucket"), ("api", "CNAME", "balancer"), ("ssh", "A", "address"))
    records = tuple(
        step(name, "route53.delete_record", {"zone": site.zone, "name": f"{name}.acme.example", "type": kind})
        for name, kind, _ in names
    )
    needs = {target: name for name, _, target in names}
    steps = tuple({**one, "needs": [needs[one["id"]]]} for one in site.steps())

    assert set(Trial(lab, (*records, *steps)).run().states.values()) == {"gone"}


@pytest.mark.parametrize("accepted", [False, True])
def test_names_that_nobody_may_list_are_unknown(lab: Lab, accepted: bool) -> None:
    """A role that may not look into Route 53 is refused, unless the reviewers accept that nobody looked."""
    lab.client("s3").create_bucket(Bucket=SITE, CreateBucketConfiguration={"LocationConstraint": REGION})
    reasons = ({"check": "no_dns_record_leads_to_it", "reason": "our names stand elsewhere"},) if accepted else ()
    trial = Trial(lab, (step("bucket", "s3.delete_bucket", {"bucket": SITE}),), accept_unknown=reasons)
    path = trial.write()
    deny = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "route53:*", "Resource": "*"}}
    lab.client("iam").put_role_policy(RoleName="Teardown", PolicyName="deny", PolicyDocument=json.dumps(deny))
    if not accepted:
        planned = here(lab, "plan", path, "--output", "json", code=lab.sandbox.code())
        assert planned.code == 3
        assert "route53:ListHostedZones" in told(planned)["bucket"]
        return

    assert trial.apply(path, "--confirm", phrase(lab, lab.directory / "catalogue.yaml")).code == 0
