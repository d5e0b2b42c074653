"""The board: what needs somebody, what is going on, and a row for each environment. A fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from environments.rules.zones import zone
from environments.services import boards, permissions
from environments.services.boards import Figures, Needing

from . import board_attention, board_filters, board_rows, cards
from .board_attention import Line
from .board_rows import Row

# A poll names the rows of one page; more are nobody's page.
MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class Above:
    """What stands above the rows: what needs somebody and what is going on."""

    figures: Figures
    needing: int
    lines: list[Line]
    more: int
    upcoming: cards.Card | None
    lines_seen: str
    tiles_seen: str


@dataclass(frozen=True, slots=True)
class Board:
    """The part above the rows, and the rows that were asked for, by the id of their environments."""

    above: Above
    rows: dict[int, Row]
    matching: int = 0
    page: int = 1

    @property
    def pages(self) -> int:
        return -(-self.matching // boards.PAGE)


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Called by django-unfold for the admin's index page."""
    now = timezone.now()
    filters = board_filters.read(request)
    needing = board_attention.found(request.user, now)
    found = boards.listed(request.user, filters, [one.environment_id for one in needing])
    matching = found.count()
    page = min(board_filters.page_of(request), max(1, -(-matching // boards.PAGE)))
    ids = list(found.values_list("pk", flat=True)[(page - 1) * boards.PAGE : page * boards.PAGE])
    board = read(request, ids, now, needing)
    there = bool(board.above.figures.total)
    return context | {
        "title": _("Board"),
        "above": board.above,
        "rows": [board.rows[pk] for pk in ids if pk in board.rows],
        "matching": matching,
        "first": (page - 1) * boards.PAGE + 1,
        "last": min(page * boards.PAGE, matching),
        "before": _page(filters, page - 1) if page > 1 else "",
        "after": _page(filters, page + 1) if page * boards.PAGE < matching else "",
        "filters": filters,
        "chips": board_filters.chips(filters, board.above.figures, board.above.needing),
        **(board_filters.fields(request, filters) if there else {}),
        "there": there,
        "moment": _moment(now),
        "may_switch": request.user.has_perm(permissions.SWITCH),
        "may_add": request.user.has_perm("environments.add_environment"),
    }


def read(request: HttpRequest, ids: Iterable[int], now: datetime, needing: list[Needing] | None = None) -> Board:
    """The part above and the rows of these environments, as far as the user sees them."""
    ids = list(ids)
    if needing is None:
        needing = board_attention.found(request.user, now)
    figures = boards.figures(request.user, now)
    urgent = needing[: board_attention.MOST]
    nearest = boards.upcoming(request.user, now)
    wanted = {*ids, *nearest, *(one.environment_id for one in urgent)}
    rows = board_rows.rows_of(request.user, wanted, now, may_switch=request.user.has_perm(permissions.SWITCH))
    lines = board_attention.lines(urgent, rows, now)
    more = len(needing) - len(urgent)
    upcoming = _nearest(rows)
    shown = (figures, len(needing), upcoming and (upcoming.environment.name, upcoming.next_at, upcoming.next_text))
    above = Above(
        figures=figures,
        needing=len(needing),
        lines=lines,
        more=more,
        upcoming=upcoming,
        lines_seen=board_attention.seen(lines, more),
        tiles_seen=board_rows.fingerprint(shown),
    )
    return Board(above, {pk: rows[pk] for pk in ids if pk in rows})


@require_GET
def board_live(request: HttpRequest) -> HttpResponse:
    """What reads otherwise than the browser has it, as parts that take their places; 204 when nothing does.

    `rows` names the rows of the page with their fingerprints (“12.3f9a…,13.77c0…”), `lines` and `tiles` those of the
    parts above.
    """
    had = _had(request.GET.get("rows", ""))
    board = read(request, had, timezone.now())
    parts = changed(board, had, lines_seen=request.GET.get("lines", ""), tiles_seen=request.GET.get("tiles", ""))
    if not any(parts.values()):
        return HttpResponse(status=204)
    return TemplateResponse(request, "environments/_board_changes.html", parts | {"above": board.above})


def changed(board: Board, had: Mapping[int, str], *, lines_seen: str = "", tiles_seen: str = "") -> dict[str, Any]:
    """The context of `environments/_board_changes.html`; all of its values are empty when nothing reads anew."""
    return {
        "renewed": [row for pk, row in board.rows.items() if had.get(pk) != row.seen],
        "gone": [pk for pk in had if pk not in board.rows],
        "new_lines": board.above.lines_seen != lines_seen,
        "new_tiles": board.above.tiles_seen != tiles_seen,
    }


def _had(text: str) -> dict[int, str]:
    found = {}
    for part in text.split(",")[:MOST_ROWS]:
        pk, _dot, seen = part.partition(".")
        if pk.isascii() and pk.isdecimal() and len(pk) < 19:
            found[int(pk)] = seen
    return found


def _nearest(rows: Mapping[int, Row]) -> cards.Card | None:
    coming = [row.card for row in rows.values() if row.card.next_at and not row.card.current]
    return min(coming, key=lambda card: (card.next_at, card.environment.name), default=None)


def _page(filters: boards.Filters, page: int) -> str:
    return "?" + board_filters.address(filters, page)


def _moment(now: datetime) -> str:
    """“Saturday, November 21, 14:32 (Asia/Seoul)”."""
    local = now.astimezone(zone(settings.TIME_ZONE))
    return _("%(weekday)s, %(day)s, %(clock)s (%(zone)s)") % {
        "weekday": formats.date_format(local, "l"),
        "day": formats.date_format(local, "MONTH_DAY_FORMAT"),
        "clock": f"{local:%H:%M}",
        "zone": settings.TIME_ZONE,
    }


live_view = admin.site.admin_view(board_live)
