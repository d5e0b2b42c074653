from __future__ import annotations

from typing import Any

import pytest

from environments.targets.client import forget_clients
from tests.support.hasty import hasten


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/journeys/" in str(item.path):
            item.add_marker(pytest.mark.journey)


@pytest.fixture
def chat_aws(aws: Any) -> Any:
    """The simulated AWS with the chat application's templates and images; a stack takes twenty seconds."""
    forget_clients()
    aws.seed_reference()
    aws.set_seconds(20)
    yield aws
    forget_clients()


@pytest.fixture
def hasty_aws(chat_aws: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The chat application's AWS; boto3 tries as often as ever, but no real time passes between its tries."""
    hasten(monkeypatch)
    return chat_aws
