"""Instances that hibernate, and instances whose encrypted volumes keep them from starting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.simulator.stacks import refusal
from tests.support.simulator import Simulator, SimulatorError

ENCRYPTED = [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 30, "Encrypted": True}}]
UNSUPPORTED = "UnsupportedHibernationConfiguration"


@pytest.fixture
def ec2(aws: Simulator) -> Any:
    return aws.client("ec2")


def launch(ec2: Any, **more: Any) -> str:
    """A new machine that can hibernate, unless `more` says otherwise."""
    wanted: dict[str, Any] = {"InstanceType": "m5.large", "BlockDeviceMappings": ENCRYPTED}
    wanted |= {"HibernationOptions": {"Configured": True}, **more}
    made = ec2.run_instances(ImageId="ami-1", MinCount=1, MaxCount=1, **wanted)["Instances"][0]
    return str(made["InstanceId"])


def described(ec2: Any, machine: str) -> dict[str, Any]:
    found = ec2.describe_instances(InstanceIds=[machine])["Reservations"][0]["Instances"][0]
    return dict(found)


def state(ec2: Any, machine: str) -> str:
    return str(described(ec2, machine)["State"]["Name"])


def refused(call: Any, *arguments: Any, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(*arguments, **parameters)
    code, words = refusal(caught.value)
    return code, words


def test_a_machine_hibernates_and_resumes(aws: Simulator, ec2: Any) -> None:
    machine = launch(ec2)
    aws.set_transition_seconds(30)
    ec2.stop_instances(InstanceIds=[machine], Hibernate=True)
    assert state(ec2, machine) == "stopping"
    aws.advance(30)
    found = described(ec2, machine)
    assert (found["State"]["Name"], found["StateReason"]["Code"]) == ("stopped", "Client.UserInitiatedHibernate")
    assert found["HibernationOptions"] == {"Configured": True}

    ec2.start_instances(InstanceIds=[machine])
    aws.advance(30)
    found = described(ec2, machine)
    assert (found["State"]["Name"], found["StateReason"]["Code"]) == ("running", "")


def test_a_machine_that_can_hibernate_can_be_stopped_just_so(ec2: Any) -> None:
    machine = launch(ec2)
    ec2.stop_instances(InstanceIds=[machine])

    assert described(ec2, machine)["StateReason"]["Code"] == "Client.UserInitiatedShutdown"


def test_a_machine_that_was_not_launched_for_it_does_not_hibernate_and_keeps_running(ec2: Any) -> None:
    able, unable = launch(ec2), launch(ec2, HibernationOptions={"Configured": False})

    assert refused(ec2.stop_instances, InstanceIds=[able, unable], Hibernate=True) == (
        UNSUPPORTED,
        f"The instance can't be hibernated because it was not configured at launch for hibernation: {unable}",
    )
    assert (state(ec2, able), state(ec2, unable)) == ("running", "running")


def test_a_machine_there_is_not_is_not_found(ec2: Any) -> None:
    nobody = "i-0123456789abcdef0"

    assert refused(ec2.stop_instances, InstanceIds=[nobody], Hibernate=True)[0] == "InvalidInstanceID.NotFound"


@pytest.mark.parametrize(
    "lacking",
    [
        {"BlockDeviceMappings": []},
        {"BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 30}}]},
        {"BlockDeviceMappings": [{"DeviceName": "/dev/sdb", "Ebs": {"VolumeSize": 30, "Encrypted": True}}]},
        {"InstanceType": "m7g.metal"},
    ],
)
def test_a_machine_without_encrypted_root_or_of_another_type_is_not_launched_for_hibernation(
    ec2: Any, lacking: dict[str, Any]
) -> None:
    assert refused(launch, ec2, **lacking)[0] == UNSUPPORTED
    assert ec2.describe_instances()["Reservations"] == []


def test_a_region_that_encrypts_by_default_makes_a_root_volume_fit(ec2: Any) -> None:
    ec2.enable_ebs_encryption_by_default()
    machine = launch(ec2, BlockDeviceMappings=[])
    ec2.stop_instances(InstanceIds=[machine], Hibernate=True)

    assert described(ec2, machine)["StateReason"]["Code"] == "Client.UserInitiatedHibernate"


def test_a_type_that_was_changed_to_an_unfit_one_no_longer_hibernates(ec2: Any) -> None:
    machine = launch(ec2)
    ec2.stop_instances(InstanceIds=[machine])
    ec2.modify_instance_attribute(InstanceId=machine, InstanceType={"Value": "m7g.metal"})
    ec2.start_instances(InstanceIds=[machine])

    assert refused(ec2.stop_instances, InstanceIds=[machine], Hibernate=True)[0] == UNSUPPORTED


def test_a_machine_without_grant_for_its_volumes_starts_and_stops_again(aws: Simulator, ec2: Any) -> None:
    machine = launch(ec2)
    ec2.stop_instances(InstanceIds=[machine])
    aws.control("POST", "kms", instance_id=machine)
    aws.set_transition_seconds(30)
    started = ec2.start_instances(InstanceIds=[machine])["StartingInstances"][0]
    assert started["CurrentState"]["Name"] == state(ec2, machine) == "pending"
    aws.advance(30)
    found = described(ec2, machine)
    assert found["State"]["Name"] == "stopped"
    assert found["StateReason"] == {
        "Code": "Client.InternalError",
        "Message": "Client.InternalError: Client error on launch",
    }

    aws.control("POST", "kms", instance_id=machine, denied=False)
    ec2.start_instances(InstanceIds=[machine])
    aws.advance(30)
    assert state(ec2, machine) == "running"


def test_without_time_it_has_stopped_again_when_it_is_looked_at(aws: Simulator, ec2: Any) -> None:
    machine = launch(ec2)
    ec2.stop_instances(InstanceIds=[machine])
    aws.control("POST", "kms", instance_id=machine)
    ec2.start_instances(InstanceIds=[machine])

    assert state(ec2, machine) == "stopped"


def test_a_key_that_is_disabled_keeps_a_machine_from_starting(aws: Simulator, ec2: Any) -> None:
    kms = aws.client("kms")
    key = kms.create_key()["KeyMetadata"]
    mapping = {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 30, "Encrypted": True, "KmsKeyId": key["Arn"]}}
    machine = launch(ec2, BlockDeviceMappings=[mapping])
    ec2.stop_instances(InstanceIds=[machine])
    kms.disable_key(KeyId=key["KeyId"])
    ec2.start_instances(InstanceIds=[machine])
    found = described(ec2, machine)
    assert (found["State"]["Name"], found["StateReason"]["Code"]) == ("stopped", "Client.InvalidKMSKey.InvalidState")

    kms.enable_key(KeyId=key["KeyId"])
    ec2.start_instances(InstanceIds=[machine])
    assert state(ec2, machine) == "running"


def test_a_machine_there_is_not_cannot_be_denied_its_key(aws: Simulator) -> None:
    with pytest.raises(SimulatorError, match="no instance i-0"):
        aws.control("POST", "kms", instance_id="i-0")


def test_what_hibernates_and_what_is_denied_survives_a_restart(tmp_path: Path) -> None:
    journal = ("--journal", str(tmp_path / "journal.jsonl"))
    first = Simulator(*journal)
    ec2 = first.client("ec2")
    asleep, denied = launch(ec2), launch(ec2)
    ec2.stop_instances(InstanceIds=[asleep, denied], Hibernate=True)
    first.control("POST", "kms", instance_id=denied)
    first.stop()

    second = Simulator(*journal)
    try:
        ec2 = second.client("ec2")
        assert described(ec2, asleep)["StateReason"]["Code"] == "Client.UserInitiatedHibernate"
        ec2.start_instances(InstanceIds=[asleep, denied])
        assert (state(ec2, asleep), state(ec2, denied)) == ("running", "stopped")
    finally:
        second.stop()
