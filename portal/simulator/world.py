"""All that the simulator holds beside moto's own state."""

from __future__ import annotations

import threading

from portal.simulator.agenda import Agenda
from portal.simulator.apprunner.layer import AppRunner
from portal.simulator.clock import Clock
from portal.simulator.cloudformation.engine import Engine
from portal.simulator.failures import Failures
from portal.simulator.faults import Faults
from portal.simulator.moto_modules import follow
from portal.simulator.moto_state import forget_everything
from portal.simulator.record import Record
from portal.simulator.roles import Roles
from portal.simulator.settings import Settings
from portal.simulator.usage import Usage


class World:
    """The parts, made for each other. Whoever uses them, apart from the clock and the record, holds `lock`."""

    def __init__(self, seconds: float = 0.0) -> None:
        self._initial_seconds = seconds
        self.lock = threading.RLock()
        self.clock = Clock()
        follow(self.clock)
        self.agenda = Agenda(self.clock)
        self.settings = Settings(seconds)
        self.failures = Failures()
        self.faults = Faults()
        self.roles = Roles()
        self.record = Record(self.clock)
        self.app_runner = AppRunner(self.clock, self.agenda, self.settings)
        self.engine = Engine(self.clock, self.agenda, self.settings, self.failures)
        self.usage = Usage(self.engine.shelves)

    def settle(self) -> None:
        """Let all happen that was due by now."""
        self.agenda.settle()

    def reset(self) -> None:
        """As it was at the start: no resources, no plans, real time."""
        self.agenda.clear()
        self.app_runner.clear()
        self.engine.shelves.clear()
        self.usage.clear()
        self.failures.clear()
        self.faults.clear()
        self.roles.clear()
        self.record.clear()
        self.clock.reset()
        self.settings.seconds, self.settings.transition_seconds = self._initial_seconds, 0.0
        self.settings.seconds_by_stack.clear()
        forget_everything()
