"""Databases of both kinds in tests: how one is driven, and put into a status."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from environments.targets.base import Goal, Outcome, StepContext, TargetError

from .switching import Switch
from .worlds.rds import Databases, labels

MONDAY = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
DAY = timedelta(days=1)
DEV = {"env": "dev"}
FILTER = "tag:env=dev"


def settle(aws: Any) -> None:
    """It is Monday; each change of a database's state takes 20 seconds from here on."""
    aws.freeze(MONDAY)
    aws.set_transition_seconds(20)


def of(world: Databases, identifier: str, **options: Any) -> Switch:
    return Switch(world.aws, world.reference(identifier, **options))


def perform(switch: Switch, goal: str, step: str, memo: Mapping[str, Any] | None = None) -> Outcome:
    """One look of one step, with what earlier ones noted."""
    context = StepContext(switch.now, "token", memo or {}, bool(memo), switch.now, switch.now)
    return switch.driver.perform(Goal(goal), step, switch.ref, context)


def refusal(switch: Switch, goal: str) -> TargetError:
    """Why it cannot be started or stopped, said in both languages."""
    with pytest.raises(TargetError) as refused:
        switch.run(goal)
    assert set(refused.value.texts) == {"en", "ko"}
    return refused.value


def tell(world: Databases, arn: str, status: str) -> None:
    """Put a database or a snapshot into a status that nobody can ask for."""
    world.rds.add_tags_to_resource(ResourceName=arn, Tags=labels({"simulator:status": status}))
