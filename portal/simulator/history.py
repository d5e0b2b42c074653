"""Telling the journal again, at the start."""

from __future__ import annotations

import logging
from datetime import datetime

from portal.simulator.application import Application
from portal.simulator.journal import Journal, call_of

logger = logging.getLogger(__name__)


def tell_again(application: Application, journal: Journal) -> int:
    """Bring the world to where the journal left it, with the clock at the present. Gives the number of lines.

    Side effect: from here on the journal is written. A line that fails now is passed over, with a warning.
    """
    world, lines = application.world, journal.read()
    clock_state = None
    for line in lines:
        moment = datetime.fromisoformat(line["at"])
        with world.clock.as_of(moment):
            try:
                if "clock" in line:
                    clock_state = line["clock"]
                    world.settle()
                elif "control" in line:
                    world.settle()
                    application.control.routes[tuple(line["control"])](line["content"])
                else:
                    journal.replay(call_of(line), line["seed"], application.handle_locked)
            except Exception:  # one line that no longer works must not keep the demo from starting
                logger.warning("a line of the journal cannot be told again: %.200s", line, exc_info=True)
    if clock_state:
        world.clock.restore(clock_state)
    if lines and world.clock.now() < (last := datetime.fromisoformat(lines[-1]["at"])):
        world.clock.set(last)
    world.settle()
    journal.start(lines)
    return len(lines)
