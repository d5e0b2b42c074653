from datetime import UTC, datetime
import pytest
from dataclasses import replace
from environments.targets.base import *
from environments.targets.client import forget_clients
from tests.targets.switching import Switch
from tests.targets.worlds import world

class Patient(Switch):
    def _perform(self, *a, **k):
        for _ in range(5):
            try:
                return super()._perform(*a, **k)
            except TargetError as e:
                if not e.retryable: raise
                self.move(timedelta(seconds=5))
        raise AssertionError

@pytest.mark.parametrize("kind", ["ecs_service", "app_runner"])
@pytest.mark.parametrize("fault", ["lost", "garbled", "reset", "throttle"])
def test_it(aws, kind, fault):
    for n in range(1, 30, 2):
        aws.reset(); forget_clients()
        aws.freeze(datetime(2026, 11, 23, tzinfo=UTC)); aws.set_transition_seconds(20)
        things = world(kind, aws)
        sw = Patient(aws, things.running("one"))
        aws.fault(fault, nth=n, times=3)
        sw.run("stop"); assert things.is_stopped("one"), n
        aws.clear_faults()
        used = len(aws.requests())
        aws.fault(fault, nth=n, times=3)
        sw.run("start"); assert things.is_running("one"), n
        aws.clear_faults()
    forget_clients()
