"""What people do to plans (exceptions, holds, pauses), as events for those who should hear of it.

Called inside the transaction that made it so. One act of a person is one event: what is done for several at once is
told together (`as_one_act`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from environments import rules
from environments.models import DayException, Environment, Hold, Pause, Schedule, Team, Wish
from environments.services.exception_reasons import given
from notifications.outbox import publish

EXCEPTION_MADE = "exception.made"
EXCEPTION_CHANGED = "exception.changed"
EXCEPTION_REMOVED = "exception.removed"
HOLD_PLACED = "hold.placed"
HOLD_RELEASED = "hold.released"
HOLD_ENDED = "hold.ended"
PAUSED = "schedule.paused"
RESUMED = "schedule.resumed"

KINDS = {
    EXCEPTION_MADE: _("Exception: made"),
    EXCEPTION_CHANGED: _("Exception: changed"),
    EXCEPTION_REMOVED: _("Exception: removed"),
    HOLD_PLACED: _("Hold: placed"),
    HOLD_RELEASED: _("Hold: released"),
    HOLD_ENDED: _("Hold: ended"),
    PAUSED: _("Schedule: paused"),
    RESUMED: _("Schedule: resumed"),
}

Texts = Mapping[str, str]
Scope = Environment | Team | Schedule
LANGUAGES = ("en", "ko")
NAMED = 20
DAYS_NAMED = 3
BY_ITS_PLAN: Texts = {"en": "Its plan decides again.", "ko": "이제 계획을 따라요."}


@dataclass(frozen=True, slots=True)
class _Told:
    """One event to be."""

    kind: str
    scope: Scope
    title: Texts
    body: Texts
    link: str
    actor: str
    now: datetime
    dedupe_key: str | None = None


_act: ContextVar[list[_Told] | None] = ContextVar("act", default=None)


@contextmanager
def as_one_act() -> Iterator[None]:
    """What is told within is one event of each kind, published at the end: several environments in one click. What was
    done by then is told also when something raises."""
    told: list[_Told] = []
    token = _act.set(told)
    try:
        yield
    finally:
        _act.reset(token)
        told.sort(key=lambda one: one.kind)  # stable: within a kind in the order of the deeds
        for _kind, those in groupby(told, key=lambda one: one.kind):
            _publish_together(list(those))


def made(rows: Sequence[DayException], scope: Scope, author: User, now: datetime) -> None:
    """Exceptions were placed, or copied to other days."""
    _of_days(EXCEPTION_MADE, rows, scope, author, now, {"en": "{name}: {what}", "ko": "{name}: {what}"})


def changed(rows: Sequence[DayException], scope: Scope, author: User, now: datetime) -> None:
    """Exceptions took the place of others; `rows` are the new ones."""
    said = {"en": "{name}: {what} (changed)", "ko": "{name}: {what} (변경)"}
    _of_days(EXCEPTION_CHANGED, rows, scope, author, now, said)


def removed(rows: Sequence[DayException], scopes: Sequence[Scope], author: User, now: datetime) -> None:
    """Exceptions were removed, or taken back; of several scopes it is one event."""
    said = {"en": "{name}: {what} (removed)", "ko": "{name}: {what} (삭제)"}
    _of_scopes(EXCEPTION_REMOVED, rows, scopes, author, now, said)


def brought_back(rows: Sequence[DayException], scopes: Sequence[Scope], author: User, now: datetime) -> None:
    """Exceptions that had been removed are in force again."""
    said = {"en": "{name}: {what} (in force again)", "ko": "{name}: {what} (다시 적용)"}
    _of_scopes(EXCEPTION_MADE, rows, scopes, author, now, said)


def held(hold: Hold, environment: Environment, *, actor: str, now: datetime) -> None:
    """A hold is in force."""
    ways = {
        (Wish.RUNNING, True): {"en": "kept running until {time}", "ko": "{time}까지 실행 유지"},
        (Wish.STOPPED, True): {"en": "kept stopped until {time}", "ko": "{time}까지 중지 유지"},
        (Wish.RUNNING, False): {"en": "kept running until somebody releases it", "ko": "해제할 때까지 실행 유지"},
        (Wish.STOPPED, False): {"en": "kept stopped until somebody releases it", "ko": "해제할 때까지 중지 유지"},
    }
    said = ways[Wish(hold.desired), hold.until is not None]
    title = {lang: f"{environment.name}: {_at(said[lang], hold.until, environment, now, lang)}" for lang in LANGUAGES}
    _tell(_Told(HOLD_PLACED, environment, title, _same(hold.reason), _page(environment), actor, now))


def released(environment: Environment, author: User, now: datetime) -> None:
    """Somebody has ended a hold before its time, or taken it back."""
    title = {"en": f"{environment.name}: the hold was released", "ko": f"{environment.name}: 유지 해제"}
    _tell(_Told(HOLD_RELEASED, environment, title, BY_ITS_PLAN, _page(environment), author.get_username(), now))


def hold_ended(hold: Hold, environment: Environment, now: datetime) -> None:
    """A hold's time is over; told once."""
    title = {"en": f"{environment.name}: the hold has ended", "ko": f"{environment.name}: 유지 종료"}
    key = f"hold-{hold.pk}-{HOLD_ENDED}"
    _tell(_Told(HOLD_ENDED, environment, title, BY_ITS_PLAN, _page(environment), "", now, key))


def paused(pause: Pause, environment: Environment, author: User, now: datetime) -> None:
    """The schedule of an environment is switched off until a time."""
    said = {"en": "its schedule is paused until {time}", "ko": "{time}까지 일정 일시 중지"}
    title = {lang: f"{environment.name}: {_at(said[lang], pause.until, environment, now, lang)}" for lang in LANGUAGES}
    _tell(_Told(PAUSED, environment, title, _same(pause.reason), _page(environment), author.get_username(), now))


