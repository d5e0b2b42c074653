"""What everybody may read of an environment whose status page is switched on: its state, since when, when it is back,
and whom to write to. Nothing else of it leaves here: no targets, no people, no reasons that somebody typed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from environments import rules
from environments.models import Check, Environment, State, StatusPage, Wish
from environments.rules import public_words as words
from environments.rules.public_words import Back, PublicState, Resuming

from . import plans
from .specs import spec_of

KEPT = timedelta(seconds=2)
"""So long an answer serves everybody: however many ask, the database is asked as seldom."""

IS_ON = frozenset({State.RUNNING, State.STARTING, State.REDEPLOYING})
# Stopped, left as it is, running: more changes than these never lie before the next start.
CHANGES_AHEAD = 3
E_MAIL = re.compile(r"[^@\s/:?&]+@[^@\s/:?&]+")
WEB = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class PublicStatus:
    """What is said of one environment at one moment. `can_start`: it is off, so that starting it does something."""

    slug: str
    name: str
    contact: str
    zone: str
    state: PublicState
    since: datetime | None
    resuming: Resuming
    can_start: bool

    def texts(self, now: datetime, language: str) -> dict[str, str]:
        """Its state in a word and in a sentence, since when, and when it is back."""
        return {
            "state": words.WORDS[self.state][language],
            "said": words.SAID[self.state][language],
            "since": words.since_text(self.since, now, self.zone, language),
            "resumes": words.resuming_text(self.resuming, now, self.zone, language),
        }

    @property
    def contact_link(self) -> str:
        """Where the contact leads, if it is an address of mail or of the web; else empty."""
        if E_MAIL.fullmatch(self.contact):
            return f"mailto:{self.contact}"
        return self.contact if WEB.fullmatch(self.contact) else ""

    def as_data(self, now: datetime) -> dict[str, Any]:
        """For programs: times with the offset of its zone, and the texts in both languages."""
        return {
            "name": self.name,
            "state": self.state.value,
            "since": self._stamp(self.since),
            "resumes": self.resuming.back.value,
            "resumes_at": self._stamp(self.resuming.at),
            "time_zone": self.zone,
            "contact": self.contact,
            "contact_link": self.contact_link,
            "texts": {language: self.texts(now, language) for language in words.LANGUAGES},
        }

    def _stamp(self, at: datetime | None) -> str | None:
        return at.astimezone(ZoneInfo(self.zone)).isoformat(timespec="seconds") if at else None


_kept: dict[str, tuple[datetime, PublicStatus]] = {}


def found(slug: str, *, now: datetime) -> PublicStatus | None:
    """The status of the environment of this short name; None when there is none, or its page is not switched on.

    Kept for two seconds in this process. Three queries while it is up, one where there is nothing.
    """
    at, status = _kept.get(slug, (None, None))
    if at is not None and at <= now < at + KEPT:
        return status
    _kept.pop(slug, None)
    page = _pages(slug).filter(is_public=True).first()
    if page is None:
        return None
    status = read(page, now)
    _kept[slug] = now, status
    return status


def forget(slug: str) -> None:
    """Something was done to it: the next who asks in this process is told anew."""
    _kept.pop(slug, None)


def hidden(slug: str) -> StatusPage | None:
    """The page of this environment whether it is switched on or not; an unsaved one where nobody has made one. For
    those who may see that it is not."""
    if page := _pages(slug).first():
        return page
    environment = Environment.objects.select_related("schedule").filter(slug=slug).first()
    return StatusPage(environment=environment) if environment else None


def _pages(slug: str) -> QuerySet[StatusPage]:
    return StatusPage.objects.select_related("environment__schedule").filter(environment__slug=slug)


def read(page: StatusPage, now: datetime) -> PublicStatus:
    """What is to be said of its environment now; past the plan's queries only where it is away."""
    environment = page.environment
    checks = Check.objects.switched_on().filter(environment=environment, kind=Check.Kind.HTTP)
    seen = list(checks.values_list("state", "state_since"))
    state = words.public_state(state=environment.state, wish=environment.wish, checks=[one for one, _at in seen])
    return PublicStatus(
        slug=environment.slug,
        name=page.title or environment.name,
        contact=page.contact.strip(),
        zone=environment.zone_name,
        state=state,
        since=_since(environment, state, seen),
        resuming=_resuming(environment, state, now),
        can_start=environment.state not in IS_ON,
    )


def _since(environment: Environment, state: PublicState, seen: list[tuple[str, datetime | None]]) -> datetime | None:
    """Since when it is so: of what does not answer since the first of its checks said so; of what is up since the last
    of them did."""
    told = [at for check, at in seen if check == state.value and at is not None]
    if state is PublicState.DOWN and told:
        return min(told)
    if state is PublicState.UP and told:
        return max([*told, *([environment.state_since] if environment.state_since else [])])
    return environment.state_since


def _resuming(environment: Environment, state: PublicState, now: datetime) -> Resuming:
    if state in {PublicState.UP, PublicState.UPDATING, PublicState.UNKNOWN}:
        return Resuming(Back.HERE)
    if state is PublicState.DOWN:
        return Resuming(Back.UNPLANNED)
    if state is PublicState.STARTING:
        lead = timedelta(minutes=environment.start_lead)
        return words.coming_up(
            since=environment.state_since, lead=lead, planned=_started_early_for(environment, now), now=now
        )
    return _next_start(environment, now)


def _started_early_for(environment: Environment, now: datetime) -> datetime | None:
    """The time at which an environment that was started ahead of it is to be ready; None where it was not."""
    if not environment.start_early or environment.wish != Wish.RUNNING:
        return None
    at = _next_start(environment, now).at
    return at if at and at - now <= timedelta(minutes=environment.start_early_cap) else None


def _next_start(environment: Environment, now: datetime) -> Resuming:
    """When its plan next wants it running: the time at which it is to be ready, not that of a start ahead of it."""
    environment = Environment.objects.with_plan(now).get(pk=environment.pk)
    try:
        spec = replace(spec_of(environment, now), start_early=timedelta(0))
        explained = rules.explain(spec, now)
        if explained.desired is rules.Desired.RUNNING:
            return Resuming(Back.SOON)
        if explained.then is rules.Desired.RUNNING:
            return Resuming(Back.PLANNED, explained.until)
        if explained.source.kind is rules.SourceKind.EXPIRY:
            return Resuming(Back.ENDED)
        ahead = plans.next_changes(spec, now, CHANGES_AHEAD) if explained.until else []
    except rules.RuleError:
        return Resuming(Back.BY_HAND)
    starts = [change.at for change in ahead if change.desired is rules.Desired.RUNNING]
    return Resuming(Back.PLANNED, starts[0]) if starts else Resuming(Back.BY_HAND)
