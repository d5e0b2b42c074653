"""Several environments at once: one confirmation that says for each what will happen, one POST, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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

from environments import rules
from environments.models import Environment, State
from environments.services import exceptions, permissions, plans
from environments.services.exceptions import Wanted
from environments.services.specs import spec_of

from . import board, board_rows, cards, needs
from .board_actions import act, take_back
from .board_rows import Row
from .displays import at_place

VERBS = ("start", "stop", "keep", "off", "on", "release")
MOST = 100
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Line:
    """What will happen to one of them, or has: `is_fine` where it is done, else `text` says why not; `undo` is what
    takes it back, as the fields of a form."""

    pk: int
    name: str
    tone: str
    state: str
    is_fine: bool
    text: str
    undo: Mapping[str, str] = field(default_factory=dict)


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
    chosen = [rows[pk] for pk in ids if pk in rows]
    if verb not in VERBS or not chosen:
        return _dialog(request, verb, [], _tomorrow([], now), error=_("Choose environments first."))
    problem = _missing(verb, request) if request.method == "POST" else ""
    if request.method != "POST" or problem:
        day = _tomorrow(chosen, now)
        return _dialog(request, verb, [_forecast(verb, row, request, now, day) for row in chosen], day, error=problem)
    told = [_done(verb, row, request, now) for row in chosen]
    return _told(request, verb, told)


@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Take back what was done for several a moment ago, each by itself: `env` names them, `hold` or `batch` what was
    done for each, in the same order."""
    if not request.user.has_perm(permissions.SWITCH):
        raise PermissionDenied(_("You may look at environments, but not switch them. A manager of their team can."))
    assert isinstance(request.user, User)
    now = timezone.now()
    kind = "hold" if "hold" in request.POST else "batch"
    pairs = zip(request.POST.getlist("env")[:MOST], request.POST.getlist(kind), strict=False)
    asked = {int(pk): done for pk, done in pairs if pk.isascii() and pk.isdecimal() and len(pk) < 19}
    rows = board_rows.rows_of(request.user, asked, now, may_switch=True)
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


def _dialog(request: HttpRequest, verb: str, lines: Sequence[Line], tomorrow: date, error: str = "") -> HttpResponse:
    context: dict[str, Any] = {
        "verb": verb,
        "lines": lines,
        "count": sum(line.is_fine for line in lines),
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


def _forecast(verb: str, row: Row, request: HttpRequest, now: datetime, day: date) -> Line:
    is_fine, text = _expected(verb, row, request, now, day)
    card = row.card
    return Line(row.pk, card.environment.name, card.tone, card.state, is_fine, text)


def _expected(verb: str, row: Row, request: HttpRequest, now: datetime, tomorrow: date) -> tuple[bool, str]:
    """Whether it will be done, and what will happen or why it will not."""
    card, environment = row.card, row.card.environment
    try:
        spec = spec_of(environment, now)
    except rules.RuleError as error:
        return False, cards.unreadable(error)
    match verb:
        case "start" if not card.can_start:
            return False, card.short if not environment.has_targets else _("It runs or starts already.")  # type: ignore[attr-defined]
        case "start":
            return True, _("It starts now.")
        case "stop" if not card.can_stop:
            return False, card.short if not environment.has_targets else _("It is stopped or stops already.")  # type: ignore[attr-defined]
        case "stop":
            return _stopping(row, request, now)
        case "keep" if environment.state != State.RUNNING:
            return False, _("It does not run.")
        case "keep":
            hour = at_place(rules.extended_until(spec, now, HOUR), card.zone, now)
            return True, _("With 1 hour more it runs until %(time)s.") % {"time": hour}
        case "release" if card.hold is None:
            return False, _("Nobody holds it.")
        case "release":
            return True, card.more or card.hold_text
        case _:
            return _on_the_day(verb, environment, request, now, tomorrow)


def _stopping(row: Row, request: HttpRequest, now: datetime) -> tuple[bool, str]:
    needed = needs.still_needed(request.user, row.card.environment, now)
    if needed:
        return False, _("Others still need it: %(who)s.") % {"who": needed}
    if row.card.hold_text:
        return True, _("It stops now, though held %(hold)s.") % {"hold": row.card.hold_text}
    return True, _("It stops now. By its plan: %(plan)s.") % {"plan": row.card.next_text}


def _on_the_day(
    verb: str, environment: Environment, request: HttpRequest, now: datetime, tomorrow: date
) -> tuple[bool, str]:
    """Judged for the day that was chosen, tomorrow before there is one."""
    day = request.POST.get("day", "")
    try:
        on = datetime.fromisoformat(day).date() if day else tomorrow
        exceptions.check(scope=environment, wanted=Wanted(verb, on, on, None, "–"), now=now)
    except ValueError:
        return False, _("This is not a date.")
    except ValidationError as error:
        return False, " ".join(error.messages)
    return True, _("Off all day.") if verb == "off" else _("On all day.")


def _done(verb: str, row: Row, request: HttpRequest, now: datetime) -> Line:
    environment = row.card.environment
    assert isinstance(request.user, User)
    is_fine, text = _expected(verb, row, request, now, _tomorrow([row], now))
    undo: Mapping[str, str] = {}
    if is_fine:
        try:
            sent = request.POST.dict() | {"choice": request.POST.get("until", "")}
            done = act(verb, environment=environment, user=request.user, sent=sent, now=now)
            text, undo = done.text, done.undo
        except (ValidationError, PermissionDenied) as error:
            is_fine, text = False, _why_not(error)
    return Line(row.pk, environment.name, row.card.tone, row.card.state, is_fine, text, undo)


def _taken_back(row: Row, user: User, sent: Mapping[str, str], now: datetime) -> Line:
    environment = row.card.environment
    try:
        text = take_back(environment=environment, user=user, sent=sent, now=now)
        is_fine, text = bool(text), text or _("There was nothing to undo any more.")
    except (ValidationError, PermissionDenied) as error:
        is_fine, text = False, _why_not(error)
    return Line(row.pk, environment.name, row.card.tone, row.card.state, is_fine, text)


def _why_not(error: ValidationError | PermissionDenied) -> str:
    return " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
