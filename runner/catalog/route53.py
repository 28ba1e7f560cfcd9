"""Route 53: records and hosted zones. A record is deleted by naming all that it holds, so that is read first.

What AWS cannot tell is who still delegates to a zone: a parent that does lets whoever makes the next zone with its name
servers answer for it. Look at the parent's NS records first.
"""

from __future__ import annotations

from collections.abc import Mapping

from runner.catalog.answers import at, flag_is_off, listed, picked, unread
from runner.model.action import ActionType, Answer, Blocked, Blocker, Facts, Ok, Param, Pin, Present, Recovery
from runner.model.call import Args, Call, Each, Effect, Listing, P, Sweep
from runner.model.canonical import Json
from runner.model.sighting import InPlace, Sighting, Unclear

DOMAIN = r"(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*"
ZONE_ID = Param("zone", r"Z[A-Z0-9]{1,31}", "the id of a hosted zone, without /hostedzone/")
ZONE_NAME = Param("name", DOMAIN, "the domain of the zone, without the last dot")
RECORD_NAME = Param("name", DOMAIN, "the whole name of the record, without the last dot")
TYPE = Param(
    "type",
    # Without SOA: the one that there is belongs to the zone.
    r"A|AAAA|CAA|CNAME|DS|HTTPS|MX|NAPTR|NS|PTR|SPF|SRV|SSHFP|SVCB|TLSA|TXT",
    "the type of the record: A, CNAME, TXT …",
)
SET = Param("set_identifier", r"[\w. -]{0,128}", "the set identifier, where several records share the name", default="")

ZONE = "arn:{partition}:route53:::hostedzone/{zone}"
GONE = ("NoSuchHostedZone",)
GET_ZONE = Call("route53:GetHostedZone", {"Id": P("zone")}, absent=GONE, resource=ZONE)
TAGS = Call(
    "route53:ListTagsForResource",
    {"ResourceType": "hostedzone", "ResourceId": P("zone")},
    resource=ZONE,
    query="{Tags: ResourceTagSet.Tags}",
)

FROM_THE_RECORD: Args = {"HostedZoneId": P("zone"), "StartRecordName": P("name"), "StartRecordType": P("type")}
EXACT = "ResourceRecordSets[?Name=='{name}.' && Type=='{type}' && (SetIdentifier || '')=='{set_identifier}']"
RECORD = Call(
    "route53:ListResourceRecordSets", FROM_THE_RECORD, absent=GONE, resource=ZONE, query=f"{{Found: {EXACT}}}"
)
WHOLE: Args = {
    "Name": P("name"),
    "Type": P("type"),
    **{
        field: Each(field)
        for field in (
            "SetIdentifier",
            "Weight",
            "Region",
            "GeoLocation",
            "Failover",
            "MultiValueAnswer",
            "TTL",
            "ResourceRecords",
            "AliasTarget",
            "HealthCheckId",
            "TrafficPolicyInstanceId",
            "CidrRoutingConfig",
            "GeoProximityLocation",
        )
    },
}


def the_zone_does_not_need_it(facts: Facts) -> Answer:
    """Refuse the NS records of the zone itself, without which nobody finds it."""
    match facts["record"], facts["zone"]:
        case Present(record), Present(zone):
            found = at(record, "Found[0].[Type, Name]")
            if found == ["NS", at(zone, "Name")]:
                return Blocked("these are the zone's own name servers", hint="delete the zone, or leave them alone")
            return Ok()
        case Present(), other:
            return unread("these are the zone's own name servers", other)
        case other, _:
            return unread("these are the zone's own name servers", other)


def zone_of_that_name(data: Mapping[str, Json], params: Mapping[str, str]) -> Sighting:
    """Take a zone for the target when it has the name that the reviewers read, too: its id tells them nothing."""
    name = at(data, "HostedZone.Name")
    return InPlace() if name == f"{params['name']}." else Unclear(f"it is the zone of {name}")


RECORDS = Sweep(
    "records",
    list=Call("route53:ListResourceRecordSets", FROM_THE_RECORD, resource=ZONE),
    items=(EXACT,),
    each=Call(
        "route53:ChangeResourceRecordSets",
        {
            "HostedZoneId": P("zone"),
            "ChangeBatch": {"Changes": ({"Action": "DELETE", "ResourceRecordSet": WHOLE},)},
        },
        effect=Effect.DELETE,
        resource=ZONE,
    ),
)

DELETE_RECORD = ActionType(
    name="route53.delete_record",
    summary="Delete a DNS record; resolvers may keep it until its time to live is over.",
    params=(ZONE_ID, RECORD_NAME, TYPE, SET),
    # IAM knows zones only; the rest tells the records of a zone apart.
    target=f"{ZONE}/recordset/{{name}}./{{type}}{{set_identifier}}",
    # A record has no id: one with other values is another one.
    pin=Pin(RECORD, picked("Found[0] | to_string(@)")),
    recovery=Recovery.REVERT,
    probe=RECORD,
    sight=listed("Found"),
    facts={
        "record": RECORD,
        "zone": Call("route53:GetHostedZone", {"Id": P("zone")}, resource=ZONE, query="{Name: HostedZone.Name}"),
        "tags": TAGS,
    },
    checks=(the_zone_does_not_need_it,),
    calls=(RECORDS,),
    transient=("PriorRequestNotComplete",),
    undo="make it again with route53:ChangeResourceRecordSets, action CREATE, from the plan",
)

HOSTED_ZONE_FACTS = Call(
    "route53:GetHostedZone",
    {"Id": P("zone")},
    query="{Name: HostedZone.Name, Private: HostedZone.Config.PrivateZone, Servers: DelegationSet.NameServers, "
    "Vpcs: VPCs, Service: HostedZone.LinkedService.ServicePrincipal}",
)
no_service_made_the_zone = flag_is_off(
    "no_service_made_the_zone",
    "zone",
    "Service",
    "an AWS service made it",
    hint="delete it through that service",
    off=None,
)
HOSTED_ZONE_RECORDS = Blocker(
    Listing(
        "records",
        Call("route53:ListResourceRecordSets", {"HostedZoneId": P("zone")}),
        "ResourceRecordSets[?!(Name=='{name}.' && (Type=='NS' || Type=='SOA'))].{Id: join('/', [Name, Type])}",
        "Id",
    ),
    arn=f"{ZONE}/recordset/{{item}}*",
)

DELETE_HOSTED_ZONE = ActionType(
    name="route53.delete_hosted_zone",
    summary="Delete a hosted zone without records; another one of its name gets other name servers.",
    params=(ZONE_ID, ZONE_NAME),
    target=ZONE,
    pin=Pin(GET_ZONE, picked("HostedZone.CallerReference")),
    recovery=Recovery.NONE,
    probe=GET_ZONE,
    sight=zone_of_that_name,
    facts={"zone": HOSTED_ZONE_FACTS, "tags": TAGS},
    checks=(no_service_made_the_zone,),
    blockers=(HOSTED_ZONE_RECORDS,),
    calls=(Call("route53:DeleteHostedZone", {"Id": P("zone")}, effect=Effect.DELETE),),
    transient=("PriorRequestNotComplete",),
    population=Listing("hosted zones", Call("route53:ListHostedZones", resource="*"), "HostedZones", "Id"),
)
