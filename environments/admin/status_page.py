"""The status page of an environment, as operators set it up: its settings, its address, the tag for other pages."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from environments.models import Environment, StatusPage
from portal.unfolded import TabularInline


class StatusPageInline(TabularInline[StatusPage]):
    """On the environment's form: whether everybody may read of it, under which name, and whom they write to."""

    model = StatusPage
    fields = ("is_public", "title", "contact")
    max_num = extra = 1
    can_delete = False
    hide_title = True
    verbose_name_plural = _("status page")


def section(request: HttpRequest, environment: Environment) -> dict[str, Any]:
    """The context of `environments/_status_page.html` on the environment's page; one query, for those who may set it
    up, and nothing for others."""
    if not request.user.has_perm("environments.change_statuspage"):
        return {}
    page = StatusPage.objects.filter(environment=environment).first()
    address = settings.BASE_URL + reverse("public:status", args=[environment.slug])
    script = settings.BASE_URL + reverse("public:status_script")
    return {
        "status_page": page or StatusPage(environment=environment),
        "status_address": address,
        "status_path": reverse("public:status", args=[environment.slug]),
        "status_tag": f'<script src="{script}" data-environment="{environment.slug}"'
        ' data-health="/actuator/health"></script>',
    }
