"""Moto's modules on simulated time.

Most of moto asks `moto.core.utils.utcnow`, the rest `datetime.now()` or `time.time()`. Each module has bound these
names for itself, so each is given stand-ins that ask our clock.
"""

from __future__ import annotations

import datetime as dt
import time
from functools import lru_cache
from types import ModuleType
from typing import Any

from portal.simulator.clock import Clock


def put_on(clock: Clock, module: ModuleType) -> None:
    """Side effect: rebinds `datetime` and `time` in the module, where they are the real ones."""
    for name in ("datetime", "time"):
        bound = getattr(module, name, None)
        for real, simulated in _stand_ins(clock):
            if bound is real:
                setattr(module, name, simulated)


@lru_cache
def _stand_ins(clock: Clock) -> list[tuple[Any, Any]]:
    class AnyDatetime(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, dt.datetime)

    class SimulatedDatetime(dt.datetime, metaclass=AnyDatetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Any:
            return clock.now().astimezone(tz) if tz else clock.now().astimezone().replace(tzinfo=None)

        @classmethod
        def utcnow(cls) -> Any:
            return clock.now().replace(tzinfo=None)

        @classmethod
        def today(cls) -> Any:
            return cls.now()

    datetime_module = ModuleType("datetime")
    datetime_module.__dict__.update({**vars(dt), "datetime": SimulatedDatetime})
    time_module = ModuleType("time")
    time_module.__dict__.update({**vars(time), "time": lambda: clock.now().timestamp()})
    return [
        (dt.datetime, SimulatedDatetime),
        (dt, datetime_module),
        (time, time_module),
        (time.time, time_module.time),
    ]
