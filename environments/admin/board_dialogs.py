"""The dialogs of the board: each says what will happen and to what, and is sent to where it came from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from environments import rules
from environments.models import Environment, Wish
from environments.rules.zones import WallClock, moment
from environments.services import boards, budget_limits, exceptions, holds, permissions, plans
from environments.services import needs as needing
from environments.services.exceptions import Wanted
from environments.services.running_on import left_running, runs_until
from environments.services.specs import spec_of

from . import board, board_rows, cards, choices, needs
from .board_actions import ACTS, Done, act, at_once, take_back
from .board_costs import Prices
from .board_overruled import against_its_plan, held_against, left_alone
from .board_prices import of_a_day
from .day_bar import day_bar
from .displays import also, by_both_clocks, language
from .exception_lines import days_words
from .pages import of_any_environment, of_environment

View = Callable[..., HttpResponse]
TEMPLATES = {
    "start": "environments/_board_ask_switch.html",
    "stop": "environments/_board_ask_switch.html",
    "keep": "environments/_board_ask_keep.html",
    "off": "environments/_board_ask_day.html",
    "on": "environments/_board_ask_day.html",
    "release": "environments/_board_ask_confirm.html",
    "retry": "environments/_board_ask_confirm.html",
}
# Until when people stay in the evening; what has passed, or is planned anyway, is not offered.
EVENINGS = (20, 22, 24)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def asked(verb: str) -> View:
    """The view of one verb: a GET asks in a dialog, a POST does it and renews what reads anew."""

    @require_http_methods(["GET", "HEAD", "POST"])
    @of_environment
    def view(request: HttpRequest, environment: Environment) -> HttpResponse:
        permissions.require_switch(request.user, environment)
        now = timezone.now()
        if request.method != "POST":
            return _dialog(request, verb, environment, now)
        try:
            done = act(verb, environment=environment, user=_person(request), sent=request.POST.dict(), now=now)
        except ValidationError as error:
            return _refused(request, verb, environment, now, " ".join(error.messages))
        return answer(request, [environment.pk], done, environment)

    return view


ASKS = {verb: asked(verb) for verb in ACTS}


@require_POST
@of_environment
def undo(request: HttpRequest, environment: Environment) -> HttpResponse:
    """Take back what was done a moment ago: the hold is released, the exception is gone."""
    now = timezone.now()
    try:
        text = take_back(environment=environment, user=_person(request), sent=request.POST.dict(), now=now)
    except ValidationError as error:
        text = " ".join(error.messages)
    return answer(request, [environment.pk], Done(text or _("There was nothing to undo any more.")), environment)


@of_any_environment
@require_POST
def star(request: HttpRequest, environment: Environment) -> HttpResponse:
    """Put it first on one's own board, or no longer: of concern to nobody else, so whoever sees it may."""
    boards.set_favourite(environment=environment, user=_person(request), wished=request.POST.get("wished") == "1")
    return answer(request, [environment.pk], None, environment)


def answer(
    request: HttpRequest, ids: list[int], done: Done | None, environment: Environment | None = None
) -> HttpResponse:
    """The rows concerned and the part above as they are now, with what follows as a message that can be undone."""
    if not request.headers.get("HX-Request"):
        if done:
            messages.success(request, done.text)
        return redirect("admin:index")
    if request.headers.get("X-Shown-On") == "environment" and environment:
        # Its own page has no rows: it reads itself anew.
        told = {"done": done, "undo_url": reverse("environments:board_undo", args=[environment.slug])}
        return TemplateResponse(
            request, "environments/_board_answer.html", told, headers={"HX-Trigger": "environmentChanged"}
        )
    shown = board.read(request, ids, timezone.now())
    context = board.changed(shown, dict.fromkeys(ids, "")) | {"above": shown.above, "done": done}
    context |= {"undo_url": reverse("environments:board_undo", args=[environment.slug]) if environment else ""}
    return TemplateResponse(request, "environments/_board_answer.html", context)


def _refused(request: HttpRequest, verb: str, environment: Environment, now: datetime, text: str) -> HttpResponse:
    """The dialog once more, with what is to be put right and what was filled in."""
    if not request.headers.get("HX-Request"):
        messages.error(request, text)
        return redirect("admin:index")
    return _dialog(request, verb, environment, now, error=text)


def _dialog(request: HttpRequest, verb: str, environment: Environment, now: datetime, error: str = "") -> HttpResponse:
    row = board_rows.rows_of(request.user, [environment.pk], now, may_switch=True)[environment.pk]
    context: dict[str, Any] = {
        "verb": verb,
        "row": row,
        "card": row.card,
        "env": environment,
        "error": error,
        "sent": request.POST,
        "address": reverse(f"environments:ask_{verb}", args=[environment.slug]),
        "now_text": _now_text(row.card, now),
        "zone": row.card.zone,
    }
    if verb in {"start", "stop", "keep"}:
        context |= choices.until_when(request.user, environment, now)
        context["ends"] = context["ends_stopped" if verb == "stop" else "ends_running"]
        context |= needs.section(request, environment, now)
    if verb in {"start", "keep", "on"}:
        context["over_budget"] = budget_limits.refusal(environment, request.user, now)
    if verb == "stop":
        context["still_needed"] = needs.still_needed(request.user, environment, now)
        context["may_stop_anyway"] = needs.may_stop_anyway(request.user)
    elif verb in {"start", "keep"}:
        prices, ends = Prices(request.user, [environment], now), context["ends"]
        context["prices"] = {
            "first": prices.of(HOUR),
            "second": prices.of(2 * HOUR),
            "an_hour": prices.an_hour_and_gaps,
        }
        if verb == "keep":
            context["evenings"] = _evenings(_person(request), environment, ends, prices, now)
        elif ends.default_at:
            context["prices"]["default"] = prices.of(ends.default_at - now)
    elif verb in {"off", "on"}:
        context |= _days(_person(request), environment, verb, now)
    elif verb == "release":
        context["without"] = row.card.more
        context["hold_also"] = also(row.card.hold.until, row.card.zone, now) if row.card.hold else ""
    return TemplateResponse(request, TEMPLATES[verb], context)


