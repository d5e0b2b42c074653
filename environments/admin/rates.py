"""What operators do with prices on an environment's page: lines, templates, looking prices up; each can be undone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from environments.models import Environment, Target
from environments.models.rate import Rate, RateTemplate
from environments.services import permissions, plans, pricings, rate_templates, rates

from .board_actions import Done
from .pages import of_environment
from .rates_forms import EndForm, KeepForm, LineForm, TemplateForm, first_of_month
from .rates_section import day_words, section, shown_line

DAY = timedelta(days=1)
View = Callable[[HttpRequest, Environment, datetime], HttpResponse]


def priced(*methods: str) -> Callable[[View], Callable[..., HttpResponse]]:
    """A view for those who may change the prices of an environment that they see."""

    def wrap(view: View) -> Callable[..., HttpResponse]:
        @require_http_methods(list(methods))
        @of_environment
        def found(request: HttpRequest, environment: Environment) -> HttpResponse:
            permissions.require_prices(request.user, environment)
            return view(request, environment, timezone.now())

        return found

    return wrap


@priced("GET", "HEAD", "POST")
def line(request: HttpRequest, environment: Environment, now: datetime) -> HttpResponse:
    """A new line, or (`line`) another price of one that stands, from a day on."""
    stands = _line(request, environment) if _asked(request, "line") else None
    today = plans.today(environment.zone_name, now)
    if request.method != "POST":
        target = _target(request, environment) if _asked(request, "target") else None
        initial: dict[str, Any] = {"target": target, "valid_from": first_of_month(today)}
        row = stands or Rate(currency=_usual_currency(environment))
        if stands:
            plain = {"unit_price": f"{row.unit_price.normalize():f}", "quantity": f"{row.quantity.normalize():f}"}
            initial |= {"valid_from": max(today, row.valid_from), **plain}
        return _dialog(
            request, environment, "line", LineForm(instance=row, initial=initial, environment=environment, line=stands),
            line=stands,
        )  # fmt: skip
    form = LineForm(request.POST, environment=environment, line=stands)
    if form.is_valid():
        data = form.cleaned_data
        target, label = (stands.target, stands.label) if stands else (data.pop("target"), data.pop("label"))
        assert isinstance(target, Target)  # lines of targets that are gone are not found
        try:
            done = rates.set_line(target=target, label=label, **data, actor=_person(request), now=now)
        except ValidationError as error:
            form.refuse(error)
        else:
            said = _("%(what)s: the price is set from %(day)s on.") if done.came else _("%(what)s: nothing is new.")
            words = {"what": f"{target.identifier}, {label}", "day": day_words(data["valid_from"])}
            return _answer(request, environment, Done(_with_looks(said % words, done), _undo(done)), now)
    return _dialog(request, environment, "line", form, line=stands)


@priced("GET", "HEAD", "POST")
def end(request: HttpRequest, environment: Environment, now: datetime) -> HttpResponse:
    """The end of a line: from a day on, or on every day, where it never was right."""
    row = _line(request, environment)
    tomorrow = plans.today(environment.zone_name, now) + DAY
    never = request.POST.get("never") == "1"
    sent = {"day": f"{row.valid_from}"} if never else request.POST
    form = EndForm(sent) if request.method == "POST" else EndForm(initial={"day": max(tomorrow, row.valid_from)})
    if request.method == "POST" and form.is_valid():
        try:
            done = rates.end_line(line=row, day=form.cleaned_data["day"], actor=_person(request), now=now)
        except ValidationError as error:
            form.refuse(error)
        else:
            said = _("%(what)s: removed from every day.") if never else _("%(what)s: ends before %(day)s.")
            words = {"what": row.label, "day": day_words(form.cleaned_data["day"])}
            return _answer(request, environment, Done(said % words, _undo(done)), now)
    shown = shown_line(row, environment.zone_name, plans.today(environment.zone_name, now))
    return _dialog(request, environment, "end", form, line=row, shown=shown)


@priced("POST")
def restore(request: HttpRequest, environment: Environment, now: datetime) -> HttpResponse:
    """Bring an ended line back."""
    row = _line(request, environment)
    try:
        done = rates.restore_line(line=row, actor=_person(request), now=now)
    except ValidationError as error:
        return _answer(request, environment, Done(" ".join(error.messages)), now)
    said = _("%(what)s: it counts again.") if done.came else _("%(what)s: nothing is new.")
    return _answer(request, environment, Done(said % {"what": row.label}, _undo(done)), now)


@priced("POST")
def undo(request: HttpRequest, environment: Environment, now: datetime) -> HttpResponse:
    """Take back what was done a moment ago."""
    changes, looks = _numbers(request, "changes"), _numbers(request, "looks")
    count = rates.take_back(environment=environment, changes=changes, looks=looks, actor=_person(request), now=now)
    said = _("The prices are as they were before.") if count else _("There was nothing to undo any more.")
    return _answer(request, environment, Done(said), now)


@priced("GET", "HEAD", "POST")
def template(request: HttpRequest, environment: Environment, now: datetime) -> HttpResponse:
    """The lines of a template, for some of the targets."""
    today = plans.today(environment.zone_name, now)
    targets = list(environment.targets.all())
    initial = {"targets": targets if len(targets) == 1 else [], "valid_from": first_of_month(today)}
    sent = request.POST if request.method == "POST" else None
    form = TemplateForm(sent, environment=environment, initial=initial)
    if sent is not None and form.is_valid():
        data = form.cleaned_data
        try:
            done = rate_templates.apply_template(**data, actor=_person(request), now=now)
        except ValidationError as error:
            form.refuse(error)
        else:
            said = ngettext("%(n)s price came from “%(name)s”", "%(n)s prices came from “%(name)s”", done.came)
            text = said % {"n": done.came, "name": data["template"].name}
            if done.same:
                there = ngettext("%(n)s stood there already", "%(n)s stood there already", done.same)
                text = f"{text}, {there % {'n': done.same}}"
            if done.gave_way:
                gone = ngettext("%(n)s looked-up price gave way", "%(n)s looked-up prices gave way", done.gave_way)
                text = f"{text}, {gone % {'n': done.gave_way}}"
            return _answer(request, environment, Done(_with_looks(f"{text}.", done), _undo(done)), now)
    return _dialog(request, environment, "template", form, templates=RateTemplate.objects.exists())


@priced("GET", "HEAD", "POST")
def keep(request: HttpRequest, environment: Environment, now: datetime) -> HttpResponse:
    """Keep a target's lines as a template."""
    target = _target(request, environment)
    if request.method != "POST":
        return _dialog(request, environment, "keep", KeepForm(), target=target)
    form = KeepForm(request.POST)
    if form.is_valid():
        try:
            made = rate_templates.save_as_template(target=target, **form.cleaned_data, actor=_person(request), now=now)
        except ValidationError as error:
            form.refuse(error)
        else:
            return _answer(request, environment, Done(_("Kept as the template “%(name)s”.") % {"name": made.name}), now)
    return _dialog(request, environment, "keep", form, target=target)


