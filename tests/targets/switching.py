"""Driving a target of any kind through its steps, as the workflow does, with time that is moved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from environments.targets import registry
from environments.targets.base import Done, Goal, Outcome, StepContext, TargetRef

A_LONG_TIME = 400


class Switch:
    """A target, started and stopped step by step. What its steps remember is kept, as the workflow keeps it."""

    def __init__(self, aws: Any, ref: TargetRef) -> None:
        self.aws, self.ref = aws, ref
        self.driver = registry.driver(ref.kind)
        self.now: datetime = aws.now()
        self.operations = 0

    def run(self, goal: str, *, again: Callable[[str], bool] = lambda step: False) -> list[str]:
        """All steps to the end; what each said, in English. Where `again(step)`, a step is done a second time, as after
        an answer that was lost: with the same token and what it was told before."""
        self.operations += 1
        memo: dict[str, Any] = {}
        said: list[str] = []
        began = self.now
        for step in self.driver.steps(Goal(goal)):
            since, retried = self.now, False
            for _ in range(A_LONG_TIME):
                outcome = self._perform(goal, step.name, memo, retried=retried, since=since, began=began)
                if again(step.name) and not retried:
                    # The first answer is lost: what it would have noted is not known.
                    retried = True
                    continue
                retried = True
                memo |= outcome.memo
                if isinstance(outcome, Done):
                    break
                self.move(outcome.delay)
            else:
                raise AssertionError(f"{step.name} does not end")
            said.append(outcome.detail["en"])
            if outcome.remember is not None:
                self.ref = replace(self.ref, memory=dict(outcome.remember))
            if outcome.finished:
                break
        return said

    def move(self, delay: timedelta) -> None:
        self.aws.advance(delay.total_seconds())
        self.now += delay

    def _perform(
        self, goal: str, step: str, memo: dict[str, Any], *, retried: bool, since: datetime, began: datetime
    ) -> Outcome:
        token = f"daybreak-{self.operations}-1-{step}"
        context = StepContext(self.now, token, memo, retried, since, began)
        return self.driver.perform(Goal(goal), step, self.ref, context)
