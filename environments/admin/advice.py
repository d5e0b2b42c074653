"""The page of advice, and what operators do with it: dialogs that say what changes, and POSTs that do it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import BooleanField, ExpressionWrapper, F, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from environments import rules
from environments.models import Environment, Wish
from environments.models.advice import Advice, UseLook
from environments.models.texts import in_language
from environments.services import advice_applying, advice_reading, cost_gaps, permissions, schedules
from environments.services.specs import planned, spec_of

from . import advice_words as words
from .advice_preview import days
from .advice_week import LABELS, rows
from .costs_lacking import things
from .displays import at_words, name_of
from .pages import of_environment

VIEW: Final = "environments.view_advice"
A_PAGE, LATELY, WITHOUT = 10, 20, 20
AGO: Final = timedelta(days=30)
ENDED = (Advice.Status.APPLIED, Advice.Status.DISMISSED)


class ReasonForm(forms.Form):
    reason = forms.CharField(required=False, max_length=advice_applying.LONGEST_REASON)


def page(request: HttpRequest) -> HttpResponse:
    """Open advice by what it saves, what was done of late, and why others have none."""
    if not request.user.has_perm(VIEW):
        raise PermissionDenied(_("You may not see advice. An administrator can give you a role that may."))
    now = timezone.now()
    visible = Environment.objects.visible_to(request.user).order_by()
    listed = Paginator(_open(visible), A_PAGE).get_page(request.GET.get("page"))
    shown, done = list(listed), list(_lately(visible, now))
    lacking = _lacking((one.environment_id for one in (*shown, *done)), now)
    context = admin.site.each_context(request) | {
        "title": _("Advice"),
        "advice": [_shown(one, lacking.get(one.environment_id, ""), now) for one in shown],
        "listed": listed,
        "done": [_done(one, lacking.get(one.environment_id, ""), now) for one in done],
        "may_see_prices": request.user.has_perm(permissions.SEE_PRICES),
        "may_apply": advice_applying.may_apply(request.user),
        "labels": LABELS,
        "needed": words.needed(advice_reading.limits()),
        **_others(visible, now),
    }
    return TemplateResponse(request, "environments/advice.html", context)


advice = admin.site.admin_view(require_GET(page))


@require_http_methods(["GET", "HEAD", "POST"])
@of_environment
def apply(request: HttpRequest, environment: Environment) -> HttpResponse:
    """Ask in a dialog that shows both schedules; then make the proposed one this environment's."""
    _require(request)
    now, refused = timezone.now(), ""
    found = _asked(request, environment)
    if request.method == "POST":
        try:
            made = advice_applying.apply(advice=found, actor=_person(request), now=now)
        except ValidationError as error:
            refused = " ".join(error.messages)
        else:
            said = _("%(name)s runs by “%(schedule)s” from now on. Below it can be taken back.")
            return _answer(request, said % {"name": environment.name, "schedule": made.name})
    return _dialog(request, found, "apply", refused, **_changes(request, found, environment, now))


@require_http_methods(["GET", "HEAD", "POST"])
@of_environment
def dismiss(request: HttpRequest, environment: Environment) -> HttpResponse:
    """Set it aside, with a reason for others."""
    _require(request)
    found, refused = _asked(request, environment), ""
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            advice_applying.dismiss(advice=found, actor=_person(request), reason=reason, now=timezone.now())
        except ValidationError as error:
            refused = " ".join(error.messages)
        else:
            return _answer(request, _("Set aside: %(name)s. Below it can be taken back.") % {"name": environment.name})
    refused = refused or " ".join(str(said) for errors in form.errors.values() for said in errors)
    return _dialog(request, found, "dismiss", refused, reason=request.POST.get("reason", ""))


@require_POST
@of_environment
def undo(request: HttpRequest, environment: Environment) -> HttpResponse:
    """Take back what was applied or set aside."""
    _require(request)
    try:
        advice_applying.undo(advice=_asked(request, environment), actor=_person(request), now=timezone.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("%(name)s: it is as it was before.") % {"name": environment.name})
    return redirect("environments:costs_advice")


def _require(request: HttpRequest) -> None:
    if not advice_applying.may_apply(request.user):
        raise PermissionDenied(_("You may look at advice, but not act on it. An operator can."))


def _asked(request: HttpRequest, environment: Environment) -> Advice:
    """The advice that the page showed, else the open one."""
    sent = request.POST.get("advice", "")
    those = environment.advice.select_related("environment")
    if sent.isascii() and sent.isdecimal() and len(sent) < 19:
        found = those.filter(pk=int(sent)).first()
    else:
        found = those.filter(status=Advice.Status.OPEN).first()
    if found is None:
        raise Http404(_("There is no advice for %(name)s any more.") % {"name": environment.name})
    return found


