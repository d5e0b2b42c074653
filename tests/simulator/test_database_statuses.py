"""What of RDS nobody can ask for: statuses, pending maintenance, events of what AWS does itself; snapshots in time."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.simulator import Simulator

WEEK_S = 7 * 86_400


@pytest.fixture
def rds(aws: Simulator) -> Any:
    return aws.client("rds")


def database(rds: Any, name: str = "chat", **tags: str) -> dict[str, Any]:
    labels = [{"Key": f"simulator:{key}", "Value": value} for key, value in tags.items()]
    wanted = {"DBInstanceIdentifier": name, "DBInstanceClass": "db.r5.large", "Engine": "mysql", "Tags": labels}
    made: dict[str, Any] = rds.create_db_instance(**wanted)["DBInstance"]
    return made


def status(rds: Any) -> str:
    return str(rds.describe_db_instances()["DBInstances"][0]["DBInstanceStatus"])


def test_a_database_has_the_status_of_its_tag_until_the_tag_is_taken_away(rds: Any) -> None:
    arn = database(rds)["DBInstanceArn"]
    rds.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "simulator:status", "Value": "storage-full"}])
    assert status(rds) == "storage-full"
    rds.remove_tags_from_resource(ResourceName=arn, TagKeys=["other"])
    assert status(rds) == "storage-full"
    rds.remove_tags_from_resource(ResourceName=arn, TagKeys=["simulator:status"])
    assert status(rds) == "available"


def test_a_snapshot_is_being_created_before_it_is_available(aws: Simulator, rds: Any) -> None:
    database(rds)
    aws.set_transition_seconds(30)
    made = rds.create_db_snapshot(DBInstanceIdentifier="chat", DBSnapshotIdentifier="one")["DBSnapshot"]
    assert made["Status"] == "creating"
    aws.advance(29)
    assert rds.describe_db_snapshots(DBSnapshotIdentifier="one")["DBSnapshots"][0]["Status"] == "creating"
    aws.advance(1)
    assert rds.describe_db_snapshots(DBSnapshotIdentifier="one")["DBSnapshots"][0]["Status"] == "available"


def test_maintenance_is_pending_for_what_is_tagged_so_and_is_found_by_identifier(rds: Any) -> None:
    arn = database(rds, maintenance="system-update")["DBInstanceArn"]
    database(rds, "other")

    def found(**wanted: Any) -> list[str]:
        told = rds.describe_pending_maintenance_actions(**wanted)["PendingMaintenanceActions"]
        return [one["ResourceIdentifier"] for one in told]

    assert found() == [arn]
    assert found(ResourceIdentifier=arn) == [arn]
    assert found(Filters=[{"Name": "db-instance-id", "Values": ["chat"]}]) == [arn]
    assert found(Filters=[{"Name": "db-instance-id", "Values": ["other"]}]) == []


def test_aws_tells_in_an_event_that_it_has_started_a_database_itself(aws: Simulator, rds: Any) -> None:
    database(rds)
    rds.stop_db_instance(DBInstanceIdentifier="chat")
    aws.advance(WEEK_S + 1)
    told = rds.describe_events(SourceIdentifier="chat", SourceType="db-instance")["Events"]

    assert told[-1]["Message"].endswith("due to it exceeding the maximum allowed time being stopped.")
    assert (aws.now() - told[-1]["Date"]).total_seconds() < 2


def test_each_instance_has_a_resource_id_of_its_own(aws: Simulator, rds: Any) -> None:
    first = database(rds)["DbiResourceId"]
    rds.delete_db_instance(DBInstanceIdentifier="chat", SkipFinalSnapshot=True)
    aws.advance(60)

    assert len({first, database(rds)["DbiResourceId"], database(rds, "other")["DbiResourceId"]}) == 3
