"""An order as it was understood: who asks for what, of which environment or schedule; and the words for its times."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db.models import Exists, OuterRef
from django.urls import reverse

from environments import rules
from environments.models import Environment, Schedule, Target
from environments.models.environment import EnvironmentQuerySet
from environments.rules.reasons import WEEKDAYS_EN, WEEKDAYS_KO
from environments.rules.verb_lexicon import ENVIRONMENT, SCHEDULE, Command, Named
from environments.rules.verb_words import Day, Relative
from environments.rules.wording import is_korean
from environments.rules.zones import WallClock, moment
from environments.rules.zones import zone as known
from environments.services import plans
from environments.services.stop_offers import JUST_PASSED
from notifications.chat.spoken import Answer

from . import texts

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import QuerySet

    from notifications.chat.spoken import Asked

YEARS: Final = range(1970, 2200)


class Refused(Exception):
    """Nothing is done; the answer says why."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(str(answer.title))
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Order:
    """A command of somebody."""

    asked: Asked
    user: User
    command: Command

    @property
    def now(self) -> datetime:
        return self.asked.now

    @property
    def language(self) -> str:
        return self.asked.language

    def at(self, instant: datetime, zone: str) -> str:
        """“18:00 (Asia/Seoul)”, with the day where it is not today. Raises RuleError for an unknown zone."""
        known(zone)
        return texts.AT(self.language, time=rules.when(instant, self.now, zone, self.language), zone=zone)

    def until(self, instant: datetime | None, zone: str) -> str:
        """“until 18:00 (Asia/Seoul)”, “until somebody releases it”."""
        if instant is None:
            return texts.UNTIL_RELEASED(self.language)
        return texts.UNTIL(self.language, time=self.at(instant, zone))

    def plan(self, found: rules.Explanation, zone: str) -> str:
        """“Running until 18:00 (Asia/Seoul): schedule Office hours Seoul”. Raises RuleError for an unknown zone."""
        known(zone)
        return rules.with_zone(found.text(self.language, zone), zone, self.language)

    def day(self, day: Day | None, zone: str) -> date:
        """The date that is meant, today where none was said. Raises `Refused` for one that no plan is made for."""
        if isinstance(day, Relative) or day is None:
            return plans.today(zone, self.now) + timedelta(days=int(day or 0))
        if day.year not in YEARS:
            raise Refused(self.refusal(texts.NO_SUCH_DAY(self.language, day=day)))
        return day

    def day_words(self, day: date) -> str:
        """“2026-11-25 (Wed)”."""
        weekday = day.weekday()
        name = WEEKDAYS_KO[weekday][0] if is_korean(self.language) else WEEKDAYS_EN[weekday][:3]
        return f"{day} ({name})"

    def next_time(self, minute: int, zone: str) -> datetime:
        """The next such time of day in the zone. Raises `Refused` where it has passed so lately that it is a slip."""
        clock, today = WallClock(known(zone)), plans.today(zone, self.now).toordinal()
        at = moment(clock.instant(today, minute))
        if timedelta() <= self.now - at < JUST_PASSED:
            time = rules.when(at, self.now, zone, self.language)
            raise Refused(self.refusal(texts.JUST_PASSED(self.language, time=time, zone=zone)))
        return at if at > self.now else moment(clock.instant(today + 1, minute))

    def time_on(self, day: Day, minute: int, zone: str) -> datetime:
        """A time of day on a day in the zone. Raises `Refused` for a day that no plan is made for."""
        return moment(WallClock(known(zone)).instant(self.day(day, zone).toordinal(), minute))

    def settled(self, end: datetime | None, zone: str) -> Command:
        """The command with the day and the time at which it ends: said later it means the same. Without an `end` as it
        was said, and where the clock of the zone shows its time twice that day."""
        if end is None:
            return self.command
        wall = end.astimezone(known(zone))
        day, minute = wall.date(), wall.hour * 60 + wall.minute
        if day.year not in YEARS or self.time_on(day, minute, zone) != end:
            return self.command
        return replace(self.command, day=day, until=minute, lasts=None)

    def refusal(self, body: str, *, link: str = "") -> Answer:
        return refusal(self.asked, body, link=link)


def refusal(asked: Asked, body: str, *, link: str = "") -> Answer:
    """That it was not done, and why: soberly, and for who asked alone."""
    return Answer(texts.REFUSED(asked.language), body, severity="warning", link=link, private=True, refused=True)


def named(one: Environment | Schedule) -> Named:
    """By what it is called."""
    if isinstance(one, Schedule):
        return Named(SCHEDULE, one.pk, (one.name,))
    return Named(ENVIRONMENT, one.pk, tuple(dict.fromkeys((one.slug, one.name))))


def page_of(environment: Environment) -> str:
    return reverse("environments:page", args=[environment.slug])


def as_typed(command: str) -> str:
    """A command within a sentence: between marks (U+2068, U+2069) by which each platform shows it as it is typed
    there, with its keyword or as its slash command."""
    return f"\u2068{command}\u2069"


def known_to(user: User) -> list[Named]:
    """What the user may call by its name: environments of their teams, and schedules that exist for them. Two queries,
    and those of their permissions."""
    seen = Environment.objects.visible_to(user).order_by("name").values_list("pk", "slug", "name")
    found = [Named(ENVIRONMENT, pk, tuple(dict.fromkeys((slug, name)))) for pk, slug, name in seen]
    rows = schedules_of(user).order_by("name").values_list("pk", "name")
    return found + [Named(SCHEDULE, pk, (name,)) for pk, name in rows]


def schedules_of(user: User) -> QuerySet[Schedule]:
    """Those of which `permissions.may_see_scope` says that they exist for the user."""
    if user.is_active and user.has_perm("environments.view_schedule"):
        return Schedule.objects.all()
    return Schedule.objects.filter(pk__in=Environment.objects.visible_to(user).values("schedule"))


def environments_of(order: Order) -> EnvironmentQuerySet:
    """What the user sees, with all that plans and answers read."""
    targets = Target.objects.filter(environment=OuterRef("pk"))
    return Environment.objects.visible_to(order.user).with_plan(order.now).annotate(has_targets=Exists(targets))


def has_targets(environment: Environment) -> bool:
    found: bool = environment.has_targets  # type: ignore[attr-defined]
    return found
