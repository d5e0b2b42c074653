"""What the dialogs of Start, Stop and Keep on offer: until when, within what this person may ask for."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from environments import rules
from environments.models import Environment, Wish
from environments.rules.zones import known_zone
from environments.services import holds
from environments.services.running_on import left_running, planned_on_until
from environments.services.specs import planned, spec_of

from .displays import at_words, by_both_clocks

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Ends:
    """Ends of a hold in words, empty where there is none. `latest` is set for those who may not hold for longer;
    `default_at` is the moment of the default end; `stays`: when it is really stopped after that, where its plan goes
    on with the same."""

    default: str
    latest: str
    first: str
    second: str
    default_at: datetime | None = None
    stays: str = ""


def until_when(user: User | AnonymousUser, environment: Environment, now: datetime) -> dict[str, Any]:
    """What the dialogs' templates (`environments/_board_ask_….html`) offer; little where the plan cannot be read."""
    zone = environment.zone_name
    found: dict[str, Any] = {
        "suggested": f"{(now + 2 * HOUR).astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:00}",
        "earliest": f"{now.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}",
        "ends_running": Ends("", "", by_both_clocks(now + HOUR, zone, now), by_both_clocks(now + 2 * HOUR, zone, now)),
    }
    found["ends_stopped"] = found["ends_running"]
    if not isinstance(user, User):
        return found
    with suppress(rules.RuleError):
        environment = planned(environment, now)
        spec = spec_of(environment, now)
        if (left := left_running(environment, spec, now)) and left.stop:
            found["suggested"] = f"{(left.stop + HOUR).astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}"
        found["ends_running"] = _ends(user, environment, Wish.RUNNING, _longer(environment, spec, now), now)
        found["ends_stopped"] = _ends(user, environment, Wish.STOPPED, now + HOUR, now)
    return found


def stays_words(spec: rules.EnvironmentSpec, end: datetime, now: datetime, place: str = "") -> str:
    """“tomorrow 18:00 (from 09:00 by its plan)”: until when what is held running until `end` really runs; empty where
    that is the end. `place` is said in the place of that time, with the zone that it is in."""
    stop, zone = planned_on_until(spec, end), spec.zone_name
    if stop is None:
        return ""
    same_day = stop.astimezone(known_zone(zone)).date() == end.astimezone(known_zone(zone)).date()
    begin = f"{end.astimezone(known_zone(zone)):%H:%M}" if same_day else at_words(end, zone, now)
    words = {"time": place or by_both_clocks(stop, zone, now), "begin": begin}
    if place:
        return _("%(time)s, from %(begin)s by its plan") % words
    return _("%(time)s (from %(begin)s by its plan)") % words


def _longer(environment: Environment, spec: rules.EnvironmentSpec, now: datetime) -> datetime | None:
    """Where one hour more ends; None where nothing would stop it anyway."""
    try:
        return holds.extended_until(environment, spec, now, HOUR)
    except ValidationError:
        return None


def _ends(user: User, environment: Environment, desired: Wish, first: datetime | None, now: datetime) -> Ends:
    latest = holds.limit_of(environment, desired, user, now=now).latest
    default = min((end for end in (holds.default_end(environment, now=now), latest) if end), default=None)

    def words(end: datetime | None, *, within: datetime | None) -> str:
        return by_both_clocks(end, environment.zone_name, now) if end and (within is None or end <= within) else ""

    return Ends(
        default=words(default, within=None),
        latest=words(latest, within=None),
        first=words(first, within=latest),
        second=words(first and first + HOUR, within=latest),
        default_at=default,
        stays=stays_words(spec_of(environment, now), default, now) if default and desired == Wish.RUNNING else "",
    )
