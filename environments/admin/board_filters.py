"""Search and filters of the board: read from its address, offered as fields and chips."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from environments.models import Environment, Tag, Team
from environments.services import boards
from environments.services.boards import Figures, Filters

LONGEST_SEARCH = 80
ONLY = ("running", "attention", "favourites")


@dataclass(frozen=True, slots=True)
class Chip:
    """A choice among others; `value` is empty for all."""

    value: str
    label: StrOrPromise
    count: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: StrOrPromise
    is_chosen: bool


def read(request: HttpRequest) -> Filters:
    """What the address asks for; what makes no sense there filters nothing."""
    asked = request.GET
    state, only = asked.get("state", ""), asked.get("only", "")
    return Filters(
        text=asked.get("q", "").strip().replace("\x00", "")[:LONGEST_SEARCH],
        team=_number(asked.get("team", "")),
        tag=_number(asked.get("tag", "")),
        state=state if state in boards.STATES else "",
        only=only if only in ONLY else "",
    )


def page_of(request: HttpRequest) -> int:
    return _number(request.GET.get("page", "")) or 1


def address(filters: Filters, page: int = 1) -> str:
    """The query of the address that shows this."""
    asked = {"q": filters.text, "team": filters.team, "tag": filters.tag, "state": filters.state, "only": filters.only}
    asked["page"] = page if page > 1 else None
    return urlencode({name: value for name, value in asked.items() if value})


def chips(filters: Filters, figures: Figures, needing: int) -> list[Chip]:
    offered = [
        ("", _("All"), figures.total),
        ("running", _("Running"), figures.running),
        ("attention", _("Attention"), needing),
        ("favourites", _("Favourites"), figures.favourites),
    ]
    return [Chip(value, label, count, filters.only == value) for value, label, count in offered]


def fields(request: HttpRequest, filters: Filters) -> dict[str, Any]:
    """The choices of team, state and tag among what the user sees; two queries."""
    visible = Environment.objects.visible_to(request.user)
    teams = Team.objects.filter(pk__in=visible.values("team")).order_by("name").values_list("pk", "name")
    tags = Tag.objects.filter(environments__in=visible.values("pk")).order_by("name").distinct()
    states = {
        "running": _("Running"),
        "moving": _("Starting or stopping"),
        "stopped": _("Stopped"),
        "failed": _("Failed"),
        "unknown": _("Not known yet"),
    }
    return {
        "teams": [Choice(str(pk), name, pk == filters.team) for pk, name in teams],
        "tags": [Choice(str(pk), name, pk == filters.tag) for pk, name in tags.values_list("pk", "name")],
        "states": [Choice(value, label, value == filters.state) for value, label in states.items()],
    }


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