def resumed(environment: Environment, author: User, now: datetime) -> None:
    """Somebody has ended a pause before its time."""
    _resumed(environment, author.get_username(), now, None)


def pause_ended(pause: Pause, environment: Environment, now: datetime) -> None:
    """A pause's time is over; told once."""
    _resumed(environment, "", now, f"pause-{pause.pk}-{RESUMED}")


def _resumed(environment: Environment, actor: str, now: datetime, key: str | None) -> None:
    title = {"en": f"{environment.name}: its schedule is resumed", "ko": f"{environment.name}: 일정 재개"}
    _tell(_Told(RESUMED, environment, title, BY_ITS_PLAN, _page(environment), actor, now, key))


def _of_scopes(
    kind: str, rows: Sequence[DayException], scopes: Sequence[Scope], author: User, now: datetime, said: Texts
) -> None:
    """`scopes` has the scope of each row. Those of several are one act."""
    whose: dict[Scope, list[DayException]] = {}
    for row, scope in zip(rows, scopes, strict=True):
        whose.setdefault(scope, []).append(row)
    if len(whose) > 1 and _act.get() is None:
        with as_one_act():
            _of_scopes(kind, rows, scopes, author, now, said)
        return
    for scope, its in whose.items():
        _of_days(kind, its, scope, author, now, said)


def _of_days(kind: str, rows: Sequence[DayException], scope: Scope, author: User, now: datetime, said: Texts) -> None:
    if not rows:
        return
    title = {lang: said[lang].replace("{name}", scope.name).replace("{what}", _what(rows, lang)) for lang in LANGUAGES}
    reasons = ", ".join(filter(None, dict.fromkeys(given(row.reason) for row in rows)))
    link = _page(scope) if isinstance(scope, Environment) else reverse("environments:calendar")
    _tell(_Told(kind, scope, title, _same(reasons), link, author.get_username(), now))


def _what(rows: Sequence[DayException], language: str) -> str:
    """“exception of 2026-11-24 to 2026-11-26, on from 10:00, off at 20:00”."""
    days, wishes = _days(sorted({row.day for row in rows}), language), _wishes(rows, language)
    return f"{days} 예외, {wishes}" if language == "ko" else f"exception of {days}, {wishes}"


def _days(days: Sequence[date], language: str) -> str:
    spans: list[list[date]] = []
    for day in days:
        if spans and day == spans[-1][1] + timedelta(days=1):
            spans[-1][1] = day
        else:
            spans.append([day, day])
    to = "~" if language == "ko" else " to "
    said = [f"{first}{to}{last}" if first != last else f"{first}" for first, last in spans]
    more = len(said) - DAYS_NAMED
    return ", ".join(said[:DAYS_NAMED]) + (f" (+{more})" if more > 0 else "")


_WISHES: Mapping[str, Texts] = {
    DayException.Kind.START: {"en": "on from {time}", "ko": "{time} 시작"},
    DayException.Kind.STOP: {"en": "off from {time}", "ko": "{time} 중지"},
    DayException.Kind.ON: {"en": "on all day", "ko": "종일 켜기"},
    DayException.Kind.OFF: {"en": "off all day", "ko": "종일 끄기"},
}


def _wishes(rows: Sequence[DayException], language: str) -> str:
    ordered = sorted(rows, key=lambda row: (row.kind, row.minute or 0))
    return ", ".join(dict.fromkeys(_WISHES[row.kind][language].replace("{time}", row.clock) for row in ordered))


def _at(said: str, at: datetime | None, environment: Environment, now: datetime, language: str) -> str:
    if at is None:
        return said
    zone = environment.zone_name
    return f"{said.replace('{time}', rules.when(at, now, zone, language))} ({zone})"


def _same(text: str) -> Texts:
    """What somebody wrote is the same in each language."""
    return dict.fromkeys(LANGUAGES, text)


def _page(environment: Environment) -> str:
    return reverse("environments:page", args=[environment.slug])


def _tell(told: _Told) -> None:
    together = _act.get()
    if together is None:
        _publish_together([told])
    else:
        together.append(told)


def _publish_together(those: Sequence[_Told]) -> None:
    first, more = those[0], len(those) - 1
    labels = [_labels(one.scope) for one in those]
    same = {name: value if all(one[name] == value for one in labels) else "" for name, value in labels[0].items()}
    title, body, link = first.title, first.body, first.link
    if more:
        title = {"en": f"{title['en']}, and {more} more", "ko": f"{title['ko']} 외 {more}건"}
        body = {lang: _listed(those, lang) for lang in LANGUAGES}
        link = link if all(one.link == link for one in those) else reverse("admin:index")
    publish(
        kind=first.kind,
        severity="info",
        labels=same,
        title=title,
        body=body,
        fields=[({"en": "Team", "ko": "팀"}, _same(same["team"]))] if same["team"] else [],
        link=link,
        actor=first.actor,
        now=first.now,
        dedupe_key=first.dedupe_key if not more else None,
    )


def _listed(those: Sequence[_Told], language: str) -> str:
    beyond = [f"(+{len(those) - NAMED})"] if len(those) > NAMED else []
    return "\n".join([*(one.title[language] for one in those[:NAMED]), *beyond])


def _labels(scope: Scope) -> dict[str, str]:
    match scope:
        case Environment():
            return {"environment": scope.slug, "team": scope.team.name}
        case Team():
            return {"environment": "", "team": scope.name}
        case _:
            return {"environment": "", "team": ""}