def _open(visible: QuerySet[Environment]) -> QuerySet[Advice]:
    """What saves most first, of each currency; those without prices last."""
    unpriced = ExpressionWrapper(Q(saving=None), output_field=BooleanField())
    found = Advice.objects.filter(status=Advice.Status.OPEN, environment__in=visible.values("pk"))
    order = ("unpriced", "currency", F("saving").desc(nulls_last=True), "environment__name")
    return found.select_related("environment__team").annotate(unpriced=unpriced).order_by(*order)


def _lately(visible: QuerySet[Environment], now: datetime) -> QuerySet[Advice]:
    found = Advice.objects.filter(status__in=ENDED, ended_at__gt=now - AGO, environment__in=visible.values("pk"))
    return found.select_related("environment", "ended_by").order_by("-ended_at", "-pk")[:LATELY]


def _lacking(environments: Iterable[int], now: datetime) -> dict[int, str]:
    """What of each has no price, in words. One query: a saving never leaves it out in silence."""
    found = cost_gaps.unpriced_of_each(environments=environments, now=now)
    return {pk: things(what) for pk, what in found.items()}


def _shown(one: Advice, lacking: str, now: datetime) -> dict[str, Any]:
    return {
        "row": one,
        "env": one.environment,
        "kind": one.get_kind_display(),
        "savings": words.savings(one.evidence, lacking),
        "lacking": lacking if one.evidence["savings"] else "",
        "seen": words.seen(one),
        "present": words.schedule_words(one.proposal["present"]),
        "proposed": words.schedule_words(one.proposal),
        "hours": words.hours_words(one.proposal),
        "zone": one.proposal["timezone"],
        "week": rows(one.evidence, one.proposal, now),
    }


def _done(one: Advice, lacking: str, now: datetime) -> dict[str, Any]:
    zone = timezone.get_current_timezone_name()
    return {
        "row": one,
        "env": one.environment,
        "kind": one.get_kind_display(),
        "status": one.get_status_display(),
        "at": at_words(one.ended_at, zone, now) if one.ended_at else "",
        "zone": zone,
        "by": name_of(one.ended_by) if one.ended_by else "",
        "reason": one.evidence.get("reason", ""),
        "savings": words.savings(one.evidence, lacking) if one.status == Advice.Status.APPLIED else [],
    }


def _others(visible: QuerySet[Environment], now: datetime) -> dict[str, Any]:
    """Environments without advice, and why: the first by name. As many queries for one as for twenty."""
    advised = Advice.objects.filter(status=Advice.Status.OPEN).values("environment")
    looks = UseLook.objects.filter(environment__in=visible.values("pk")).exclude(environment__in=advised)
    some = list(looks.select_related("environment").order_by("environment__name")[: WITHOUT + 1])
    asked = [one.environment_id for one in some[:WITHOUT] if one.asked_at]
    why = {one.environment.pk: one.why for one in advice_reading.read(environments=asked, now=now)} if asked else {}
    lines = []
    for look in some[:WITHOUT]:
        code = why.get(look.environment_id)
        text = str(words.WHY[code]) if code else _("It is looked at anew tonight.")
        if not look.asked_at and not look.problem:
            text = _("CloudWatch has not been asked yet.")
        lines.append((look.environment, in_language(look.problem) if look.problem else text, bool(look.problem)))
    return {"others": lines, "more_others": looks.count() - WITHOUT if len(some) > WITHOUT else 0}


def _changes(request: HttpRequest, found: Advice, environment: Environment, now: datetime) -> dict[str, Any]:
    """What would follow: next week by both schedules, and what would be done at once."""
    new = advice_reading.schedule_of(found.proposal)
    whole = planned(environment, now)
    lacking = _lacking([environment.pk], now).get(environment.pk, "")
    explained = rules.explain(spec_of(whole, now, schedule=new), now)
    return {
        "days": days(found, environment, request.user, now),
        "at_once": {Wish.RUNNING: "start", Wish.STOPPED: "stop"}.get(
            schedules.asked_at_once(whole, explained, now=now) or Wish.ANY, ""
        ),
        "savings": words.savings(found.evidence, lacking),
        "lacking": lacking if found.evidence["savings"] else "",
        "present": words.schedule_words(found.proposal["present"]),
        "proposed": words.schedule_words(found.proposal),
        "hours": words.hours_words(found.proposal),
        "zone": found.proposal["timezone"],
        "former": found.proposal["present"]["name"],
    }


def _dialog(request: HttpRequest, found: Advice, name: str, refused: str, **context: Any) -> HttpResponse:
    if request.method == "POST" and not request.headers.get("HX-Request"):
        messages.error(request, refused)
        return redirect("environments:costs_advice")
    address = reverse(f"environments:advice_{name}", args=[found.environment.slug])
    shown = {"env": found.environment, "row": found, "address": address, "error": refused}
    return TemplateResponse(request, f"environments/_advice_{name}.html", shown | context)


def _answer(request: HttpRequest, said: str) -> HttpResponse:
    messages.success(request, said)
    address = reverse("environments:costs_advice")
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": address})
    return redirect(address)


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # they have a permission
    return request.user
