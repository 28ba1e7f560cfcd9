"""EC2 operations that ministack lacks or answers short: what protects instances and images, and snapshots of a whole.

- ``DisableApiTermination`` and ``DisableApiStop`` of an instance, and ``DeregistrationProtection`` of an image, can be
  switched, are told, and keep the thing from going.
- ``CreateSnapshots`` snapshots every volume of an instance. No snapshot is ever locked.
- Versions of launch templates are told of all templates when none is named.

Source: EC2 API reference, the operations of these names; EC2 user guide, "Change instance termination protection",
"Enable stop protection for your EC2 instances" and "Protect an Amazon EC2 AMI from deregistration".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from runner.sandbox.insides import EC2_IMAGES, EC2_INSTANCES, EC2_TEMPLATES, EC2_VOLUMES, Answer, ec2_answer, ec2_error
from runner.sandbox.simulator_request import one

Handler: TypeAlias = Callable[[Mapping[str, Any]], Answer]
Handlers: TypeAlias = Mapping[str, Handler]

SWITCHES = {"disableApiTermination": "DisableApiTermination", "disableApiStop": "DisableApiStop"}
"""The instance attributes that keep it from being terminated, and their names in requests."""
DEREGISTRATION = "DeregistrationProtection"
_DONE = "<return>true</return>"
_NO_INSTANCE = "InvalidInstanceID.NotFound"


def added(theirs: Handlers) -> Handlers:
    """Return the handlers that stand beside ministack's, or in their place."""
    return {
        "CreateSnapshots": _create_snapshots(theirs),
        "DeregisterImage": _deregister_image(theirs),
        "DescribeImages": _describe_images(theirs),
        "DescribeInstanceAttribute": _describe_instance_attribute(theirs),
        "DescribeLaunchTemplateVersions": _describe_versions(theirs),
        "DescribeLockedSnapshots": _describe_locked_snapshots,
        "DisableImageDeregistrationProtection": _switch_deregistration("disabled"),
        "EnableImageDeregistrationProtection": _switch_deregistration("enabled-without-cooldown"),
        "ModifyInstanceAttribute": _modify_instance_attribute,
        "TerminateInstances": _terminate_instances(theirs),
    }


def _modify_instance_attribute(params: Mapping[str, Any]) -> Answer:
    instance = EC2_INSTANCES.get(one(params, "InstanceId"))
    if instance is None:
        return ec2_error(_NO_INSTANCE, "The instance ID does not exist", 400)
    given = {name: one(params, f"{name}.Value") for name in SWITCHES.values()}
    if not any(given.values()):
        return ec2_error("UnsupportedOperation", "the sandbox changes the protection of an instance only", 400)
    instance.update({name: value == "true" for name, value in given.items() if value})
    return ec2_answer("ModifyInstanceAttribute", _DONE)


def _describe_instance_attribute(theirs: Handlers) -> Handler:
    def handle(params: Mapping[str, Any]) -> Answer:
        attribute, name = one(params, "Attribute"), one(params, "InstanceId")
        instance = EC2_INSTANCES.get(name)
        if attribute not in SWITCHES or instance is None:
            return theirs["DescribeInstanceAttribute"](params)
        value = str(instance.get(SWITCHES[attribute], False)).lower()
        told = f"<instanceId>{name}</instanceId><{attribute}><value>{value}</value></{attribute}>"
        return ec2_answer("DescribeInstanceAttribute", told)

    return handle


def _terminate_instances(theirs: Handlers) -> Handler:
    def handle(params: Mapping[str, Any]) -> Answer:
        for name, instance in EC2_INSTANCES.items():
            held = [attribute for attribute, switch in SWITCHES.items() if instance.get(switch)]
            if held and name in _listed(params, "InstanceId"):
                why = f"The instance '{name}' may not be terminated. Modify its '{held[0]}' instance attribute"
                return ec2_error("OperationNotPermitted", f"{why} and try again.", 400)
        return theirs["TerminateInstances"](params)

    return handle


def _create_snapshots(theirs: Handlers) -> Handler:
    def handle(params: Mapping[str, Any]) -> Answer:
        name = one(params, "InstanceSpecification.InstanceId")
        if name not in EC2_INSTANCES:
            return ec2_error(_NO_INSTANCE, f"The instance ID '{name}' does not exist", 400)
        volumes = [volume for volume, held in EC2_VOLUMES.items() if _is_attached(held, name)]
        if not volumes:
            return ec2_error("InvalidParameterValue", f"The instance '{name}' has no volumes", 400)
        for volume in volumes:
            theirs["CreateSnapshot"]({**params, "VolumeId": [volume]})
        items = "".join(f"<item><volumeId>{volume}</volumeId></item>" for volume in volumes)
        return ec2_answer("CreateSnapshots", f"<snapshotSet>{items}</snapshotSet>")

    return handle


def _describe_locked_snapshots(_: Mapping[str, Any]) -> Answer:
    return ec2_answer("DescribeLockedSnapshots", "<snapshotSet/>")


def _describe_images(theirs: Handlers) -> Handler:
    def handle(params: Mapping[str, Any]) -> Answer:
        status, headers, body = theirs["DescribeImages"](params)
        text = bytes(body).decode()
        for name, image in EC2_IMAGES.items():
            told = f"<deregistrationProtection>{image.get(DEREGISTRATION, 'disabled')}</deregistrationProtection>"
            text = text.replace(f"<imageId>{name}</imageId>", f"<imageId>{name}</imageId>{told}")
        return status, headers, text.encode()

    return handle


def _deregister_image(theirs: Handlers) -> Handler:
    def handle(params: Mapping[str, Any]) -> Answer:
        image = EC2_IMAGES.get(one(params, "ImageId")) or {}
        if image.get(DEREGISTRATION, "disabled") != "disabled":
            return ec2_error("OperationNotPermitted", "The image has deregistration protection.", 400)
        return theirs["DeregisterImage"](params)

    return handle


def _switch_deregistration(state: str) -> Handler:
    def handle(params: Mapping[str, Any]) -> Answer:
        image = EC2_IMAGES.get(one(params, "ImageId"))
        if image is None:
            return ec2_error("InvalidAMIID.NotFound", "The image id does not exist", 400)
        image[DEREGISTRATION] = state
        return ec2_answer(one(params, "Action"), _DONE)

    return handle


def _describe_versions(theirs: Handlers) -> Handler:
    def handle(params: Mapping[str, Any]) -> Answer:
        describe = theirs["DescribeLaunchTemplateVersions"]
        if one(params, "LaunchTemplateId") or one(params, "LaunchTemplateName"):
            return describe(params)
        found = [bytes(describe({**params, "LaunchTemplateId": [name]})[2]).decode() for name in EC2_TEMPLATES]
        items = "".join(text.partition("VersionSet>")[2].rpartition("</launchTemplateVersionSet>")[0] for text in found)
        told = f"<launchTemplateVersionSet>{items}</launchTemplateVersionSet>"
        return ec2_answer("DescribeLaunchTemplateVersions", told)

    return handle


def _is_attached(volume: Mapping[str, Any], instance: str) -> bool:
    return any(attachment["InstanceId"] == instance for attachment in volume["Attachments"])


def _listed(params: Mapping[str, Any], name: str) -> list[str]:
    return [one(params, key) for key in params if key.startswith(f"{name}.")]
