"""One clock rules all of the simulated AWS, and tests hold it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.simulator.stacks import Stacks
from tests.support.simulator import Simulator, SimulatorError

NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)
TICK = timedelta(seconds=1)


def test_a_frozen_clock_stands_still(aws: Simulator) -> None:
    assert aws.now() == aws.now()


def test_a_frozen_clock_can_be_moved(aws: Simulator) -> None:
    before = aws.now()
    aws.advance(3600)

    assert aws.now() == before + timedelta(hours=1)


def test_the_clock_can_be_set_and_runs_on_from_there(aws: Simulator) -> None:
    aws.freeze(NEW_YEAR)
    assert aws.now() == NEW_YEAR
    aws.unfreeze()

    assert NEW_YEAR < aws.now() < NEW_YEAR + timedelta(minutes=1)


def test_a_reset_returns_to_real_time(aws: Simulator) -> None:
    aws.freeze(NEW_YEAR)
    aws.reset()

    assert abs(aws.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_what_is_not_understood_is_refused(aws: Simulator) -> None:
    with pytest.raises(SimulatorError, match="unknown: forward"):
        aws.control("POST", "clock", forward=3)
    with pytest.raises(SimulatorError, match="Invalid isoformat string"):
        aws.control("POST", "clock", set="tomorrow")


def test_stacks_are_stamped_with_simulated_time(aws: Simulator, stacks: Stacks) -> None:
    aws.freeze(NEW_YEAR)
    stacks.create("demo")

    assert stacks.describe("demo")["CreationTime"] == NEW_YEAR


def test_the_other_services_are_stamped_with_simulated_time(aws: Simulator) -> None:
    aws.freeze(NEW_YEAR)
    aws.client("ecr").create_repository(repositoryName="api")
    manifest = (
        '{"mediaType": "application/vnd.docker.distribution.manifest.v2+json", "layers": [{"digest": "sha256:1"}]}'
    )
    aws.client("ecr").put_image(repositoryName="api", imageManifest=manifest, imageTag="1")
    machine = aws.client("ec2").run_instances(ImageId="ami-1", MinCount=1, MaxCount=1)["Instances"][0]
    aws.client("s3", region="us-east-1").create_bucket(Bucket="new")
    aws.client("rds").create_db_instance(DBInstanceIdentifier="db", DBInstanceClass="db.t3.micro", Engine="mysql")

    image = aws.client("ecr").describe_images(repositoryName="api")["imageDetails"][0]
    database = aws.client("rds").describe_db_instances()["DBInstances"][0]
    bucket = aws.client("s3").list_buckets()["Buckets"][0]
    stamps = [image["imagePushedAt"], machine["LaunchTime"], database["InstanceCreateTime"], bucket["CreationDate"]]
    assert all(abs(stamp - NEW_YEAR) < TICK for stamp in stamps), stamps


def test_credentials_expire_in_simulated_time(aws: Simulator) -> None:
    aws.freeze(NEW_YEAR)
    role = "arn:aws:iam::123456789012:role/Someone"
    aws.register_role(role)
    found = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="portal", DurationSeconds=3600)

    assert abs(found["Credentials"]["Expiration"] - NEW_YEAR - timedelta(hours=1)) < TICK


def test_a_clock_set_back_undoes_nothing(aws: Simulator, stacks: Stacks) -> None:
    aws.set_seconds(60)
    stacks.create("demo")
    aws.advance(60)
    assert stacks.status("demo") == "CREATE_COMPLETE"

    aws.advance(-3600)
    assert stacks.status("demo") == "CREATE_COMPLETE"
