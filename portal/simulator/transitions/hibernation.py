"""Which instances can hibernate: AWS checks at the launch, and again when one is asked to."""

from __future__ import annotations

from typing import Any

from moto.core.exceptions import ServiceException

from portal.simulator.calls import Call
from portal.simulator.moto_modules import load

CODE = "Client.UserInitiatedHibernate"


class UnsupportedHibernationError(ServiceException):
    code = "UnsupportedHibernationConfiguration"


def refusal(call: Call, backend: Any) -> ServiceException | None:
    """Why an instance cannot be launched for hibernation, or be hibernated; None where that is not asked, or fine."""
    wanted = call.parameters
    if call.action == "RunInstances" and wanted.get("HibernationOptions", {}).get("Configured"):
        lacking = _lacking(wanted.get("InstanceType", "m1.small"), _root_is_encrypted_by(wanted, backend))
        return UnsupportedHibernationError(f"Hibernation cannot be enabled: {lacking}.") if lacking else None
    if call.action == "StopInstances" and wanted.get("Hibernate"):
        known = {instance.id: instance for one in backend.reservations.values() for instance in one.instances}
        for instance_id in wanted.get("InstanceIds", []):
            instance = known.get(instance_id)
            if instance is None:
                return None
            if not (instance.hibernation_options or {}).get("Configured"):
                return UnsupportedHibernationError(
                    "The instance can't be hibernated because it was not configured at launch for hibernation: "
                    f"{instance_id}"
                )
            if lacking := _lacking(instance.instance_type, _root_is_encrypted(instance, backend)):
                return UnsupportedHibernationError(f"The instance can't be hibernated, {lacking}: {instance_id}")
    return None


def mark(instance: Any) -> None:
    """Let a stopped instance say that it hibernates."""
    reason = load("ec2.models.instances").StateReason
    instance.state_reason = reason(f"{CODE}: User initiated hibernate", CODE)


def encrypt_by_default(instance: Any, backend: Any) -> None:
    """Encrypt a new instance's volumes where the region does so by default, which moto only remembers."""
    if backend.ebs_encryption_by_default:
        for volume in volumes_of(instance, backend):
            volume.encrypted = True


def volumes_of(instance: Any, backend: Any) -> list[Any]:
    devices = instance.block_device_mapping.values()
    return [backend.volumes[device.volume_id] for device in devices if device.volume_id in backend.volumes]


def _lacking(instance_type: str, encrypted: bool) -> str | None:
    known = load("ec2.models.instance_types").INSTANCE_TYPES.get(instance_type, {})
    if not known.get("HibernationSupported", False):
        return f"the instance type {instance_type} does not support hibernation"
    return None if encrypted else "its root volume is not encrypted"


def _root_is_encrypted(instance: Any, backend: Any) -> bool:
    device = instance.block_device_mapping.get(instance.root_device_name)
    return bool(device and device.volume_id in backend.volumes and backend.volumes[device.volume_id].encrypted)


def _root_is_encrypted_by(wanted: dict[str, Any], backend: Any) -> bool:
    """Whether a launch with these parameters gives an encrypted root volume."""
    image = backend.amis.get(wanted.get("ImageId"))
    root = image.root_device_name if image else "/dev/sda1"
    for mapping in wanted.get("BlockDeviceMappings", []):
        if mapping.get("DeviceName") == root and mapping.get("Ebs", {}).get("Encrypted"):
            return True
    return bool(backend.ebs_encryption_by_default)
