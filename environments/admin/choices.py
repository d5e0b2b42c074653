"""What the dialogs of Start, Stop and Keep on offer: until when, within what this person may ask for."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AnonymousUser, User

from environments import rules
from environments.models import Environment, Wish
from environments.services import holds
from environments.services.specs import planned, spec_of

from .displays import by_both_clocks

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Ends:
    """Ends of a hold in words, empty where there is none. `latest` is set for those who may not hold for longer."""

    default: str
    latest: str
    first: str
    second: str


def until_when(user: User | AnonymousUser, environment: Environment, now: datetime) -> dict[str, Any]:
    """What the dialogs' templates (`environments/_board_ask_….html`) offer; little where the plan cannot be read."""
    zone = environment.zone_name
    found: dict[str, Any] = {
        "planned_stop": "",
        "suggested": f"{(now + 2 * HOUR).astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:00}",
        "earliest": f"{now.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}",
        "ends_running": Ends("", "", *(by_both_clocks(now + hours * HOUR, zone, now) for hours in (1, 2))),
    }
    found["ends_stopped"] = found["ends_running"]
    if not isinstance(user, User):
        return found
    with suppress(rules.RuleError):
        environment = planned(environment, now)
        spec = spec_of(environment, now)
        explained = rules.explain(spec, now)
        if explained.until and explained.desired is rules.Desired.RUNNING:
            found["planned_stop"] = by_both_clocks(explained.until, zone, now)
        longer = holds.whole_minute(rules.extended_until(spec, now, HOUR))
        found["ends_running"] = _ends(user, environment, Wish.RUNNING, longer, now)
        found["ends_stopped"] = _ends(user, environment, Wish.STOPPED, now + HOUR, now)
    return found


def _ends(user: User, environment: Environment, desired: Wish, first: datetime, now: datetime) -> Ends:
    latest = holds.limit_of(environment, desired, user, now=now).latest
    default = min((end for end in (holds.default_end(environment, now=now), latest) if end), default=None)

    def words(end: datetime | None, *, within: datetime | None) -> str:
        return by_both_clocks(end, environment.zone_name, now) if end and (within is None or end <= within) else ""

    return Ends(
        default=words(default, within=None),
        latest=words(latest, within=None),
        first=words(first, within=latest),
        second=words(first + HOUR, within=latest),
    )
