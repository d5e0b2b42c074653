"""Rows whose work breaks: each is left alone for a while, and the others have their turn.

What is known of that is this process's own and forgotten with it: it decides when a row is tried again, never whether.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from notifications.backoff import backoff

logger = logging.getLogger(__name__)

KEPT: Final = timedelta(days=1)
"""A row that nobody has come back to for so long is done by somebody else, or gone."""


@dataclass(frozen=True, slots=True)
class _Stumbled:
    times: int
    again_at: datetime


class Stumbles:
    """The rows of one kind of work that broke: tried again after ten seconds, then after twice that, up to a quarter of
    an hour. `what` names a row in the log."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._rows: dict[int, _Stumbled] = {}

    def resting(self, now: datetime) -> list[int]:
        """Rows that are not to be tried yet."""
        for pk, row in list(self._rows.items()):
            if row.again_at + KEPT < now:
                self._rows.pop(pk, None)
        return sorted(pk for pk, row in list(self._rows.items()) if row.again_at > now)

    @contextmanager
    def row(self, pk: int, now: datetime) -> Iterator[None]:
        """Work at one row. Whatever breaks within ends here: it is logged, once for each row, and tried again later.

        Raises only where the connection to the database is gone, which concerns every row.
        """
        try:
            yield
        except Exception:
            if not connection.is_usable():
                raise
            if self._note(pk, now):
                logger.exception("%s %s broke and is tried again later; the others go on.", self._what, pk)
        else:
            self._rows.pop(pk, None)

    def _note(self, pk: int, now: datetime) -> bool:
        """Whether it is the first time."""
        times = (row.times if (row := self._rows.get(pk)) else 0) + 1
        self._rows[pk] = _Stumbled(times, now + backoff(times, jitter=0.5))
        return times == 1
