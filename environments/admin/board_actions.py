"""What people do on the board, whichever way they ask for it: each act says what follows and how it is taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from environments import rules
from environments.models import DayException, Environment, Hold, State, Wish
from environments.services import exceptions, holds, needs, permissions, plans, retries, schedules
from environments.services.running_on import left_running
from environments.services.specs import planned, spec_of

from . import cards
from .board_overruled import held_against, left_alone
from .displays import at_place
from .exception_forms import ExceptionForm, value_of
from .exception_lines import days_words, kind_words
from .switching import SwitchForm, switched

Sent = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Done:
    """What follows, in words; `undo` is what takes it back, as the fields of a form, empty where nothing does.
    `is_overruled` where it is written, and something else wins over it for now: the words say what."""

    text: str
    undo: dict[str, str] = field(default_factory=dict)
    is_overruled: bool = False


def act(verb: str, *, environment: Environment, user: User, sent: Sent, now: datetime) -> Done:
    """Do what was asked for. Raises PermissionDenied, and ValidationError in words; nothing is written then."""
    permissions.require_switch(user, environment)
    try:
        return ACTS[verb](environment, user, sent, now)
    except rules.RuleError as error:
        raise ValidationError(cards.unreadable(error)) from error


def take_back(*, environment: Environment, user: User, sent: Sent, now: datetime) -> str:
    """Take back what was done a moment ago: `sent` is what `Done.undo` said. What came of it in words; empty where it
    had gone already. Raises PermissionDenied, and ValidationError in words; nothing is written then."""
    permissions.require_switch(user, environment)
    if hold := _number(sent.get("hold", "")):
        if not holds.take_back(environment=environment, hold_id=hold, author=user, now=now):
            return ""
        before = Hold.objects.open().filter(environment=environment).select_related("author").first()
        return _held_again(environment, before, now) if before else _released(environment, now)
    if released := _number(sent.get("released", "")):
        again = holds.undo_release(environment=environment, hold_id=released, author=user, now=now)
        return _held_again(environment, again, now) if again else ""
    try:
        rows = list(DayException.objects.filter(environment=environment, batch=UUID(sent.get("batch", ""))))
    except ValueError:
        return ""
    if rows and exceptions.undo(exceptions=rows, author=user, now=now):
        days = days_words([row.day for row in rows], plans.today(exceptions.zones(environment)[0], now))
        return _("It is as it was before: %(scope)s, %(days)s.") % {"scope": environment.name, "days": days}
    return ""


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _held_again(environment: Environment, hold: Hold, now: datetime) -> str:
    """“chat-dev is held as before: until 22:00, by Kim: client demo (Asia/Seoul).”"""
    zone = environment.zone_name
    words = {"name": environment.name, "hold": cards.hold_text(hold, zone, now), "zone": zone}
    return _("%(name)s is held as before: %(hold)s (%(zone)s).") % words


def _released(environment: Environment, now: datetime) -> str:
    return f"{environment.name}: {cards.released(environment, now)}"


def _start(environment: Environment, user: User, sent: Sent, now: datetime) -> Done:
    return _hold(Wish.RUNNING, environment, user, sent, now)


def _stop(environment: Environment, user: User, sent: Sent, now: datetime) -> Done:
    return _hold(Wish.STOPPED, environment, user, sent, now)


def _keep(environment: Environment, user: User, sent: Sent, now: datetime) -> Done:
    """`choice` is +1, +2, released, “at:2026-11-21T22:00” or time (with `until_time`); `longer` keeps what is held for
    longer as it is. A hold that only a person ends is never given an end by this."""
    choice = sent.get("choice", "")
    if choice.startswith("at:"):
        sent = {**sent, "until": "time", "until_time": choice.removeprefix("at:")}
    else:
        sent = {**sent, "until": choice or "+1"}
    return _hold(Wish.RUNNING, environment, user, sent, now)


def _hold(wish: Wish, environment: Environment, user: User, sent: Sent, now: datetime) -> Done:
    data = {**sent, "action": "start" if wish is Wish.RUNNING else "stop"}
    environment = planned(environment, now)
    form = SwitchForm(data, environment=environment, now=now)
    if not form.is_valid():
        raise ValidationError([str(error) for errors in form.errors.values() for error in errors])
    end = form.end()
    if wish is Wish.RUNNING and "choice" in sent:
        _refuse_sooner(environment, end, longer="longer" in sent, now=now)
    hold = holds.place(
        environment=environment,
        desired=wish,
        until=end,
        reason=form.cleaned_data["reason"],
        author=user,
        anyway=form.cleaned_data["anyway"],
        now=now,
    )
    return Done(switched(environment, hold, now), {"hold": str(hold.pk)})


def _refuse_sooner(environment: Environment, end: datetime | holds.Until, *, longer: bool, now: datetime) -> None:
    """Keeping on takes nothing away: ValidationError where it is kept on for longer already, or left running for
    longer."""
    if end is holds.Until.RELEASED:
        return
    left = left_running(environment, spec_of(environment, now), now)
    if left and left.stop is None:
        raise ValidationError(_("It runs on anyway, and no stop is planned."))
    if left and left.stop and isinstance(end, datetime) and now < end < left.stop:
        at = at_place(left.stop, environment.zone_name, now)
        raise ValidationError(_("It runs for longer anyway, until %(time)s.") % {"time": at})
    hold = Hold.objects.open().filter(environment=environment, desired=Wish.RUNNING).first()
    if hold is None:
        return
    if hold.until is None:
        raise ValidationError(_("It is kept on until somebody releases it."))
    if longer and isinstance(end, datetime) and now < hold.until and end < hold.until:
        at = at_place(hold.until, environment.zone_name, now)
        raise ValidationError(_("It is held for longer already, until %(time)s.") % {"time": at})


def _off(environment: Environment, user: User, sent: Sent, now: datetime) -> Done:
    return _day("off", environment, user, sent, now)


def _on(environment: Environment, user: User, sent: Sent, now: datetime) -> Done:
    return _day("on", environment, user, sent, now)


def _day(kind: str, environment: Environment, user: User, sent: Sent, now: datetime) -> Done:
    """`day` is a date, or “another” with the date in `date`."""
    day = sent.get("day", "")
    first = sent.get("date", "") if day == "another" else day
    data = {"kind": kind, "first": first, "scope": value_of(environment), "reason": sent.get("reason", "")}
    form = ExceptionForm(data)
    if not form.is_valid():
        raise ValidationError([str(error) for errors in form.errors.values() for error in errors])
    before = planned(environment, now)
    made = exceptions.place(scope=environment, wanted=form.wanted(), author=user, now=now)
    said, wins = _told(before, made, user, now)
    return Done(" ".join(filter(None, (said, wins))), {"batch": str(made[0].batch)}, is_overruled=bool(wins))


def _told(environment: Environment, made: list[DayException], user: User, now: datetime) -> tuple[str, str]:
    """“chat-dev, Tue 24 Nov: off all day.”, with what of it happens now; and what wins over it, if anything does.
    `environment` is as it was before."""
    today = plans.today(exceptions.zones(environment)[0], now)
    said = _("%(name)s, %(days)s: %(kind)s.") % {
        "name": environment.name,
        "days": days_words([row.day for row in made], today),
        "kind": kind_words(made),
    }
    fresh = Environment.objects.with_plan(now).get(pk=environment.pk)
    match at_once(environment, rules.explain(spec_of(fresh, now), now), now):
        case Wish.STOPPED:
            return " ".join((said, _("It stops within seconds."))), ""
        case Wish.RUNNING:
            return " ".join((said, _("It starts within seconds."))), ""
        case _:
            return said, _wins(environment, fresh, made, user, now)


def _wins(before: Environment, fresh: Environment, made: list[DayException], user: User, now: datetime) -> str:
    """Why the day is not as it was asked for, in words; empty where it is."""
    if held := held_against(str(made[0].kind), fresh, made[0].day, now):
        return held
    if made[0].day != plans.today(exceptions.zones(before)[0], now):
        return ""
    needed = needs.still_needing_each([fresh.pk], user, now).get(fresh.pk, ())
    return left_alone(fresh, rules.explain(spec_of(fresh, now), now), needed, now)


def at_once(environment: Environment, then: rules.Explanation, now: datetime) -> Wish | None:
    """What becomes of it within seconds once its plan says this; None where nobody sees a difference."""
    return at_once_of_each([(environment, then)], now).get(environment.pk)


def at_once_of_each(then: Iterable[tuple[Environment, rules.Explanation]], now: datetime) -> dict[int, Wish]:
    """`at_once` of several, by their ids, where somebody sees a difference; as many queries as for one."""
    then = list(then)
    running = {environment.pk: environment.state == State.RUNNING for environment, _explanation in then}
    wishes = schedules.asked_at_once_of_each(then, now=now)
    return {pk: wish for pk, wish in wishes.items() if (wish == Wish.RUNNING) != running[pk]}


def _release(environment: Environment, user: User, sent: Sent, now: datetime) -> Done:
    ended = holds.release(environment=environment, author=user, now=now)
    if ended is None:
        raise ValidationError(_("There was nothing to release any more."))
    lasts = ended.until is None or ended.until > now
    return Done(_released(environment, now), {"released": str(ended.pk)} if lasts else {})


def _retry(environment: Environment, user: User, sent: Sent, now: datetime) -> Done:
    if not retries.retry(environment=environment, actor=user, now=now):
        raise ValidationError(_("There is nothing to try again any more."))
    return Done(_("%(name)s: it is tried again.") % {"name": environment.name})


ACTS: dict[str, Callable[[Environment, User, Sent, datetime], Done]] = {
    "start": _start,
    "stop": _stop,
    "keep": _keep,
    "off": _off,
    "on": _on,
    "release": _release,
    "retry": _retry,
}
"""What can be asked for on the board, by the word that its address has."""
