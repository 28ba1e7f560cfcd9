"""What points to a target from elsewhere: DNS records and CloudFront distributions of this account.

A record that is left behind leads people into nothing, or to whoever gets the name or address next. Looked at are the
hosted zones and distributions of the target's own account; those of other accounts, and DNS that others serve, are not.

Source: Amazon Route 53 developer guide, "Protection from dangling delegation records"; Amazon S3 user guide, "Virtual
hosting of buckets": S3 knows a bucket by the name that a browser asks for, so only records of that name lead to it.
"""

from __future__ import annotations

from runner.model.action import Blocker
from runner.model.call import Call, Each, Listing, P, Within

NAMES_CHECK = "no_dns_record_leads_to_it"
ORIGINS_CHECK = "no_distribution_reads_from_it"

DISTRIBUTIONS = "CloudFront distributions that read from it"
LISTED = Call("cloudfront:ListDistributions", resource="*")
RECORDS = "DNS records that lead to it"
RECORD = "arn:{partition}:route53:::hostedzone/{{Zone}}/recordset/{item}"
ZONES = Call("route53:ListHostedZones", resource="*")
ID = "Id: join('', [Name, '/', Type, SetIdentifier || ''])"
LEADS = "(Type=='A' || Type=='AAAA' || Type=='CNAME')"


def leading_to(host: Within) -> Blocker:
    """Return the records that lead to a host, by name or by address: its field ``Host``."""
    asked = Call("route53:ListResourceRecordSets", {"HostedZoneId": Each("Zone")}, resource="*")
    items = (
        f"ResourceRecordSets[?{LEADS}].{{{ID}, Targets: [[AliasTarget.DNSName], ResourceRecords[].Value][][] | [?@]}}"
    )
    zones = Within(ZONES, "HostedZones[].{Zone: Id}")
    return Blocker(Listing(RECORDS, asked, items, "Id", (host, zones), ("Targets", "Host")), RECORD, NAMES_CHECK)


def reading_from(host: Within) -> Blocker:
    """Return the distributions that have a host for an origin: its field ``Host``."""
    items = "DistributionList.Items[].{ARN: ARN, Targets: Origins.Items[].DomainName}"
    return Blocker(Listing(DISTRIBUTIONS, LISTED, items, "ARN", (host,), ("Targets", "Host")), check=ORIGINS_CHECK)


RECORDS_OF_A_BUCKET = Blocker(
    Listing(
        RECORDS,
        Call(
            "route53:ListResourceRecordSets",
            {"HostedZoneId": Each("Zone"), "StartRecordName": P("bucket")},
            resource="*",
        ),
        f"ResourceRecordSets[?{LEADS} && Name=='{{bucket}}.' && "
        "contains(to_string([AliasTarget.DNSName, ResourceRecords]), 's3')]"
        f".{{{ID}}}",
        "Id",
        (Within(ZONES, "HostedZones[?ends_with('.{bucket}.', join('', ['.', Name]))].{Zone: Id}"),),
    ),
    RECORD,
    NAMES_CHECK,
)
DISTRIBUTIONS_OF_A_BUCKET = Blocker(
    Listing(
        DISTRIBUTIONS, LISTED, "DistributionList.Items[?Origins.Items[?starts_with(DomainName, '{bucket}.s3')]]", "ARN"
    ),
    check=ORIGINS_CHECK,
)
