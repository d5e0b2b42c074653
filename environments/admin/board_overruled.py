"""What wins over a day off or on, in words: a hold, what somebody changed outside, and others who still need it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.utils.translation import gettext as _

from environments import rules
from environments.models import Environment, Hold, State, Wish
from environments.services import exceptions, needs, plans
from environments.services.running_on import left_running

from . import cards, outside
from .displays import at_words

OPPOSITE = {"off": Wish.RUNNING, "on": Wish.STOPPED}


def held_against(kind: str, environment: Environment, day: date, now: datetime) -> str:
    """That it is held otherwise on a day off or on, and what to do about it; empty where no hold wins."""
    zone = exceptions.zones(environment)[0]
    begin, _end = plans.bounds(day, zone)
    hold = _hold(environment)
    if hold is None or hold.desired != OPPOSITE[kind] or (hold.until and hold.until <= max(begin, now)):
        return ""
    words = {"hold": cards.hold_text(hold, environment.zone_name, now), "zone": environment.zone_name}
    if kind == "off":
        said = _("While it is held, it stays on: %(hold)s (%(zone)s).") % words
        what = _("Release the hold, or stop it now.")
        later = _("Release the hold if that day is to be off.")
    else:
        said = _("While it is held, it stays off: %(hold)s (%(zone)s).") % words
        what = _("Release the hold, or start it now.")
        later = _("Release the hold if that day is to be on.")
    return " ".join((said, what if day == plans.today(zone, now) else later))


def left_alone(
    environment: Environment, then: rules.Explanation, needed: Sequence[needs.Needing], now: datetime
) -> str:
    """That today changes nothing at once, for whoever asks of an environment of which nothing is asked at once: why it
    goes on as it is, and what to do about it. Empty where it is as its plan says `then`."""
    zone = environment.zone_name
    if then.desired is rules.Desired.STOPPED and environment.state == State.RUNNING:
        if needed:
            return _("It stays on: others still need it: %(who)s (%(zone)s).") % {
                "who": needs.in_words(needed, zone, now),
                "zone": zone,
            }
        why = outside.drifted(environment, then, now) or _("It runs against its plan and is left alone")
        return _("%(why)s (%(zone)s). Stop it now if it is to be off.") % {"why": why, "zone": zone}
    if then.desired is rules.Desired.RUNNING and environment.state == State.STOPPED:
        why = outside.drifted(environment, then, now) or _("It is off against its plan and is left alone")
        return _("%(why)s (%(zone)s). Start it now if it is to be on.") % {"why": why, "zone": zone}
    return ""


def against_its_plan(
    environment: Environment, spec: rules.EnvironmentSpec, found: rules.Explanation, now: datetime
) -> str:
    """What it does though its plan says `found`, and until when: “Started outside the portal: left alone until Mon
    09:00, then by its plan until Mon 18:00”. Empty where it is as its plan says, or the plan is followed at once."""
    left, zone = left_running(environment, spec, now), environment.zone_name
    why = outside.drifted(environment, found, now)
    if left is None:
        return why
    if not why and (spared := outside.spared(environment, found, now).rstrip(".")):
        return spared
    if left.until is None:
        return why or _("It runs against its plan and is left alone")
    time = at_words(left.until, zone, now)
    why = why or _("It runs against its plan and is left alone until %(time)s") % {"time": time}
    if left.stop is None:
        return why
    return _("%(held)s, then by its plan until %(time)s") % {"held": why, "time": at_words(left.stop, zone, now)}


def _hold(environment: Environment) -> Hold | None:
    """The newest of those that came with its plan."""
    found: list[Hold] = environment.open_holds  # type: ignore[attr-defined]
    return found[0] if found else None
