"""Several environments at once: one confirmation that says for each what will happen, one POST, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from environments import override_events
from environments.services import exceptions, permissions, plans

from . import board, board_prices, board_rows
from .board_actions import act, take_back
from .board_forecast import Line, forecasts
from .board_rows import Row
from .exception_lines import days_words

VERBS = ("start", "stop", "keep", "off", "on", "release")
UNDONE = ("hold", "released", "batch")
"""By what the deeds of an undo are named: a hold, a released one, exceptions."""
MOST = 100


@require_http_methods(["GET", "HEAD", "POST"])
def many(request: HttpRequest) -> HttpResponse:
    """The confirmation, and what is done after it. Each environment is asked for by itself: one that cannot be is
    told, and holds up no other."""
    if not request.user.has_perm(permissions.SWITCH):
        raise PermissionDenied(_("You may look at environments, but not switch them. A manager of their team can."))
    now = timezone.now()
    sent = request.POST if request.method == "POST" else request.GET
    verb = sent.get("do", "")
    ids = [int(pk) for pk in sent.getlist("env")[:MOST] if pk.isascii() and pk.isdecimal() and len(pk) < 19]
    rows = board_rows.rows_of(request.user, ids, now, may_switch=True)
    chosen = [rows[pk] for pk in dict.fromkeys(ids) if pk in rows]
    if verb not in VERBS or not chosen:
        return _dialog(request, verb, [], [], _tomorrow([], now), now, error=_("Choose environments first."))
    assert isinstance(request.user, User)
    problem = _missing(verb, request) if request.method == "POST" else ""
    tomorrow = _tomorrow(chosen, now)
    lines = forecasts(verb, chosen, request.user, now, _day(request.POST.get("day", ""), tomorrow))
    if request.method != "POST" or problem:
        return _dialog(request, verb, chosen, lines, tomorrow, now, error=problem)
    with override_events.as_one_act():
        told = [_done(verb, row, line, request, now) for row, line in zip(chosen, lines, strict=True)]
    return _told(request, verb, told)


@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Take back what was done for several a moment ago, each by itself: `env` names them, `hold`, `released` or
    `batch` what was done for each, in the same order."""
    if not request.user.has_perm(permissions.SWITCH):
        raise PermissionDenied(_("You may look at environments, but not switch them. A manager of their team can."))
    assert isinstance(request.user, User)
    now = timezone.now()
    kind = next((name for name in UNDONE if name in request.POST), UNDONE[0])
    pairs = zip(request.POST.getlist("env")[:MOST], request.POST.getlist(kind), strict=False)
    asked = {int(pk): done for pk, done in pairs if pk.isascii() and pk.isdecimal() and len(pk) < 19}
    rows = board_rows.rows_of(request.user, asked, now, may_switch=True)
    with override_events.as_one_act():
        told = [_taken_back(rows[pk], request.user, {kind: done}, now) for pk, done in asked.items() if pk in rows]
    return _told(request, "undo", told)


view = admin.site.admin_view(many)
undo_view = admin.site.admin_view(undo)


def _told(request: HttpRequest, verb: str, told: Sequence[Line]) -> HttpResponse:
    """What came of it for each, with their rows as they are now, and one button that takes all of it back."""
    ids = [line.pk for line in told]
    shown = board.read(request, ids, timezone.now())
    context = board.changed(shown, dict.fromkeys(ids, "")) | {"above": shown.above}
    context |= {"lines": told, "count": sum(line.is_fine for line in told), "verb": verb}
    context |= {"can_undo": any(line.undo for line in told)}
    return TemplateResponse(request, "environments/_board_many_done.html", context)


def _missing(verb: str, request: HttpRequest) -> str:
    """What has to be said before anything can be done; it would be refused for each of them."""
    if verb in {"start", "stop", "keep"} and request.POST.get("until") == "time" and not request.POST.get("until_time"):
        return _("Say until when.")
    if verb in {"off", "on"}:
        if not request.POST.get("day"):
            return _("Say for which day.")
        if not request.POST.get("reason", "").strip():
            return _("Say why: everybody reads it.")
    return ""


def _dialog(
    request: HttpRequest,
    verb: str,
    rows: Sequence[Row],
    lines: Sequence[Line],
    tomorrow: date,
    now: datetime,
    error: str = "",
) -> HttpResponse:
    fine = [row.card.environment for row, line in zip(rows, lines, strict=True) if line.is_fine]
    day = _day(request.POST.get("day", ""), tomorrow)
    context: dict[str, Any] = {
        "prices": board_prices.of_several(verb, fine, request.user, now, day),
        "day": days_words([day], now.date()) if day else "",
        "verb": verb,
        "lines": lines,
        "count": sum(line.is_fine for line in lines),
        "running": sum(line.is_running for line in lines),
        "error": error,
        "sent": request.POST,
        "tomorrow": f"{tomorrow:%Y-%m-%d}",
        "reason": {"off": _("not needed this day"), "on": _("needed this day")}.get(verb, ""),
    }
    return TemplateResponse(request, "environments/_board_many.html", context)


def _tomorrow(rows: Sequence[Row], now: datetime) -> date:
    """The day that is proposed: the first that has begun for none of them, so that nothing stops at once."""
    zones = {exceptions.zones(row.card.environment)[0] for row in rows}
    return max((plans.today(zone, now) for zone in zones), default=now.date()) + timedelta(days=1)


def _day(asked: str, tomorrow: date) -> date | None:
    """The day that was chosen, tomorrow before there is one; None for what is no date."""
    try:
        return datetime.fromisoformat(asked).date() if asked else tomorrow
    except ValueError:
        return None


def _done(verb: str, row: Row, line: Line, request: HttpRequest, now: datetime) -> Line:
    """Done, where the forecast said that it can be, and what came of it."""
    if not line.is_fine:
        return line
    assert isinstance(request.user, User)
    sent = request.POST.dict()
    if verb == "keep":
        sent |= {"choice": request.POST.get("until", ""), "longer": "1"}
    try:
        done = act(verb, environment=row.card.environment, user=request.user, sent=sent, now=now)
    except (ValidationError, PermissionDenied) as error:
        return Line(row.pk, line.name, is_fine=False, text=_why_not(error))
    return Line(row.pk, line.name, is_fine=True, text=done.text, is_overruled=done.is_overruled, undo=done.undo)


def _taken_back(row: Row, user: User, sent: Mapping[str, str], now: datetime) -> Line:
    line = Line(row.pk, row.card.environment.name, is_fine=True, text="")
    try:
        text = take_back(environment=row.card.environment, user=user, sent=sent, now=now)
    except (ValidationError, PermissionDenied) as error:
        return replace(line, is_fine=False, text=_why_not(error))
    return replace(line, is_fine=bool(text), text=text or _("There was nothing to undo any more."))


def _why_not(error: ValidationError | PermissionDenied) -> str:
    return " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
