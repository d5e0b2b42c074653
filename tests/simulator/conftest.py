"""What the specification of the simulator needs: it, empty, its clock standing still, and boto3's clients of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.stacks import NETWORK, SERVER, Stacks
from tests.support.simulator import Simulator


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/simulator/" in str(item.path):
            item.add_marker(pytest.mark.simulator)


@pytest.fixture(autouse=True)
def still_clock(aws: Simulator) -> None:
    """Time moves only where a test moves it."""
    aws.freeze()


@pytest.fixture
def cloudformation(aws: Simulator) -> Any:
    return aws.client("cloudformation")


@pytest.fixture
def stacks(cloudformation: Any) -> Stacks:
    return Stacks(cloudformation)


@pytest.fixture
def templates(aws: Simulator) -> Any:
    """boto3's client of S3, with the templates MASTER nests in the bucket `templates`."""
    storage = aws.client("s3")
    storage.create_bucket(Bucket="templates", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
    storage.put_object(Bucket="templates", Key="network.json", Body=NETWORK)
    storage.put_object(Bucket="templates", Key="server.json", Body=SERVER)
    return storage
