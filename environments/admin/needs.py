"""What an environment needs and who needs it, on its page and in its dialogs; and how operators say so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django.urls import reverse

from environments.models import Environment, State
from environments.rules import needs as graphs
from environments.services import needs, permissions

from .displays import STATE_TONES

ON_THE_WAY = frozenset({State.RUNNING, State.STARTING, State.REDEPLOYING})


@dataclass(frozen=True, slots=True)
class Line:
    """An environment in a list of others: its name, its page, its state in a word and a colour."""

    name: str
    url: str
    state: str
    tone: str


@dataclass(frozen=True, slots=True)
class Lines:
    """Those the reader may see, and the number of the others."""

    shown: tuple[Line, ...]
    hidden: int


def section(request: HttpRequest, environment: Environment, now: datetime) -> dict[str, Any]:
    """The context of `environments/_needs.html` and of what the dialogs say; a fixed number of queries."""
    needed, needing = list(environment.needs.all()), list(environment.needed_by.all())
    seen = Environment.objects.visible_to(request.user).filter(pk__in=[row.pk for row in (*needed, *needing)])
    visible = set(seen.values_list("pk", flat=True)) if needed or needing else set()
    return {
        "needs_lines": _lines(needed, visible),
        "needed_by_lines": _lines(needing, visible),
        "starts_first": _starts_first(environment, request.user) if needed else "",
    }


def still_needed(user: User | AnonymousUser, environment: Environment, now: datetime) -> str:
    """Who still needs it and until when; empty where nobody does, with one query."""
    needing = needs.still_needing(environment, user, now)
    return needs.in_words(needing, environment.zone_name, now)


def may_stop_anyway(user: User | AnonymousUser) -> bool:
    """Whether they may stop what others still need (operators)."""
    return user.has_perm(permissions.EXCEED)


def _lines(rows: Iterable[Environment], visible: set[int]) -> Lines:
    rows = list(rows)
    shown = tuple(
        Line(
            name=row.name,
            url=reverse("environments:page", args=[row.slug]),
            state=str(row.get_state_display()),
            tone=STATE_TONES.get(State(row.state), "moving"),
        )
        for row in rows
        if row.pk in visible
    )
    return Lines(shown, len(rows) - len(shown))


def _starts_first(environment: Environment, user: User | AnonymousUser) -> str:
    """“net, shared-db”: what is started before it, in that order; those they may not see are left out."""
    order = graphs.start_order(needs.graph(), environment.pk)
    down = Environment.objects.visible_to(user).filter(pk__in=order).exclude(state__in=ON_THE_WAY)
    names = dict(down.values_list("pk", "name"))
    return ", ".join(names[pk] for pk in order if pk in names)


class NeedsMixin(forms.ModelForm[Environment]):
    """The field `needs` of a form: those the editor sees are chosen, those they do not see stay as they are.

    `editor` is set by the admin.
    """

    editor: User | AnonymousUser

    def clean_needs(self) -> Any:
        chosen = self.cleaned_data["needs"]
        if "needs" not in self.changed_data:
            return self.instance.needs.all() if self.instance.pk else chosen
        wanted = list(chosen)
        if self.instance.pk:
            visible = Environment.objects.visible_to(self.editor)
            wanted += list(self.instance.needs.exclude(pk__in=visible.values("pk")))
        if problem := needs.entry_problem(self.instance, wanted, self.editor):
            raise forms.ValidationError(problem)
        return Environment.objects.filter(pk__in=[one.pk for one in wanted])
