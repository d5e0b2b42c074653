"""The record of all AWS calls that were made."""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.simulator.calls import Answer, Call, Next
from portal.simulator.clock import Clock

# The demo runs for weeks: what is older is forgotten.
KEPT = 20_000


@dataclass
class Entry:
    """A call and what became of it. A status of 0: not answered, or not yet."""

    n: int
    call: Call
    account: str
    at: datetime
    status: int = 0

    def as_dict(self) -> dict[str, Any]:
        call = self.call
        return {
            "n": self.n,
            "service": call.service,
            "action": call.action,
            "parameters": call.parameters,
            "account": self.account,
            "region": call.region,
            "access_key": call.access_key,
            "status": self.status,
            "at": self.at.isoformat(),
            "fault": call.fate.fault or None,
            "done": call.fate.done,
        }


class Record:
    """A layer that writes each call down, with its number, its answer's status and the simulated time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._numbers = itertools.count(1)

    def __call__(self, call: Call, go_on: Next) -> Answer:
        # Written down before it is answered: who gives up waiting can look at once.
        entry = Entry(next(self._numbers), call.abridged(), call.account, self._clock.now())
        self._entries.append(entry)
        answer = go_on(call)
        entry.status = answer.status
        return answer

    def listed(self, service: str | None = None, action: str | None = None) -> list[dict[str, Any]]:
        """The calls as they came in, all or those of a service and an action. A status of 0 means: never answered."""
        return [
            entry.as_dict()
            for entry in sorted(self._entries, key=lambda entry: entry.n)
            if service in (None, entry.call.service) and action in (None, entry.call.action)
        ]

    def clear(self) -> None:
        self._entries.clear()
        self._numbers = itertools.count(1)
