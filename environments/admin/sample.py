"""Removing the sample data: the board says that it is there, a page what goes and what stays, and a POST removes it."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from environments.services import sample


def is_shown(request: HttpRequest) -> bool:
    """Whether the reader is told that this is sample data: who may remove it, as long as it is there. One query."""
    return sample.may_remove(request.user) and sample.is_there()


@require_http_methods(["GET", "POST"])
def remove_sample(request: HttpRequest) -> HttpResponse:
    """GET says what would go and what would stay; POST removes it."""
    user = request.user
    if not isinstance(user, User) or not sample.may_remove(user):
        raise PermissionDenied(_("Only an administrator can remove the sample."))
    return _removed(request, user) if request.method == "POST" else _asked(request, user)


def _asked(request: HttpRequest, user: User) -> HttpResponse:
    removal = sample.plan(user=user)
    if removal is None:
        messages.info(request, _("There is no sample data any more."))
        return redirect("admin:index")
    context = admin.site.each_context(request) | {
        "title": _("Remove the sample"),
        "crumbs": [(_("Board"), reverse("admin:index")), (_("Remove the sample"), "")],
        "removal": removal,
        "simulated": settings.SIMULATED_AWS,
    }
    return TemplateResponse(request, "environments/sample.html", context)


def _removed(request: HttpRequest, user: User) -> HttpResponse:
    try:
        removal = sample.remove(user=user, now=timezone.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("environments:sample")
    if removal is None:
        messages.info(request, _("There is no sample data any more."))
    else:
        messages.success(request, _said(removal))
    return redirect("admin:index")


def _said(removal: sample.Removal) -> SafeString | str:
    if not removal.own_password_known:
        return _("The sample is removed. The portal is yours now.")
    return format_html(
        '{} <a class="db-quiet-link" href="{}">{}</a>',
        _("The sample is removed. Everybody can read your password."),
        reverse("admin:password_change"),
        _("Change it now"),
    )


remove_view = admin.site.admin_view(remove_sample)