@priced("POST")
def look(request: HttpRequest, environment: Environment, now: datetime) -> HttpResponse:
    """Have the prices looked up soon."""
    count = pricings.look_now(targets=environment.targets.all(), actor=_person(request), now=now)
    said = _("The prices are looked up in the next minutes.") if count else _("None of its prices are looked up.")
    return _answer(request, environment, Done(said), now)


@priced("POST")
def automatic(request: HttpRequest, environment: Environment, now: datetime) -> HttpResponse:
    """Whether a target's prices are looked up."""
    target, wished = _target(request, environment), request.POST.get("wished") == "1"
    pricings.set_automatic(target=target, automatic=wished, actor=_person(request), now=now)
    said = (
        _("%(name)s: its prices are looked up, now and each week.")
        if wished
        else _("%(name)s: its prices are not looked up any more. Those that were found stay until somebody ends them.")
    )
    return _answer(request, environment, Done(said % {"name": target.identifier}), now)


PRICES = {
    "line": line,
    "end": end,
    "restore": restore,
    "undo": undo,
    "template": template,
    "keep": keep,
    "look": look,
    "automatic": automatic,
}
"""What can be asked for, by the word that its address has."""


def _dialog(request: HttpRequest, environment: Environment, name: str, form: Any, **context: Any) -> HttpResponse:
    if request.method == "POST" and not request.headers.get("HX-Request"):
        messages.error(request, " ".join(str(said) for errors in form.errors.values() for said in errors))
        return redirect("environments:page", environment.slug)
    shown = {
        "env": environment,
        "form": form,
        "address": reverse(f"environments:price_{name}", args=[environment.slug]),
    }
    return TemplateResponse(request, f"environments/_prices_{name}.html", shown | context)


def _answer(request: HttpRequest, environment: Environment, done: Done, now: datetime) -> HttpResponse:
    """The prices as they are now, and what was done as a message that can be undone."""
    if not request.headers.get("HX-Request"):
        messages.success(request, done.text)
        return redirect("environments:page", environment.slug)
    context = section(request, environment, now) | {"done": done}
    context["undo_url"] = reverse("environments:price_undo", args=[environment.slug])
    trigger = {"HX-Trigger": "environmentChanged"}
    return TemplateResponse(request, "environments/_prices_answer.html", context, headers=trigger)


def _undo(done: rates.Written) -> dict[str, str]:
    parts = {"changes": done.changes, "looks": done.kept_from_looks}
    return {name: ",".join(map(str, numbers)) for name, numbers in parts.items() if numbers}


def _with_looks(text: str, done: rates.Written) -> str:
    if not done.kept_from_looks:
        return text
    off = _("Looking prices up in AWS is switched off here, so that nothing is counted twice.")
    return f"{text} {off}"


def _asked(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "") or request.GET.get(name, "")


def _number(request: HttpRequest, name: str) -> int:
    said = _asked(request, name)
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 19 else 0


def _numbers(request: HttpRequest, name: str) -> list[int]:
    sent = request.POST.get(name, "").split(",")
    return [int(one) for one in sent if one.isascii() and one.isdecimal() and len(one) < 19]


def _line(request: HttpRequest, environment: Environment) -> Rate:
    """Raises Http404 where it is no line of a target of this environment."""
    rows = Rate.objects.filter(environment=environment, target__environment=environment)
    found = rows.select_related("target", "environment__schedule").filter(pk=_number(request, "line")).first()
    if found is None:
        raise Http404(_("This price is not there any more."))
    found.target.environment = environment  # type: ignore[union-attr]
    return found


def _target(request: HttpRequest, environment: Environment) -> Target:
    found = environment.targets.filter(pk=_number(request, "target")).first()
    if found is None:
        raise Http404(_("This target is not there any more."))
    return found


def _usual_currency(environment: Environment) -> str:
    """That of its newest line, to begin with."""
    newest = Rate.objects.filter(environment=environment).order_by("-pk").values_list("currency", flat=True).first()
    return newest or "USD"


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # whoever is not signed in does not come as far as here
    return request.user
