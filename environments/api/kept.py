"""What each process keeps of answers for the next ones who ask for the same. `forget()` has all of it read anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Final

from portal.api.answers import Ready
from portal.api.sharing import Shared

SECOND: Final = timedelta(seconds=1)

lists: Final[Shared[Ready]] = Shared(SECOND)
"""Lists of environments. Their keys say what was changed last (`changes.newest`) and what the account may see."""

Amounts = list[dict[str, str]]


class Costs:
    """What environments have cost up to a moment, of the newest moment that was asked for."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._moment: datetime | None = None
        self._found: dict[int, Amounts] = {}

    def of(
        self, ids: Iterable[int], moment: datetime, read: Callable[[list[int]], Mapping[int, Any]]
    ) -> dict[int, Amounts]:
        """By id; those that are not known are read together by `read`, which may leave out some: they cost nothing."""
        with self._lock:
            known = dict(self._found) if self._moment == moment else {}
        wanted = list(ids)
        missing = [pk for pk in wanted if pk not in known]
        if missing:
            found = read(missing)
            known |= {pk: found.get(pk, []) for pk in missing}
            with self._lock:
                if self._moment != moment:
                    self._moment, self._found = moment, {}
                self._found |= {pk: known[pk] for pk in missing}
        return {pk: known[pk] for pk in wanted}

    def forget(self) -> None:
        with self._lock:
            self._moment, self._found = None, {}


costs: Final = Costs()


def forget() -> None:
    lists.forget()
    costs.forget()
