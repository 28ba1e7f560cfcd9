"""EC2's actions end to end."""

from __future__ import annotations

from typing import Any

from tests.conftest import Lab
from tests.e2e.catalogue import Trial, refused_as_last_copies, step
from tests.e2e.driving import here

ZONE = "ap-northeast-1a"


def instance_with_a_disk(ec2: Any) -> tuple[str, str]:
    """Run an instance, attach a volume to it, and return both ids."""
    instance = ec2.run_instances(ImageId="ami-0abcdef1234567890", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    volume = ec2.create_volume(AvailabilityZone=ZONE, Size=1)["VolumeId"]
    ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdf")
    return instance, volume


def names_of(snapshots: Any) -> list[str]:
    """Return what the snapshots are called in their tag Name."""
    return [tag["Value"] for one in snapshots for tag in one.get("Tags", []) if tag["Key"] == "Name"]


def test_what_computes_and_stores_is_deleted_with_mfa_only(lab: Lab) -> None:
    """Each is refused without MFA, deleted with it, seen gone, and already gone the next time; copies are kept."""
    ec2 = lab.client("ec2")
    instance, _ = instance_with_a_disk(ec2)
    volume = ec2.create_volume(AvailabilityZone=ZONE, Size=1)["VolumeId"]
    # Of a volume that an earlier step deletes: its own final snapshot is left.
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    image = ec2.register_image(Name="orders-v1", RootDeviceName="/dev/xvda")["ImageId"]
    template = ec2.create_launch_template(LaunchTemplateName="orders", LaunchTemplateData={"ImageId": image})
    ec2.create_key_pair(KeyName="orders-ops")
    tried = Trial(
        lab,
        (
            step("instance", "ec2.terminate_instance", {"instance": instance}),
            step("volume", "ec2.delete_volume", {"volume": volume}),
            step("snapshot", "ec2.delete_snapshot", {"snapshot": snapshot}, needs=["volume"]),
            step(
                "template",
                "ec2.delete_launch_template",
                {"launch_template": template["LaunchTemplate"]["LaunchTemplateId"]},
            ),
            step("image", "ec2.deregister_image", {"image": image}, needs=["template"]),
            step("key", "ec2.delete_key_pair", {"key_name": "orders-ops"}),
        ),
        limits={"cascade": 1},
    ).run()

    assert set(tried.states.values()) == {"gone"}
    assert set(tried.states_again.values()) == {"already gone"}
    kept = ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert set(names_of(kept)) == {f"{instance}-final", f"{volume}-final"}


def test_the_last_snapshot_of_a_volume_is_not_known_to_be_dispensable(lab: Lab) -> None:
    """A snapshot of a volume that is gone is refused when it is the only one, and let through beside another."""
    ec2 = lab.client("ec2")
    taken: list[str] = []
    for copies in (1, 2):
        volume = ec2.create_volume(AvailabilityZone=ZONE, Size=1)["VolumeId"]
        taken += [ec2.create_snapshot(VolumeId=volume)["SnapshotId"] for _ in range(copies)]
        ec2.delete_volume(VolumeId=volume)
    only, one, _ = taken
    path = Trial(
        lab,
        (
            step("only", "ec2.delete_snapshot", {"snapshot": only}),
            step("one", "ec2.delete_snapshot", {"snapshot": one}),
        ),
    ).write()
    plan = here(lab, "plan", path, "--output", "json", code=lab.sandbox.code())

    assert plan.code == 3
    assert refused_as_last_copies(plan) == {"only"}


def test_a_network_is_deleted_from_its_leaves_up(lab: Lab) -> None:
    """Each is refused while something is in the way that no earlier step deletes, and goes when one does."""
    ec2 = lab.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="orders", Description="orders", VpcId=vpc)["GroupId"]
    made = ec2.create_network_interface(SubnetId=subnet, Groups=[group])["NetworkInterface"]
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    gateway = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    tried = Trial(
        lab,
        (
            step("gateway", "ec2.delete_nat_gateway", {"nat_gateway": gateway}),
            step("address", "ec2.release_address", {"address": address}, needs=["gateway"]),
            step("interface", "ec2.delete_network_interface", {"network_interface": made["NetworkInterfaceId"]}),
            step("group", "ec2.delete_security_group", {"security_group": group}, needs=["interface"]),
            step("subnet", "ec2.delete_subnet", {"subnet": subnet}, needs=["interface", "gateway"]),
            step("vpc", "ec2.delete_vpc", {"vpc": vpc}, needs=["subnet", "group"]),
        ),
    ).run()

    assert set(tried.states.values()) == {"gone"}
    assert set(tried.states_again.values()) == {"already gone"}


def test_a5_an_attached_interface_is_no_reason_to_terminate_its_instance(lab: Lab) -> None:
    """Accident A5: an interface is refused while an instance has it, and the instance is left as it is."""
    ec2 = lab.client("ec2")
    instance, _ = instance_with_a_disk(ec2)
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    made = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    ec2.attach_network_interface(NetworkInterfaceId=made, InstanceId=instance, DeviceIndex=1)
    path = Trial(lab, (step("one", "ec2.delete_network_interface", {"network_interface": made}),)).write()
    ended = here(lab, "plan", path, code=lab.sandbox.code())

    assert ended.code == 3
    assert f"instance/{instance}" in ended.out + ended.err
    state = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]["State"]["Name"]
    assert state == "running"


def test_a8_a_protected_instance_goes_only_when_the_step_says_so(lab: Lab) -> None:
    """A8: termination protection, and disks that would die too, refuse the plan unless they are named."""
    ec2 = lab.client("ec2")
    instance, _ = instance_with_a_disk(ec2)
    protected = {name: {"Value": True} for name in ("DisableApiTermination", "DisableApiStop")}
    for name, value in protected.items():
        ec2.modify_instance_attribute(InstanceId=instance, **{name: value})
    refused = Trial(lab, (step("one", "ec2.terminate_instance", {"instance": instance}),)).write()
    ended = here(lab, "plan", refused, code=lab.sandbox.code())
    told = " ".join((ended.out + ended.err).split())
    assert ended.code == 3
    assert all(name in told for name in protected)
    assert "1 things that die although no step names them" in told
    lab.sandbox.advance(60)
    named = (step("one", "ec2.terminate_instance", {"instance": instance}, unprotect=list(protected)),)

    assert Trial(lab, named, limits={"cascade": 1}).run().states == {"one": "gone"}
