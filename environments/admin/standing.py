"""What stands over an environment's plan for long: its pause, its last day, early starts."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from environments.models import Environment, Pause
from environments.services import early_starts, exceptions, expiry, permissions, plans

from .displays import also, at_words

# A last day further away than this needs nobody yet: its people are warned a week before.
SHOWN_AHEAD = 7
NAMED = 5


def section(environment: Environment, now: datetime) -> dict[str, Any]:
    """The context of `environments/_standing.html` on the environment's page, from what came with its plan: no
    query."""
    pause, zone = _pause(environment, now), environment.zone_name
    left = expiry.days_left(environment, now)
    return {
        "pause": pause,
        "pause_text": _pause_text(pause, zone, now) if pause else "",
        "pause_also": also(pause.until, zone, now) if pause else "",
        "expiry_text": _expiry_text(environment.expires_on, left) if left is not None and left <= SHOWN_AHEAD else "",
        "expired": left is not None and left < 0,
        "expiry_zone": exceptions.zones(environment)[0],
    }


def schedule_section(request: HttpRequest, environment: Environment, now: datetime) -> dict[str, Any]:
    """The context of `environments/_schedule.html`, where it is paused."""
    today = plans.today(environment.zone_name, now)  # a pause ends with a midnight of this zone
    limited = bool(environment.max_hold_hours) and not request.user.has_perm(permissions.EXCEED)
    return {
        "pause": _pause(environment, now),
        "standing_facts": _facts(environment),
        "may_pause": permissions.may_switch(request.user, environment) and not limited,
        "pause_min": f"{today + timedelta(days=1):%Y-%m-%d}",
        "pause_suggested": f"{today + timedelta(days=7):%Y-%m-%d}",
    }


def _pause(environment: Environment, now: datetime) -> Pause | None:
    return next((row for row in environment.open_pauses if row.until > now), None)  # type: ignore[attr-defined]


def _pause_text(pause: Pause, zone: str, now: datetime) -> str:
    until = _("until %(time)s") % {"time": at_words(pause.until, zone, now)}
    by = _("by %(name)s") % {"name": pause.author_name} if pause.author_name else ""
    return ", ".join(part for part in (until, by) if part) + (f": {pause.reason}" if pause.reason else "")


def _expiry_text(last: date | None, left: int) -> str:
    day = formats.date_format(last, "DATE_FORMAT") if last else ""
    if left < 0:
        return _("Its last day was %(day)s. It stays stopped until an operator moves that day.") % {"day": day}
    if left == 0:
        return _("Today is its last day: at midnight it is stopped for good.")
    return ngettext(
        "Its last day is %(day)s, in %(left)s day: at the end of it, it is stopped for good.",
        "Its last day is %(day)s, in %(left)s days: at the end of it, it is stopped for good.",
        left,
    ) % {"day": day, "left": left}


def _facts(environment: Environment) -> list[tuple[str, str]]:
    """What was agreed for this environment, beside its schedule: only what is not as usual."""
    facts: list[tuple[str, str]] = []
    schedule = environment.schedule
    if schedule and schedule.enforced:
        facts.append((_("Changes from outside"), _("put back within minutes")))
    if schedule and schedule.retain_running:
        facts.append((_("What ran before its period"), _("is not stopped at its end")))
    if environment.max_hold_hours:
        hours = ngettext(
            "%(hours)s hour beyond its plan", "%(hours)s hours beyond its plan", environment.max_hold_hours
        )
        facts.append((_("Longest hold"), hours % {"hours": environment.max_hold_hours}))
    if environment.expires_on:
        facts.append((_("Last day"), formats.date_format(environment.expires_on, "DATE_FORMAT")))
    if environment.start_early:
        facts.append((_("Starts early"), _early_text(environment)))
    facts.append((_("Before it stops"), _warning_text(environment)))
    return facts


def _warning_text(environment: Environment) -> str:
    """Who is asked before it stops, and how long before: “30 min before: Minseo Kim”. One query."""
    if not environment.warn_minutes:
        return _("nobody is asked")
    names = list(environment.contacts.order_by("name", "pk").values_list("name", flat=True))
    beyond = f" (+{len(names) - NAMED})" if len(names) > NAMED else ""
    who = ", ".join(names[:NAMED]) + beyond if names else _("the managers of its team")
    return _("%(minutes)s min before: %(who)s") % {"minutes": environment.warn_minutes, "who": who}


def _early_text(environment: Environment) -> str:
    cap = timedelta(minutes=environment.start_early_cap)
    found = early_starts.known(environment.pk, cap)
    minutes = found.lead // timedelta(minutes=1)
    if not minutes:
        return _("not yet: learned after three starts (so far %(count)s)") % {"count": found.samples}
    learned = _("%(minutes)s min, so that it is ready in time: nine of ten of its last %(count)s starts took no longer")
    capped = _("%(minutes)s min, the most that is allowed: its last %(count)s starts took longer")
    return (capped if found.capped else learned) % {"minutes": minutes, "count": found.samples}
