"""Moto's modules: loaded when they are first needed, and made to fit when they are.

Loading all that a simulator may need would take seconds at each start, EC2's lists of types and zones most of them.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

from portal.simulator import moto_gaps, moto_time
from portal.simulator.clock import Clock

_seen: set[str] = set()
_clocks: list[Clock] = []


def follow(clock: Clock) -> None:
    """Put moto on this clock, what is loaded of it and what is going to be. Side effect: for the whole process."""
    _clocks[:] = [clock]
    _seen.clear()
    catch_up()


def load(name: str) -> ModuleType:
    """A module of moto, such as `ec2.models`."""
    module = importlib.import_module(f"moto.{name}")
    if module.__name__ not in _seen:
        catch_up()
    return module


def catch_up() -> None:
    """See to the modules that were loaded since the last time, by whomever."""
    for name, module in list(sys.modules.items()):
        if name.startswith("moto.") and name not in _seen and isinstance(module, ModuleType):
            _seen.add(name)
            for clock in _clocks:
                moto_time.put_on(clock, module)
            moto_gaps.fill(module)
