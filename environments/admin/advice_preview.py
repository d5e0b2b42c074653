"""Next week by the schedule that an environment has and by the one proposed, before anything is saved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import formats

from environments.models import Environment, Schedule
from environments.models.advice import Advice
from environments.services import whatif
from environments.services.advice_reading import schedule_of

from .day_bar import DayBar, day_bar
from .schedule_preview import day_words

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


@dataclass(frozen=True, slots=True)
class Row:
    """`old` is None where nothing is planned now."""

    title: str
    old: DayBar | None
    old_words: str
    new: DayBar
    new_words: str
    differs: bool


def days(advice: Advice, environment: Environment, user: User | AnonymousUser, now: datetime) -> list[Row]:
    """The days as `whatif` has them: with the calendars and exceptions of the schedule, in its zone."""
    new = schedule_of(advice.proposal)
    proposed = Schedule(timezone=new.timezone, override=advice.proposal["override"])
    found = whatif.what_if(
        schedule=environment.schedule, proposed=proposed, periods=new.periods, now=now, user=user
    )  # fmt: skip
    return [
        Row(
            title=f"{formats.date_format(pair.day, 'D')} {formats.date_format(pair.day, 'MONTH_DAY_FORMAT')}",
            old=day_bar(pair.old.segments, pair.day, found.zone_name) if pair.old else None,
            old_words=day_words(pair.old) if pair.old else "",
            new=day_bar(pair.new.segments, pair.day, found.zone_name),
            new_words=day_words(pair.new),
            differs=pair.differs,
        )
        for pair in found.days
    ]
