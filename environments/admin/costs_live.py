"""The page of costs while it is open: figures, bars and rows renew themselves as long as today is among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpRequest

from .costs_looking import Looking
from .live import CALM, IDLE, live_part, rendered

BARS, ROWS = "costs-bars", "costs-rows"
RECKONING: Final = "reckoning"


def parts(request: HttpRequest, looking: Looking, found: Mapping[str, Any]) -> dict[str, Any]:
    """The context of `environments/_live.html`; empty where nothing that is shown will read anew by itself: the days
    were over when the page was opened, or there is nothing to come."""
    context = {"looking": looking, **found}
    url = looking.address("costs_live", page=looking.page)
    if "history" not in found:
        if found["nothing"] != RECKONING:
            return {}
        return live_part(request, "environments/_costs_nothing.html", context, every=IDLE, url=url)
    if not (looking.is_of_now or has_figures(request)):
        return {}
    beside = {
        "bars": rendered(BARS, request, "environments/_costs_chart.html", context),
        "rows": rendered(ROWS, request, "environments/_costs_table.html", context),
    }
    return live_part(request, "environments/_costs_now.html", context, every=CALM, url=url, parts=beside)


def has_figures(request: HttpRequest) -> bool:
    """Whether it is an open page that asks, and has any."""
    return BARS in request.GET
