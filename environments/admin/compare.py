"""The page of comparisons: two spans, two environments, or ways to run the same thing. The address says all of it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import compare_environments, compare_spans, compare_ways
from .costs import for_those_who_may

KINDS = {
    "spans": gettext_lazy("Two spans"),
    "environments": gettext_lazy("Two environments"),
    "ways": gettext_lazy("Ways to run it"),
}


@for_those_who_may
def page(request: HttpRequest) -> HttpResponse:
    """Shows one comparison. What the form of ways has sent leads to the address that keeps it."""
    now = timezone.now()
    kind = request.GET.get("what", "")
    kind = kind if kind in KINDS else "spans"
    address = reverse("environments:costs_compare")
    if kind == "ways":
        if filled := compare_ways.filled(request, now):
            return redirect(filled)
        found: dict[str, Any] = compare_ways.section(request, now)
    elif kind == "environments":
        found = compare_environments.section(request, now)
    else:
        found = compare_spans.section(request, now)
    context = admin.site.each_context(request) | {
        "title": _("Compare costs"),
        "crumbs": [(_("Costs"), reverse("environments:costs")), (_("Compare"), "")],
        "kind": kind,
        "kinds": [(label, f"{address}?what={name}", name == kind) for name, label in KINDS.items()],
        "part": f"environments/_compare_{kind}.html",
    }
    return TemplateResponse(request, "environments/compare.html", context | found)
