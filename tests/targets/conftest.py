from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from environments.targets.client import forget_clients

from .driving import Stack


@pytest.fixture
def stack(aws: Any) -> Any:
    forget_clients()
    aws.freeze(datetime(2026, 11, 23, 0, 0, tzinfo=UTC))
    aws.set_seconds(20)
    yield Stack(aws)
    forget_clients()
