"""Losses of data that operators accepted for a target, on the target's page; each can be withdrawn."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from environments.models import Environment, GuardAcceptance, Target
from environments.services import guard, permissions

from .own_clock import at_place_words
from .pages import of_environment


def losses(request: HttpRequest, target: Target | None) -> list[dict[str, Any]]:
    """What was accepted for a target, newest first, for those who may see it."""
    if target is None or not request.user.has_perm("environments.view_guardacceptance"):
        return []
    zone, now = target.environment.zone_name, timezone.now()
    return [
        {
            "pk": one.pk,
            "findings": one.findings,
            "by": one.accepted_by.get_username(),
            "at": at_place_words(one.accepted_at, zone, now),
        }
        for one in target.guard_acceptances.select_related("accepted_by")
    ]


@require_POST
@of_environment
def withdraw(request: HttpRequest, environment: Environment) -> HttpResponse:
    """An operator takes back that data may be lost: the next stop asks again."""
    permissions.require_accept(request.user, environment)
    asked = request.POST.get("acceptance", "")
    rows = GuardAcceptance.objects.filter(target__environment=environment, pk=int(asked) if asked.isdecimal() else 0)
    found = rows.select_related("target").first()
    if found is not None and guard.withdraw(acceptance=found, user=request.user):  # type: ignore[arg-type]
        messages.success(request, _("Withdrawn. The next stop asks again before it deletes these."))
    else:
        messages.error(request, _("It had been withdrawn already."))
    if found is not None and request.user.has_perm("environments.view_target"):
        return redirect("admin:environments_target_change", found.target_id)
    return redirect("environments:page", environment.slug)
