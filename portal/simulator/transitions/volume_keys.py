"""Encrypted volumes whose key cannot be used: AWS accepts the start, and the instance stops again.

Two ways lead there: a key that is disabled or about to be deleted in the simulated KMS, and an instance that is said to
lack a grant (`POST kms` of the control API), which in AWS is a matter of key policies.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from portal.simulator.moto_modules import load
from portal.simulator.transitions.hibernation import volumes_of


class Reason(NamedTuple):
    code: str
    words: str


NO_GRANT = Reason("Client.InternalError", "Client error on launch")
BAD_KEY = Reason("Client.InvalidKMSKey.InvalidState", "The KMS key provided is in an incorrect state")
UNUSABLE = {"Disabled", "PendingDeletion"}


def denial(instance: Any, backend: Any) -> Reason | None:
    """Why the keys of an instance's volumes cannot be used, or None."""
    if getattr(instance, "kms_denied", False):
        return NO_GRANT
    encrypted = [volume for volume in volumes_of(instance, backend) if volume.encrypted and volume.kms_key_id]
    if not encrypted:
        return None
    keys = load("kms.models").kms_backends[backend.account_id][backend.region_name].keys
    states = [key.key_state for key in keys.values() if any(key.id in volume.kms_key_id for volume in encrypted)]
    return BAD_KEY if UNUSABLE.intersection(states) else None


def give_reason(instance: Any, reason: Reason) -> None:
    """Let a stopped instance say why it stopped."""
    state_reason = load("ec2.models.instances").StateReason
    instance.state_reason = state_reason(f"{reason.code}: {reason.words}", reason.code)
    instance._reason = reason.code  # noqa: SLF001 - moto has no public way to set it


def set_denied(wanted: dict[str, Any]) -> dict[str, Any]:
    """A handler of the control API: `instance_id` lacks the grant for its volumes' key, or with `denied` false has it.

    Raises ValueError for an instance there is not.
    """
    instance_id, denied = str(wanted["instance_id"]), bool(wanted.get("denied", True))
    for account in list(load("ec2.models").ec2_backends.values()):
        for backend in list(account.values()):
            for reservation in backend.reservations.values():
                for instance in reservation.instances:
                    if instance.id == instance_id:
                        instance.kms_denied = denied
                        return {"instance_id": instance_id, "denied": denied}
    raise ValueError(f"no instance {instance_id}")