def _now_text(card: cards.Card, now: datetime) -> str:
    """What it does against its plan, else what its plan says now, with who asked for it: “Running until 18:00: schedule
    Office hours Seoul”."""
    try:
        spec = spec_of(card.environment, now)
        found = rules.explain(spec, now)
        if against := against_its_plan(card.environment, spec, found, now):
            return against
        said = cards.by_hold(found, card.hold).text(language(), card.zone)
        return cards.then_by_plan(said, found, card.hold, card.zone, now)
    except rules.RuleError as error:
        return cards.unreadable(error)


def _evenings(
    user: User, environment: Environment, ends: choices.Ends, prices: Prices, now: datetime
) -> list[tuple[str, str, str]]:
    """Times of this evening until which it would not run anyway: what the form sends, the words, what so much more
    costs."""
    zone = environment.zone_name
    try:
        spec = spec_of(environment, now)
        stop, left = runs_until(environment, spec, now), left_running(environment, spec, now)
        latest = holds.limit_of(environment, Wish.RUNNING, user, now=now).latest
    except rules.RuleError:
        return []
    if left and stop is None:
        return []
    planned = stop or now
    clock, today = WallClock(ZoneInfo(zone)), plans.today(zone, now)
    offered = []
    for hour in EVENINGS:
        at = moment(clock.instant(today.toordinal(), hour * 60))
        words = by_both_clocks(at, zone, now)
        if at > max(now, planned) and (latest is None or at <= latest) and words not in {ends.first, ends.second}:
            sent = f"at:{at.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}"
            offered.append((sent, words, prices.of(at - max(now, planned))))
    return offered


def _days(user: User, environment: Environment, kind: str, now: datetime) -> dict[str, Any]:
    """Today and tomorrow, each with what is planned and what would become of it; and what another day needs."""
    zone = exceptions.zones(environment)[0]
    today = plans.today(zone, now)
    prices = Prices(user, [environment], now)
    offered = []
    for day in (today, today + DAY):
        bar, problem, follows, wins = _day(user, environment, kind, day, zone, now)
        offered.append(
            {
                "value": f"{day:%Y-%m-%d}",
                "name": _("Today") if day == today else _("Tomorrow"),
                "date": days_words([day], today),
                "planned": bar,
                "problem": problem,
                "at_once": follows,
                "wins": wins,
                "price": "" if problem or wins else of_a_day(environment, kind, day, prices, now),
            }
        )
    return {
        "days": offered,
        "an_hour": prices.an_hour_and_gaps,
        "zone": zone,
        "clock_also": also(now, zone, now),
        "clock": f"{now.astimezone(ZoneInfo(zone)):%H:%M}",
        "day_min": f"{today:%Y-%m-%d}",
        "day_suggested": f"{today + 2 * DAY:%Y-%m-%d}",
        "reason": _("not needed this day") if kind == "off" else _("needed this day"),
    }


def _day(
    user: User, environment: Environment, kind: str, day: date, zone: str, now: datetime
) -> tuple[str, str, str, str]:
    """What is planned for the day, why it cannot be another, what would happen at once, and what would win over it."""
    wanted = Wanted(kind, day, day, None, "–")
    try:
        spec = spec_of(environment, now)
        shown = plans.days_of(spec, day, 1, zone)
        bar = day_bar(shown[0].segments, day, zone) if shown else None
        planned = f"{bar.text} {bar.also}".strip() if bar and bar.marks else _("not planned")
        exceptions.check(scope=environment, wanted=wanted, now=now)
        then = rules.explain(exceptions.preview(environment, environment, wanted, now), now)
    except rules.RuleError as error:
        return "", cards.unreadable(error), "", ""
    except ValidationError as error:
        return planned, " ".join(error.messages), "", ""
    words = {
        Wish.STOPPED: _("It stops now, and everybody who uses it loses it."),
        Wish.RUNNING: _("It starts now."),
    }
    if wish := at_once(environment, then, now):
        return planned, "", words[wish], ""
    wins = held_against(kind, environment, day, now)
    if not wins and day == plans.today(zone, now):
        needed = needing.still_needing_each([environment.pk], user, now).get(environment.pk, ())
        wins = left_alone(environment, then, needed, now)
    return planned, "", "", wins


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # whoever is not signed in does not come as far as here
    return request.user
