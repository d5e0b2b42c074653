"""Moto's modules on simulated time.

Most of moto asks `moto.core.utils.utcnow`, the rest `datetime.now()` or `time.time()`. Each module has bound these
names for itself, so each is given stand-ins that ask our clock; modules loaded later are seen to when their service is.
"""

import datetime as dt
import sys
import time as real_time
from types import ModuleType
from typing import Any

from portal.simulator.clock import Clock

_seen: set[str] = set()


def follow(clock: Clock) -> None:
    """Put all moto modules loaded so far on this clock. Side effect: rebinds `datetime` and `time` in them."""
    stand_ins = _stand_ins(clock)
    for name, module in list(sys.modules.items()):
        if not name.startswith("moto.") or name in _seen or not isinstance(module, ModuleType):
            continue
        _seen.add(name)
        for attribute in ("datetime", "time"):
            bound = getattr(module, attribute, None)
            for real, simulated in stand_ins:
                if bound is real:
                    setattr(module, attribute, simulated)


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
    time_module.__dict__.update({**vars(real_time), "time": lambda: clock.now().timestamp()})
    return [
        (dt.datetime, SimulatedDatetime),
        (dt, datetime_module),
        (real_time, time_module),
        (real_time.time, time_module.time),
    ]
