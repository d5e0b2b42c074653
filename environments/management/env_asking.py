"""What somebody typed beside a verb of `manage.py env`: who they are, until when, for how long."""

from __future__ import annotations

import getpass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError
from django.utils.translation import get_language

from environments.models import Environment, Team
from environments.models.environment import SEE_EVERY_TEAM
from environments.rules.verb_words import Word, Wrong, length_of, minute_of
from environments.rules.zones import WallClock, moment
from environments.services import env_names, holds
from portal.env import of_shell

from .env_words import say


def language(asked: str | None) -> str:
    """What was asked for, else what the shell speaks, else the portal's own."""
    if asked:
        return asked
    spoken = of_shell("LC_ALL") or of_shell("LC_MESSAGES") or of_shell("LANG")
    if not spoken:
        return settings.LANGUAGE_CODE
    return "ko" if spoken.lower().startswith("ko") else "en"


def who(asked: str | None) -> User:
    """The portal's user of this name, else of the name that the system knows. CommandError for nobody, or somebody who
    is switched off."""
    name = asked if asked is not None else _system_user()
    person = User.objects.filter(username=name, is_active=True).first()
    if person is None:
        raise CommandError(say("who", name=name))
    return person


def which(person: User, typed: list[str], now: datetime) -> Environment:
    """The environment that is meant. CommandError names what it may be."""
    try:
        return env_names.find(person, " ".join(typed), now)
    except env_names.UnclearError as unclear:
        if unclear.several:
            raise CommandError(say("several", name=unclear.typed, names=", ".join(unclear.several))) from unclear
        more = say("none")
        if unclear.near or unclear.some:
            key = "near" if unclear.near else "there are"
            more = say(key, names=", ".join(unclear.near or unclear.some))
        raise CommandError(f"{say('no such', name=unclear.typed)} {more}") from unclear


def team(person: User, named: str | None) -> int | None:
    """A team of theirs by its name, or by how that begins when no other does."""
    if not named:
        return None
    rows = Team.objects.all() if person.has_perm(SEE_EVERY_TEAM) else person.teams.all()
    begin = list(rows.filter(name__istartswith=named))
    found = [one for one in begin if one.name.casefold() == named.casefold()] or begin
    if len(found) != 1:
        raise CommandError(say("no team", name=named))
    return found[0].pk


def until(of: Environment, *, at: str | None, hours: float | None, released: bool, now: datetime) -> Until:
    """The end of a hold: the next change of the plan, unless something else was said."""
    if released:
        return holds.Until.RELEASED
    if hours is not None:
        return now + timedelta(hours=hours)
    return _wall(of, at, now) if at else holds.Until.NEXT_CHANGE


def length(text: str) -> timedelta:
    try:
        found = length_of(Word(text))
    except Wrong:
        found = None
    if found is None:
        raise CommandError(say("length", text=text))
    return found


def _wall(of: Environment, text: str, now: datetime) -> datetime:
    """“22:00” is the next one by the environment's clock; with a date it is that day's."""
    day, _, clock = text.strip().replace("T", " ").rpartition(" ")
    try:
        minute = minute_of(Word(clock))
        first = date.fromisoformat(day) if day else None
    except ValueError:  # `Wrong` is one
        minute = None
    if minute is None:
        raise CommandError(say("until", text=text))
    walls = WallClock(ZoneInfo(of.zone_name))
    if first is not None:
        try:
            return moment(walls.instant(first.toordinal(), minute))
        except OverflowError as error:  # a day at either end of the calendar, of which UTC has no name
            raise CommandError(say("until", text=text)) from error
    today = now.astimezone(ZoneInfo(of.zone_name)).toordinal()
    later = (moment(walls.instant(today + ahead, minute)) for ahead in (0, 1, 2))
    return next(at for at in later if at > now)


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no name for this user id, as in some containers
        return ""


def speaks() -> str:
    return (get_language() or "en").split("-")[0]


Until = datetime | holds.Until
